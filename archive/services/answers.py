"""What became of the dossiers of a submission, one answer each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import DossierStatus, Job, Journal
from archive.services.receipts import Receipts
from metadata.findings import Finding
from metadata.rules import as_json


@dataclass(frozen=True, slots=True)
class DossierAnswer:
    """What became of one dossier: one line of `check`, `ingest`, `approve`, `return`."""

    submission_id: str | None
    path: str
    status: str
    already: bool
    package_id: str | None
    """Of the dossier; of a supplement that of the dossier which it became a part of."""

    file_code: str
    documents: int
    findings: tuple[Finding, ...]
    receipt: Path | None
    error: str | None = None
    part: str | None = None
    """Identifier of the further part that a supplement or replacement became."""

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
        return line | {name: value for name in ("error", "part") if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class Answers:
    """Tells how the dossiers of submissions stand."""

    journal: Journal
    catalogue: Catalogue
    receipts: Receipts

    def of(self, submission_id: str) -> list[DossierAnswer]:
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
                already = other.result is DossierStatus.ARCHIVED
                return self._told(other, path, self.receipts.path(other.submission_id), already=already)
        return self._stored(job.same_as, path)

    def _stored(self, package_id: str, path: str) -> DossierAnswer:
        """The journal of that time is gone (rebuilt from storage): the catalogue still knows the dossier."""
        dossier_id = self.catalogue.dossier_of(package_id) or package_id
        row = self.catalogue.dossier(dossier_id)
        records = self.catalogue.records(dossier_id)
        record = next((record for record in records if record.package_id == package_id), records[0])
        alone = package_id != dossier_id
        return DossierAnswer(
            submission_id=record.submission_id,
            path=path,
            status=DossierStatus.ARCHIVED.value,
            already=True,
            package_id=dossier_id,
            file_code=row["file_code"],
            documents=len(record.documents) if alone else row["documents"],
            findings=record.findings,
            receipt=self.receipts.path(record.submission_id),
            part=package_id if alone else None,
        )

    def _told(self, job: Job, path: str, receipt: Path, *, already: bool) -> DossierAnswer:
        status = job.result or DossierStatus.RECEIVED
        kept = status in {DossierStatus.ARCHIVED, DossierStatus.AWAITING_APPROVAL, DossierStatus.RECEIVED}
        dossier_id = self._dossier(job) if kept else None
        return DossierAnswer(
            submission_id=job.submission_id,
            path=path,
            status=status.value,
            already=already,
            package_id=dossier_id,
            file_code=job.file_code,
            documents=job.documents,
            findings=job.findings,
            receipt=receipt,
            error=f"{job.error['code']}: {job.error['detail']}" if job.error else None,
            part=job.package_id if kept and dossier_id != job.package_id else None,
        )

    def _dossier(self, job: Job) -> str:
        """The dossier that the job's package belongs to: its own, unless it added to a stored one."""
        if job.result is not DossierStatus.ARCHIVED:
            return job.package_id
        return self.catalogue.dossier_of(job.package_id) or job.package_id
