"""A found document as it is shown: the same from every backend."""

from __future__ import annotations

from search.highlight import Marker, beginning
from search.ports import Hit, IndexedDocument


def hit(document: IndexedDocument, marker: Marker, score: float) -> Hit:
    """`document` as an answer; its pages are needed for the snippet."""
    best = marker.best(document.pages) if marker else None
    snippet = best.html if best else _metadata_snippet(document, marker)
    return Hit(
        document_id=document.document_id,
        package_id=document.package_id,
        ordinal=document.ordinal,
        doc_code=document.doc_code,
        file_code=document.file_code,
        title=document.title,
        number=document.number,
        issued=document.issued,
        organ_name=document.organ_name,
        type_name=document.type_name,
        score=score,
        page=best.page if best else None,
        snippet=snippet,
    )


def _metadata_snippet(document: IndexedDocument, marker: Marker) -> str:
    values = (
        document.title,
        document.number,
        document.dossier_title,
        document.organ_name,
        document.signer,
        document.keywords,
        document.fonds,
        document.type_name,
        *document.fields.values(),
    )
    marked = (marker.passage(value) for value in values if value and marker)
    return next((found for found in marked if found), "") or beginning(next(filter(None, document.pages), ""))
