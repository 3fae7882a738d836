"""The ZIP of a proof: members stored one after the other, in the only layout that their names and bytes allow.

A ZIP has many places that nobody looks at: comments, extra fields, times,
flags, bytes between members. Here each of them follows from the list of names,
sizes and check sums, so that a reader can make all headers anew and compare
them: whatever byte is changed, either a header or a member differs. Nothing is
ever unpacked, so there is no bomb. Only the standard library is imported.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

MAX_MEMBERS = 10_000
MAX_DIRECTORY_BYTES = 8 << 20
CHUNK_BYTES = 1 << 20

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,199}){0,9}")
_MAX_NAME = 255

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_SIZE_64 = struct.Struct("<2HQ")
_FULL = 0xFFFFFFFF
_PLAIN, _LARGE = 20, 45
"""Versions of the ZIP format that a reader needs: for a file, for one of 4 GiB."""

_UNIX = 3 << 8
_DAY = 0x0021
"""1 January 1980, the first day that a ZIP knows."""

_MODE = 0o100644 << 16


class ContainerBrokenError(ValueError):
    """The bytes are no ZIP in the layout of a proof."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One member: what the layout is made from."""

    name: str
    size: int
    crc: int


class Source(Protocol):
    """Something to be written as a member."""

    @property
    def name(self) -> str:
        """Its place in the ZIP."""
        ...

    @property
    def size(self) -> int:
        """Bytes that `chunks` will give."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Its bytes."""
        ...


def is_safe(name: str) -> bool:
    """Whether `name` is a relative path in plain letters, with no segment that could leave a folder."""
    return len(name) <= _MAX_NAME and _NAME.fullmatch(name) is not None and ".." not in name


def local_header(entry: Entry) -> bytes:
    """What stands before the bytes of a member."""
    large = entry.size >= _FULL
    extra = struct.pack("<2H2Q", 1, 16, entry.size, entry.size) if large else b""
    size = min(entry.size, _FULL)
    name = entry.name.encode("ascii")
    version = _LARGE if large else _PLAIN
    head = (b"PK\x03\x04", version, 0, 0, 0, _DAY, entry.crc, size, size, len(name), len(extra))
    return _LOCAL.pack(*head) + name + extra


def _central_header(entry: Entry, offset: int) -> bytes:
    values = [entry.size] * 2 if entry.size >= _FULL else []
    values += [offset] if offset >= _FULL else []
    extra = struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values) if values else b""
    size, name = min(entry.size, _FULL), entry.name.encode("ascii")
    version = _LARGE if values else _PLAIN
    head = (b"PK\x01\x02", _UNIX | version, version, 0, 0, 0, _DAY, entry.crc, size, size)
    return _CENTRAL.pack(*head, len(name), len(extra), 0, 0, 0, _MODE, min(offset, _FULL)) + name + extra


def directory(entries: Sequence[Entry]) -> tuple[bytes, int]:
    """Everything behind the last member, and the offset where it begins."""
    headers, offset = [], 0
    for entry in entries:
        headers.append(_central_header(entry, offset))
        offset += len(local_header(entry)) + entry.size
    listed, count = b"".join(headers), len(entries)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(listed), min(offset, _FULL), 0)
    if offset >= _FULL:
        where = offset + len(listed)
        large = _END_64.pack(b"PK\x06\x06", 44, _UNIX | _LARGE, _LARGE, 0, 0, count, count, len(listed), offset)
        end = large + _LOCATOR_64.pack(b"PK\x06\x07", 0, where, 1) + end
    return listed + end, offset


def write_container(out: BinaryIO, sources: Sequence[Source]) -> None:
    """Write `sources` to `out`, in their order.

    Args:
        out: Open for writing at its start, able to seek.
        sources: Read once each.

    Raises:
        ContainerBrokenError: a name is unsafe or doubled, there are too many, or a source gave other bytes than its
            size told.
    """
    names = [source.name.lower() for source in sources]
    if len(set(names)) != len(names) or len(names) > MAX_MEMBERS or not all(is_safe(s.name) for s in sources):
        raise ContainerBrokenError("names that cannot stand in one proof")
    entries = []
    for source in sources:
        start = out.tell()
        out.write(local_header(Entry(source.name, source.size, 0)))
        size = crc = 0
        for chunk in source.chunks():
            out.write(chunk)
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        if size != source.size:
            msg = f"{source.name} has {size} bytes, {source.size} were told"
            raise ContainerBrokenError(msg)
        entries.append(Entry(source.name, size, crc))
        end = out.tell()
        # The check sum is known only now, and a trailing descriptor would be a second place for it.
        out.seek(start)
        out.write(local_header(entries[-1]))
        out.seek(end)
    out.write(directory(entries)[0])


