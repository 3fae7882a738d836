"""Names that somebody is busy with, in any process of a server."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import weakref
from pathlib import Path

_PLACES = 1 << 40
"""Bytes of the file that can be locked; it has none."""


class Busy:
    """Takes names and gives them back; who dies gives them back, too. May be called from many threads.

    Two names of the same place are busy together, which happens once in a billion.

    Args:
        path: File whose bytes are locked; its folder is made.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Closed never before the end: a process that closes a file lets go of all that it has locked in it.
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        weakref.finalize(self, os.close, self._file)
        self._mine: set[int] = set()
        self._lock = threading.Lock()

    def take(self, name: str) -> bool:
        """Whether the name was free, and is taken now."""
        place = _place(name)
        with self._lock:
            if place in self._mine:
                return False
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except (BlockingIOError, PermissionError):
                return False
            self._mine.add(place)
            return True

    def give_back(self, name: str) -> None:
        """The name is free again."""
        place = _place(name)
        with self._lock:
            self._mine.discard(place)
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)


def _place(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % _PLACES
