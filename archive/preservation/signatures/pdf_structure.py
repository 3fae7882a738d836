"""Opens a PDF revision by revision: each end found in the bytes, each beginning of the file read by qpdf on its own."""

from __future__ import annotations

import io
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import BinaryIO, cast

import pikepdf

from archive.preservation.signatures.pdf_bytes import IN_MEMORY, FileBytes

MAX_REVISIONS = 500
"""Revisions that are followed from the end of the file."""

MAX_ENTRIES = 5_000_000
"""Entries of cross-references that are read for all revisions together; what is older is not looked at."""

MAX_OBJECTS = 1_000_000
"""Entries of all cross-references of a file whose signatures are judged."""

MAX_DECODED = 64 << 20
"""Bytes that one compressed stream may become."""

Key = tuple[int, int]
"""Number and generation of an object."""

Place = tuple[int, int, int]
"""Where an object lies: kind of entry, offset or object stream, index in it."""

_MAX_ENDS = 4
_MAX_MARKS = 100
_WHITE = b"\r\n\t\f \0"
_MARK = b"%%EOF"
_HEADER = 1024
_CLOSING = re.compile(rb"(?:^|[\r\n\t\f \0>])startxref[\r\n\t\f \0]{1,20}(\d{1,15})[\r\n\t\f \0]{1,20}$")
_GAP = rb"(?:[\r\n\t\f \0]|%[^\r\n]*[\r\n])"
# Not possessive: Python 3.11.2 of Debian 12 does not match such groups rightly.
_OBJECT = re.compile(_GAP + rb"*([+-]?\d{1,20})" + _GAP + rb"+([+-]?\d{1,20})" + _GAP + rb"+obj")
_BLANK = re.compile(_GAP + rb"*(?:%[^\r\n]*)?")
_OBJECT_HEADER = 1024
_LIMITS = "flate_max_memory", "run_length_max_memory", "png_max_memory", "tiff_max_memory"
_COMPRESSED = 2
_KEPT_BYTES = 32 << 20


class DamagedError(ValueError):
    """The file, or a revision of it, cannot be read strictly."""


class LockedError(ValueError):
    """A user password is needed."""


@contextmanager
def bounded_decoding() -> Iterator[None]:
    """While this lasts, qpdf refuses streams that become larger than `MAX_DECODED`.

    The limit is one of the whole process: tasks of a worker run one after the other.
    """
    before = pikepdf.settings.get_qpdf_limits()
    pikepdf.settings.set_qpdf_limits(**dict.fromkeys(_LIMITS, MAX_DECODED))  # type: ignore[arg-type]
    try:
        yield
    finally:
        pikepdf.settings.set_qpdf_limits(**{name: before[name] for name in _LIMITS})  # type: ignore[arg-type]


class _Beginning(io.RawIOBase):
    """The first bytes of a large file as a stream, without a copy."""

    def __init__(self, data: bytes | mmap.mmap, end: int) -> None:
        super().__init__()
        self._data = data
        self._end = end
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._end}[whence]
        self._place = max(0, base + offset)
        return self._place

    def read(self, size: int = -1) -> bytes:
        stop = self._end if size < 0 else min(self._end, self._place + size)
        found = self._data[self._place : stop] if stop > self._place else b""
        self._place += len(found)
        return found

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # whatever qpdf's reader hands in
        found = self.read(len(view))
        view[: len(found)] = found
        return len(found)


def open_beginning(data: FileBytes, end: int, *, repaired: bool = False) -> pikepdf.Pdf:
    """The PDF that the first `end` bytes are.

    Raises:
        LockedError: a user password is needed.
        DamagedError: those bytes are no PDF that can be read strictly (or, with `repaired`, at all).
    """
    small = end <= IN_MEMORY
    stream = io.BytesIO(data.read(0, end)) if small else cast("BinaryIO", _Beginning(data.data, end))
    try:
        pdf = pikepdf.open(stream, attempt_recovery=repaired, inherit_page_attributes=False)
        misplaced = None if repaired else _misplaced(data, pdf)
        readable = isinstance(pdf.Root, pikepdf.Dictionary)
    except pikepdf.PasswordError as error:
        raise LockedError from error
    except Exception as error:
        # qpdf's own errors and what hostile objects provoke, such as a missing catalog.
        raise DamagedError(type(error).__name__) from error
    if not readable:
        raise DamagedError("the catalog is no dictionary")
    if misplaced is not None:
        msg = f"where object {misplaced[0]} should lie, another one begins"
        raise DamagedError(msg)
    return pdf


