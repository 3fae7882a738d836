"""Stage `receive`: every file of the dossier counted, hashed, and copied into quarantine; first proof of existence.

What the reader and the rules of metadata found already decides only one thing
here: a secret grade stops everything before a file is opened (docs/decisions/0053).
All other errors wait for `validate`, which tells every broken rule at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ingest.checks import Checks, known_findings
from ingest.facts import Fact, FileRole, Received, ReceivedFile
from ingest.quarantine import Copied, DeliveryFolder, Quarantine, RefusedFileError, located, read_digests
from ingest.work import Rejected, WorkItem
from metadata.descriptions import Description
from metadata.errors import ArchiveError
from metadata.findings import Finding
from metadata.rules import errors_of
from metadata.time import Clock, rfc3339

SECRETS = "SEC-"
"""Prefix of the rules on state secrets."""


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
    """

    name: ClassVar[str] = "receive"
    needs: ClassVar[tuple[type[Fact], ...]] = ()
    gives: ClassVar[type[Fact]] = Received

    checks: Checks
    clock: Clock

    def run(self, item: WorkItem) -> Received | Rejected:
        """See `Stage.run`.

        Raises:
            UnreadableFileError: a file or the quarantine cannot be read or written.
        """
        known = known_findings(item, self.checks)
        if any(finding.rule.startswith(SECRETS) for finding in errors_of(known)):
            return Rejected(known)
        expected = list(_expected(item))
        files: list[ReceivedFile] = []
        refused: list[Finding] = []
        with DeliveryFolder(Path(item.delivery.root)) as delivery:
            quarantine = None if item.in_place else Quarantine(item.room(self.name))
            for number, file in enumerate(expected, start=1):
                try:
                    files.append(_received(file, _taken(item, delivery, quarantine, file.path, number)))
                except RefusedFileError as refusal:
                    refused.append(Finding(rule=refusal.rule, subject=file.path, values={"found": refusal.found}))
                item.tell(number, len(expected))
            if quarantine is not None:
                quarantine.sync()
        if refused:
            return Rejected((*known, *refused))
        _count_again(item, len(expected), files)
        return Received(files=tuple(files), received_at=rfc3339(self.clock.now()), fingerprint=fingerprint(item, files))


def _expected(item: WorkItem) -> Iterator[_Expected]:
    for document in item.dossier.documents:
        for part, path in enumerate(document.files, start=1):
            yield _Expected(path, FileRole.DOCUMENT, document.ordinal, part)
    for path in item.delivery.sources:
        yield _Expected(path, FileRole.SOURCE)


def _taken(item: WorkItem, delivery: DeliveryFolder, quarantine: Quarantine | None, path: str, number: int) -> Copied:
    if quarantine is not None:
        copied = quarantine.take(delivery, path, number)
        return copied.below("receive")
    with delivery.opened(path) as handle:
        digests, identity = read_digests(handle, path)
    place = str(Path(item.delivery.root).resolve() / path)
    return Copied(path, place, digests.sha256, digests.sha512, digests.size_bytes, identity, identity)


def _count_again(item: WorkItem, expected: int, files: list[ReceivedFile]) -> None:
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


def fingerprint(item: WorkItem, files: list[ReceivedFile]) -> str:
    """SHA-256 over what makes the dossier this one: agency, code, fields, documents, and their files' digests.

    Not over the sheet itself: it may describe other dossiers, and its rows may be sorted anew.
    """
    digests: dict[int | None, list[tuple[str, str]]] = {}
    for file in files:
        if file.role is FileRole.DOCUMENT:
            digests.setdefault(file.ordinal, []).append((file.path, file.sha256))
    documents = [
        {"ordinal": d.ordinal, "kind": d.kind.value, "files": digests.get(d.ordinal, []), **_described(d)}
        for d in item.dossier.documents
    ]
    whole = {
        "agency": item.agency,
        "file_code": item.dossier.file_code,
        **_described(item.dossier),
        "documents": documents,
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
