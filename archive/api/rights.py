"""Who asks at a route, and what they may: every route declares its action, one that declares none is refused.

    @router.get("/dossiers/{package_id}")
    def dossier(asking: Annotated[Asking, may(Action.HOLDING_READ)], package_id: str) -> Response:
        place = asking.place(package_id)

`may` refuses who has the right nowhere (401, 403); `Asking` refuses the single thing (403, or 404 as if it were
not there) and gives the scope that lists, counts and searches put into their queries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from starlette.concurrency import run_in_threadpool

from archive.api.problems import ApiError
from archive.auth.people import Label, Person
from archive.auth.policy import WHOLE, Action, Area, Decision, Scope, Target, decide, scope_of, seeing
from archive.catalogue.places import Place
from archive.composition import Archive
from metadata.errors import NotFoundError
from search.ports import Hit

PERSON = "luutru.person"
"""Key of an ASGI scope under which the sign-in puts the `Person`, or None where nobody signed in."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A person at a route that does `action`."""

    person: Person
    action: Action
    archive: Archive
    _targets: dict[Place, Target | None] = field(default_factory=dict, repr=False, compare=False)
    """What was looked at for this request: what a page shows of rights is what it was opened under."""

    @property
    def login(self) -> str:
        """As the trail names who asks."""
        return self.person.login

    @property
    def scope(self) -> Scope:
        """To what the route's action reaches: for lists, counts and searches."""
        return scope_of(self.person, self.action)

    @property
    def anything(self) -> Scope:
        """Where the person has any role at all: for the names of agencies."""
        if self.person.via == "command-line":
            return self.scope
        return Scope(tuple(Area(grant.agency, Label.CONFIDENTIAL) for grant in self.person.grants))

    def found(self, hits: Sequence[Hit]) -> None:
        """Record that closed documents are shown by a search; durable on return, and before they are shown."""
        closed = self.archive.catalogue.closed_among([Place(hit.package_id, hit.ordinal) for hit in hits])
        self.archive.dossiers.accesses.found(closed, self.login)

    def may(self, action: Action, target: Target | None = None) -> Decision:
        """Whether another action would be allowed: for what a page offers. Records nothing."""
        return decide(self.person, action, target)

    def places(self, identifier: str, action: Action | None = None) -> Sequence[Place]:
        """What of the holding `identifier` names, as far as the person may know of it; at least one.

        Args:
            identifier: As `Catalogue.find` knows them.
            action: What is to be done to them; None: what the route does.

        Raises:
            NotFoundError: nothing, or nothing that the person may know of.
            RefusedError: the person may see them, but not do this to any of them.
        """
        action = action or self.action
        permits, catalogue = self.archive.permits, self.archive.catalogue
        try:
            places = catalogue.find(identifier, within=scope_of(self.person, seeing(action)))
        except NotFoundError:
            raise permits.absent(self.person, action, identifier) from None
        allowed = [place for place in places if self._allowed(action, place)]
        if not allowed:
            target = self.target(places[0]) or Target()
            permits.require(self.person, action, target, identifier)
        return allowed

    def place(self, identifier: str, action: Action | None = None) -> Place:
        """The first of `places`."""
        return self.places(identifier, action)[0]

    def _allowed(self, action: Action, place: Place) -> bool:
        target = self.target(place)
        return target is not None and bool(decide(self.person, action, target))

    def target(self, place: Place) -> Target | None:
        """What the policy knows of a dossier or document, as it was when this request first looked; None: not there."""
        if place not in self._targets:
            self._targets[place] = self.archive.permits.sights.place(place)
        return self._targets[place]

    def submission(self, submission_id: str, action: Action | None = None) -> None:
        """Go on only if the person may do the route's action (or `action`) to a delivery.

        Raises:
            NotFoundError: there is none, or the person may not know of it.
            RefusedError: the person may not.
        """
        separate = self.archive.settings.intake.approval == "separate"
        sights = self.archive.permits.sights
        self._found(action, lambda: sights.submission(submission_id, separate=separate), submission_id)

    def sees_submission(self, submission_id: str) -> bool:
        """Whether the person may do the route's action to a delivery. Records nothing."""
        target = self.archive.permits.sights.submission(submission_id)
        return target is not None and bool(self.may(self.action, target))

    def job(self, job_id: str, action: Action | None = None) -> None:
        """The same for a job."""
        self._found(action, lambda: self.archive.permits.sights.job(job_id), job_id)

    def agency(self, code: str, action: Action | None = None) -> None:
        """The same for an agency."""
        self._found(action, lambda: self.archive.permits.sights.agency(code), code)

    def everything(self) -> None:
        """Go on only if the person may do the route's action to the whole archive, whatever its labels.

        Raises:
            RefusedError: only to a part of it.
        """
        self.archive.permits.require(self.person, self.action, WHOLE, self.action.value)

    def _found(self, action: Action | None, find: Callable[[], Target | None], subject: str) -> None:
        self.archive.permits.found(self.person, action or self.action, find, subject)


class May:
    """The dependency by which a route declares its action."""

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Asking:
        """Who asks, once they may do such a thing at all. Only a refusal takes a thread: it is recorded."""
        archive: Archive = request.app.state.archive
        person = person_at(request)
        if person is None and self.action is not Action.OPEN:
            raise ApiError("api.unauthenticated", "sign in first", {"WWW-Authenticate": "Bearer"})
        asked = person or Person(id="", login="", name="")
        if person is not None and not decide(person, self.action):
            await run_in_threadpool(archive.permits.require, person, self.action, None, _called(request))
        return Asking(asked, self.action, archive)


def may(action: Action) -> Any:  # noqa: ANN401 - as FastAPI's own `Depends`
    """Declare what a route does. See the module."""
    return Depends(May(action))


def person_at(request: Request) -> Person | None:
    """Who asks; None: nobody signed in."""
    return cast("Person | None", request.scope.get(PERSON))


def declared(dependant: Dependant) -> Action | None:
    """The action that a route declares."""
    for each in dependant.dependencies:
        if isinstance(each.call, May):
            return each.call.action
        below = declared(each)
        if below is not None:
            return below
    return None


async def refuse_undeclared(request: Request) -> None:
    """A dependency of the whole application: a route that declares no action answers nobody.

    Raises:
        ApiError: it declares none.
    """
    dependant = getattr(request.scope.get("route"), "dependant", None)
    if dependant is None or declared(dependant) is None:
        raise ApiError("rights.undeclared", _called(request))


def _called(request: Request) -> str:
    path = getattr(request.scope.get("route"), "path", "") or ""
    return f"{request.method} {path}"
