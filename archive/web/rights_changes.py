"""The page of changes of rights that wait for a second person, each with why one may not confirm it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.auth.policy import Action, decide
from archive.catalogue.rights import RightsChange
from archive.services.people import printable
from archive.web.administration import address, agency_names, back, shown
from archive.web.labels import href_of

router = APIRouter(prefix="/administration/changes", include_in_schema=False)

Looking = Annotated[Asking, may(Action.RIGHTS_READ)]
Confirming = Annotated[Asking, may(Action.RIGHTS_CONFIRM)]

_LISTED = 50

MOST_COUNTED = 100
"""Whoever may look into few of many would have all of them looked at, one by one, only to be told how many."""


@dataclass(frozen=True, slots=True)
class WaitingChange:
    """A change that waits, as this person sees it."""

    change: RightsChange
    why_not: str
    """Why this person cannot confirm it: a key below `rights.why`; empty: they can."""

    href: str
    """Where its subject is looked at; empty: nowhere."""

    @property
    def confirmable(self) -> bool:
        """Whether this person may confirm it."""
        return not self.why_not


def waiting(asking: Asking, limit: int, after: str = "") -> list[WaitingChange]:
    """Changes that wait, the oldest first: those of which this person may know, behind the cursor `after`."""
    found = []
    for change, target in asking.archive.rights.pending_for(asking.person, limit, after):
        can = decide(asking.person, Action.RIGHTS_CONFIRM, target)
        found.append(WaitingChange(change, "" if can else can.why.removeprefix("rights.why."), _href(change)))
    return found


def _href(change: RightsChange) -> str:
    kind, _, rest = change.subject.partition("/")
    if kind == "person":
        return address("people", rest)
    return address("agencies", rest) if kind == "agency" else href_of(change.subject)


@router.get("")
def changes(request: Request, asking: Looking, after: Annotated[str, Query(max_length=200)] = "") -> Response:
    """What waits, the oldest first."""
    found = waiting(asking, _LISTED + 1, printable(after))
    last = found[_LISTED - 1].change if len(found) > _LISTED else None
    return shown(
        request,
        asking,
        "rights-changes.html",
        rows=found[:_LISTED],
        following=f"{last.at}|{last.id}" if last else "",
        names=agency_names(asking),
    )


@router.post("/{change_id}/confirm")
def confirm(asking: Confirming, change_id: str) -> Response:
    """Confirm somebody else's change; who made it or gains by it cannot."""
    asking.archive.rights.confirm(change_id, asking.person)
    return back(address("changes"), "confirmed")
