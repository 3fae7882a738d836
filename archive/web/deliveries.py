"""The pages of deliveries: handing in, how far it is, what was found, the decision of a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from archive.api.access import AgainDep, UploadsDep
from archive.api.rights import Asking, may
from archive.api.uploading import OwnUpload
from archive.auth.policy import Action, Scope, scope_of
from archive.catalogue.journal import DossierStatus, Job, JobStatus
from archive.composition import Archive
from archive.services.resubmissions import Resubmissions
from archive.web.language import language_of
from archive.web.rendering import page
from archive.web.words import Words
from ingest.pipeline import ORDER
from metadata.errors import UsageError

router = APIRouter(prefix="/deliveries", include_in_schema=False)

Deliveries = Annotated[Asking, may(Action.SUBMISSION_READ)]
Deciding = Annotated[Asking, may(Action.SUBMISSION_DECIDE)]
_LISTED = 25
_OPEN_SHOWN = 20
_SHOWN = 100
"""Dossiers of one delivery on one page."""

_MAX_FORM_BYTES = 64 << 10


def _archive(request: Request) -> Archive:
    archive: Archive = request.app.state.archive
    return archive


def state_of(job: Job) -> str:
    """One word for people: what has become of the dossier, else what its job does."""
    if job.same_as is not None and job.result is None:
        return "already"
    if job.result is None or job.status is JobStatus.CANCELLED:
        return job.status.value
    return job.result.value


def rows(archive: Archive, limit: int, before: str | None = None, *, within: Scope) -> list[dict[str, Any]]:
    """Deliveries, newest first, each with its dossiers counted by state."""
    found = archive.journal.submissions(limit, before, within=within)
    tally = archive.journal.tally([row["id"] for row in found])
    return [
        {
            "id": row["id"],
            "name": Path(row["path"]).name,
            "agency": row["agency"],
            "operator": row["operator"],
            "received_at": row["received_at"],
            "documents": sum(documents for _, documents in tally[row["id"]].values()),
            "states": {state: count for state, (count, _) in tally[row["id"]].items()},
        }
        for row in found
    ]


@router.get("")
def listed(
    request: Request,
    asking: Deliveries,
    uploads: UploadsDep,
    before: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Hand in, and the deliveries so far."""
    archive = asking.archive
    found = rows(archive, _LISTED + 1, before, within=asking.scope)
    shown = found[:_LISTED]
    last = shown[-1] if len(found) > _LISTED else None
    more = f"{last['received_at']}|{last['id']}" if last else None
    limit = archive.settings.serve.max_upload_mib
    handing_in = archive.catalogue.agencies(within=scope_of(asking.person, Action.SUBMIT))
    may_submit = bool(asking.may(Action.SUBMIT))
    return page(
        request,
        "deliveries.html",
        deliveries=shown,
        more=more,
        agencies=handing_in,
        limit=limit,
        may_submit=may_submit,
        open_uploads=uploads.open_of(asking.login)[:_OPEN_SHOWN] if may_submit else (),
    )


@router.post("/uploads/{submission_id}/discard")
def discard(uploads: UploadsDep, submission_id: OwnUpload) -> Response:
    """Give an unfinished upload up."""
    uploads.discard(submission_id)
    return RedirectResponse("/deliveries", 303)


