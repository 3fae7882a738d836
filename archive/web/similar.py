"""Documents like the one that is open: a page of its own, of which the document's page takes the list when asked."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from archive.composition.searching import suggesting
from archive.web.documents import Holding, Ordinal
from archive.web.rendering import page

router = APIRouter(include_in_schema=False)

_SHOWN = 10


@router.get("/documents/{package_id}/{ordinal}/similar")
def similar(request: Request, asking: Holding, package_id: str, ordinal: Ordinal) -> Response:
    """The documents most like one, as far as one may see them; of itself nothing is told, so nobody looks at it."""
    place = asking.place(f"{package_id}/{ordinal}")
    hits = suggesting(asking.archive).similar(place, limit=_SHOWN, within=asking.scope)
    asking.found(hits)
    return page(request, "similar.html", place=place, hits=hits)
