"""Authority tables: agencies, fonds, places of the store; listed, and taken from CSV as a whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from archive.api.access import Cursor, LanguageDep, Limit, cursor_after, cursor_parts, page_of, tagged
from archive.api.bodies import whole
from archive.api.lines import ROOT
from archive.api.problems import ApiError, RejectedUploadError
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.composition import Archive
from archive.services.authorities import Imported
from metadata.authorities.entries import AuthorityKind
from metadata.authorities.reading import MAX_BYTES
from metadata.dates import CivilDate, read_date

router = APIRouter(prefix="/authorities", tags=["authorities"])
Reading = Annotated[Asking, may(Action.AUTHORITY_READ)]
Changing = Annotated[Asking, may(Action.AUTHORITY_CHANGE)]
_CSV = "text/csv"
_NONE = "none"
"""ETag of a table that was never imported."""


@router.get("")
def tables(request: Request, asking: Reading) -> Response:
    """The tables with their versions."""
    items = [_table(asking.archive, kind) for kind in AuthorityKind]
    return tagged(request, {"items": items, "next": None})


def _table(archive: Archive, kind: AuthorityKind) -> dict[str, Any]:
    version, sha256 = archive.authorities.version(kind)
    return {"kind": kind.value, "version": version, "sha256": sha256, "href": f"{ROOT}/authorities/{kind.value}"}


@dataclass(frozen=True, slots=True)
class Shown:
    """Which rows are wanted."""

    at: CivilDate | None
    every: bool


def _shown(
    at: Annotated[str | None, Query(max_length=20, description="Only rows that were valid then")] = None,
    every: Annotated[bool, Query(alias="all", description="Closed rows too")] = False,
) -> Shown:
    day = read_date(at).date if at else None
    if at and day is None:
        raise ApiError("api.invalid", f"at: {at}")
    return Shown(day, every)


@router.get("/{kind}")
def rows(
    asking: Reading,
    response: Response,
    kind: AuthorityKind,
    shown: Annotated[Shown, Depends(_shown)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Rows of a table; `ETag` names its version, for `If-Match`."""
    table = asking.archive.authorities
    response.headers["ETag"] = _etag(table.version(kind)[1])
    response.headers["Cache-Control"] = "private, no-cache"
    parts = cursor_parts(cursor, numbers=(0,), parts=1)
    first = int(parts[0]) if parts else 0
    listed = table.listed(kind, at=shown.at, every=shown.every, within=asking.scope)
    found = enumerate(islice(listed, first, first + limit + 1), first + 1)
    return page_of(list(found), limit, lambda row: row[1].model_dump(mode="json"), lambda row: cursor_after(row[0]))


def _etag(sha256: str) -> str:
    return f'"{sha256 or _NONE}"'


@router.put(
    "/{kind}",
    responses={
        200: {"description": "`imported`, or `already`: the same rows"},
        412: {"description": "`authority.changed`: another version is in force"},
        413: {"description": "`upload.too_large`"},
        415: {"description": "`api.media_type`: not text/csv"},
        422: {"description": "`api.rejected`: rows break rules, listed in `findings`; nothing is taken"},
    },
    openapi_extra={"requestBody": {"content": {_CSV: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def take(
    request: Request,
    asking: Changing,
    language: LanguageDep,
    kind: AuthorityKind,
    if_match: Annotated[str | None, Header(description="`ETag` of the version that this one follows")] = None,
    name: Annotated[str, Query(max_length=200, description="What the file is called")] = "",
) -> Response:
    """Take a table from CSV: all of it, or nothing and every broken row. Rows that it lacks are closed, never lost."""
    await run_in_threadpool(asking.everything)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _CSV:
        raise ApiError("api.media_type", media)
    data = await whole(request, MAX_BYTES)
    answer = await run_in_threadpool(_taken, asking, kind, data, name or f"{kind.value}.csv", if_match)
    if answer.status == "rejected":
        raise RejectedUploadError(answer.findings)
    body = answer.as_json(language) | {"href": f"{ROOT}/authorities/{kind.value}"}
    return JSONResponse(body, 200, {"ETag": _etag(answer.sha256)})


def _taken(asking: Asking, kind: AuthorityKind, data: bytes, name: str, if_match: str | None) -> Imported:
    authorities = asking.archive.authorities
    after = None
    if if_match is not None and if_match.strip() != "*":
        tags = {tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(",")}
        known = authorities.version(kind)[1]
        # Whichever of several is named: it is compared again when the table is taken.
        after = known if (known or _NONE) in tags else "?"
    return authorities.take(kind, data, name, operator=asking.login, after=after)
