"""Where the words of a query stand: snippets, page numbers, places. The same for every backend, from the pages' texts.

A page is first asked for its distinct words, which costs some 60 µs; only a page
that answers is read word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import NamedTuple

from search.clauses import neighbours
from search.confusions import joined, may_be_near, misreadings, near, pieces
from search.damage import damaged_rows
from search.query import Number, Phrase, Prefix, Query, Word
from search.vietnamese import MAX_WORD_CHARS, Forms, Place, forms_of, nfc, places, spans, streams, written

SNIPPET_CHARS = 220
_CONTEXT_CHARS = 50
MAX_PAGE_HITS = 10_000

_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


class Mark(NamedTuple):
    """A place that answers the query."""

    start: int
    end: int
    what: str
    """The element of the query that it answers."""

    exact: bool
    """Written with the marks that were typed."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A passage and the page (from 1) on which it stands."""

    html: str
    page: int


class _Role(NamedTuple):
    """What a word as written is to the query."""

    what: str
    """The element that it answers by itself, or empty."""

    exact: bool
    in_row: bool
    """It is part of a phrase."""

    fold: str
    damaged: bool = False
    """Not what was asked for, but what OCR may have made of it."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """What OCR may have made of the words that are asked for with tolerance."""

    misread: Mapping[str, str]
    """Word asked for by what it may have become."""

    near: Sequence[str]
    """Words of which one letter may be another."""

    rows: Sequence[tuple[Forms, ...]]

    def what(self, folded: str) -> str:
        """The word that `folded` may have been, or empty."""
        return self.misread.get(folded) or next((word for word in self.near if near(word, folded)), "")


def _expected(query: Query) -> _Expected:
    misread: dict[str, str] = {}
    close: list[str] = []
    rows: dict[tuple[str, ...], None] = {}
    for leaf in query.leaves():
        if isinstance(leaf, Word) and leaf.tolerant:
            word = leaf.word.fold
            misread |= dict.fromkeys(misreadings(word), word)
            rows |= dict.fromkeys(pieces(word))
            close += [word] if may_be_near(word) else []
        elif isinstance(leaf, Phrase | Number) and leaf.tolerant:
            rows |= dict.fromkeys(damaged_rows(tuple(word.fold for word in leaf.words)))
    for one, other in neighbours(query.clauses):
        if one.tolerant and other.tolerant:
            misread |= dict.fromkeys(joined((one.word.fold, other.word.fold)), one.word.fold)
    misread |= {words[0]: words[0] for words in rows if len(words) == 1}
    return _Expected(misread, close, [tuple(Forms(word, word) for word in words) for words in rows if len(words) > 1])


class _Roles(dict[str, _Role | None]):
    """Roles by word as written, found once a query: texts repeat their words."""

    def __init__(
        self, words: Mapping[str, str], prefixes: Sequence[Prefix], row_words: frozenset[str], expected: _Expected
    ) -> None:
        self._words, self._prefixes, self._row_words, self._expected = words, prefixes, row_words, expected
        self._known = row_words | words.keys() | expected.misread.keys()
        self._open = bool(prefixes or expected.near)

    def __missing__(self, word: str) -> _Role | None:
        canon, folded = forms_of(word)
        if not self._open and folded not in self._known:
            # Nearly all words: this is most of what showing an answer costs.
            self[word] = None
            return None
        what = folded if folded in self._words else ""
        for prefix in self._prefixes:
            if not what and (folded.startswith(prefix.stem) or folded == prefix.whole):
                what = prefix.stem
        damaged = "" if what else self._expected.what(folded)
        in_row = folded in self._row_words
        exact = self._words.get(folded) == canon
        asked = what or damaged or in_row
        role = _Role(what or damaged, exact, in_row, folded, bool(damaged)) if asked else None
        self[word] = role
        return role


class Marker:
    """Finds a query's words in texts. Made once a query; not for several threads at once."""

    def __init__(self, query: Query) -> None:
        words: dict[str, str] = {}
        prefixes: list[Prefix] = []
        rows: list[tuple[Forms, ...]] = []
        for leaf in (*query.also(), *query.leaves()):
            if isinstance(leaf, Word):
                words[leaf.word.fold] = _typed(leaf.word)
            elif isinstance(leaf, Prefix):
                prefixes.append(leaf)
            elif isinstance(leaf, Phrase | Number):
                if len(leaf.words) > 1:
                    rows.append(leaf.words)
                else:
                    words |= {word.fold: _typed(word) for word in leaf.words}
        expected = _expected(query)
        stems = {prefix.stem for prefix in prefixes}
        self._full = 10 * len(words.keys() | stems) + sum(map(bool, words.values())) + 13 * len(rows)
        self._asked_rows = len(rows)
        self._rows = [*rows, *expected.rows]
        self._row_folds = [frozenset(word.fold for word in row) for row in self._rows]
        self._roles = _Roles(words, prefixes, frozenset().union(*self._row_folds), expected)
        self._last: tuple[str, frozenset[str]] = "", frozenset()
        self._asks = bool(words or stems or self._rows)

    def __bool__(self) -> bool:
        return self._asks

    def _distinct(self, text: str) -> frozenset[str]:
        """The words of an NFC text as written, each once. The best page of a document is asked for them twice."""
        last, there = self._last
        if last is not text:
            there = frozenset(written(text))
            self._last = text, there
        return there

    def _seen(self, text: str) -> list[_Role]:
        roles = self._roles
        return [role for word in self._distinct(text) if (role := roles[word]) is not None]

    def weight(self, text: str) -> int:
        """How well an NFC text answers: elements of the query in it, a little more when typed marks are there too.

        What OCR may have made of an element counts a little less than the element.
        """
        seen = self._seen(text)
        whole = {role.what for role in seen if role.what and not role.damaged}
        total = 10 * len(whole) + 8 * len({role.what for role in seen if role.what} - whole)
        total += len({role.what for role in seen if role.exact})
        if self._rows:
            there = {role.fold for role in seen}
            rows = [index for index, folds in enumerate(self._row_folds) if folds <= there]
            canons, folded = (f" {stream} " for stream in streams(text)) if rows else ("", "")
            for index in rows:
                row = self._rows[index]
                if _joined(word.fold for word in row) not in folded:
                    continue
                plain = not any(word.marked for word in row)
                marked = plain or _joined(word.canon for word in row) in canons
                total += 12 + marked if index < self._asked_rows else 8
        return total

    def touches(self, text: str) -> bool:
        """At least one word of the query may stand in an NFC text, be it only a part of a phrase."""
        return bool(self._seen(text))

    def marks(self, text: str) -> list[Mark]:
        """All places in an NFC text, in order, none inside another."""
        return [mark for _, mark in self.marks_of([text])]

    def marks_of(self, pages: Sequence[str]) -> Iterator[tuple[int, Mark]]:
        """Places on consecutive pages (from 0); a phrase may begin on one page and end on the next."""
        roles = self._roles
        if not self._rows:
            for number, page in enumerate(pages):
                wanted = {word for word in self._distinct(page) if roles[word] is not None}
                if wanted:
                    yield from ((number, self._mark(page, place)) for place in places(page, wanted))
            return
        if not self._answered(pages):
            return
        words = [written(page) for page in pages]
        in_row = self._in_rows([forms_of(word).fold for page in words for word in page])
        first = 0
        for number, (page, there) in enumerate(zip(pages, words, strict=True)):
            marked = [
                (at, word, row)
                for at, word in enumerate(there)
                if (row := in_row.get(first + at, "")) or ((role := roles[word]) is not None and role.what)
            ]
            first += len(there)
            at_page = spans(page) if marked else []
            yield from (
                (number, self._mark(page, Place(*at_page[at], *forms_of(word)), row)) for at, word, row in marked
            )

    def _answered(self, pages: Sequence[str]) -> bool:
        """Whether a word or all words of a phrase stand on the pages at all: most texts are told so without places."""
        there: set[str] = set()
        for role in (role for page in pages for role in self._seen(page)):
            if role.what:
                return True
            there.add(role.fold)
        return any(folds <= there for folds in self._row_folds)

    def _mark(self, page: str, place: Place, row: str = "") -> Mark:
        role = self._roles[page[place.start : place.end]]
        end = min(place.end, place.start + MAX_WORD_CHARS)
        return Mark(place.start, end, role.what or row if role else row, role is not None and role.exact)

    def _in_rows(self, folds: Sequence[str]) -> Mapping[int, str]:
        found: dict[int, str] = {}
        for row in self._rows:
            wanted = [word.fold for word in row]
            start = -1
            while True:
                try:
                    start = folds.index(wanted[0], start + 1)
                except ValueError:
                    break
                if folds[start : start + len(wanted)] == wanted:
                    found.update(dict.fromkeys(range(start, start + len(wanted)), " ".join(wanted)))
        return found

    def best(self, pages: Sequence[str]) -> Snippet | None:
        """The best passage of the earliest page that answers best; None when no page has a mark."""
        best, index = 0, 0
        for number, page in enumerate(pages):
            weight = self.weight(page) if page else 0
            if weight > best:
                best, index = weight, number
                if best >= self._full:
                    break
        if best:
            return Snippet(self._snippet(pages[index], self.marks(pages[index])) or "", index + 1)
        return self._over_break(pages) if self._rows else None

    def _over_break(self, pages: Sequence[str]) -> Snippet | None:
        """A phrase that begins on one page and ends on the next that is not blank; only the edges are read."""
        reach = 100 + 12 * max(map(len, self._rows))
        written = [index for index, page in enumerate(pages) if page.strip()]
        for here, there in pairwise(written):
            page = pages[here]
            cut = _at_word(page, max(0, len(page) - reach), forwards=True)
            edges = [page[cut:], pages[there][:reach]]
            marks = [
                Mark(mark.start + cut, mark.end + cut, mark.what, mark.exact)
                for index, mark in self.marks_of(edges)
                if index == 0
            ]
            if marks:
                return Snippet(self._snippet(page, marks) or "", here + 1)
        return None

    def passage(self, text: str) -> str | None:
        """The best passage of a short text such as a title; None without a mark."""
        text = nfc(text)
        return self._snippet(text, self.marks(text))

    def page_hits(self, pages: Sequence[str]) -> list[tuple[int, int, int]]:
        """(page from 1, start, end) of all marks, at most `MAX_PAGE_HITS`."""
        found: list[tuple[int, int, int]] = []
        for run in self._runs(pages):
            first = run.start
            for index, mark in self.marks_of(pages[run.start : run.stop]):
                found.append((first + index + 1, mark.start, mark.end))
                if len(found) >= MAX_PAGE_HITS:
                    return found
        return found

    def _runs(self, pages: Sequence[str]) -> Iterator[range]:
        """Runs of consecutive pages that have words of the query: phrases never cross a page without any."""
        start: int | None = None
        for index, page in enumerate(pages):
            # A blank page stands between two without parting the phrase.
            if self.touches(page) or (start is not None and not page.strip()):
                start = index if start is None else start
            elif start is not None:
                yield range(start, index)
                start = None
        if start is not None:
            yield range(start, len(pages))

    def _snippet(self, text: str, marks: Sequence[Mark]) -> str | None:
        if not marks:
            return None
        first, last = _window(marks)
        start = _at_word(text, max(0, marks[first].start - _CONTEXT_CHARS), forwards=False)
        end = _at_word(
            text, min(len(text), max(marks[last].end + _CONTEXT_CHARS, start + SNIPPET_CHARS)), forwards=True
        )
        parts, at = [], start
        for mark in marks:
            if start <= mark.start and mark.end <= end:
                parts += [printable(text[at : mark.start]), "<em>", printable(text[mark.start : mark.end]), "</em>"]
                at = mark.end
        parts.append(printable(text[at:end]))
        joined = "".join(parts).strip()
        return ("… " if start else "") + joined + (" …" if end < len(text) else "")


