"""What a revision may do to the form: add and fill signature fields; everything else is a change that is named."""

from __future__ import annotations

import pikepdf

from archive.preservation.signatures.changes_fonts import check_fonts
from archive.preservation.signatures.changes_step import Step, differing, key_of, members, written
from archive.preservation.signatures.pdf_structure import items
from archive.preservation.signatures.pdf_structure_fields import MAX_DEPTH, FieldNode, text
from archive.preservation.signatures.pdf_structure_looks import appearance, area, is_shown

MAX_LISTED = 20_000
"""Entries of one list of fields or annotations that are compared."""

LARGE_PART = 3
"""A signature's appearance that covers more than this part (a third) of its page may hide what was signed."""

A4 = 595.0 * 842.0
_FIELD_KEYS = frozenset(
    f"/{name}"
    for name in (
        *("FT", "T", "V", "Parent", "Kids", "Ff", "TU", "TM", "Lock", "SV", "DA", "DR", "Q"),
        *("Type", "Subtype", "Rect", "P", "F", "M", "NM", "AP", "AS", "MK", "BS", "Border", "H", "C", "CA"),
        *("StructParent", "Lang"),
    )
)
_FILLED_KEYS = frozenset({"/V", "/AP", "/AS", "/M", "/F", "/MK", "/NM", "/P", "/Type", "/Subtype"})
_VALUE_KEYS = frozenset({"/V", "/AS", "/I", "/AP", "/M", "/RV", "/MK"})
_FILLING = 2
"""DocMDP permission that allows filling in forms and signing."""


def compare_form(step: Step, old: object, new: object) -> None:
    """The interactive form, or one that was not there before (`old` is no dictionary)."""
    if not isinstance(new, pikepdf.Dictionary):
        step.tell("removed", "the interactive form")
        return
    before = old if isinstance(old, pikepdf.Dictionary) else pikepdf.Dictionary()
    for key in differing(before, new):
        if key == "/Fields":
            compare_fields(step, before.get(key), new.get(key))
        elif key == "/SigFlags" or (key == "/DA" and key not in before):
            continue
        elif key == "/DR":
            if not only_adds(before.get(key), new.get(key)):
                step.tell("form", "resources of the form")
            check_fonts(step)
        else:
            step.tell("content" if key == "/XFA" else "form", f"form: {key}")


def only_adds(old: object, new: object, depth: int = 0) -> bool:
    """Whether a dictionary of dictionaries keeps everything that it had."""
    if old is None:
        return True
    if not isinstance(old, pikepdf.Dictionary) or not isinstance(new, pikepdf.Dictionary) or depth > 2:  # noqa: PLR2004 - category, name
        return written(old) == written(new)
    before, after = members(old), members(new)
    return all(
        before[key] == after.get(key) or (not key_of(old.get(key)) and only_adds(old.get(key), new.get(key), depth + 1))
        for key in before
    )


def compare_fields(step: Step, old: object, new: object) -> None:
    """A list of fields: everything that was there stays, what comes is a signature field."""
    before, after = items(old, MAX_LISTED), items(new, MAX_LISTED)
    if len(after) == MAX_LISTED:
        step.tell("unknown", "the list of fields is too long to compare")
        return
    kept = {written(entry) for entry in after}
    for entry in before:
        if written(entry) not in kept:
            step.tell("removed", f"field {_name(entry)}", name=_name(entry))
    known = {written(entry) for entry in before}
    for entry in after:
        if written(entry) not in known:
            check_new_field(step, entry)


def _name(entry: object) -> str:
    return text(entry.get("/T", "")) if isinstance(entry, pikepdf.Dictionary) else ""


def full_name(entry: pikepdf.Object) -> str:
    """Name of a field or widget through its parents."""
    parts: list[str] = []
    node: object = entry
    for _ in range(MAX_DEPTH):
        if not isinstance(node, pikepdf.Dictionary):
            break
        if (own := node.get("/T")) is not None:
            parts.append(text(own))
        node = node.get("/Parent")
    return ".".join(reversed(parts))


def is_filled(entry: pikepdf.Object) -> bool:
    """Whether a field or widget has a value, its own or a parent's."""
    node: object = entry
    for _ in range(MAX_DEPTH):
        if not isinstance(node, pikepdf.Dictionary):
            break
        if node.get("/V") is not None:
            return True
        node = node.get("/Parent")
    return False


def kind_of_field(entry: pikepdf.Object) -> str:
    """Type of a field or widget, its own or a parent's."""
    node: object = entry
    for _ in range(MAX_DEPTH):
        if not isinstance(node, pikepdf.Dictionary):
            break
        if (kind := node.get("/FT")) is not None:
            return str(kind)
        node = node.get("/Parent")
    return ""


