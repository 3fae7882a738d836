"""Where the objects of a PDF are seen: page and part of it, so that a change can be named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pikepdf

from archive.preservation.signatures.pdf_structure import Key, items

MAX_PAGES = 20_000
MAX_OBJECTS = 100_000
"""Parts of pages that are given a name."""

_MAX_DEPTH = 5
_MAX_ENTRIES = 1000
_PARTS = {"/Font": "font", "/XObject": "image or form", "/ExtGState": "graphics state", "/ColorSpace": "colour space"}


def pages_of(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    """The pages in their order; a tree that loops or is too large ends where it does."""
    todo: list[object] = [pdf.Root.get("/Pages")]
    seen: set[Key] = set()
    count = 0
    while todo and count < MAX_PAGES:
        node = todo.pop()
        if not isinstance(node, pikepdf.Dictionary) or (node.is_indirect and node.objgen in seen):
            continue
        seen.add(node.objgen)
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            todo += items(kids, MAX_PAGES)[::-1]
        else:
            count += 1
            yield node


class Names:
    """Names of the objects of two revisions, found when the first is asked for."""

    def __init__(self, old: pikepdf.Pdf, new: pikepdf.Pdf) -> None:
        self._pages: dict[Key, int] = {}
        self._parts: dict[Key, tuple[int, str]] = {}
        for pdf in (old, new):
            for number, page in enumerate(pages_of(pdf), start=1):
                if page.is_indirect:
                    self._pages.setdefault(page.objgen, number)
                # Whatever hostile objects provoke: they stay without a name.
                with suppress(Exception):
                    self._page(number, page)

    def page(self, key: Key | None) -> int | None:
        """Number of a page, from 1."""
        return self._pages.get(key) if key is not None else None

    def part(self, key: Key | None) -> tuple[int | None, str]:
        """The page on which an object is seen first, and as what; empty: on none."""
        return self._parts.get(key, (None, "")) if key is not None else (None, "")

    def _note(self, number: int, value: object, name: str) -> bool:
        if not isinstance(value, pikepdf.Object) or not value.is_indirect or len(self._parts) >= MAX_OBJECTS:
            return False
        if value.objgen in self._parts:
            return False
        self._parts[value.objgen] = (number, name)
        return True

    def _page(self, number: int, page: pikepdf.Dictionary) -> None:
        contents = page.get("/Contents")
        self._note(number, contents, "content")
        for part in items(contents, _MAX_ENTRIES):
            self._note(number, part, "content")
        self._note(number, page.get("/MediaBox"), "/MediaBox")
        self._resources(number, page.get("/Resources"), 0)
        annotations = page.get("/Annots")
        self._note(number, annotations, "list of annotations")
        for annotation in items(annotations, _MAX_ENTRIES):
            if isinstance(annotation, pikepdf.Dictionary):
                self._annotation(number, annotation)

    def _annotation(self, number: int, annotation: pikepdf.Dictionary) -> None:
        kind = str(annotation.get("/Subtype", "")).lstrip("/")
        self._note(number, annotation, f"annotation {kind}".strip())
        looks = annotation.get("/AP")
        self._note(number, looks, f"appearance of annotation {kind}")
        if isinstance(looks, pikepdf.Dictionary):
            for state in list(looks.values())[:3]:
                streams = [state] if isinstance(state, pikepdf.Stream) else []
                if isinstance(state, pikepdf.Dictionary) and not streams:
                    streams = [s for s in list(state.values())[:20] if isinstance(s, pikepdf.Stream)]
                for stream in streams:
                    if self._note(number, stream, f"appearance of annotation {kind}"):
                        self._resources(number, stream.get("/Resources"), 1)

    def _resources(self, number: int, resources: object, depth: int) -> None:
        if not isinstance(resources, pikepdf.Dictionary) or depth > _MAX_DEPTH:
            return
        if resources.is_indirect and not self._note(number, resources, "resources"):
            return
        for category, entries in list(resources.items())[:_MAX_ENTRIES]:
            name = _PARTS.get(category, "resource")
            self._note(number, entries, f"{name}s" if category in _PARTS else "resources")
            if not isinstance(entries, pikepdf.Dictionary):
                continue
            for key, entry in list(entries.items())[:_MAX_ENTRIES]:
                if self._note(number, entry, f"{name} {key.lstrip('/')}"):
                    self._below(number, entry, f"{name} {key.lstrip('/')}", depth)

    def _below(self, number: int, entry: object, name: str, depth: int) -> None:
        if isinstance(entry, pikepdf.Stream):
            self._resources(number, entry.get("/Resources"), depth + 1)
        elif isinstance(entry, pikepdf.Dictionary) and name.startswith("font"):
            self._font(number, entry, name)

    def _font(self, number: int, font: pikepdf.Dictionary, name: str) -> None:
        parts: list[object] = [font, *items(font.get("/DescendantFonts"), 5)]
        for part in parts:
            if not isinstance(part, pikepdf.Dictionary):
                continue
            self._note(number, part, name)
            for value in (part.get("/ToUnicode"), part.get("/Encoding"), part.get("/Widths"), part.get("/W")):
                self._note(number, value, name)
            descriptor = part.get("/FontDescriptor")
            self._note(number, descriptor, name)
            if isinstance(descriptor, pikepdf.Dictionary):
                for key in ("/FontFile", "/FontFile2", "/FontFile3"):
                    self._note(number, descriptor.get(key), name)
