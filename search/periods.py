"""Days of issue that are known to the day, the month or the year only, as spans that can be compared."""

from __future__ import annotations

import re
from calendar import monthrange
from typing import NamedTuple

_ISO = re.compile(r"^([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?$")
_VIETNAMESE = re.compile(r"^(?:(?:([0-9]{1,2})[/.-])?([0-9]{1,2})[/.-])?([0-9]{4})$")
_YEARS = re.compile(r"^([0-9]{4})?\s*(?:-|–|\.\.)\s*([0-9]{4})?$")


class Span(NamedTuple):
    """First and last day that a value may mean, both as `yyyymmdd`."""

    first: int
    last: int


_BEGINNING = Span(101, 101)
_END = Span(99991231, 99991231)


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
    """As `span`, and from one to another: `2020-2025`, `01/03/2024..15/04/2024`, `2020..`, `..3/1975`."""
    text = text.strip()
    years = _YEARS.match(text)
    if years:
        first, last = years.groups()
    elif ".." in text:
        first, _, last = text.partition("..")
    elif "/" in text and len(parts := re.split("[-–]", text)) == 2:  # noqa: PLR2004 - two ends
        first, last = parts
    else:
        return span(text)
    first, last = (first or "").strip(), (last or "").strip()
    begin, end = span(first) if first else _BEGINNING, span(last) if last else _END
    if begin is None or end is None or not (first or last) or begin.first > end.last:
        return None
    return Span(begin.first, end.last)
