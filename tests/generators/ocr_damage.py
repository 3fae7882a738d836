"""Text as OCR would have read it, at a wished rate: letters are taken for each other as often as measured.

The table (`ocr_confusions.toml`) was measured by `bench/confusions.py --texts judged`. Most of what OCR gets wrong
are marks and punctuation, which a search does not see; with `letters` only errors that it sees are made, to the same
number.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from search.vietnamese import fold

_TABLE = Path(__file__).with_name("ocr_confusions.toml")
_MOST: Final = 0.9
"""No letter errs more often than this, however high the wished rate."""


@dataclass(frozen=True, slots=True)
class _Confusion:
    was: str
    became: str
    share: float
    """Of all times that `was` stood there; of all letters where nothing stood there."""

    @property
    def errors(self) -> int:
        """Letters wrong at once."""
        kept = len(self.was) if self.became.endswith(self.was) else 0
        return max(len(self.was), len(self.became)) - kept


class Damage:
    """Hurts texts by one table of confusions."""

    def __init__(self, *, letters: bool = False) -> None:
        """A damage.

        Args:
            letters: Only errors that change words as they are searched, folded.
        """
        table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
        counts: Mapping[str, int] = table["letters"]
        total = sum(counts.values())
        self._anywhere: list[_Confusion] = []
        self._by_first: dict[str, list[_Confusion]] = {}
        for was, became, times in table["confusions"]:
            dirt = not was and became != " " and not any(map(str.isalnum, became))
            if letters and (dirt or fold(f"x{was}x") == fold(f"x{became}x")):
                continue
            if dirt:
                # Specks are read as signs in the white between words, not within them.
                was, became = " ", f"{became} "  # noqa: PLW2901 - the same confusion, where it stands
            # Of a group of letters no more occurrences are known than of its rarest letter.
            stood = min((counts.get(letter, 1) for letter in was), default=total)
            here = self._by_first.setdefault(was[0], []) if was else self._anywhere
            here.append(_Confusion(was, became, min(times / stood, 1.0)))
        self._added = sum(each.share for each in self._anywhere)
        self._bounds = {
            first: self._added + sum(each.share for each in options) for first, options in self._by_first.items()
        }

    def damaged(self, text: str, rate: float, chance: random.Random) -> str:
        """`text` with about `rate` errors a letter; 0 leaves it as it is."""
        if rate <= 0 or not text:
            return text
        scale = rate * len(text) / (self._errors(text) or 1.0)
        parts: list[str] = []
        at = 0
        while at < len(text):
            drawn = chance.random()
            # Most letters are read rightly: what could befall this one is looked at only where something may.
            if drawn >= scale * self._bounds.get(text[at], self._added):
                parts.append(text[at])
                at += 1
                continue
            error = self._drawn(text, at, drawn, scale)
            parts.append(text[at] if error is None else error.became + (text[at] if not error.was else ""))
            at += max(1, len(error.was)) if error else 1
        return "".join(parts)

    def _options(self, text: str, at: int) -> list[_Confusion]:
        here = self._by_first.get(text[at], ())
        return [*(each for each in here if text.startswith(each.was, at)), *self._anywhere]

    def _errors(self, text: str) -> float:
        """Errors that the table alone would make of `text`."""
        added = len(text) * sum(each.share * each.errors for each in self._anywhere)
        changed = (each for options in self._by_first.values() for each in options)
        return added + sum(text.count(each.was) * each.share * each.errors for each in changed)

    def _drawn(self, text: str, at: int, drawn: float, scale: float) -> _Confusion | None:
        """What befalls the letter: `drawn` falls into the share of a confusion, or behind all."""
        options = self._options(text, at)
        most = sum(each.share for each in options)
        scale = min(scale, _MOST / most) if most else scale
        for each in options:
            drawn -= scale * each.share
            if drawn < 0:
                return each
        return None
