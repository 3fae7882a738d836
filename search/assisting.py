"""What helps a person to ask: suggestions, corrections, documents like another. The same for every engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from search.facets import choices
from search.highlight import Marker
from search.hits import hit
from search.looks import Looks
from search.planning import narrowed, planned
from search.ports import Hit, SearchAnswer, SearchRequest, Suggestion
from search.query import parse
from search.searching import RELEVANCE, Searching, Wanted
from search.similar import similar_to
from search.spelling import corrected
from search.suggesting import suggested


class Assisting(Searching):
    """Searches with an engine and helps to ask; subclasses are the engines."""

    def search(self, request: SearchRequest) -> SearchAnswer:
        """See `SearchIndex.search`."""
        # Something else may have been searched than what was typed.
        answer, total = self.searched(request)
        if not (request.correct and request.access):
            return answer
        if request.after:
            total = self._finds(request, request.query)
        looks = Looks(self.find, request.access, request.without)
        better = corrected(looks, request.query, total, partial(self._finds, request))
        return replace(answer, did_you_mean=better)

    def _finds(self, request: SearchRequest, query: str) -> int:
        """How many documents a query finds, as it is typed."""
        plan = narrowed(planned(self.read(query), request), choices(request.chosen).values())
        return self.find(Wanted(plan, RELEVANCE, 0)).total

    def suggest(
        self, typed: str, *, access: Sequence[str], without: Sequence[str] = (), limit: int = 10
    ) -> Sequence[Suggestion]:
        """See `SearchIndex.suggest`."""
        return suggested(Looks(self.find, access, without), typed, limit)

    def similar(
        self, document_id: str, *, access: Sequence[str], without: Sequence[str] = (), limit: int = 10
    ) -> Sequence[Hit]:
        """See `SearchIndex.similar`."""
        nothing = Marker(parse(""))
        found = similar_to(Looks(self.find, access, without), document_id, limit)
        return [hit(document, nothing, score) for document, score in found]
