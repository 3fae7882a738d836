"""What finding documents means, as Protocols, shaped so that Tantivy and Elasticsearch can stand behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document as the index sees it. Everything in it can be made again from the stored package."""

    document_id: str
    """`{package_id}/{ordinal}`."""

    package_id: str
    """UUID that names the dossier (of the first part)."""

    ordinal: int
    agency: str
    """Code of the submitting agency."""

    title: str
    """Subject (trích yếu) or title."""

    dossier_title: str
    doc_code: str
    file_code: str
    number: str
    """Number and notation as one, such as `222/QĐ-TTg`."""

    type_name: str
    organ_name: str
    issued: str
    """`YYYY-MM-DD`, `YYYY-MM`, `YYYY` or empty."""

    signer: str
    fonds: str
    retention: str
    language: str
    rights: str
    keywords: str
    fields: Mapping[str, str]
    """All other metadata, searchable as text."""

    pages: Sequence[str]
    """Text of each page, NFC."""

    confidence: float | None = None
    """Mean OCR confidence, 0 to 100."""

    verdict: str = ""
    """Gravest signature indication, or empty."""

    place: str = ""
    """Where the paper of the dossier lies, as `metadata.physical.StorePlace.key`; empty: nowhere that is known."""

    access: Sequence[str] = ("all",)
    """Coarse access tokens; a query is always filtered by some."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a person asked."""

    query: str
    fields: Mapping[str, str] = field(default_factory=dict)
    """`--field name=value`; names: number, doc_code, file_code, type, agency, organ, fonds, year, signer, rights,
    retention, language, title, keyword, storehouse, store_room, shelf, box, place (`2/-/12`)."""

    issued_from: date | None = None
    issued_to: date | None = None
    limit: int = 20
    offset: int = 0
    sort: str = "relevance"
    """`relevance`, `date`, `-date`, `number`, `title`."""

    facets: Sequence[str] = ()
    """Facets whose values are counted; names of `search.facets.FACETS`."""

    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Values of facets: any of those of one facet, of each facet that is named. A facet's own values do not narrow
    what is counted of it, so that one sees what choosing another of them would give."""

    after: str | None = None
    """`SearchAnswer.next` of the page before; empty: the first page, and a next one will be asked for; None: none."""

    explain: bool = False
    """Whether each hit says why it stands where it does."""

    correct: bool = False
    """Whether a better spelling of the query is looked for."""

    access: Sequence[str] = ("all",)
    without: Sequence[str] = ()
    """Packages that are neither found nor counted, whatever they carry: their access tokens are out of date."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score."""

    key: str
    """Key of the message that says what was met."""

    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One document found."""

    document_id: str
    package_id: str
    ordinal: int
    doc_code: str
    file_code: str
    title: str
    number: str
    issued: str
    organ_name: str
    type_name: str
    score: float
    page: int | None
    """Page (from 1) on which the snippet stands; None when only metadata matched."""

    snippet: str
    """HTML-safe, hits marked by `<em>`."""

    why: Sequence[Reason] = ()
    """What makes the score, when that was asked for and relevance gives the order."""

    no_file: bool = False
    """The document is only described (a register): said by who knows the holding, no index does."""


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """Best first."""

    hits: Sequence[Hit]
    total: int
    notes: Sequence[str] = ()
    """Message keys, such as `search.query_as_words` when the query was not well formed."""

    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    """What was asked for, by name: values with how many documents have them, the most frequent first."""

    next: str = ""
    """`SearchRequest.after` of the page behind; empty: there is none, or none was to be asked for."""

    did_you_mean: str = ""
    """The query in a better spelling, as visible documents have it; empty: none is known, or none was asked for."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may be meant by something that is still being typed."""

    kind: str
    """`number`, `title` or `agency`."""

    text: str
    """As the document has it, without control characters; not HTML."""

    html: str
    """The same HTML-safe, what was typed marked by `<em>`."""

    query: str
    """What finds it when it is searched."""


class SearchIndex(Protocol):
    """An index that can always be rebuilt. One writer at a time; many readers in other processes."""

    def add(self, documents: Iterable[IndexedDocument]) -> int:
        """Add or replace documents (by `document_id`), durable on return; how many."""
        ...

    def remove_package(self, package_id: str) -> None:
        """Remove all documents of a dossier."""
        ...

    def search(self, request: SearchRequest) -> SearchAnswer:
        """Find documents.

        Raises:
            SearchFaultError: the index is down.
        """
        ...

    def page_hits(self, document_id: str, query: str) -> Sequence[tuple[int, int, int]]:
        """Places of the query's words in a document: (page from 1, start, end) in the page's text."""
        ...

    def suggest(
        self, typed: str, *, access: Sequence[str], without: Sequence[str] = (), limit: int = 10
    ) -> Sequence[Suggestion]:
        """What may be meant by the beginning of a query: numbers, titles and agencies of visible documents.

        Args:
            typed: Anything; 200 characters and 12 words of it count.
            access: As in `SearchRequest`.
            without: As in `SearchRequest`.
            limit: 20 at most.

        Raises:
            SearchFaultError: the index is down.
        """
        ...

    def similar(
        self, document_id: str, *, access: Sequence[str], without: Sequence[str] = (), limit: int = 10
    ) -> Sequence[Hit]:
        """Visible documents like another visible one, the most alike first; never itself. 50 at most.

        Raises:
            SearchFaultError: the index is down.
        """
        ...

    def rebuild(self, documents: Iterable[IndexedDocument]) -> int:
        """Build a fresh index beside the old one and switch over when it is complete; how many documents."""
        ...

    def count(self) -> int:
        """Number of documents in the index."""
        ...

    def engine(self) -> str:
        """Name and version of what answers, for people.

        Raises:
            SearchFaultError: it does not answer.
        """
        ...

    def ready(self) -> None:
        """Prove that the index answers.

        Raises:
            SearchFaultError: it does not; the text says why.
        """
        ...
