"""Ways to rank the holding, and what each is worth on the judged queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from search.plan import Bool, OneOf, Term
from search.ports import SearchRequest
from search.searching import RELEVANCE, Searching, Wanted
from search.vietnamese import fold
from tests.relevance.judged import Judged, held_out, queries
from tests.relevance.measures import MEASURES

_LIMIT: Final = 20
_ACCESS: Final = ("all",)

Ranking = Callable[[str], Sequence[str]]
"""From what was typed to identifiers, best first."""


def product(index: Searching) -> Ranking:
    """What a person is shown."""

    def ranked(typed: str) -> list[str]:
        return [hit.document_id for hit in index.search(SearchRequest(typed, limit=_LIMIT, access=_ACCESS)).hits]

    return ranked


def plain(index: Searching, *, every: bool) -> Ranking:
    """The base line: BM25 on folded words of title, number, names and pages, nothing else; `every` word or any."""

    def ranked(typed: str) -> list[str]:
        words = tuple(Term("fold", word) for word in dict.fromkeys(fold(typed).split()))
        access = (OneOf("access", _ACCESS),)
        plan = Bool(must=words, narrow=access) if every else Bool(must=(Bool(should=words),), narrow=access)
        found = index.find(Wanted(plan, RELEVANCE, _LIMIT, pages=False))
        return [document.document_id for document, _ in found.documents]

    return ranked


@dataclass(frozen=True, slots=True)
class Measured:
    """One query under one ranking."""

    group: str
    query: Judged
    held_out: bool
    found: Sequence[str]
    values: Mapping[str, float]
    """By name of the measure."""


def measured(ranking: Ranking) -> Iterator[Measured]:
    """All queries, in the order of their files."""
    for group, judged in queries().items():
        for position, query in enumerate(judged):
            found = ranking(query.typed)
            values = {name: measure(found, query.grades) for name, measure in MEASURES.items()}
            yield Measured(group, query, held_out(position), found, values)
