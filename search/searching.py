"""What is the same for every engine: the language, the order of answers, hits with their page and snippet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from search.errors import SearchRequestError
from search.highlight import Marker
from search.hits import hit
from search.plan import Bool
from search.planning import planned
from search.ports import IndexedDocument, SearchAnswer, SearchRequest
from search.query import Number, Phrase, Query, Word, parse

RELEVANCE: Final = "relevance"
SORTS: Final = (RELEVANCE, "date", "-date", "number", "title")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an engine is asked for."""

    plan: Bool
    sort: str
    """One of `SORTS`."""

    limit: int
    """How many documents; 0: only how many there are."""

    offset: int = 0

    pages: bool = True
    """Whether the documents are wanted with their pages, which are most of what there is to read."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an engine answers."""

    documents: Sequence[tuple[IndexedDocument, float]]
    """With their pages if these were wanted, best first; the score is 0 where something else than it gave the order."""

    total: int
    """Exactly how many answer."""


class Searching(ABC):
    """Searches with an engine; subclasses are the engines."""

    @abstractmethod
    def find(self, wanted: Wanted) -> Found:
        """The documents that a plan asks for.

        Raises:
            SearchFaultError: the index is down.
        """

    @abstractmethod
    def document(self, document_id: str) -> IndexedDocument | None:
        """One document with its pages; None: the index has none of that name.

        Raises:
            SearchFaultError: the index is down.
        """

    def search(self, request: SearchRequest) -> SearchAnswer:
        """See `SearchIndex.search`.

        Raises:
            SearchRequestError: a field, a sort, a limit or an offset that does not exist.
            SearchFaultError: the index is down.
        """
        if request.sort not in SORTS:
            raise SearchRequestError("sort", request.sort)
        if request.limit < 0 or request.offset < 0:
            raise SearchRequestError("limit or offset", min(request.limit, request.offset))
        query = parse(request.query)
        plan = planned(query, request)
        if query.nothing or not request.access:
            return SearchAnswer((), 0, query.notes)
        found = self.find(Wanted(plan, _sort(query, request), request.limit, request.offset))
        marker = Marker(query)
        hits = tuple(hit(document, marker, score) for document, score in found.documents)
        return SearchAnswer(hits, found.total, query.notes)

    def page_hits(self, document_id: str, query: str) -> Sequence[tuple[int, int, int]]:
        """See `SearchIndex.page_hits`. At most 10,000 places; none when the document is not in the index.

        Whether the document may be seen is for the caller to know.
        """
        marker = Marker(parse(query))
        document = self.document(document_id) if marker else None
        return tuple(marker.page_hits(document.pages)) if document else ()


def _sort(query: Query, request: SearchRequest) -> str:
    """Where nothing can be ranked, the newest stands first."""
    ranked = any(isinstance(leaf, Word | Phrase | Number) for leaf in query.leaves())
    return "-date" if request.sort == RELEVANCE and not ranked else request.sort
