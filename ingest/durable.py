"""Bringing files and names to the disk, so that they outlive a power failure."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path | str) -> None:
    """Bring the file at `path` to the disk, or the names in the folder at `path`; a link is not followed.

    Raises:
        OSError: the disk refuses.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
