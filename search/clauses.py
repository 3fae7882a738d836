"""What can be asked for: the parts of a query, the same for every backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from search.vietnamese import Forms

MIN_MOST = 3
"""Of fewer words none is spared when most of them are asked for."""

MAX_BESIDE = 12
"""Neighbours of a query of which it is asked how many stand side by side."""

MAX_TOLERANT_WORDS = 12
"""Words beyond these are asked for as they are typed: each costs dozens of terms."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, anywhere in the document."""

    word: Forms
    tolerant: bool = False
    """What OCR may have made of it is found too, as for phrases and numbers."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """At least two words side by side, in this order; over a page break too."""

    words: tuple[Forms, ...]
    tolerant: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A document number with its notation: the document itself, or one that cites it."""

    key: str
    words: tuple[Forms, ...]
    tolerant: bool = False


@dataclass(frozen=True, slots=True)
class Prefix:
    """Beginning of a word."""

    stem: str
    """Folded, at least `MIN_PREFIX_CHARS`, letters and digits only; a last y is not made i as in a whole word."""

    whole: str
    """Fold of the same as a whole word."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A field with a value; does not count for the rank."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """Documents for which the clause does not hold."""

    clause: Clause


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one clause holds."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All clauses hold."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Most:
    """At least so many clauses hold; the more, the better."""

    clauses: tuple[Clause, ...]
    least: int
    beside: int = 0
    """Where not all clauses hold as typed, so many of `pairs` stand side by side; 0: none need to."""

    ahead: bool = False
    """Whether what has them side by side stands before what has all as typed."""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Folds of words without digits that were typed side by side, each pair once; the first `MAX_BESIDE`."""
        typed = ((one.word.fold, other.word.fold) for one, other in neighbours(self.clauses))
        return tuple(islice(dict.fromkeys(pair for pair in typed if not any(map(_has_digit, pair))), MAX_BESIDE))


@dataclass(frozen=True, slots=True)
class Same:
    """Words as typed, or other words that mean the same."""

    typed: tuple[Word | Phrase, ...]
    others: tuple[Word | Phrase, ...]


Leaf = Word | Phrase | Number | Prefix | Filter
Clause = Leaf | Not | AnyOf | AllOf | Most | Same


