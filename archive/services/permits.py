"""May this person do this: asked by whoever answers people; every refusal is recorded.

What a person may not know of is answered as if it were not there, and it costs the same: what is not there
is recorded as asked for, too.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from archive.auth.people import Person
from archive.auth.policy import Action, Decision, Target, decide
from archive.catalogue.sights import Sights
from archive.catalogue.trail import AuditTrail
from metadata.errors import ArchiveError, NotFoundError, UsageError
from metadata.events import EventOutcome, EventType
from metadata.messages import every_text
from metadata.time import Clock

ONE_REFUSAL = timedelta(minutes=5)
"""The same person refused the same thing again within this time is one refusal: nobody fills the trail by asking."""

_MOST = 10_000


class RefusedError(UsageError):
    """The person's rights do not reach so far."""

    code: ClassVar[str] = "rights.refused"
    retryable: ClassVar[bool] = False

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(every_text(why))


@dataclass(slots=True)
class Permits:
    """Asks the policy and records what it refuses. May be called from many threads."""

    sights: Sights
    trail: AuditTrail
    clock: Clock
    _told: OrderedDict[tuple[str, ...], datetime] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def require(self, person: Person, action: Action, target: Target | None, subject: str) -> None:
        """Go on only if `person` may.

        Args:
            person: Who.
            action: What.
            target: To what; None: to anything at all.
            subject: Identifier of it as the person named it; what a route is called where there is no target.

        Raises:
            RefusedError: the person may not.
            NotFoundError: the person may not even know of it.
            DatabaseFaultError: the refusal could not be recorded.
        """
        decision = decide(person, action, target)
        if not decision:
            raise self.refusal(person, action, decision, subject)

    def found(self, person: Person, action: Action, find: Callable[[], Target | None], subject: str) -> Target:
        """The same for what `find` has to look up first; a target that is not there is refused alike."""
        target = find()
        if target is None:
            raise self.absent(person, action, subject)
        self.require(person, action, target, subject)
        return target

    def refusal(self, person: Person, action: Action, decision: Decision, subject: str) -> ArchiveError:
        """Record that `person` was refused; the error to raise."""
        if decision.hidden:
            return self.absent(person, action, subject)
        self._record(person, action, subject, decision.why)
        return RefusedError(decision.why)

    def absent(self, person: Person, action: Action, subject: str) -> NotFoundError:
        """Record that `person` asked for what is not there, or not for them; the error to raise."""
        # Whatever was typed may be anything: the trail names it by its digest.
        asked = hashlib.sha256(subject.encode(errors="surrogatepass")).hexdigest()
        self._record(person, action, f"sha256:{asked}", "rights.why.outside")
        return NotFoundError(subject)

    def _record(self, person: Person, action: Action, subject: str, why: str) -> None:
        if person.via == "command-line":
            return
        asked = (person.login, action.value, subject, why)
        now = self.clock.now()
        with self._lock:
            before = self._told.get(asked)
        if before is not None and now - before < ONE_REFUSAL:
            return
        event = self.trail.event(
            EventType.ACCESS_REFUSAL,
            subject,
            agent=f"person:{person.login}",
            outcome=EventOutcome.REJECTED,
            detail={"action": action.value, "why": why.removeprefix("rights.why."), "via": person.via},
        )
        self.trail.record(event)
        with self._lock:
            self._told[asked] = now
            self._told.move_to_end(asked)
            while len(self._told) > _MOST:
                self._told.popitem(last=False)
