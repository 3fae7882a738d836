"""What each revision behind the first signed one changed: object by object, against a list of what may change.

Only objects whose place in the file changed are looked at, each parsed once
with the revision before and once with the revision itself. What is not on the
list is told, with page and object where they can be found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pikepdf

from archive.preservation.signatures.changes_catalog import (
    check_evidence,
    check_related,
    compare_catalog,
    compare_info,
    compare_store,
    compare_trailer,
    holds_words_only,
    is_related,
    store_roles,
)
from archive.preservation.signatures.changes_fonts import check_fonts
from archive.preservation.signatures.changes_forms import (
    appearance_of,
    compare_field,
    compare_fields,
    compare_form,
    only_adds,
    resources_of,
)
from archive.preservation.signatures.changes_pages import (
    commenting,
    compare_annotations,
    compare_contents,
    compare_page,
    compare_tree,
    grew_by_signatures,
    label,
)
from archive.preservation.signatures.changes_step import References, Step, differing, is_same, key_of, written
from archive.preservation.signatures.changes_structure import compare_structure, is_structure
from archive.preservation.signatures.pdf_facts import Change, SignedField
from archive.preservation.signatures.pdf_structure import MAX_OBJECTS, Key, Revisions
from archive.preservation.signatures.pdf_structure_fields import FieldNode

MAX_WORK = 2_000_000
"""Objects times revisions that are compared; beyond it the changes are unknown."""

_COMMENTING = 3
_FILLING = 2
_COMPRESSED = 2


def changes_of(revisions: Revisions, fields: Sequence[SignedField], *, most: int = MAX_WORK) -> tuple[Change, ...]:
    """Everything that revisions behind the first signed one changed beside signatures and evidence.

    Args:
        revisions: Of the file.
        fields: Its signatures.
        most: Objects times revisions that are compared.
    """
    signed = [field.revision for field in fields if field.revision is not None]
    count = len(revisions.sections)
    if not signed or min(signed) == count:
        return _after_certification(fields)
    first = min(signed)
    size = revisions.entries
    if size > MAX_OBJECTS or size * (count - first + 1) > most:
        why = f"{count - first} revisions with {size} objects are too many to compare"
        return (Change(first + 1, "unknown", why),)
    sound = frozenset(field.name for field in fields if not field.problem)
    return (*_compared(revisions, first, sound), *_after_certification(fields))


def _after_certification(fields: Sequence[SignedField]) -> tuple[Change, ...]:
    """Signatures added to a document whose signer allowed no change at all."""
    certified = [f.revision for f in fields if f.docmdp == 1 and f.revision is not None]
    if not certified:
        return ()
    return tuple(
        Change(f.revision, "form", f"field {f.name}: a signature was added", _FILLING, field=f.name)
        for f in fields
        if f.revision is not None and f.revision > min(certified) and not f.is_time_stamp
    )


def _compared(revisions: Revisions, first: int, sound: frozenset[str]) -> list[Change]:
    found: list[Change] = []
    references = References(revisions.values)
    number = first
    try:
        _base(revisions, first, references, found)
        for number in range(first + 1, len(revisions.sections) + 1):
            step = Step(
                number,
                revisions.pdf(number - 1),
                revisions.pdf(number),
                revisions.places(number - 1),
                revisions.places(number),
                references,
                sound,
            )
            _compare(step, revisions)
            found += step.found
    except Exception as error:  # noqa: BLE001 - whatever hostile objects provoke
        found.append(Change(number, "unknown", f"the comparison failed: {type(error).__name__}"))
    return found


def _base(revisions: Revisions, first: int, references: References, found: list[Change]) -> None:
    """The first signed revision: what it refers to, and that it keeps inside its own bytes."""
    places = revisions.places(first)
    _refer(revisions, first, places, references, found)
    if _beyond(revisions, first, places, list(places)):
        found.append(Change(first + 1, "unknown", "the signed revision lists objects behind its own end"))


def _refer(revisions: Revisions, number: int, keys: Iterable[Key], references: References, found: list[Change]) -> None:
    """Count what objects of a revision refer to, and tell those that what was appended completes.

    qpdf shows a reference to an object that is not there as null: objects that stay where they are are
    read with the last revision, where such a reference shows what it got.
    """
    last, end = len(revisions.sections), revisions.sections[number - 1].end - revisions.shift
    places, after = revisions.places(number), revisions.places(last)
    staying = {key: places[key] for key in keys if after.get(key) == places[key]}
    moving = {key: places[key] for key in keys if after.get(key) != places[key]}
    long = references.add(revisions.pdf(last), staying, end)
    references.add(revisions.pdf(number), moving, end)
    for key in long:
        if not is_same(revisions.pdf(number).get_object(key), revisions.pdf(last).get_object(key)):
            why = f"object {key[0]} of revision {number} reads otherwise with what follows it"
            found.append(Change(number + 1, "unknown", why))


def _beyond(revisions: Revisions, number: int, places: dict[Key, tuple[int, int, int]], keys: Sequence[Key]) -> bool:
    end = revisions.sections[number - 1].end - revisions.shift
    return any(places[key][0] != _COMPRESSED and places[key][1] >= end for key in keys)


def _compare(step: Step, revisions: Revisions) -> None:
    before, after = step.before, step.after
    added = [key for key in after if key not in before]
    changed = [key for key, place in after.items() if before.get(key, place) != place]
    containers = {(number, 0) for kind, number, _ in before.values() if kind == _COMPRESSED} & set(changed)
    if containers:
        known = set(changed)
        changed += [
            k for k, (kind, n, _) in after.items() if kind == _COMPRESSED and (n, 0) in containers and k not in known
        ]
    if _beyond(revisions, step.number, after, [*added, *changed]):
        step.tell("unknown", "objects are listed behind the end of their revision")
    for key in added:
        _check_added(step, key)
    if compare_trailer(step):
        stores = store_roles(step.old) if changed else {}
        for key in changed:
            if key not in containers:
                _compare_object(step, key, stores)
    removed = [key for key in before if key not in after]
    if removed:
        _tell_removed(step, removed)
    if step.number < len(revisions.sections):
        _refer(revisions, step.number, [*added, *changed], step.references, step.found)


def _check_added(step: Step, key: Key) -> None:
    if step.references[key]:
        # Shadow attack: the signed revision points to something that it does not have.
        page, part = step.names.part(key)
        what = f"object {key[0]}: the signed document refers to it, it came later"
        step.tell("content", f"{label(page)}: {part} ({what})" if part else what, page=page)


def _tell_removed(step: Step, keys: Sequence[Key]) -> None:
    """Objects that were deleted: told where something refers to them."""
    references = References()
    references.add(step.old, step.before, 0)
    for key in keys:
        if references[key]:
            page, part = step.names.part(key)
            what = f"{label(page)}: {part} (object {key[0]})" if part else f"object {key[0]}"
            step.tell("removed", what, page=page)


def _compare_object(step: Step, key: Key, stores: dict[Key, str]) -> None:
    old: object = step.old.get_object(key)
    new: object = step.new.get_object(key)
    if is_same(old, new):
        return
    if old is None or (isinstance(old, pikepdf.Object) and written(old) == b"null"):
        _check_added(step, key)
        return
    if _by_place(step, key, old, new, stores):
        return
    node = step.field(key)
    if node is not None:
        compare_field(step, node, new)
    elif isinstance(old, pikepdf.Stream) or isinstance(new, pikepdf.Stream):
        _compare_stream(step, key, old, new)
    elif not _by_kind(step, key, old, new):
        _tell_part(step, key)


def _by_place(step: Step, key: Key, old: object, new: object, stores: dict[Key, str]) -> bool:
    """Objects with a place of their own in the structure of the file."""
    if key == step.old.Root.objgen:
        if isinstance(old, pikepdf.Dictionary) and isinstance(new, pikepdf.Dictionary):
            compare_catalog(step, old, new)
        return True
    if key == key_of(step.old.trailer.get("/Info")) and holds_words_only(new):
        compare_info(step, old, new)
        return True
    form = step.old.Root.get("/AcroForm")
    if key == key_of(form):
        compare_form(step, old, new)
        return True
    if is_structure(step, key, old, new):
        compare_structure(step, old, new)
        return True
    return _is_alone(step, key) and _by_role(step, key, old, new, stores.get(key, ""))


def _by_role(step: Step, key: Key, old: object, new: object, evidence: str) -> bool:
    """Objects that the form, the catalog or the security store point to."""
    form = step.old.Root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and key == key_of(form.get("/Fields")):
        compare_fields(step, old, new)
        return True
    if key in resources_of(form) and only_adds(old, new):
        check_fonts(step)
        return True
    if key == key_of(step.old.Root.get("/Extensions")):
        return True
    return bool(evidence) and _evidence(step, evidence, old, new)


def _is_alone(step: Step, key: Key) -> bool:
    """Whether the object has one role: what is something else as well could change a page under a harmless name."""
    return step.references[key] <= 1


def _evidence(step: Step, role: str, old: object, new: object) -> bool:
    if role == "store":
        compare_store(step, old, new)
    elif role == "list":
        check_evidence(step, new)
    elif role == "table":
        check_related(step, new)
    else:
        return is_related(new)
    return True


def _compare_stream(step: Step, key: Key, old: object, new: object) -> None:
    if key == key_of(step.old.Root.get("/Metadata")) and key == key_of(step.new.Root.get("/Metadata")):
        if _is_alone(step, key) and isinstance(new, pikepdf.Stream):
            step.tell("metadata", "metadata of the document (XMP)", 1)
            return
    elif isinstance(old, pikepdf.Stream) and old.get("/Type") == pikepdf.Name.XRef and not step.references[key]:
        return
    elif (node := appearance_of(step, key)) is not None and _is_alone(step, key):
        _tell_appearance(step, node)
        return
    _tell_part(step, key)


def _tell_appearance(step: Step, node: FieldNode) -> None:
    if node.kind == "/Sig":
        step.tell("annotation", f"field {node.name}: the appearance of its signature", name=node.name)
    else:
        step.tell("form-field", f"field {node.name}: appearance", _FILLING, name=node.name)


def _by_kind(step: Step, key: Key, old: object, new: object) -> bool:
    """Objects that say themselves what they are; what may pass in silence is harmless in any place."""
    if isinstance(old, pikepdf.Array) and isinstance(new, pikepdf.Array):
        if not grew_by_signatures(old, new):
            page, part = step.names.part(key)
            if part == "content":
                compare_contents(step, old, new, page)
            if part != "list of annotations":
                return part == "content"
        compare_annotations(step, old, new, lambda: step.names.part(key)[0])
        return True
    if not isinstance(old, pikepdf.Dictionary) or not isinstance(new, pikepdf.Dictionary):
        return False
    kind = old.get("/Type")
    if kind != new.get("/Type"):
        return False
    if kind == pikepdf.Name.Page:
        compare_page(step, key, old, new)
    elif kind == pikepdf.Name.Pages:
        compare_tree(step, old, new)
    elif kind == pikepdf.Name.Annot or old.get("/Subtype") == pikepdf.Name.Widget:
        page, part = step.names.part(key)
        keys = ", ".join(differing(old, new)[:5])
        allowed = 4 if old.get("/Subtype") == pikepdf.Name.Widget else commenting(new)
        step.tell("annotation", f"{label(page)}: {part or 'annotation'} changed ({keys})", allowed, page=page)
    else:
        return False
    return True


def _tell_part(step: Step, key: Key) -> None:
    page, part = step.names.part(key)
    if part.startswith(("annotation", "appearance of annotation")):
        step.tell("annotation", f"{label(page)}: {part} (object {key[0]})", _COMMENTING, page=page)
    elif part:
        step.tell("content", f"{label(page)}: {part} changed (object {key[0]})", page=page)
    else:
        step.tell("content", f"object {key[0]} changed")
