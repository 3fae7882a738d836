"""Errors as RFC 9457 problem documents; the one table from the code of an error to its status."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from archive.services.incoming import UploadConflictError
from archive.web.language import language_of
from metadata.errors import ArchiveError
from metadata.findings import Finding
from metadata.messages import catalogue, text
from metadata.rules import as_json

MEDIA_TYPE = "application/problem+json"

CHECKSUM_MISMATCH = 460
"""Of the tus protocol; the registry of HTTP has no status for it."""

STATUS: Mapping[str, int] = {
    "archive.usage": HTTPStatus.BAD_REQUEST,
    "archive.not_found": HTTPStatus.NOT_FOUND,
    "api.invalid": HTTPStatus.BAD_REQUEST,
    "api.forbidden": HTTPStatus.FORBIDDEN,
    "api.unauthenticated": HTTPStatus.UNAUTHORIZED,
    "auth.refused": HTTPStatus.UNAUTHORIZED,
    "auth.factor": HTTPStatus.UNAUTHORIZED,
    "auth.factor_due": HTTPStatus.FORBIDDEN,
    "auth.form": HTTPStatus.FORBIDDEN,
    "auth.weak_password": HTTPStatus.BAD_REQUEST,
    "auth.login_taken": HTTPStatus.CONFLICT,
    "auth.too_often": HTTPStatus.TOO_MANY_REQUESTS,
    "auth.provider_refused": HTTPStatus.FORBIDDEN,
    "auth.provider_unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
    "auth.key_damaged": HTTPStatus.INTERNAL_SERVER_ERROR,
    "rights.refused": HTTPStatus.FORBIDDEN,
    "rights.undeclared": HTTPStatus.FORBIDDEN,
    "api.not_found": HTTPStatus.NOT_FOUND,
    "api.method": HTTPStatus.METHOD_NOT_ALLOWED,
    "api.media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "api.conflict": HTTPStatus.CONFLICT,
    "api.range": HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    "api.key_reused": HTTPStatus.CONFLICT,
    "api.key_busy": HTTPStatus.CONFLICT,
    "api.rejected": HTTPStatus.UNPROCESSABLE_ENTITY,
    "upload.path": HTTPStatus.BAD_REQUEST,
    "upload.conflict": HTTPStatus.CONFLICT,
    "api.slow": HTTPStatus.REQUEST_TIMEOUT,
    "api.too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "upload.too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "upload.length": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "upload.checksum": CHECKSUM_MISMATCH,
    "upload.too_many": HTTPStatus.TOO_MANY_REQUESTS,
    "upload.too_many_open": HTTPStatus.TOO_MANY_REQUESTS,
    "upload.version": HTTPStatus.PRECONDITION_FAILED,
    "proof.not_ready": HTTPStatus.CONFLICT,
    "lta.refused": HTTPStatus.CONFLICT,
    "export.request": HTTPStatus.BAD_REQUEST,
    "export.too_long": HTTPStatus.CONFLICT,
    "search.request": HTTPStatus.BAD_REQUEST,
    "search.not_saved": HTTPStatus.CONFLICT,
    "search.expired": HTTPStatus.GONE,
    "delivery.missing": HTTPStatus.BAD_REQUEST,
    "delivery.unknown": HTTPStatus.BAD_REQUEST,
    "home.newer": HTTPStatus.CONFLICT,
    "home.older": HTTPStatus.CONFLICT,
    "home.missing": HTTPStatus.CONFLICT,
    "settings.invalid": HTTPStatus.BAD_REQUEST,
    # From here on the system failed; 503 where waiting may help, 507 where somebody has to make room.
    "archive.fault": HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal.error": HTTPStatus.INTERNAL_SERVER_ERROR,
    "audit.behind": HTTPStatus.INTERNAL_SERVER_ERROR,
    "audit.damaged": HTTPStatus.INTERNAL_SERVER_ERROR,
    "audit.forked": HTTPStatus.INTERNAL_SERVER_ERROR,
    "clamd.refused": HTTPStatus.INTERNAL_SERVER_ERROR,
    "clamd.unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
    "database.fault": HTTPStatus.SERVICE_UNAVAILABLE,
    "export.not_written": HTTPStatus.INSUFFICIENT_STORAGE,
    "evidence.damaged": HTTPStatus.INTERNAL_SERVER_ERROR,
    "evidence.history": HTTPStatus.INTERNAL_SERVER_ERROR,
    "evidence.no_authority": HTTPStatus.SERVICE_UNAVAILABLE,
    "evidence.revocation_missing": HTTPStatus.SERVICE_UNAVAILABLE,
    "evidence.token_refused": HTTPStatus.SERVICE_UNAVAILABLE,
    "ingest.count": HTTPStatus.INTERNAL_SERVER_ERROR,
    "ingest.unreadable_file": HTTPStatus.INTERNAL_SERVER_ERROR,
    "lta.broken": HTTPStatus.INTERNAL_SERVER_ERROR,
    "job.source_lost": HTTPStatus.INTERNAL_SERVER_ERROR,
    "conversion.running": HTTPStatus.CONFLICT,
    "authority.changed": HTTPStatus.PRECONDITION_FAILED,
    "text.changed": HTTPStatus.PRECONDITION_FAILED,
    "text.unseen": HTTPStatus.PRECONDITION_REQUIRED,
    "text.edit": HTTPStatus.BAD_REQUEST,
    "text.full": HTTPStatus.CONFLICT,
    "text.contended": HTTPStatus.SERVICE_UNAVAILABLE,
    "text.not_revised": HTTPStatus.INTERNAL_SERVER_ERROR,
    "page.not_shown": HTTPStatus.NOT_FOUND,
    "job.base_under_way": HTTPStatus.SERVICE_UNAVAILABLE,
    "job.cancelled": HTTPStatus.CONFLICT,
    "job.ended": HTTPStatus.CONFLICT,
    "job.not_cancelled": HTTPStatus.CONFLICT,
    "job.stopped": HTTPStatus.SERVICE_UNAVAILABLE,
    "package.broken": HTTPStatus.INTERNAL_SERVER_ERROR,
    "package.not_written": HTTPStatus.INTERNAL_SERVER_ERROR,
    "package.text_unreadable": HTTPStatus.INTERNAL_SERVER_ERROR,
    "proof.source_altered": HTTPStatus.INTERNAL_SERVER_ERROR,
    "mapping.invalid": HTTPStatus.BAD_REQUEST,
    "reader.not_a_folder": HTTPStatus.INTERNAL_SERVER_ERROR,
    "reader.room": HTTPStatus.INSUFFICIENT_STORAGE,
    "reader.unreadable": HTTPStatus.INTERNAL_SERVER_ERROR,
    "schema.altered": HTTPStatus.INTERNAL_SERVER_ERROR,
    "search.fault": HTTPStatus.SERVICE_UNAVAILABLE,
    "search.format": HTTPStatus.INTERNAL_SERVER_ERROR,
    "storage.corrupted": HTTPStatus.INTERNAL_SERVER_ERROR,
    "storage.error": HTTPStatus.INTERNAL_SERVER_ERROR,
    "storage.exists": HTTPStatus.INTERNAL_SERVER_ERROR,
    "storage.fault": HTTPStatus.SERVICE_UNAVAILABLE,
    "storage.layout": HTTPStatus.INTERNAL_SERVER_ERROR,
    "storage.missing": HTTPStatus.INTERNAL_SERVER_ERROR,
    "storage.no_root": HTTPStatus.SERVICE_UNAVAILABLE,
    "storage.precondition": HTTPStatus.SERVICE_UNAVAILABLE,
    "storage.unreadable": HTTPStatus.INTERNAL_SERVER_ERROR,
    "storage.unsafe_key": HTTPStatus.INTERNAL_SERVER_ERROR,
    "tool.missing": HTTPStatus.SERVICE_UNAVAILABLE,
    "tool.unreadable": HTTPStatus.INTERNAL_SERVER_ERROR,
    "trust.damaged": HTTPStatus.INTERNAL_SERVER_ERROR,
    "trust.unusable": HTTPStatus.SERVICE_UNAVAILABLE,
    "tsa.unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "work.fault": HTTPStatus.INSUFFICIENT_STORAGE,
    "workers.closed": HTTPStatus.SERVICE_UNAVAILABLE,
    "workers.fault": HTTPStatus.SERVICE_UNAVAILABLE,
    "workers.unknown_task": HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""A test finds every code of the program here."""


