"""A document as a person reads it: which file shows which pages, and where the words of a query stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive.api.rights import Asking
from archive.auth.policy import Action
from archive.catalogue.holdings import Place
from archive.composition import Archive
from metadata.errors import NotFoundError
from metadata.package import PackageDocument, PackageFile, PackageRecord
from metadata.texts import PageText

MAX_HITS = 2000
"""Hits that are marked in one document at most."""

_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Shown:
    """One file on the screen."""

    file: PackageFile
    kind: str
    """`pdf`, `image` or `text`."""

    original: PackageFile
    first_page: int
    """Number of its first page among all pages of the document."""

    pages: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One document with the record it stands in."""

    place: Place
    records: Sequence[PackageRecord]
    """Of the whole dossier, the first part first."""

    record: PackageRecord
    """Of the part that holds the document."""

    document: PackageDocument

    @property
    def files(self) -> Sequence[PackageFile]:
        """Its files: originals, renditions, texts."""
        return (*self.document.originals, *self.document.renditions, *self.document.text_files)

    def shown(self) -> list[Shown]:
        """What is put on the screen: for each original its PDF/A copy, itself, or its text."""
        made = {file.derived_from: file for file in self.document.renditions}
        pages = self._pages_by_original()
        found: list[Shown] = []
        first = 1
        for original in self.document.originals:
            file, kind = _showable(original, made.get(original.path))
            count = pages.get(original.path, 0)
            found.append(Shown(file, kind, original, first, count))
            first += count
        return found

    def _pages_by_original(self) -> Mapping[str, int]:
        sources = {file.path: file.derived_from for file in self.document.text_files}
        return {sources.get(text.path) or "": text.pages for text in self.document.texts}

    def hits(self, archive: Archive, query: str) -> Sequence[tuple[int, int, int]]:
        """Places of the query's words: page from 1, start and end in its text."""
        if not query.strip():
            return []
        document_id = f"{self.place.dossier_id}/{self.place.ordinal}"
        return archive.index.page_hits(document_id, query)[:MAX_HITS]

    def marked_pages(self, archive: Archive, query: str) -> list[dict[str, Any]]:
        """Pages with hits, in order, each hit with its boxes."""
        by_page: dict[int, list[tuple[int, int]]] = {}
        for page, start, end in self.hits(archive, query):
            by_page.setdefault(page, []).append((start, end))
        if not by_page:
            return []
        return [
            {"page": page.page, "hits": words_in(page, by_page[page.page])}
            for page in archive.stored.pages(self.record, self.document)
            if page.page in by_page
        ]

    def hits_on(self, archive: Archive, query: str, page: int) -> list[dict[str, Any]]:
        """The hits of one page with their boxes."""
        spans = [(start, end) for number, start, end in self.hits(archive, query) if number == page]
        if not spans:
            return []
        told = next((one for one in archive.stored.pages(self.record, self.document) if one.page == page), None)
        return words_in(told, spans) if told else []


def words_in(page: PageText, spans: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """Each span with its text and the boxes of the words that it touches."""
    return [
        {
            "start": start,
            "end": end,
            "text": page.text[start:end],
            "boxes": [word.box for word in page.words if word.start < end and start < word.end],
        }
        for start, end in spans
    ]


def document_at(archive: Archive, package_id: str, ordinal: int) -> Reading:
    """The document `ordinal` of the dossier that `package_id` (or a part's) names, whoever asks.

    Raises:
        NotFoundError: there is none.
    """
    return _reading(archive, archive.catalogue.find(f"{package_id}/{ordinal}")[0])


def asked_document(asking: Asking, package_id: str, ordinal: int, action: Action | None = None) -> Reading:
    """The same, as far as who asks may do what the route does (or `action`). See `Asking.places`."""
    return _reading(asking.archive, asking.place(f"{package_id}/{ordinal}", action))


def _reading(archive: Archive, place: Place) -> Reading:
    records = archive.catalogue.records(place.dossier_id)
    for record in records:
        for document in record.documents:
            if document.ordinal == place.ordinal:
                return Reading(place, records, record, document)
    missing = f"{place.dossier_id}/{place.ordinal}"
    raise NotFoundError(missing)


def _showable(original: PackageFile, rendition: PackageFile | None) -> tuple[PackageFile, str]:
    if rendition is not None and rendition.mime == _PDF:
        return rendition, "pdf"
    if original.mime == _PDF:
        return original, "pdf"
    return original, "image" if original.mime in _PICTURES else "text"
