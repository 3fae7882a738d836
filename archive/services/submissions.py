"""Use cases of the way in: check, hand in, approve, return; one answer a dossier."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import DossierStatus, Job, JobStatus, Journal
from archive.catalogue.trail import AuditTrail
from archive.errors import MissingDeliveryError, UnknownDeliveryError
from archive.jobs.runner import APPROVAL, Runner
from archive.services.answers import Answers, DossierAnswer
from archive.services.first_digests import as_first_received
from archive.services.job_deliveries import part_for
from archive.services.receipts import Receipts
from archive.services.statuses import Statuses
from ingest.facts import Approved, Received, Texts, Validated
from ingest.pipeline import APPROVED_BEFORE, CHECKING, SUGGESTING, Pipeline
from ingest.ports import Explainer, Reader, Reading
from ingest.work import Held, Rejected, WorkItem
from metadata.descriptions import Delivery, DossierDescription, RecordStatus
from metadata.errors import UsageError
from metadata.events import AuditEvent, EventOutcome, EventType
from metadata.explanations import SheetExplanation
from metadata.findings import Finding
from metadata.rules import errors_of

AS_IT_SAYS = Reading()
"""The delivery speaks for itself."""

SheetChecks = Callable[[Delivery], Callable[[DossierDescription], tuple[Finding, ...]]]
"""Judges a delivery; gives what can be said of each dossier from its metadata alone, reader's findings included."""


