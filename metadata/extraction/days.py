"""Place and day of issue, `Hà Nội, ngày 08 tháng 01 năm 2021`, under the national heading.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, mục 4: days below 10 and months 1, 2 carry a 0; all is written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from metadata.dates import read_parts
from metadata.extraction.letters import alike, numeral
from metadata.extraction.pieces import Piece
from metadata.extraction.reading import Reading, read
from metadata.legacy import is_syllable
from metadata.profiles.vocabularies import fold

FIRST_YEAR = 1945
SURE = 82.0
"""Confidence of the least sure number of a day below which it is not believed."""

_SURE_ON = ((95.5, 45.0), (93.0, 80.0))
"""The same on pages that OCR read well as a whole: mean confidence of the page, and what is asked of a number."""

_SHORT = re.compile(r"^(\d{1,2})[/⁄∕.-](\d{1,2})[/⁄∕.-]((?:19|20)\d\d)\W*$")
"""A fraction's stroke is what OCR makes of the mark."""

_EDGES = re.compile(r"^[\s.,;:_…·'’`\"-]+|[\s.,;:_…·'’`\"-]+$")
_YEAR_DIGITS = 4
_KNOWN = 90.0
"""How sure `24/5/2012` is by its form alone."""

_TWICE = re.compile("^Z7$|^7Z$")
"""OCR sees a slanted 7 twice; no month has it beside another digit."""

_JOINED = re.compile(r"(?<=[^\W\d_])[.,:;]+(?=\d)|(?<=[^\W\d_]{4})(?=\d)")


def least_on(page: float | None) -> float:
    """Confidence that is asked of a day's numbers on a page of a mean confidence; None: nothing was recognised."""
    if page is None:
        return 0.0
    return next((least for mean, least in _SURE_ON if page >= mean), SURE)


def day_of(pieces: Iterable[Piece], last_year: int, least: float = SURE) -> Reading | None:
    """The day of issue among `pieces`: that of the first line that has one, or none where it cannot be read.

    Args:
        pieces: What stands below the heading, from the top down.
        last_year: No paper is of a later year.
        least: Confidence of the least sure number below which it is not believed.
    """
    for piece in pieces:
        words = [word for text in piece.texts for word in _split(text)]
        folded = [fold(word) for word in words]
        if sum(any(alike(word, part) for word in folded) for part in ("ngay", "thang", "nam")) > 1:
            if _goes_on(piece, folded):
                continue
            return day_in(piece, last_year, least)
        if any(word == "ngay" and before.endswith(",") for before, word in zip(words, folded[1:], strict=False)):
            # `Hà Nội, ngày`, and the rest is gone: no other line is the day's.
            return day_in(piece, last_year, least)
        if any(_SHORT.match(word) for word in words) and "ngay" in folded and "," in piece.text:
            return day_in(piece, last_year, least)
    return None


def _goes_on(piece: Piece, folded: Sequence[str]) -> bool:
    """Whether words follow the year: then the line is one of the text."""
    year = next((at for at, word in enumerate(folded) if re.fullmatch(r"(?:19|20)\d\d", word)), len(folded))
    return sum(word.isalpha() and is_syllable(word) for word in folded[year + 1 :]) > 1 and not piece.capitals


def _split(text: str) -> list[str]:
    """`ngày.24` is two words."""
    return [part for part in _JOINED.split(text) if part] or [text]


def day_in(piece: Piece, last_year: int, least: float = SURE) -> Reading | None:
    """The day in one line, doubtful where OCR is not sure enough of it; None where a part of it cannot be read."""
    pairs = [(word, part) for word, text in zip(piece.words, piece.texts, strict=True) for part in _split(text)]
    line = Piece(tuple(word for word, _ in pairs), tuple(text for _, text in pairs))
    words = [fold(text) for text in line.texts]
    for at, word in enumerate(words):
        if not (alike(word, "ngay") or word.endswith("ngay")):
            continue
        whole = _SHORT.match(line.texts[at + 1]) if at + 1 < len(words) else None
        span = (at + 1, at + 2) if whole else _span(words, at)
        if span is None:
            continue
        parts = whole.groups() if whole else _parts(line.texts, words, span)
        numbers = line.part(*span)
        sure = min(
            (
                entry.confidence
                for entry, text in zip(numbers.words, numbers.texts, strict=True)
                if entry.confidence is not None and any(letter.isdigit() for letter in text)
            ),
            default=100.0,
        )
        if whole:
            # As with notations, OCR is unsure of the rightest words of digits and marks.
            sure = (sure + _KNOWN) / 2
        date = read_parts(*parts).date if parts else None
        if date is None or date.partial or not FIRST_YEAR <= date.year <= last_year:
            return None
        return replace(read(date.iso(), (piece,), sure), doubtful=sure < least)
    return None


def _span(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """From the word after `ngày` to the year."""
    month = next((n for n in range(at + 1, min(at + 4, len(words))) if alike(words[n], "thang")), None)
    if month is None:
        return None
    year = next((n for n in range(month + 1, min(month + 4, len(words))) if words[n] == "nam"), None)
    if year is None:
        year = next((n for n in range(month + 2, min(month + 4, len(words))) if alike(words[n], "nam", 0.34)), None)
    if year is None or year + 1 >= len(words):
        return None
    parted = year + 2 < len(words) and len(words[year + 1]) + len(words[year + 2]) == _YEAR_DIGITS
    return (at + 1, year + 3 if parted and words[year + 2].isdigit() else year + 2)


def _parts(texts: Sequence[str], words: Sequence[str], span: tuple[int, int]) -> tuple[str, str, str] | None:
    """Day, month and year in digits; None where a word among them cannot be read, for it may be a digit."""
    parts = [""]
    for text, word in zip(texts[span[0] : span[1]], words[span[0] : span[1]], strict=True):
        plain = _EDGES.sub("", text)
        if len(parts) == 2:  # noqa: PLR2004
            plain = _TWICE.sub("7", plain)
        digits = numeral(plain)
        if digits is not None:
            parts[-1] += digits
        elif (len(parts) == 1 and alike(word, "thang")) or (len(parts) == 2 and alike(word, "nam", 0.34)):  # noqa: PLR2004
            parts.append("")
        elif plain:
            return None
    if len(parts) != 3 or len(parts[2]) != _YEAR_DIGITS or not all(1 <= len(part) <= 2 for part in parts[:2]):  # noqa: PLR2004
        return None
    return (parts[0], parts[1], parts[2])
