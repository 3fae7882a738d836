"""Submissions: what became of them, and the decision of a person."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from archive.api.access import (
    AgainDep,
    Cursor,
    LanguageDep,
    Limit,
    UploadsDep,
    cursor_after,
    cursor_parts,
    page_of,
    tagged,
)
from archive.api.files import send_made
from archive.api.lines import ROOT, answer_line, job_line, submission_line
from archive.api.rights import Asking, may
from archive.api.uploading import arrived_line
from archive.auth.policy import Action
from archive.catalogue.journal import Job
from archive.composition import Archive
from archive.reports.findings import write_findings
from archive.services.listing import ListFormat
from archive.services.made_files import made_file
from metadata.messages import text

_AT_ONCE = 100
"""Dossiers that are held while their findings are written."""

router = APIRouter(prefix="/submissions", tags=["submissions"])

Looking = Annotated[Asking, may(Action.SUBMISSION_READ)]
Deciding = Annotated[Asking, may(Action.SUBMISSION_DECIDE)]


class Return(BaseModel):
    """Why a submission goes back."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


@router.get("")
def submissions(asking: Looking, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Submissions, newest first."""
    parts = cursor_parts(cursor)
    rows = asking.archive.journal.submissions(limit + 1, "|".join(parts) if parts else None, within=asking.scope)
    return page_of(rows, limit, submission_line, lambda row: cursor_after(row["received_at"], row["id"]))


@router.get("/{submission_id}")
def submission(
    request: Request,
    asking: Looking,
    uploads: UploadsDep,
    again: AgainDep,
    language: LanguageDep,
    submission_id: str,
) -> Response:
    """One submission: a line a dossier, as `luutru ingest` tells it; or the files of an upload that is still open."""
    archive = asking.archive
    if not uploads.is_submission(submission_id):
        uploads.require_owner(submission_id, asking.login)
        files = [arrived_line(entry) for entry in uploads.files(submission_id)]
        return JSONResponse({"submission_id": submission_id, "status": "uploading", "files": files})
    asking.submission(submission_id)
    row = archive.journal.submission(submission_id)
    # Jobs first: who sees a job that has ended must not find an older answer beside it.
    jobs = archive.journal.of_submission(submission_id)
    answers = archive.submissions.answers(submission_id)
    told = again.told(submission_id)
    body = submission_line(row) | {
        "status": "received",
        "dossiers": [answer_line(answer, language) for answer in answers],
        "jobs": [job_line(job) for job in jobs],
        "corrects": told.corrects or None,
        "superseded_by": told.superseded_by or None,
        "receipt": f"{ROOT}/submissions/{submission_id}/receipt",
        "receipt_page": f"{ROOT}/submissions/{submission_id}/receipt.html",
    }
    return tagged(request, body)


@router.get("/{submission_id}/receipt")
def receipt(asking: Looking, submission_id: str) -> Response:
    """The receipt as JSON, as things stand now."""
    asking.submission(submission_id)
    archive = asking.archive
    return Response(archive.receipts.issue(submission_id).read_bytes(), media_type="application/json")


@router.get("/{submission_id}/receipt.html", responses={200: {"content": {"text/html": {}}}})
def receipt_page(asking: Looking, submission_id: str) -> Response:
    """The receipt as a printable page."""
    asking.submission(submission_id)
    archive = asking.archive
    page = archive.receipts.issue(submission_id).with_suffix(".html").read_bytes()
    # The page carries its own style and nothing else; it may do nothing but be printed.
    policy = "sandbox allow-modals; default-src 'none'; style-src 'unsafe-inline'"
    return Response(page, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})


@router.get("/{submission_id}/findings.xlsx", responses={200: {"content": {ListFormat.XLSX.mime: {}}}})
def findings(request: Request, asking: Looking, language: LanguageDep, submission_id: str) -> Response:
    """Everything that was found, a line each, with row, column, value and remedy; no cell is a formula."""
    asking.submission(submission_id)
    made = made_file(f"{text('findings.name', language)}.xlsx", _findings(asking.archive, submission_id, language))
    return send_made(request, made, ListFormat.XLSX.mime)


@contextmanager
def _findings(archive: Archive, submission_id: str, language: str) -> Iterator[BinaryIO]:
    title = Path(archive.journal.submission(submission_id)["path"]).name

    def jobs(first: int) -> list[Job]:
        return archive.journal.page_of_submission(submission_id, first, _AT_ONCE)

    with tempfile.TemporaryDirectory(prefix="luutru-findings-", dir=archive.home.scratch) as folder:
        path = Path(folder) / "findings.xlsx"
        write_findings(path, jobs, title=title, language=language, created=archive.clock.now())
        with path.open("rb") as stream:
            yield stream


@router.post("/{submission_id}/approval", status_code=202)
def approve(asking: Deciding, language: LanguageDep, submission_id: str) -> Response:
    """Approve what awaits approval; the jobs go on."""
    asking.submission(submission_id)
    archive = asking.archive
    approved = archive.submissions.approve(submission_id, operator=asking.login)
    with archive.queue() as queue:
        for job in approved:
            queue.retry(job)
    lines = [answer_line(answer, language) for answer in archive.submissions.answers(submission_id)]
    headers = {"Location": f"{ROOT}/jobs/{approved[0].id}"}
    return JSONResponse({"submission_id": submission_id, "dossiers": lines}, 202, headers)


@router.post("/{submission_id}/return")
def give_back(asking: Deciding, language: LanguageDep, submission_id: str, said: Return) -> dict[str, Any]:
    """Return what awaits approval to the producer."""
    asking.submission(submission_id)
    archive = asking.archive
    archive.submissions.give_back(submission_id, operator=asking.login, reason=said.reason)
    lines = [answer_line(answer, language) for answer in archive.submissions.answers(submission_id)]
    return {"submission_id": submission_id, "dossiers": lines}
