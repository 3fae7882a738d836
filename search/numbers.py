"""Document numbers and codes as keys: however one types them, the same document answers.

`222/QĐ-TTg`, `222/qd-ttg`, `0222/QD-TTG`, `Số: 222 / QĐ - TTg` and `222 QĐ/TTg`
have the key `222-qd-ttg`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from search.vietnamese import forms

MAX_KEY_WORDS = 12
"""No number and no code of the circulars has more parts; a longer text is no key."""

FILLERS: Final = frozenset({"so", "nam", "thang", "ngay"})
"""Folds of words that people say around a number: `QĐ số 222 năm 2025`."""

_MAX_MEMO_CHARS = 120

_NUMBER = re.compile(r"^[0-9]{1,7}[^\W\d_]?(?:/[0-9]{4})?[/-](?=[^\s]*[^\W\d_])[\w./-]{1,60}$")
_YEAR = re.compile(r"^(?:19|20)[0-9]{2}$")
_FIRST = re.compile(r"^[0-9]+")


def looks_like_number(typed: str) -> bool:
    """`typed` (no blanks) is a number with its notation, such as `45/2021/NQ-HĐND`; a day such as 19/6/2015 is not."""
    return bool(_NUMBER.match(typed))


def key(text: str) -> str:
    """The key of a number or a code; empty when `text` cannot be one."""
    return _short_key(text) if len(text) <= _MAX_MEMO_CHARS else _key(text)


def _key(text: str) -> str:
    words = [word.fold for word in forms(text)]
    if len(words) > 1 and words[0] == "so" and words[1][0].isdigit():
        del words[0]
    return "-".join(words) if len(words) <= MAX_KEY_WORDS else ""


_short_key = lru_cache(1024)(_key)
"""A document's number is asked for its key six times in a row."""


def keys(number: str, year: str) -> tuple[str, ...]:
    """All keys under which a document's number is asked for.

    Args:
        number: As written, with or without its year.
        year: Year of issue, four digits or empty: decisions are cited as 222/2025/QĐ-TTg though they lack it.
    """
    whole = key(number)
    parts = whole.split("-")
    if len(parts) < 2 or not parts[0][0:1].isdigit():  # noqa: PLR2004 - a number and its notation
        return (whole,) if whole else ()
    found = [whole]
    if _YEAR.match(parts[1]) and len(parts) > 2:  # noqa: PLR2004 - number, year, notation
        found.append("-".join([parts[0], *parts[2:]]))
    elif year:
        found.append("-".join([parts[0], year, *parts[1:]]))
    return tuple(found)


def joined(number: str) -> tuple[str, ...]:
    """How people who drop all signs type a number: `222qdttg`, `222ttg`."""
    parts = key(number).split("-")
    if len(parts) < 2 or not parts[0][0:1].isdigit():  # noqa: PLR2004 - a number and its notation
        return ()
    found = ["".join(parts)]
    if len(parts) > 2:  # noqa: PLR2004 - something to leave out between the number and the organ
        found.append(parts[0] + parts[-1])
    return tuple(found)


def run_together(code: str) -> str:
    """The key of a code without its dots, as some lists write it: `0000016H41` of `000.00.16.H41`; leading zeros go."""
    return key("".join(word.canon for word in forms(code)))


def notation_head(number: str) -> str:
    """The first letters of the notation, folded: `qd` of `45/2021/QĐ-UBND`; empty when there are none."""
    return next((part for part in key(number).split("-") if part.isalpha()), "")


def order(number: str) -> int:
    """For sorting: the leading number, then the first letters of the notation; without number last. Below 2**63."""
    whole = key(number)
    lead = _FIRST.match(whole)
    if not lead:
        return (1 << 62) - 1
    letters = [letter for letter in notation_head(number) if "a" <= letter <= "z"][:5]
    packed = 0
    for letter in letters + ["`"] * (5 - len(letters)):
        packed = packed * 32 + ord(letter) - ord("`")
    return (min(int(lead[0]), (1 << 31) - 1) << 25) | packed
