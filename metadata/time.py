"""Time as the archive speaks it: aware UTC instants from a `Clock` that is handed in, and civil legal days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol

VIETNAM = timezone(timedelta(hours=7), "+07:00")
"""The civil time of Vietnam, without summer time since 1975."""


class Clock(Protocol):
    """Where time comes from. `archive.clock.SystemClock` is the only reader of the machine's."""

    @property
    def source(self) -> str:
        """Said beside each stored time, such as `system`."""
        ...

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


def rfc3339(instant: datetime) -> str:
    """`instant` in UTC as RFC 3339 with milliseconds and the letter Z.

    Raises:
        ValueError: `instant` has no time zone.
    """
    if instant.tzinfo is None:
        msg = "a stored time needs its zone"
        raise ValueError(msg)
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def vietnamese(instant: datetime) -> str:
    """`instant`, aware, as RFC 3339 with milliseconds in the civil time of Vietnam, as the circulars ask."""
    return instant.astimezone(VIETNAM).isoformat(timespec="milliseconds")


def from_rfc3339(text: str) -> datetime:
    """The instant that `text` names, in UTC.

    Raises:
        ValueError: `text` is no RFC 3339 time or has no offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        msg = f"no offset in {text!r}"
        raise ValueError(msg)
    return instant.astimezone(UTC)


def first_moment(day: date) -> datetime:
    """When a civil day begins in Vietnam, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=VIETNAM).astimezone(UTC)
