"""Rights: the tree of agencies, who has which role where, labels, and what waits for a second person."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from archive.api.access import Cursor, Limit, cursor_after, cursor_parts, page_of
from archive.api.lines import ROOT
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.auth.people import EVERYWHERE, Label, Role
from archive.auth.policy import WHOLE, Action, Target, decide
from archive.catalogue.labels import Labelled
from archive.catalogue.places import Place
from archive.catalogue.rights import RightsChange
from archive.services.rights import told_of
from metadata.errors import NotFoundError

router = APIRouter()

Ordinal = Annotated[int, Path(ge=0, le=999_999_999)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^/*\s][^/]*$")]
Managing = Annotated[Asking, may(Action.RIGHTS_MANAGE)]
Looking = Annotated[Asking, may(Action.RIGHTS_READ)]
Labelling = Annotated[Asking, may(Action.LABEL_CHANGE)]


class NewAgency(BaseModel):
    """An agency that becomes known."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    name: Annotated[str, Field(max_length=400)] = ""
    parent: Annotated[str, Field(max_length=64)] = ""
    """Code of the agency above; empty: none."""


class ChangedAgency(BaseModel):
    """What becomes of an agency; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=400)] = ""
    parent: Annotated[str, Field(max_length=64)] | None = None
    """Code of the agency above; empty: none, it is a root."""


class NewGrant(BaseModel):
    """A role over an agency and all below it."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    agency: Annotated[str, Field(min_length=1, max_length=64)] = EVERYWHERE
    """Code, or `*`: the whole archive."""

    up_to: Label | None = None
    """Most closed label that may be read; null: what the role gives."""


class NewLabel(BaseModel):
    """How open something is from now on."""

    model_config = ConfigDict(extra="forbid")

    label: Label
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class FondsLabel(NewLabel):
    """The same of a fonds."""

    agency: Annotated[str, Field(min_length=1, max_length=64)]
    fonds: Annotated[str, Field(max_length=400)]
    """Its code, else its name, as its dossiers tell it."""


# ------------------------------------------------------------ agencies


@router.post("/agencies", status_code=201, tags=["agencies"], responses={200: {"description": "It is known already"}})
def add_agency(asking: Managing, said: NewAgency) -> Response:
    """Make an agency known, or say its name and place once more."""
    rights = asking.archive.rights
    nameable(asking, said.code, said.parent)
    line = rights.put_agency(said.code, said.name, said.parent, by=asking.login)
    headers = {"Location": f"{ROOT}/agencies/{quote(said.code, safe='')}"}
    return JSONResponse(line, 201 if line["status"] == "added" else 200, headers)


@router.patch("/agencies/{code}", tags=["agencies"])
def change_agency(asking: Managing, code: str, said: ChangedAgency) -> dict[str, Any]:
    """Rename an agency, or move it with all below it; who thereby sees more waits for a second person."""
    asking.agency(code)
    if said.parent is not None:
        placeable(asking, said.parent)
    return asking.archive.rights.put_agency(code, said.name, said.parent, by=asking.login)


def nameable(asking: Asking, code: str, parent: str) -> None:
    """Go on only if who asks may make an agency of that code known below `parent`.

    Codes are one for the whole archive. Who manages a part of it names what carries the code of its parent, as codes
    of agencies do (H49.64 below H49): whether another code is taken elsewhere is not told by trying.

    Raises:
        NotFoundError: there is no such parent, or they may not know of it.
        RefusedError: a root, by who manages a part.
        ApiError: a code of somebody else's, known or not.
    """
    placeable(asking, parent)
    if asking.may(asking.action, WHOLE):
        return
    known = asking.archive.permits.sights.agency(code)
    mine = code.startswith(f"{parent}.") if known is None else bool(asking.may(asking.action, known))
    if not mine:
        raise ApiError("rights.refused", "codes begin with that of the agency above")


def placeable(asking: Asking, parent: str) -> None:
    """A place in the tree is given by who manages the agency above it; a root by who manages the whole.

    Raises:
        NotFoundError: there is no such agency, or they may not know of it.
        RefusedError: they may not.
    """
    if parent:
        asking.agency(parent)
    else:
        asking.everything()


# ------------------------------------------------------------ grants


