"""What a signature field shows on its page: whether it has an appearance, and whether a picture is part of it."""

from __future__ import annotations

from dataclasses import dataclass

import pikepdf

from archive.preservation.signatures.pdf_structure import items

_MAX_FORMS = 50
_HIDDEN = 2 | 32
"""Annotation flags Hidden and NoView (ISO 32000-2, table 167)."""

_CORNERS = 4


@dataclass(frozen=True, slots=True)
class Looks:
    """Of one field."""

    visible: bool = False
    has_image: bool = False


def looks_of(field: pikepdf.Object) -> Looks:
    """The looks of a field through its widgets; what cannot be read shows nothing."""
    widgets = [field]
    widgets += [kid for kid in items(field.get("/Kids"), _MAX_FORMS) if isinstance(kid, pikepdf.Dictionary)]
    shown = [form for widget in widgets if is_shown(widget) and (form := appearance(widget)) is not None]
    return Looks(bool(shown), any(_has_image(form) for form in shown))


def is_shown(widget: pikepdf.Object) -> bool:
    """Whether the annotation has some size and no flag hides it."""
    flags: object = widget.get("/F", 0)
    return area(widget.get("/Rect")) > 0 and not (isinstance(flags, int) and flags & _HIDDEN)


def area(rectangle: object) -> float:
    """Of a PDF rectangle, in square points; 0 for what is none."""
    if not isinstance(rectangle, pikepdf.Array) or len(rectangle) != _CORNERS:
        return 0.0
    try:
        left, bottom, right, top = (float(corner) for corner in rectangle)
    except (TypeError, ValueError):
        return 0.0
    return abs((right - left) * (top - bottom))


def appearance(widget: pikepdf.Object) -> pikepdf.Stream | None:
    """The normal appearance of a widget."""
    looks = widget.get("/AP")
    normal = looks.get("/N") if isinstance(looks, pikepdf.Dictionary) else None
    if isinstance(normal, pikepdf.Dictionary) and not isinstance(normal, pikepdf.Stream):
        state = widget.get("/AS")
        normal = normal.get(str(state)) if isinstance(state, pikepdf.Name) else None
    return normal if isinstance(normal, pikepdf.Stream) else None


def _has_image(form: pikepdf.Stream) -> bool:
    todo: list[pikepdf.Stream] = [form]
    seen: set[tuple[int, int]] = set()
    while todo and len(seen) < _MAX_FORMS:
        stream = todo.pop()
        if stream.objgen in seen:
            continue
        seen.add(stream.objgen)
        if stream.get("/Subtype") == pikepdf.Name.Image:
            return True
        resources = stream.get("/Resources")
        forms = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
        if isinstance(forms, pikepdf.Dictionary):
            todo += [entry for entry in list(forms.values())[:_MAX_FORMS] if isinstance(entry, pikepdf.Stream)]
    return False
