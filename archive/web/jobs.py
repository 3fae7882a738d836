"""The pages of jobs: what runs, waits, is stuck or met a fault; try again, give up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from archive.api.problems import ApiError, title_of
from archive.api.rights import Asking, may
from archive.api.routes.jobs import tried_again
from archive.auth.policy import Action, Target
from archive.catalogue.job_board import State
from archive.catalogue.journal import DossierStatus, Job, JobStatus
from archive.composition.administering import job_board, silent_since
from archive.composition.cancelling import cancelling
from archive.errors import NotCancelledError
from archive.services.cancelling import MOST_REASON
from archive.services.people import printable
from archive.web.administration import Refused, address, back, shown
from archive.web.deliveries import steps_of
from archive.web.forms import fields_of
from archive.web.language import language_of
from archive.web.rendering import page
from metadata.messages import catalogue, text

router = APIRouter(prefix="/administration/jobs", include_in_schema=False)

Looking = Annotated[Asking, may(Action.SUBMISSION_READ)]
Managing = Annotated[Asking, may(Action.JOB_MANAGE)]
KINDS = ("ingest", "export", "evidence", "rejudge", "conversion")
Kind = Annotated[Literal["ingest", "export", "evidence", "rejudge", "conversion"], Query()]
After = Annotated[str, Query(max_length=200)]
Which = Annotated[str, Query(alias="state", max_length=20)]
_LISTED = 50
_CONFLICT = 409


@router.get("")
def listed(request: Request, asking: Looking, kind: Kind = "ingest", which: Which = "", after: After = "") -> Response:
    """Jobs of one kind, the newest first."""
    scope, archive = asking.scope, asking.archive
    counts = job_board(archive).counts(silent=silent_since(archive), within=scope)
    return shown(request, asking, "jobs.html", counts=counts, kinds=KINDS, **_rows(request, asking, kind, which, after))


@router.get("/rows")
def rows(request: Request, asking: Looking, kind: Kind = "ingest", which: Which = "", after: After = "") -> Response:
    """The part of the page that changes while jobs run."""
    return page(request, "_jobs.html", **_rows(request, asking, kind, which, after))


def _rows(request: Request, asking: Asking, kind: str, which: str, after: str) -> dict[str, Any]:
    archive, scope, after = asking.archive, asking.scope, printable(after)
    state = State(which) if which in set(State) else None
    board, silent = job_board(archive), silent_since(archive)
    if kind == "ingest":
        found = board.ingest(_LISTED + 1, after, state=state, silent=silent, within=scope)
    else:
        found = board.duties(_LISTED + 1, after, kind=kind, state=state, silent=silent, within=scope)
    names = [name for name, _ in found[:_LISTED]]
    jobs = (archive.journal if kind == "ingest" else archive.duties).some(names)
    targets = archive.permits.sights.jobs(names)
    shown_now = [_line(request, asking, job, targets.get(job.id), silent) for job in jobs]
    moving = {JobStatus.WAITING.value, JobStatus.RUNNING.value}
    return {
        "rows": shown_now,
        "kind": kind,
        "which": which if state else "",
        "states": [one.value for one in State],
        "after": after,
        "following": found[_LISTED - 1][1] if len(found) > _LISTED else "",
        "moving": kind in {"ingest", "export"} and any(line["state"] in moving for line in shown_now),
    }


def _line(request: Request, asking: Asking, job: Job, target: Target | None, silent: str) -> dict[str, Any]:
    manages = target is not None and bool(asking.may(Action.JOB_MANAGE, target))
    state = _state(job)
    why_not = cancelling(asking.archive).why_not(job)
    return {
        "job": job,
        "state": state,
        "stuck": state in {"waiting", "running"} and job.kind == "ingest" and job.updated_at < silent,
        "problem": _problem(job.error["code"], language_of(request)) if job.error and state == "fault" else "",
        "retries": manages and _may_be_tried_again(job),
        "cancels": manages and why_not is None,
        "why_not": why_not,
        "manages": manages,
    }


def _problem(code: str, language: str) -> str:
    """What people call a fault: by its code, by its area, else as everywhere."""
    for name in (code.replace(".", "_"), code.partition(".")[0]):
        key = f"administration.problem.{name}"
        if key in catalogue():
            return text(key, language)
    return title_of(code, language)


def _state(job: Job) -> str:
    if job.result is DossierStatus.AWAITING_APPROVAL:
        return "awaiting_approval"
    return job.status.value


def _may_be_tried_again(job: Job) -> bool:
    return job.status is JobStatus.FAULT or (job.kind in {"evidence", "rejudge"} and job.status is JobStatus.WAITING)


@router.get("/{job_id}")
def job(request: Request, asking: Looking, job_id: str) -> Response:
    """One job."""
    asking.job(job_id)
    return _job(request, asking, job_id)


def _job(request: Request, asking: Asking, job_id: str, status: int = 200, refused: Refused | None = None) -> Response:
    found = asking.archive.job(job_id)
    return shown(
        request,
        asking,
        "job.html",
        status,
        refused=refused,
        steps=steps_of(found) if found.kind == "ingest" else [],
        most=MOST_REASON,
        **_line(request, asking, found, asking.archive.permits.sights.job(job_id), silent_since(asking.archive)),
    )


@router.post("/{job_id}/retry")
def retry(request: Request, asking: Managing, job_id: str) -> Response:
    """Try a job again that met a fault, or make due what waits for something from outside."""
    asking.job(job_id)
    try:
        tried_again(asking.archive, job_id)
    except ApiError:
        return _job(request, asking, job_id, _CONFLICT, Refused("not_retried"))
    return back(address("jobs", job_id), "retried")


@router.post("/{job_id}/cancel")
async def cancel(request: Request, asking: Managing, job_id: str) -> Response:
    """Give a job up: nothing of it is stored; from the stage of storing on it cannot be."""
    said = await fields_of(request)

    def give_up() -> Response:
        asking.job(job_id)
        archive = asking.archive
        try:
            cancelling(archive).cancel(archive.job(job_id), by=asking.login, reason=said.get("reason", ""))
        except NotCancelledError as error:
            refused = Refused(f"administration.not_cancelled.{error.why}", said)
            return _job(request, asking, job_id, _CONFLICT, refused)
        return back(address("jobs", job_id), "cancelled")

    return await run_in_threadpool(give_up)
