"""A list of what the search page finds, ordered there, and searches that are kept by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from archive.api.rights import Asking, may
from archive.api.routes.found_lists import order_list
from archive.auth.policy import Action
from archive.composition.searching import saved_searches
from archive.services.asked_searches import AskedSearch
from archive.services.found_lists import FoundForm
from archive.services.saved_searches import SearchNotSavedError
from archive.web.forms import fields_of
from metadata.errors import UsageError

router = APIRouter(prefix="/search", include_in_schema=False)

Searching = Annotated[Asking, may(Action.SEARCH)]
_NAME = "name-"
"""Before the identifier in the name of the field of each search."""


@router.post("/exports")
async def order(request: Request, asking: Searching) -> Response:
    """Order a list of all that the search finds."""
    fields = await fields_of(request)
    try:
        form = FoundForm(fields.get("as", ""))
    except ValueError:
        raise UsageError(f"as: {fields.get('as', '')}"[:100]) from None
    search = AskedSearch.of_address(fields.get("where", ""))
    ordered = await run_in_threadpool(order_list, request, asking, search, form)
    return RedirectResponse(f"/exports?ordered=1&listed={ordered.counted}", 303)


@router.post("/saved")
async def save(request: Request, asking: Searching) -> Response:
    """Keep the search of the page by a name."""
    fields = await fields_of(request)
    search = AskedSearch.of_address(fields.get("where", ""))
    kept = saved_searches(asking.archive)
    try:
        await run_in_threadpool(kept.save, asking.person.id, fields.get("name", ""), search)
    except SearchNotSavedError as error:
        return _back(search.address, error.why)
    return _back(search.address)


@router.post("/saved/names")
async def rename(request: Request, asking: Searching) -> Response:
    """Call those searches otherwise whose names were changed."""
    fields = await fields_of(request)
    back = AskedSearch.of_address(fields.get("where", "")).address
    names = {name.removeprefix(_NAME): value for name, value in fields.items() if name.startswith(_NAME)}
    try:
        await run_in_threadpool(_renamed, asking, names)
    except SearchNotSavedError as error:
        return _back(back, error.why)
    return _back(back)


def _renamed(asking: Asking, names: Mapping[str, str]) -> None:
    kept = saved_searches(asking.archive)
    for saved in kept.of(asking.person.id):
        if names.get(saved.id, saved.name) != saved.name:
            kept.rename(asking.person.id, saved.id, names[saved.id])


@router.post("/saved/remove")
async def remove(request: Request, asking: Searching) -> Response:
    """Keep a search no longer."""
    fields = await fields_of(request)
    back = AskedSearch.of_address(fields.get("where", "")).address
    kept = saved_searches(asking.archive)
    await run_in_threadpool(kept.remove, asking.person.id, fields.get("remove", ""))
    return _back(back)


def _back(address: str, refused: str = "") -> Response:
    """To the same search; `refused` says why something was not kept."""
    said = "&".join(part for part in (address, f"not_saved={refused}" if refused else "") if part)
    return RedirectResponse(f"/search{'?' if said else ''}{said}#saved", 303)
