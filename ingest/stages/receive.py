"""Stage `receive`: every file of the dossier counted, hashed, and copied into quarantine; first proof of existence.

What the reader and the rules of metadata found already decides only one thing
here: a secret grade stops everything before a file is opened (docs/decisions/0053).
All other errors wait for `validate`, which tells every broken rule at once.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ingest.checks import Checks, known_findings
from ingest.facts import Fact, FileRole, Received, ReceivedFile
from ingest.quarantine import Copied, DeliveryFolder, Quarantine, RefusedFileError, located, read_digests
from ingest.work import Rejected, WorkItem
from metadata.compact import in_order
from metadata.descriptions import Description
from metadata.errors import ArchiveError
from metadata.findings import Finding
from metadata.rules import secrets_of
from metadata.time import Clock, rfc3339


class CountError(ArchiveError):
    """Not as many files lie in quarantine as went in; nothing has been acknowledged."""

    code: ClassVar[str] = "ingest.count"

    def __init__(self, expected: int, there: int) -> None:
        self.expected = expected
        self.there = there
        super().__init__(f"{expected} files went in, {there} are there")


@dataclass(frozen=True, slots=True)
class _Expected:
    """A file that the delivery lists."""

    path: str
    role: FileRole
    ordinal: int | None = None
    part: int = 1


@dataclass(frozen=True, slots=True)
class Receive:
    """Copies the dossier's files into quarantine, or only reads them when the item is checked in place.

    Args:
        checks: Rules of metadata; only secret grades count here.
        clock: For the time of receipt.
        secrets: Of the same rules those of secret grades alone, which are asked first; None: `checks` is.
    """

    name: ClassVar[str] = "receive"
    needs: ClassVar[tuple[type[Fact], ...]] = ()
    gives: ClassVar[type[Fact]] = Received

    checks: Checks
    clock: Clock
    secrets: Checks | None = None

    def run(self, item: WorkItem) -> Received | Rejected:
        """See `Stage.run`.

        Raises:
            UnreadableFileError: a file or the quarantine cannot be read or written.
        """
        if secrets_of(known_findings(item, self.secrets or self.checks)):
            return Rejected(known_findings(item, self.checks))
        expected = sum(1 for _ in _expected(item))
        refused: list[Finding] = []
        broken: list[Finding] = []
        quarantine = None if item.in_place else Quarantine(item.room(self.name))
        with DeliveryFolder(Path(item.delivery.root)) as delivery:

            def taken() -> Iterator[ReceivedFile]:
                for number, file in enumerate(_expected(item), start=1):
                    try:
                        copied = _taken(item, delivery, quarantine, file.path, number)
                        yield _received(file, copied)
                        broken.extend(claim_findings(item, copied))
                    except RefusedFileError as refusal:
                        refused.append(Finding(rule=refusal.rule, subject=file.path, values={"found": refusal.found}))
                    item.tell(number, expected)

            files = in_order(ReceivedFile, taken())
            if quarantine is not None:
                quarantine.sync()
        if refused:
            return Rejected((*known_findings(item, self.checks), *refused, *broken))
        _count_again(item, expected, files)
        return Received(
            files=files,
            received_at=rfc3339(self.clock.now()),
            fingerprint=fingerprint(item, files),
            findings=tuple(broken),
            containers=item.delivery.containers,
        )


def _expected(item: WorkItem) -> Iterator[_Expected]:
    for document in item.dossier.documents:
        for part, path in enumerate(document.files, start=1):
            yield _Expected(path, FileRole.DOCUMENT, document.ordinal, part)
    for path in dict.fromkeys((*item.delivery.sources, *item.dossier.sources)):
        yield _Expected(path, FileRole.SOURCE)


def _taken(item: WorkItem, delivery: DeliveryFolder, quarantine: Quarantine | None, path: str, number: int) -> Copied:
    also = {name for claim in item.delivery.claims.get(path, ()) for name in claim.digests}
    if quarantine is not None:
        copied = quarantine.take(delivery, path, number, also)
        return copied.below("receive")
    with delivery.opened(path) as handle:
        digests, identity = read_digests(handle, path, also=also)
    place = str(delivery.real / path)
    others = dict(digests.others)
    return Copied(path, place, digests.sha256, digests.sha512, digests.size_bytes, identity, identity, others)


def claim_findings(item: WorkItem, copied: Copied) -> list[Finding]:
    """What metadata files of the delivery say of the bytes of `copied`, and the bytes do not."""
    found: list[Finding] = []
    actual = copied.by_algorithm()
    for claim in item.delivery.claims.get(copied.path, ()):
        if claim.size_bytes not in {None, copied.size_bytes}:
            sizes = {"expected": str(claim.size_bytes), "actual": str(copied.size_bytes)}
            found.append(Finding(rule="ING-006", subject=copied.path, file=claim.by, values=sizes))
        for name, digest in claim.digests.items():
            if actual.get(name, digest) != digest:
                values = {"algorithm": name, "expected": digest, "actual": actual[name]}
                found.append(Finding(rule="ING-005", subject=copied.path, file=claim.by, values=values))
    return found


def _count_again(item: WorkItem, expected: int, files: Sequence[ReceivedFile]) -> None:
    """Look at what lies there now, not at what was meant to be copied."""
    there = 0
    for file in files:
        place = located(item.folder, file)
        there += place.is_file() and place.stat().st_size == file.size_bytes
    if there != expected:
        raise CountError(expected, there)


def _received(file: _Expected, copied: Copied) -> ReceivedFile:
    return ReceivedFile(
        path=file.path,
        stored=copied.stored,
        sha256=copied.sha256,
        sha512=copied.sha512,
        size_bytes=copied.size_bytes,
        role=file.role,
        ordinal=file.ordinal,
        part=file.part,
    )


def _described(description: Description) -> dict[str, object]:
    return {"fields": dict(sorted(description.values().items())), "extra": dict(sorted(description.extra.items()))}


def fingerprint(item: WorkItem, files: Sequence[ReceivedFile]) -> str:
    """SHA-256 over what makes the dossier this one: agency, code, fields, documents, and their files' digests.

    Not over the sheet itself: it may describe other dossiers, and its rows may be sorted anew.
    """
    places: defaultdict[int | None, list[int]] = defaultdict(list)
    for place, file in enumerate(files):
        if file.role is FileRole.DOCUMENT:
            places[file.ordinal].append(place)
    whole = {"agency": item.agency, "file_code": item.dossier.file_code, **_described(item.dossier)}
    before, behind = _canonical({**whole, "documents": []}).split('"documents":[]', 1)
    digest = hashlib.sha256(f'{before}"documents":['.encode("ascii"))
    for position, document in enumerate(item.dossier.documents):
        own = [(file.path, file.sha256) for file in map(files.__getitem__, places.get(document.ordinal, ()))]
        said = {"ordinal": document.ordinal, "kind": document.kind.value, "files": own, **_described(document)}
        digest.update(f"{',' if position else ''}{_canonical(said)}".encode("ascii"))
    digest.update(f"]{behind}".encode("ascii"))
    return digest.hexdigest()


def _canonical(said: Mapping[str, object]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"))
