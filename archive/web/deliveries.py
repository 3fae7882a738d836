"""The pages of deliveries: handing in, how far it is, what was found, the decision of a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from archive.catalogue.journal import Job, JobStatus
from archive.composition import Archive
from archive.operators import operator_name
from archive.web.language import language_of
from archive.web.rendering import page
from archive.web.words import Words
from ingest.pipeline import ORDER
from metadata.errors import UsageError

router = APIRouter(prefix="/deliveries", include_in_schema=False)

_LISTED = 25
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
    return job.result.value if job.result is not None else job.status.value


def rows(archive: Archive, limit: int, before: str | None = None) -> list[dict[str, Any]]:
    """Deliveries, newest first, each with its dossiers counted by state."""
    found = archive.journal.submissions(limit, before)
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
def listed(request: Request, before: Annotated[str | None, Query(max_length=100)] = None) -> Response:
    """Hand in, and the deliveries so far."""
    archive = _archive(request)
    found = rows(archive, _LISTED + 1, before)
    shown = found[:_LISTED]
    last = shown[-1] if len(found) > _LISTED else None
    more = f"{last['received_at']}|{last['id']}" if last else None
    limit = archive.settings.serve.max_upload_mib
    return page(
        request, "deliveries.html", deliveries=shown, more=more, agencies=archive.catalogue.agencies(), limit=limit
    )


@router.get("/{submission_id}")
def delivery(request: Request, submission_id: str, first: Annotated[int, Query(ge=0)] = 0) -> Response:
    """One delivery with its dossiers."""
    row = _archive(request).journal.submission(submission_id)
    return page(
        request, "delivery.html", delivery=row, name=Path(row["path"]).name, **_progress(request, submission_id, first)
    )


@router.get("/{submission_id}/progress")
def progress(request: Request, submission_id: str, first: Annotated[int, Query(ge=0)] = 0) -> HTMLResponse:
    """The part of the page that changes while the jobs run."""
    _archive(request).journal.submission(submission_id)
    return page(request, "_progress.html", **_progress(request, submission_id, first))


def _progress(request: Request, submission_id: str, first: int) -> dict[str, Any]:
    journal = _archive(request).journal
    states = {state: count for state, (count, _) in journal.tally([submission_id])[submission_id].items()}
    words = Words(language_of(request))
    return {
        "submission_id": submission_id,
        "moving": bool(states.keys() & {JobStatus.WAITING.value, JobStatus.RUNNING.value}),
        "awaiting": "awaiting_approval" in states,
        "faulty": "fault" in states,
        "states": states,
        "dossiers": [_dossier(job, words) for job in journal.page_of_submission(submission_id, first, _SHOWN)],
        "first": first,
        "following": first + _SHOWN if first + _SHOWN < sum(states.values()) else None,
    }


def _dossier(job: Job, words: Words) -> dict[str, Any]:
    state = state_of(job)
    return {
        "job": job,
        "state": state,
        "package_id": (job.same_as or job.package_id) if state in {"archived", "already"} else None,
        "steps": _steps(job),
        "groups": words.findings(job.findings),
    }


def _steps(job: Job) -> Sequence[tuple[str, str]]:
    """Each stage with `done`, `now`, `stopped` or `next`."""
    if job.status is JobStatus.DONE:
        return [(name, "done") for name in ORDER]
    if job.stage not in ORDER:
        return [(name, "next") for name in ORDER]
    reached = ORDER.index(job.stage)
    here = "stopped" if job.result is not None else "now"
    return [(name, "done" if at < reached else here if at == reached else "next") for at, name in enumerate(ORDER)]


@router.post("/{submission_id}/approval")
def approve(request: Request, submission_id: str) -> Response:
    """Approve what waits; the page shows how it goes on."""
    archive = _archive(request)
    approved = archive.submissions.approve(submission_id, operator=operator_name())
    with archive.executor() as executor:
        for job in approved:
            executor.retry(job)
    return RedirectResponse(f"/deliveries/{submission_id}", 303)


@router.post("/{submission_id}/return")
async def give_back(request: Request, submission_id: str) -> Response:
    """Return what waits, with a reason."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM_BYTES:
            raise UsageError("form too large")
    reason = parse_qs(body.decode("utf-8", "replace")).get("reason", [""])[0].strip()
    if not reason:
        raise UsageError(Words(language_of(request)).text("delivery.reason_missing"))
    archive = _archive(request)
    await run_in_threadpool(archive.submissions.give_back, submission_id, operator=operator_name(), reason=reason)
    return RedirectResponse(f"/deliveries/{submission_id}", 303)


@router.post("/{submission_id}/retry")
def retry(request: Request, submission_id: str) -> Response:
    """Try again what ended in a fault."""
    archive = _archive(request)
    archive.journal.submission(submission_id)
    with archive.executor() as executor:
        for job in archive.journal.of_submission(submission_id):
            if job.status is JobStatus.FAULT:
                executor.retry(job)
    return RedirectResponse(f"/deliveries/{submission_id}", 303)
