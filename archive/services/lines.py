"""JSON lines of the contract that several faces give: jobs and hits."""

from __future__ import annotations

from typing import Any

from archive.catalogue.journal import Job, JobStatus
from search.ports import Hit


def job_line(job: Job) -> dict[str, Any]:
    """The contract's line of a job."""
    return {
        "job_id": job.id,
        "kind": job.kind,
        "status": job.status.value,
        "stage": job.stage,
        "done": job.done,
        "total": job.total,
        "error": None if job.error is None else f"{job.error['code']}: {job.error['detail']}",
        "submission_id": job.submission_id,
        "file_code": job.file_code,
        "result": None if job.result is None else job.result.value,
        # A conversion concerns many dossiers: what it is called there names no package.
        "package_id": (job.same_as or job.package_id)
        if job.status is JobStatus.DONE and job.kind != "conversion"
        else None,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    }


def hit_line(hit: Hit) -> dict[str, Any]:
    """The contract's line of a hit."""
    return {
        "package_id": hit.package_id,
        "ordinal": hit.ordinal,
        "doc_code": hit.doc_code,
        "file_code": hit.file_code,
        "title": hit.title,
        "score": round(hit.score, 4),
        "page": hit.page,
        "snippet": hit.snippet,
        "number": hit.number,
        "issued": hit.issued,
        "organ": hit.organ_name,
        "type": hit.type_name,
        "no_file": hit.no_file,
    }
