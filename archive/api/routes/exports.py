"""Exports as jobs: ordered, made by the server, fetched by who ordered them, gone after some days."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from archive.api.access import Cursor, Limit, cursor_after, cursor_parts, page_of, tagged
from archive.api.files import Served, send
from archive.api.lines import ROOT, job_line
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.auth.policy import Action, scope_of
from archive.catalogue.places import Place
from archive.composition.exporting import export_jobs, found_lists, needed_for, selections
from archive.dissemination.outgoing import E_ARK_VERSIONS, CopyForm, ExportKind, Options, Shape
from archive.dissemination.requests import authentication_values, request_values
from archive.services.export_jobs import ExportOrder, ExportResult
from archive.services.selections import Selection
from metadata.errors import NotFoundError, UsageError
from metadata.time import VIETNAM

router = APIRouter(prefix="/exports", tags=["exports"])

Looking = Annotated[Asking, may(Action.HOLDING_READ)]
Words = Annotated[
    dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=2000)]], Field(max_length=20)
]


class NewExport(BaseModel):
    """What shall leave, as `luutru export` has it."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=400)]
    """Package, document (`package/ordinal`) or code."""

    kind: Annotated[ExportKind, Field(alias="as")]
    profile: Shape = Shape.TT05
    eark_version: Annotated[
        str, Field(pattern="^(" + "|".join(v.replace(".", "[.]") for v in E_ARK_VERSIONS) + ")$")
    ] = E_ARK_VERSIONS[0]
    request: Words = {}
    """Fields of the request of a DIP."""

    copies: CopyForm | None = None
    """Of a DIP: `marked` or `plain`."""

    authentication: Words = {}
    """What the authentication file of a DIP shall say: `recipient`, `valid_until`, `copies`."""


@router.post(
    "",
    status_code=202,
    responses={
        202: {"description": "Ordered; `Location` is the job, `href` the export"},
        409: {"description": "The identifier names several dossiers"},
    },
)
def order(request: Request, asking: Looking, said: NewExport) -> Response:
    """Order an export; whoever may not read a document of a dossier gets copies without it, and no whole package."""
    action = needed_for(said.kind)
    places = asking.places(said.id, action)
    if len(places) > 1:
        named = ", ".join(place.dossier_id for place in places)
        raise ApiError("api.conflict", f"{said.id}: {named}"[:500])
    place = places[0]
    hidden = _hidden(asking, place, action)
    _check(asking, said)
    archive = asking.archive
    row = archive.catalogue.dossier(place.dossier_id)
    wanted = ExportOrder(
        operator=asking.login,
        dossier_id=place.dossier_id,
        ordinal=place.ordinal,
        agency=row["agency"],
        file_code=row["file_code"],
        kind=said.kind,
        shape=said.profile,
        eark_version=said.eark_version,
        request=said.request,
        copies=said.copies,
        authentication=said.authentication,
        without=tuple(sorted(hidden)),
    )
    ordered = open_order(request, asking, wanted)
    body = line_of(asking, ordered) | {"job": job_line(export_jobs(archive).job(ordered))}
    return JSONResponse(body, 202, {"Location": f"{ROOT}/jobs/{ordered.job_id}"})


def order_selection(request: Request, asking: Asking, selection: Selection, kind: ExportKind) -> int:
    """Order everything that a filter finds, as one file; how many that is now.

    What is in it is decided when it is made.

    Raises:
        UsageError: it is nothing, or too much; or a program asks, whose token may end before the job.
    """
    if asking.person.via != "session":
        raise UsageError("a selection is ordered by a person who signed in")
    action = needed_for(kind)
    asking.archive.permits.require(asking.person, action, None, "POST /exports")
    counted = selections(asking.archive).count(selection, asking.person, action)
    wanted = ExportOrder(
        operator=asking.login,
        dossier_id="",
        agency=selection.agency or "",
        file_code="",
        kind=kind,
        eark_version=E_ARK_VERSIONS[0],
        selection=selection,
        person_id=asking.person.id,
        counted=counted,
    )
    open_order(request, asking, wanted)
    return counted


def open_order(request: Request, asking: Asking, wanted: ExportOrder) -> ExportOrder:
    """The order, with its job open and its maker awake."""
    ordered = export_jobs(asking.archive).order(wanted)
    request.app.state.call_exports()
    return ordered


def _hidden(asking: Asking, place: Place, action: Action) -> frozenset[int]:
    """Documents of a whole dossier that the asker may not take; of a package as kept there may be none.

    Raises:
        RefusedError: a whole package would hold them.
    """
    if place.ordinal is not None and action is not Action.PACKAGE_EXPORT:
        return frozenset()
    archive = asking.archive
    hidden = archive.catalogue.hidden_ordinals(place.dossier_id, within=scope_of(asking.person, action))
    if hidden and action is Action.PACKAGE_EXPORT:
        target = archive.permits.sights.place(Place(place.dossier_id, min(hidden)))
        archive.permits.require(asking.person, action, target, place.dossier_id)
    return hidden


