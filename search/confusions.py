"""What a word may look like after OCR misread it: the words to ask for where tolerance is wanted. All words are folded.

Marks, case and leading zeros are no matter here: folding takes away six tenths
of what OCR gets wrong in letters (798 of 1,336 errors measured). What is left
are lost letters, letters taken for others, and words parted or joined. What
people type for letters that they say alike is asked for in the same way.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final, NamedTuple

MAX_MISREADINGS: Final = 48
MAX_PIECES: Final = 12
MIN_NEAR_LETTERS: Final = 5
"""Shorter words have too many neighbours that are words themselves: giao, giai, giam, gian."""

MAX_LETTERS: Final = 24
"""A longer run of letters is no word that could be guessed."""

MAX_JOINED_LETTERS: Final = 2 * MAX_LETTERS

_SLIP_SHARE = 0.002
"""Of what people type, letters that they say alike."""

_LEAST_TWICE = 3e-6
"""Two confusions in one word that are less likely than this are not asked for."""

_WHOLE = 100_000


class Confusion(NamedTuple):
    """Letters, and what was read in their place."""

    written: str
    read: str
    share: float
    """Of all times that the letters were written."""

    place: str = ""
    """`start` or `end` of a word; empty: anywhere in it."""


@cache
def confusions() -> tuple[Confusion, ...]:
    """Those within a word, the most frequent first; a digit is never taken for another, for that is another number."""
    table: dict[str, list[dict[str, Any]]] = tomllib.loads(
        files("search.data").joinpath("confusions.toml").read_text(encoding="utf-8")
    )
    found = [Confusion(row["written"], row["read"], row["share"] / _WHOLE) for row in table["confusion"]]
    inside = [each for each in found if each.written and " " not in each.written + each.read]
    slips = [Confusion(row["written"], row["read"], _SLIP_SHARE, row["place"]) for row in table["slip"]]
    return tuple(sorted((*inside, *slips), key=lambda each: -each.share))


def _once(word: str, start: int = 0) -> Iterator[tuple[str, float, int]]:
    """`word` with one confusion behind `start`: the word, how likely, and where the changed letters end."""
    for written, read, share, place in confusions():
        at = word.find(written, start)
        while at >= 0:
            behind = at + len(written)
            if (place != "start" or at == 0) and (place != "end" or behind == len(word)):
                yield word[:at] + read + word[behind:], share, at + len(read)
            at = word.find(written, at + 1)


@lru_cache(4096)
def misreadings(word: str) -> tuple[str, ...]:
    """What `word` may have been read as, the likeliest first: one confusion, or two; `MAX_MISREADINGS`."""
    if len(word) > MAX_LETTERS:
        return ()
    found: dict[str, float] = {}
    once = list(_once(word))
    for changed, share, _ in once:
        found[changed] = max(share, found.get(changed, 0.0))
    # Two are likely only where both are; the rest would never be among the first.
    for changed, share, end in sorted(once, key=lambda each: -each[1])[:MAX_MISREADINGS]:
        for twice, other, _ in _once(changed, end):
            if share * other >= _LEAST_TWICE:
                found[twice] = max(share * other, found.get(twice, 0.0))
    found.pop(word, None)
    likeliest = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    # What lost more than a letter is hardly this word any more: `va` of `vang`.
    least = max(2, len(word) - 1)
    return tuple(changed for changed, _ in likeliest if len(changed) >= least)[:MAX_MISREADINGS]


@lru_cache(4096)
def pieces(word: str) -> tuple[tuple[str, ...], ...]:
    """Into what `word` may have been parted: at each place once, and around the horns of `ươ` (`nu'o'c`)."""
    if not 3 <= len(word) <= MAX_LETTERS:  # noqa: PLR2004 - two letters have no inner place worth asking for
        return ()
    found: list[tuple[str, ...]] = [(word[:at], word[at:]) for at in range(1, len(word))]
    if len(found) >= MAX_PIECES:
        # Of a long run the middle is the likeliest: two words without the blank between them.
        spare = len(found) - MAX_PIECES + 1
        found = found[spare // 2 : len(found) - (spare - spare // 2)]
    at = word.find("uo")
    if 0 <= at < len(word) - 2:
        found.append((word[: at + 1], "o", word[at + 2 :]))
    return tuple(found)


def joined(words: tuple[str, ...]) -> tuple[str, ...]:
    """Each two neighbours of a row written without the blank between them."""
    return tuple((one + other)[:MAX_JOINED_LETTERS] for one, other in pairwise(words))


def may_be_near(word: str) -> bool:
    """Whether neighbours of `word` are asked for at all: not those of short words, nor of numbers."""
    return MIN_NEAR_LETTERS <= len(word) <= MAX_LETTERS and not any(letter.isdigit() for letter in word)


def near(word: str, other: str) -> bool:
    """Whether one letter changed, added, lost, or two neighbours changed about make `other` of `word`."""
    if len(word) > len(other):
        word, other = other, word
    if len(other) - len(word) > 1:
        return False
    at = next((at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), len(word))
    if len(word) < len(other):
        return word[at:] == other[at + 1 :]
    turned = word[at : at + 2] == other[at : at + 2][::-1] and word[at + 2 :] == other[at + 2 :]
    return word[at + 1 :] == other[at + 1 :] or turned
