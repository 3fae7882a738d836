"""Pictures of pages: which file shows a page, and the picture of it."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request

from archive.composition import Archive
from archive.composition.correcting import page_pictures
from archive.services.page_pictures import PageNotShownError, PagePicture, PageSource
from archive.web.reading import Reading


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
            return PageSource(shown.file.sha256, shown.kind, number, opened)
    return None
