"""The central directory of a ZIP, and what stands in front of each member, compared with it.

Read by our own walker and not by `zipfile`: that one refuses a whole archive for
one name that is not in the encoding it claims, and never looks at what overlaps
or at what no member accounts for (docs/decisions/0360).

Source: ZIP APPNOTE 6.3.10.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ingest.engines.unpacking_members import MAX_FILES, DamagedError
from ingest.engines.unpacking_names import MemberName, name_of, named

_END = struct.Struct("<4s4H2LH")
_END_64_PLACE = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ALL_32, _ALL_16 = 0xFFFFFFFF, 0xFFFF
_LONGEST_COMMENT = 0xFFFF
_MAX_DIRECTORY_BYTES = 256 << 20
_MOST_ENTRIES = 2 * MAX_FILES

_ENCRYPTED = 0x1 | 0x40 | 0x2000
"""Traditional, strong, and masked headers."""

_LATER = 0x8
"""Sizes and CRC stand behind the data."""

_UTF8 = 0x800
_ZIP64, _UNICODE_PATH, _AES = 0x0001, 0x7075, 99
_LONGEST_DESCRIPTOR = 24


@dataclass(frozen=True, slots=True)
class Entry:
    """One member, as the central directory tells of it."""

    raw_name: bytes
    name: MemberName
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    """Of its local header, from the start of the file."""

    mode: int
    """Unix kind and rights, 0 where the packing program gives none."""

    @property
    def is_folder(self) -> bool:
        """Whether it stands for a folder."""
        return self.name.written.endswith(("/", "\\")) or stat.S_ISDIR(self.mode)

    @property
    def encrypted(self) -> bool:
        """Whether a password is needed."""
        return bool(self.flags & _ENCRYPTED) or self.method == _AES


@dataclass(frozen=True, slots=True)
class Directory:
    """All members, and what surrounds them."""

    entries: tuple[Entry, ...]
    prefix: int
    """Bytes in front of the archive, as of a self-extracting program."""

    start: int
    """Where the central directory begins."""

    behind: int
    """Bytes after the end of the archive."""


def read_directory(stream: BinaryIO, size: int) -> Directory:
    """The central directory of the archive in `stream`.

    Raises:
        DamagedError: there is none, it is cut off, or it contradicts itself.
    """
    place, found = _end_place(stream, size)
    end, count, length, told = _end_of(stream, place, found)
    if count > _MOST_ENTRIES:
        msg = f"{count} entries"
        raise DamagedError(msg)
    start = end - length
    prefix = start - told
    if prefix < 0 or length > _MAX_DIRECTORY_BYTES:
        msg = f"the directory of {length} bytes at {told} does not fit"
        raise DamagedError(msg)
    stream.seek(start)
    entries = tuple(_entries(stream.read(length), prefix))
    if len(entries) != count:
        msg = f"{len(entries)} entries, {count} are told"
        raise DamagedError(msg)
    return Directory(entries, prefix, start, size - place - _END.size - found[6])


def _end_place(stream: BinaryIO, size: int) -> tuple[int, tuple[int, ...]]:
    """Where the end record stands and what it says; the last one whose directory is where it says."""
    window = min(size, _END.size + _LONGEST_COMMENT)
    stream.seek(size - window)
    tail = stream.read(window)
    at = tail.rfind(b"PK\5\6")
    while at >= 0:
        if len(tail) - at >= _END.size:
            found = _END.unpack_from(tail, at)
            if at + _END.size + found[7] <= len(tail):
                return size - window + at, found[1:]
        at = tail.rfind(b"PK\5\6", 0, at)
    msg = "no end of a central directory"
    raise DamagedError(msg)


def _end_of(stream: BinaryIO, place: int, found: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Where the directory ends, how many entries it has, its length, and where it says that it begins."""
    disk, first_disk, here, count, length, told, _ = found
    if place >= _END_64_PLACE.size:
        # Programs that write to a pipe put the large record there whether it is needed or not.
        stream.seek(place - _END_64_PLACE.size)
        mark, _, at, disks = _END_64_PLACE.unpack(stream.read(_END_64_PLACE.size))
        if mark == b"PK\6\7":
            large = _end_64(stream, place - _END_64_PLACE.size, at, disks)
            small = ((count, _ALL_16), (length, _ALL_32), (told, _ALL_32))
            if any(one not in {most, other} for (one, most), other in zip(small, large[1:], strict=True)):
                raise DamagedError("the two ends of the directory contradict each other")
            return large
    if disk or first_disk or here != count:
        msg = "a part of an archive that is split over several files"
        raise DamagedError(msg)
    return place, count, length, told