@dataclass(frozen=True, slots=True)
class Query:
    """All clauses hold, or all that was typed is the number or code of the document."""

    clauses: tuple[Clause, ...]
    key: str = ""
    """Key of all that was typed, when that can be a number or a code."""

    notes: tuple[str, ...] = ()
    nothing: bool = False
    """Something was typed, but not one letter of it can be searched: no document answers."""

    def leaves(self) -> Iterator[Leaf]:
        """The clauses that a document may hold, as typed, without those under `Not`."""
        for clause in self.clauses:
            yield from _leaves(clause)

    def same(self) -> Iterator[Same]:
        """The places at which other words of the same meaning are asked for too."""
        for clause in self.clauses:
            yield from _same(clause)

    def also(self) -> Iterator[Word | Phrase]:
        """What may stand in place of the words as typed, because it means the same."""
        for same in self.same():
            yield from same.others

    def words(self) -> tuple[Forms, ...]:
        """All words asked for, in the order typed, each once."""
        found: dict[Forms, None] = {}
        for leaf in self.leaves():
            if isinstance(leaf, Word):
                found[leaf.word] = None
            elif isinstance(leaf, Phrase | Number):
                found.update(dict.fromkeys(leaf.words))
        return tuple(found)

    @property
    def tolerates(self) -> bool:
        """Whether something of it is asked for as OCR may have read it."""
        return any(isinstance(leaf, Word | Phrase | Number) and leaf.tolerant for leaf in self.leaves())

    def tolerant(self) -> Query:
        """The same, asked for as OCR may have read it; what must not stand there is not."""
        return replace(self, clauses=Tolerance().bounded([made_tolerant(clause) for clause in self.clauses]))

    def most(self) -> Query:
        """The same, asked for with tolerance, where a third of the words and numbers may be missing.

        Of fewer than `MIN_MOST` none may. What stands in quotes or parentheses, fields
        and what must not stand there stay as they are.
        """
        query = self.tolerant()
        units = tuple(clause for clause in query.clauses if isinstance(clause, Word | Number | Same))
        if len(units) < MIN_MOST:
            return query
        others = tuple(clause for clause in query.clauses if not isinstance(clause, Word | Number | Same))
        return replace(query, clauses=(Most(units, len(units) - len(units) // 3), *others))

    def beside(self, least: int, *, ahead: bool) -> Query:
        """As typed, or as `most` where so many of its pairs stand side by side; see `Most`."""
        return replace(
            self,
            clauses=tuple(
                replace(clause, beside=least, ahead=ahead) if isinstance(clause, Most) else clause
                for clause in self.most().clauses
            ),
        )

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """See `Most.pairs`; none where none of the words may be missing."""
        return next((clause.pairs for clause in self.most().clauses if isinstance(clause, Most)), ())

    def strict(self) -> Query:
        """The same, asked for as it was typed."""
        return replace(self, clauses=tuple(made_tolerant(clause, tolerant=False) for clause in self.clauses))


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _leaves(clause: Clause) -> Iterator[Leaf]:
    if isinstance(clause, AnyOf | AllOf | Most):
        for inner in clause.clauses:
            yield from _leaves(inner)
    elif isinstance(clause, Same):
        yield from clause.typed
    elif not isinstance(clause, Not):
        yield clause


def _same(clause: Clause) -> Iterator[Same]:
    if isinstance(clause, AnyOf | AllOf | Most):
        for inner in clause.clauses:
            yield from _same(inner)
    elif isinstance(clause, Same):
        yield clause


def words_of(clause: Word | Phrase) -> tuple[Forms, ...]:
    """The words of either."""
    return clause.words if isinstance(clause, Phrase) else (clause.word,)


def neighbours(clauses: Sequence[Clause]) -> Iterator[tuple[Word, Word]]:
    """Words typed side by side that must both be there."""
    typed = [word for clause in clauses for word in (clause.typed if isinstance(clause, Same) else (clause,))]
    for one, other in pairwise(typed):
        if isinstance(one, Word) and isinstance(other, Word):
            yield one, other
    for clause in clauses:
        if isinstance(clause, AnyOf | AllOf | Most):
            inner = [[each] for each in clause.clauses] if isinstance(clause, AnyOf) else [clause.clauses]
            for group in inner:
                yield from neighbours(group)


def made_tolerant(clause: Clause, *, tolerant: bool = True) -> Clause:
    """`clause` with its words asked for as OCR may have read them, or as typed; what stands under `Not` stays."""
    if isinstance(clause, Word | Phrase | Number):
        return replace(clause, tolerant=tolerant)
    if isinstance(clause, AnyOf | AllOf | Most):
        return replace(clause, clauses=tuple(made_tolerant(inner, tolerant=tolerant) for inner in clause.clauses))
    if isinstance(clause, Same):
        return replace(clause, typed=tuple(replace(each, tolerant=tolerant) for each in clause.typed))
    return clause


class Tolerance:
    """Takes tolerance from the words beyond the first `MAX_TOLERANT_WORDS`."""

    def __init__(self) -> None:
        self.left = MAX_TOLERANT_WORDS

    def bounded(self, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
        """The clauses, of which later ones may have lost their tolerance."""
        return tuple(self._bounded(clause) for clause in clauses)

    def _bounded(self, clause: Clause) -> Clause:
        if isinstance(clause, AnyOf | AllOf | Most):
            return replace(clause, clauses=self.bounded(clause.clauses))
        if isinstance(clause, Not):
            return Not(self._bounded(clause.clause))
        if isinstance(clause, Same):
            return replace(clause, typed=tuple(replace(each, tolerant=self._granted(each)) for each in clause.typed))
        if isinstance(clause, Word | Phrase | Number):
            return replace(clause, tolerant=self._granted(clause))
        return clause

    def _granted(self, leaf: Word | Phrase | Number) -> bool:
        if leaf.tolerant:
            self.left -= 1 if isinstance(leaf, Word) else len(leaf.words)
        return leaf.tolerant and self.left >= 0
