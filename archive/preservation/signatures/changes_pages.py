"""What a revision did to pages and annotations: widgets of signatures may come, everything else is named."""

from __future__ import annotations

from collections.abc import Callable

import pikepdf

from archive.preservation.signatures.changes_forms import MAX_LISTED, check_new_field, full_name, kind_of_field
from archive.preservation.signatures.changes_step import Step, differing, key_of, written
from archive.preservation.signatures.pdf_structure import Key, items

_COMMENTING = 3
"""DocMDP permission that allows annotations."""

_COVERING = frozenset({"/FreeText", "/Stamp", "/Redact"})
"""Annotations that look like content: a permission to comment is none to write over what was certified."""

_PRIVATE = frozenset({"/PieceInfo", "/LastModified"})


def label(page: int | None) -> str:
    """A page in words."""
    return f"page {page}" if page else "a page"


def compare_page(step: Step, key: Key, old: pikepdf.Dictionary, new: pikepdf.Dictionary) -> None:
    """A page that was written anew."""
    for name in differing(old, new):
        if name == "/Annots":
            compare_annotations(step, old.get(name), new.get(name), lambda: step.names.page(key))
            continue
        page = step.names.page(key)
        if name == "/Contents":
            compare_contents(step, old.get(name), new.get(name), page)
        elif name in _PRIVATE:
            step.tell("metadata", f"{label(page)}: {name}", page=page)
        else:
            step.tell("content", f"{label(page)}: {name}", page=page)


def compare_contents(step: Step, old: object, new: object, page: int | None) -> None:
    """The content streams of a page: whether some came to those that were there."""
    before, after = _streams(old), _streams(new)
    extra = [entry for entry in after if entry not in before]
    kept = [entry for entry in after if entry in before]
    if before and kept == before:
        objects = ", ".join(entry.decode().split(" ")[0] for entry in extra[:5])
        step.tell("content", f"{label(page)}: content added (object {objects})", page=page, adds=True)
    else:
        step.tell("content", f"{label(page)}: content changed", page=page)


def _streams(contents: object) -> list[bytes]:
    if isinstance(contents, pikepdf.Array):
        return [written(part) for part in items(contents, MAX_LISTED)]
    return [written(contents)] if isinstance(contents, pikepdf.Stream) else []


def compare_annotations(step: Step, old: object, new: object, page_number: Callable[[], int | None]) -> None:
    """The list of annotations of a page, whose number is only asked for where a change is told."""
    before, after = items(old, MAX_LISTED), items(new, MAX_LISTED)
    if len(after) == MAX_LISTED:
        step.tell("unknown", "a list of annotations is too long to compare")
        return
    kept = {written(entry) for entry in after}
    gone = [entry for entry in before if written(entry) not in kept]
    known = {written(entry) for entry in before}
    come = [entry for entry in after if written(entry) not in known]
    for entry in gone:
        page = page_number()
        widget = _is_widget(entry)
        what = f"{label(page)}: {_annotation(entry)}"
        step.tell("removed" if widget else "annotation", f"{what} removed", 4 if widget else _COMMENTING, page=page)
    for entry in come:
        _new_annotation(step, entry, page_number)


def commenting(entry: object) -> int:
    """The DocMDP permission that an annotation needs: none allows what looks like content."""
    kind = str(entry.get("/Subtype", "")) if isinstance(entry, pikepdf.Dictionary) else ""
    return 4 if kind in _COVERING else _COMMENTING


def _is_widget(entry: object) -> bool:
    return isinstance(entry, pikepdf.Dictionary) and entry.get("/Subtype") == pikepdf.Name.Widget


def _annotation(entry: object) -> str:
    if not isinstance(entry, pikepdf.Dictionary):
        return "annotation"
    kind = str(entry.get("/Subtype", "")).lstrip("/")
    return f"widget of field {full_name(entry)}" if kind == "Widget" else f"annotation {kind}".strip()


def is_signature_widget(entry: object) -> bool:
    """Whether this shows a signature field."""
    return (
        isinstance(entry, pikepdf.Dictionary)
        and not isinstance(entry, pikepdf.Stream)
        and _is_widget(entry)
        and kind_of_field(entry) == "/Sig"
    )


def grew_by_signatures(old: pikepdf.Array, new: pikepdf.Array) -> bool:
    """Whether a list only got widgets of signatures: such a one is harmless, whatever list it is."""
    before, after = [written(e) for e in items(old, MAX_LISTED)], items(new, MAX_LISTED)
    known = set(before)
    extra = [entry for entry in after if written(entry) not in known]
    kept = [text for entry in after if (text := written(entry)) in known]
    return kept == before and all(is_signature_widget(entry) for entry in extra)


def _new_annotation(step: Step, entry: object, page_number: Callable[[], int | None]) -> None:
    if is_signature_widget(entry):
        # A field that was there and is shown on a page now: its own comparison tells what else became of it.
        if key_of(entry) is None or step.is_new(key_of(entry)):
            check_new_field(step, entry)
        return
    page = page_number()
    if _is_widget(entry) and isinstance(entry, pikepdf.Dictionary):
        name = full_name(entry)
        step.tell("form", f"{label(page)}: widget of field {name} added", page=page, name=name)
        return
    step.tell("annotation", f"{label(page)}: {_annotation(entry)} added", commenting(entry), page=page)


def compare_tree(step: Step, old: pikepdf.Dictionary, new: pikepdf.Dictionary) -> None:
    """A node of the page tree."""
    for name in differing(old, new):
        before = [written(kid) for kid in items(old.get("/Kids"), MAX_LISTED)]
        after = [written(kid) for kid in items(new.get("/Kids"), MAX_LISTED)]
        if name == "/Kids" and [kid for kid in after if kid in before] == before:
            step.tell("content", "page tree: pages added", adds=True)
        elif name == "/Kids":
            step.tell("content", "page tree: pages replaced or removed")
        elif name != "/Count":
            step.tell("content", f"page tree: {name}")
        elif "/Kids" not in differing(old, new):
            step.tell("content", "page tree: number of pages")
