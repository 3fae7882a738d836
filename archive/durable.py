"""Writing small files so that a crash leaves the old or the new, never half."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
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


def write_durably(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that after a crash `path` holds either the old bytes or these.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    with faults_of(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
