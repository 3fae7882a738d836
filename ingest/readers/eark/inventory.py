"""What METS lists against what lies there: paths, sizes, and the digests that are compared when files are received."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.readers.eark.notes import Notes
from ingest.readers.eark.places import Miss, Places
from ingest.readers.eark.records import Claimed, FileRecord, MetadataRecord, MetsRecord
from metadata.compact import PackedSequence, by_name
from metadata.descriptions import Claim
from metadata.digests import CLAIMABLE

WEAK = frozenset({"MD5", "SHA-1"})
_MISSES = {Miss.OUTSIDE: "EAR-020", Miss.NETWORK: "EAR-021", Miss.MISSING: "EAR-022", Miss.EMPTY: "EAR-027"}
_HEX = re.compile(r"[0-9a-f]+")
_SIZE = re.compile(r"[0-9]{1,4000}")
_BY_LENGTH = {length: name for name, length in CLAIMABLE.items() if name != "SHA-224"}
_SHOWN = 200
_LARGEST = (1 << 63) - 1
_ALGORITHMS = tuple(CLAIMABLE)


@dataclass(frozen=True, slots=True)
class Listed:
    """One file that METS lists."""

    path: str
    by: str
    """The METS that lists it."""

    line: int
    kind: str = ""
    """MDTYPE and OTHERMDTYPE of a metadata file."""

    section: str = ""
    superseded: bool = False
    digests: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None


class ListedFiles(Mapping[str, Listed]):
    """What METS lists, by path, in the order in which it is listed first: 80 bytes a file instead of 500.

    Args:
        places: The files of the package.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._rows = array("q", [-1]) * len(places.files)
        self._files, self._lines, self._sizes, self._words = array("I"), array("Q"), array("q"), array("I")
        self._digests: list[bytes] = []
        self._known: dict[tuple[str, str, str, bool], int] = {}
        self._said: list[tuple[str, str, str, bool]] = []
        """METS, kind, section and whether it is superseded: the same of many files."""

        self._huge: dict[int, int] = {}
        """Sizes beyond all that exist, by row."""

    def put(self, listed: Listed) -> None:
        """List a file, or say anew what is known of it."""
        number = self._places.number(listed.path)
        if number is None:
            raise KeyError(listed.path)
        row = self._rows[number]
        if row < 0:
            row = self._rows[number] = len(self._files)
            self._files.append(number)
            for column in (self._lines, self._sizes, self._words):
                column.append(0)
            self._digests.append(b"")
        words = (listed.by, listed.kind, listed.section, listed.superseded)
        if words not in self._known:
            self._known[words] = len(self._said)
            self._said.append(words)
        self._words[row], self._lines[row] = self._known[words], listed.line
        is_huge = listed.size is not None and listed.size > _LARGEST
        self._sizes[row] = -1 if listed.size is None or is_huge else listed.size
        if is_huge and listed.size is not None:
            self._huge[row] = listed.size
        self._digests[row] = b"".join(
            bytes((_ALGORITHMS.index(name),)) + bytes.fromhex(digest) for name, digest in listed.digests.items()
        )

    def _at(self, row: int) -> Listed:
        by, kind, section, superseded = self._said[self._words[row]]
        size = self._huge.get(row, self._sizes[row])
        return Listed(
            path=self._places.files[self._files[row]],
            by=by,
            line=self._lines[row],
            kind=kind,
            section=section,
            superseded=superseded,
            digests=dict(_digests(self._digests[row])),
            size=None if size < 0 else size,
        )

    def __getitem__(self, path: str) -> Listed:
        number = self._places.number(path)
        if number is None or self._rows[number] < 0:
            raise KeyError(path)
        return self._at(self._rows[number])

    def __contains__(self, path: object) -> bool:
        number = self._places.number(path) if isinstance(path, str) else None
        return number is not None and self._rows[number] >= 0

    def __iter__(self) -> Iterator[str]:
        return map(self._places.files.__getitem__, self._files)

    def __len__(self) -> int:
        return len(self._files)

    def all(self) -> Iterator[Listed]:
        """All of them, in order."""
        return map(self._at, range(len(self._files)))


def _digests(packed: bytes) -> Iterator[tuple[str, str]]:
    start = 0
    while start < len(packed):
        name = _ALGORITHMS[packed[start]]
        end = start + 1 + CLAIMABLE[name] // 2
        yield name, packed[start + 1 : end].hex()
        start = end


def algorithm_of(written: str, checksum: str) -> str:
    """The name in `CLAIMABLE` of an algorithm as written; by the length of the digest where none is; else empty."""
    if not written.strip():
        return _BY_LENGTH.get(len(checksum.strip()), "")
    plain = re.sub(r"[^A-Z0-9]", "", written.upper())
    return next((name for name in CLAIMABLE if name.replace("-", "") == plain), "")