@router.get("/users/{login}/grants", tags=["users"])
def grants(asking: Looking, login: str) -> dict[str, Any]:
    """What was granted to a person over agencies that the caller may look into."""
    try:
        found = asking.archive.rights.granted(login)
    except NotFoundError:
        raise asking.archive.permits.absent(asking.person, asking.action, login) from None
    shown = [row for row in found if asking.may(Action.RIGHTS_READ, target_over(asking, row["agency"]))]
    if not shown and not asking.may(Action.RIGHTS_READ, WHOLE):
        # Who looks into a part of the archive learns nothing of people who do nothing there.
        raise asking.archive.permits.absent(asking.person, asking.action, login)
    return {"items": shown, "next": None}


@router.put("/users/{login}/grants", tags=["users"])
def grant(asking: Managing, login: str, said: NewGrant) -> dict[str, Any]:
    """Give a role over an agency and all below it; it alarms until somebody else confirms."""
    grantable(asking, login, said.agency)
    return asking.archive.rights.grant(login, said.role, said.agency, said.up_to, by=asking.login)


@router.delete("/users/{login}/grants", tags=["users"])
def revoke(
    asking: Managing,
    login: str,
    role: Role,
    agency: Annotated[str, Query(min_length=1, max_length=64, description="Code, or `*`")] = EVERYWHERE,
) -> dict[str, Any]:
    """Take a role away."""
    grantable(asking, login, agency)
    return asking.archive.rights.revoke(login, role, agency, by=asking.login)


def grantable(asking: Asking, login: str, agency: str) -> None:
    """Go on only if who asks may give and take roles over `agency`, of somebody else.

    Raises:
        NotFoundError: there is no such agency, or they may not know of it.
        RefusedError: they may not.
        ApiError: it is themselves.
    """
    if agency == EVERYWHERE:
        asking.everything()
    else:
        asking.agency(agency)
    if login == asking.login:
        raise ApiError("rights.refused", "nobody gives rights to themselves")


def target_over(asking: Asking, agency: str) -> Target:
    """What a role in `agency` reaches over."""
    return Target() if agency == EVERYWHERE else asking.archive.permits.sights.agency(agency) or Target()


# ------------------------------------------------------------ labels


@router.put("/dossiers/{package_id}/label", tags=["dossiers"])
def label_dossier(asking: Labelling, package_id: str, said: NewLabel) -> dict[str, Any]:
    """Label a dossier; its documents have at least this label."""
    place = Place(asking.place(package_id).dossier_id)
    return _labelled(asking, Labelled.of_place(place), said)


@router.put("/documents/{package_id}/{ordinal}/label", tags=["documents"])
def label_document(asking: Labelling, package_id: str, ordinal: Ordinal, said: NewLabel) -> dict[str, Any]:
    """Label one document; it is never more open than its dossier."""
    return _labelled(asking, Labelled.of_place(asking.place(f"{package_id}/{ordinal}")), said)


@router.put("/fonds/label", tags=["fonds"])
def label_fonds(asking: Labelling, said: FondsLabel) -> dict[str, Any]:
    """Label a fonds; all that lies in it has at least this label."""
    asking.agency(said.agency)
    return _labelled(asking, Labelled.of_fonds(said.agency, said.fonds), said)


def _labelled(asking: Asking, on: Labelled, said: NewLabel) -> dict[str, Any]:
    return asking.archive.rights.label(on, said.label, said.reason, by=asking.login)


# ------------------------------------------------------------ the second person


@router.get("/rights/pending", tags=["rights"])
def pending(asking: Looking, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Changes of rights that nobody has confirmed yet, the oldest first, with whether the caller could."""
    parts = cursor_parts(cursor)
    rights = asking.archive.rights
    rows = rights.pending_for(asking.person, limit + 1, "|".join(parts) if parts else "")

    def line(row: tuple[RightsChange, Target]) -> dict[str, Any]:
        change, target = row
        can = decide(asking.person, Action.RIGHTS_CONFIRM, target)
        return told_of(change) | {"confirmable": bool(can), "href": f"{ROOT}/rights/{change.id}/confirmation"}

    return page_of(rows, limit, line, lambda row: cursor_after(row[0].at, row[0].id))


@router.post("/rights/{change_id}/confirmation", tags=["rights"])
def confirm(asking: Annotated[Asking, may(Action.RIGHTS_CONFIRM)], change_id: str) -> dict[str, Any]:
    """Confirm somebody else's change; who made it or gains by it cannot."""
    return told_of(asking.archive.rights.confirm(change_id, asking.person))
