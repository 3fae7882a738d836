"""Members of a ZIP: rules of all are looked at before the first byte is written; then each is written and checked."""

from __future__ import annotations

import bz2
import lzma
import stat
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from ingest.engines.unpacking_members import DamagedError, Findings, Members, RefusedError
from ingest.engines.unpacking_zip_directory import Directory, Entry, Local, read_directory, read_local

_STORED, _DEFLATED, _BZIP2, _LZMA = 0, 8, 12, 14
_READ_BYTES = 64 << 10
_PIECE_BYTES = 1 << 20
_DAMAGE = (zlib.error, lzma.LZMAError, EOFError, ValueError)
_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd"}


class Unpacker(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def eof(self) -> bool:
        """Whether the packed data is at its end."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes without more packed bytes."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What followed the end of the packed data."""
        ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes more."""
        ...


def unpack_zip(stream: BinaryIO, size: int, members: Members, findings: Findings) -> None:
    """Write the members of the ZIP in `stream`.

    Raises:
        DamagedError: it cannot be read as what it says.
        RefusedError: it breaks rules; they are among `findings`.
    """
    directory = read_directory(stream, size)
    todo = list(_met(directory, members, findings))
    places = _places(stream, directory, size, findings)
    members.judge()
    if findings.errors:
        raise RefusedError
    members.require_room()
    for entry, number in todo:
        members.write(number, _chunks(stream, entry, places[entry.offset].begins))


def _met(directory: Directory, members: Members, findings: Findings) -> Iterator[tuple[Entry, str]]:
    for entry in directory.entries:
        if entry.is_folder:
            members.folder(entry.name)
            continue
        number = members.file(entry.name, entry.size)
        if stat.S_IFMT(entry.mode) not in {0, stat.S_IFREG}:
            findings.refuse("CON-003", entry.name.path)
        if entry.encrypted:
            findings.refuse("CON-004", entry.name.path)
        elif entry.method not in _UNPACKERS:
            findings.refuse("CON-011", entry.name.path, method=_METHODS.get(entry.method, str(entry.method)))
        yield entry, number


def _places(stream: BinaryIO, directory: Directory, size: int, findings: Findings) -> dict[int, Local]:
    """Where the data of each member lies; members that share bytes, or say two things of themselves, are refused."""
    places: dict[int, Local] = {}
    unnamed, reached, latest = directory.prefix, directory.prefix, directory.prefix
    for entry in sorted(directory.entries, key=lambda entry: entry.offset):
        local = read_local(stream, entry, size)
        places[entry.offset] = local
        if local.contradiction:
            findings.refuse("CON-008", entry.name.path, detail=local.contradiction)
        if entry.offset < reached:
            findings.refuse("CON-009", entry.name.path)
        unnamed += max(0, entry.offset - latest)
        reached, latest = max(reached, local.ends), max(latest, local.longest)
    if reached > directory.start:
        findings.refuse("CON-009", "")
    unnamed += max(0, directory.start - latest) + directory.behind
    if unnamed:
        findings.warn("CON-021", bytes=str(unnamed))
    return places


def _chunks(stream: BinaryIO, entry: Entry, begins: int) -> Iterator[bytes]:
    """What the member holds, little by little.

    Raises:
        DamagedError: it does not unpack, or has another checksum than told.
    """
    stream.seek(begins)
    crc = 0
    try:
        for chunk in _UNPACKERS[entry.method](stream, entry.packed):
            crc = zlib.crc32(chunk, crc)
            yield chunk
    except _DAMAGE as error:
        msg = f"{entry.name.path}: {error}"
        raise DamagedError(msg) from error
    except OSError as error:
        # bzip2 tells of damage so, without a number of the system's.
        if error.errno is not None:
            raise
        msg = f"{entry.name.path}: {error}"
        raise DamagedError(msg) from error
    if crc != entry.crc:
        msg = f"{entry.name.path}: another checksum than told"
        raise DamagedError(msg)


def _raw(stream: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        chunk = stream.read(min(length, _READ_BYTES))
        if not chunk:
            msg = "cut off"
            raise EOFError(msg)
        length -= len(chunk)
        yield chunk


def _unpacked(unpacker: Unpacker, chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if unpacker.eof:
            msg = "more packed bytes than needed"
            raise ValueError(msg)
        data = chunk
        more = True
        while more:
            if piece := unpacker.decompress(data, _PIECE_BYTES):
                yield piece
            data = b""
            more = not (unpacker.needs_input or unpacker.eof)
    if not unpacker.eof:
        msg = "cut off"
        raise EOFError(msg)
    if unpacker.unused_data:
        msg = "more packed bytes than needed"
        raise ValueError(msg)


class _Inflating:
    """Deflate without a header, in the manner of the other decompressors."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._full and not self._inflate.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        piece = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        # A piece of just the allowed length may have more behind it without a byte of input left.
        self._full = len(piece) == max_length
        return piece


def _inflated(stream: BinaryIO, length: int) -> Iterator[bytes]:
    return _unpacked(_Inflating(), _raw(stream, length))


def _unpacked_bzip2(stream: BinaryIO, length: int) -> Iterator[bytes]:
    return _unpacked(bz2.BZ2Decompressor(), _raw(stream, length))


def _unpacked_lzma(stream: BinaryIO, length: int) -> Iterator[bytes]:
    head = stream.read(4)
    properties = int.from_bytes(head[2:], "little")
    about = stream.read(properties)
    if len(head) < 4 or len(about) < 5 or length < 4 + properties:  # noqa: PLR2004 - version, length, five bytes
        msg = "no properties of LZMA"
        raise EOFError(msg)
    literal, dictionary = about[0], int.from_bytes(about[1:5], "little")
    settings = {
        "id": lzma.FILTER_LZMA1,
        "lc": literal % 9,
        "lp": literal // 9 % 5,
        "pb": literal // 45,
        "dict_size": max(dictionary, 4096),
    }
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[settings])
    return _ended_by_length(unpacker, _raw(stream, length - 4 - properties))


def _ended_by_length(unpacker: lzma.LZMADecompressor, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Raw LZMA need not mark its end: that everything came out is seen by length and checksum."""
    for chunk in chunks:
        data = chunk
        while not unpacker.eof:
            if piece := unpacker.decompress(data, _PIECE_BYTES):
                yield piece
            data = b""
            if unpacker.needs_input:
                break


_UNPACKERS: dict[int, Callable[[BinaryIO, int], Iterator[bytes]]] = {
    _STORED: _raw,
    _DEFLATED: _inflated,
    _BZIP2: _unpacked_bzip2,
    _LZMA: _unpacked_lzma,
}
