"""The doctor's checks for a page: in bounded time, one round at a time, the last one kept for whoever asks next."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from time import monotonic

from archive.services.doctor import Check, CheckStatus, Probe
from metadata.time import Clock

EACH = timedelta(seconds=6)
"""How long one look may take."""

TOGETHER = timedelta(seconds=25)
"""How long a round may take: a browser still waits."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found."""

    at: datetime
    checks: tuple[Check, ...]


@dataclass(slots=True)
class DoctorRounds:
    """Examines on demand. A look that hangs is left behind and told; it is not begun a second time meanwhile."""

    probes: Callable[[], Sequence[Probe]]
    clock: Clock
    each: timedelta = EACH
    together: timedelta = TOGETHER
    _last: Round | None = None
    _one: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _hanging: dict[str, threading.Thread] = field(default_factory=dict, repr=False)

    def last(self, within: timedelta) -> Round | None:
        """The last round, if it is no older."""
        found = self._last
        return found if found is not None and self.clock.now() - found.at <= within else None

    def run(self) -> Round:
        """Examine now. Who asks while a round is under way gets that one's answer."""
        before = self._last
        with self._one:
            if self._last is not None and self._last is not before:
                return self._last
            ends = monotonic() + self.together.total_seconds()
            checks = tuple(self._looked(probe, ends) for probe in self.probes())
            self._last = Round(self.clock.now(), checks)
            return self._last

    def _looked(self, probe: Probe, ends: float) -> Check:
        left = min(self.each.total_seconds(), ends - monotonic())
        if left <= 0:
            seconds = int(self.together.total_seconds())
            return Check(probe.name, CheckStatus.WARN, "not_asked", {"seconds": seconds})
        slow = Check(probe.name, CheckStatus.FAIL, "slow", {"seconds": max(round(left), 1)})
        hanging = self._hanging.pop(probe.name, None)
        if hanging is not None and hanging.is_alive():
            self._hanging[probe.name] = hanging
            return slow
        answers: SimpleQueue[Check] = SimpleQueue()
        thread = threading.Thread(target=_look, args=(probe, answers), name=f"doctor-{probe.name}", daemon=True)
        thread.start()
        try:
            return answers.get(timeout=left)
        except Empty:
            self._hanging[probe.name] = thread
            return slow


def _look(probe: Probe, answers: SimpleQueue[Check]) -> None:
    try:
        answers.put(probe.look())
    except Exception as error:  # noqa: BLE001 - told on the page and in the log
        # One look that breaks in a way nobody foresaw must not take the page with it.
        _log.exception("doctor_failed", extra={"check": probe.name})
        answers.put(Check(probe.name, CheckStatus.FAIL, "broken", {"why": type(error).__name__}))
