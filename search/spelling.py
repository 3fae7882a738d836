"""Did you mean: words with their marks put back, misspelt ones mended, from the words of documents that one may see.

No dictionary: the holding is one. A word of the query is known when a visible
document has it; for one that is not, all spellings a slip of the finger away are
looked for at once, then the two halves that a lost blank made one. Which marks a
word has is decided by those who wrote it: the titles first, then the text, words
beside their neighbours of the query before words alone, and only by a clear
majority.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Final

from search.highlight import plain
from search.looks import Looks
from search.plan import Bool, Node, OneOf, Row, Term
from search.query import MAX_QUERY_CHARS
from search.vietnamese import Forms, Place, nfc, places

LITTLE: Final = 2
"""So few documents found may be the fault of how the words were typed."""

MAX_WORDS: Final = 12
"""Words of a query that are looked at; what stands behind them stays as typed."""

_MAX_MENDED = 3
_MAX_DOUBTED = 6
_MIN_MENDED_CHARS, _MAX_MENDED_CHARS = 2, 16
_MIN_ALONE_CHARS = 4
"""Shorter words are mended beside others only: by themselves they may be anything."""

_MIN_SPLIT_CHARS = 5
_TITLES, _TEXTS = 40, 4
"""Documents that one look reads: titles alone cost little."""

_MAX_READ_CHARS = 6000
"""Of one document; names and subjects stand on its first pages."""

_MUCH = 10
"""So many times more must be found before a word that some document has is taken for misspelt."""

_BESIDE = 5
"""A word counts so much more for each neighbour that it has in the query too."""

_MAJORITY = 2
_TOKEN = re.compile(r'(?P<lead>[-(]*)(?P<name>[^\W\d]\w*:)?(?P<body>"[^"]*"|[^\s"]+)')
_JOINING = frozenset({"OR", "HOẶC", "AND", "NOT"})


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the query that may be spelt otherwise."""

    start: int
    end: int
    forms: Forms
    folds: tuple[str, ...]
    """What is looked for: the word itself, another, or the two halves of it."""

    @property
    def mended(self) -> bool:
        """Whether another word is looked for than was typed."""
        return self.folds != (self.forms.fold,)


def corrected(looks: Looks, typed: str, total: int, finds: Callable[[str], int]) -> str:
    """What was probably meant by `typed`; empty: nothing better is known.

    Args:
        looks: By who asks.
        typed: The query.
        total: How many documents it found as it was typed.
        finds: How many documents another query finds.
    """
    typed = nfc(typed[:MAX_QUERY_CHARS])
    words = list(islice(_words(typed), MAX_WORDS))
    bare = not any(word.forms.marked for word in words)
    if not words or not (bare or total <= LITTLE):
        return ""
    if total <= LITTLE:
        mended = _mended(looks, words, total)
        better = _replaced(typed, mended, _spelt(looks, mended, all_of_them=bare)) if mended != words else typed
        if better != typed and finds(better) >= max(1, total * _MUCH):
            return plain(better).strip()
    if total == 0 or not bare:
        return ""
    better = _replaced(typed, words, _spelt(looks, words, all_of_them=True))
    return "" if better == typed else plain(better).strip()


def _words(typed: str) -> Iterator[_Word]:
    """Not those of fields, negations, beginnings and numbers."""
    for token in _TOKEN.finditer(typed):
        body = token["body"]
        if "-" in token["lead"] or token["name"] or "*" in body or body in _JOINING:
            continue
        for place in places(body):
            if place.fold.isalpha() and len(place.fold) > 1:
                at = token.start("body")
                forms = Forms(place.canon, place.fold)
                yield _Word(at + place.start, at + place.end, forms, (place.fold,))


def _replaced(typed: str, words: Sequence[_Word], spelt: Sequence[str]) -> str:
    parts, at = [], 0
    for word, better in zip(words, spelt, strict=True):
        written = typed[word.start : word.end]
        parts += [typed[at : word.start], _as_typed(written, better) if better else written]
        at = word.end
    return "".join([*parts, typed[at:]])