def check_new_field(step: Step, entry: object) -> None:
    """A field or widget that came with the revision: a signature field and nothing more passes in silence."""
    if not isinstance(entry, pikepdf.Dictionary) or isinstance(entry, pikepdf.Stream):
        step.tell("form", "an entry that is no field")
        return
    key = key_of(entry)
    if key is not None and key in step.seen:
        return
    if key is not None:
        step.seen.add(key)
    name = full_name(entry)
    if kind_of_field(entry) != "/Sig" and not _holds_signatures(entry):
        step.tell("form", f"field {name}: added", name=name)
        return
    for extra in sorted(set(entry.keys()) - _FIELD_KEYS):
        step.tell("form", f"field {name}: added with {extra}", name=name)
    check_look(step, entry, name)
    for kid in items(entry.get("/Kids"), MAX_LISTED):
        if step.is_new(key_of(kid)) or key_of(kid) is None:
            check_new_field(step, kid)
        else:
            step.tell("form", f"field {name}: takes over another object", name=name)


def _holds_signatures(entry: pikepdf.Dictionary) -> bool:
    """A node of the tree that only groups signature fields."""
    kids = items(entry.get("/Kids"), MAX_LISTED)
    return (
        bool(kids)
        and "/FT" not in entry
        and all(isinstance(kid, pikepdf.Dictionary) and kid.get("/FT") == pikepdf.Name.Sig for kid in kids)
    )


def check_look(step: Step, widget: pikepdf.Object, name: str) -> None:
    """A signature's look covers a part of its page and belongs to a signature that can be judged."""
    if appearance(widget) is None or not is_shown(widget):
        return
    place = key_of(widget.get("/P"))
    size = step.shown[name, place] = step.shown.get((name, place), 0.0) + area(widget.get("/Rect"))
    if name not in step.sound:
        why = "shown without a signature that can be judged"
    elif name in step.signed:
        # No key is needed to hang another widget on a signature that is there.
        why = "shown anew after it was signed"
    elif size * LARGE_PART > page_area(step, widget):
        why = "its appearance covers much of the page"
    else:
        return
    step.tell("annotation", f"field {name}: {why}", page=step.names.page(place), name=name)


def page_area(step: Step, widget: pikepdf.Object) -> float:
    """Size in square points of the page on which a widget says that it stands, as the older revision has it."""
    key = key_of(widget.get("/P"))
    node: object = step.old.get_object(key) if key in step.before and key is not None else None
    for _ in range(MAX_DEPTH):
        if not isinstance(node, pikepdf.Dictionary):
            break
        if (box := node.get("/MediaBox")) is not None:
            return area(box) or A4
        node = node.get("/Parent")
    return A4


def compare_field(step: Step, node: FieldNode, new: object) -> None:
    """A field of the older revision that was written anew."""
    old = node.object
    name = node.name
    if not isinstance(new, pikepdf.Dictionary):
        step.tell("removed", f"field {name}", name=name)
        return
    keys = differing(old, new)
    if "/Kids" in keys:
        keys.remove("/Kids")
        compare_fields(step, old.get("/Kids"), new.get("/Kids"))
    if node.kind == "/Sig":
        _compare_signature_field(step, node, new, keys)
        return
    for key in keys:
        allowed = _FILLING if key in _VALUE_KEYS else 4
        what = "value" if key == "/V" else "appearance" if key in {"/AP", "/AS"} else key
        step.tell("form-field", f"field {name}: {what}", allowed, name=name)


def _compare_signature_field(step: Step, node: FieldNode, new: pikepdf.Dictionary, keys: list[str]) -> None:
    name = node.name
    if not is_filled(node.object):
        for key in keys:
            if key not in _FILLED_KEYS:
                step.tell("form", f"field {name}: {key}", name=name)
        if "/AP" in keys:
            check_look(step, new, name)
        return
    for key in keys:
        if key == "/V":
            step.tell("removed", f"field {name}: its signature was replaced", name=name)
        elif key in {"/AP", "/AS", "/Rect", "/F"}:
            step.tell("annotation", f"field {name}: the appearance of its signature", name=name)
        else:
            step.tell("form", f"field {name}: {key}", name=name)


def appearance_of(step: Step, key: tuple[int, int]) -> FieldNode | None:
    """The field of the older revision whose widgets an appearance stream belongs to."""
    if step.looks is None:
        step.looks = {}
        for node in step.fields().values():
            for widget in (node.object, *items(node.object.get("/Kids"), 50)):
                for part in _looks(widget):
                    step.looks.setdefault(part, node)
    return step.looks.get(key)


def _looks(widget: object) -> list[tuple[int, int]]:
    """Indirect objects of a widget's appearance: the dictionary, its states, their streams."""
    looks = widget.get("/AP") if isinstance(widget, pikepdf.Dictionary) else None
    if not isinstance(looks, pikepdf.Dictionary):
        return []
    parts: list[object] = [looks]
    for value in list(looks.values())[:3]:
        parts.append(value)
        if isinstance(value, pikepdf.Dictionary) and not isinstance(value, pikepdf.Stream):
            parts += list(value.values())[:20]
    return [key for part in parts if (key := key_of(part)) is not None]


def resources_of(form: object) -> set[tuple[int, int]]:
    """Indirect dictionaries of the form's own resources."""
    found: set[tuple[int, int]] = set()
    resources = form.get("/DR") if isinstance(form, pikepdf.Dictionary) else None
    if isinstance(resources, pikepdf.Dictionary):
        parts = [resources, *list(resources.values())[:20]]
        found = {key for part in parts if isinstance(part, pikepdf.Dictionary) and (key := key_of(part)) is not None}
    return found