class Container:
    """A ZIP that was found to be in the layout of a proof; the members' bytes are still to be compared.

    Args:
        stream: Able to seek; stays open as long as this is used.

    Raises:
        ContainerBrokenError: the layout differs from the canonical one anywhere.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = stream.seek(0, os.SEEK_END)
        entries = _listed(stream, self.size)
        _insist(stream, self.size, entries)
        self.entries: tuple[Entry, ...] = tuple(entries)
        self._places: dict[str, tuple[int, int]] = {}
        offset = 0
        for entry in entries:
            offset += len(local_header(entry))
            self._places[entry.name] = (offset, entry.size)
            offset += entry.size

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def size_of(self, name: str) -> int:
        """Bytes of a member."""
        return self._places[name][1]

    def window(self, name: str) -> Window:
        """The bytes of a member, to be read anywhere."""
        return Window(self._stream, *self._places[name])

    def read(self, name: str, *, max_bytes: int) -> bytes:
        """A member as a whole.

        Raises:
            ContainerBrokenError: it is not there, or larger than `max_bytes`.
        """
        if name not in self._places:
            msg = f"{name} is missing"
            raise ContainerBrokenError(msg)
        if self.size_of(name) > max_bytes:
            msg = f"{name} has {self.size_of(name)} bytes, {max_bytes} are allowed"
            raise ContainerBrokenError(msg)
        return self.window(name).read_at(0, self.size_of(name))


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a stream."""

    stream: BinaryIO
    offset: int
    size: int

    def read_at(self, start: int, length: int) -> bytes:
        """At most `length` bytes from `start` on, none beyond the window."""
        self.stream.seek(self.offset + start)
        return self.stream.read(max(0, min(length, self.size - start)))

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, in pieces of at most 1 MiB."""
        stop = self.size if end is None else min(end, self.size)
        while start < stop and (chunk := self.read_at(start, min(CHUNK_BYTES, stop - start))):
            start += len(chunk)
            yield chunk


def _read(stream: BinaryIO, offset: int, length: int) -> bytes:
    if offset < 0:
        raise ContainerBrokenError("cut off")
    stream.seek(offset)
    data = stream.read(length)
    if len(data) != length:
        raise ContainerBrokenError("cut off")
    return data


def _where(stream: BinaryIO, size: int) -> tuple[int, int, int]:
    """Count, bytes and offset of the directory, as the end of the file tells them."""
    end = _END.unpack(_read(stream, size - _END.size, _END.size))
    if end[0] != b"PK\x05\x06":
        raise ContainerBrokenError("the file does not end as the ZIP of a proof does")
    count, length, offset = end[4], end[5], end[6]
    if offset == _FULL:
        place = size - _END.size - _LOCATOR_64.size - _END_64.size
        large = _END_64.unpack(_read(stream, place, _END_64.size))
        count, length, offset = large[7], large[8], large[9]
    if not 0 < count <= MAX_MEMBERS or length > MAX_DIRECTORY_BYTES or offset > size:
        raise ContainerBrokenError("a directory of a size that no proof has")
    return count, length, offset


def _listed(stream: BinaryIO, size: int) -> list[Entry]:
    """The entries as the directory tells them; whether it is canonical is for `_insist` to say."""
    count, length, offset = _where(stream, size)
    data = _read(stream, offset, length)
    entries, at = [], 0
    for _ in range(count):
        if at + _CENTRAL.size > len(data):
            raise ContainerBrokenError("the directory is cut off")
        head = _CENTRAL.unpack_from(data, at)
        at += _CENTRAL.size
        name, extra = data[at : at + head[10]], data[at + head[10] : at + head[10] + head[11]]
        at += head[10] + head[11] + head[12]
        length_of = head[9]
        if length_of == _FULL and len(extra) >= _SIZE_64.size:
            length_of = _SIZE_64.unpack_from(extra)[2]
        entries.append(Entry(name.decode("ascii", "replace"), length_of, head[7]))
    return entries


def _insist(stream: BinaryIO, size: int, entries: Sequence[Entry]) -> None:
    """Make all headers anew and compare them with the file."""
    if not all(is_safe(entry.name) for entry in entries):
        raise ContainerBrokenError("a member's name is unsafe")
    names = {entry.name.lower() for entry in entries}
    folders = {name[:place] for name in names for place, letter in enumerate(name) if letter == "/"}
    if len(names) != len(entries) or names & folders:
        raise ContainerBrokenError("two members share a name")
    tail, offset = directory(entries)
    if offset + len(tail) != size:
        raise ContainerBrokenError("the members and the file have different sizes")
    if _read(stream, offset, len(tail)) != tail:
        raise ContainerBrokenError("the directory of the ZIP was changed")
    offset = 0
    for entry in entries:
        header = local_header(entry)
        if _read(stream, offset, len(header)) != header:
            msg = f"the header of {entry.name} was changed"
            raise ContainerBrokenError(msg)
        offset += len(header) + entry.size
