"""The first page of the administration: what there is to manage, and what waits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.auth.policy import Action, scope_of
from archive.catalogue.job_board import State
from archive.catalogue.roster import Wanted
from archive.composition.administering import job_board, roster, silent_since
from archive.web.administration import manages_people, sections_of, shown
from archive.web.rights_changes import MOST_COUNTED, waiting

router = APIRouter(prefix="/administration", include_in_schema=False)


@router.get("")
def overview(request: Request, asking: Annotated[Asking, may(Action.ACCOUNT)]) -> Response:
    """The sections that the person may open, each with its number."""
    if not list(sections_of(asking)):
        asking.archive.permits.require(asking.person, Action.RIGHTS_READ, None, "GET /administration")
    return shown(request, asking, "administration.html", counts=_counts(asking))


def _counts(asking: Asking) -> dict[str, int]:
    """By section the number that matters there (`administration.{section}.count`)."""
    archive, found = asking.archive, dict[str, int]()
    if asking.may(Action.RIGHTS_READ):
        found["changes"] = len(waiting(asking, MOST_COUNTED))
        found["agencies"] = len(archive.catalogue.agencies(within=scope_of(asking.person, Action.RIGHTS_READ)))
    if manages_people(asking):
        found["people"] = roster(archive).count(Wanted())
    if asking.may(Action.SUBMISSION_READ):
        scope = scope_of(asking.person, Action.SUBMISSION_READ)
        found["jobs"] = job_board(archive).counts(silent=silent_since(archive), within=scope)[State.FAULT]
    return found
