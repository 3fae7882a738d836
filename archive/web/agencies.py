"""The pages of agencies: their tree, and one of them with its place, who works there and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.api.routes.rights import NewAgency, nameable, placeable
from archive.auth.people import Label
from archive.auth.policy import Action, Area, Scope, scope_of
from archive.catalogue.roster import Wanted
from archive.composition.administering import roster
from archive.web.administration import BAD, Refused, address, back, shown
from archive.web.forms import fields_of
from metadata.errors import UsageError
from metadata.events import EventType

router = APIRouter(prefix="/administration/agencies", include_in_schema=False)

Looking = Annotated[Asking, may(Action.RIGHTS_READ)]
Managing = Annotated[Asking, may(Action.RIGHTS_MANAGE)]
_EVENTS = 200
_SHOWN = 100
"""People of an agency that are named; their list has the others."""


def tree_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each agency before those below it, with its depth; one whose parent is not among them stands at the top."""
    known = {row["code"] for row in rows}
    below: dict[str | None, list[Mapping[str, Any]]] = {}
    for row in rows:
        below.setdefault(row["parent"] if row["parent"] in known else None, []).append(row)
    waiting = [(0, row) for row in reversed(below.get(None, []))]
    while waiting:
        depth, row = waiting.pop()
        yield depth, row
        waiting += [(depth + 1, each) for each in reversed(below.get(row["code"], []))]


@router.get("")
def listed(request: Request, asking: Looking) -> Response:
    """The tree."""
    return _listed(request, asking)


def _listed(request: Request, asking: Asking, status: int = 200, refused: Refused | None = None) -> Response:
    rows = asking.archive.catalogue.agencies(within=scope_of(asking.person, Action.RIGHTS_READ))
    return shown(
        request, asking, "agencies.html", status, refused=refused, tree=list(tree_of(rows)), **_managing(asking)
    )


def _managing(asking: Asking) -> dict[str, Any]:
    scope = scope_of(asking.person, Action.RIGHTS_MANAGE)
    places = asking.archive.catalogue.agencies(within=scope) if scope.areas else []
    return {"manages": bool(scope.areas), "whole": scope.everything, "areas": list(tree_of(places))}


@router.get("/{code}")
def agency(request: Request, asking: Looking, code: str) -> Response:
    """One agency."""
    asking.agency(code)
    return _agency(request, asking, code)


def _agency(request: Request, asking: Asking, code: str, status: int = 200, refused: Refused | None = None) -> Response:
    archive = asking.archive
    rows = archive.catalogue.agencies(within=scope_of(asking.person, Action.RIGHTS_READ))
    row = next(row for row in rows if row["code"] == code)
    target = archive.permits.sights.agency(code)
    own = Scope((Area(code, Label.CONFIDENTIAL),))
    return shown(
        request,
        asking,
        "agency.html",
        status,
        refused=refused,
        agency=row,
        above=[row for row in rows if target and row["code"] in target.agencies[:-1]],
        below=[each for each in rows if each["parent"] == code],
        people=roster(archive).logins(Wanted(), _SHOWN, within=own),
        events=archive.rights.recorded.last(_EVENTS, subject=f"agency/{code}", kind=EventType.AGENCY_CHANGE.value),
        **(_managing(asking) | {"manages": bool(target and asking.may(Action.RIGHTS_MANAGE, target))}),
    )


@router.post("")
async def add(request: Request, asking: Managing) -> Response:
    """Make an agency known."""
    said = await fields_of(request)
    try:
        new = NewAgency(
            code=said.get("code", "").strip(), name=said.get("name", "").strip(), parent=said.get("parent", "")
        )
    except ValidationError:
        return await run_in_threadpool(_listed, request, asking, BAD, Refused("agency_code", said))
    return await run_in_threadpool(_added, request, asking, new, said)


def _added(request: Request, asking: Asking, new: NewAgency, said: Mapping[str, str]) -> Response:
    try:
        nameable(asking, new.code, new.parent)
    except ApiError:
        return _listed(request, asking, BAD, Refused("agency_of_others", said))
    if asking.archive.permits.sights.agency(new.code) is not None:
        # Theirs, or they would not have come so far; a page of its own renames and moves it.
        return _listed(request, asking, BAD, Refused("agency_known", said))
    try:
        asking.archive.rights.put_agency(new.code, new.name, new.parent, by=asking.login)
    except UsageError:
        return _listed(request, asking, BAD, Refused("agency_code", said))
    return back(address("agencies", new.code), "agency_added")


@router.post("/{code}")
async def change(request: Request, asking: Managing, code: str) -> Response:
    """Rename an agency, or move it with all below it; who thereby sees more waits for a second person."""
    said = await fields_of(request)

    def put() -> Response:
        asking.agency(code)
        name, parent = said.get("name", "").strip()[:400], said.get("parent")
        row = next(row for row in asking.archive.catalogue.agencies() if row["code"] == code)
        moves = parent is not None and parent != (row["parent"] or "")
        if moves:
            placeable(asking, parent or "")
        try:
            line = asking.archive.rights.put_agency(code, name, parent if moves else None, by=asking.login)
        except UsageError:
            return _agency(request, asking, code, BAD, Refused("agency_circle", said))
        return back(address("agencies", code), f"agency_{line['status']}")

    return await run_in_threadpool(put)
