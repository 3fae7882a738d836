"""Opening delivered files: what was listed as an ordinary file may have become a link or a device by now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""No link is followed, nobody waits for the other end of a pipe, and no terminal takes the process over."""


def opened(path: Path | str) -> BinaryIO:
    """The file at `path`, to be read.

    Raises:
        OSError: it cannot be opened, or is a link.
    """
    return os.fdopen(os.open(path, FILE_FLAGS), "rb")
