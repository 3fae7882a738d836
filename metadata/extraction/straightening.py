"""Pages that lay askew on the scanner: read as if they had lain straight, told where they stand.

Three degrees move the ends of a line apart by three lines: rows, columns and middles are found on straight pages only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from metadata.extraction.askew import LEAST_WIDTH, LEAST_WORDS, weighted_median
from metadata.extraction.pieces import ASPECT, Piece, around, lines_of
from metadata.extraction.suggestions import Box
from metadata.texts import PageText

_LEAST = 0.004
"""Height over width, as fractions of the page: a third of a degree, at which rows are still told apart."""

_MOST = 0.08
"""Six degrees: what seems to lie so is no page of lines."""


@dataclass(frozen=True, slots=True)
class Straight:
    """A page turned upright, and the way back."""

    page: PageText
    slope: float = 0.0
    """How far lines fall over the width of the page, as a fraction of its height."""

    def place(self, box: Box) -> Box:
        """Where `box` of the upright page stands on the page as it was scanned."""
        if not self.slope:
            return box
        corners = [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
        found = around(_moved(x, y, -self.slope) for x, y in corners)
        return (max(0.0, found[0]), max(0.0, found[1]), min(1.0, found[2]), min(1.0, found[3]))


def straightened(page: PageText) -> Straight:
    """`page` with its words where they would stand had it lain straight; as it is where it did, or almost."""
    slope = _slope(lines_of(page))
    if not _LEAST <= abs(slope) <= _MOST:
        return Straight(page)
    words = []
    for word in page.words:
        left, top, right, bottom = word.box
        x, y = (left + right) / 2, (top + bottom) / 2
        moved = _moved(x, y, slope)
        off, down = moved[0] - x, moved[1] - y
        words.append(word.model_copy(update={"box": (left + off, top + down, right + off, bottom + down)}))
    return Straight(page.model_copy(update={"words": tuple(words)}), slope)


def _moved(x: float, y: float, slope: float) -> Box:
    """The point turned around the middle of the page, as a box without size."""
    turned = (x + slope * ASPECT**2 * (y - 0.5), y - slope * (x - 0.5))
    return (*turned, *turned)


def _slope(lines: Iterable[Piece]) -> float:
    """The median slope of the lines, the longer ones counting for more."""
    return weighted_median(
        (_of_line(line), wide)
        for line in lines
        if len(line.words) >= LEAST_WORDS and (wide := line.words[-1].box[0] - line.words[0].box[0]) > LEAST_WIDTH
    )


def _of_line(line: Piece) -> float:
    """The slope of the straight line that lies nearest to the middles of its words."""
    points = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in (word.box for word in line.words)]
    x = sum(point[0] for point in points) / len(points)
    y = sum(point[1] for point in points) / len(points)
    across = sum((point[0] - x) ** 2 for point in points)
    return sum((point[0] - x) * (point[1] - y) for point in points) / across if across else 0.0
