"""Checking the whole trail for a page: one check at a time, in the background, with progress; the last one is kept.

That it was checked, by whom and with which result is an event of the trail itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from archive.auth.policy import ALL
from archive.catalogue.trail import AuditTrail
from archive.catalogue.trail_search import TrailQuestion, TrailSearch
from archive.services.audit import AuditAnswer, AuditChecking
from metadata.errors import ArchiveError
from metadata.events import EventOutcome, EventType
from metadata.time import Clock, rfc3339

SUBJECT = "audit"
"""What the event of a check is about."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class AuditRun:
    """One check, under way or ended."""

    by: str
    begun_at: str
    done: int = 0
    total: int = 0
    """Events read, of how many; 0: the time-stamps are being checked."""

    ended_at: str = ""
    answer: AuditAnswer | None = None
    fault: str = ""
    """Code and words of the error that ended it: nothing is said about the trail then."""

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return not self.ended_at


@dataclass(slots=True)
class AuditRuns:
    """Starts checks, and tells of the last."""

    checking: Callable[[], AuditChecking]
    trail: AuditTrail
    search: TrailSearch
    clock: Clock
    _run: AuditRun | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def start(self, by: str) -> AuditRun:
        """Begin a check, unless one is under way: then that one is told."""
        with self._lock:
            if self._run is not None and self._run.running:
                return self._run
            run = AuditRun(by, rfc3339(self.clock.now()))
            self._run = run
            threading.Thread(target=self._check, args=(run,), name="audit-verify", daemon=True).start()
        return run

    def latest(self) -> AuditRun | None:
        """The check of this process that goes on or ended last."""
        return self._run

    def recorded(self) -> Mapping[str, Any] | None:
        """The event of the last check, of whatever process; None: it was never checked from a page."""
        asked = TrailQuestion(kind=EventType.FIXITY_CHECK.value, subject=SUBJECT)
        found = self.search.page(asked, limit=1, within=ALL).events
        return found[0] if found else None

    def _check(self, run: AuditRun) -> None:
        def tell(done: int, total: int) -> None:
            run.done, run.total = done, total

        try:
            answer = self.checking().verify(tell)
            self._record(run, answer)
            run.answer = answer
        except ArchiveError as error:
            run.fault = f"{error.code}: {error}"
        except Exception as error:  # noqa: BLE001 - told on the page and in the log
            _log.exception("audit_verify_failed")
            run.fault = type(error).__name__
        run.ended_at = rfc3339(self.clock.now())

    def _record(self, run: AuditRun, answer: AuditAnswer) -> None:
        detail = {
            "events": str(answer.events),
            "sealed": str(answer.sealed),
            "breaks": str(len(answer.breaks)),
            "proven": str(answer.proven_seq),
            "head": answer.head.sha256,
        }
        outcome = EventOutcome.SUCCESS if answer.ok else EventOutcome.REJECTED
        self.trail.record(
            self.trail.event(EventType.FIXITY_CHECK, SUBJECT, agent=f"person:{run.by}", outcome=outcome, detail=detail)
        )
