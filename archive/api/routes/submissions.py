"""Handing in: a ZIP in one call, or a folder file by file; what became of it; the decision of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from archive.api.access import (
    AgencyDep,
    ArchiveDep,
    Cursor,
    LanguageDep,
    Limit,
    UploadsDep,
    cursor_after,
    cursor_parts,
    page_of,
    tagged,
)
from archive.api.lines import ROOT, answer_line, job_line, submission_line
from archive.api.problems import ApiError, RejectedUploadError
from archive.api.uploading import Span, span_of
from archive.composition import Archive
from archive.jobs.engine import is_under_way
from archive.operators import operator_name
from archive.services.incoming import Incoming
from archive.services.uploads import Arrived, Uploads
from metadata.errors import NotFoundError

router = APIRouter(prefix="/submissions", tags=["submissions"])

_BUFFER_BYTES = 1 << 20
_PACKED = "upload.zip"
_ZIP_TYPES = frozenset({"application/zip", "application/x-zip-compressed"})
_MAX_JSON_BYTES = 1 << 20

UploadPath = Annotated[str, Field(max_length=4000)]


class NewUpload(BaseModel):
    """A folder that will come file by file."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)] = ""
    """What people call the delivery."""


class Return(BaseModel):
    """Why a submission goes back."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


def _handed_in(archive: Archive, upload_id: str) -> JSONResponse:
    """202: jobs are queued; `Location` names the first, the body all."""
    with archive.executor() as executor:
        for job in archive.journal.of_submission(upload_id):
            if is_under_way(job):
                executor.enqueue(job)
    jobs = archive.journal.of_submission(upload_id)
    body = {
        "submission_id": upload_id,
        "href": f"{ROOT}/submissions/{upload_id}",
        "page": f"/deliveries/{upload_id}",
        "jobs": [job_line(job) for job in jobs],
    }
    return JSONResponse(body, 202, {"Location": f"{ROOT}/jobs/{jobs[0].id}"})


@router.post(
    "",
    status_code=202,
    responses={
        201: {"description": "An upload is open: `PUT …/files/{path}`, then `POST …/commit`"},
        202: {"description": "Received; the jobs work on it"},
        413: {"description": "`upload.too_large`"},
        415: {"description": "`api.media_type`: neither application/zip nor application/json"},
        422: {"description": "`api.rejected`: the ZIP breaks rules, listed in `findings`; nothing of it is kept"},
    },
    openapi_extra={
        "requestBody": {
            "content": {
                "application/zip": {"schema": {"type": "string", "format": "binary"}},
                "application/json": {"schema": NewUpload.model_json_schema()},
            }
        }
    },
)
async def submit(
    request: Request,
    archive: ArchiveDep,
    uploads: UploadsDep,
    agency: AgencyDep,
    name: Annotated[str, Query(max_length=200, description="What people call the delivery")] = "",
) -> Response:
    """Hand in a delivery as one ZIP, or open an upload for a folder that comes file by file."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _ZIP_TYPES:
        return await _submit_zip(request, archive, uploads, agency, name)
    if kind not in {"", "application/json"}:
        raise ApiError("api.media_type", kind)
    said = await _json_of(request)
    upload_id = await run_in_threadpool(uploads.begin, said.name or name)
    href = f"{ROOT}/submissions/{upload_id}"
    body = {"submission_id": upload_id, "href": href, "files": f"{href}/files/", "commit": f"{href}/commit"}
    return JSONResponse(body, 201, {"Location": href})


async def _json_of(request: Request) -> NewUpload:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_JSON_BYTES:
            raise ApiError("api.invalid", "body")
    try:
        return NewUpload.model_validate_json(bytes(body)) if body else NewUpload()
    except ValueError as error:
        raise ApiError("api.invalid", str(error)[:500]) from error


