"""Red stamps in the head of a page, cut out one by one and freed of their frames, so that OCR can read them.

A stamp of secrecy is one or two words in a frame. As part of a page OCR takes
the frame for a picture; and for the page's text red ink is removed altogether.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Grey = npt.NDArray[np.uint8]

_STEP = 8
"""Pixels of the page that make one when stamps are looked for, at 300 dpi."""

_USUAL_DPI = 300
_REACH = 3
_RED = 25
_STRENGTH = 3.0
_DARK = 128
_MARK = 100
_MOST_STAMPS = 8
_WIDTH_INCHES = (0.35, 3.2)
_HEIGHT_INCHES = (0.12, 1.1)
_LEAST_ASPECT = 1.3
_FRAME_SHARE = 0.8
_BORDER = 24
_ALONG = 0.45


@dataclass(frozen=True, slots=True)
class Stamp:
    """One stamp as dark letters on white, about as large as at 300 dpi."""

    grey: Grey
    box: tuple[float, float, float, float]
    """Left, top, right, bottom as fractions of the picture in which it was found."""


def redness(red: Grey, green: Grey, blue: Grey) -> Grey | None:
    """How red each place is beyond the paper, as dark on white; None when nothing is."""
    distance = red.astype(np.int16) - np.maximum(green, blue)
    # Yellowed paper is a little red itself.
    distance -= np.int16(np.median(distance[::_STEP, ::_STEP]))
    if not (distance[::2, ::2] > 2 * _RED).any():
        return None
    shown: Grey = (255 - np.clip(distance * _STRENGTH - _RED, 0, 255)).astype(np.uint8)
    return shown


def stamps(picture: Grey, dpi: float) -> Iterator[Stamp]:
    """What on `picture` (of `redness`) has the size and shape of a stamped word, at most eight."""
    step = max(1, round(_STEP * dpi / _USUAL_DPI))
    height, width = picture.shape
    small = Image.fromarray(picture).reduce(step).point(lambda value: 255 if value < 255 - _RED else 0)
    joined = small.filter(ImageFilter.MaxFilter(_REACH))
    found = 0
    for left, top, right, bottom in _islands(joined):
        box = (left * step, top * step, min(right * step, width), min(bottom * step, height))
        wide, high = (box[2] - box[0]) / dpi, (box[3] - box[1]) / dpi
        sized = _WIDTH_INCHES[0] <= wide <= _WIDTH_INCHES[1] and _HEIGHT_INCHES[0] <= high <= _HEIGHT_INCHES[1]
        if not sized or wide < _LEAST_ASPECT * high:
            continue
        crop = Image.fromarray(picture[box[1] : box[3], box[0] : box[2]])
        yield Stamp(_readable(crop, dpi), (box[0] / width, box[1] / height, box[2] / width, box[3] / height))
        found += 1
        if found == _MOST_STAMPS:
            return


def _islands(joined: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of connected white areas, from the top down."""
    rest = np.asarray(joined).copy()
    while True:
        white = np.argwhere(rest == 255)  # noqa: PLR2004 - white
        if not len(white):
            return
        row, column = (int(value) for value in white[0])
        # A picture made of an array cannot be drawn on: its copy can.
        image = Image.fromarray(rest).copy()
        ImageDraw.floodfill(image, (column, row), _MARK)
        rest = np.asarray(image).copy()
        rows, columns = np.nonzero(rest == _MARK)
        rest[rows, columns] = 0
        yield int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def _readable(crop: Image.Image, dpi: float) -> Grey:
    scale = max(1.0, _USUAL_DPI / dpi)
    if scale > 1:
        size = (round(crop.width * scale), round(crop.height * scale))
        crop = crop.resize(size, Image.Resampling.LANCZOS)
    wide = Image.new("L", (crop.width + 2 * _BORDER, crop.height + 2 * _BORDER), 255)
    wide.paste(_without_frame(crop), (_BORDER, _BORDER))
    return np.asarray(wide)


def _without_frame(crop: Image.Image) -> Image.Image:
    """`crop` without what surrounds its letters: one connected line around nearly all of it."""
    grey = np.asarray(crop).copy()
    for _ in range(2):
        # Made thicker: a thin line that lies askew is broken into steps.
        binary = Image.fromarray(np.where(grey < _DARK, 0, 255).astype(np.uint8)).filter(ImageFilter.MinFilter(3))
        dark = np.asarray(binary) == 0
        start = _first_dark(dark)
        if start is None:
            break
        ImageDraw.floodfill(binary, start, _MARK)
        line = np.asarray(binary) == _MARK
        rows, columns = np.nonzero(line)
        tall = (rows.max() - rows.min() + 1) / grey.shape[0]
        wide = (columns.max() - columns.min() + 1) / grey.shape[1]
        if max(tall, wide) < _FRAME_SHARE or min(tall, wide) < _ALONG:
            break
        # The line's own soft edge goes with it.
        edge = Image.fromarray((line * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(5))
        grey[np.asarray(edge) > 0] = 255
    return Image.fromarray(grey)


def _first_dark(dark: npt.NDArray[np.bool_]) -> tuple[int, int] | None:
    """The leftmost dark place of the middle row, where only a frame begins at the edge."""
    columns = np.nonzero(dark[dark.shape[0] // 2])[0]
    if not len(columns) or columns[0] > dark.shape[1] // 6:
        return None
    return int(columns[0]), dark.shape[0] // 2
