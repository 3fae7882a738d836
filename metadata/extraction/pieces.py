"""Pieces of a page: lines as they were read, parted where a wide gap or the border of a column stands between words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from metadata.extraction.letters import folded_words
from metadata.extraction.suggestions import Box
from metadata.legacy import is_syllable
from metadata.texts import PageText, Word

MOST_LINES = 400
"""Lines of a page that are looked at: a table of numbers has more, a letterhead never."""

MOST_WORDS = 80
"""Words of a line that are looked at."""

ASPECT = 1.41
"""Height of a page over its width: boxes are fractions of both."""

GAP = 1.35
"""Heights of a letter between two words that belong to two columns."""

_BEFORE, _AFTER = 0.12, 0.03
"""So much left of its heading a line of the right column begins at most, and right of it one that is cut there."""

_SURE = 100.0
_SHORT = 5
_HALF = 2
_MARKED = 0.12
"""Share of letters with marks in what is not Vietnamese, where OCR puts one or two; Vietnamese has a quarter."""

_ABBREVIATION = 3
_VOWEL = re.compile("[AEIOUaeiou]")
_ROUND = ".,;:()/-'’\""
_DASHES = frozenset("-–—")
"""`TÀI CHÍNH / - KẾ HOẠCH`: a dash belongs to the name that is broken there."""

BLURRED = 45.0
"""Confidence of OCR below which a word is hardly read."""


@dataclass(frozen=True)
class Piece:
    """Words that stand together on one line."""

    words: tuple[Word, ...]
    texts: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """The words with single blanks between them."""
        return " ".join(self.texts)

    @cached_property
    def folded(self) -> list[str]:
        """The words without marks and case."""
        return folded_words(self.text)

    @cached_property
    def box(self) -> Box:
        """Around all words."""
        return around(word.box for word in self.words)

    @property
    def middle(self) -> float:
        """Horizontal centre."""
        return (self.box[0] + self.box[2]) / 2

    @property
    def centre(self) -> float:
        """Vertical centre, by the median word: one tall stroke moves no line."""
        return float(median((word.box[1] + word.box[3]) / 2 for word in self.words))

    @property
    def height(self) -> float:
        """Height of a usual word."""
        return float(median(word.box[3] - word.box[1] for word in self.words))

    @cached_property
    def confidence(self) -> float:
        """0 to 100, mean of the words by their length; sure where nothing was recognised."""
        return confidence_of(self.words, self.texts)

    @property
    def capitals(self) -> bool:
        """Whether it is written in capitals, but for a letter or two that OCR changed."""
        letters = [letter for letter in self.text if letter.isalpha()]
        return len(letters) > 1 and sum(letter.isupper() for letter in letters) >= 0.8 * len(letters)

    @property
    def foreign(self) -> bool:
        """Whether its words are of another language: hardly a mark on them, and half of them no syllables."""
        letters = [letter for letter in self.text if letter.isalpha()]
        marked = sum(not letter.isascii() for letter in letters)
        odd = sum(len(text) for text in self.texts if _VOWEL.search(text) and not is_syllable(text.strip(_ROUND)))
        return len(letters) > _ABBREVIATION and marked <= _MARKED * len(letters) and odd >= len(letters) / _HALF

    @property
    def blurred(self) -> float:
        """Share of its letters in words that OCR hardly read."""
        total = sum(map(len, self.texts))
        bad = sum(
            len(text)
            for word, text in zip(self.words, self.texts, strict=True)
            if word.confidence is not None and word.confidence < BLURRED
        )
        return bad / total if total else 1.0

    def trimmed(self) -> Piece | None:
        """Without specks and strokes at its ends that OCR took for letters; None where nothing else is left."""
        first, last = 0, len(self.words)
        while first < last and self._is_speck(first):
            first += 1
        while last > first and self._is_speck(last - 1):
            last -= 1
        kept = self.part(first, last)
        return kept if any(letter.isalnum() for letter in kept.text) else None

    def _is_speck(self, at: int) -> bool:
        sure, text = self.words[at].confidence, self.texts[at]
        letters = sum(letter.isalnum() for letter in text)
        if letters == 0:
            return text not in _DASHES or (sure is not None and sure < BLURRED)
        # What is spelt as a syllable is a damaged word; it is weighed where it stands, not cut off.
        return sure is not None and sure < BLURRED and letters < _SHORT and not (letters > 1 and is_syllable(text))

    def part(self, start: int, end: int | None = None) -> Piece:
        """The words from `start` to `end`."""
        return Piece(self.words[start:end], self.texts[start:end])


def confidence_of(words: Sequence[Word], texts: Sequence[str]) -> float:
    """Mean confidence by length of word; `_SURE` without any."""
    weights = [
        (len(text), word.confidence) for word, text in zip(words, texts, strict=True) if word.confidence is not None
    ]
    total = sum(weight for weight, _ in weights)
    return sum(weight * sure for weight, sure in weights) / total if total else _SURE


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box around `boxes`, of which there is at least one."""
    edges = list(boxes)
    return (
        min(box[0] for box in edges),
        min(box[1] for box in edges),
        max(box[2] for box in edges),
        max(box[3] for box in edges),
    )


def lines_of(page: PageText) -> Iterator[Piece]:
    """The lines of `page` as read, one piece each, in the order in which they were read."""
    line: list[Word] = []
    end = count = 0
    for word in page.words:
        if line and "\n" in page.text[end : word.start]:
            yield _piece(page, line)
            line, count = [], count + 1
            if count >= MOST_LINES:
                return
        line.append(word)
        end = word.end
    if line:
        yield _piece(page, line)


def _piece(page: PageText, words: Sequence[Word]) -> Piece:
    few = tuple(words[:MOST_WORDS])
    return Piece(few, tuple(page.text[word.start : word.end] for word in few))


def parted(line: Piece) -> Iterator[Piece]:
    """The parts of `line` between which a gap wider than letters stands."""
    reach = GAP * line.height * ASPECT
    start = 0
    for at, (word, after) in enumerate(pairwise(line.words), start=1):
        if after.box[0] - word.box[2] > reach:
            yield line.part(start, at)
            start = at
    yield line.part(start)


def columns(line: Piece, border: float) -> Iterator[Piece]:
    """The words of the left column, and those of the right one, whose heading begins at `border`.

    A day may begin left of its heading: what stands together is parted only where nothing tells where.
    """
    if line.box[0] > border - _BEFORE:
        yield line
        return
    gaps = [after.box[0] - word.box[2] for word, after in pairwise(line.words)]
    near = [at for at, after in enumerate(line.words[1:]) if -_BEFORE < after.box[0] - border < _AFTER]
    widest = max(near, key=lambda at: gaps[at], default=None)
    if widest is not None and gaps[widest] > GAP * line.height * ASPECT:
        yield line.part(0, widest + 1)
        yield line.part(widest + 1)
        return
    left = [at for at, word in enumerate(line.words) if (word.box[0] + word.box[2]) / 2 < border]
    right = [at for at in range(len(line.words)) if at not in set(left)]
    for chosen in (left, right):
        if chosen:
            yield Piece(tuple(line.words[at] for at in chosen), tuple(line.texts[at] for at in chosen))
