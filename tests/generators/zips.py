"""ZIP files to the byte: what no packing program would write, and what careless ones do write."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """One member; what is None is told as it is."""

    name: bytes
    data: bytes = b"x"
    flags: int = 0
    method: int = 0
    packed: bytes | None = None
    local_name: bytes | None = None
    local_size: int | None = None
    local_crc: int | None = None
    central_crc: int | None = None
    extra: bytes = b""
    made_by: int = 0
    mode: int = 0
    offset: int | None = None
    """Where the directory says that the member begins."""

    zip64: bool = False


def make_zip(pieces: Sequence[Piece], *, prefix: bytes = b"", gap: bytes = b"", tail: bytes = b"") -> bytes:
    """The archive; `prefix` stands in front, `gap` in front of the directory, `tail` behind the end."""
    body, directory = bytearray(), bytearray()
    for piece in pieces:
        packed = piece.data if piece.packed is None else piece.packed
        crc = zlib.crc32(piece.data)
        place = len(body) if piece.offset is None else piece.offset
        local = piece.name if piece.local_name is None else piece.local_name
        body += struct.pack(
            "<4s5H3L2H",
            b"PK\3\4",
            20,
            piece.flags,
            piece.method,
            0,
            0,
            crc if piece.local_crc is None else piece.local_crc,
            len(packed),
            len(piece.data) if piece.local_size is None else piece.local_size,
            len(local),
            0,
        )
        body += local + packed
        extra, sizes = piece.extra, (len(packed), len(piece.data), place)
        if piece.zip64:
            extra += struct.pack("<2H3Q", 1, 24, len(piece.data), len(packed), place)
            sizes = (0xFFFFFFFF,) * 3
        directory += struct.pack(
            "<4s6H3L5H2L",
            b"PK\1\2",
            piece.made_by << 8 | 20,
            20,
            piece.flags,
            piece.method,
            0,
            0,
            crc if piece.central_crc is None else piece.central_crc,
            sizes[0],
            sizes[1],
            len(piece.name),
            len(extra),
            0,
            0,
            0,
            piece.mode << 16,
            sizes[2],
        )
        directory += piece.name + extra
    body += gap
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(pieces), len(pieces), len(directory), len(body), 0)
    return prefix + bytes(body) + bytes(directory) + end + tail


def unicode_path(raw: bytes, name: str, crc: int | None = None) -> bytes:
    """Info-ZIP's extra field with the name in UTF-8, beside the mangled one."""
    told = name.encode()
    return struct.pack("<2HBL", 0x7075, 5 + len(told), 1, zlib.crc32(raw) if crc is None else crc) + told
