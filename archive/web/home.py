"""The home page: what waits for whom, what came last. Each sees what the roles give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.auth.policy import Action, scope_of
from archive.composition.browsing import browsing
from archive.composition.searching import saved_searches
from archive.web import deliveries
from archive.web.rendering import page
from metadata.errors import ArchiveError

router = APIRouter(include_in_schema=False)

_RECENT = 6
_SAVED = 8
"""Saved searches that are shown; the others stand on the search page."""

_CHANGES = 100
"""Changes of rights that are looked at; more are told as so many."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that a person should do."""

    word: str
    """Message `home.wait.{word}`."""

    count: int
    href: str = ""
    """Where it is done; empty: on the command line."""

    tone: str = ""
    """`bad`, `warn` or none."""


@router.get("/")
def home(request: Request, asking: Annotated[Asking, may(Action.ACCOUNT)]) -> Response:
    """What waits, what is held, what came last: of what the person may see."""
    archive, person = asking.archive, asking.person
    held, handed_in = scope_of(person, Action.HOLDING_READ), scope_of(person, Action.SUBMISSION_READ)
    finds = bool(asking.may(Action.SEARCH))
    reads, hands_in = bool(asking.may(Action.HOLDING_READ)), bool(asking.may(Action.SUBMISSION_READ))
    return page(
        request,
        "home.html",
        finds_here=finds,
        saved=saved_searches(archive).of(person.id) if finds else [],
        most_saved=_SAVED,
        waiting=[one for one in _waiting(asking) if one.count],
        totals=browsing(archive).totals(within=held) if reads else None,
        dossiers=archive.catalogue.dossiers(_RECENT, within=held) if reads else None,
        submissions=deliveries.rows(archive, limit=_RECENT, within=handed_in) if hands_in else None,
        may_submit=bool(asking.may(Action.SUBMIT)),
        roles=sorted(person.roles),
    )


def _waiting(asking: Asking) -> Iterator[Waiting]:
    """What services know to wait for this person, the most urgent first."""
    archive, person = asking.archive, asking.person
    jobs = archive.journal.counts(within=scope_of(person, Action.SUBMISSION_READ))
    if asking.may(Action.SUBMISSION_DECIDE):
        yield Waiting("approvals", jobs.get("awaiting_approval", 0), "/deliveries", "warn")
    if asking.may(Action.SUBMISSION_READ):
        if not asking.may(Action.SUBMISSION_DECIDE):
            yield Waiting("awaiting", jobs.get("awaiting_approval", 0), "/deliveries")
        yield Waiting("returned", jobs.get("returned", 0), "/deliveries", "warn")
        yield Waiting("findings", jobs.get("rejected", 0), "/deliveries", "bad")
        yield Waiting("faults", jobs.get("fault", 0), "/administration/jobs?state=fault", "bad")
        yield Waiting("under_way", jobs.get("running", 0) + jobs.get("waiting", 0), "/administration/jobs")
    if asking.may(Action.DESCRIBE):
        doubtful = browsing(archive).doubtful(within=scope_of(person, Action.DESCRIBE))
        yield Waiting("doubtful", doubtful, "/text-review", "warn")
    if asking.may(Action.RIGHTS_CONFIRM):
        yield Waiting("rights", _changes(asking), "/administration/changes", "warn")
    if asking.may(Action.EVIDENCE_READ):
        yield from _evidence(asking)
    if asking.may(Action.SYSTEM_READ):
        yield Waiting("unindexed", browsing(archive).unindexed(within=scope_of(person, Action.SYSTEM_READ)))


def _changes(asking: Asking) -> int:
    """Changes of rights that this person may confirm."""
    waiting = asking.archive.rights.pending_for(asking.person, _CHANGES)
    return sum(bool(asking.may(Action.RIGHTS_CONFIRM, target)) for _, target in waiting)


def _evidence(asking: Asking) -> Iterator[Waiting]:
    """What no time-stamp covers yet, and what was missed. Evidence is of the whole archive."""
    if not scope_of(asking.person, Action.EVIDENCE_READ).everything:
        return
    try:
        status = asking.archive.evidencing.status()
    except ArchiveError:
        # What is wrong with evidence is told by `doctor`; the rest of the page must not wait for it.
        yield Waiting("evidence_unread", 1, "/evidence", "bad")
        return
    yield Waiting("evidence_missed", len(status.missed), "/evidence", "bad")
    yield Waiting("evidence_due", len(status.due), "/evidence", "warn")
    yield Waiting("evidence_missing", status.pending, "/evidence", "" if status.has_authority else "warn")
