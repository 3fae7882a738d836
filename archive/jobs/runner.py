"""Runs one stage of one job: facts on disk, decisions in the trail, status in the journal. Repeatable, engine-free."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from pathlib import Path
from typing import Protocol

from archive.catalogue.database import Transaction
from archive.catalogue.journal import Claim, DossierStatus, Job, JobStatus, Journal
from archive.catalogue.trail import AuditTrail
from archive.errors import CancelledJobError, InterruptedJobError
from archive.jobs.additions import ADDS, Additions
from archive.jobs.workfolder import WorkFolder, receiving, sweep
from ingest.facts import Adds, Approved, Fact, Judged, Received, Renditions, Stored, Texts, Tool, Validated
from ingest.pipeline import APPROVED_BEFORE, ORDER, Pipeline
from ingest.work import Held, Rejected, Stage, WorkItem
from metadata.descriptions import DossierDescription
from metadata.errors import ArchiveError
from metadata.events import EventOutcome, EventType, derived_id
from metadata.findings import Finding
from metadata.time import Clock

PROGRESS_SECONDS = 0.5
"""Progress is written to the journal at most this often."""

APPROVAL = "approval"
"""Name of the fact that a person's approval leaves beside those of the stages."""

STAGE_EVENTS = {
    "receive": EventType.INGESTION,
    "identify": EventType.FORMAT_IDENTIFICATION,
    "validate": EventType.VALIDATION,
    "signatures": EventType.SIGNATURE_VALIDATION,
    "text": EventType.TRANSCRIPTION,
    "pdfa": EventType.NORMALIZATION,
    "package": EventType.PACKAGE_CREATION,
    "store": EventType.STORAGE,
    "index": EventType.INDEXING,
}


_CONCLUSIONS = {
    DossierStatus.REJECTED: (EventType.REFUSAL, EventOutcome.REJECTED, JobStatus.REJECTED),
    DossierStatus.AWAITING_APPROVAL: (EventType.HOLD, EventOutcome.HELD, JobStatus.WAITING),
}
"""What is recorded and journaled when a dossier goes no further by itself."""


BEYOND = ORDER[ORDER.index("store") :]
"""From the beginning of these stages on a package may be in storage, which gives nothing back: too late to cancel."""


@unique
class Step(StrEnum):
    """How a step of a job ended."""

    NEXT = "next"
    REJECTED = "rejected"
    HELD = "held"
    SAME = "same"
    CANCELLED = "cancelled"
    FAULT = "fault"


class Naming(Protocol):
    """What findings may name (`archive.services.naming`)."""

    def up_to(self, job_id: str) -> int:
        """See `WorkItem.names_up_to`."""
        ...

    def names(self, job_id: str, *, package_id: str, holder_job_id: str) -> bool:
        """Whether findings of a job may name a package."""
        ...


class Holdings(Protocol):
    """What the runner tells the catalogue."""

    def register(self, item: WorkItem, stored: Stored) -> None:
        """Enter a stored dossier, read from its package, and queue it for the index; safe to repeat."""
        ...