def _as_typed(written: str, better: str) -> str:
    """`better` with the capitals of what was typed."""
    if len(written) > 1 and written.isupper():
        return better.upper()
    return better.title() if written.istitle() else better


# ------------------------------------------------------------ misspelt words


def _mended(looks: Looks, words: list[_Word], total: int) -> list[_Word]:
    """`words` with others in the place of those that hardly any document has."""
    counts = {fold: looks.count(Term("fold", fold)) for fold in dict.fromkeys(word.forms.fold for word in words)}
    doubted = [at for at, word in enumerate(words) if counts[word.forms.fold] <= (LITTLE if total else 0)]
    if doubted:
        sure = [word.forms.fold for at, word in enumerate(words) if at not in doubted]
        for at in doubted[:_MAX_MENDED]:
            words = _with(words, at, _instead(looks, words, at, sure) or _alone(looks, words, at, sure))
        return words
    # Each word is known and no document has them all: one of them may be another word than was meant.
    for at in range(min(len(words), _MAX_DOUBTED) if len(words) > 1 else 0):
        others = [word.forms.fold for other, word in enumerate(words) if other != at]
        found = _instead(looks, words, at, others)
        if found:
            return _with(words, at, found)
    return words


def _with(words: list[_Word], at: int, folds: Sequence[str]) -> list[_Word]:
    return [*words[:at], replace(words[at], folds=tuple(folds)), *words[at + 1 :]] if folds else words


def _alone(looks: Looks, words: Sequence[_Word], at: int, sure: Sequence[str]) -> tuple[str, ...]:
    """The same wherever it stands, when no document has it beside the words that are sure."""
    return _instead(looks, words, at, ()) if sure else ()


def _instead(looks: Looks, words: Sequence[_Word], at: int, others: Sequence[str]) -> tuple[str, ...]:
    """The word or the two words that stand for a misspelt one in documents with the `others`; empty: none does."""
    fold = words[at].forms.fold
    if not (_MIN_MENDED_CHARS if others else _MIN_ALONE_CHARS) <= len(fold) <= _MAX_MENDED_CHARS:
        return ()
    beside = _Beside(words[at - 1].folds[-1] if at else "", words[at + 1].folds[0] if at + 1 < len(words) else "")
    context = [Term("fold", other) for other in dict.fromkeys(others)]
    spellings = _spellings(fold)
    votes = Counter[str]()
    for field in ("title", "fold"):
        for text in _texts(looks, [*context, OneOf(field, tuple(sorted(spellings)))], field):
            for place, near in _in_row(list(places(text)), spellings):
                votes[place.fold] += beside.weight(*near)
        if any(weight > _BESIDE for weight in votes.values()):
            break
    if votes:
        return (min(votes, key=lambda each: (-votes[each], abs(len(each) - len(fold)), each)),)
    return _halves(looks, fold, context)


