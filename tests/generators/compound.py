"""Compound files (the container of .doc and .msg), written from [MS-CFB]; and messages of Outlook in them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime

Tree = Mapping[str, "bytes | Tree"]
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_END, _FREE, _FAT, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF


class _Sectors:
    def __init__(self, size: int) -> None:
        self.size = size
        self.data = bytearray()
        self.chain: list[int] = []

    def add(self, data: bytes) -> int:
        """Append a stream; its first sector."""
        if not data:
            return _END
        first, count = len(self.chain), -(-len(data) // self.size)
        self.data += data.ljust(count * self.size, b"\0")
        self.chain += [*range(first + 1, first + count), _END]
        return first


def compound(tree: Tree) -> bytes:
    """A compound file of version 3 with the storages and streams of `tree`."""
    entries: list[dict[str, int | str | bytes]] = [{"name": "Root Entry", "kind": 5, "child": _NONE, "right": _NONE}]
    big, small = _Sectors(_SECTOR), _Sectors(_MINI)

    def fill(parent: int, inside: Tree) -> None:
        before = -1
        for name in sorted(inside, key=lambda name: (len(name), name.upper())):
            value, number = inside[name], len(entries)
            entry: dict[str, int | str | bytes] = {"name": name, "child": _NONE, "right": _NONE}
            entries.append(entry)
            if before < 0:
                entries[parent]["child"] = number
            else:
                entries[before]["right"] = number
            before = number
            if isinstance(value, bytes):
                store = small if len(value) < _CUTOFF else big
                entry |= {"kind": 2, "start": store.add(value), "size": len(value)}
            else:
                entry |= {"kind": 1, "start": 0, "size": 0}
                fill(number, value)

    fill(0, tree)
    entries[0] |= {"size": len(small.data), "start": big.add(bytes(small.data))}
    directory = big.add(b"".join(map(_entry, entries)).ljust(-(-len(entries) * 128 // _SECTOR) * _SECTOR, b"\0"))
    mini = big.add(b"".join(struct.pack("<L", one) for one in small.chain))
    fats = 1
    while fats * (_SECTOR // 4) < len(big.chain) + fats:
        fats += 1
    place = len(big.chain)
    chain = [*big.chain, *[_FAT] * fats]
    chain += [_FREE] * (fats * (_SECTOR // 4) - len(chain))
    table = b"".join(struct.pack("<L", one) for one in chain)
    minis = -(-len(small.chain) * 4 // _SECTOR) if small.chain else 0
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9L", 0, fats, directory, 0, _CUTOFF, mini, minis, _END, 0)
    header += b"".join(struct.pack("<L", place + n if n < fats else _FREE) for n in range(109))
    return header + bytes(big.data) + table


def _entry(entry: Mapping[str, int | str | bytes]) -> bytes:
    name = str(entry["name"]).encode("utf-16-le") + b"\0\0"
    data = name.ljust(64, b"\0") + struct.pack(
        "<H2B3L", len(name), int(entry["kind"]), 1, _NONE, int(entry["right"]), 0
    )
    data = data[:76] + struct.pack("<L", int(entry["child"])) + bytes(36)
    return data + struct.pack("<LQ", int(entry["start"]), int(entry["size"]))


def text(number: int, value: str) -> dict[str, bytes]:
    """A property of text in Unicode."""
    return {f"__substg1.0_{number:04X}001F": value.encode("utf-16-le")}


def narrow(number: int, value: bytes) -> dict[str, bytes]:
    """A property of text in the code page of the message."""
    return {f"__substg1.0_{number:04X}001E": value}


def binary(number: int, value: bytes) -> dict[str, bytes]:
    """A property of bytes."""
    return {f"__substg1.0_{number:04X}0102": value}


def fixed(values: Mapping[tuple[int, int], bytes], header: int = 32) -> dict[str, bytes]:
    """The stream of properties of fixed length, by number and type."""
    rows = b"".join(
        struct.pack("<HHL8s", kind, number, 6, value.ljust(8, b"\0")) for (number, kind), value in values.items()
    )
    return {"__properties_version1.0": bytes(header) + rows}


def instant(moment: datetime) -> bytes:
    """A time as Outlook keeps it: tenths of microseconds since 1601."""
    return int((moment - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds() * 10_000_000).to_bytes(8, "little")


def attachment(number: int, inside: Tree) -> dict[str, Tree]:
    """A storage of an attachment."""
    return {f"__attach_version1.0_#{number:08X}": {**fixed({}, 8), **inside}}


def packed_rtf(data: bytes) -> bytes:
    """RTF packed as Outlook does, without a single repetition: every byte by itself."""
    body = bytearray()
    for start in range(0, len(data), 8):
        body += b"\0" + data[start : start + 8]
    return struct.pack("<4L", len(body) + 12, len(data), 0x75465A4C, 0) + bytes(body)
