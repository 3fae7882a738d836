"""States of an index that are kept for a while, so that a list which somebody pages through does not change."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Held(Generic[T]):
    """The states last asked for. Safe for threads.

    Args:
        count: How many at most; the one not asked for longest goes first.
        age: How long a state is kept after it was last asked for.
        now: Seconds of a clock that is never set.
    """

    def __init__(self, count: int, age: timedelta, now: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._seconds = age.total_seconds()
        self._now = now
        self._states: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, name: str, state: T) -> None:
        """Keep `state` as `name`, or keep on with it."""
        with self._lock:
            self._states[name] = (self._now(), state)
            self._states.move_to_end(name)
            while len(self._states) > self._count:
                self._states.popitem(last=False)
            self._forget()

    def get(self, name: str) -> T | None:
        """The state of that name, kept on with; None: it is kept no more."""
        with self._lock:
            self._forget()
            if name not in self._states:
                return None
            _, state = self._states[name]
            self._states[name] = (self._now(), state)
            self._states.move_to_end(name)
            return state

    def _forget(self) -> None:
        oldest_allowed = self._now() - self._seconds
        while self._states:
            name, (asked, _) = next(iter(self._states.items()))
            if asked >= oldest_allowed:
                return
            del self._states[name]
