"""What a paper says of itself at the head of its first page: its number, for papers that nobody has described.

Decree 30/2020 (Annex I) and the circulars before it put it there: the organ, then `Số: 222/QĐ-TTg`, the place and
day, the type, the subject; below them stands what the paper rests on, whose numbers are those of other papers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from search.vietnamese import fold, nfc

MAX_HEAD_CHARS: Final = 1200
MAX_HEAD_LINES: Final = 16

_SIGNS = "s[o06]"
"""`Số` without marks, as it is read."""

_NUMBER = re.compile(
    r"(?P<lead>[0-9lIOo]{1,6}[a-zA-Z]?)(?P<year>\s?/\s?(?:19|20)[0-9]{2})?\s?[/~–-]\s?"
    r"(?P<notation>[^\W\d_][\w.]{0,11}(?:\s?[-/&~–]\s?[^\W\d_][\w.]{0,14}){0,3})"
)
_LETTERS_FOR_DIGITS = str.maketrans("lIOo", "1100")
_YEAR = re.compile(r"\bnam ((?:19|20)[0-9]{2})\b")
_LEAD = re.compile(rf"^(?:{_SIGNS})\b")
_STATE = ("cong hoa", "doc lap")
_MAX_KIND_WORDS = 4
_RESTS_ON = ("can cu", "xet de nghi", "kinh gui", "theo de nghi", "dieu 1")


class Head(NamedTuple):
    """What is told there; empty: nothing."""

    number: str
    year: str
    """The first that is told as a day's."""

    called: str
    """Organ, number, type and year: not the subject, which may tell the number of another paper."""


NOTHING: Final = Head("", "", "")


def head_of(pages: Sequence[str]) -> Head:
    """The head of the first page that has text."""
    first = next((page for page in pages if page.strip()), "")
    lines = list(_lines(nfc(first[:MAX_HEAD_CHARS])))
    number, at = next(((number, at) for at, line in enumerate(lines) if (number := _number(line))), ("", 0))
    if not number:
        return NOTHING
    year = next((found[1] for line in lines if (found := _YEAR.search(fold(line)))), "")
    kind = next(filter(_is_kind, lines[at + 1 :]), "")
    organ = [line for line in lines[:at] if not fold(line).startswith(_STATE)]
    return Head(number, year, " ".join([*organ, number, kind, year]))


def _is_kind(line: str) -> bool:
    """`QUYẾT ĐỊNH`, alone on its line."""
    return line.isupper() and len(line.split()) <= _MAX_KIND_WORDS and not fold(line).startswith(_STATE)


def _lines(text: str) -> Iterator[str]:
    """Those above what the paper rests on."""
    lines = [line.strip(" \t\r—–_-.*|") for line in text.split("\n")][:MAX_HEAD_LINES]
    return takewhile(lambda line: not fold(line).startswith(_RESTS_ON), lines)


def _number(line: str) -> str:
    """The number of a line that begins with `Số`."""
    word, _, rest = line.partition(":") if ":" in line[:8] else line.partition(" ")
    if not _LEAD.match(fold(word)):
        return ""
    found = _NUMBER.search(rest[:60])
    if not found or found.start() > 3:  # noqa: PLR2004 - a stray sign or two
        return ""
    lead = found["lead"].translate(_LETTERS_FOR_DIGITS)
    year = (found["year"] or "").replace(" ", "")
    return f"{lead}{year}/{found['notation'].replace(' ', '')}" if lead[:1].isdigit() else ""
