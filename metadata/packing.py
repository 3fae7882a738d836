"""Bytes packed by Zstandard: whole, and as lines that come one by one. The home of zstandard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import zstandard

_MAX_WINDOW_BYTES = 1 << 27
_PIECE_BYTES = 512


class PackedUnreadableError(ValueError):
    """The bytes are no Zstandard, damaged, cut off, or unpack to more than is allowed."""


def packed(data: bytes, *, level: int = 3) -> bytes:
    """`data` as one frame that carries its size and a checksum."""
    return zstandard.ZstdCompressor(level=level, write_checksum=True).compress(data)


def unpacked(data: bytes, *, max_bytes: int) -> bytes:
    """What `packed` was given.

    Args:
        data: One frame.
        max_bytes: More than this is refused before it is unpacked.

    Raises:
        PackedUnreadableError: see there.
    """
    try:
        promised = zstandard.frame_content_size(data)
        if not 0 <= promised <= max_bytes:
            msg = f"a frame of {promised} bytes, {max_bytes} are allowed"
            raise PackedUnreadableError(msg)
        return zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).decompress(data)
    except zstandard.ZstdError as error:
        raise PackedUnreadableError(str(error)) from error


def pack_lines(stream: BinaryIO, lines: Iterable[bytes], *, level: int = 9) -> int:
    """Write `lines`, each with a newline, as one frame; memory holds one line, the same lines give the same bytes.

    Args:
        stream: Open for writing, stays open.
        lines: Without newlines in them.
        level: Of compression, 1 to 22.

    Returns:
        How many lines were written.
    """
    count = 0
    compressor = zstandard.ZstdCompressor(level=level, write_checksum=True, write_content_size=False)
    with compressor.stream_writer(stream, closefd=False) as writer:
        for line in lines:
            writer.write(line + b"\n")
            count += 1
    return count


def unpack_lines(stream: BinaryIO, *, max_line_bytes: int) -> Iterator[bytes]:
    """The lines that `pack_lines` wrote, one at a time, without their newlines.

    Args:
        stream: Read to its end, little by little.
        max_line_bytes: A longer line is refused, so that a bomb cannot fill the memory.

    Raises:
        PackedUnreadableError: see there; lines before the damage may have been given already.
    """
    # The library's own reader takes a truncated file for a complete one; the
    # object below knows whether the frame ended. It is fed little by little,
    # for a run of equal bytes unpacks 128 KiB from four.
    unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).decompressobj()
    rest = bytearray()
    try:
        while not unpacker.eof:
            piece = stream.read(_PIECE_BYTES)
            if not piece:
                raise PackedUnreadableError("the file is cut off")
            fresh = unpacker.decompress(piece)
            if b"\n" in fresh:
                *lines, after = (bytes(rest) + fresh).split(b"\n")
                yield from lines
                rest = bytearray(after)
            else:
                rest += fresh
            if len(rest) > max_line_bytes:
                msg = f"a line is longer than {max_line_bytes} bytes"
                raise PackedUnreadableError(msg)
    except zstandard.ZstdError as error:
        raise PackedUnreadableError(str(error)) from error
    if rest:
        raise PackedUnreadableError("the last line is cut off")
    if unpacker.unused_data or stream.read(1):
        raise PackedUnreadableError("something follows the frame")


class PackedStream:
    """Reads what is packed in `stream`, little by little: frames one after the other, as the `zstd` program packs.

    Args:
        stream: Read from where it stands.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).decompressobj()
        self._begun = False
        self._ready = bytearray()

    def read(self, size: int) -> bytes:
        """At most `size` bytes more; none at the end of the last frame.

        Raises:
            PackedUnreadableError: see there; bytes before the damage may have been given already.
        """
        while len(self._ready) < size and self._more():
            pass
        piece = bytes(self._ready[:size])
        del self._ready[:size]
        return piece

    def _more(self) -> bool:
        piece = self._unpacker.unused_data if self._unpacker.eof else b""
        piece = piece or self._stream.read(_PIECE_BYTES)
        if not piece:
            if self._begun and not self._unpacker.eof:
                msg = "the file is cut off"
                raise PackedUnreadableError(msg)
            return False
        if self._unpacker.eof:
            self._unpacker = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).decompressobj()
        self._begun = True
        try:
            self._ready += self._unpacker.decompress(piece)
        except zstandard.ZstdError as error:
            raise PackedUnreadableError(str(error)) from error
        return True
