"""Checking the whole trail for a page: one check at a time, in the background, with progress; the last one is kept.

That it was checked, by whom and with which result is an event of the trail itself. How far it is lies in a file, so
that every process that answers can tell; who checks holds a lock while it lives.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from archive.auth.policy import ALL
from archive.catalogue.trail import AuditTrail
from archive.catalogue.trail_search import TrailQuestion, TrailSearch
from archive.durable import alone, write_durably
from archive.errors import WorkFolderFaultError
from archive.services.audit import AuditAnswer, AuditChecking
from metadata.errors import ArchiveError
from metadata.events import EventOutcome, EventType
from metadata.time import Clock, rfc3339

SUBJECT = "audit"
"""What the event of a check is about."""

MOST_PLACES = 200
"""Broken places that are told on a page; the command tells all."""

_TELL_SECONDS = 0.5
_TRIES = 20
_TRY_SECONDS = 0.01

_log = logging.getLogger(__name__)


class AuditRun(BaseModel):
    """One check, under way or ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    begun_at: str
    done: int = 0
    total: int = 0
    """Events read, of how many; 0: the time-stamps are being checked."""

    ended_at: str = ""
    answer: dict[str, Any] | None = None
    """See `AuditAnswer.as_json`, with `MOST_PLACES` of its breaks and `broken`, how many there are."""

    fault: str = ""
    """Code and words of the error that ended it: nothing is said about the trail then."""

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return not self.ended_at


@dataclass(frozen=True, slots=True)
class AuditRuns:
    """Starts checks, and tells of the last."""

    checking: Callable[[], AuditChecking]
    trail: AuditTrail
    search: TrailSearch
    clock: Clock
    folder: Path

    def start(self, by: str) -> AuditRun:
        """Begin a check, unless one is under way: then that one is told.

        Raises:
            WorkFolderFaultError: the disk refused, or somebody else keeps the lock.
        """
        for _ in range(_TRIES):
            with ExitStack() as stack:
                if stack.enter_context(alone(self._lock)):
                    run = AuditRun(by=by, begun_at=rfc3339(self.clock.now()))
                    self._keep(run)
                    held = stack.pop_all()
                    threading.Thread(target=self._check, args=(run, held), name="audit-verify", daemon=True).start()
                    return run
            # Who looks whether a check is alive holds the lock, too, but for an instant.
            under_way = self._kept()
            if under_way is not None and under_way.running:
                return under_way
            time.sleep(_TRY_SECONDS)
        raise WorkFolderFaultError(str(self._lock))

    def latest(self) -> AuditRun | None:
        """The check that goes on or ended last; of one whose process died, that nothing is known."""
        run = self._kept()
        if run is None or not run.running:
            return run
        with alone(self._lock) as nobody:
            if not nobody:
                return run
            again = self._kept()
            if again is None or not again.running:
                return again
            died = again.model_copy(update={"ended_at": rfc3339(self.clock.now()), "fault": "InterruptedError"})
            self._keep(died)
            return died

    def recorded(self) -> Mapping[str, Any] | None:
        """The event of the last check; None: it was never checked from a page."""
        asked = TrailQuestion(kind=EventType.FIXITY_CHECK.value, subject=SUBJECT)
        found = self.search.page(asked, limit=1, within=ALL).events
        return found[0] if found else None

    @property
    def _lock(self) -> Path:
        return self.folder / "audit-run.lock"

    @property
    def _file(self) -> Path:
        return self.folder / "audit-run.json"

    def _kept(self) -> AuditRun | None:
        # Of another version, or damaged: then there is none.
        with suppress(FileNotFoundError, ValueError):
            return AuditRun.model_validate_json(self._file.read_bytes())
        return None

    def _keep(self, run: AuditRun) -> None:
        write_durably(self._file, run.model_dump_json().encode())

    def _check(self, run: AuditRun, held: ExitStack) -> None:
        told = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() - told >= _TELL_SECONDS:
                told = time.monotonic()
                self._keep(run.model_copy(update={"done": done, "total": total}))

        with held:
            ended: dict[str, Any]
            try:
                answer = self.checking().verify(tell)
                self._record(run, answer)
                ended = {"answer": _shortened(answer)}
            except ArchiveError as error:
                ended = {"fault": f"{error.code}: {error}"}
            except Exception as error:  # noqa: BLE001 - told on the page and in the log
                _log.exception("audit_verify_failed")
                ended = {"fault": type(error).__name__}
            self._keep(run.model_copy(update={**ended, "ended_at": rfc3339(self.clock.now())}))

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


def _shortened(answer: AuditAnswer) -> dict[str, Any]:
    said = answer.as_json()
    return {**said, "breaks": said["breaks"][:MOST_PLACES], "broken": len(said["breaks"])}
