"""BagIt 1.0 (RFC 8493): the delivery as it was received, its digests as we know them, what we made beside it.

The payload is what came in and nothing else: originals and lists under the
names as received, so that a bag can be handed in again as a delivery. PDF/A
copies, text and the package's own metadata are tag files: digested by the tag
manifests, and no part of what the producer gave.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath

from archive.dissemination.comparing import Comparison
from archive.dissemination.outgoing import Opener, Outgoing, Wanted
from archive.dissemination.spool import Member, Spool
from archive.services.stored_packages import StoredPackages
from archive.version import VERSION
from metadata.digests import Digester, chunks_of
from metadata.package import PackageFile, PackageRecord
from metadata.time import VIETNAM, rfc3339
from storage.holdings import PackageFile as StoredFile

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD = "data/"
RECEIVED_NAMES = "received-names.jsonl"
"""What each file of the payload was called when it came, and to which document it belongs."""

ALGORITHMS = ("sha256", "sha512")
_BINARY = 1024
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")
_TEXT = "text/plain"
_BLANKS = re.compile(r"\s+")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f%]")
"""Control characters do not survive every file system. `%` the RFC wants as `%25`, which the Library of Congress's
own reader (bagit 1.9) takes for three signs of the name: no bag of ours makes the two disagree (ADR 0350)."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of the bag whose digests are known before it leaves."""

    path: str
    sha256: str
    sha512: str
    size_bytes: int
    open: Opener
    more: Mapping[str, object] = field(default_factory=dict)

    def digest(self, algorithm: str) -> str:
        return self.sha256 if algorithm == "sha256" else self.sha512