def _misplaced(data: FileBytes, pdf: pikepdf.Pdf) -> Key | None:
    """An object whose cross-reference points at the header of another one.

    Readers do not agree on what such a file shows. qpdf (12.4) reads what lies there and puts it in the place
    of the object that the header names, also while that very object is walked through: memory that is free
    already is used, and the process ends.
    """
    shift = _shift(data)
    for key, entry in pdf.get_xref_table().items():
        if entry.type != 1:
            continue
        offset = (entry.offset or 0) + shift
        if data.data[offset : offset + 20].startswith(b"%d %d obj" % key):
            continue
        if _begins_otherwise(data.read(offset, offset + _OBJECT_HEADER), key):
            return key
    return None


def _begins_otherwise(found: bytes, key: Key) -> bool:
    """Whether another object begins here, or white space and comments are so long that it cannot be told."""
    header = _OBJECT.match(found)
    if header is not None:
        return (int(header[1]), int(header[2])) != key
    blank = _BLANK.match(found)
    return len(found) == _OBJECT_HEADER and blank is not None and blank.end() > _OBJECT_HEADER // 2


def _shift(data: FileBytes) -> int:
    return max(0, data.read(0, _HEADER).find(b"%PDF-"))


def items(value: object, most: int) -> list[object]:
    """The first members of an array, at most `most`; of anything else none."""
    return list(islice(value, most)) if isinstance(value, pikepdf.Array) else []


@dataclass(frozen=True, slots=True)
class Section:
    """One complete revision."""

    end: int
    """First byte behind its end-of-file mark."""

    limit: int
    """First byte behind the white space that follows the mark."""

    start: int
    """Offset of its cross-references, as `startxref` tells it."""

    entries: int = 0
    """How many objects its cross-references may list."""


@dataclass(slots=True)
class Revisions:
    """The revisions of a file, oldest first; opened ones are kept while they are small."""

    data: FileBytes
    sections: tuple[Section, ...]
    complete: bool
    """False: more than `MAX_REVISIONS`, or the chain of cross-references cannot be followed to its beginning."""

    shift: int = 0
    """Bytes before the header, which offsets do not count."""

    values: set[Key] = field(default_factory=set)
    """Signature dictionaries, as far as they have been met: long, and without anything that is shown."""

    _opened: dict[int, pikepdf.Pdf] = field(default_factory=dict)
    _tables: dict[int, dict[Key, Place]] = field(default_factory=dict)
    _last: dict[Key, pikepdf.XrefEntry] | None = None
    _kept: int = 0

    @property
    def last(self) -> Section:
        """The revision that a reader shows."""
        return self.sections[-1]

    def pdf(self, number: int) -> pikepdf.Pdf:
        """The file as it was with the revision `number` (from 1).

        Raises:
            DamagedError: that revision cannot be read on its own.
        """
        found = self._opened.get(number)
        if found is None:
            end = self.sections[number - 1].end
            found = open_beginning(self.data, end)
            self.keep(number, found)
        return found

    def keep(self, number: int, pdf: pikepdf.Pdf) -> None:
        """Remember an opened revision unless its copy of the bytes makes too many."""
        end = self.sections[number - 1].end
        if number == len(self.sections) or end > IN_MEMORY or self._kept + end <= _KEPT_BYTES:
            self._opened[number] = pdf
            self._kept += end if end <= IN_MEMORY else 0

    @property
    def entries(self) -> int:
        """How many objects all cross-references may list together."""
        return sum(section.entries for section in self.sections)

    def place(self, key: Key) -> Place | None:
        """Where an object lies in the last revision.

        Raises:
            DamagedError: the file lists more than `MAX_OBJECTS` objects.
        """
        if self._last is None:
            if self.entries > MAX_OBJECTS:
                raise DamagedError("too many objects")
            self._last = self.pdf(len(self.sections)).get_xref_table()
        entry = self._last.get(key)
        return _place(entry) if entry is not None else None

    def places(self, number: int) -> dict[Key, Place]:
        """Where all objects of revision `number` lie."""
        found = self._tables.get(number)
        if found is None:
            found = {key: _place(entry) for key, entry in self.pdf(number).get_xref_table().items()}
            # Two tables are enough for a comparison that goes forward.
            for old in [n for n in self._tables if n < number - 1 and n != len(self.sections)]:
                del self._tables[old]
            self._tables[number] = found
        return found

    def holds(self, key: Key) -> int:
        """Number of the revision in whose bytes the object lies, as the last revision shows it."""
        kind, place, _ = self.place(key) or (0, 0, 0)
        if kind == _COMPRESSED:
            kind, place, _ = self.place((place, 0)) or (0, 0, 0)
        if kind != 1:
            return len(self.sections)
        offset = place + self.shift
        return min(len(self.sections), 1 + sum(1 for section in self.sections if section.end <= offset))

    def closed_by(self, end: int) -> int | None:
        """Number of the revision that ends at `end`, with or without the white space behind its mark."""
        for number, section in enumerate(self.sections, start=1):
            if section.end <= end <= section.limit:
                return number
        return None


