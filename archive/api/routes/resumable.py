"""Files of an open upload by the tus protocol 1.0: begun, gone on with after any break, checked, ended.

Extensions: creation, creation-with-upload, checksum (SHA-256, SHA-1), termination, expiration.
Source: https://tus.io/protocols/resumable-upload
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from archive.api.access import UploadsDep
from archive.api.bodies import pieces
from archive.api.lines import ROOT
from archive.api.problems import ApiError, from_exception, problem
from archive.api.uploading import OwnUpload
from archive.services.resumable import ALGORITHMS, Begun, UploadLengthError
from archive.services.uploads import Uploads
from metadata.errors import ArchiveError

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
PIECE_TYPE = "application/offset+octet-stream"
_NUMBER = re.compile(r"\d{1,18}")
_MAX_METADATA = 8000
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class TusRoute(APIRoute):
    """Speaks the version of the protocol in every answer, refusals included."""

    def get_route_handler(self) -> _Handler:
        """See FastAPI, "Custom Request and APIRoute class"."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.method != "OPTIONS" and request.headers.get("tus-resumable") != VERSION:
                answer: Response = problem(request, ApiError("upload.version", f"Tus-Resumable: {VERSION}"))
                answer.headers["Tus-Version"] = VERSION
            else:
                try:
                    answer = await inner(request)
                except (ArchiveError, RequestValidationError, HTTPException) as error:
                    answer = problem(request, from_exception(error))
            answer.headers["Tus-Resumable"] = VERSION
            return answer

        return handle


router = APIRouter(prefix="/submissions/{submission_id}/uploads", tags=["submissions"], route_class=TusRoute)

_Length = Annotated[str | None, Header(description="Bytes that the file will have")]
_Metadata = Annotated[
    str | None, Header(max_length=_MAX_METADATA, description="`path` of the file in the delivery, in base64")
]
_Offset = Annotated[str | None, Header(description="Bytes that have come before")]
_Checksum = Annotated[str | None, Header(max_length=200, description="`sha256` and the digest of the body in base64")]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What the headers of a piece say."""

    offset: str | None
    checksum: tuple[str, bytes] | None


def _piece(upload_offset: _Offset = None, upload_checksum: _Checksum = None) -> _Piece:
    return _Piece(upload_offset, _checksum(upload_checksum))


_PieceDep = Annotated[_Piece, Depends(_piece)]
_BODY = {
    "requestBody": {"content": {PIECE_TYPE: {"schema": {"type": "string", "format": "binary"}}}},
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    409: {"description": "`upload.conflict`: another offset is due (`Upload-Offset`), or it is handed in already"},
    412: {"description": "`upload.version`: another version of the protocol"},
    413: {"description": "`upload.too_large`"},
    415: {"description": "`api.media_type`"},
    460: {"description": "`upload.checksum`: the body does not have the digest that it was sent with"},
}


@router.options("", status_code=204)
@router.options("/{file_id}", status_code=204)
def abilities(uploads: UploadsDep, submission_id: OwnUpload) -> Response:  # noqa: ARG001 - the address names it
    """What of the protocol is spoken here."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(uploads.max_file_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }
    return Response(status_code=204, headers=headers)


@router.post(
    "",
    status_code=201,
    responses={201: {"description": "Begun; go on at `Location`"}, **_REFUSALS},
    openapi_extra=_BODY,
)
async def begin(
    request: Request,
    uploads: UploadsDep,
    submission_id: OwnUpload,
    upload_length: _Length = None,
    upload_metadata: _Metadata = None,
    upload_checksum: _Checksum = None,
) -> Response:
    """Begin a file of an open upload; its first bytes, or all, may come along."""
    length = _number(upload_length, "Upload-Length")
    checksum = _checksum(upload_checksum)
    path = _path(upload_metadata or "")
    brings = request.headers.get("content-type", "").partition(";")[0].strip().lower() == PIECE_TYPE
    begun = await run_in_threadpool(uploads.begin_file, submission_id, path, length, upload_metadata or "")
    expires = await run_in_threadpool(uploads.expires, submission_id)
    if brings and length:
        begun = await _append(request, uploads, begun, submission_id, checksum)
    headers = {"Location": f"{ROOT}/submissions/{submission_id}/uploads/{begun.id}"}
    return Response(status_code=201, headers=headers | _told(begun, expires))


@router.head("/{file_id}", responses={200: {"description": "`Upload-Offset` has come so far"}, **_REFUSALS})
def offset(uploads: UploadsDep, submission_id: OwnUpload, file_id: str) -> Response:
    """How far a file is."""
    begun = uploads.begun_file(submission_id, file_id)
    headers = {"Upload-Length": str(begun.length), "Cache-Control": "no-store"}
    if begun.metadata:
        headers["Upload-Metadata"] = begun.metadata
    return Response(headers=headers | _told(begun, uploads.expires(submission_id)))


