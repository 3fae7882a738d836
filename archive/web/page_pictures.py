"""Pictures of pages: which file shows a page, and the picture of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request

from archive.composition import Archive
from archive.composition.correcting import page_pictures
from archive.services.page_pictures import PageNotShownError, PagePicture, PageSource
from archive.web.reading import Reading

_UNITS = 10_000
"""Width and height of a page in the units of its marks."""


def picture_of(request: Request, reading: Reading, page: int) -> PagePicture | None:
    """The picture of a page of a document; None: there is no such page, or it has nothing to be seen.

    Raises:
        ArchiveError: storage or a worker failed.
    """
    archive: Archive = request.app.state.archive
    source = source_of(archive, reading, page)
    if source is None:
        return None
    try:
        return page_pictures(archive).picture(source)
    except PageNotShownError:
        return None


def source_of(archive: Archive, reading: Reading, page: int) -> PageSource | None:
    """The file in which a page is seen: the PDF/A copy where there is one, as in the viewer."""
    for shown in reading.shown():
        number = page - shown.first_page + 1
        if 1 <= number <= max(1, shown.pages):
            if shown.kind == "text":
                return None
            opened = partial(archive.stored.open, reading.record, shown.file)
            lies = partial(archive.stored.lies, reading.record, shown.file)
            return PageSource(shown.file.sha256, shown.kind, number, opened, lies)
    return None


def seen_first(archive: Archive, reading: Reading, page: int, base: str) -> Mapping[str, Any] | None:
    """The picture that is seen until the viewer has drawn the page; None: there is no such page, or it is text.

    Args:
        archive: Where the document is.
        reading: The document.
        page: From 1.
        base: Address of the document's parts.
    """
    source = source_of(archive, reading, page)
    if source is None:
        return None
    kept = page_pictures(archive).kept(source)
    return {"page": page, "href": f"{base}/pages/{page}", "size": (kept.width, kept.height) if kept else None}


def marks_of(hits: Iterable[Mapping[str, Any]]) -> str:
    """Boxes of hits (`Reading.hits_on`) as an SVG that lies over the picture of the page, whatever its size."""
    boxes = (box for hit in hits for box in hit["boxes"])
    drawn = "".join(
        f'<rect x="{_units(left)}" y="{_units(top)}" width="{_units(right - left)}" height="{_units(bottom - top)}"/>'
        for left, top, right, bottom in boxes
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_UNITS} {_UNITS}" preserveAspectRatio="none">'
        f'<g fill="#ffd21f" fill-opacity="0.45">{drawn}</g></svg>'
    )


def _units(share: float) -> int:
    return round(share * _UNITS)
