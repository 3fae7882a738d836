"""The structure tree of a tagged document: a signature field may be entered into it, nothing else passes in silence."""

from __future__ import annotations

import pikepdf

from archive.preservation.signatures.changes_step import Step, differing, key_of, written
from archive.preservation.signatures.pdf_structure import Key, items

_MAX_LISTED = 100_000
_KEYS = frozenset(
    f"/{name}"
    for name in (
        *("S", "P", "K", "Pg", "ID", "A", "C", "R", "T", "Lang", "Alt", "E", "ActualText", "Ref", "NS"),
        *("IDTree", "ParentTree", "ParentTreeNextKey", "RoleMap", "ClassMap", "Nums", "Limits"),
    )
)
_GROWING = frozenset({"/K", "/Nums", "/Limits", "/ParentTreeNextKey"})


def is_structure(step: Step, key: Key, old: object, new: object) -> bool:
    """Whether an object is the root of the tree, its index or one of its elements, and changed as such a one."""
    if not isinstance(old, pikepdf.Dictionary) or not isinstance(new, pikepdf.Dictionary):
        return False
    if isinstance(old, pikepdf.Stream) or isinstance(new, pikepdf.Stream):
        return False
    root = step.old.Root.get("/StructTreeRoot")
    if not isinstance(root, pikepdf.Dictionary) or not set(differing(old, new)) <= _KEYS:
        return False
    if key == key_of(root.get("/ParentTree")):
        # What is something else as well could change that under the name of the index.
        return step.references[key] <= 1
    return key == key_of(root) or old.get("/Type") == new.get("/Type") == pikepdf.Name.StructElem


def compare_structure(step: Step, old: object, new: object) -> None:
    """An object of the tree: its list of kids, or the index, may grow.

    It shows nothing on a page, yet it is what is read aloud: other changes are told as metadata that no
    signer allowed.
    """
    keys = differing(old, new)
    if isinstance(old, pikepdf.Dictionary) and isinstance(new, pikepdf.Dictionary) and set(keys) <= _GROWING:
        grown = [key for key in keys if key in {"/K", "/Nums"}]
        if all(_grew(old.get(key), new.get(key)) for key in grown):
            return
    step.tell("metadata", f"structure of the tagged document: {', '.join(keys[:10])}")


def _grew(old: object, new: object) -> bool:
    before, after = _entries(old), iter(_entries(new))
    # Every entry is still there, in the same order.
    return all(any(entry == other for other in after) for entry in before)


def _entries(value: object) -> list[bytes]:
    if isinstance(value, pikepdf.Array):
        return [written(entry) for entry in items(value, _MAX_LISTED)]
    return [] if value is None else [written(value)]
