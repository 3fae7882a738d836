"""A ZIP that grows member by member in flat memory: its directory waits on the disk, not in a list.

Members are stored as they are: what leaves is mostly PDF, pictures and
recordings, which no packer makes smaller. Every layout, time and flag follows
from names and bytes, so the same members make the same file.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_SIZES_64 = struct.Struct("<2H2Q")
_FULL = 0xFFFFFFFF
_MANY = 0xFFFF
_PLAIN, _LARGE = 20, 45
"""Versions of the ZIP format that a reader needs."""

_UNIX = 3 << 8
_UTF8 = 0x800
_DAY = 0x0021
"""1 January 1980, the first day that a ZIP knows."""

_MODE = 0o100644 << 16
_KEY_BYTES = 8


class NameTakenError(ValueError):
    """A member of that name is there already."""


class ZipStream:
    """Writes members to `out`, one after the other; `close` writes the directory.

    Args:
        out: Open for writing at its start, able to seek; stays open.
        folder: On a disk with room for the directory (some 200 bytes a member).
        limit: Sizes and offsets from here on are written in 64 bits.
    """

    def __init__(self, out: BinaryIO, folder: Path, *, limit: int = _FULL) -> None:
        self._out = out
        self._directory = cast("BinaryIO", tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - closed by `close`
        self._limit = limit
        self._count = 0
        self._taken: set[int] = set()

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a member.

        Args:
            name: Relative path with slashes.
            chunks: Its bytes, taken once.

        Raises:
            NameTakenError: see there; nothing was written.
        """
        # A part of a digest, for names of a hundred thousand members would be most of the memory.
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:_KEY_BYTES], "big")
        if key in self._taken:
            raise NameTakenError(name)
        self._taken.add(key)
        start = self._out.tell()
        self._out.write(_local(name, 0, 0))
        size = crc = 0
        for chunk in chunks:
            self._out.write(chunk)
            size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        end = self._out.tell()
        # Size and check sum are known only now; a descriptor behind the bytes would keep readers from streaming.
        self._out.seek(start)
        self._out.write(_local(name, size, crc))
        self._out.seek(end)
        self._directory.write(self._central(name, size, crc, start))
        self._count += 1

    def _central(self, name: str, size: int, crc: int, offset: int) -> bytes:
        values = [size] * 2 if size >= self._limit else []
        values += [offset] if offset >= self._limit else []
        extra = struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values) if values else b""
        encoded, flags = _named(name)
        version = _LARGE if values else _PLAIN
        told = _FULL if size >= self._limit else size
        head = (b"PK\x01\x02", _UNIX | version, version, flags, 0, 0, _DAY, crc, told, told)
        place = _FULL if offset >= self._limit else offset
        return _CENTRAL.pack(*head, len(encoded), len(extra), 0, 0, 0, _MODE, place) + encoded + extra

    def close(self) -> None:
        """Write the directory: the ZIP is whole."""
        offset = self._out.tell()
        length = self._directory.tell()
        self._directory.seek(0)
        shutil.copyfileobj(self._directory, self._out)
        count = self._count
        if offset >= self._limit or length >= self._limit or count >= _MANY:
            large = (b"PK\x06\x06", 44, _UNIX | _LARGE, _LARGE, 0, 0, count, count, length, offset)
            self._out.write(_END_64.pack(*large) + _LOCATOR_64.pack(b"PK\x06\x07", 0, offset + length, 1))
            count, length, offset = _MANY, _FULL, _FULL
        self._out.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, length, offset, 0))
        self.discard()

    def discard(self) -> None:
        """Let the directory go: nothing more is written. Safe to repeat."""
        self._directory.close()


def _named(name: str) -> tuple[bytes, int]:
    encoded = name.encode()
    return encoded, 0 if name.isascii() else _UTF8


def _local(name: str, size: int, crc: int) -> bytes:
    """What stands before the bytes of a member; as long whatever size and check sum are."""
    encoded, flags = _named(name)
    extra = _SIZES_64.pack(1, 16, size, size)
    head = (b"PK\x03\x04", _LARGE, flags, 0, 0, _DAY, crc, _FULL, _FULL, len(encoded), len(extra))
    return _LOCAL.pack(*head) + encoded + extra
