"""Clocks that tests hold in their hands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SteppingClock:
    """Begins at a fixed instant; each look moves it on by `step` (zero: it stands)."""

    source = "test"

    def __init__(
        self, start: datetime = datetime(2026, 3, 1, 2, 0, tzinfo=UTC), step: timedelta = timedelta(seconds=1)
    ) -> None:
        self._now = start
        self._step = step

    def now(self) -> datetime:
        now = self._now
        self._now += self._step
        return now
