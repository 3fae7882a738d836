"""What is the same for every engine: the language, the order of answers, hits with their page and snippet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from search.errors import SearchRequestError
from search.highlight import Marker
from search.hits import hit
from search.plan import Bool
from search.planning import planned
from search.ports import IndexedDocument, SearchAnswer, SearchRequest
from search.query import Number, Phrase, Query, Word, parse

RELEVANCE: Final = "relevance"


@dataclass(frozen=True, slots=True)
class Order:
    """By the values of a field; equal ones by the document's identifier, rising."""

    field: str
    falling: bool = False


ORDERS: Final[Mapping[str, Order]] = {
    "date": Order("date_up"),
    "-date": Order("date_down", falling=True),
    "number": Order("sort_number"),
    "title": Order("sort_title"),
}
MAX_RESUME_CHARS: Final = 1000
SORTS: Final = (RELEVANCE, *ORDERS)
"""Documents of one score stand by the field `tie`, falling, then by their identifier, rising."""


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

    facets: tuple[str, ...] = ()
    """Facets whose values are counted among all that the plan finds."""

    hold: bool = False
    """Whether the order by relevance is to be kept for a while, so that a later look can go on with it."""

    resume: str = ""
    """`Found.resume` of an earlier look with the same plan and sort: what stood behind its documents then."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an engine answers."""

    documents: Sequence[tuple[IndexedDocument, float]]
    """With their pages if these were wanted, best first; the score is 0 where something else than it gave the order."""

    total: int
    """Exactly how many answer."""

    facets: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """By name: values with the number of documents, the most frequent first, then by code points; `MAX_VALUES`."""

    resume: str = ""
    """Where to go on, when that was to be held and there is more; at most `MAX_RESUME_CHARS`."""


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
