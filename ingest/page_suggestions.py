"""What pages suggest, brought together with the documents of a dossier: told by `text`, used by `package`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ingest.facts import FileText, Texts
from ingest.work import WorkItem
from metadata.compact import in_order
from metadata.descriptions import DocumentDescription
from metadata.extraction.acceptance import filled
from metadata.extraction.comparison import findings_of
from metadata.findings import Finding


def suggested(item: WorkItem, texts: Mapping[str, FileText]) -> Iterator[Finding]:
    """Contradictions between pages and list, and blanks that pages fill; nothing where a page bears a secrecy mark."""
    if any(text.head_marks for text in texts.values()):
        return
    for document in item.dossier.documents:
        read = _text_of(document, texts)
        if read is not None:
            accepted = item.delivery.accept_suggestions
            yield from findings_of(document, item.dossier, read[1].suggestions, accepted=accepted)


def with_accepted(item: WorkItem) -> Sequence[DocumentDescription]:
    """The dossier's documents, blanks filled where the person who handed in agreed to it."""
    documents = item.dossier.documents
    if not item.delivery.accept_suggestions:
        return documents
    texts = item.fact(Texts).texts
    return in_order(DocumentDescription, (_filled(document, _text_of(document, texts)) for document in documents))


def _filled(document: DocumentDescription, read: tuple[str, FileText] | None) -> DocumentDescription:
    return document if read is None else filled(document, read[1].suggestions, read[0])


def _text_of(document: DocumentDescription, texts: Mapping[str, FileText]) -> tuple[str, FileText] | None:
    """The first file of the document: further ones are its annexes."""
    path = document.files[0] if document.files else None
    return (path, texts[path]) if path is not None and path in texts else None
