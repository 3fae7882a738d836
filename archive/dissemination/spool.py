"""Files of a package on its way out: copied ones where they lie, written ones in one nameless file on the disk."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Self, cast

from archive.dissemination.outgoing import Opener
from metadata.xml.mets import FileEntry


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the package."""

    entry: FileEntry
    """As METS shall list it, its path relative to the package."""

    open: Opener


class _Written:
    """Takes what is written to the end of the spool, and digests it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self.sha256.update(data)
        self.size_bytes += len(data)
        return len(data)


class _Window(io.RawIOBase):
    """A stretch of the spool, read by its own position."""

    def __init__(self, handle: int, offset: int, size: int) -> None:
        super().__init__()
        self._handle, self._at, self._end = handle, offset, offset + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer
        data = os.pread(self._handle, min(len(buffer), self._end - self._at), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class Spool:
    """Written files, one after the other in a file that has no name and goes with the process.

    Args:
        folder: On a disk that has room for the metadata of one package.
    """

    def __init__(self, folder: Path) -> None:
        self._file = cast("BinaryIO", tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 - closed by `__exit__`

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def member(self, path: str, mime: str, write: Callable[[BinaryIO], None]) -> Member:
        """What `write` writes, as the package's file `path`.

        Raises:
            OSError: the disk is full.
        """
        offset = self._file.seek(0, os.SEEK_END)
        written = _Written(self._file)
        write(cast("BinaryIO", written))
        self._file.flush()
        entry = FileEntry(path, written.sha256.hexdigest(), written.size_bytes, mime)
        return Member(entry, partial(self._opened, offset, written.size_bytes))

    def bytes_member(self, path: str, mime: str, data: bytes) -> Member:
        """`data` as the package's file `path`."""

        def write(stream: BinaryIO) -> None:
            stream.write(data)

        return self.member(path, mime, write)

    def _opened(self, offset: int, size: int) -> AbstractContextManager[BinaryIO]:
        return closing(cast("BinaryIO", io.BufferedReader(_Window(self._file.fileno(), offset, size))))
