"""Use cases of the way in: check, hand in, approve, return; one answer a dossier."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import DossierStatus, Job, JobStatus, Journal
from archive.catalogue.trail import AuditTrail
from archive.jobs.runner import APPROVAL, Runner
from archive.services.job_deliveries import part_for
from archive.services.receipts import Receipts
from ingest.facts import Approved, Received, Validated
from ingest.pipeline import APPROVED_BEFORE, CHECKING, Pipeline
from ingest.ports import Reader
from ingest.work import Rejected, WorkItem
from metadata.descriptions import Delivery, DossierDescription
from metadata.errors import UsageError
from metadata.events import AuditEvent, EventOutcome, EventType
from metadata.findings import Finding
from metadata.rules import as_json, errors_of

SheetChecks = Callable[[Delivery, DossierDescription], tuple[Finding, ...]]
"""Everything that can be said of a dossier from its metadata alone, reader's findings included."""


@dataclass(frozen=True, slots=True)
class DossierAnswer:
    """What became of one dossier: one line of `check`, `ingest`, `approve`, `return`."""

    submission_id: str | None
    path: str
    status: str
    already: bool
    package_id: str | None
    file_code: str
    documents: int
    findings: tuple[Finding, ...]
    receipt: Path | None
    error: str | None = None

    def as_json(self, language: str) -> dict[str, Any]:
        """The contract's JSON line, messages in `language`."""
        line: dict[str, Any] = {
            "submission_id": self.submission_id,
            "path": self.path,
            "status": self.status,
            "already": self.already,
            "package_id": self.package_id,
            "file_code": self.file_code,
            "documents": self.documents,
            "findings": [as_json(finding, language) for finding in self.findings],
            "receipt": str(self.receipt) if self.receipt else None,
        }
        if self.error is not None:
            line["error"] = self.error
        return line


