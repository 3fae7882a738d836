"""Handing in: a ZIP in one call, or a folder file by file; again, corrected, what was rejected or returned."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from archive.api.access import (
    AgainDep,
    AgencyDep,
    UploadsDep,
)
from archive.api.bodies import pieces, whole
from archive.api.lines import ROOT, job_line
from archive.api.problems import ApiError, RejectedUploadError
from archive.api.rights import Asking, may
from archive.api.uploading import OwnUpload, Sending, Span, arrived_line, queue_jobs, require_agency, span_of
from archive.auth.policy import Action
from archive.catalogue.journal import JobStatus
from archive.composition import Archive
from archive.services.incoming import Incoming
from archive.services.resubmissions import MOST_PLACES
from archive.services.uploads import Arrived, Uploads
from metadata.corrections import MAX_VALUE
from metadata.descriptions import RecordStatus
from metadata.rules import errors_of

router = APIRouter(prefix="/submissions", tags=["submissions"])

_ZIP_TYPES = frozenset({"application/zip", "application/x-zip-compressed"})
_MAX_JSON_BYTES = 1 << 20
CONTAINER_RULES = "CON-"
"""Prefix of the rules for which a container is not opened."""

Addition = Literal["supplement", "replacement"]
UploadPath = Annotated[str, Field(max_length=4000)]


class NewUpload(BaseModel):
    """A folder that will come file by file."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)] = ""
    """What people call the delivery."""

    fingerprint: Annotated[str, Field(max_length=128)] = ""
    """Of the choice of files: an upload of one's own with the same one that is still open is gone on with."""

    register_only: bool = False
    """Documents may come without files: a register, or an old database exported as tables."""

    record_status: Addition | None = None
    """`supplement` or `replacement` of stored dossiers, for those that do not say it themselves."""

    accept_suggestions: bool = False
    """Blanks of documents may be filled with what their pages show, marked as machine-made."""


def _asked(
    name: Annotated[str, Query(max_length=200, description="What people call the delivery")] = "",
    register_only: Annotated[bool, Query(description="Documents may come without files: a register")] = False,
    record_status: Annotated[Addition | None, Query(description="Adds to stored dossiers")] = None,
    accept_suggestions: Annotated[bool, Query(description="Blanks may be filled with what pages show")] = False,
) -> NewUpload:
    """What the address says of a delivery whose body is its bytes."""
    return NewUpload(
        name=name,
        register_only=register_only,
        record_status=record_status,
        accept_suggestions=accept_suggestions,
    )


AskedDep = Annotated[NewUpload, Depends(_asked)]


Correcting = Annotated[Asking, may(Action.SUBMISSION_CORRECT)]


class Corrected(BaseModel):
    """A cell of a list, as a finding names it, and what it should say."""

    model_config = ConfigDict(extra="forbid")

    file: Annotated[str, Field(max_length=1000)]
    sheet: Annotated[str, Field(max_length=100)] | None = None
    row: Annotated[int, Field(ge=1, le=10_000_000)]
    column: Annotated[str, Field(min_length=1, max_length=1000)]
    """Heading as the finding writes it, or the name of the field."""

    value: Annotated[str, Field(max_length=MAX_VALUE)]


class Resubmission(BaseModel):
    """What is corrected before a delivery is handed in again."""

    model_config = ConfigDict(extra="forbid")

    corrections: Annotated[list[Corrected], Field(max_length=MOST_PLACES)] = []
    reason: Annotated[str, Field(max_length=2000)] = ""


def _handed_in(archive: Archive, upload_id: str) -> JSONResponse:
    """202: jobs are queued; `Location` names the first, the body all."""
    queue_jobs(archive, upload_id)
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
        200: {"description": "The upload of the same `fingerprint` that is still open"},
        201: {"description": "An upload is open: `POST …/uploads` (tus) or `PUT …/files/{path}`, then `POST …/commit`"},
        202: {"description": "Received; the jobs work on it"},
        413: {"description": "`upload.too_large`"},
        415: {"description": "`api.media_type`: neither application/zip nor application/json"},
        422: {"description": "`api.rejected`: the ZIP breaks rules, listed in `findings`; no content is kept"},
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
    asking: Sending,
    uploads: UploadsDep,
    agency: AgencyDep,
    asked: AskedDep,
) -> Response:
    """Hand in a delivery as one ZIP, or open an upload for a folder that comes file by file."""
    await run_in_threadpool(require_agency, asking, agency)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _ZIP_TYPES:
        return await _submit_zip(request, asking, uploads, agency, asked)
    if kind not in {"", "application/json"}:
        raise ApiError("api.media_type", kind)
    said = await _json_of(request)
    wanted = NewUpload(
        name=said.name or asked.name,
        fingerprint=said.fingerprint,
        register_only=said.register_only or asked.register_only,
        record_status=said.record_status or asked.record_status,
        accept_suggestions=said.accept_suggestions or asked.accept_suggestions,
    )
    known = (
        {entry.id for entry in await run_in_threadpool(uploads.open_of, asking.login)} if said.fingerprint else set()
    )
    upload_id = await run_in_threadpool(_begin, uploads, wanted, asking.login)
    return JSONResponse(_open_upload(upload_id), 200 if upload_id in known else 201, {"Location": _href(upload_id)})


def _open_ids(uploads: Uploads, login: str) -> set[str]:
    return {entry.id for entry in uploads.open_of(login)}


def _href(upload_id: str) -> str:
    return f"{ROOT}/submissions/{upload_id}"


