"""What was read out of bytes, kept by their digest: the same bytes are read once, however often they are asked for.

The bytes themselves are fetched each time by whoever asks, so that nothing that changed is missed.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Values by the bytes that they were read out of. May be called from many threads.

    Args:
        read: Makes a value of bytes. What it gives is shared: nobody may change it. What it raises is not kept.
        kept_bytes: So many bytes are known at most, those that were asked for last; values may take more.
    """

    def __init__(self, read: Callable[[bytes], T], kept_bytes: int) -> None:
        self._read = read
        self._kept_bytes = kept_bytes
        self._held_bytes = 0
        self._known: OrderedDict[bytes, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, data: bytes) -> T:
        """What `data` says."""
        name = hashlib.sha256(data).digest()
        with self._lock:
            known = self._known.get(name)
            if known is not None:
                self._known.move_to_end(name)
                return known[0]
        value = self._read(data)
        with self._lock:
            if name not in self._known and len(data) <= self._kept_bytes:
                self._known[name] = value, len(data)
                self._held_bytes += len(data)
            while self._held_bytes > self._kept_bytes:
                _, (_, size) = self._known.popitem(last=False)
                self._held_bytes -= size
        return value
