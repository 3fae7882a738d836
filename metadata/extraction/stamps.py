"""The stamp of a registry (`CÔNG VĂN ĐẾN / Số: … / Ngày: …`) on a page: its words are none of the paper's.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục IV (mẫu dấu "ĐẾN"), stamped under the number, under the subject of a letter,
or in the blank under the day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from metadata.extraction.pieces import Piece, around
from metadata.extraction.suggestions import Box

_ROW = re.compile(
    r"^\W*(?:s[oốôỗ]\s*[:.]?\s*\d{1,5}|ngày\s*[:.]?\s*\d{1,2}\s*[/.\-]\s*\d{1,2}\s*[/.\-]\s*\d{2,4})\W*$", re.IGNORECASE
)
_TITLES = (("cong", "van", "den"), ("cong", "van", "de"), ("van", "ban", "den"), ("cv", "den"))
_SURE = 75.0
_REACH = (0.03, 0.03)
"""How far the frame reaches around its words, as fractions of the page."""


def stamps_in(pieces: Iterable[Piece]) -> tuple[Box, ...]:
    """The frames of stamps, by their words; one box a stamp."""
    found: list[Box] = []
    for piece in pieces:
        words = _words_of_stamp(piece)
        if words is None:
            continue
        box = words.box
        near = next((at for at, other in enumerate(found) if _near(other, box)), None)
        if near is None:
            found.append(box)
        else:
            found[near] = around((found[near], box))
    return tuple(found)


def inside(piece: Piece, stamps: Sequence[Box]) -> bool:
    """Whether `piece` is a stamp's own words."""
    return _words_of_stamp(piece) is piece or any(
        box[0] - _REACH[0] <= piece.box[0] and piece.box[2] <= box[2] + _REACH[0] and box[1] <= piece.centre <= box[3]
        for box in stamps
    )


def bare(piece: Piece) -> Piece | None:
    """`piece` without the words of a stamp that stand before or behind it on the same line; None: it is a stamp's."""
    own = _words_of_stamp(piece)
    if own is None:
        return piece
    count = len(own.words)
    if count == len(piece.words):
        return None
    return piece.part(count) if own.words[0] == piece.words[0] else piece.part(0, len(piece.words) - count)


def covered(piece: Piece, stamps: Sequence[Box]) -> int:
    """Letters of the words of `piece` that lie under a stamp and are not sure: a stamp in colour harms none."""
    return sum(
        len(text)
        for word, text in zip(piece.words, piece.texts, strict=True)
        if word.confidence is not None
        and word.confidence < _SURE
        and any(
            word.box[0] < box[2] + _REACH[0] and box[0] - _REACH[0] < word.box[2] and _beside(word.box, box)
            for box in stamps
        )
    )


def beside(piece: Piece, stamps: Sequence[Box]) -> bool:
    """Whether a stamp stands beside `piece`, where it may hide what stood before or behind it."""
    return any(
        box[1] - _REACH[1] < piece.centre < box[3] + _REACH[1]
        and piece.box[0] < box[2] + 2 * _REACH[0]
        and box[0] - 2 * _REACH[0] < piece.box[2]
        for box in stamps
    )


def _beside(word: Box, stamp: Box) -> bool:
    return stamp[1] - 0.01 < (word[1] + word[3]) / 2 < stamp[3] + 0.01


def _words_of_stamp(piece: Piece) -> Piece | None:
    """The words of `piece` that are a stamp's; they may stand before words of the paper on the same line."""
    if _ROW.match(piece.text):
        return piece
    for title in _TITLES:
        count = len(title)
        if tuple(piece.folded[:count]) == title and all(text.isupper() for text in piece.texts[:count]):
            return piece if len(piece.words) == count else piece.part(0, count)
        if tuple(piece.folded[-count:]) == title and all(text.isupper() for text in piece.texts[-count:]):
            return piece.part(len(piece.words) - count)
    return None


def _near(one: Box, other: Box) -> bool:
    return one[0] < other[2] + 0.05 and other[0] < one[2] + 0.05 and abs(one[1] - other[1]) < 0.07  # noqa: PLR2004
