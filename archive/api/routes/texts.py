"""Texts of pages: corrected by people, version by version, and the queue of what waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from archive.api.access import Cursor, Limit, cursor_after, cursor_parts, page_of
from archive.api.files import cache_control, has_it
from archive.api.lines import ROOT
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.auth.people import Label
from archive.auth.policy import Action
from archive.catalogue.text_changes import Doubtful, Waiting
from archive.composition.correcting import page_pictures, text_changes, text_corrections
from archive.services.page_pictures import PageNotShownError
from archive.services.text_corrections import PageState, Wanted
from archive.web.page_pictures import marks_of, source_of
from archive.web.reading import Reading, asked_document
from metadata.errors import NotFoundError
from metadata.page_corrections import MAX_EDITS, MAX_PAGE_LETTERS, Edit
from metadata.text_events import MAX_NOTE, CorrectionEvent, Reason

router = APIRouter()

Holding = Annotated[Asking, may(Action.HOLDING_READ)]
Describing = Annotated[Asking, may(Action.DESCRIBE)]
Ordinal = Annotated[int, Path(ge=0, le=999_999_999)]
PageNumber = Annotated[int, Path(ge=1, le=999_999_999)]
_PAGE = "/documents/{package_id}/{ordinal}/pages/{page}"


class OneEdit(BaseModel):
    """Puts `text` in the place of the letters `start` to `end` of the page's text."""

    model_config = ConfigDict(extra="forbid")

    start: Annotated[int, Field(ge=0, le=MAX_PAGE_LETTERS)]
    """Offset of the first letter (Unicode code points)."""

    end: Annotated[int, Field(ge=0, le=MAX_PAGE_LETTERS)]
    """Offset after the last one; equal to `start`: something is put in."""

    text: Annotated[str, Field(max_length=MAX_PAGE_LETTERS)]
    """Empty: what stands there is taken out."""


class Correcting(BaseModel):
    """What is done to the text of a page: one of `edits`, `text`, `version`, `confirmed`."""

    model_config = ConfigDict(extra="forbid")

    edits: Annotated[list[OneEdit], Field(min_length=1, max_length=MAX_EDITS)] | None = None
    """Word by word."""

    text: Annotated[str, Field(max_length=MAX_PAGE_LETTERS)] | None = None
    """The whole text of the page, lines parted by newline."""

    version: Annotated[int, Field(ge=1, le=999_999)] | None = None
    """Number of an earlier version that is brought back."""

    confirmed: Literal[True] | None = None
    """The page was read, and there is nothing to correct."""

    reason: Reason | None = None
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""

    @model_validator(mode="after")
    def _one_thing(self) -> Correcting:
        told = [one for one in (self.edits, self.text, self.version, self.confirmed) if one is not None]
        if len(told) != 1:
            msg = "one of edits, text, version, confirmed"
            raise ValueError(msg)
        return self


@router.put(
    f"{_PAGE}/text",
    tags=["documents"],
    responses={
        200: {"description": "The page as it is now; `already`: the same had been done before"},
        400: {"description": "`text.edit`: an edit does not fit the page"},
        409: {"description": "`text.full`: the package has too many versions"},
        412: {"description": "`text.changed`: somebody else was faster"},
        428: {"description": "`text.unseen`: `If-Match` is missing"},
    },
)
def correct(
    asking: Describing,
    package_id: str,
    ordinal: Ordinal,
    page: PageNumber,
    wanted: Correcting,
    if_match: Annotated[str | None, Header(description="`ETag` of the page's text that was seen")] = None,
) -> Response:
    """Correct the text of one page, or say that it is right. The picture, the files and every version before stay."""
    reading = asked_document(asking, package_id, ordinal)
    seen = _seen(if_match)
    corrections = text_corrections(asking.archive)
    edits = None if wanted.edits is None else [Edit(edit.start, edit.end, edit.text) for edit in wanted.edits]
    answer = corrections.act(
        Wanted(
            reading.place.dossier_id,
            ordinal,
            page,
            seen,
            asking.login,
            edits=edits,
            text=wanted.text,
            version=wanted.version,
            reason=wanted.reason,
            note=wanted.note,
        )
    )
    body = text_line(answer.state) | {"already": answer.already, "searchable": answer.searchable}
    return JSONResponse(body, headers=etag_of(answer.state))


def _seen(if_match: str | None) -> str:
    """The tag of what the caller saw; whatever there is (`*`) is no answer, for nobody has read that."""
    told = (if_match or "").split(",")[0].strip().removeprefix("W/").strip('"')
    if told in {"", "*"}:
        raise ApiError("text.unseen", "If-Match")
    return told


def text_line(state: PageState) -> dict[str, Any]:
    """A page as it is now."""
    standing = state.standing
    return state.text.model_dump(mode="json") | {
        "version": state.version,
        "reviewed": standing.value if standing else "",
    }


def etag_of(state: PageState) -> Mapping[str, str]:
    """The header that names a state of a page's text."""
    return {"ETag": f'"{state.tag}"', "Cache-Control": "private, no-cache"}


@router.get(f"{_PAGE}/text/versions", tags=["documents"])
def versions(asking: Holding, package_id: str, ordinal: Ordinal, page: PageNumber) -> dict[str, Any]:
    """All versions of a page's text, the first being what was read at intake; who made each, when and why."""
    reading, state = _state(asking, package_id, ordinal, page)
    base = f"{ROOT}/documents/{reading.place.dossier_id}/{ordinal}/pages/{page}/text/versions"
    first = {"version": 1, "kind": "read", "at": reading.record.created_at, "by": "", "reason": "", "note": ""}
    lines = [first, *(version_line(number, event) for number, event in enumerate(state.history, start=2))]
    items = [
        line | {"current": line["version"] == state.version, "href": f"{base}/{line['version']}"} for line in lines
    ]
    return {"items": items, "next": None}


