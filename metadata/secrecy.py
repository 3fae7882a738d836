"""Marks of secrecy (mật, tối mật, tuyệt mật) as they stand in the head of a document.

A mark is a line of its own, never a word within a sentence: "giữ bí mật" and
"Bệnh viện Mắt" are none. OCR may lose or change accents; the single word is
therefore believed only with the accents that a damaged `MẬT` can still have.

Source: Law on the Protection of State Secrets (grades of secrecy).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

HEAD = 0.35
"""Part of the page, from its top, in which a mark stands."""

_GAP = 1.5
"""Heights of a letter between two words that no longer belong to one phrase."""

_GRADES = {"TOI MAT": "TỐI MẬT", "TUYET MAT": "TUYỆT MẬT"}
_DAMAGED = frozenset({"MẬT", "MÂT", "MẠT", "MAT"})
_LABEL = re.compile(r"^(ĐỘ|DO|MỨC ĐỘ|MUC DO) (MẬT|MAT|MÂT)\b", re.IGNORECASE)
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


@dataclass(frozen=True, slots=True)
class Placed:
    """A word with its box, as fractions of the page from the top left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def phrases(line: Sequence[Placed]) -> list[str]:
    """The parts of `line` that wide gaps separate: columns of a letterhead, a stamp beside a date."""
    found: list[list[str]] = []
    # Heights are fractions of a page that is higher than wide; a letter's width
    # is therefore a larger fraction than its height.
    reach = _GAP * median([word.bottom - word.top for word in line] or [0.0]) * 1.41
    right = 0.0
    for word in line:
        if found and word.left - right <= reach:
            found[-1].append(word.text)
        else:
            found.append([word.text])
        right = word.right
    return [" ".join(words) for words in found]


def mark_of(phrase: str) -> str | None:
    """The grade that `phrase` is as a whole, in its legal form; None when it is no mark."""
    plain = " ".join(_EDGES.sub("", phrase).split())
    label = _LABEL.match(plain)
    if label:
        plain = _EDGES.sub("", plain[label.end() :])
    if not (label or plain.isupper() or plain in {"Mật", "Tối mật", "Tuyệt mật", "Tối Mật", "Tuyệt Mật"}):
        return None
    upper = unicodedata.normalize("NFC", plain.upper())
    return "MẬT" if upper in _DAMAGED else _GRADES.get(_folded(upper))


def _folded(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.replace("Đ", "D")) if not unicodedata.combining(c))


def marks_in_head(lines: Iterable[Sequence[Placed]]) -> tuple[str, ...]:
    """Grades that stand as lines of their own in the head of a page, gravest wording as written, each once."""
    found: dict[str, None] = {}
    for line in lines:
        if not line or median([word.top for word in line]) > HEAD:
            continue
        for phrase in phrases(line):
            mark = mark_of(phrase)
            if mark:
                found[mark] = None
    # `MẬT` on its own beneath a longer one is the second line of the same stamp.
    longer = [mark for mark in found if mark != "MẬT"]
    return tuple(longer or found)
