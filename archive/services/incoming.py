"""One file on its way into an upload, and what can be wrong with a call."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, ClassVar, Self

from archive.errors import WorkFolderFaultError
from metadata.errors import UsageError

_MIB = 1 << 20


class UnsafePathError(UsageError):
    """A path of an upload may not become a path of the delivery."""

    code: ClassVar[str] = "upload.path"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"unsafe path in upload: {path[:200]!r}")


class UploadConflictError(UsageError):
    """The call does not fit what has come in so far; `offset` tells how much that is."""

    code: ClassVar[str] = "upload.conflict"

    def __init__(self, why: str, offset: int | None = None) -> None:
        self.offset = offset
        super().__init__(why)


class UploadTooLargeError(UsageError):
    """More bytes than this archive takes in one file."""

    code: ClassVar[str] = "upload.too_large"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"more than {limit // _MIB} MiB in one file")


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn what the file system says into our words."""
    try:
        yield
    except (NotADirectoryError, IsADirectoryError, FileExistsError) as error:
        raise UnsafePathError(path.name) from error
    except OSError as error:
        msg = f"{path.name}: {error.strerror or error}"
        raise WorkFolderFaultError(msg) from error


def opened_alone(part: Path) -> BinaryIO:
    """The file `part`, made where there is none, to be written by one call at a time.

    Raises:
        OSError: the disk refuses.
        UploadConflictError: another call has it.
    """
    stream = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640), "r+b")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        stream.close()
        if isinstance(error, BlockingIOError):
            # An earlier connection may have broken without the server having seen it yet.
            raise UploadConflictError("another call is sending this file") from None
        raise
    return stream


class Incoming:
    """One file on its way in; hashed while it is written. A context manager; what was written survives a break."""

    def __init__(self, part: Path, offset: int, limit: int) -> None:
        self._part = part
        self._limit = limit
        self._digest = hashlib.sha256()
        self._stream: BinaryIO
        self.offset = offset

    def __enter__(self) -> Self:
        with faults(self._part):
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._stream = opened_alone(self._part)
            try:
                self._begin()
            except BaseException:
                self._stream.close()
                raise
        return self

    def _begin(self) -> None:
        size = self._stream.seek(0, os.SEEK_END)
        if size < self.offset:
            msg = f"bytes from {size} on are due, not from {self.offset}"
            raise UploadConflictError(msg, size)
        self._stream.truncate(self.offset)
        self._stream.seek(0)
        left = self.offset
        while left and (chunk := self._stream.read(min(left, _MIB))):
            self._digest.update(chunk)
            left -= len(chunk)
        self._stream.seek(self.offset)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            UploadTooLargeError: more than the archive takes.
            WorkFolderFaultError: the disk refused.
        """
        if self.offset + len(chunk) > self._limit:
            raise UploadTooLargeError(self._limit)
        with faults(self._part):
            self._stream.write(chunk)
        self._digest.update(chunk)
        self.offset += len(chunk)

    def finish(self) -> str:
        """Bring everything to the disk; SHA-256 of the file so far."""
        with faults(self._part):
            self._stream.flush()
            os.fsync(self._stream.fileno())
        return self._digest.hexdigest()