class Problem(BaseModel):
    """RFC 9457, with our code."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    retryable: bool = False
    findings: list[dict[str, Any]] = []


class ApiError(ArchiveError):
    """The call breaks a rule of HTTP; `code` is the instance's."""

    retryable = False
    code = "api.invalid"

    def __init__(self, code: str, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.code = code  # type: ignore[misc]  # one class, for these are told apart by nothing but their code
        self.headers = dict(headers or {})
        super().__init__(detail)


class RejectedUploadError(ApiError):
    """What was handed in breaks rules; nothing of it is kept."""

    code = "api.rejected"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("api.rejected", "; ".join(sorted({finding.rule for finding in findings})))


def status_of(error: ArchiveError) -> int:
    """The status that `error` means: its own entry of the table, else its nearest ancestor's."""
    for code in (error.code, *(getattr(kind, "code", "") for kind in type(error).__mro__)):
        if code in STATUS:
            return STATUS[code]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def title_of(code: str, language: str) -> str:
    """What people call an error of that code."""
    for key in (f"api.problem.{code.replace('.', '_')}", f"api.problem.{code.split('.', maxsplit=1)[0]}"):
        if key in catalogue():
            return text(key, language)
    return text("api.problem.archive_fault", language)


def problem(request: Request, error: ArchiveError) -> JSONResponse:
    """`error` as a problem document in the language of the request."""
    language = language_of(request)
    status = status_of(error)
    body = Problem(
        type=f"urn:luutru:problem:{error.code}",
        title=title_of(error.code, language),
        status=status,
        code=error.code,
        detail=str(error),
        instance=request.url.path,
        retryable=error.retryable,
        findings=[as_json(finding, language) for finding in getattr(error, "findings", ())],
    )
    headers = dict(getattr(error, "headers", {}))
    if isinstance(error, UploadConflictError) and error.offset is not None:
        headers["Upload-Offset"] = str(error.offset)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "5"
    return JSONResponse(body.model_dump(), status, headers, MEDIA_TYPE)


_HTTP_CODES = {
    404: "api.not_found",
    405: "api.method",
    408: "api.slow",
    413: "api.too_large",
    415: "api.media_type",
}


def from_exception(error: Exception) -> ArchiveError:
    """What the framework raises, in our words."""
    if isinstance(error, ArchiveError):
        return error
    if isinstance(error, RequestValidationError):
        said = "; ".join(f"{'.'.join(map(str, entry['loc']))}: {entry['msg']}" for entry in error.errors()[:10])
        return ApiError("api.invalid", said)
    if isinstance(error, HTTPException):
        return ApiError(_HTTP_CODES.get(error.status_code, "api.invalid"), error.detail, error.headers)
    return InternalError(type(error).__name__)


class InternalError(ArchiveError):
    """A defect of the program: a fault of the system, never of the content."""

    code = "internal.error"


Page = Callable[[Request, int, str, str], Response]
"""Makes a page for people of status, title and detail."""


def install(application: FastAPI, page: Page) -> None:
    """Answer every error of `application`: programs get a problem document, people at a browser a page."""

    def answer(request: Request, error: Exception) -> Response:
        told = from_exception(error)
        if request.url.path.startswith("/api/"):
            return problem(request, told)
        return page(request, status_of(told), title_of(told.code, language_of(request)), str(told))

    for kind in (ArchiveError, RequestValidationError, HTTPException, Exception):
        application.add_exception_handler(kind, answer)