def _check(asking: Asking, said: NewExport) -> None:
    """Refuse at once what the job could only refuse later.

    Raises:
        RequestRefusedError: what is told of a DIP does not fit the circular's forms.
    """
    options = Options(said.profile, said.eark_version, said.request, said.copies, said.authentication)
    if said.kind is not ExportKind.DIP and (options.request or options.authentication or options.copies is not None):
        raise ApiError("api.invalid", f"request, copies and authentication go with as={ExportKind.DIP.value}")
    today = asking.archive.clock.now().astimezone(VIETNAM).date()
    request_values(options.request, request_id="x", today=today)
    authentication_values(options.authentication)


@router.get("")
def exports(asking: Looking, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """One's own exports, newest first."""
    own = [order for order in export_jobs(asking.archive).all() if order.operator == asking.login]
    if parts := cursor_parts(cursor):
        own = [order for order in own if (order.ordered_at, order.export_id) < (parts[0], parts[1])]
    return page_of(
        own[: limit + 1],
        limit,
        partial(line_of, asking),
        lambda order: cursor_after(order.ordered_at, order.export_id),
    )


@router.get("/{export_id}")
def export(request: Request, asking: Looking, export_id: str) -> Response:
    """One export: its job, and what was made."""
    order = _own(asking, export_id)
    return tagged(request, line_of(asking, order) | {"job": job_line(export_jobs(asking.archive).job(order))})


@router.get("/{export_id}/files")
def files(asking: Looking, export_id: str, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """A line for each file that is in it, as `luutru export --json` tells them."""
    order = _may_still(asking, _own(asking, export_id))
    parts = cursor_parts(cursor, numbers=(0,), parts=1)
    first = int(parts[0]) if parts else 0
    rows = list(enumerate(export_jobs(asking.archive).lines(order, first, limit + 1), start=first + 1))
    return page_of(rows, limit, lambda row: row[1], lambda row: cursor_after(row[0]))


@router.get(
    "/{export_id}/file",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {}}},
        206: {"description": "The range that was asked for"},
        304: {"description": "The caller has it"},
        409: {"description": "`api.conflict`: it is not made yet"},
        416: {"description": "`api.range`"},
    },
)
@router.head("/{export_id}/file", include_in_schema=False)
def file(request: Request, asking: Looking, export_id: str) -> Response:
    """What was made: one ZIP, or the only file of a document."""
    order = _may_still(asking, _own(asking, export_id))
    jobs = export_jobs(asking.archive)
    result = jobs.result(order)
    if result is None:
        raise ApiError("api.conflict", f"{export_id}: {jobs.job(order).status.value}")

    def opened(offset: int, length: int) -> Any:  # noqa: ANN401 - see `Open`
        del length
        return jobs.opened(order, result, offset)

    served = Served(result.name, result.mime, result.size_bytes, result.sha256, opened)
    return send(request, served)


@router.delete("/{export_id}", status_code=204)
def drop(asking: Looking, export_id: str) -> Response:
    """Clear an export away before its time."""
    export_jobs(asking.archive).drop(_own(asking, export_id))
    return Response(status_code=204)


def _own(asking: Asking, export_id: str) -> ExportOrder:
    """An export of the asker's own; that of somebody else is as if it were not there.

    Raises:
        NotFoundError: there is none.
    """
    order = export_jobs(asking.archive).ordered(export_id)
    if order.operator != asking.login:
        raise NotFoundError(export_id)
    return order


def _may_still(asking: Asking, order: ExportOrder) -> ExportOrder:
    """Rights may have changed since it was ordered: who may no longer take it does not get it, nor what is in it.

    Raises:
        NotFoundError: the person may not know of it, or of all that is in it, any more.
        RefusedError: the person may not take such things any more.
    """
    action = needed_for(order.kind)
    if order.search is not None:
        return _list_still(asking, order, action)
    for thing in export_jobs(asking.archive).things(order):
        place = asking.place(thing.identifier, action)
        if not _hidden(asking, place, action) <= set(thing.without):
            raise NotFoundError(order.export_id)
    return order


def _list_still(asking: Asking, order: ExportOrder, action: Action) -> ExportOrder:
    jobs, archive = export_jobs(asking.archive), asking.archive
    archive.permits.require(asking.person, action, None, "GET /exports/{export_id}/file")
    within = scope_of(asking.person, action)
    if jobs.result(order) is not None and not found_lists(archive).may_still(jobs.places(order), within=within):
        raise NotFoundError(order.export_id)
    return order


def line_of(asking: Asking, order: ExportOrder) -> dict[str, Any]:
    """What is told of an export."""
    jobs = export_jobs(asking.archive)
    href = f"{ROOT}/exports/{order.export_id}"
    result = jobs.result(order)
    return {
        "export_id": order.export_id,
        "job_id": order.job_id,
        "package_id": order.dossier_id,
        "ordinal": order.ordinal,
        "file_code": order.file_code,
        "selection": order.selection.model_dump(exclude_defaults=True) if order.selection else None,
        "search": order.search.model_dump(mode="json", exclude_defaults=True) if order.search else None,
        "counted": order.counted,
        "as": order.kind.value,
        "profile": order.shape.value,
        "ordered_at": order.ordered_at,
        "href": href,
        "job_href": f"{ROOT}/jobs/{order.job_id}",
        "made": _made(href, result) if result else None,
    }


def _made(href: str, result: ExportResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "bytes": result.size_bytes,
        "sha256": result.sha256,
        "files": result.files,
        "taken": result.taken,
        "refused": result.refused,
        "made_at": result.made_at,
        "until": result.until,
        "href": f"{href}/file",
    }