@dataclass(frozen=True, slots=True)
class Runner:
    """Takes jobs through the pipeline, one stage a call."""

    pipeline: Pipeline
    journal: Journal
    trail: AuditTrail
    holdings: Holdings
    additions: Additions
    note_received: Callable[[str, Received], None]
    """Called with job and fact once the dossier is known to be new."""

    naming: Naming
    work_root: Path
    separate_approval: bool
    clock: Clock

    def folder(self, job_id: str) -> WorkFolder:
        """The work folder of a job."""
        return WorkFolder(self.work_root / "jobs" / job_id)

    def run(self, job_id: str, stage_name: str) -> Step:
        """Run one stage, or find that it has been run.

        Faults end in the journal and are answered, not raised.
        """
        with self.folder(job_id).alone():
            return self._run_alone(self.journal.job(job_id), stage_name)

    def _run_alone(self, job: Job, stage_name: str) -> Step:
        if job.status in {JobStatus.DONE, JobStatus.REJECTED}:
            return Step.REJECTED if job.status is JobStatus.REJECTED else Step.SAME
        if job.status is not JobStatus.CANCELLED:
            with suppress(CancelledJobError):
                return self._run_or_fault(job, stage_name)
        self._give_up(job)
        return Step.CANCELLED

    def _run_or_fault(self, job: Job, stage_name: str) -> Step:
        try:
            return self._run(job, self.pipeline.stage(stage_name))
        except CancelledJobError:
            raise
        except ArchiveError as error:
            self._fault(job, stage_name, error.code, str(error))
        except Exception as error:  # noqa: BLE001 - a defect of ours is a fault of the system, never of the content
            self._fault(job, stage_name, "internal.error", f"{type(error).__name__}: {error}")
        return Step.FAULT

    def clear_cancelled(self, job_id: str) -> None:
        """Remove what a cancelled job left; where a stage of it still runs, whoever runs it does so when it ends."""
        with self.folder(job_id).alone(wait=False) as mine:
            if mine:
                self._give_up(self.journal.job(job_id))

    def _give_up(self, job: Job) -> None:
        # The stage that ran when it was cancelled may have claimed the dossier's code after that.
        self.journal.release(job.id)
        self.folder(job.id).remove()
        self.clear_room(job.submission_id)

    def finish(self, job_id: str) -> None:
        """All stages are done: say so, and give the work folder back.

        Alone with the job, for a second process that took us for dead may be reading its folder.
        """
        folder = self.folder(job_id)
        with folder.alone():
            self.journal.update(
                job_id, status=JobStatus.DONE.value, result=DossierStatus.ARCHIVED.value, stage=None, error=None
            )
            folder.remove()
        self.clear_room(self.journal.job(job_id).submission_id)

    def room(self, submission_id: str) -> Path:
        """Where a reader lays down what stands inside the containers of a delivery (`Reader.read`)."""
        return self.work_root / "rooms" / submission_id

    def clear_room(self, submission_id: str) -> None:
        """Remove the room of a submission unless one of its dossiers may still need it; safe to repeat."""
        room = WorkFolder(self.room(submission_id))
        # Nearly no delivery has one, and this is asked at every dossier that ends: the disk knows sooner.
        if room.exists and not self.journal.has_unfinished(submission_id):
            room.remove()

    def receiving(self) -> AbstractContextManager[None]:
        """Held while work folders are there whose jobs are not in the journal yet."""
        return receiving(self.work_root)

    def sweep(self) -> None:
        """See `workfolder.sweep`."""
        sweep(self.work_root, self.journal.unfinished, self.journal.unfinished_submissions)

    # ------------------------------------------------------------ one stage

    def _run(self, job: Job, stage: Stage) -> Step:
        folder = self.folder(job.id)
        if self._waits_for_person(job, stage):
            return Step.HELD
        fact = folder.fact(stage.name, stage.gives)
        if fact is None:
            if not folder.exists:
                raise InterruptedJobError(job.id)
            if not self.journal.enter(job.id, stage.name):
                raise CancelledJobError(job.id)
            item = self._item(job, folder, stage.needs)
            if stage.gives is Validated:
                # Of all stages this one alone names what is held.
                item = replace(item, names_up_to=self.naming.up_to(job.id))
            answer = stage.run(item)
            if isinstance(answer, Rejected):
                return self._reject(job, stage, answer.findings)
            if isinstance(answer, Held) and stage.name not in job.approvals:
                self._hold(job, stage.name, answer.findings)
                folder.write_fact(stage.name, answer.fact)
                return Step.HELD
            fact = answer.fact if isinstance(answer, Held) else answer
            self._decide(job, stage, fact)
            folder.write_fact(stage.name, fact)
        return self._after(job, folder, stage, fact)

    def _waits_for_person(self, job: Job, stage: Stage) -> bool:
        if job.result is DossierStatus.AWAITING_APPROVAL:
            return True
        if stage.name == APPROVED_BEFORE and self.separate_approval and APPROVED_BEFORE not in job.approvals:
            self._hold(job, APPROVED_BEFORE, ())
            return True
        return False

    def _item(self, job: Job, folder: WorkFolder, needs: Sequence[type[Fact]]) -> WorkItem:
        delivery = folder.delivery()
        item = WorkItem(
            job_id=job.id,
            submission_id=job.submission_id,
            package_id=job.package_id,
            agency=job.agency,
            folder=folder.path,
            delivery=delivery,
            dossier=delivery.dossiers[0],
            progress=self._progress(job.id),
        )
        givers = {stage.gives: stage.name for stage in self.pipeline}
        for need in needs:
            found = folder.fact(givers[need], need)
            if found is not None:
                item = item.having(found)
        beside = (folder.fact(APPROVAL, Approved), folder.fact(ADDS, Adds))
        for fact in beside:
            item = item if fact is None else item.having(fact)
        return item

    def _progress(self, job_id: str) -> Callable[[int, int], None]:
        last = 0.0

        def tell(done: int, total: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= PROGRESS_SECONDS:
                last = now
                self.journal.update(job_id, done=done, total=total)

        return tell

    def _after(self, job: Job, folder: WorkFolder, stage: Stage, fact: Fact) -> Step:
        if isinstance(fact, Received):
            return self._claim(job, folder, stage, fact)
        if isinstance(fact, Stored):
            self.holdings.register(self._item(job, folder, ()), fact)
        return Step.NEXT

    def _claim(self, job: Job, folder: WorkFolder, stage: Stage, received: Received) -> Step:
        wanted = Claim(
            job.agency,
            job.file_code or f"?{received.fingerprint}",
            received.fingerprint,
            job.id,
            job.submission_id,
            job.package_id,
        )
        dossier = folder.delivery().dossiers[0]
        if self.additions.adds(dossier):
            return self._claim_addition(job, folder, stage, received, (wanted, dossier))
        holder = self.journal.claim(wanted)
        if holder.job_id == job.id:
            self.note_received(job.id, received)
            return Step.NEXT
        if holder.fingerprint != received.fingerprint:
            named = self.naming.names(job.id, package_id=holder.package_id, holder_job_id=holder.job_id)
            values = {"package_id": holder.package_id if named else ""}
            return self._reject(job, stage, (Finding(rule="SUB-001", subject=job.file_code, values=values),))
        return self._same(job, folder, holder.package_id)

    def _claim_addition(
        self,
        job: Job,
        folder: WorkFolder,
        stage: Stage,
        received: Received,
        claim: tuple[Claim, DossierDescription],
    ) -> Step:
        settled = self.additions.settle(
            *claim,
            under_way=lambda job_id: self.folder(job_id).fact(ADDS, Adds),
            keep=lambda adds: folder.write_fact(ADDS, adds),
        )
        if settled.same_as is not None:
            return self._same(job, folder, settled.same_as)
        if settled.adds is None:
            return self._reject(job, stage, settled.findings)
        self.note_received(job.id, received)
        warnings = [entry.model_dump(mode="json") for entry in _merged(job.findings, settled.adds.findings)]
        self.journal.update(job.id, findings=warnings)
        return Step.NEXT

    def _same(self, job: Job, folder: WorkFolder, package_id: str) -> Step:
        """The same was delivered before: nothing of this delivery is kept."""
        self.journal.update(job.id, status=JobStatus.DONE.value, same_as=package_id, stage=None)
        folder.remove()
        self.clear_room(job.submission_id)
        return Step.SAME

    # ------------------------------------------------------------ decisions

    @contextmanager
    def _going_on(self, job: Job) -> Iterator[Transaction]:
        """A transaction in which something is decided of a job, unless it was cancelled."""
        with self.trail.transaction() as connection:
            if not self.journal.goes_on(job.id, connection):
                raise CancelledJobError(job.id)
            yield connection

    def _decide(self, job: Job, stage: Stage, fact: Fact) -> None:
        found = findings_of(fact)
        tools: tuple[Tool, ...] = getattr(fact, "tools", ())
        event = self.trail.event(
            STAGE_EVENTS[stage.name],
            job.package_id,
            agency=job.agency,
            id=derived_id(job.id, str(job.attempt), stage.name, "done"),
            rules=tuple(sorted({finding.rule for finding in found})),
            # Command lines stand in PREMIS; they name files, and the trail names nothing but identifiers.
            detail={"job": job.id, "stage": stage.name} | {tool.name: tool.version for tool in tools},
        )
        with self._going_on(job) as connection:
            self.trail.record(event, connection)
            if found:
                merged = _merged(job.findings, found)
                self.journal.update(job.id, connection, findings=[entry.model_dump(mode="json") for entry in merged])

    def _reject(self, job: Job, stage: Stage, findings: tuple[Finding, ...]) -> Step:
        self._conclude(job, stage.name, DossierStatus.REJECTED, findings)
        self.journal.release(job.id)
        self.folder(job.id).remove()
        self.clear_room(job.submission_id)
        return Step.REJECTED

    def _hold(self, job: Job, gate: str, findings: tuple[Finding, ...]) -> None:
        self._conclude(job, gate, DossierStatus.AWAITING_APPROVAL, findings)

    def _conclude(self, job: Job, gate: str, result: DossierStatus, findings: tuple[Finding, ...]) -> None:
        """Keep event and status together: refused at a stage, or held for a person at a gate."""
        kind, outcome, status = _CONCLUSIONS[result]
        event = self.trail.event(
            kind,
            job.id,
            agency=job.agency,
            outcome=outcome,
            id=derived_id(job.id, str(job.attempt), gate, outcome.value),
            rules=tuple(sorted({finding.rule for finding in findings})),
            detail={"stage": gate, "submission": job.submission_id},
        )
        with self._going_on(job) as connection:
            self.trail.record(event, connection)
            self.journal.update(
                job.id,
                connection,
                status=status.value,
                result=result.value,
                stage=gate,
                findings=[entry.model_dump(mode="json") for entry in _merged(job.findings, findings)],
            )

    def _fault(self, job: Job, stage: str, code: str, text: str) -> None:
        event = self.trail.event(
            STAGE_EVENTS[stage],
            job.id,
            agency=job.agency,
            outcome=EventOutcome.SYSTEM_FAULT,
            detail={"stage": stage, "code": code},
        )
        with self._going_on(job) as connection:
            self.trail.record(event, connection)
            self.journal.update(
                job.id,
                connection,
                status=JobStatus.FAULT.value,
                result=DossierStatus.FAULT.value,
                stage=stage,
                error={"code": code, "detail": text[:2000]},
            )


def findings_of(fact: Fact) -> tuple[Finding, ...]:
    """The warnings that a fact carries."""
    if isinstance(fact, (Validated, Texts, Renditions, Judged)):
        return fact.findings
    return ()


def _merged(known: tuple[Finding, ...], new: tuple[Finding, ...]) -> list[Finding]:
    merged = list(known)
    merged += [finding for finding in new if finding not in merged]
    return merged
