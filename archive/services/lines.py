"""JSON lines of the contract that several faces give: jobs and hits."""

from __future__ import annotations

from typing import Any

from archive.catalogue.journal import Job, JobStatus
from metadata.messages import text
from search.ports import Hit, SearchAnswer


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


def why_line(hit: Hit, language: str) -> dict[str, Any]:
    """Why a hit stands where it does, the weightiest first."""
    return {
        "why": [
            {"key": reason.key, "message": text(reason.key, language), "score": round(reason.score, 3)}
            for reason in hit.why
        ]
    }


def facet_lines(answer: SearchAnswer, language: str) -> list[dict[str, Any]]:
    """The facets that were asked for, with how many documents have each value."""
    return [
        {
            "name": name,
            "label": text(f"search.facet.{name}", language),
            "values": [
                {"value": value, "label": _value_label(name, value, language), "documents": documents}
                for value, documents in counts
            ],
        }
        for name, counts in answer.facets.items()
    ]


def _value_label(name: str, value: str, language: str) -> str:
    """Words for what the program itself wrote; what was described stands as it was."""
    if name == "quality":
        return text(f"search.facet.value.quality.{value}", language)
    return text(f"signatures.indication.{value.replace('-', '_')}", language) if name == "verdict" else value