@router.patch("/{file_id}", status_code=204, responses=_REFUSALS, openapi_extra=_BODY)
async def go_on(
    request: Request,
    uploads: UploadsDep,
    submission_id: OwnUpload,
    file_id: str,
    piece: _PieceDep,
) -> Response:
    """Send the bytes from `Upload-Offset` on, as many as there are."""
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != PIECE_TYPE:
        raise ApiError("api.media_type", kind)
    begun = await run_in_threadpool(uploads.begun_file, submission_id, file_id)
    started = _number(piece.offset, "Upload-Offset")
    begun = await _append(request, uploads, begun, submission_id, piece.checksum, started)
    expires = await run_in_threadpool(uploads.expires, submission_id)
    return Response(status_code=204, headers=_told(begun, expires))


@router.delete("/{file_id}", status_code=204, responses=_REFUSALS)
def end(uploads: UploadsDep, submission_id: OwnUpload, file_id: str) -> Response:
    """Give a file up that is not whole."""
    uploads.end_file(submission_id, file_id)
    return Response(status_code=204)


@router.post("/{file_id}", status_code=204, responses=_REFUSALS, openapi_extra=_BODY)
async def instead(
    request: Request,
    uploads: UploadsDep,
    submission_id: OwnUpload,
    file_id: str,
    piece: _PieceDep,
    x_http_method_override: Annotated[str, Header()] = "",
) -> Response:
    """For those whose line lets nothing but GET and POST through: `X-HTTP-Method-Override` says what is meant."""
    if x_http_method_override == "PATCH":
        return await go_on(request, uploads, submission_id, file_id, piece)
    if x_http_method_override == "DELETE":
        return await run_in_threadpool(end, uploads, submission_id, file_id)
    raise ApiError("api.method", "X-HTTP-Method-Override: PATCH or DELETE")


async def _append(
    request: Request,
    uploads: Uploads,
    begun: Begun,
    upload_id: str,
    checksum: tuple[str, bytes] | None,
    started: int = 0,
) -> Begun:
    """Stream a body behind what has come; a break leaves what is safe."""
    appending = await run_in_threadpool(uploads.continue_file, upload_id, begun.id, started, checksum)
    announced = request.headers.get("content-length", "")
    if _NUMBER.fullmatch(announced) and started + int(announced) > begun.length:
        msg = f"{announced} bytes from {started} on do not fit into {begun.length}"
        raise UploadLengthError(msg)
    failed: ArchiveError | None = None
    whole = False
    with appending:
        with suppress(ClientDisconnect):
            try:
                async for piece in pieces(request):
                    await run_in_threadpool(appending.write, piece)
                whole = True
            except ArchiveError as error:
                failed = error
        begun = await run_in_threadpool(appending.finish, whole=whole)
    if failed is not None:
        raise failed
    if not whole:
        msg = f"the connection broke after {begun.offset} bytes"
        raise ApiError("api.invalid", msg)
    return await run_in_threadpool(uploads.settled, upload_id, begun)


def _told(begun: Begun, expires: datetime) -> dict[str, str]:
    return {"Upload-Offset": str(begun.offset), "Upload-Expires": format_datetime(expires, usegmt=True)}


def _number(written: str | None, name: str) -> int:
    if written is None or not _NUMBER.fullmatch(written):
        raise ApiError("api.invalid", f"{name}: a number of bytes")
    return int(written)


def _checksum(written: str | None) -> tuple[str, bytes] | None:
    if written is None:
        return None
    name, _, value = written.partition(" ")
    if name not in ALGORITHMS:
        raise ApiError("api.invalid", f"Upload-Checksum: one of {', '.join(ALGORITHMS)}")
    return name, _decoded(value, "Upload-Checksum")


def _path(metadata: str) -> str:
    pairs = dict(entry.strip().partition(" ")[::2] for entry in metadata.split(","))
    written = pairs.get("path") or pairs.get("filename") or ""
    if not written:
        raise ApiError("api.invalid", "Upload-Metadata: `path` of the file in the delivery")
    try:
        return _decoded(written, "Upload-Metadata").decode()
    except UnicodeDecodeError:
        raise ApiError("api.invalid", "Upload-Metadata: `path` in UTF-8") from None


def _decoded(written: str, name: str) -> bytes:
    try:
        return base64.b64decode(written.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ApiError("api.invalid", f"{name}: base64") from None
