"""A clock that stands until it is told to go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class StandingClock:
    """Starts on a fixed day; `go` moves it."""

    source = "test"

    def __init__(self, at: datetime = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def go(self, **by: float) -> None:
        self.at += timedelta(**by)
