"""Jobs: what is running, waiting, stuck."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from archive.api.access import Cursor, Limit, cursor_after, cursor_parts, page_of, tagged
from archive.api.lines import ROOT, job_line
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.catalogue.duties import DutyKind
from archive.catalogue.journal import Job, JobStatus
from archive.composition import Archive
from archive.composition.cancelling import cancelling
from archive.services.cancelling import MOST_REASON

router = APIRouter(prefix="/jobs", tags=["jobs"])
Deliveries = Annotated[Asking, may(Action.SUBMISSION_READ)]
Kind = Annotated[Literal["ingest", "evidence", "rejudge", "conversion", "export"], Query()]


class Cancellation(BaseModel):
    """Why a job is given up."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=MOST_REASON)] = ""
    """For who handed it in."""


@router.get("")
def jobs(asking: Deliveries, limit: Limit = 50, cursor: Cursor = None, kind: Kind = "ingest") -> dict[str, Any]:
    """Jobs, newest first: dossiers on their way, or what is stored and waits for something from outside."""
    archive = asking.archive
    if kind != "ingest":
        said = cursor_parts(cursor, parts=2)
        after = (said[0], said[1]) if said else None
        waiting = archive.duties.recent(limit + 1, after, DutyKind(kind), within=asking.scope)
        return page_of(waiting, limit, job_line, lambda job: cursor_after(job.created_at, job.id))
    parts = cursor_parts(cursor, numbers=(1,), parts=3)
    rows = archive.journal.recent(limit + 1, "|".join(parts) if parts else None, within=asking.scope)
    return page_of(rows, limit, job_line, lambda job: cursor_after(job.created_at, job.position, job.id))


@router.get("/{job_id}")
def job(request: Request, asking: Deliveries, job_id: str) -> Response:
    """One job."""
    asking.job(job_id)
    return tagged(request, job_line(asking.archive.job(job_id)))


@router.post("/{job_id}/cancellation", responses={409: {"description": "`job.not_cancelled`"}})
def cancel(
    asking: Annotated[Asking, may(Action.JOB_MANAGE)], job_id: str, said: Cancellation | None = None
) -> dict[str, Any]:
    """Give a job up that waits, runs or met a fault: nothing of it is stored, a stage that runs ends for itself.

    From the moment in which its package goes to storage it cannot be cancelled any more. What was cancelled may be
    handed in again.
    """
    asking.job(job_id)
    reason = said.reason if said is not None else ""
    return job_line(cancelling(asking.archive).cancel(asking.archive.job(job_id), by=asking.login, reason=reason))


@router.post("/{job_id}/retry", status_code=202, responses={409: {"description": "The job did not end in a fault"}})
def retry(asking: Annotated[Asking, may(Action.JOB_MANAGE)], job_id: str) -> Response:
    """Try a job again that ended in a fault; one that waits for something from outside is made due."""
    asking.job(job_id)
    again = tried_again(asking.archive, job_id)
    return JSONResponse(job_line(again), 202, {"Location": f"{ROOT}/jobs/{job_id}"})


def tried_again(archive: Archive, job_id: str) -> Job:
    """The job, on its way once more.

    Raises:
        ApiError: it did not end in a fault.
    """
    found = archive.job(job_id)
    if found.status is JobStatus.CANCELLED or (found.kind == "ingest" and found.status is not JobStatus.FAULT):
        raise ApiError("api.conflict", f"job {job_id} is {found.status.value}")
    if found.kind != "ingest":
        return archive.duties.make_due(job_id)
    with archive.queue() as queue:
        return queue.retry(found)