def _open_upload(upload_id: str) -> dict[str, str]:
    href = _href(upload_id)
    return {
        "submission_id": upload_id,
        "href": href,
        "files": f"{href}/files/",
        "uploads": f"{href}/uploads",
        "commit": f"{href}/commit",
    }


async def _json_of(request: Request) -> NewUpload:
    body = await whole(request, _MAX_JSON_BYTES)
    try:
        return NewUpload.model_validate_json(body) if body else NewUpload()
    except ValueError as error:
        raise ApiError("api.invalid", str(error)[:500]) from error


def _begin(uploads: Uploads, said: NewUpload, login: str) -> str:
    status = RecordStatus(said.record_status) if said.record_status else None
    return uploads.begin(
        said.name,
        owner=login,
        fingerprint=said.fingerprint,
        register=said.register_only,
        status=status,
        accept_suggestions=said.accept_suggestions,
    )


async def _submit_zip(
    request: Request, asking: Asking, uploads: Uploads, agency: str | None, said: NewUpload
) -> Response:
    archive, login = asking.archive, asking.login
    upload_id = await run_in_threadpool(_begin, uploads, said, login)
    try:
        await _take(uploads, upload_id, uploads.packed_name(upload_id), Span(None, None), request)
    except BaseException:
        # The client has no address for what it sent of a ZIP, so nobody could go on with it.
        await run_in_threadpool(uploads.drop, upload_id)
        raise

    def hand_in() -> Response:
        try:
            uploads.commit(upload_id, operator=login, agency=agency)
            _require_opened(archive, upload_id)
        except Exception:
            uploads.drop(upload_id)
            raise
        return _handed_in(archive, upload_id)

    return await run_in_threadpool(hand_in)


def _require_opened(archive: Archive, upload_id: str) -> None:
    """A container that was refused as a whole is told at once: no job is left that could tell it later."""
    jobs = archive.journal.of_submission(upload_id)
    found = tuple(finding for job in jobs if job.status is JobStatus.REJECTED for finding in job.findings)
    findings = tuple(finding for finding in errors_of(found) if finding.rule.startswith(CONTAINER_RULES))
    if findings:
        raise RejectedUploadError(findings)


async def _take(uploads: Uploads, upload_id: str, path: str, span: Span, request: Request) -> Arrived:
    """Stream a body into one file; a broken connection leaves what has come."""
    span.check_limit(request.headers.get("content-length"), uploads.max_file_bytes)
    incoming = await run_in_threadpool(uploads.receive, upload_id, path, span.offset)
    with incoming:
        broken = False
        with suppress(ClientDisconnect):
            broken = True
            async for piece in pieces(request):
                await run_in_threadpool(incoming.write, piece)
            broken = False
        digest = await run_in_threadpool(incoming.finish)
    if broken:
        raise ApiError("api.invalid", f"the connection broke after {incoming.offset} bytes")
    return await run_in_threadpool(_settle, uploads, upload_id, path, span, incoming, digest)


def _settle(uploads: Uploads, upload_id: str, path: str, span: Span, incoming: Incoming, digest: str) -> Arrived:
    if not span.is_complete(incoming.offset):
        return Arrived(path, incoming.offset, complete=False)
    uploads.complete(upload_id, path, digest)
    return Arrived(path, incoming.offset, complete=True, sha256=digest)


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
    submission_id: OwnUpload,
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
    return JSONResponse(arrived_line(entry), 201 if entry.complete else 200, headers)


@router.head("/{submission_id}/files/{path:path}", responses={200: {"description": "`Upload-Offset` has come so far"}})
def file_offset(uploads: UploadsDep, submission_id: OwnUpload, path: UploadPath) -> Response:
    """How far one file has come."""
    entry = uploads.arrived(submission_id, path)
    headers = {
        "Upload-Offset": str(entry.size_bytes),
        "Upload-Complete": "?1" if entry.complete else "?0",
        "Cache-Control": "no-store",
    }
    return Response(headers=headers)


@router.post("/{submission_id}/commit", status_code=202, responses={409: {"description": "`upload.conflict`"}})
def commit(
    asking: Sending, uploads: UploadsDep, again: AgainDep, submission_id: OwnUpload, agency: AgencyDep
) -> Response:
    """Hand in what has come; again: the same answer."""
    require_agency(asking, agency)
    uploads.commit(submission_id, operator=asking.login, agency=agency)
    again.note(submission_id)
    return _handed_in(asking.archive, submission_id)


@router.post(
    "/{submission_id}/resubmission",
    status_code=201,
    responses={
        201: {"description": "An upload with all files of the delivery; add or replace some, then `POST …/commit`"},
        409: {"description": "`upload.conflict`: nothing of it was rejected or returned, or it is under way"},
    },
)
def correct(asking: Correcting, again: AgainDep, submission_id: str, said: Resubmission) -> Response:
    """Begin to hand in again what was rejected or returned: its files need not be sent a second time."""
    asking.submission(submission_id)
    values = {(entry.file, entry.sheet, entry.row, entry.column): entry.value for entry in said.corrections}
    upload_id = again.begin(submission_id, values, login=asking.login, reason=said.reason)
    return JSONResponse(_open_upload(upload_id), 201, {"Location": _href(upload_id)})


@router.delete("/{submission_id}", status_code=204, responses={409: {"description": "`upload.conflict`: handed in"}})
def discard(uploads: UploadsDep, submission_id: OwnUpload) -> Response:
    """Give an open upload up, with all that has come of it."""
    uploads.discard(submission_id)
    return Response(status_code=204)
