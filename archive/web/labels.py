"""The pages of labels: what people set, how open one thing is and why, and the form that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.auth.people import Label
from archive.auth.policy import Action, Target, scope_of
from archive.catalogue.labels import Labelled
from archive.composition.administering import label_lists
from archive.services.label_history import history
from archive.services.people import printable
from archive.web.administration import BAD, Refused, back, shown
from archive.web.forms import fields_of
from metadata.errors import NotFoundError, UsageError

router = APIRouter(prefix="/administration/labels", include_in_schema=False)

Looking = Annotated[Asking, may(Action.RIGHTS_READ)]
Labelling = Annotated[Asking, may(Action.LABEL_CHANGE)]
Words = Annotated[str, Query(max_length=500)]
_LISTED = 50


@router.get("")
def labels(
    request: Request,
    asking: Looking,
    identifier: Annotated[str, Query(alias="id", max_length=200)] = "",
    agency: Words = "",
    fonds: Words = "",
    after: Words = "",
) -> Response:
    """Labels that people set, or one thing with its label and what was said of it."""
    said = {"id": printable(identifier), "agency": printable(agency), "fonds": printable(fonds)}
    if said["id"] or said["fonds"]:
        return _one(request, asking, said)
    return _listed(request, asking, printable(after))


def _listed(
    request: Request, asking: Asking, after: str = "", status: int = 200, refused: Refused | None = None
) -> Response:
    scope = scope_of(asking.person, Action.RIGHTS_READ)
    lists = label_lists(asking.archive)
    found = lists.page(_LISTED + 1, after, within=scope)
    rows = found[:_LISTED]
    return shown(
        request,
        asking,
        "labels.html",
        status,
        refused=refused,
        rows=[(row, href_of(row.subject)) for row in rows],
        following=f"{rows[-1].at}|{rows[-1].subject}" if len(found) > _LISTED else "",
        agencies=asking.archive.catalogue.agencies(within=scope),
        fonds=lists.fonds(within=scope),
    )


def href_of(subject: str) -> str:
    """Where the label of this subject (see `Labelled`) is looked at."""
    on = Labelled(subject)
    if on.place is None:
        agency, fonds = on.fonds
        return f"/administration/labels?{urlencode({'agency': agency, 'fonds': fonds})}"
    ordinal = "" if on.place.ordinal is None else f"/{on.place.ordinal}"
    return f"/administration/labels?{urlencode({'id': on.place.dossier_id + ordinal})}"


def _one(
    request: Request, asking: Asking, said: Mapping[str, str], status: int = 200, refused: Refused | None = None
) -> Response:
    try:
        on = _named(asking, said, Action.RIGHTS_READ)
        target = asking.archive.rights.target_of(on)
    except NotFoundError:
        return _listed(request, asking, "", BAD, Refused("no_such_thing", said))
    return shown(
        request,
        asking,
        "label.html",
        status,
        refused=refused,
        said=said,
        on=on,
        label=target.label.value,
        own=label_lists(asking.archive).own(on),
        history=history(asking.archive.rights, on),
        unconfirmed=asking.archive.rights.rows.waiting(on.subject),
        labels=[label.value for label in Label],
        may_change=bool(asking.may(Action.LABEL_CHANGE, target)),
        **_named_for_people(asking, on, target),
    )


def _named_for_people(asking: Asking, on: Labelled, target: Target) -> dict[str, Any]:
    """What a thing is called, for who may read it; its identifiers for everybody else."""
    place = on.place
    if place is None:
        return {"code": on.fonds[1], "title": "", "reads": False, "agency": target.agencies[-1]}
    row = asking.archive.catalogue.dossier(place.dossier_id)
    reads = bool(asking.may(Action.HOLDING_READ, target))
    code = row["file_code"] or place.dossier_id
    return {
        "code": code if place.ordinal is None else f"{code}/{place.ordinal}",
        "title": row["title"] if reads else "",
        "reads": reads,
        "agency": target.agencies[-1] if target.agencies else "",
    }


def _named(asking: Asking, said: Mapping[str, str], action: Action) -> Labelled:
    """What is meant, if the person may do `action` to it.

    Raises:
        NotFoundError: nothing of which they may know.
        RefusedError: they may not.
    """
    if said.get("id"):
        return Labelled.of_place(asking.place(said["id"], action))
    asking.agency(said.get("agency", ""), action)
    return Labelled.of_fonds(said.get("agency", ""), said.get("fonds", ""))


@router.post("")
async def change(request: Request, asking: Labelling) -> Response:
    """Label a fonds, a dossier or a document, with the reason."""
    said = await fields_of(request)

    def put() -> Response:
        on = _named(asking, said, Action.LABEL_CHANGE)
        label, reason = said.get("label", ""), said.get("reason", "").strip()
        if label not in set(Label) or not reason:
            return _one(request, asking, said, BAD, Refused("label_reason" if label in set(Label) else "label", said))
        try:
            line = asking.archive.rights.label(on, Label(label), reason, by=asking.login)
        except UsageError:
            return _one(request, asking, said, BAD, Refused("label_reason", said))
        return back(href_of(on.subject), "labelled_wider" if "change" in line else "labelled")

    return await run_in_threadpool(put)
