"""Blanks filled with what pages show, after the person who hands in agreed: each value marked as machine-made."""

from __future__ import annotations

from collections.abc import Sequence

from metadata.descriptions import Cell, DocumentDescription, MachineMade, RecordKind
from metadata.extraction.comparison import blanks, field_of
from metadata.extraction.suggestions import Suggestion
from metadata.messages import text


def filled(document: DocumentDescription, found: Sequence[Suggestion], file: str) -> DocumentDescription:
    """`document` with its blanks filled, and what was filled told in `machine_made`.

    What the list says stays, even where the page contradicts it.

    Args:
        document: As delivered.
        found: What its file suggests.
        file: The file, as received.
    """
    if document.kind is not RecordKind.DOCUMENT:
        return document
    chosen = list(blanks(document, found))
    if not chosen:
        return document
    made = tuple(
        MachineMade(key=one.key, file=file, page=one.page, box=one.box, confidence=one.confidence) for one in chosen
    )
    fields = document.fields | {one.key: Cell(value=one.value, written=one.written) for one in chosen}
    return document.model_copy(update={"fields": fields, "machine_made": made})


def with_remark(document: DocumentDescription, longest: int) -> DocumentDescription:
    """`document` with a remark that names what the machine filled, for forms that have no other place to say it.

    Args:
        document: As it is to be written, perhaps in the terms of another circular.
        longest: Letters of the field of remarks; a remark that does not fit is left out: the record says it too.
    """
    if not document.machine_made:
        return document
    names = ", ".join(field_of(made.key).vi for made in document.machine_made)
    pages = ", ".join(dict.fromkeys(str(made.page) for made in document.machine_made))
    remark = text("extraction.remark", "vi", fields=names, page=pages)
    cell = document.fields.get("description")
    before = cell.value if cell else ""
    whole = f"{before} {remark}".strip()
    if len(whole) > longest:
        return document
    changed = cell.model_copy(update={"value": whole}) if cell else Cell(value=whole)
    return document.model_copy(update={"fields": document.fields | {"description": changed}})


def machine_made(document: DocumentDescription) -> list[dict[str, object]]:
    """What an event says of a document's machine-made fields: keys and places, no values."""
    return [{"ordinal": document.ordinal, **made.model_dump(mode="json")} for made in document.machine_made]
