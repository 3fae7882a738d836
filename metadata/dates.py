"""Civil dates as Vietnamese offices write them: whole, partial, as serial numbers, or in three columns.

Day comes before month. A two-digit year means the one in 1930 to 2029 (the
window of office programs): archives hold `75` far more often than a day of
2075. A missing part is left out or written `00`.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, unique
from functools import lru_cache

FIRST_YEAR = 1000
LAST_YEAR = 2999
WINDOW_START = 1930
"""First year that a two-digit year can mean."""

FIRST_SERIAL = 10_000
"""Smallest number read as a day count of office programs (1927-05-18); smaller ones are years."""

LAST_SERIAL = 109_205
"""2198-12-28; larger numbers are no dates."""

_EPOCH = date(1899, 12, 30)
_FORMS = (
    re.compile(r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?(?:[T ]\d{1,2}:\d{2}.*)?$"),
    re.compile(r"^(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4}|\d{2})(?:[T ]\d{1,2}:\d{2}.*)?$"),
    re.compile(r"^(?P<month>\d{1,2})[-/.](?P<year>\d{4})$"),
    re.compile(r"^(?P<year>\d{4})$"),
)
_SERIAL = re.compile(r"^\d{5,6}(?:\.\d+)?$")
_WORDS = re.compile(r"\b(?:ngày|tháng|năm)\b", re.IGNORECASE)
_UNKNOWN_PART = frozenset({"", "0", "00", "0000", "..", "...", "?", "??", "-", "--", "x", "xx", "…"})


@unique
class DateProblem(StrEnum):
    """Why a text is no date."""

    IMPOSSIBLE = "impossible"
    """It has the form of a date, and the calendar has no such day (31/02/2019)."""

    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, order=True)
class CivilDate:
    """A day, a month or a year of the Gregorian calendar, without a time zone."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def partial(self) -> bool:
        """Whether month or day is unknown."""
        return self.day is None

    def iso(self) -> str:
        """`YYYY-MM-DD`, `YYYY-MM` or `YYYY`."""
        return "-".join(f"{part:0{width}d}" for part, width in self._parts())

    def vietnamese(self) -> str:
        """`DD/MM/YYYY`, `MM/YYYY` or `YYYY`."""
        return "/".join(f"{part:0{width}d}" for part, width in reversed(self._parts()))

    def earliest(self) -> date:
        """The first day that it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    def latest(self) -> date:
        """The last day that it can be."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def _parts(self) -> list[tuple[int, int]]:
        parts = ((self.year, 4), (self.month, 2), (self.day, 2))
        return [(part, width) for part, width in parts if part is not None]


@dataclass(frozen=True, slots=True)
class DateReading:
    """What a text says: a date, or why it is none; neither for an empty text."""

    date: CivilDate | None = None
    problem: DateProblem | None = None


@lru_cache(maxsize=1 << 12)
def read_date(text: str) -> DateReading:
    """Read a date in one cell.

    Understands dd/mm/yyyy, d-m-yy, dd.mm.yyyy, yyyy-mm-dd (with or without a
    time), mm/yyyy, yyyy, `ngày 1 tháng 3 năm 2019`, unknown parts as `00` or
    `...`, and serial numbers of office programs (days since 1899-12-30).
    """
    plain = _plain(text)
    if not plain:
        return DateReading()
    if _SERIAL.match(plain):
        return _serial(float(plain))
    for form in _FORMS:
        if match := form.match(plain):
            parts = match.groupdict(default="")
            return read_parts(parts.get("day", ""), parts.get("month", ""), parts["year"])
    return DateReading(problem=DateProblem.UNREADABLE)


def read_parts(day: str, month: str, year: str) -> DateReading:
    """Read a date split over three cells; a part may be empty or `00`.

    A day without a month is unreadable, and so is anything without a year,
    except that a whole date in the cell of the day with the others empty is read as such.
    """
    texts = [_number(part) for part in (day, month, year)]
    known = [text not in _UNKNOWN_PART for text in texts]
    if not any(known):
        unknown = any(part.strip() for part in (day, month, year))
        return DateReading(problem=DateProblem.UNREADABLE if unknown else None)
    if sum(known) == 1 and not known[2]:
        whole = texts[known.index(True)]
        return read_date(whole) if not whole.isdigit() else DateReading(problem=DateProblem.UNREADABLE)
    if not known[2] or (known[0] and not known[1]):
        return DateReading(problem=DateProblem.UNREADABLE)
    numbers = [
        int(text) if ok and text.isascii() and text.isdigit() else None for text, ok in zip(texts, known, strict=True)
    ]
    if any(ok and number is None for ok, number in zip(known, numbers, strict=True)):
        return DateReading(problem=DateProblem.UNREADABLE)
    return _checked(_full_year(texts[2]), numbers[1], numbers[0])


@lru_cache(maxsize=1 << 12)
def from_iso(text: str) -> CivilDate | None:
    """The date that `CivilDate.iso` wrote; None for anything else."""
    if not re.fullmatch(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", text):
        return None
    year, month, day = ([int(part) for part in text.split("-")] + [None, None])[:3]
    return _checked(int(year or 0), month, day).date


def _plain(text: str) -> str:
    plain = _WORDS.sub("/", text.strip().strip("'").replace("\u2013", "-").replace(",", " "))
    plain = re.sub(r"\s*([-/.])\s*", r"\1", plain)
    plain = re.sub(r"([-/.])[-/.]+(?=\d)", r"\1", plain)
    return plain.strip("/. ")


def _number(text: str) -> str:
    return re.sub(r"\.0+$", "", _WORDS.sub("", text).strip().strip("'"))


def _serial(days: float) -> DateReading:
    if not FIRST_SERIAL <= days <= LAST_SERIAL:
        return DateReading(problem=DateProblem.UNREADABLE)
    day = _EPOCH + timedelta(days=int(days))
    return DateReading(CivilDate(day.year, day.month, day.day))


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) > 2:  # noqa: PLR2004 - two digits
        return year
    return WINDOW_START + (year - WINDOW_START) % 100


def _checked(year: int, month: int | None, day: int | None) -> DateReading:
    month, day = month or None, day or None
    if not FIRST_YEAR <= year <= LAST_YEAR or (day and not month):
        return DateReading(problem=DateProblem.UNREADABLE)
    found = CivilDate(year, month, day)
    try:
        found.latest()
        found.earliest()
    except (ValueError, IndexError):
        return DateReading(problem=DateProblem.IMPOSSIBLE)
    return DateReading(found)
