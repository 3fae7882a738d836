"""Names that nothing bears yet: a number goes behind one that is taken, as file managers do it."""

from __future__ import annotations

from collections.abc import Callable


def first_free(name: str, is_taken: Callable[[str], bool], ending: str = "") -> str:
    """`name` with `ending`; with ` (2)`, ` (3)` … before the ending where that is taken."""
    number, found = 1, name + ending
    while is_taken(found):
        number += 1
        found = f"{name} ({number}){ending}"
    return found