def _typed(word: Forms) -> str:
    """The canon to prefer; empty for a word that was typed without marks, which asks for none."""
    return word.canon if word.marked else ""


def _joined(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "


def _window(marks: Sequence[Mark]) -> tuple[int, int]:
    """First and last mark of the stretch with the most distinct elements."""
    best, found, last = -1, (0, 0), 0
    for first, mark in enumerate(marks):
        last = max(last, first)
        while last + 1 < len(marks) and marks[last + 1].end - mark.start <= SNIPPET_CHARS:
            last += 1
        inside = marks[first : last + 1][:40]
        score = 10 * len({m.what for m in inside}) + 2 * any(m.exact for m in inside) + min(len(inside), 5)
        if score > best:
            best, found = score, (first, last)
    return found


def _at_word(text: str, at: int, *, forwards: bool) -> int:
    """The next place that does not cut a word; at most 40 characters away."""
    for _ in range(40):
        if at <= 0 or at >= len(text) or not (text[at - 1].isalnum() and text[at].isalnum()):
            break
        at += 1 if forwards else -1
    return at


def printable(text: str) -> str:
    """`text` safe in HTML and on a terminal: escaped, runs of space made one, no control or direction characters."""
    return escape(plain(text))


def plain(text: str) -> str:
    """`text` safe on a terminal, not in HTML: runs of space made one, no control or direction characters."""
    return _SPACES.sub(" ", _UNPRINTABLE.sub("", text))


def beginning(text: str) -> str:
    """How a document begins, for answers that no word of the query explains."""
    end = _at_word(text, min(len(text), SNIPPET_CHARS), forwards=True)
    return printable(text[:end]).strip() + (" …" if end < len(text) else "")