@dataclass(frozen=True, slots=True)
class Submissions:
    """The way in."""

    readers: Callable[[Reading], Sequence[Reader]]
    """Readers in the order in which they are asked, told what the person who hands in says."""

    explainer: Callable[[Reading], Explainer]
    """The reader of spreadsheets."""

    pipeline: Pipeline
    sheet_checks: SheetChecks
    holds_secret: Callable[[Delivery], bool]
    """Whether any dossier of the delivery carries a secret grade."""

    runner: Runner
    journal: Journal
    trail: AuditTrail
    receipts: Receipts
    catalogue: Catalogue
    statuses: Statuses
    """Messages of the national document exchange among what is handed in."""

    default_agency: str

    # ------------------------------------------------------------ checking

    def check(
        self, path: Path, *, agency: str | None = None, sheet_only: bool = False, reading: Reading = AS_IT_SAYS
    ) -> Iterable[DossierAnswer]:
        """Everything that `open` and the stages would refuse; nothing is kept.

        Args:
            path: The delivery.
            agency: Code of the agency; None: the default.
            sheet_only: Look at names, sizes and metadata only, open no content.
            reading: What the person who hands in says of the delivery.

        Raises:
            UsageError: no reader knows such a delivery.
            ArchiveError: the system failed.
        """
        with tempfile.TemporaryDirectory(prefix="luutru-check-") as scratch:
            delivery = self._read(path, Path(scratch) / "room", reading)
            if not delivery.dossiers:
                yield self._nothing(path, delivery)
            checked = self.sheet_checks(delivery) if sheet_only else None
            for position, dossier in enumerate(delivery.dossiers, start=1):
                folder = Path(scratch) / str(position)
                folder.mkdir()
                item = self._item(delivery, dossier, folder, agency or self.default_agency)
                findings = checked(dossier) if checked is not None else self._checked(item)
                yield DossierAnswer(
                    None,
                    str(path),
                    "rejected" if errors_of(findings) else "acceptable",
                    False,
                    None,
                    dossier.file_code,
                    len(dossier.documents),
                    findings,
                    None,
                )

    def explain(self, path: Path, *, reading: Reading = AS_IT_SAYS) -> tuple[SheetExplanation, ...]:
        """How the spreadsheets of a delivery are understood; nothing is judged.

        Raises:
            UsageError: nothing there is explained: no folder with spreadsheets, no register.
            ArchiveError: the system failed.
        """
        return self.explainer(reading).explain(path)

    def _checked(self, item: WorkItem) -> tuple[Finding, ...]:
        findings: list[Finding] = []
        # What would be filled from the pages is known only when they are read.
        stages = (*CHECKING, SUGGESTING) if item.delivery.accept_suggestions else CHECKING
        for name in stages:
            answer = self.pipeline.stage(name).run(item)
            if isinstance(answer, Rejected):
                return (*findings, *answer.findings)
            if isinstance(answer, Held):
                return (*findings, *answer.findings)
            item = item.having(answer)
            if isinstance(answer, Texts):
                findings += answer.findings
            if isinstance(answer, Validated):
                findings += answer.findings
            if not isinstance(answer, Received):
                continue
            if self.runner.additions.adds(item.dossier):
                settled = self.runner.additions.foreseen(item.agency, item.dossier, answer.fingerprint)
                findings += settled.findings
                if settled.adds is not None:
                    findings += settled.adds.findings
                    item = item.having(settled.adds)
            else:
                findings += self._conflict(item, answer)
        return tuple(findings)

    def _conflict(self, item: WorkItem, received: Received) -> list[Finding]:
        holder = self.journal.holder(item.agency, item.dossier.file_code)
        if holder is None or holder.fingerprint == received.fingerprint:
            return []
        return [Finding(rule="SUB-001", subject=item.dossier.file_code, values={"package_id": holder.package_id})]

    def _item(self, delivery: Delivery, dossier: DossierDescription, folder: Path, agency: str) -> WorkItem:
        return WorkItem(
            job_id="check",
            submission_id="check",
            package_id="00000000-0000-0000-0000-000000000000",
            agency=agency,
            folder=folder,
            delivery=delivery,
            dossier=dossier,
            in_place=True,
        )

    # ------------------------------------------------------------ handing in

    def open(
        self,
        path: Path,
        *,
        operator: str,
        agency: str | None = None,
        submission_id: str | None = None,
        reading: Reading = AS_IT_SAYS,
    ) -> str:
        """Read a delivery's metadata and make one job a dossier, durable on return; its `submission_id`.

        No content has been copied yet: the jobs' first stage does that.

        Args:
            path: The delivery.
            operator: Who hands in.
            agency: Code of the agency; None: the default.
            submission_id: UUID that an upload was promised; None: a new one.
            reading: What the person who hands in says of the delivery.

        Raises:
            UsageError: no reader knows such a delivery.
            ArchiveError: the system failed.
        """
        submission_id = submission_id or str(uuid4())
        agency = agency or self.default_agency
        with self.runner.receiving():
            try:
                delivery = self._read(path, self.runner.room(submission_id), reading)
                self.catalogue.add_agency(agency, "")
                return self._open(delivery, path, operator, agency, submission_id)
            except BaseException:
                self.runner.clear_room(submission_id)
                raise

    def _open(self, delivery: Delivery, path: Path, operator: str, agency: str, submission_id: str) -> str:
        kept = delivery.dossiers or (DossierDescription(file_code=""),)
        work: list[dict[str, Any]] = []
        secret = self.holds_secret(delivery)
        for position, dossier in enumerate(kept, start=1):
            job_id = str(uuid4())
            work.append(
                {
                    "id": job_id,
                    "position": position,
                    "file_code": dossier.file_code,
                    "package_id": str(uuid4()),
                    "documents": len(dossier.documents),
                    "label": self.catalogue.expected_label(agency, dossier).rank,
                    "approvals": [],
                }
            )
            self.runner.folder(job_id).write_delivery(part_for(dossier, delivery, keep_sources=not secret))
        self.trail.record(
            self.trail.event(
                EventType.SUBMISSION,
                submission_id,
                agency=agency,
                agent=f"person:{operator}",
                detail={"dossiers": str(len(delivery.dossiers)), "reader": delivery.reader},
            )
        )
        self.statuses.keep(delivery, submission_id, agency)
        row = {
            "id": submission_id,
            "agency": agency,
            "path": str(path),
            "operator": operator,
            "reader": delivery.reader,
            "profile": delivery.profile,
            "findings": [finding.model_dump(mode="json") for finding in delivery.findings],
            "ignored": list(delivery.ignored),
            # What brings something closed is as closed as it: its findings and names tell of it.
            "label": max(entry["label"] for entry in work),
        }
        if delivery.dossiers and not self.runner.separate_approval:
            self._approve_with_ingest(row, work)
        self.journal.open_submission(row, work)
        if not delivery.dossiers:
            self._refuse_whole(work[0]["id"], agency, delivery, path)
            self.runner.clear_room(submission_id)
        return submission_id

    def _approve_with_ingest(self, row: Mapping[str, Any], work: Sequence[dict[str, Any]]) -> None:
        """Before the jobs are in the journal: from then on any process may run them, this one may be dead."""
        events = [
            self.trail.event(
                EventType.APPROVAL,
                entry["package_id"],
                agency=row["agency"],
                agent=f"person:{row['operator']}",
                detail={"job": entry["id"], "submission": row["id"], "mode": "same", "gate": APPROVED_BEFORE},
            )
            for entry in work
        ]
        self.trail.record_all(events)
        for entry, event in zip(work, events, strict=True):
            fact = Approved(by=row["operator"], at=event.at, mode="same", submitted_by=row["operator"])
            self.runner.folder(entry["id"]).write_fact(APPROVAL, fact)
            entry["approvals"] = [APPROVED_BEFORE]

    def _refuse_whole(self, job_id: str, agency: str, delivery: Delivery, path: Path) -> None:
        findings = _refused_as_a_whole(delivery, path)
        self.trail.record(
            self.trail.event(
                EventType.REFUSAL,
                job_id,
                agency=agency,
                outcome=EventOutcome.REJECTED,
                rules=tuple(sorted({finding.rule for finding in findings})),
            )
        )
        self.journal.update(
            job_id,
            status=JobStatus.REJECTED.value,
            result=DossierStatus.REJECTED.value,
            findings=[finding.model_dump(mode="json") for finding in findings],
        )
        self.runner.folder(job_id).remove()

    # ------------------------------------------------------------ answers

    def answers(self, submission_id: str) -> list[DossierAnswer]:
        """One answer a dossier as things stand; the receipt is written anew."""
        return Answers(self.journal, self.catalogue, self.receipts).of(submission_id)

    # ------------------------------------------------------------ decisions of people

    def approve(self, submission_id: str, *, operator: str) -> list[Job]:
        """Approve what awaits approval in a submission; the jobs that may go on.

        Raises:
            NotFoundError: no such submission.
            UsageError: nothing of it awaits approval.
        """
        approved = []
        for job in self._awaiting(submission_id):
            self._approve(job, job.stage or APPROVED_BEFORE, operator, "separate")
            approved.append(self.journal.job(job.id))
        return approved

    def _approve(self, job: Job, gate: str, operator: str, mode: str) -> None:
        event = self._decide(job, EventType.APPROVAL, operator, {"mode": mode, "gate": gate})
        if gate == APPROVED_BEFORE:
            submitted_by = self.journal.submission(job.submission_id)["operator"]
            fact = Approved(by=operator, at=event.at, mode=mode, submitted_by=submitted_by)
            self.runner.folder(job.id).write_fact(APPROVAL, fact)
        self.journal.update(job.id, approvals=[*job.approvals, gate])

    def give_back(self, submission_id: str, *, operator: str, reason: str) -> None:
        """Return what awaits approval to the producer; nothing of it is kept but the decision.

        Raises:
            NotFoundError: no such submission.
            UsageError: nothing of it awaits approval.
        """
        for job in self._awaiting(submission_id):
            # The words may speak of people: the trail, which is never cleared, proves them by their digest only.
            said = {"reason_sha256": hashlib.sha256(reason.encode(errors="surrogatepass")).hexdigest()}
            self._decide(job, EventType.RETURN, operator, said)
            self.journal.update(
                job.id,
                status=JobStatus.DONE.value,
                result=DossierStatus.RETURNED.value,
                error={"code": "returned", "detail": reason},
            )
            self.journal.release(job.id)
            self.runner.folder(job.id).remove()
        self.runner.clear_room(submission_id)

    def _awaiting(self, submission_id: str) -> list[Job]:
        self.journal.submission(submission_id)
        found = [
            job for job in self.journal.of_submission(submission_id) if job.result is DossierStatus.AWAITING_APPROVAL
        ]
        if not found:
            msg = f"nothing of submission {submission_id} awaits approval"
            raise UsageError(msg)
        return found

    def _decide(self, job: Job, kind: EventType, operator: str, detail: dict[str, str]) -> AuditEvent:
        event = self.trail.event(
            kind,
            job.package_id,
            agency=job.agency,
            agent=f"person:{operator}",
            detail={"job": job.id, "submission": job.submission_id, **detail},
        )
        self.trail.record(event)
        return event

    # ------------------------------------------------------------ reading

    @contextmanager
    def opened(self, path: Path, *, reading: Reading = AS_IT_SAYS) -> Iterator[Delivery]:
        """The delivery at `path` as read, for a look at its descriptions; nothing is kept.

        Raises:
            UsageError: no reader knows such a delivery.
            ArchiveError: the system failed.
        """
        with tempfile.TemporaryDirectory(prefix="luutru-look-") as scratch:
            yield self._read(path, Path(scratch) / "room", reading)

    def _read(self, path: Path, room: Path, reading: Reading) -> Delivery:
        if not path.exists():
            raise MissingDeliveryError(path.name)
        readers = self.readers(reading)
        for reader in readers:
            if reader.recognises(path):
                return said(self.statuses.judged(reader.read(path, room)), reading)
        if path.is_dir():
            # A folder that nobody recognises is content that breaks a rule, not a wrong call: the last
            # reader says what it looked for and did not find.
            return said(readers[-1].read(path, room), reading)
        raise UnknownDeliveryError(path.name)

    def _nothing(self, path: Path, delivery: Delivery) -> DossierAnswer:
        findings = _refused_as_a_whole(delivery, path)
        return DossierAnswer(None, str(path), "rejected", False, None, "", 0, findings, None)


def said(delivery: Delivery, reading: Reading) -> Delivery:
    """`delivery` with what the person who hands it in says; what a dossier says of itself counts more."""
    if reading.accept_suggestions:
        delivery = delivery.model_copy(update={"accept_suggestions": True})
    if reading.received:
        delivery = as_first_received(delivery, reading.received)
    if reading.status is None:
        return delivery
    dossiers = (
        dossier.model_copy(update={"record_status": reading.status})
        if dossier.record_status is RecordStatus.NEW
        else dossier
        for dossier in delivery.dossiers
    )
    return delivery.model_copy(update={"dossiers": tuple(dossiers)})


def _refused_as_a_whole(delivery: Delivery, path: Path) -> tuple[Finding, ...]:
    """Why a delivery without dossiers is refused: the reader's errors, else that nothing was found."""
    if errors_of(delivery.findings):
        return delivery.findings
    return (*delivery.findings, Finding(rule="SUB-002", subject=path.name))