@router.get("/{submission_id}")
def delivery(
    request: Request,
    asking: Deliveries,
    again: AgainDep,
    submission_id: str,
    first: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """One delivery with its dossiers."""
    asking.submission(submission_id)
    row = _archive(request).journal.submission(submission_id)
    return page(
        request,
        "delivery.html",
        delivery=row,
        name=Path(row["path"]).name,
        told=again.told(submission_id),
        **_progress(asking, again, language_of(request), submission_id, first),
    )


@router.get("/{submission_id}/progress")
def progress(
    request: Request,
    asking: Deliveries,
    again: AgainDep,
    submission_id: str,
    first: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """The part of the page that changes while the jobs run."""
    asking.submission(submission_id)
    return page(request, "_progress.html", **_progress(asking, again, language_of(request), submission_id, first))


def _progress(asking: Asking, again: Resubmissions, language: str, submission_id: str, first: int) -> dict[str, Any]:
    journal = asking.archive.journal
    states = {state: count for state, (count, _) in journal.tally([submission_id])[submission_id].items()}
    words = Words(language)
    return {
        "again": again.is_offered(submission_id, states) and _may(asking, Action.SUBMISSION_CORRECT, submission_id),
        "may_decide": _may(asking, Action.SUBMISSION_DECIDE, submission_id),
        "submission_id": submission_id,
        "moving": bool(states.keys() & {JobStatus.WAITING.value, JobStatus.RUNNING.value}),
        "awaiting": "awaiting_approval" in states,
        "faulty": "fault" in states,
        "states": states,
        "dossiers": [_dossier(job, words) for job in journal.page_of_submission(submission_id, first, _SHOWN)],
        "first": first,
        "following": first + _SHOWN if first + _SHOWN < sum(states.values()) else None,
    }


def _may(asking: Asking, action: Action, submission_id: str) -> bool:
    separate = asking.archive.settings.intake.approval == "separate"
    target = asking.archive.permits.sights.submission(submission_id, separate=separate)
    return target is not None and bool(asking.may(action, target))


def _dossier(job: Job, words: Words) -> dict[str, Any]:
    state = state_of(job)
    return {
        "job": job,
        "state": state,
        "package_id": (job.same_as or job.package_id) if state in {"archived", "already"} else None,
        "steps": steps_of(job),
        "groups": words.findings(job.findings),
    }


def steps_of(job: Job) -> Sequence[tuple[str, str]]:
    """Each stage with `done`, `now`, `held` (somebody has to decide), `stopped` or `next`."""
    if job.status is JobStatus.DONE:
        return [(name, "done") for name in ORDER]
    if job.stage not in ORDER:
        return [(name, "next") for name in ORDER]
    reached = ORDER.index(job.stage)
    here = "stopped" if job.result is not None else "now"
    here = "held" if job.result is DossierStatus.AWAITING_APPROVAL else here
    return [(name, "done" if at < reached else here if at == reached else "next") for at, name in enumerate(ORDER)]


@router.post("/{submission_id}/approval")
def approve(asking: Deciding, submission_id: str) -> Response:
    """Approve what waits; the page shows how it goes on."""
    asking.submission(submission_id)
    archive = asking.archive
    approved = archive.submissions.approve(submission_id, operator=asking.login)
    with archive.queue() as queue:
        for job in approved:
            queue.retry(job)
    return RedirectResponse(f"/deliveries/{submission_id}", 303)


@router.post("/{submission_id}/return")
async def give_back(request: Request, asking: Deciding, submission_id: str) -> Response:
    """Return what waits, with a reason."""
    await run_in_threadpool(asking.submission, submission_id)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM_BYTES:
            raise UsageError("form too large")
    reason = parse_qs(body.decode("utf-8", "replace")).get("reason", [""])[0].strip()
    if not reason:
        raise UsageError(Words(language_of(request)).text("delivery.reason_missing"))
    archive = _archive(request)
    await run_in_threadpool(archive.submissions.give_back, submission_id, operator=asking.login, reason=reason)
    return RedirectResponse(f"/deliveries/{submission_id}", 303)


@router.post("/{submission_id}/retry")
def retry(asking: Annotated[Asking, may(Action.JOB_MANAGE)], submission_id: str) -> Response:
    """Try again what ended in a fault."""
    asking.submission(submission_id)
    archive = asking.archive
    archive.journal.submission(submission_id)
    with archive.queue() as queue:
        for job in archive.journal.of_submission(submission_id):
            if job.status is JobStatus.FAULT:
                queue.retry(job)
    return RedirectResponse(f"/deliveries/{submission_id}", 303)