async def _submit_zip(request: Request, archive: Archive, uploads: Uploads, agency: str | None, name: str) -> Response:
    upload_id = await run_in_threadpool(uploads.begin, name)
    try:
        await _take(uploads, upload_id, _PACKED, Span(None, None), request)
    except BaseException:
        # The client has no address for what it sent of a ZIP, so nobody could go on with it.
        await run_in_threadpool(uploads.drop, upload_id)
        raise

    def hand_in() -> Response:
        findings = uploads.unpack(upload_id, _PACKED)
        if findings:
            raise RejectedUploadError(findings)
        try:
            uploads.commit(upload_id, operator=operator_name(), agency=agency)
        except Exception:
            uploads.drop(upload_id)
            raise
        return _handed_in(archive, upload_id)

    return await run_in_threadpool(hand_in)


async def _take(uploads: Uploads, upload_id: str, path: str, span: Span, request: Request) -> Arrived:
    """Stream a body into one file; a broken connection leaves what has come."""
    span.check_limit(request.headers.get("content-length"), uploads.max_file_bytes)
    incoming = await run_in_threadpool(uploads.receive, upload_id, path, span.offset)
    with incoming:
        broken = False
        with suppress(ClientDisconnect):
            broken = True
            async for chunk in _buffered(request):
                await run_in_threadpool(incoming.write, chunk)
            broken = False
        digest = await run_in_threadpool(incoming.finish)
    if broken:
        raise ApiError("api.invalid", f"the connection broke after {incoming.offset} bytes")
    return await run_in_threadpool(_settle, uploads, upload_id, path, span, incoming, digest)


def _settle(uploads: Uploads, upload_id: str, path: str, span: Span, incoming: Incoming, digest: str) -> Arrived:
    if not span.is_complete(incoming.offset):
        return Arrived(path, incoming.offset, complete=False)
    uploads.complete(upload_id, path)
    return Arrived(path, incoming.offset, complete=True, sha256=digest)