def version_line(number: int, event: CorrectionEvent) -> dict[str, Any]:
    """What is told of a version that a person made."""
    told = event.correction
    return {
        "version": number,
        "kind": told.kind.value,
        "at": event.event.at,
        "by": event.author,
        "reason": told.reason.value if told.reason else "",
        "note": told.note,
        **({"restores": told.restores} if told.restores else {}),
    }


@router.get(f"{_PAGE}/text/versions/{{number}}", tags=["documents"])
def version_text(
    asking: Holding,
    package_id: str,
    ordinal: Ordinal,
    page: PageNumber,
    number: Annotated[int, Path(ge=1, le=999_999, description="Of the version")],
) -> dict[str, Any]:
    """The text of a page as it was in one version, with the boxes of its words."""
    _, state = _state(asking, package_id, ordinal, page)
    found = text_corrections(asking.archive).at_version(state, number)
    return found.model_dump(mode="json") | {"version": number}


def _state(asking: Asking, package_id: str, ordinal: int, page: int) -> tuple[Reading, PageState]:
    reading = asked_document(asking, package_id, ordinal)
    asking.archive.dossiers.accesses.looked(reading.record, asking.login, ordinal=ordinal, what="text")
    return reading, text_corrections(asking.archive).state(reading.place.dossier_id, ordinal, page)


@router.get(
    f"{_PAGE}/picture",
    tags=["documents"],
    responses={
        200: {"content": {"image/jpeg": {}}},
        304: {"description": "The caller has it"},
        404: {"description": "There is no such page to be shown"},
    },
)
def picture(request: Request, asking: Holding, package_id: str, ordinal: Ordinal, page: PageNumber) -> Response:
    """A page as a picture (JPEG), for looking at; what counts are the files."""
    reading = asked_document(asking, package_id, ordinal)
    source = source_of(asking.archive, reading, page)
    missing = f"{package_id}/{ordinal} page {page}"
    if source is None:
        raise NotFoundError(missing)
    headers = {"ETag": f'"{source.name}"', "Cache-Control": _kept(asking, reading)}
    if has_it(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    try:
        found = page_pictures(asking.archive).picture(source)
    except PageNotShownError:
        raise NotFoundError(missing) from None
    # One look with the file itself, of which a viewer asks for ranges beside it.
    accesses = asking.archive.dossiers.accesses
    accesses.looked(reading.record, asking.login, ordinal=ordinal, file=source.sha256, what="file")
    return FileResponse(found.path, media_type="image/jpeg", headers=headers)


def _kept(asking: Asking, reading: Reading) -> str:
    target = asking.archive.permits.sights.place(reading.place)
    return cache_control(closed=target is None or target.label.rank > Label.INTERNAL.rank)


@router.get(
    f"{_PAGE}/marks",
    tags=["documents"],
    responses={200: {"content": {"image/svg+xml": {}}}, 404: {"description": "There is no such page"}},
)
def marks(
    asking: Holding,
    package_id: str,
    ordinal: Ordinal,
    page: PageNumber,
    q: Annotated[str, Query(max_length=1000, description="Query whose hits are marked")],
) -> Response:
    """Marks of the hits of `q` as a picture (SVG) to lie over that of the page, for readers without scripts."""
    reading = asked_document(asking, package_id, ordinal)
    if source_of(asking.archive, reading, page) is None:
        missing = f"{package_id}/{ordinal} page {page}"
        raise NotFoundError(missing)
    asking.archive.dossiers.accesses.looked(reading.record, asking.login, ordinal=ordinal, what="text")
    hits = reading.hits_on(asking.archive, q, page)
    headers = {"Cache-Control": _kept(asking, reading), "Content-Security-Policy": "sandbox; default-src 'none'"}
    return Response(marks_of(hits), media_type="image/svg+xml", headers=headers)


@router.get("/text-reviews", tags=["documents"])
def text_reviews(
    asking: Describing,
    limit: Limit = 50,
    cursor: Cursor = None,
    agency: Annotated[str, Query(max_length=64, description="With all agencies below it")] = "",
    fonds: Annotated[str, Query(max_length=400)] = "",
    package_id: Annotated[str, Query(max_length=36, description="Only of this dossier")] = "",
) -> dict[str, Any]:
    """Documents with pages whose text a person should look at, those with the most such pages first."""
    parts = cursor_parts(cursor, numbers=(0, 2), parts=3)
    after = (int(parts[0]), parts[1], int(parts[2])) if parts else None
    wanted = Waiting(agency, fonds, package_id)
    rows = text_changes(asking.archive).doubtful(wanted, limit + 1, after, within=asking.scope)
    return page_of(rows, limit, _review_line, lambda row: cursor_after(row.doubtful, row.dossier_id, row.ordinal))


def _review_line(row: Doubtful) -> dict[str, Any]:
    base = f"{ROOT}/documents/{row.dossier_id}/{row.ordinal}"
    return {
        "package_id": row.dossier_id,
        "ordinal": row.ordinal,
        "doc_code": row.doc_code,
        "file_code": row.file_code,
        "number": row.number,
        "title": row.title,
        "agency": row.agency,
        "pages": list(row.pages),
        "href": base,
    }
