"""What lines tell of the angle at which a page lay on the scanner. Nothing else is imported: workers start with it."""

from __future__ import annotations

from collections.abc import Iterable

LEAST_WORDS, LEAST_WIDTH = 4, 0.15
"""A shorter line says little of an angle; the width as a fraction of the page's."""


def weighted_median(found: Iterable[tuple[float, float]]) -> float:
    """The median of values, each counting as much as stands beside it; 0 of none."""
    ordered = sorted(found)
    half = sum(weight for _, weight in ordered) / 2
    for value, weight in ordered:
        half -= weight
        if half <= 0:
            return value
    return 0.0
