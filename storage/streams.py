"""Streams that give a range of an object and turn every failure of reading into a storage fault."""

from __future__ import annotations

import io
from typing import BinaryIO, Protocol, cast

from metadata.digests import CHUNK_BYTES


class Source(Protocol):
    """Where the bytes of one object come from."""

    def read_at(self, position: int, size: int) -> bytes:
        """At most `size` bytes from `position`; empty only at the end.

        Raises:
            StorageFaultError: the store failed.
        """
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


class _RangeStream(io.RawIOBase):
    """Reads `source` from `start` until `end` (None: its end), never all of it at once."""

    def __init__(self, source: Source, start: int, end: int | None) -> None:
        super().__init__()
        self._source = source
        self._position = start
        self._end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]  # typeshed: Buffer has no len()
        size = len(buffer)
        if self._end is not None:
            size = min(size, max(0, self._end - self._position))
        if size == 0:
            return 0
        chunk = self._source.read_at(self._position, size)
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


def range_of(source: Source, *, offset: int, length: int | None) -> BinaryIO:
    """A stream of `length` bytes of `source` from `offset`; closing it closes the source.

    Raises:
        ValueError: `offset` or `length` is negative.
    """
    if offset < 0 or (length is not None and length < 0):
        source.close()
        msg = f"no range: offset {offset}, length {length}"
        raise ValueError(msg)
    end = None if length is None else offset + length
    return cast("BinaryIO", io.BufferedReader(_RangeStream(source, offset, end), buffer_size=CHUNK_BYTES))
