"""Receipts of submissions: kept beside the home's work, and made again from packages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from archive.catalogue.journal import DossierStatus, Job, Journal
from archive.durable import write_durably
from archive.version import VERSION
from ingest.facts import Received
from metadata.bridge.kept import counts_of
from metadata.descriptions import ReceivedContainer
from metadata.findings import Finding
from metadata.package import PackageRecord
from metadata.receipts import Receipt, ReceivedEntry, RefusedEntry, read_receipt, receipt_html, receipt_json
from metadata.rules import errors_of
from metadata.time import Clock, rfc3339

_TAKEN = frozenset({DossierStatus.ARCHIVED, DossierStatus.AWAITING_APPROVAL, DossierStatus.RECEIVED, None})


class Receipts:
    """Receipts in `receipts/`, one JSON and one printable page a submission."""

    def __init__(self, folder: Path, journal: Journal, clock: Clock) -> None:
        self._folder = folder
        self._journal = journal
        self._clock = clock

    def path(self, submission_id: str) -> Path:
        """Where the receipt of a submission lies."""
        return self._folder / f"{submission_id}.json"

    def note_received(self, job_id: str, received: Received) -> None:
        """Keep what came in for one job, for the receipt of its submission."""
        entries = [
            ReceivedEntry(
                path=file.path,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                sha512=file.sha512,
                ordinal=file.ordinal,
            )
            for file in received.files
        ]
        body = Receipt(
            submission_id="",
            agency="",
            received_at=received.received_at,
            issued_at=received.received_at,
            counted_in=len(entries),
            counted_out=len(entries),
            bytes_in=sum(entry.size_bytes for entry in entries),
            containers=received.containers,
            files=tuple(entries),
        )
        write_durably(self._part(job_id), receipt_json(body))

    def issue(self, submission_id: str) -> Path:
        """Write the receipt of a submission as things stand now; its path."""
        submission = self._journal.submission(submission_id)
        jobs = self._journal.of_submission(submission_id)
        taken: dict[str, ReceivedEntry] = {}
        containers: dict[str, ReceivedContainer] = {}
        refused: dict[str, RefusedEntry] = {path: RefusedEntry(path=path) for path in submission["ignored"]}
        for job in jobs:
            part = self._received(job)
            entries = part.files if part else ()
            containers |= {found.sha256: found for found in (part.containers if part else ())}
            if job.result in _TAKEN:
                taken |= {entry.path: entry for entry in entries}
                continue
            rules = tuple(sorted({finding.rule for finding in errors_of(job.findings)}))
            refused |= {entry.path: RefusedEntry(path=entry.path, rules=rules) for entry in entries}
        refused = {path: entry for path, entry in refused.items() if path not in taken}
        receipt = Receipt(
            submission_id=submission_id,
            package_id=jobs[0].package_id if len(jobs) == 1 and jobs[0].result is DossierStatus.ARCHIVED else "",
            file_code=jobs[0].file_code if len(jobs) == 1 else "",
            agency=submission["agency"],
            submitted_by=submission["operator"],
            received_at=submission["received_at"],
            issued_at=rfc3339(self._clock.now()),
            time_source=self._clock.source,
            documents=sum(job.documents for job in jobs if job.result in _TAKEN),
            counted_in=len(taken) + len(refused),
            counted_out=len(taken),
            bytes_in=sum(entry.size_bytes for entry in taken.values()),
            containers=tuple(containers.values()),
            files=tuple(taken[path] for path in sorted(taken)),
            refused=tuple(refused[path] for path in sorted(refused)),
            findings=_unique(finding for job in jobs for finding in job.findings),
            conversion=counts_of(finding for job in jobs if job.result in _TAKEN for finding in job.findings),
            program=f"luutru {VERSION}",
        )
        return self._write(receipt)

    def restore(self, records: Sequence[PackageRecord]) -> None:
        """Make the receipt of a submission again from the packages that came of it."""
        found = [record.receipt for record in records if record.receipt is not None]
        if not found:
            return
        files = {entry.path: entry for receipt in found for entry in receipt.files}
        refused = {entry.path: entry for receipt in found for entry in receipt.refused if entry.path not in files}
        first = found[0]
        findings = _unique(finding for receipt in found for finding in receipt.findings)
        self._write(
            first.model_copy(
                update={
                    "package_id": first.package_id if len(found) == 1 else "",
                    "file_code": first.file_code if len(found) == 1 else "",
                    "title": first.title if len(found) == 1 else "",
                    "documents": sum(receipt.documents for receipt in found),
                    "counted_in": len(files) + len(refused),
                    "counted_out": len(files),
                    "bytes_in": sum(entry.size_bytes for entry in files.values()),
                    "files": tuple(files[path] for path in sorted(files)),
                    "refused": tuple(refused[path] for path in sorted(refused)),
                    "findings": findings,
                    "conversion": counts_of(findings),
                }
            )
        )

    def _write(self, receipt: Receipt) -> Path:
        path = self.path(receipt.submission_id)
        write_durably(path.with_suffix(".html"), receipt_html(receipt))
        write_durably(path, receipt_json(receipt))
        return path

    def _received(self, job: Job) -> Receipt | None:
        try:
            return read_receipt(self._part(job.id).read_bytes())
        except FileNotFoundError:
            return None

    def _part(self, job_id: str) -> Path:
        return self._folder / "received" / f"{job_id}.json"


def _unique(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, in order. By their text, for a delivery of thousands has tens of thousands of them."""
    return tuple({finding.model_dump_json(): finding for finding in findings}.values())
