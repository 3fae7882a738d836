"""Giving jobs up: decided once, in the database; whoever works on one learns it at the end of the present stage.

Nothing half-stored is left: what waits or runs has its files below the home's `work/` only, and from the moment
in which a package goes to storage nobody can cancel any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from archive.catalogue.duties import JUDGING, Duties, DutyKind
from archive.catalogue.journal import ENDED, DossierStatus, Job, Journal
from archive.catalogue.trail import AuditTrail
from archive.errors import NotCancelledError
from archive.jobs.runner import BEYOND, Runner
from archive.services.conversion_jobs import ConversionJobs
from archive.services.export_jobs import ExportJobs
from metadata.events import EventOutcome, EventType

MOST_REASON = 2000
_EVENTS = {DutyKind.CONVERSION.value: EventType.PROFILE_CONVERSION, DutyKind.EXPORT.value: EventType.DISSEMINATION}


@dataclass(frozen=True, slots=True)
class Cancelling:
    """Cancels jobs of one installation."""

    journal: Journal
    duties: Duties
    runner: Runner
    trail: AuditTrail
    exports: Callable[[], ExportJobs]
    conversions: Callable[[], ConversionJobs]

    def why_not(self, job: Job) -> str | None:
        """Why a job cannot be cancelled, a key below `administration.not_cancelled`; None: it can, as things stand."""
        if job.status in ENDED:
            return "ended"
        if job.kind != "ingest":
            return "owed" if job.kind in {kind.value for kind in JUDGING} else None
        if job.result is DossierStatus.AWAITING_APPROVAL:
            return "held"
        return "stored" if job.stage in BEYOND else None

    def cancel(self, job: Job, *, by: str, reason: str = "") -> Job:
        """Cancel a job that waits, runs or met a fault; durable on return, and nothing of it is stored any more.

        Args:
            job: As it was read.
            by: Login of who cancels.
            reason: For who handed it in; the trail proves it by its digest only.

        Raises:
            NotCancelledError: it has ended, waits for a decision, is too far, or must not be given up.
        """
        why = self.why_not(job)
        if why is not None:
            raise NotCancelledError(why)
        reason = " ".join(reason.split())[:MOST_REASON]
        if job.kind == "ingest":
            return self._dossier(job, by, reason)
        return self._duty(job, by, reason)

    def _dossier(self, job: Job, by: str, reason: str) -> Job:
        detail = {"job": job.id, "submission": job.submission_id, "why": "cancelled", **_proof(reason)}
        event = self.trail.event(
            EventType.RETURN, job.package_id, agency=job.agency, agent=f"person:{by}", detail=detail
        )
        with self.trail.transaction() as connection:
            done = self.journal.cancel(job.id, connection, beyond=BEYOND, reason=reason)
            if done:
                self.trail.record(event, connection)
        if not done:
            raise NotCancelledError(self.why_not(self.journal.job(job.id)) or "stored")
        self.runner.clear_cancelled(job.id)
        return self.journal.job(job.id)

    def _duty(self, job: Job, by: str, reason: str) -> Job:
        event = self.trail.event(
            _EVENTS[job.kind],
            job.package_id or job.id,
            agency=job.agency,
            agent=f"person:{by}",
            outcome=EventOutcome.REJECTED,
            detail={"job": job.id, "why": "cancelled", **_proof(reason)},
        )
        with self.trail.transaction() as connection:
            done = self.duties.cancel(job.id, connection, reason=reason)
            if done:
                self.trail.record(event, connection)
        if not done:
            raise NotCancelledError("ended")
        (self.exports() if job.kind == DutyKind.EXPORT else self.conversions()).clear_cancelled(job.id)
        return self.duties.duty(job.id)


def _proof(reason: str) -> dict[str, str]:
    return {"reason_sha256": hashlib.sha256(reason.encode(errors="surrogatepass")).hexdigest()} if reason else {}