@dataclass(frozen=True, slots=True)
class Submissions:
    """The way in."""

    readers: Sequence[Reader]
    pipeline: Pipeline
    sheet_checks: SheetChecks
    holds_secret: Callable[[Delivery], bool]
    """Whether any dossier of the delivery carries a secret grade."""

    runner: Runner
    journal: Journal
    trail: AuditTrail
    receipts: Receipts
    catalogue: Catalogue
    default_agency: str

    # ------------------------------------------------------------ checking

    def check(self, path: Path, *, agency: str | None = None, sheet_only: bool = False) -> Iterable[DossierAnswer]:
        """Everything that `open` and the stages would refuse; nothing is kept.

        Args:
            path: The delivery.
            agency: Code of the agency; None: the default.
            sheet_only: Look at names, sizes and metadata only, open no content.

        Raises:
            UsageError: no reader knows such a delivery.
            ArchiveError: the system failed.
        """
        delivery = self._read(path)
        if not delivery.dossiers:
            yield self._nothing(path, delivery)
        with tempfile.TemporaryDirectory(prefix="luutru-check-") as scratch:
            for position, dossier in enumerate(delivery.dossiers, start=1):
                folder = Path(scratch) / str(position)
                folder.mkdir()
                item = self._item(delivery, dossier, folder, agency or self.default_agency)
                findings = self.sheet_checks(delivery, dossier) if sheet_only else self._checked(item)
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

    def _checked(self, item: WorkItem) -> tuple[Finding, ...]:
        findings: list[Finding] = []
        for name in CHECKING:
            answer = self.pipeline.stage(name).run(item)
            if isinstance(answer, Rejected):
                return (*findings, *answer.findings)
            item = item.having(answer)
            if isinstance(answer, Validated):
                findings += answer.findings
            if isinstance(answer, Received):
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

    def open(self, path: Path, *, operator: str, agency: str | None = None, submission_id: str | None = None) -> str:
        """Read a delivery's metadata and make one job a dossier, durable on return; its `submission_id`.

        No content has been copied yet: the jobs' first stage does that.

        Args:
            path: The delivery.
            operator: Who hands in.
            agency: Code of the agency; None: the default.
            submission_id: UUID that an upload was promised; None: a new one.

        Raises:
            UsageError: no reader knows such a delivery.
            ArchiveError: the system failed.
        """
        delivery = self._read(path)
        submission_id = submission_id or str(uuid4())
        agency = agency or self.default_agency
        self.catalogue.add_agency(agency, "")
        with self.runner.receiving():
            return self._open(delivery, path, operator, agency, submission_id)

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
        row = {
            "id": submission_id,
            "agency": agency,
            "path": str(path),
            "operator": operator,
            "reader": delivery.reader,
            "profile": delivery.profile,
            "findings": [finding.model_dump(mode="json") for finding in delivery.findings],
            "ignored": list(delivery.ignored),
        }
        if delivery.dossiers and not self.runner.separate_approval:
            self._approve_with_ingest(row, work)
        self.journal.open_submission(row, work)
        if not delivery.dossiers:
            self._refuse_whole(work[0]["id"], agency, delivery, path)
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
        findings = delivery.findings if errors_of(delivery.findings) else (*delivery.findings, _nothing_found(path))
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
        submission = self.journal.submission(submission_id)
        jobs = self.journal.of_submission(submission_id)
        receipt = self.receipts.issue(submission_id)
        return [self._answer(job, submission["path"], receipt) for job in jobs]

    def _answer(self, job: Job, path: str, receipt: Path) -> DossierAnswer:
        if job.same_as is None:
            return self._told(job, path, receipt, already=False)
        for other in self.journal.of_package(job.same_as):
            if other.same_as is None:
                return self._told(
                    other,
                    path,
                    self.receipts.path(other.submission_id),
                    already=other.result is DossierStatus.ARCHIVED,
                )
        # The journal of that time is gone (rebuilt from storage): the catalogue still knows the dossier.
        row = self.catalogue.dossier(job.same_as)
        records = self.catalogue.records(job.same_as)
        return DossierAnswer(
            submission_id=row["submission_id"],
            path=path,
            status=DossierStatus.ARCHIVED.value,
            already=True,
            package_id=row["package_id"],
            file_code=row["file_code"],
            documents=row["documents"],
            findings=tuple(finding for record in records[:1] for finding in record.findings),
            receipt=self.receipts.path(row["submission_id"]),
        )

    def _told(self, job: Job, path: str, receipt: Path, *, already: bool) -> DossierAnswer:
        status = job.result or DossierStatus.RECEIVED
        kept = status in {DossierStatus.ARCHIVED, DossierStatus.AWAITING_APPROVAL, DossierStatus.RECEIVED}
        return DossierAnswer(
            submission_id=job.submission_id,
            path=path,
            status=status.value,
            already=already,
            package_id=job.package_id if kept else None,
            file_code=job.file_code,
            documents=job.documents,
            findings=job.findings,
            receipt=receipt,
            error=f"{job.error['code']}: {job.error['detail']}" if job.error else None,
        )

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

    def _read(self, path: Path) -> Delivery:
        if not path.exists():
            msg = f"no such delivery: {path}"
            raise UsageError(msg)
        for reader in self.readers:
            if reader.recognises(path):
                return reader.read(path)
        if path.is_dir():
            # A folder that nobody recognises is content that breaks a rule, not a wrong call: the last
            # reader says what it looked for and did not find.
            return self.readers[-1].read(path)
        msg = f"no reader knows a delivery like {path}"
        raise UsageError(msg)

    def _nothing(self, path: Path, delivery: Delivery) -> DossierAnswer:
        findings = delivery.findings if errors_of(delivery.findings) else (*delivery.findings, _nothing_found(path))
        return DossierAnswer(None, str(path), "rejected", False, None, "", 0, findings, None)


def _nothing_found(path: Path) -> Finding:
    return Finding(rule="SUB-002", subject=path.name)
