"""How often somebody may ask: token buckets in memory, one a key, for one process (ADR 0403)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a minute for long, and so many at once."""

    a_minute: int
    at_once: int


class Throttle:
    """Counts by key. May be called from many threads.

    Args:
        rate: What one key may.
        seconds: A clock; where it is set back nothing is given or taken.
        most_keys: Beyond so many the one that was quiet longest is forgotten: a flood of addresses costs no memory.
    """

    def __init__(self, rate: Rate, seconds: Callable[[], float], most_keys: int = 20_000) -> None:
        self._rate = rate
        self._seconds = seconds
        self._most = most_keys
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_of(self, key: str, cost: float = 1.0) -> int:
        """Take `cost` from the key: 0, or after how many whole seconds to ask again, and nothing is taken."""
        now = self._seconds()
        a_second = self._rate.a_minute / 60
        with self._lock:
            left, at = self._left.pop(key, (float(self._rate.at_once), now))
            left = min(float(self._rate.at_once), left + max(0.0, now - at) * a_second)
            wait = 0 if left >= cost else max(1, ceil((cost - left) / a_second))
            self._left[key] = (left if wait else left - cost, now)
            while len(self._left) > self._most:
                self._left.popitem(last=False)
        return wait

    def forgive(self, key: str) -> None:
        """Forget what the key did."""
        with self._lock:
            self._left.pop(key, None)
