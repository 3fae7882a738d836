"""One's own saved searches. Nobody else has them: who asks for those of another is told that there are none."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from archive.api.lines import ROOT
from archive.api.rights import Asking, may
from archive.api.routes.found_lists import SearchBody
from archive.auth.policy import Action
from archive.catalogue.saved_searches import SavedSearch
from archive.composition.searching import saved_searches
from archive.services.saved_searches import LONGEST_NAME

router = APIRouter(prefix="/me/searches", tags=["me"])

Searching = Annotated[Asking, may(Action.SEARCH)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
_REFUSED: dict[int | str, dict[str, Any]] = {409: {"description": "`search.not_saved`: name taken, or too many"}}


class NewSavedSearch(BaseModel):
    """A search that shall be kept."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    search: SearchBody


class Renamed(BaseModel):
    """How a search shall be called."""

    model_config = ConfigDict(extra="forbid")

    name: Name


@router.get("")
def searches(asking: Searching) -> dict[str, Any]:
    """One's own saved searches, by name; at most 100."""
    found = saved_searches(asking.archive).of(asking.person.id)
    return {"items": [_line(saved) for saved in found], "next": None}


@router.post("", status_code=201, responses=_REFUSED)
def save(response: Response, asking: Searching, said: NewSavedSearch) -> dict[str, Any]:
    """Keep a search by a name."""
    saved = saved_searches(asking.archive).save(asking.person.id, said.name, said.search.asked)
    response.headers["Location"] = f"{ROOT}/me/searches/{saved.id}"
    return _line(saved)


@router.get("/{search_id}")
def saved_search(asking: Searching, search_id: str) -> dict[str, Any]:
    """One of them."""
    return _line(saved_searches(asking.archive).one(asking.person.id, search_id))


@router.patch("/{search_id}", responses=_REFUSED)
def rename(asking: Searching, search_id: str, said: Renamed) -> dict[str, Any]:
    """Call one of them otherwise."""
    return _line(saved_searches(asking.archive).rename(asking.person.id, search_id, said.name))


@router.delete("/{search_id}", status_code=204)
def remove(asking: Searching, search_id: str) -> Response:
    """Keep one of them no longer."""
    saved_searches(asking.archive).remove(asking.person.id, search_id)
    return Response(status_code=204)


def _line(saved: SavedSearch) -> dict[str, Any]:
    return {
        "id": saved.id,
        "name": saved.name,
        "query": saved.address,
        "href": f"{ROOT}/me/searches/{saved.id}",
        "page": f"/search?{saved.address}",
        "created_at": saved.created_at,
    }
