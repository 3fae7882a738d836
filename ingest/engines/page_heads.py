"""The head of a first page for a second look: turned upright, ink of stamps taken for paper.

The registry's stamp of arrival stands over number, day and subject. In red it is paper already for the first look
(`raster`); what is blue, violet, or red on a grey scan is not. And of lines that lie askew by more than two degrees
tesseract loses some. The page's text stays that of the first look: this one only helps to read the letterhead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from metadata.extraction.askew import LEAST_WIDTH, LEAST_WORDS, weighted_median

Grey = npt.NDArray[np.uint8]

ASKEW = 1.0
"""Degrees from which a second look is worth its time."""

_MOST_ASKEW = 6.0
PART = 0.5
"""Part of the page, from the top, that is looked at."""

_STEP = 8
_DARK, _LIGHT = 140, 180
_COLOURED = 20
_LIFT = 1.5
_VIVID, _LEAST_VIVID = 60, 0.0002
_LEAST_STAMPED = 0.0004
"""Share of the head that ink of stamps covers at least: a third of a frame's lines."""

_LEAST_INK = 500
_UNSURE = 60.0
_DARKEST = 15
"""Percentile of the dark places that is the level of the print."""

_BETWEEN = 45
"""So much lighter than the print is no print: red is 45 to 60 lighter on a grey scan, blue 30."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A first page as the first look saw it."""

    flat: Grey
    plain: Grey | None
    """Its head without ink of any colour, flattened; None where nothing is coloured."""

    bilevel: bool
    """No ink is paler than another."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a page, upright."""

    grey: Grey
    angle: float
    """Degrees against the clock by which it was turned."""

    part: float
    """Its height as a fraction of the page's."""

    def placed(self, word: Sequence[Any]) -> list[Any]:
        """`word` of the picture (as `tesseract` tells it) where it stands on the page; its box keeps its size."""
        text, left, top, right, bottom, sure = word
        height, width = self.grey.shape
        turn = math.radians(self.angle)
        across, down = ((left + right) / 2 - 0.5) * width, ((top + bottom) / 2 - 0.5) * height
        x = (math.cos(turn) * across - math.sin(turn) * down) / width + 0.5
        y = (math.sin(turn) * across + math.cos(turn) * down) / height + 0.5
        wide, high = (right - left) / 2, (bottom - top) / 2
        box = (x - wide, (y - high) * self.part, x + wide, (y + high) * self.part)
        return [text, *(round(min(max(edge, 0.0), 1.0), 4) for edge in box), sure]


def rows_of(page: Grey) -> int:
    """Rows of pixels of the head of `page`."""
    rows: int = math.ceil(page.shape[0] * PART)
    return rows


def colourless(red: Grey, green: Grey, blue: Grey) -> Grey | None:
    """The head of a page with ink of every colour taken for paper; None when nothing in it is coloured."""
    rows = rows_of(red)
    red, green, blue = red[:rows], green[:rows], blue[:rows]
    light, dark = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    strength = light - dark
    # Yellowed paper is coloured itself.
    paper = int(np.median(strength[::_STEP, ::_STEP]))
    if np.count_nonzero(strength[::2, ::2] > paper + _VIVID) < _LEAST_VIVID * strength[::2, ::2].size:
        return None
    lifts = np.clip((np.arange(256) - paper - _COLOURED) * _LIFT, 0, 255).astype(np.uint8)
    lift = lifts[strength]
    found: Grey = np.minimum(light, 255 - lift) + lift
    return found


def head_of(picture: Picture, lines: Sequence[Sequence[Sequence[Any]]]) -> Head | None:
    """The head worth a second look, None where the first one, which read `lines`, saw all there is."""
    rows = rows_of(picture.flat)
    head, hidden = picture.flat[:rows], False
    if picture.plain is not None:
        hidden = int(np.count_nonzero((head < _DARK) & (picture.plain > _LIGHT))) >= _LEAST_STAMPED * head.size
        head = picture.plain
    elif not picture.bilevel and any(word[5] < _UNSURE and word[2] < PART for line in lines for word in line):
        head, hidden = _print_alone(head), True
    angle = -angle_of(lines, (picture.flat.shape[0], picture.flat.shape[1]))
    if not ASKEW <= abs(angle) <= _MOST_ASKEW:
        return Head(np.ascontiguousarray(head), 0.0, rows / picture.flat.shape[0]) if hidden else None
    turned = Image.fromarray(head).rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=255)
    return Head(np.ascontiguousarray(turned), angle, rows / picture.flat.shape[0])


def _print_alone(head: Grey) -> Grey:
    """`head` with ink that is paler than its print taken for paper."""
    dark = head[head < _DARK]
    if dark.size < _LEAST_INK:
        return head
    least = int(np.percentile(dark, _DARKEST))
    levels = np.clip((np.arange(256) - least) * 255 / _BETWEEN, 0, 255).astype(np.uint8)
    found: Grey = levels[head]
    return found


def angle_of(lines: Sequence[Sequence[Sequence[Any]]], shape: tuple[int, int]) -> float:
    """Degrees by which `lines` of words rise from left to right: the median, the longer ones counting for more."""
    height, width = shape
    found = []
    for line in lines:
        if len(line) < LEAST_WORDS or line[-1][1] - line[0][1] < LEAST_WIDTH:
            continue
        x = np.array([(word[1] + word[3]) / 2 * width for word in line])
        y = np.array([(word[2] + word[4]) / 2 * height for word in line])
        x -= x.mean()
        spread = float((x**2).sum())
        if spread:
            found.append((-math.degrees(math.atan(float((x * y).sum()) / spread)), line[-1][1] - line[0][1]))
    return weighted_median(found)
