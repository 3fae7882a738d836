"""Corrections of a page's text: what a person typed is put in the place of what was read, and words keep their boxes.

Nothing is changed but what an edit names. A word that no edit touches keeps its box and its confidence; a new one
stands in the place of those that it replaces, or in the gap between its neighbours; a word for which there is no
place on the page is text without a box.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import ClassVar

from metadata.errors import UsageError
from metadata.texts import PageText, Word

MAX_EDITS = 20_000
MAX_PAGE_LETTERS = 1_000_000
"""Longest text of one page that a person may make."""

TYPED = "typed"
"""Source of a page where nothing was read and a person wrote down what stands on it."""

_NOTHING = "none"
_TOKEN = re.compile(r"\S+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_KEPT_CONTROLS = frozenset("\n\t")
_GAP_LETTERS = 0.012
"""Width of a letter, as a share of the page, where no neighbour tells it."""

Box = tuple[float, float, float, float]


class EditRefusedError(UsageError):
    """An edit does not fit the page: outside of it, over another one, with letters that nobody can see."""

    code: ClassVar[str] = "text.edit"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Edit:
    """Puts `text` in the place of `[start, end)` of a page's text; an empty place inserts, an empty text deletes."""

    start: int
    end: int
    text: str


def page_tag(page: PageText) -> str:
    """What tells a state of a page from every other: SHA-256 of its text, words and marks, 32 hexadecimal digits."""
    return hashlib.sha256(page.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:32]


def edited(page: PageText, edits: Sequence[Edit]) -> PageText:
    """`page` as the edits make it; no doubt is left in it.

    Args:
        page: As the person saw it.
        edits: In any order.

    Raises:
        EditRefusedError: they lie outside of the text or over each other, or bring letters that nobody can see.
    """
    old = tuple(sorted(page.words, key=lambda word: word.start))
    parts: list[str] = []
    words: list[Word] = []
    size = at = done = 0
    for cluster in _clusters(old, _checked(page.text, edits)):
        words += [_moved(word, size - at) for word in old[done : cluster.first]]
        kept, text = page.text[at : cluster.start], cluster.text(page.text)
        size += len(kept)
        parts += [kept, text]
        words += [_moved(word, size) for word in _Placing(page.text, old, cluster, text).words()]
        size, at, done = size + len(text), cluster.end, cluster.last
    words += [_moved(word, size - at) for word in old[done:]]
    text = "".join((*parts, page.text[at:]))
    if not unicodedata.is_normalized("NFC", text) or len(text) > MAX_PAGE_LETTERS:
        raise EditRefusedError("the text would not be in the form NFC, or longer than a page can be")
    return _settled(page, text, tuple(words))


def confirmed(page: PageText) -> PageText:
    """`page` as a person read it and found nothing to correct."""
    return page.model_copy(update={"doubtful": ""})