def _end_64(stream: BinaryIO, behind: int, told_at: int, disks: int) -> tuple[int, int, int, int]:
    # With bytes in front of the archive the record does not stand where it is told.
    for at in (told_at, behind - _END_64.size):
        if not 0 <= at <= behind - _END_64.size:
            continue
        stream.seek(at)
        mark, _, _, _, _, _, here, count, length, start = _END_64.unpack(stream.read(_END_64.size))
        if mark == b"PK\6\6":
            if disks > 1 or here != count:
                msg = "a part of an archive that is split over several files"
                raise DamagedError(msg)
            return at, count, length, start
    msg = "no Zip64 end record"
    raise DamagedError(msg)


def _entries(data: bytes, prefix: int) -> Iterator[Entry]:
    at = 0
    while at < len(data):
        if data[at : at + 4] == b"PK\5\5":
            return  # A signature over the directory; deprecated, and nothing of a member.
        if len(data) - at < _CENTRAL.size or data[at : at + 4] != b"PK\1\2":
            msg = f"no entry at {at} of the directory"
            raise DamagedError(msg)
        made_by, _, flags, method, _, _, crc, packed, size, *lengths, _, _, attributes, offset = _CENTRAL.unpack_from(
            data, at
        )[1:]
        names, extras, comments = lengths
        name_at = at + _CENTRAL.size
        at = name_at + names + extras + comments
        if at > len(data):
            msg = "the last entry of the directory is cut off"
            raise DamagedError(msg)
        raw = data[name_at : name_at + names]
        fields = dict(_extra_fields(data[name_at + names : name_at + names + extras]))
        size, packed, offset = _large(fields.get(_ZIP64, b""), (size, packed, offset))
        unix = made_by >> 8 in {3, 19}
        yield Entry(
            raw,
            _name(raw, flags, fields.get(_UNICODE_PATH, b"")),
            flags,
            method,
            crc,
            packed,
            size,
            offset + prefix,
            (attributes >> 16) if unix or attributes >> 16 else 0,
        )


def _name(raw: bytes, flags: int, better: bytes) -> MemberName:
    # Info-ZIP's own field beside a mangled name holds only as long as the name is the one it was made for.
    if better[:1] == b"\x01" and better[1:5] == struct.pack("<L", zlib.crc32(raw)):
        try:
            return named(better[5:].decode("utf-8"))
        except UnicodeDecodeError:
            pass
    return name_of(raw, told_unicode=bool(flags & _UTF8))


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while len(extra) >= 4:  # noqa: PLR2004 - identifier and length of a field, two bytes each
        kind, size = struct.unpack_from("<HH", extra)
        yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]


def _large(field: bytes, small: tuple[int, ...]) -> list[int]:
    """Numbers that do not fit into 32 bits stand in a field of their own, in order, those alone."""
    found: list[int] = []
    for number in small:
        if number == _ALL_32 and len(field) >= 8:  # noqa: PLR2004 - a number of 64 bits
            found.append(int.from_bytes(field[:8], "little"))
            field = field[8:]
        else:
            found.append(number)
    return found


@dataclass(frozen=True, slots=True)
class Local:
    """What stands in front of a member's data."""

    begins: int
    """Where the data begins."""

    ends: int
    """Where it ends, without what may follow it."""

    longest: int
    """Where what belongs to the member ends at the latest."""

    contradiction: str
    """What it says otherwise than the directory; empty: nothing."""


def read_local(stream: BinaryIO, entry: Entry, size: int) -> Local:
    """The local header of `entry`, compared with the directory.

    Raises:
        DamagedError: there is none where the directory says.
    """
    stream.seek(entry.offset)
    head = stream.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != b"PK\3\4":
        msg = f"no member at {entry.offset}"
        raise DamagedError(msg)
    _, _, flags, method, _, _, crc, packed, whole, names, extras = _LOCAL.unpack(head)
    raw = stream.read(names)
    fields = dict(_extra_fields(stream.read(extras)))
    begins = entry.offset + _LOCAL.size + names + extras
    ends = begins + entry.packed
    if ends > size:
        msg = f"the data of the member at {entry.offset} is cut off"
        raise DamagedError(msg)
    whole, packed = _large(fields.get(_ZIP64, b""), (whole, packed))
    told = {"name": raw == entry.raw_name, "method": method == entry.method}
    told["password"] = bool(flags & 1) == bool(entry.flags & 1)
    if not flags & _LATER:
        told |= {"CRC": crc == entry.crc, "packed size": packed == entry.packed, "size": whole == entry.size}
    later = _LONGEST_DESCRIPTOR if flags & _LATER else 0
    return Local(begins, ends, ends + later, ", ".join(what for what, same in told.items() if not same))
