"""Evidence on the screen: batches with their renewals, what no time-stamp covers yet, the calendar, what if.

Everything is told as far as the person may see what it is over; what is due, and when, is reckoned by the service of
`luutru evidence plan` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.auth.policy import Action, scope_of
from archive.composition.evidencing import stamps_seen
from archive.preservation.evidence.history import Lines, StampKind
from archive.preservation.evidence.planning import due, end_of
from archive.services.evidence import Evidence
from archive.services.stamps_seen import SeenStamp, StampsSeen
from archive.web.evidence_plan import Question, asked_plan
from archive.web.rendering import page
from metadata.errors import ArchiveError, NotFoundError
from metadata.time import rfc3339

router = APIRouter(prefix="/evidence", include_in_schema=False)

Looking = Annotated[Asking, may(Action.EVIDENCE_READ)]
Name = Annotated[str, Path(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}-[1-9][0-9]{0,6}$")]
_LISTED = 50
_DOSSIERS = 100
"""Dossiers of a batch, or without evidence, that are named on a page."""

_MOST_PENDING = 5000


@dataclass(frozen=True, slots=True)
class Holds:
    """Until when what a stamp proves is held, by the youngest stamp above it."""

    until: str
    """RFC 3339."""

    why: str
    """Word of `evidence_why`: what ends then."""

    soon: bool
    """Renewing it is due."""

    over: bool


class Ends:
    """Says of each batch until when it holds; of none where trust or index cannot be read."""

    def __init__(self, asking: Asking) -> None:
        self.trouble = ""
        self._now = asking.archive.clock.now()
        self.service: Evidence | None = None
        try:
            self.service = asking.archive.evidencing
            self._holding = self.service.holding()
            self._lines = Lines(self._holding.history)
            self.tasks = due(self._holding, self._now)
            self.due = {name for entry in self.tasks for name in entry.stamps}
        except ArchiveError as error:
            self.trouble = str(error)
            self.service = None

    def of(self, name: str) -> Holds | None:
        """None: nothing is known, or it has no time-stamp yet."""
        if self.service is None or name not in self._holding.history.stamps:
            return None
        end = self._lines.end(name)
        if end is None:
            return None
        when, why = end_of(self._holding, self._holding.history.stamps[end])
        return Holds(rfc3339(when), why.name.lower(), end in self.due, when <= self._now)

    def line(self, name: str) -> list[dict[str, Any]]:
        """The time-stamps from one up to the youngest above it, oldest first."""
        if self.service is None or name not in self._holding.history.stamps:
            return []
        found = []
        for link in self._lines.of(name):
            end, why = end_of(self._holding, link.stamped_by)
            found.append(
                {
                    "stamp": link.stamped_by,
                    "kind": link.stamped_by.kind.name.lower(),
                    "at": rfc3339(link.stamped_by.time),
                    "until": rfc3339(end),
                    "why": why.name.lower(),
                    "youngest": link.under is None,
                }
            )
        return found


@router.get("")
def batches(request: Request, asking: Looking, after: Annotated[str, Query(max_length=40)] = "") -> Response:
    """Batches and renewals, the newest first; above them what stands without evidence."""
    seen = stamps_seen(asking.archive, asking.scope)
    rows = seen.stamps(after=after, limit=_LISTED + 1, newest_first=True)
    ends = Ends(asking)
    return page(
        request,
        "evidence.html",
        rows=[_row(row, ends) for row in rows[:_LISTED]],
        after=after,
        following=rows[_LISTED - 1].entry.name if len(rows) > _LISTED else "",
        whole=asking.scope.everything,
        trouble=ends.trouble,
        has_authority=bool(asking.archive.settings.evidence.tsa),
        tasks=_tasks(seen, ends),
        **_without(asking, seen),
    )


def _row(row: SeenStamp, ends: Ends) -> dict[str, Any]:
    return {
        "entry": row.entry,
        "kind": StampKind(row.entry.kind).name.lower(),
        "leaves": row.leaves,
        "covers": row.covers,
        "holds": ends.of(row.entry.name),
    }


def _without(asking: Asking, seen: StampsSeen) -> dict[str, Any]:
    """What no time-stamp covers yet, with the dossiers that may be opened."""
    unproven = seen.unproven(_MOST_PENDING)
    reads = scope_of(asking.person, Action.HOLDING_READ)
    return {
        "pending": unproven.held,
        "more_pending": unproven.more,
        "waiting": unproven.waiting,
        "dossiers": seen.dossiers(unproven.packages, reads, _DOSSIERS),
    }


def _tasks(seen: StampsSeen, ends: Ends) -> list[dict[str, Any]]:
    """What is due now, as far as it is over something that one sees; the gravest first."""
    if ends.service is None:
        return []
    now, terms = ends.service.clock.now(), ends.service.terms
    owed = [entry for entry in ends.tasks if any(seen.shown(name) for name in entry.stamps)]
    return [
        {
            "kind": entry.action.name.lower(),
            "why": entry.why.name.lower(),
            "end": rfc3339(entry.end),
            "missed": entry.missed(now, terms),
        }
        for entry in owed
    ]


@router.get("/plan")
def plan(request: Request, asking: Looking, question: Annotated[Question, Query()]) -> Response:
    """What has to be renewed when, by year and month; or what would have to be, if something were so."""
    seen = stamps_seen(asking.archive, asking.scope)
    return page(request, "evidence-plan.html", question=question, **asked_plan(asking.archive, seen, question))


@router.get("/{name}")
def batch(request: Request, asking: Looking, name: Name) -> Response:
    """One batch or renewal: what it is over, and all that was put over it.

    Raises:
        NotFoundError: there is none, or nothing of it may be seen.
    """
    seen = stamps_seen(asking.archive, asking.scope)
    if not seen.shown(name):
        raise NotFoundError(name)
    stamp, ends = seen.stamp(name), Ends(asking)
    reads = scope_of(asking.person, Action.HOLDING_READ)
    is_batch = stamp.entry.kind == StampKind.BATCH
    return page(
        request,
        "evidence-batch.html",
        **_row(stamp, ends),
        held=seen.held(name),
        chain=ends.line(name),
        now=rfc3339(asking.archive.clock.now()),
        below=[seen.entries[covered] for covered in stamp.covers],
        dossiers=seen.dossiers(seen.members(name), reads, _DOSSIERS) if is_batch else [],
        most=_DOSSIERS,
        whole=asking.scope.everything,
        trouble=ends.trouble,
    )
