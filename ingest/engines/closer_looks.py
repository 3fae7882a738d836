"""Digits in the head of a first page of which OCR was unsure, read again by themselves: at another size, and blurred.

One line alone, at another size, is another picture to tesseract: `2013` that it took for `2015` it mostly reads right
then. Each look is a further witness for number, notation and day; the page's text stays that of the first look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from ingest.engines.page_heads import PART, Grey

Word = list[Any]
Look = Callable[[Grey, float], list[list[Word]]]
"""Reads one line, at a resolution in dots per inch: words as `tesseract` tells them."""

SURE = 90.0
"""Confidence from which digits are not looked at again."""

_MOST_PIECES = 5
_MOST_WORDS = 14
"""A longer piece is one of the text."""

_GAP = 1.35
"""Heights of a letter between two words that belong to two columns."""

_HIGHEST = 0.05
"""Part of a page's height: what is higher is no line of letters."""

_SMALLER, _LARGER = 0.7, 1.5
_LEAST_HEIGHT = 14.0
"""Pixels of a letter that is made smaller; a smaller one is made larger, for at its own size it is the same picture."""

_BLURRED = 0.004
"""Radius of the blur in inches."""

_MARGIN = 0.35
_FRAME = 16
_WHITE = 255


@dataclass(frozen=True, slots=True)
class _Strip:
    """A piece of a line, cut out of a picture."""

    grey: Grey
    left: int
    top: int
    shape: tuple[int, int]
    """Height and width of the picture."""

    def read(self, look: Look, dpi: float, *, scale: float, blur: float) -> list[Word]:
        """Its words as `look` reads them, at their places in the picture."""
        image = Image.fromarray(self.grey)
        if blur:
            image = image.filter(ImageFilter.GaussianBlur(blur))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        framed = Image.new("L", (size[0] + 2 * _FRAME, size[1] + 2 * _FRAME), _WHITE)
        framed.paste(image.resize(size, Image.Resampling.LANCZOS), (_FRAME, _FRAME))
        found = look(np.ascontiguousarray(framed), dpi * scale)
        return [self._placed(word, framed.size, scale) for line in found for word in line]

    def _placed(self, word: Word, framed: tuple[int, int], scale: float) -> Word:
        text, left, top, right, bottom, sure = word
        height, width = self.shape
        x = [((edge * framed[0] - _FRAME) / scale + self.left) / width for edge in (left, right)]
        y = [((edge * framed[1] - _FRAME) / scale + self.top) / height for edge in (top, bottom)]
        return [text, *(round(min(max(edge, 0.0), 1.0), 4) for edge in (x[0], y[0], x[1], y[1])), sure]


def closer_looks(grey: Grey, lines: Sequence[Sequence[Word]], dpi: float, part: float, look: Look) -> list[list[Any]]:
    """What two closer looks read where `lines` have digits that OCR was unsure of.

    Args:
        grey: The picture in which `lines` were read.
        lines: Words with boxes as fractions of `grey`.
        dpi: Of the picture.
        part: Height of the picture as a fraction of the page's.
        look: Reads a line.

    Returns:
        Of each such piece the number of its line, its first word, the one behind its last, and its words as they were
        read at another size and blurred: none of a piece that was not looked at, being too long or one too many.
    """
    found: list[list[Any]] = []
    looked = 0
    for number, line in enumerate(lines):
        for first, end in _pieces(line, grey.shape):
            piece = line[first:end]
            if piece[0][2] * part > PART or not any(_is_doubtful(word) for word in piece):
                continue
            worth = looked < _MOST_PIECES and len(piece) <= _MOST_WORDS
            strip = _strip(grey, piece, part) if worth else None
            if strip is None:
                found.append([number, first, end, [], []])
                continue
            looked += 1
            high = float(np.median([word[4] - word[2] for word in piece])) * grey.shape[0]
            scale = _SMALLER if high * _SMALLER >= _LEAST_HEIGHT else _LARGER
            scaled = strip.read(look, dpi, scale=scale, blur=0.0)
            blurred = strip.read(look, dpi, scale=1.0, blur=_BLURRED * dpi)
            found.append([number, first, end, scaled, blurred])
    return found


def _is_doubtful(word: Word) -> bool:
    return word[5] < SURE and any(letter.isdigit() for letter in word[0])


def _pieces(line: Sequence[Word], shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """First and end of the parts of `line` between which a gap wider than letters stands."""
    height, width = shape[0], shape[1]
    start = 0
    for at, (word, after) in enumerate(pairwise(line), start=1):
        if (after[1] - word[3]) * width > _GAP * (word[4] - word[2]) * height:
            yield start, at
            start = at
    if line:
        yield start, len(line)


def _strip(grey: Grey, piece: Sequence[Word], part: float) -> _Strip | None:
    height, width = grey.shape
    left, top = min(word[1] for word in piece) * width, min(word[2] for word in piece) * height
    right, bottom = max(word[3] for word in piece) * width, max(word[4] for word in piece) * height
    high = bottom - top
    if not 0 < high <= _HIGHEST * height / part:
        return None
    x = (max(0, int(left - high)), min(width, int(right + high)))
    y = (max(0, int(top - _MARGIN * high)), min(height, int(bottom + _MARGIN * high)))
    return _Strip(grey[y[0] : y[1], x[0] : x[1]], x[0], y[0], (height, width))
