"""Messages packed as Outlook packs them (`winmail.dat`), written from [MS-OXTNEF] with none of the product's code."""

from __future__ import annotations

import struct
from collections.abc import Sequence

MESSAGE, ATTACHMENT = 1, 2
IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")


def attribute(level: int, number: int, value: bytes, *, kind: int = 6, checksum: int | None = None) -> bytes:
    """One attribute with its sum."""
    told = sum(value) & 0xFFFF if checksum is None else checksum
    return struct.pack("<BHHL", level, number, kind, len(value)) + value + struct.pack("<H", told)


def padded(value: bytes) -> bytes:
    return value + bytes(-len(value) % 4)


def text(number: int, value: str, *, page: str = "") -> bytes:
    """A property of text: Unicode, or in a code page."""
    octets = f"{value}\0".encode(page or "utf-16-le")
    return struct.pack("<HHLL", 0x1E if page else 0x1F, number, 1, len(octets)) + padded(octets)


def binary(number: int, value: bytes, kind: int = 0x102) -> bytes:
    return struct.pack("<HHLL", kind, number, 1, len(value)) + padded(value)


def flag(number: int, value: bool) -> bytes:
    return struct.pack("<HHHH", 0x0B, number, value, 0)


def named(value: bytes) -> bytes:
    """A property with a name of its own, as calendars have."""
    name = "Phân loại\0".encode("utf-16-le")
    return (
        struct.pack("<HH", 0x102, 0x8001)
        + bytes(16)
        + struct.pack("<LL", 1, len(name))
        + padded(name)
        + struct.pack("<LL", 1, len(value))
        + padded(value)
    )


def several(number: int, values: Sequence[int]) -> bytes:
    return struct.pack("<HHL", 0x1003, number, len(values)) + b"".join(struct.pack("<L", one) for one in values)


def properties(*entries: bytes) -> bytes:
    return struct.pack("<L", len(entries)) + b"".join(entries)


def file(name: str, data: bytes, *more: bytes, title: bytes = b"TOTRIN~1.PDF\0") -> bytes:
    """An attachment: its beginning, short title, bytes, and properties."""
    return (
        attribute(ATTACHMENT, 0x9002, bytes(14))
        + attribute(ATTACHMENT, 0x8010, title, kind=1)
        + attribute(ATTACHMENT, 0x800F, data)
        + attribute(ATTACHMENT, 0x9005, properties(text(0x3707, name), *more))
    )


def message_inside(name: str, data: bytes) -> bytes:
    """An attachment that is a message."""
    held = binary(0x3701, IID_MESSAGE + data, kind=0x0D)
    return attribute(ATTACHMENT, 0x9002, bytes(14)) + attribute(
        ATTACHMENT, 0x9005, properties(text(0x3001, name), held)
    )


def tnef(*attributes: bytes, page: int = 1258) -> bytes:
    """The whole."""
    head = struct.pack("<LH", 0x223E9F78, 1)
    version = attribute(MESSAGE, 0x9006, struct.pack("<L", 0x10000), kind=8)
    code_page = attribute(MESSAGE, 0x9007, struct.pack("<LL", page, 0))
    return head + version + code_page + b"".join(attributes)