class Inventory:
    """The files of a package as its METS documents list them.

    Args:
        root: The package's folder.
        places: Its files.
        notes: Takes what is wrong.
    """

    def __init__(self, root: Path, places: Places, notes: Notes) -> None:
        self._root = root
        self._places = places
        self._notes = notes
        self.listed = ListedFiles(places)
        self.by_id: dict[str, Mapping[str, int]] = {}
        """Number of the file (`Places.files`) by identifier, for each METS."""

    def take(self, mets: MetsRecord) -> None:
        """Add everything that `mets` lists."""
        self.by_id[mets.path] = by_name(int, self._taken(mets))
        for file in mets.files:
            if file.dmd:
                mets.joined.append({"dmd": file.dmd, "files": [file.id]})
        # What they say is listed now.
        mets.files, mets.metadata = PackedSequence(FileRecord), PackedSequence(MetadataRecord)

    def _taken(self, mets: MetsRecord) -> Iterator[tuple[str, int]]:
        """Identifiers of what is listed, with the numbers of the files."""
        for metadata in mets.metadata:
            # A reference without href says where metadata are that stand elsewhere altogether (a catalogue's number).
            if metadata.href or metadata.claimed.checksum:
                yield from self._list(mets, metadata)
        for file in mets.files:
            yield from self._list(mets, file)

    def _list(self, mets: MetsRecord, record: FileRecord | MetadataRecord) -> Iterator[tuple[str, int]]:
        if isinstance(record, FileRecord) and record.embedded:
            self._notes.tell("EAR-027", mets.path, file=mets.path, line=str(record.line), written=record.id[:_SHOWN])
            return
        path = self.resolved(mets.path, mets.folder, record.href, record.line)
        number = self._places.number(path) if path else None
        if number is None:
            return
        listed = self._claimed(_listed(path, mets, record), record.claimed)
        known = self.listed.get(path)
        self.listed.put(listed if known is None else self._merged(known, listed))
        if record.id:
            yield record.id, number

    def path_of(self, mets: str, identifier: str) -> str:
        """The file that has `identifier` in the METS at `mets`; empty where none has."""
        number = self.by_id[mets].get(identifier)
        return "" if number is None else self._places.files[number]

    def resolved(self, by: str, folder: str, href: str, line: int) -> str:
        """The file that `href` in the file `by` means; empty where there is none, which is told."""
        place = self._places.find(href, folder)
        if place.miss is not None:
            rule = _MISSES.get(place.miss)
            if rule is not None:
                written = href[:_SHOWN] or "href"
                self._notes.tell(rule, written, file=by, line=str(line), written=written)
            return ""
        if place.loose:
            self._notes.tally("EAR-025", place.path, file=by, written=href[:_SHOWN], found=place.path)
        return place.path

    def _merged(self, known: Listed, again: Listed) -> Listed:
        """A file that is listed again: by another METS, or as metadata and as file."""
        same = all(again.digests.get(name, digest) == digest for name, digest in known.digests.items())
        if not same or (None not in {known.size, again.size} and known.size != again.size):
            values = {"line": str(again.line), "other": f"{known.by} ({known.line})"}
            self._notes.tell("EAR-026", again.path, file=again.by, **values)
        digests = {**again.digests, **known.digests}
        merged = replace(known, digests=digests, size=known.size if known.size is not None else again.size)
        if not known.section and again.section:
            return replace(merged, section=again.section, kind=again.kind, superseded=again.superseded)
        return merged

    def _claimed(self, listed: Listed, claimed: Claimed) -> Listed:
        """`listed` with what METS claims of its bytes."""
        size = int(claimed.size) if _SIZE.fullmatch(claimed.size) else None
        return replace(listed, size=size, digests=self._digest(listed, claimed))

    def _digest(self, listed: Listed, claimed: Claimed) -> dict[str, str]:
        written = claimed.checksum.strip()
        if not written:
            self._notes.tally("EAR-030", listed.path, file=listed.by, written=listed.path)
            return {}
        name = algorithm_of(claimed.algorithm, written)
        if not name:
            self._notes.tally("EAR-032", listed.path, file=listed.by, written=claimed.algorithm[:_SHOWN] or "?")
            return {}
        digest = written.lower()
        if len(digest) != CLAIMABLE[name] or not _HEX.fullmatch(digest):
            values = {"line": str(listed.line), "algorithm": name, "written": written[:_SHOWN]}
            self._notes.tell("EAR-031", listed.path, file=listed.by, **values)
            return {}
        if digest != written:
            self._notes.tally("EAR-034", listed.path, file=listed.by)
        if name in WEAK:
            self._notes.tally("EAR-033", listed.path, per=name, file=listed.by, written=name)
        return {name: digest}

    def check_sizes(self) -> None:
        """Compare sizes with what lies there; content is left for the stage `receive`."""
        root = str(self._root)
        for listed in self.listed.all():
            if listed.size is None:
                continue
            try:
                actual = os.lstat(f"{root}/{listed.path}").st_size
            except OSError:
                continue
            if actual != listed.size:
                sizes = {"expected": str(listed.size), "actual": str(actual)}
                self._notes.tell("ING-006", listed.path, file=listed.by, **sizes)

    def tell_unlisted(self, files: Sequence[str], known: Iterable[str], is_document: Iterable[str]) -> None:
        """Files that lie there and that no METS lists.

        Args:
            files: All files of the package.
            known: Those that need not be listed: METS files themselves.
            is_document: Those that look like documents: nobody vouches for them.
        """
        excused, documents = frozenset(known), frozenset(is_document)
        for path in files:
            if path in self.listed or path in excused:
                continue
            if path in documents:
                self._notes.tell("EAR-023", path)
            else:
                self._notes.tally("EAR-024", path)

    def claims_of(self, path: str) -> Iterator[Claim]:
        """What is to be compared with the bytes of the file at `path`."""
        listed = self.listed.get(path)
        if listed is not None and listed.digests:
            yield Claim(by=listed.by, digests=dict(listed.digests))


def _listed(path: str, mets: MetsRecord, record: FileRecord | MetadataRecord) -> Listed:
    if isinstance(record, FileRecord):
        return Listed(path, mets.path, record.line)
    kind, superseded = f"{record.kind} {record.other}".strip(), record.status.upper() == "SUPERSEDED"
    return Listed(path, mets.path, record.line, kind, record.section, superseded)