def edits_between(before: str, after: str) -> list[Edit]:
    """The edits that make `after` of `before`, line by line, each as small as it can be."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    offsets = [0]
    for line in old:
        offsets.append(offsets[-1] + len(line))
    found: list[Edit] = []
    for kind, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if last - first == end - start:
            for number in range(last - first):
                found += _narrowed(offsets[first + number], old[first + number], new[start + number])
        else:
            found += _narrowed(offsets[first], "".join(old[first:last]), "".join(new[start:end]))
    return found


def _narrowed(at: int, old: str, new: str) -> Iterator[Edit]:
    """One edit without what both have at their beginning and end."""
    shared = min(len(old), len(new))
    front = next((i for i in range(shared) if old[i] != new[i]), shared)
    back = next((i for i in range(shared - front) if old[-1 - i] != new[-1 - i]), shared - front)
    if front < max(len(old), len(new)):
        yield Edit(at + front, at + len(old) - back, new[front : len(new) - back])


# ---------------------------------------------------------------- edits


def _checked(text: str, edits: Sequence[Edit]) -> list[Edit]:
    if len(edits) > MAX_EDITS:
        msg = f"more than {MAX_EDITS} edits"
        raise EditRefusedError(msg)
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    at = 0
    for number, edit in enumerate(ordered):
        if not 0 <= edit.start <= edit.end <= len(text):
            msg = f"{edit.start}..{edit.end} lies outside of the text"
            raise EditRefusedError(msg)
        if edit.start < at or (number and edit.start == edit.end == ordered[number - 1].start):
            msg = f"{edit.start}..{edit.end} lies over another edit"
            raise EditRefusedError(msg)
        hidden = next((letter for letter in edit.text if _is_hidden(letter)), None)
        if hidden is not None:
            msg = f"U+{ord(hidden):04X} cannot be seen"
            raise EditRefusedError(msg)
        at = edit.end
    return ordered


def _is_hidden(letter: str) -> bool:
    return letter not in _KEPT_CONTROLS and unicodedata.category(letter) in _HIDDEN


@dataclass(slots=True)
class _Cluster:
    """Words that are edited together: all that one edit, or edits of the same word, touch."""

    start: int
    end: int
    first: int
    """Number of its first word, and of the one after its last."""

    last: int
    edits: list[Edit]

    def text(self, whole: str) -> str:
        """What stands there now."""
        parts: list[str] = []
        at = self.start
        for edit in self.edits:
            parts += [whole[at : edit.start], edit.text]
            at = edit.end
        return unicodedata.normalize("NFC", "".join((*parts, whole[at : self.end])))


def _clusters(words: Sequence[Word], ordered: Sequence[Edit]) -> list[_Cluster]:
    starts, ends = [word.start for word in words], [word.end for word in words]
    found: list[_Cluster] = []
    for edit in ordered:
        # What only touches a word may become one with it.
        first = bisect_left(ends, edit.start)
        last = max(first, bisect_right(starts, edit.end))
        start, end = edit.start, edit.end
        if first < last:
            start, end = min(start, starts[first]), max(end, ends[last - 1])
        if found and (first < found[-1].last or start < found[-1].end):
            before = found[-1]
            before.edits.append(edit)
            before.end, before.last = max(before.end, end), max(before.last, last)
        else:
            found.append(_Cluster(start, end, first, last, [edit]))
    return found


def _moved(word: Word, by: int) -> Word:
    return word.model_copy(update={"start": word.start + by, "end": word.end + by}) if by else word


def _settled(page: PageText, text: str, words: tuple[Word, ...]) -> PageText:
    """The page with its mean confidence: that of the words which are still as the machine read them."""
    sure = [word.confidence for word in words if word.confidence is not None]
    confidence = round(sum(sure) / len(sure), 1) if sure and page.confidence is not None else None
    if words == page.words:
        confidence = page.confidence
    source = TYPED if page.source == _NOTHING and text.strip() else page.source
    told = {"text": text, "words": words, "confidence": confidence, "doubtful": "", "source": source}
    return page.model_copy(update=told)


# ---------------------------------------------------------------- places


class _Placing:
    """Gives the words of a cluster their places. Offsets are those in the cluster's new text."""

    def __init__(self, whole: str, words: Sequence[Word], cluster: _Cluster, text: str) -> None:
        self._text = text
        self._tokens = [(found.start(), found.end()) for found in _TOKEN.finditer(text)]
        self._old = words[cluster.first : cluster.last]
        self._read = [whole[word.start : word.end] for word in self._old]
        before = words[cluster.first - 1] if cluster.first else None
        after = words[cluster.last] if cluster.last < len(words) else None
        self._before = before if before and "\n" not in whole[before.end : cluster.start] else None
        self._after = after if after and "\n" not in whole[cluster.end : after.start] else None
        self._boxes: list[Box | None] = [None] * len(self._tokens)
        self._sure: list[float | None] = [None] * len(self._tokens)

    def words(self) -> Iterator[Word]:
        """The words of the new text that have a place."""
        typed = [self._text[start:end] for start, end in self._tokens]
        for kind, *numbers in SequenceMatcher(None, self._read, typed, autojunk=False).get_opcodes():
            first, last, start, end = numbers
            if kind == "equal":
                for number in range(last - first):
                    self._boxes[start + number] = self._old[first + number].box
                    self._sure[start + number] = self._old[first + number].confidence
            elif kind == "replace":
                self._boxes[start:end] = _shared(self._old[first:last], [len(word) for word in typed[start:end]])
        self._fill_gaps()
        for (start, end), box, sure in zip(self._tokens, self._boxes, self._sure, strict=True):
            if box is not None:
                yield Word(start=start, end=end, box=box, confidence=sure)

    def _fill_gaps(self) -> None:
        number = 0
        while number < len(self._tokens):
            if self._boxes[number] is not None:
                number += 1
                continue
            end = number + 1
            while end < len(self._tokens) and self._boxes[end] is None and not self._line_between(end - 1, end):
                end += 1
            letters = [stop - start for start, stop in self._tokens[number:end]]
            self._boxes[number:end] = _in_gap(self._left_of(number), self._right_of(end), letters)
            number = end

    def _left_of(self, number: int) -> Box | None:
        if number:
            return None if self._line_between(number - 1, number) else self._boxes[number - 1]
        on_line = self._before is not None and "\n" not in self._text[: self._tokens[0][0]]
        return self._before.box if self._before is not None and on_line else None

    def _right_of(self, end: int) -> Box | None:
        if end < len(self._tokens):
            return None if self._line_between(end - 1, end) else self._boxes[end]
        on_line = self._after is not None and "\n" not in self._text[self._tokens[-1][1] :]
        return self._after.box if self._after is not None and on_line else None

    def _line_between(self, first: int, second: int) -> bool:
        return "\n" in self._text[self._tokens[first][1] : self._tokens[second][0]]