@dataclass(frozen=True, slots=True)
class Bags:
    """Makes bags."""

    stored: StoredPackages
    scratch: Path

    def outgoing(self, wanted: Wanted) -> Iterator[Outgoing]:
        """The files of the bag of a dossier, all parts in one; of a document: the dossier in which it stands.

        Raises:
            PackageBrokenError: bytes that left are not what the package says; nothing is given then.
        """
        comparison = Comparison()
        with Spool(self.scratch) as spool:
            payload = list(self._payload(wanted))
            tags = [*self._tags(wanted), *self._written(spool, wanted, payload)]
            manifests = [self._manifest(spool, "manifest", algorithm, payload) for algorithm in ALGORITHMS]
            tagged = [*tags, *manifests]
            whole = [self._manifest(spool, "tagmanifest", algorithm, tagged) for algorithm in ALGORITHMS]
            for entry in chain(tags[-3:], manifests, whole, payload, tags[:-3]):
                compare = comparison.of(entry.path, entry.sha256, entry.size_bytes)
                yield Outgoing(wanted.inside(entry.path), entry.open, dict(entry.more), compare)
        comparison.require_same()

    # ------------------------------------------------------------ payload

    def _payload(self, wanted: Wanted) -> Iterator[_Entry]:
        names = _Names()
        for record in wanted.parts():
            files = [(document.ordinal, file) for document in record.documents for file in document.originals]
            for ordinal, file in (*files, *((None, file) for file in record.sources)):
                path = names.give(file.original_name, file.sha256)
                if path is not None:
                    more = {"document": ordinal, "original": file.original_name}
                    yield _entry(f"{PAYLOAD}{path}", file, partial(self.stored.open, record, file), more)

    # ------------------------------------------------------------ tag files

    def _tags(self, wanted: Wanted) -> Iterator[_Entry]:
        """What the archive made: below the part's identifier, under the names that it has in the package."""
        for record in wanted.parts():
            place = f"packages/{record.package_id}/"
            for document in record.documents:
                for file in (*document.renditions, *document.text_files):
                    opener = partial(self.stored.open, record, file)
                    yield _entry(place + file.path, file, opener, {"document": document.ordinal})
            yield from self._metadata(record, place)

    def _metadata(self, record: PackageRecord, place: str) -> Iterator[_Entry]:
        given = {file.path for file in record.sources}
        for stored in self.stored.packages.files(record.package_id):
            if "/data/" not in stored.path and not stored.path.startswith("schemas/") and stored.path not in given:
                yield self._digested(place, stored)

    def _digested(self, place: str, stored: StoredFile) -> _Entry:
        digester, opener = Digester(), partial(self.stored.packages.open, stored)
        with opener() as stream:
            for chunk in chunks_of(stream):
                digester.update(chunk)
        found = digester.digests()
        return _Entry(place + stored.path, found.sha256, found.sha512, found.size_bytes, opener)

    def _written(self, spool: Spool, wanted: Wanted, payload: list[_Entry]) -> Iterator[_Entry]:
        """Names as received, bag-info.txt, bagit.txt: the last three."""
        lines = (json.dumps({"path": e.path, **e.more}, ensure_ascii=False) for e in payload)
        yield _member(spool, RECEIVED_NAMES, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
        info = "".join(f"{label}: {value}\n" for label, value in _information(wanted, payload))
        yield _member(spool, "bag-info.txt", info.encode())
        yield _member(spool, "bagit.txt", DECLARATION)

    def _manifest(self, spool: Spool, name: str, algorithm: str, entries: list[_Entry]) -> _Entry:
        lines = sorted(f"{encoded(entry.path)}\t{entry.digest(algorithm)}" for entry in entries)
        text = "".join(f"{line.rpartition(chr(9))[2]}  {line.rpartition(chr(9))[0]}\n" for line in lines)
        return _member(spool, f"{name}-{algorithm}.txt", text.encode())


class _Names:
    """Gives each file of the payload its path: NFC, safe below `data/`, no two the same, not even without case."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}

    def give(self, received: str, sha256: str) -> str | None:
        """A path; None where the same bytes stand under that name already (a list that came with every part)."""
        path = payload_path(received)
        stem, suffix, number = str(path.with_suffix("")), path.suffix, 1
        candidate = str(path)
        while (known := self._taken.get(candidate.casefold())) is not None:
            if known == f"{sha256} {received}":
                return None
            number += 1
            candidate = f"{stem}.{number}{suffix}"
        self._taken[candidate.casefold()] = f"{sha256} {received}"
        return candidate


def payload_path(received: str) -> PurePosixPath:
    """`received` as a path below `data/`: NFC, `/` between segments, nothing that leads out."""
    text = unicodedata.normalize("NFC", received.encode("utf-8", "replace").decode()).replace("\\", "/")
    parts = [_UNSAFE.sub("_", part) for part in text.split("/") if part not in {"", ".", ".."}]
    return PurePosixPath(*parts) if parts else PurePosixPath("_")


def encoded(path: str) -> str:
    """`path` as a manifest writes it (RFC 8493, 2.1.3)."""
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _information(wanted: Wanted, payload: list[_Entry]) -> Iterator[tuple[str, str]]:
    size = sum(entry.size_bytes for entry in payload)
    for record in wanted.parts():
        if record.part == 1:
            yield "Source-Organization", _line(record.agency_name or record.agency)
            yield "External-Identifier", _line(record.file_code)
            yield "External-Description", _line(record.dossier.value("title"))
            yield "Bag-Group-Identifier", _line(record.submission_id)
        yield "Internal-Sender-Identifier", f"urn:uuid:{record.package_id}"
    yield "Bagging-Date", f"{wanted.made_at.astimezone(VIETNAM):%Y-%m-%d}"
    yield "Bagging-Time", rfc3339(wanted.made_at)
    yield "Payload-Oxum", f"{size}.{len(payload)}"
    yield "Bag-Size", _human(size)
    yield "Bag-Software-Agent", f"luutru {VERSION}"


def _line(text: str) -> str:
    return _BLANKS.sub(" ", "".join(c if c.isprintable() else " " for c in text)).strip() or "-"


def _human(size: float) -> str:
    for unit in _UNITS[:-1]:
        if size < _BINARY:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= _BINARY
    return f"{size:.1f} {_UNITS[-1]}"


def _entry(path: str, file: PackageFile, opener: Opener, more: Mapping[str, object]) -> _Entry:
    return _Entry(path, file.sha256, file.sha512, file.size_bytes, opener, more)


def _member(spool: Spool, path: str, data: bytes) -> _Entry:
    digester = Digester()
    digester.update(data)
    member: Member = spool.bytes_member(path, _TEXT, data)
    digests = digester.digests()
    return _Entry(path, digests.sha256, digests.sha512, digests.size_bytes, member.open)
