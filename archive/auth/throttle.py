"""How often somebody may ask: token buckets in memory, one a key, the same for all processes of a server (ADR 0403)."""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

_BUCKET = struct.Struct("<16sdd")
"""Name of the key, what it has left, at which second."""

_WAYS = 8
"""Buckets among which a key finds its own."""

_FREE = bytes(16)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a minute for long, and so many at once."""

    a_minute: int
    at_once: int


class Throttle:
    """Counts by key. May be called from many threads, and from processes that are forked after it was made.

    Args:
        rate: What one key may.
        seconds: A clock; where it is set back nothing is given or taken.
        most_keys: About so many are known; beyond them those that were quiet longest are forgotten: a flood of
            addresses costs no memory.
    """

    def __init__(self, rate: Rate, seconds: Callable[[], float], most_keys: int = 20_000) -> None:
        self._rate = rate
        self._seconds = seconds
        self._sets = ceil(most_keys / _WAYS)
        # Nobody can choose a key that falls among those of another: where it falls is a secret of this server.
        self._secret = os.urandom(16)
        self._file = os.memfd_create("luutru-throttle")
        weakref.finalize(self, os.close, self._file)
        size = self._sets * _WAYS * _BUCKET.size
        os.truncate(self._file, size)
        self._buckets = mmap.mmap(self._file, size)
        self._lock = threading.Lock()

    def wait_of(self, key: str, cost: float = 1.0) -> int:
        """Take `cost` from the key: 0, or after how many whole seconds to ask again, and nothing is taken."""
        now = self._seconds()
        a_second = self._rate.a_minute / 60
        name, first = self._place(key)
        with self._alone(first):
            place, left, at = self._bucket(name, first, now)
            left = min(float(self._rate.at_once), left + max(0.0, now - at) * a_second)
            wait = 0 if left >= cost else max(1, ceil((cost - left) / a_second))
            _BUCKET.pack_into(self._buckets, place, name, left if wait else left - cost, now)
        return wait

    @property
    def known(self) -> int:
        """Keys that it knows."""
        return sum(name != _FREE for name, _, _ in _BUCKET.iter_unpack(self._buckets[:]))

    def _place(self, key: str) -> tuple[bytes, int]:
        name = hashlib.blake2b(key.encode(errors="surrogatepass"), key=self._secret, digest_size=16).digest()
        return name, int.from_bytes(name[:8]) % self._sets * _WAYS * _BUCKET.size

    def _bucket(self, name: bytes, first: int, now: float) -> tuple[int, float, float]:
        """Where the key's bucket is, what is in it and since when: its own, or that of who was quiet longest."""
        among = list(_BUCKET.iter_unpack(self._buckets[first : first + _WAYS * _BUCKET.size]))
        for number, (other, left, at) in enumerate(among):
            if other == name:
                return first + number * _BUCKET.size, left, at
        quiet = min(range(_WAYS), key=lambda number: among[number][2])
        return first + quiet * _BUCKET.size, float(self._rate.at_once), now

    @contextmanager
    def _alone(self, first: int) -> Iterator[None]:
        # Who dies in between lets go of the file; of a bucket that is half written, a person gets a wrong burst.
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX, _BUCKET.size, first)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, _BUCKET.size, first)
