"""What routes need: the archive, the language, cursors, validators."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from archive.api.files import has_it
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.auth.people import EVERYWHERE
from archive.auth.policy import Action
from archive.composition import Archive
from archive.services.resubmissions import Resubmissions
from archive.services.uploads import Uploads
from archive.web.language import language_of

_MAX_DIGITS = 9


def archive_of(request: Request) -> Archive:
    """The installation that this application serves."""
    archive: Archive = request.app.state.archive
    return archive


def uploads_of(request: Request) -> Uploads:
    """Uploads of this installation."""
    uploads: Uploads = request.app.state.uploads
    return uploads


def resubmissions_of(request: Request) -> Resubmissions:
    """Handing in again, of this installation."""
    resubmissions: Resubmissions = request.app.state.resubmissions
    return resubmissions


T = TypeVar("T")


def _at_once(find: Callable[[Request], T]) -> Any:  # noqa: ANN401 - as FastAPI's own `Depends`
    """A dependency that waits for nothing: FastAPI would give a plain function a thread, which costs more than it."""

    async def found(request: Request) -> T:
        return find(request)

    return Depends(found)


ArchiveDep = Annotated[Archive, _at_once(archive_of)]
UploadsDep = Annotated[Uploads, _at_once(uploads_of)]
AgainDep = Annotated[Resubmissions, _at_once(resubmissions_of)]
LanguageDep = Annotated[str, _at_once(language_of)]


def agency_of(
    asking: Annotated[Asking, may(Action.SUBMIT)],
    agency: Annotated[
        str | None, Query(max_length=64, description="Code of the agency that hands in; default: the home's")
    ] = None,
) -> str | None:
    """The agency that is told; a misspelt one would make a second archive of the same dossiers.

    Raises:
        ApiError: nobody knows it.
        NotFoundError: the same to who does not hand in for the whole archive, or it is another's.
    """
    if agency is None or agency in {row["code"] for row in asking.archive.catalogue.agencies(within=asking.scope)}:
        return agency
    if asking.scope.everything or any(area.agency == EVERYWHERE for area in asking.scope.areas):
        raise ApiError("api.invalid", f"agency: {agency} is not known")
    raise asking.archive.permits.absent(asking.person, Action.SUBMIT, agency)


AgencyDep = Annotated[str | None, Depends(agency_of)]
Limit = Annotated[int, Query(ge=1, le=200, description="Entries on one page")]
Cursor = Annotated[str | None, Query(description="`next` of the page before", max_length=400)]


def cursor_after(*parts: object) -> str:
    """A cursor: opaque for callers."""
    return base64.urlsafe_b64encode(json.dumps([str(part) for part in parts]).encode()).decode().rstrip("=")


def cursor_parts(cursor: str | None, numbers: Sequence[int] = (), *, parts: int = 2) -> list[str] | None:
    """What `cursor_after` was given, or None.

    Args:
        cursor: As a caller sent it.
        numbers: Which parts must be whole numbers.
        parts: How many there must be.

    Raises:
        ApiError: nobody was given this cursor.
    """
    if cursor is None:
        return None
    found: list[str] = _decoded(cursor)
    if len(found) != parts or any(not _is_number(found[number]) for number in numbers):
        raise ApiError("api.invalid", "cursor")
    return found


def _decoded(cursor: str) -> list[str]:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        "".join(found).encode()
    except (ValueError, TypeError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) <= _MAX_DIGITS


def page_of(
    rows: Sequence[T], limit: int, line: Callable[[T], Mapping[str, Any]], cursor: Callable[[T], str]
) -> dict[str, Any]:
    """A page of a list: `rows` holds one entry more than `limit` when there is a next page."""
    shown = rows[:limit]
    return {"items": [line(row) for row in shown], "next": cursor(shown[-1]) if len(rows) > limit else None}


def tagged(request: Request, body: Any) -> Response:  # noqa: ANN401 - JSON
    """`body` as JSON with an ETag; 304 when the caller has it."""
    data = JSONResponse(body)
    etag = f'"{hashlib.sha256(bytes(data.body)).hexdigest()[:32]}"'
    if has_it(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    data.headers["ETag"] = etag
    data.headers["Cache-Control"] = "private, no-cache"
    return data