def _shared(words: Sequence[Word], letters: Sequence[int]) -> list[Box | None]:
    """The room of `words` among new ones: one for one where they are as many, else by their letters."""
    if len(words) == len(letters):
        return [word.box for word in words]
    lengths = [word.end - word.start for word in words]
    scale = sum(lengths) / sum(letters)
    found: list[Box | None] = []
    at = 0.0
    for count in letters:
        end = at + count * scale
        found.append(_stretch(words, lengths, at, end))
        at = end
    return found


def _stretch(words: Sequence[Word], lengths: Sequence[int], start: float, end: float) -> Box:
    """The room from letter `start` to letter `end` of `words`, counted without what stands between them."""
    boxes: list[Box] = []
    passed = 0
    for word, length in zip(words, lengths, strict=True):
        first, last = max(0.0, start - passed), min(float(length), end - passed)
        if last - first > 1e-6:  # noqa: PLR2004 - what is left of sums of fractions
            left, top, right, bottom = word.box
            width = (right - left) / length
            boxes.append((left + first * width, top, left + last * width, bottom))
        passed += length
    return _around(boxes) if boxes else words[-1].box


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return round(min(lefts), 3), round(min(tops), 3), round(max(rights), 3), round(max(bottoms), 3)


def _in_gap(left: Box | None, right: Box | None, letters: Sequence[int]) -> list[Box | None]:
    """Places between two neighbours of one line, or beside the only one; without one there is no place."""
    known = left or right
    if known is None:
        return [None] * len(letters)
    total = sum(letters) + len(letters) - 1
    width = max(0.0, total * _GAP_LETTERS)
    begin = left[2] if left else max(0.0, known[0] - width)
    end = max(begin, right[0]) if right else min(1.0, begin + width)
    top, bottom = min(box[1] for box in (left, right) if box), max(box[3] for box in (left, right) if box)
    found: list[Box | None] = []
    at = 0
    for count in letters:
        share = (end - begin) / total
        found.append((round(begin + at * share, 3), top, round(begin + (at + count) * share, 3), bottom))
        at += count + 1
    return found
