"""Looks into an index by somebody who may see a part of it: what suggestions and corrections are made of.

No look depends on the engine's own score, which counts documents that the asker
may not see: what comes of looks is the same as if nothing else were in the index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from search.plan import Bool, Node
from search.planning import allowed
from search.ports import IndexedDocument, SearchRequest
from search.searching import RELEVANCE, Found, Wanted

_NEWEST = "-date"


@dataclass(frozen=True, slots=True)
class Looks:
    """What one person may see of an index."""

    find: Callable[[Wanted], Found]
    access: Sequence[str]
    without: Sequence[str] = ()

    def count(self, *nodes: Node) -> int:
        """How many documents answer all of `nodes`."""
        return self._found(Wanted(self._plan(nodes), _NEWEST, 0, pages=False)).total

    def values(self, facet: str, nodes: Sequence[Node]) -> list[str]:
        """The values of a facet among the documents that answer all of `nodes`, the most frequent first."""
        wanted = Wanted(self._plan(nodes), _NEWEST, 0, pages=False, facets=(facet,))
        return [value for value, _ in self._found(wanted).facets.get(facet, ())]

    def newest(
        self, nodes: Sequence[Node], limit: int, *, never: Sequence[Node] = (), pages: bool = False
    ) -> list[IndexedDocument]:
        """The newest documents that answer all of `nodes` and none of `never`."""
        found = self._found(Wanted(self._plan(nodes, never), _NEWEST, limit, pages=pages))
        return [document for document, _ in found.documents]

    def heaviest(
        self, worths: Sequence[Node], limit: int, *, never: Sequence[Node]
    ) -> Sequence[tuple[IndexedDocument, float]]:
        """The documents with the highest sum of `worths`, which are constant scores; with their pages."""
        plan = self._plan((), never, must=(Bool(should=tuple(worths)),))
        return self._found(Wanted(plan, RELEVANCE, limit)).documents

    def _found(self, wanted: Wanted) -> Found:
        return self.find(wanted) if self.access else Found((), 0)

    def _plan(self, narrow: Sequence[Node], never: Sequence[Node] = (), must: tuple[Node, ...] = ()) -> Bool:
        seen = allowed(SearchRequest("", access=self.access, without=self.without), *narrow)
        return replace(seen, must=must, never=(*seen.never, *never))
