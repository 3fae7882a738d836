"""Documents in batches that an engine takes at once: bounded in number and in text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from search.ports import IndexedDocument


def chars_of(document: IndexedDocument) -> int:
    """How much text its pages have."""
    return sum(map(len, document.pages))


def batches(
    documents: Iterable[IndexedDocument], most_documents: int, enough_chars: int
) -> Iterator[list[IndexedDocument]]:
    """`documents` in their order; a batch ends with the document that makes it as many, or as much text."""
    batch: list[IndexedDocument] = []
    chars = 0
    for document in documents:
        batch.append(document)
        chars += chars_of(document)
        if len(batch) >= most_documents or chars >= enough_chars:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch
