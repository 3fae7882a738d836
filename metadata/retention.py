"""How long something must be kept: words and numbers of retention periods, and which is the longer.

Source: Luật Lưu trữ 33/2024/QH15, Điều 15 (counted from the year the work ended; a dossier takes the longest period
of its records); TT 10/2022/TT-BNV (permanent or a number of years); before 2011 "Lâu dài" (ten years or more) and
"Tạm thời" (five years or less).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from metadata.profiles.vocabularies import fold, vocabularies

LONG_TERM_YEARS = 10
"""Fewest years that "Lâu dài" meant."""

TEMPORARY_YEARS = 5
"""Most years that "Tạm thời" meant."""

_FOREVER = 10**6
_YEARS = re.compile(r"^(\d{1,3}) nam$")
_FORMER = {"Lâu dài": (LONG_TERM_YEARS, _FOREVER - 1), "Tạm thời": (0, TEMPORARY_YEARS)}


@dataclass(frozen=True, slots=True)
class Period:
    """A retention period; a word of older law only bounds it."""

    word: str
    """As the tables write it: `Vĩnh viễn`, `20 năm`, `Lâu dài`."""

    fewest_years: int
    most_years: int

    @property
    def permanent(self) -> bool:
        """Whether it never ends."""
        return self.fewest_years == _FOREVER

    @property
    def certain(self) -> bool:
        """Whether the word says how many years."""
        return self.fewest_years == self.most_years

    def certainly_longer(self, other: Period) -> bool:
        """Whether it is longer than `other` whatever the words of older law meant."""
        return self.fewest_years > other.most_years


@lru_cache(maxsize=1 << 10)
def read_period(value: str) -> Period | None:
    """The period that a value of the field `maintenance` states; None where it states none (`Khác`, blank)."""
    word = vocabularies()["maintenance"].words(value, codes=False) if value else None
    if word is None:
        return None
    if word in _FORMER:
        return Period(word, *_FORMER[word])
    if fold(word) == "vinh vien":
        return Period(word, _FOREVER, _FOREVER)
    match = _YEARS.match(fold(word))
    return Period(word, int(match[1]), int(match[1])) if match else None


def longest(periods: Iterable[Period]) -> Period | None:
    """The longest of `periods`, the first of equals; a word of older law counts as its fewest years."""
    return max(periods, key=lambda period: period.fewest_years, default=None)


def suggestions(period: Period) -> tuple[str, ...]:
    """Words of today that a word of older law can mean, the shortest that keeps what was promised first."""
    if period.certain:
        return ()
    entries = [read_period(entry.vi) for entry in vocabularies()["maintenance"].entries]
    known = sorted((p for p in entries if p and not p.permanent), key=lambda p: p.fewest_years)
    fitting = [p.word for p in known if period.fewest_years <= p.fewest_years <= period.most_years]
    return tuple(fitting) if fitting else (f"{period.most_years} năm",)