async def _buffered(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of a mebibyte: a server hands over small ones, and a thread for each would cost more."""
    buffer = bytearray()
    try:
        async for chunk in request.stream():
            buffer += chunk
            if len(buffer) >= _BUFFER_BYTES:
                yield bytes(buffer)
                buffer.clear()
    except ClientDisconnect:
        if buffer:
            yield bytes(buffer)
        raise
    if buffer:
        yield bytes(buffer)


def _arrived(entry: Arrived) -> dict[str, Any]:
    line: dict[str, Any] = {"path": entry.path, "bytes": entry.size_bytes, "complete": entry.complete}
    return line | ({"sha256": entry.sha256} if entry.sha256 else {})


@router.put(
    "/{submission_id}/files/{path:path}",
    status_code=201,
    responses={
        200: {"description": "A part has come; go on at `Upload-Offset`"},
        201: {"description": "The file is complete"},
        409: {"description": "`upload.conflict`: another offset is due (`Upload-Offset`), or it is handed in already"},
        413: {"description": "`upload.too_large`"},
    },
    openapi_extra={
        "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    },
)
async def put_file(
    request: Request,
    uploads: UploadsDep,
    submission_id: str,
    path: UploadPath,
    upload_offset: Annotated[
        str | None, Header(description="Bytes that have come before; then the rest follows")
    ] = None,
    content_range: Annotated[str | None, Header(description="`bytes first-last/total`")] = None,
) -> Response:
    """Send one file of an open upload, whole or from where it broke off."""
    span = span_of(upload_offset, content_range)
    entry = await _take(uploads, submission_id, path, span, request)
    headers = {"Upload-Offset": str(entry.size_bytes), "Upload-Complete": "?1" if entry.complete else "?0"}
    return JSONResponse(_arrived(entry), 201 if entry.complete else 200, headers)


@router.head("/{submission_id}/files/{path:path}", responses={200: {"description": "`Upload-Offset` has come so far"}})
def file_offset(uploads: UploadsDep, submission_id: str, path: UploadPath) -> Response:
    """How far one file has come."""
    entry = uploads.arrived(submission_id, path)
    headers = {
        "Upload-Offset": str(entry.size_bytes),
        "Upload-Complete": "?1" if entry.complete else "?0",
        "Cache-Control": "no-store",
    }
    return Response(headers=headers)


@router.post("/{submission_id}/commit", status_code=202, responses={409: {"description": "`upload.conflict`"}})
def commit(archive: ArchiveDep, uploads: UploadsDep, submission_id: str, agency: AgencyDep) -> Response:
    """Hand in what has come; again: the same answer."""
    uploads.commit(submission_id, operator=operator_name(), agency=agency)
    return _handed_in(archive, submission_id)


@router.get("")
def submissions(archive: ArchiveDep, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Submissions, newest first."""
    parts = cursor_parts(cursor)
    rows = archive.journal.submissions(limit + 1, "|".join(parts) if parts else None)
    return page_of(rows, limit, submission_line, lambda row: cursor_after(row["received_at"], row["id"]))


@router.get("/{submission_id}")
def submission(
    request: Request, archive: ArchiveDep, uploads: UploadsDep, language: LanguageDep, submission_id: str
) -> Response:
    """One submission: a line a dossier, as `luutru ingest` tells it; or the files of an upload that is still open."""
    try:
        row = archive.journal.submission(submission_id)
    except NotFoundError:
        files = [_arrived(entry) for entry in uploads.files(submission_id)]
        return JSONResponse({"submission_id": submission_id, "status": "uploading", "files": files})
    # Jobs first: who sees a job that has ended must not find an older answer beside it.
    jobs = archive.journal.of_submission(submission_id)
    answers = archive.submissions.answers(submission_id)
    body = submission_line(row) | {
        "status": "received",
        "dossiers": [answer_line(answer, language) for answer in answers],
        "jobs": [job_line(job) for job in jobs],
        "receipt": f"{ROOT}/submissions/{submission_id}/receipt",
        "receipt_page": f"{ROOT}/submissions/{submission_id}/receipt.html",
    }
    return tagged(request, body)


@router.get("/{submission_id}/receipt")
def receipt(archive: ArchiveDep, submission_id: str) -> Response:
    """The receipt as JSON, as things stand now."""
    return Response(archive.receipts.issue(submission_id).read_bytes(), media_type="application/json")


@router.get("/{submission_id}/receipt.html", responses={200: {"content": {"text/html": {}}}})
def receipt_page(archive: ArchiveDep, submission_id: str) -> Response:
    """The receipt as a printable page."""
    page = archive.receipts.issue(submission_id).with_suffix(".html").read_bytes()
    # The page carries its own style and nothing else; it may do nothing but be printed.
    policy = "sandbox allow-modals; default-src 'none'; style-src 'unsafe-inline'"
    return Response(page, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})


@router.post("/{submission_id}/approval", status_code=202)
def approve(archive: ArchiveDep, language: LanguageDep, submission_id: str) -> Response:
    """Approve what awaits approval; the jobs go on."""
    approved = archive.submissions.approve(submission_id, operator=operator_name())
    with archive.executor() as executor:
        for job in approved:
            executor.retry(job)
    lines = [answer_line(answer, language) for answer in archive.submissions.answers(submission_id)]
    headers = {"Location": f"{ROOT}/jobs/{approved[0].id}"}
    return JSONResponse({"submission_id": submission_id, "dossiers": lines}, 202, headers)


@router.post("/{submission_id}/return")
def give_back(archive: ArchiveDep, language: LanguageDep, submission_id: str, said: Return) -> dict[str, Any]:
    """Return what awaits approval to the producer."""
    archive.submissions.give_back(submission_id, operator=operator_name(), reason=said.reason)
    lines = [answer_line(answer, language) for answer in archive.submissions.answers(submission_id)]
    return {"submission_id": submission_id, "dossiers": lines}
