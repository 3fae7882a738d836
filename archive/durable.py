"""Writing small files so that a crash leaves the old or the new, never half."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import WorkFolderFaultError


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """What the disk refuses below `path` is a fault of the work folder."""
    try:
        yield
    except OSError as error:
        reason = errno.errorcode.get(error.errno or 0, "")
        msg = f"{path}: {error.strerror or error} {reason}".strip()
        raise WorkFolderFaultError(msg) from error


@contextmanager
def alone(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold the lock at `path`: False where another process, or another call of this one, has it.

    Whoever dies lets go of it.

    Args:
        path: The file of the lock.
        wait: Wait until nobody has it.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    with faults_of(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes | Iterable[bytes], *, make_folder: bool = True) -> None:
    """Write `data`, whole or in pieces, to `path`: after a crash it holds either the old bytes or these.

    Args:
        path: The file.
        data: Its bytes.
        make_folder: Whether its folder is made where there is none; else that is a fault.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    with faults_of(path):
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
        with part.open("wb") as stream:
            stream.writelines((data,) if isinstance(data, bytes) else data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
