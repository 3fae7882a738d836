"""Abbreviations and other words of the same meaning, put into a query when it is asked: no index knows of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from search.clauses import AllOf, AnyOf, Clause, Most, Phrase, Query, Same, Word
from search.errors import SearchFaultError
from search.vietnamese import Forms, forms

MAX_SAME: Final = 8
"""Places of one query at which other words are asked for too."""

MAX_TERM_WORDS: Final = 12
MAX_TERMS: Final = 8
"""Of one meaning."""

MAX_FILE_BYTES: Final = 1 << 20

_Term = tuple[Forms, ...]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """What may stand for what."""

    others: Mapping[_Term, tuple[_Term, ...]]
    """Other terms by term."""

    _by_first: dict[str, list[_Term]] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for term in sorted(self.others, key=len, reverse=True):
            self._by_first.setdefault(term[0].fold, []).append(term)

    def applied(self, query: Query) -> Query:
        """`query` with what means the same put beside its words; phrases in quotes are asked for as they are."""
        return replace(query, clauses=_Applied(self).all_of(query.clauses))

    def at(self, words: Sequence[Word]) -> tuple[int, tuple[_Term, ...]]:
        """How many of the first words are a term, the longest, and what means the same; none: 0."""
        for term in self._by_first.get(words[0].word.fold, ()):
            typed = [word.word for word in words[: len(term)]]
            if len(typed) == len(term) and all(map(_is, typed, term)):
                # Typed without marks it may be several terms of the same length.
                alike = [each for each in self._by_first[term[0].fold] if len(each) == len(term)]
                found = [self.others[each] for each in alike if all(map(_is, typed, each))]
                return len(term), tuple(dict.fromkeys(other for others in found for other in others))[:MAX_TERMS]
        return 0, ()


def _is(typed: Forms, meant: Forms) -> bool:
    """Marks that were typed count; without any the word may be meant."""
    return typed.canon == meant.canon if typed.marked else typed.fold == meant.fold


class _Applied:
    """Goes through one query, within its bound."""

    def __init__(self, synonyms: Synonyms) -> None:
        self._synonyms = synonyms
        self._left = MAX_SAME

    def all_of(self, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
        return tuple(self._all_of(clauses))

    def _all_of(self, clauses: Sequence[Clause]) -> Iterator[Clause]:
        at = 0
        while at < len(clauses):
            run = _words_from(clauses, at)
            count, others = self._synonyms.at(run) if run and self._left else (0, ())
            if count:
                self._left -= 1
                yield Same(tuple(run[:count]), tuple(map(_clause, others)))
            else:
                yield self._within(clauses[at])
            at += max(1, count)

    def _within(self, clause: Clause) -> Clause:
        if isinstance(clause, AllOf | Most):
            return replace(clause, clauses=self.all_of(clause.clauses))
        if isinstance(clause, AnyOf):
            return AnyOf(tuple(self.all_of([inner])[0] for inner in clause.clauses))
        return clause


def _words_from(clauses: Sequence[Clause], start: int) -> list[Word]:
    found: list[Word] = []
    for clause in clauses[start : start + MAX_TERM_WORDS]:
        if not isinstance(clause, Word):
            break
        found.append(clause)
    return found


def _clause(term: _Term) -> Word | Phrase:
    return Word(term[0]) if len(term) == 1 else Phrase(term)


@cache
def shipped() -> Synonyms:
    """Those that come with the program."""
    return _read(files("search.data").joinpath("synonyms.toml").read_text(encoding="utf-8"))


def synonyms_of(path: Path | None) -> Synonyms:
    """Those of a file; None: those that come with the program.

    Raises:
        SearchFaultError: the file cannot be read or is not well formed; the text says what is wrong.
    """
    if path is None:
        return shipped()
    try:
        with path.open("rb") as file:
            kept = file.read(MAX_FILE_BYTES + 1)
        if len(kept) > MAX_FILE_BYTES:
            msg = f"more than {MAX_FILE_BYTES} bytes"
            raise ValueError(msg)  # noqa: TRY301 - told with the file's name below
        return _read(kept.decode("utf-8"))
    except (OSError, ValueError) as error:
        msg = f"the synonyms in {path} cannot be read: {error}"
        raise SearchFaultError(msg) from error


def _read(text: str) -> Synonyms:
    """Synonyms of a TOML text.

    Raises:
        ValueError: it is not well formed.
    """
    table = tomllib.loads(text)
    if unknown := set(table) - {"same", "stands_for"}:
        msg = f"there is no table {sorted(unknown)}; tables: [[same]], [[stands_for]]"
        raise ValueError(msg)
    others: dict[_Term, dict[_Term, None]] = {}
    for row in _rows(table, "same"):
        terms = [_term(each) for each in _texts(row, "terms")]
        for term in terms:
            others.setdefault(term, {}).update((other, None) for other in terms if other != term)
    for row in _rows(table, "stands_for"):
        (short,) = _texts({"short": [row.get("short")]}, "short")
        others.setdefault(_term(short), {}).update((_term(each), None) for each in _texts(row, "long"))
    return Synonyms({term: tuple(found) for term, found in others.items()})


def _rows(table: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = table.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        msg = f"{name} is no [[{name}]]"
        raise ValueError(msg)
    return rows


def _texts(row: Mapping[str, Any], name: str) -> list[str]:
    found = row.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(each, str) for each in found):
        msg = f"{name!r} is missing or no text in {dict(row)}"
        raise ValueError(msg)
    if len(found) > MAX_TERMS:
        msg = f"more than {MAX_TERMS} terms in {dict(row)}"
        raise ValueError(msg)
    return found


def _term(text: str) -> _Term:
    words = tuple(forms(text))
    if not 1 <= len(words) <= MAX_TERM_WORDS:
        msg = f"a term has 1 to {MAX_TERM_WORDS} words: {text!r}"
        raise ValueError(msg)
    return words
