"""Help with asking: suggestions while somebody types, and documents like another."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from archive.api.lines import hit_line
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.composition.searching import suggesting
from search.similar import MAX_SIMILAR
from search.suggesting import MAX_SUGGESTIONS

router = APIRouter()


@router.get("/search/suggest", tags=["search"])
def suggest(
    asking: Annotated[Asking, may(Action.SEARCH)],
    q: Annotated[str, Query(max_length=4000, description="What was typed so far; the last word may be half")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_SUGGESTIONS)] = 10,
) -> dict[str, Any]:
    """Numbers, titles and agencies that may be meant, the exact number first; `query` finds what is suggested.

    `html` is safe HTML with what was typed in `<em>`; `text` is not HTML. Restricted
    and confidential documents suggest nothing.
    """
    found = suggesting(asking.archive).suggest(q, limit=limit, within=asking.scope)
    items = [{"kind": each.kind, "text": each.text, "html": each.html, "query": each.query} for each in found]
    return {"items": items, "next": None}


@router.get("/documents/{package_id}/{ordinal}/similar", tags=["documents"])
def similar(
    asking: Annotated[Asking, may(Action.HOLDING_READ)],
    package_id: str,
    ordinal: Annotated[int, Path(ge=0, le=999_999_999)],
    limit: Annotated[int, Query(ge=1, le=MAX_SIMILAR)] = 10,
) -> dict[str, Any]:
    """Documents like this one by what is rare in it, the most alike first; never itself."""
    place = asking.place(f"{package_id}/{ordinal}")
    hits = suggesting(asking.archive).similar(place, limit=limit, within=asking.scope)
    asking.found(hits)
    return {"items": [hit_line(hit) for hit in hits], "next": None}
