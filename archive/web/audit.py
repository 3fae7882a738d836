"""The audit trail on the screen: looked through by day, who, kind and object; checked whole; handed out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from archive.api.rights import Asking, may
from archive.auth.policy import Action, scope_of
from archive.catalogue.trail_search import TrailQuestion, TrailSearch
from archive.services.audit_runs import AuditRuns
from archive.web.happened import told
from archive.web.language import language_of
from archive.web.rendering import page
from archive.web.words import Words
from metadata.audit_chain import canonical
from metadata.errors import NotFoundError
from metadata.events import EventType
from metadata.time import first_moment, rfc3339

router = APIRouter(prefix="/audit", include_in_schema=False)

Looking = Annotated[Asking, may(Action.AUDIT_READ)]
_LISTED = 50


class Asked(BaseModel):
    """What a page asks, in its address."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    since: Annotated[str, Field(alias="from", max_length=10)] = ""
    """First day, ISO; in Vietnam."""

    until: Annotated[str, Field(alias="to", max_length=10)] = ""
    """Last day."""

    who: Annotated[str, Field(max_length=200)] = ""
    """Login, or an agent as recorded."""

    kind: Annotated[str, Field(alias="type", max_length=60)] = ""
    subject: Annotated[str, Field(max_length=400)] = ""
    before: Annotated[int | None, Field(ge=1, le=1 << 62)] = None

    def question(self) -> TrailQuestion:
        """As the catalogue looks for it.

        Raises:
            ValueError: there is no such day.
        """
        until = date.fromisoformat(self.until) + timedelta(days=1) if self.until else None
        who = self.who.strip()
        return TrailQuestion(
            since=rfc3339(first_moment(date.fromisoformat(self.since))) if self.since else "",
            until=rfc3339(first_moment(until)) if until else "",
            agent=who if not who or ":" in who else f"person:{who.casefold()}",
            kind=self.kind if self.kind in _KINDS else "",
            subject=self.subject.strip(),
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.since or self.until or self.who or self.kind or self.subject)


_KINDS = frozenset(kind.value for kind in EventType)


@router.get("")
def trail(request: Request, asking: Looking, asked: Annotated[Asked, Query()]) -> Response:
    """Events, the newest first, as far as they may be seen; and how it stands with the whole."""
    words = Words(language_of(request))
    wrong, found = False, None
    try:
        search = TrailSearch(asking.archive.database)
        found = search.page(asked.question(), limit=_LISTED, within=asking.scope, before=asked.before)
    except (ValueError, OverflowError):
        wrong = True
    return page(
        request,
        "audit.html",
        asked=asked,
        wrong=wrong,
        found=found,
        rows=[(event, told(event, words)) for event in found.events] if found else [],
        kinds=sorted(((kind, words.label("event", kind)) for kind in _KINDS), key=lambda kind: kind[1].casefold()),
        **_verification(request, asking),
    )


@router.get("/verification")
def verification(request: Request, asking: Looking) -> Response:
    """How far the check of the whole trail is: the part of the page that changes meanwhile."""
    asking.everything()
    return page(request, "_verification.html", **_verification(request, asking))


@router.post("/verification")
def verify(request: Request, asking: Looking) -> Response:
    """Check the whole trail; in the background, because it reads all of it."""
    asking.everything()
    runs: AuditRuns = request.app.state.audit_runs
    runs.start(asking.login)
    return RedirectResponse("/audit#verification", 303)


def _verification(request: Request, asking: Asking) -> dict[str, Any]:
    """The last check. The chain is whole or worth nothing: only who sees all of it gets it checked."""
    if not asking.scope.everything:
        return {"whole": False, "run": None, "last": None}
    runs: AuditRuns = request.app.state.audit_runs
    run = runs.latest()
    return {"whole": True, "run": run, "last": runs.recorded()}


@router.get("/{number}")
def event(request: Request, asking: Looking, number: Annotated[int, Path(ge=1, le=1 << 62)]) -> Response:
    """One event in whole, with its place in the chain.

    Raises:
        NotFoundError: there is none, or it may not be seen.
    """
    found = TrailSearch(asking.archive.database).one(number, within=asking.scope)
    if found is None:
        raise NotFoundError(str(number))
    words = Words(language_of(request))
    return page(
        request,
        "audit-event.html",
        event=found.body,
        told=told(found.body, words),
        found=found,
        line=canonical(found.body).decode(),
        leads_to=_leads_to(asking, str(found.body["subject"])),
    )


def _leads_to(asking: Asking, subject: str) -> str:
    """Address of what an event is about, where it is a dossier or document that the person may open."""
    try:
        places = asking.archive.catalogue.find(subject, within=scope_of(asking.person, Action.HOLDING_READ))
    except NotFoundError:
        return ""
    place = places[0]
    return (
        f"/dossiers/{place.dossier_id}" if place.ordinal is None else f"/documents/{place.dossier_id}/{place.ordinal}"
    )
