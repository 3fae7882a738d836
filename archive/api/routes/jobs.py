"""Jobs: what is running, waiting, stuck."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from archive.api.access import ArchiveDep, Cursor, Limit, cursor_after, cursor_parts, page_of, tagged
from archive.api.lines import ROOT, job_line
from archive.api.problems import ApiError
from archive.catalogue.duties import DutyKind
from archive.catalogue.journal import JobStatus

router = APIRouter(prefix="/jobs", tags=["jobs"])
Kind = Annotated[Literal["ingest", "evidence", "rejudge"], Query()]


@router.get("")
def jobs(archive: ArchiveDep, limit: Limit = 50, cursor: Cursor = None, kind: Kind = "ingest") -> dict[str, Any]:
    """Jobs, newest first: dossiers on their way, or what is stored and waits for something from outside."""
    if kind != "ingest":
        said = cursor_parts(cursor, parts=2)
        after = (said[0], said[1]) if said else None
        waiting = archive.duties.recent(limit + 1, after, DutyKind(kind))
        return page_of(waiting, limit, job_line, lambda job: cursor_after(job.created_at, job.id))
    parts = cursor_parts(cursor, numbers=(1,), parts=3)
    rows = archive.journal.recent(limit + 1, "|".join(parts) if parts else None)
    return page_of(rows, limit, job_line, lambda job: cursor_after(job.created_at, job.position, job.id))


@router.get("/{job_id}")
def job(request: Request, archive: ArchiveDep, job_id: str) -> Response:
    """One job."""
    return tagged(request, job_line(archive.job(job_id)))


@router.post("/{job_id}/retry", status_code=202, responses={409: {"description": "The job did not end in a fault"}})
def retry(archive: ArchiveDep, job_id: str) -> Response:
    """Try a job again that ended in a fault; one that waits for something from outside is made due."""
    found = archive.job(job_id)
    if found.kind != "ingest":
        return JSONResponse(job_line(archive.duties.make_due(job_id)), 202, {"Location": f"{ROOT}/jobs/{job_id}"})
    if found.status is not JobStatus.FAULT:
        msg = f"job {job_id} is {found.status.value}"
        raise ApiError("api.conflict", msg)
    with archive.executor() as executor:
        again = executor.retry(found)
    return JSONResponse(job_line(again), 202, {"Location": f"{ROOT}/jobs/{job_id}"})
