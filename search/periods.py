"""Days of issue that are known to the day, the month or the year only, as spans that can be compared."""

from __future__ import annotations

import re
from calendar import monthrange
from typing import NamedTuple

_ISO = re.compile(r"^([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?$")
_VIETNAMESE = re.compile(r"^(?:(?:([0-9]{1,2})[/.-])?([0-9]{1,2})[/.-])?([0-9]{4})$")
_YEARS = re.compile(r"^([0-9]{4})?\s*(?:-|–|\.\.)\s*([0-9]{4})?$")
_MAX_DAY = 99991231


class Span(NamedTuple):
    """First and last day that a value may mean, both as `yyyymmdd`."""

    first: int
    last: int


def _span(year: int, month: int, day: int) -> Span | None:
    if year == 0 or month > 12:  # noqa: PLR2004 - months of a year
        return None
    if month == 0:
        return Span(year * 10000 + 101, year * 10000 + 1231)
    days = monthrange(year, month)[1]
    if day > days:
        return None
    stem = year * 10000 + month * 100
    return Span(stem + 1, stem + days) if day == 0 else Span(stem + day, stem + day)


def _known(text: str | None) -> int | None:
    # A part that is left out is 0; a part that is written as 0 does not exist.
    if text is None:
        return 0
    return int(text) or None


def span(text: str) -> Span | None:
    """The span of `2025`, `2025-03`, `2025-03-01`, `3/2025` or `01/03/2025`; None for a day that does not exist."""
    text = text.strip()
    iso, vietnamese = _ISO.match(text), _VIETNAMESE.match(text)
    if iso:
        year, month, day = (_known(part) for part in iso.groups())
    elif vietnamese:
        day, month, year = (_known(part) for part in vietnamese.groups())
    else:
        return None
    if year is None or month is None or day is None:
        return None
    return _span(year, month, day)


def period(text: str) -> Span | None:
    """As `span`, and spans of years: `2020-2025`, `2020..`, `..1975`."""
    years = _YEARS.match(text.strip())
    if not years or not any(years.groups()):
        return span(text)
    first, last = int(years[1] or 0), int(years[2] or 0)
    if last and first > last:
        return None
    return Span(first * 10000 + 101, last * 10000 + 1231 if last else _MAX_DAY)
