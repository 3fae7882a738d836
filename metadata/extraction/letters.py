"""Comparing words that OCR may have damaged: lost marks, one letter for another, letters joined or parted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from metadata.profiles.vocabularies import fold

_DIGITS = str.maketrans({"l": "1", "I": "1", "|": "1", "]": "1", "[": "1", "!": "1", "O": "0", "o": "0"})
_NUMERAL = re.compile(r"^[\dlI|\]\[!Oo]+$")


@lru_cache(maxsize=1 << 14)
def distance(first: str, second: str, most: int) -> int:
    """Fewest letters to change, add, leave out or swap with their neighbour; `most` + 1 when there are more."""
    if abs(len(first) - len(second)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        older, before, row = before, row, [i]
        for j, other in enumerate(second, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def alike(read: str, wanted: str, share: float = 0.25) -> bool:
    """Whether the folded text `read` is `wanted`, but for a `share` of its letters."""
    most = max(1, int(len(wanted) * share)) if len(wanted) > 3 else int(len(wanted) * share)  # noqa: PLR2004
    return distance(read, wanted, most) <= most


def found_words(words: Sequence[str], wanted: Sequence[str], least: int) -> tuple[int, int] | None:
    """Where `wanted` stands among the folded `words`: first and last index, words of it may be missing.

    Args:
        words: As read.
        wanted: What is looked for.
        least: So many of the wanted words must be there, in order.
    """
    best: tuple[int, int] | None = None
    count = 0
    for start in range(len(words)):
        position, last, hits = start, -1, 0
        for word in wanted:
            near = (at for at in range(position, min(position + 2, len(words))) if alike(words[at], word, 0.34))
            at = next(near, None)
            if at is not None:
                hits, last, position = hits + 1, at, at + 1
        if hits >= least and hits > count and alike(words[start], wanted[0], 0.34):
            best, count = (start, last), hits
    return best


def numeral(text: str) -> str | None:
    """`text` as digits, where it is digits or what OCR makes of 1 and 0 beside a true one; else None."""
    if not text or not _NUMERAL.match(text) or not any(letter.isdigit() for letter in text):
        return None
    digits = text.translate(_DIGITS)
    return digits if digits.isascii() else None


def folded_words(text: str) -> list[str]:
    """The words of `text` without marks and case."""
    return fold(text).split()
