"""What is the same for every engine: the language, the order of answers, hits with their page and snippet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from search.errors import SearchRequestError
from search.explaining import reasons
from search.facets import choices, named
from search.highlight import Marker
from search.hits import hit
from search.paging import Order, behind, cursor, position_of, went_on
from search.plan import Bool, Node, OneOf, Term
from search.planning import allowed, answers_beside, anywhere_beside, narrowed, planned, question, side_by_side
from search.ports import IndexedDocument, Reason, SearchAnswer, SearchRequest
from search.query import Number, Phrase, Query, Word, parse
from search.synonyms import Synonyms, shipped

RELEVANCE: Final = "relevance"
NOTE_TOLERANT: Final = "search.tolerant"
NOTE_MOST: Final = "search.most_words"
NOTE_BESIDE: Final = "search.side_by_side"

MAX_DOUBTED: Final = 100
"""Where more documents have all words, they are what was asked for: some of them will be meant."""

MIN_PAIRS: Final = 2
"""Of fewer pairs of neighbours one more side by side says nothing."""

_OF_ONE_WORD = 2
"""Pairs that one misspelt word can part."""

ORDERS: Final[Mapping[str, Order]] = {
    "date": Order("date_up"),
    "-date": Order("date_down", falling=True),
    "number": Order("sort_number"),
    "title": Order("sort_title"),
}
MAX_RESUME_CHARS: Final = 5000
"""A view of Elasticsearch names each of its shards in some hundred characters."""

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


@dataclass(frozen=True, slots=True)
class _Try:
    """A way to understand what was typed."""

    query: Query
    note: str = ""
    kind: str = ""
    """Tells apart those of one note."""

    def told_apart(self, request: SearchRequest) -> SearchRequest:
        """`request`, so that cursors of one try are no cursors of another; nothing else of it reads the query."""
        return replace(request, query=f"{request.query}\0{self.note}{self.kind}") if self.note else request


def _tries(query: Query) -> Iterator[_Try]:
    """As typed; where that finds nothing, as OCR may have read it, of three words or more without some of them."""
    yield _Try(query)
    if query.tolerates:
        return
    tolerant, most = query.tolerant(), query.most()
    # Who has all words stands first among those who have most. A try for all of them, with tolerance, would end at what
    # has something like them by chance: measured, it cost one document in thirty of damaged ones.
    if most != tolerant:
        yield _Try(most, NOTE_MOST)
    elif tolerant != query:
        yield _Try(tolerant, NOTE_TOLERANT)


def _beside(query: Query, least: int, *, ahead: bool) -> _Try:
    return _Try(query.beside(least, ahead=ahead), NOTE_BESIDE, f"{least} {ahead}")


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

    synonyms: Synonyms = shipped()
    """What may stand for what in a query."""

    def read(self, typed: str) -> Query:
        """What was typed, with what means the same beside it."""
        return self.synonyms.applied(parse(typed))

    def search(self, request: SearchRequest) -> SearchAnswer:
        """See `SearchIndex.search`.

        Raises:
            SearchRequestError: a field, a sort, a limit or an offset that does not exist.
            SearchFaultError: the index is down.
        """
        return self.searched(request)[0]

    def searched(self, request: SearchRequest) -> tuple[SearchAnswer, int]:
        """The same, and how many documents the query finds as it was typed: of a page that goes on, how many this has.

        Raises: as `search`.
        """
        if request.sort not in SORTS:
            raise SearchRequestError("sort", request.sort)
        if request.limit < 0 or request.offset < 0:
            raise SearchRequestError("limit or offset", min(request.limit, request.offset))
        query = self.read(request.query)
        tries = list(_tries(query))
        if request.after:
            answer = self._continued(request, tries)
            return answer, answer.total
        first = self._answer(request, query)
        for each in self._further(request, tries, first.total):
            answer = self._answer(each.told_apart(request), each.query)
            if answer.total or each.note == NOTE_BESIDE:
                return replace(answer, notes=(*answer.notes, each.note)), first.total
        return first, first.total

    def _further(self, request: SearchRequest, tries: Sequence[_Try], total: int) -> Iterator[_Try]:
        """What is tried behind the first try, which found so many. Chosen values of facets decide nothing."""
        query = tries[0].query
        if query.nothing or not request.access:
            return
        if request.chosen:
            total = self.find(Wanted(planned(query, request), "-date", 0)).total
        if total:
            yield from self._instead_of_chance(request, query, total)
        else:
            yield from tries[1:]

    def _instead_of_chance(self, request: SearchRequest, query: Query, total: int) -> Iterator[_Try]:
        """Where some documents have all words by chance: with those that lack some and have more of them side by side.

        What has more is as good as what has all: a paper has the words of a subject in a row, and all of them
        scattered only by chance, which one misspelt word is enough for.
        """
        pairs = len(query.pairs())
        if query.tolerates or pairs < MIN_PAIRS or total > MAX_DOUBTED:
            return
        beside = self._most_beside(side_by_side(query, request))
        more = self._more_beside(query.most(), request, beside) if beside < pairs else beside
        if more > beside:
            missing = pairs - more
            yield _beside(query, more, ahead=missing <= 1 or (missing == _OF_ONE_WORD and more - beside > 1))

    def _more_beside(self, query: Query, request: SearchRequest, beside: int) -> int:
        """The same of what answers `query`, if that is more than `beside`.

        Ranking all that has most of the words is the dearest look of a search. Whatever has two pairs and more is
        little beside that, so that it is looked at first, and then only whether any of it answers.
        """
        if not beside:
            return self._most_beside(side_by_side(query, request))
        most = self._most_beside(anywhere_beside(query, request, beside + 1))
        for least in range(most, beside, -1):
            if self.find(Wanted(answers_beside(query, request, least), "-date", 0, pages=False)).total:
                return least
        return beside

    def _most_beside(self, plan: Bool) -> int:
        """How many pairs stand side by side in the document that has most of them so."""
        best = self.find(Wanted(plan, RELEVANCE, 1, pages=False)).documents
        return round(best[0][1]) if best else 0

    def _continued(self, request: SearchRequest, tries: Sequence[_Try]) -> SearchAnswer:
        """A list goes on as it began, whatever has come in since: its cursor tells by which try."""
        query = tries[0].query
        of_chance = (
            _beside(query, least, ahead=ahead) for least in range(1, len(query.pairs())) for ahead in (False, True)
        )
        *others, last = (*tries, *of_chance)
        for each in others:
            with suppress(SearchRequestError):
                return self._answer(each.told_apart(request), each.query)
        return self._answer(last.told_apart(request), last.query)

    def _answer(self, request: SearchRequest, query: Query) -> SearchAnswer:
        asked = planned(query, request)
        chosen, counted = choices(request.chosen), named(request.facets)
        if query.nothing or not request.access:
            return SearchAnswer((), 0, query.notes, dict.fromkeys(counted, ()))
        plan = narrowed(asked, chosen.values())
        sort = _sort(query, request)
        facets = tuple(name for name in counted if name not in chosen)
        found, following = self._page(request, Wanted(plan, sort, request.limit, request.offset, facets=facets))
        counts = dict(found.facets)
        for name in counted:
            if name in chosen:
                others = narrowed(asked, [chosen[other] for other in chosen if other != name])
                counts |= self.find(Wanted(others, sort, 0, facets=(name,))).facets
        why = self._reasons(request, plan, found) if request.explain and sort == RELEVANCE else {}
        marker = Marker(query)
        hits = tuple(
            replace(hit(document, marker, score), why=why.get(document.document_id, ()))
            for document, score in found.documents
        )
        return SearchAnswer(hits, found.total, query.notes, {name: counts[name] for name in counted}, following)

    def _page(self, request: SearchRequest, first: Wanted) -> tuple[Found, str]:
        """The page that is asked for with all that is counted, and the cursor of the one behind it."""
        if request.after is None:
            return self.find(first), ""
        order = ORDERS.get(first.sort)
        if order is None:
            return self._ranked_page(request, first)
        if not request.after:
            found = self.find(first)
            more = first.offset + len(found.documents) < found.total
        else:
            further = narrowed(first.plan, [behind(order, *went_on(request, 2))])
            rest = self.find(Wanted(further, first.sort, first.limit))
            more = len(rest.documents) < rest.total
            found = replace(self.find(replace(first, limit=0)), documents=rest.documents)
        if not found.documents or not more:
            return found, ""
        return found, cursor(request, *position_of(order, found.documents[-1][0]))

    def _ranked_page(self, request: SearchRequest, first: Wanted) -> tuple[Found, str]:
        if not request.after:
            found = self.find(replace(first, hold=True))
        else:
            (resume,) = went_on(request, 1)
            held = self.find(Wanted(first.plan, first.sort, first.limit, pages=False, hold=True, resume=str(resume)))
            # The state that was kept is out of date in what is there, in what it says and in who may see it.
            ids = tuple(document.document_id for document, _ in held.documents)
            now = self.find(Wanted(allowed(request, OneOf("id", ids)), "-date", len(ids))) if ids else Found((), 0)
            there = {document.document_id: document for document, _ in now.documents}
            documents = [
                (there[document.document_id], score)
                for document, score in held.documents
                if document.document_id in there
            ]
            found = replace(self.find(replace(first, limit=0)), documents=documents, resume=held.resume)
        return found, cursor(request, found.resume) if found.resume else ""

    def _reasons(self, request: SearchRequest, plan: Bool, found: Found) -> Mapping[str, Sequence[Reason]]:
        scores = {document.document_id: score for document, score in found.documents}
        shown = OneOf("id", tuple(scores))

        def holding(step: Node) -> Sequence[str]:
            met = self.find(Wanted(allowed(request, shown, step), "-date", len(scores), pages=False))
            return [document.document_id for document, _ in met.documents]

        return reasons(plan, scores, holding)

    def page_hits(self, document_id: str, query: str) -> Sequence[tuple[int, int, int]]:
        """See `SearchIndex.page_hits`. At most 10,000 places; none when the document is not in the index.

        Whether the document may be seen is for the caller to know.
        """
        asked = self.read(query)
        marker = Marker(asked)
        document = self.document(document_id) if marker else None
        if document is None:
            return ()
        *tries, last = _tries(asked)
        # Who was not found as typed was found by the last try: there is nothing more to ask.
        answered = next((each for each in tries if self._answers(each.query, document_id)), last)
        marker = Marker(answered.query)
        return tuple(marker.page_hits(document.pages))

    def _answers(self, query: Query, document_id: str) -> bool:
        plan = narrowed(question(query, SearchRequest("")), [Term("id", document_id)])
        return self.find(Wanted(plan, RELEVANCE, 0)).total > 0


def _sort(query: Query, request: SearchRequest) -> str:
    """Where nothing can be ranked, the newest stands first."""
    ranked = any(isinstance(leaf, Word | Phrase | Number) for leaf in query.leaves())
    return "-date" if request.sort == RELEVANCE and not ranked else request.sort