def _place(entry: pikepdf.XrefEntry) -> Place:
    if entry.type == 1:
        return 1, entry.offset or 0, 0
    return entry.type, entry.obj_stream_number or 0, entry.obj_stream_index or 0


def revisions_of(data: FileBytes) -> Revisions:
    """The revisions of the file, followed back by its chain of cross-references.

    Bytes behind the last revision that opens are left to `FileBytes.not_white`.

    Raises:
        LockedError: a user password is needed.
        DamagedError: no end of the file can be opened strictly.
    """
    shift = _shift(data)
    last, pdf = _last(data)
    sections = [_counted(last, pdf)]
    opened = [pdf]
    complete = True
    work = 0
    while (previous := _previous(opened[-1])) is not None:
        # Opening a revision reads the references of all before it again.
        work += sections[-1].entries * len(sections)
        # The first section of a linearised file names its second one, which lies behind it: one revision.
        if previous >= sections[-1].start:
            complete = previous > sections[-1].start
            break
        more = len(sections) < MAX_REVISIONS and work < MAX_ENTRIES
        found = _closing(data, previous, shift, sections[-1]) if more else None
        if found is None:
            complete = False
            break
        try:
            pdf = open_beginning(data, found.end)
        except (DamagedError, LockedError):
            complete = False
            break
        sections.append(_counted(found, pdf))
        opened.append(pdf)
    return _ordered(data, sections, opened, shift, complete=complete)


def _ordered(
    data: FileBytes, sections: list[Section], opened: list[pikepdf.Pdf], shift: int, *, complete: bool
) -> Revisions:
    revisions = Revisions(data, tuple(reversed(sections)), complete, shift)
    for place, pdf in enumerate(opened):
        revisions.keep(len(sections) - place, pdf)
    return revisions


def _counted(section: Section, pdf: pikepdf.Pdf) -> Section:
    """The section with the most entries that its cross-references may have."""
    trailer = pdf.trailer
    index = items(trailer.get("/Index"), 2 * MAX_OBJECTS)[1::2]
    size: object = trailer.get("/Size")
    listed = sum(n for n in index if isinstance(n, int)) if index else size if isinstance(size, int) else 0
    if "/W" in trailer:
        entries = listed
    else:
        row = 20
        entries = max(0, section.end - section.start) // row + (listed if "/XRefStm" in trailer else 0)
    return replace(section, entries=max(0, entries))


def _last(data: FileBytes) -> tuple[Section, pikepdf.Pdf]:
    """The last revision that opens strictly: what follows it is told as stray bytes."""
    stop = data.size
    tried = 0
    problem: Exception = DamagedError("no end-of-file mark")
    for _ in range(_MAX_MARKS):
        mark = data.data.rfind(_MARK, 0, stop)
        if mark < 0 or tried == _MAX_ENDS:
            break
        stop = mark
        section = _section(data, mark)
        if section is None:
            continue
        tried += 1
        try:
            return section, open_beginning(data, section.end)
        except DamagedError as error:
            problem = error
    raise DamagedError(str(problem)) from problem


def _section(data: FileBytes, mark: int) -> Section | None:
    match = _CLOSING.search(data.read(mark - 64, mark))
    if match is None:
        return None
    end = mark + len(_MARK)
    tail = data.read(end, end + _HEADER)
    white = len(tail) - len(tail.lstrip(_WHITE))
    return Section(end, end + white, int(match.group(1)))


def _previous(pdf: pikepdf.Pdf) -> int | None:
    value: object = pdf.trailer.get("/Prev")
    return value if isinstance(value, int) and value >= 0 else None


def _closing(data: FileBytes, start: int, shift: int, later: Section) -> Section | None:
    """The end of the revision whose cross-references begin at `start`."""
    place, stop = start + shift, min(data.size, later.start + shift)
    # Between cross-references and their own mark there is no other one, unless somebody plays.
    for _ in range(_MAX_MARKS):
        mark = data.data.find(_MARK, place, stop)
        if mark < 0:
            return None
        found = _section(data, mark)
        if found is not None and found.start == start:
            return found
        place = mark + len(_MARK)
    return None