def _spellings(fold: str) -> frozenset[str]:
    """All words that one slip makes `fold` of: a letter too much, too few, another, or two in the wrong order."""
    cuts = [(fold[:at], fold[at:]) for at in range(len(fold) + 1)]
    letters = string.ascii_lowercase
    found = {left + right[1:] for left, right in cuts if right}
    found |= {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    found |= {left + letter + right[1:] for left, right in cuts if right for letter in letters}
    found |= {left + letter + right for left, right in cuts for letter in letters}
    return frozenset(found - {fold})


def _halves(looks: Looks, fold: str, context: Sequence[Node]) -> tuple[str, ...]:
    """Two words that stand side by side somewhere and between which a blank was lost."""
    if len(fold) < _MIN_SPLIT_CHARS:
        return ()
    rows = {(fold[:at], fold[at:]) for at in range(1, len(fold))}
    for field in ("title", "fold"):
        asked = Bool(should=tuple(Row(field, row) for row in sorted(rows)))
        votes = Counter(
            row
            for text in _texts(looks, [*context, asked], field)
            for row in pairwise(place.fold for place in places(text))
            if row in rows
        )
        if votes:
            return min(votes, key=lambda row: (-votes[row], row))
    return ()


def _texts(looks: Looks, nodes: Sequence[Node], field: str) -> list[str]:
    """Titles of what answers, or the beginnings of its text where the text was asked for."""
    if field == "title":
        return [nfc(each.title) for each in looks.newest(nodes, _TITLES)]
    found = looks.newest(nodes, _TEXTS, pages=True)
    return [nfc(each.title) for each in found] + [" ".join(each.pages)[:_MAX_READ_CHARS] for each in found]


# ------------------------------------------------------------ marks


@dataclass(frozen=True, slots=True)
class _Beside:
    """The words of the query beside one of it."""

    before: str
    after: str

    def weight(self, before: str, after: str) -> int:
        """How much a word counts that stands between these two."""
        near = (self.before != "" and before == self.before) + (self.after != "" and after == self.after)
        return 1 + _BESIDE * near


def _in_row(words: Sequence[Place], folds: Collection[str]) -> Iterator[tuple[Place, tuple[str, str]]]:
    """Where one of `folds` stands in a text that was read, and the words on both sides of it."""
    for at, word in enumerate(words):
        if word.fold in folds:
            before = words[at - 1].fold if at else ""
            yield word, (before, words[at + 1].fold if at + 1 < len(words) else "")


class _Votes:
    """How the words of the query are written by those who wrote documents."""

    def __init__(self, folds: Sequence[str]) -> None:
        self.folds = folds
        ends = ["", *folds, ""]
        self._beside = [_Beside(ends[at], ends[at + 2]) for at in range(len(folds))]
        self._votes = [Counter[tuple[str, str]]() for _ in folds]
        self._at = {fold: [at for at, other in enumerate(folds) if other == fold] for fold in folds}

    def read(self, texts: Sequence[str]) -> None:
        """Count what NFC texts say; one without any mark says nothing of marks."""
        for text in dict.fromkeys(texts):
            words = list(places(text))
            if all(word.canon == word.fold for word in words):
                continue
            for place, near in _in_row(words, self._at):
                written = place.canon, text[place.start : place.end].lower()
                for at in self._at[place.fold]:
                    self._votes[at][written] += self._beside[at].weight(*near)

    def decided(self, at: int) -> str:
        """How a word is written; empty: no clear majority says."""
        by_canon = Counter[str]()
        for (canon, _), weight in self._votes[at].items():
            by_canon[canon] += weight
        ranked = sorted(by_canon, key=lambda each: (-by_canon[each], each))
        if not ranked or (len(ranked) > 1 and by_canon[ranked[0]] < _MAJORITY * by_canon[ranked[1]]):
            return ""
        written = {word: weight for (canon, word), weight in self._votes[at].items() if canon == ranked[0]}
        return min(written, key=lambda word: (-written[word], word))

    def undecided(self) -> list[str]:
        """The words of which nothing clear is known yet."""
        return [fold for at, fold in enumerate(self.folds) if not self.decided(at)]


def _spelt(looks: Looks, words: Sequence[_Word], *, all_of_them: bool) -> list[str]:
    """How each word is written; empty: as it was typed."""
    votes = _Votes([fold for word in words for fold in word.folds])
    wanted = {fold for word in words if all_of_them or word.mended for fold in word.folds}
    for field in ("title", "fold"):
        asked = [Term(field, fold) for fold in dict.fromkeys(votes.folds)]
        if wanted.intersection(votes.undecided()):
            votes.read(_texts(looks, asked, field))
    for field in ("title", "fold"):
        for fold in dict.fromkeys(fold for fold in votes.undecided() if fold in wanted):
            votes.read(_texts(looks, [Term(field, fold)], field))
    spelt, at = [], 0
    for word in words:
        better = [votes.decided(at + nth) or fold for nth, fold in enumerate(word.folds)]
        at += len(word.folds)
        known = all_of_them or word.mended
        spelt.append(" ".join(better) if known and (word.mended or better != list(word.folds)) else "")
    return spelt
