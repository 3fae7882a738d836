"""What the archive holds: dossiers, documents, their files and the text of their pages."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from archive.api.access import Cursor, LanguageDep, Limit, cursor_after, cursor_parts, page_of, tagged
from archive.api.files import Served, send
from archive.api.lines import ROOT, dossier_line, file_href
from archive.api.rights import Asking, may
from archive.auth.people import Label
from archive.auth.policy import Action
from archive.catalogue.holdings import Place
from archive.composition import Archive
from archive.web.reading import Reading, asked_document, words_in
from metadata.errors import NotFoundError
from metadata.package import PackageFile
from metadata.page_corrections import page_tag
from metadata.text_events import standing_of

router = APIRouter()

HTTP_PARTIAL_CONTENT = 206
HTTP_NOT_MODIFIED = 304
LOOKING = "luutru-looking"
"""Header of the viewer, which does not know yet how long a file is: what it asks for is a part of one look."""

Holding = Annotated[Asking, may(Action.HOLDING_READ)]
Ordinal = Annotated[int, Path(ge=0, le=999_999_999)]
PageNumber = Annotated[int, Path(ge=1, le=999_999_999)]
Words = Annotated[str, Query(max_length=1000, description="Query whose hits are marked")]


@router.get("/dossiers", tags=["dossiers"])
def dossiers(
    asking: Holding,
    limit: Limit = 50,
    cursor: Cursor = None,
    agency: str | None = None,
    file_code: str | None = None,
) -> dict[str, Any]:
    """Dossiers, the last stored first; or those with a `file_code`."""
    archive = asking.archive
    if file_code is not None:
        places = [place for place in _places(asking, file_code) if place.ordinal is None]
        rows = [archive.catalogue.dossier(place.dossier_id, within=asking.scope) for place in places]
        return {"items": [dossier_line(row) for row in rows], "next": None}
    parts = cursor_parts(cursor)
    rows = archive.catalogue.dossiers(limit + 1, "|".join(parts) if parts else None, agency, within=asking.scope)
    return page_of(rows, limit, dossier_line, lambda row: cursor_after(row["stored_at"], row["package_id"]))


def _places(asking: Asking, identifier: str) -> list[Place]:
    try:
        return asking.archive.catalogue.find(identifier, within=asking.scope)
    except NotFoundError:
        return []


@router.get("/dossiers/{package_id}", tags=["dossiers"])
def dossier(request: Request, asking: Holding, language: LanguageDep, package_id: str) -> Response:
    """One dossier with everything that is known of it."""
    place = _dossier(asking, package_id)
    shown = asking.archive.dossiers.at(place, language, operator=asking.login, within=asking.scope)
    return tagged(request, shown | {"label": _label(asking, place)})


def _label(asking: Asking, place: Place) -> str:
    """How open it is (QCVN 12)."""
    target = asking.archive.permits.sights.place(place)
    if target is None:
        raise NotFoundError(place.dossier_id)
    return target.label.value


def _dossier(asking: Asking, package_id: str) -> Place:
    found = asking.place(package_id)
    if found.ordinal is not None:
        raise NotFoundError(package_id)
    return found


@router.get("/documents", tags=["documents"])
def documents(
    asking: Holding, code: Annotated[str, Query(max_length=400, description="`doc_code`, or any identifier")]
) -> dict[str, Any]:
    """Where the documents of a code are."""
    places = [place for place in _places(asking, code) if place.ordinal is not None]
    items = [
        {
            "package_id": place.dossier_id,
            "ordinal": place.ordinal,
            "href": f"{ROOT}/documents/{place.dossier_id}/{place.ordinal}",
        }
        for place in places
    ]
    return {"items": items, "next": None}


@router.get("/documents/{package_id}/{ordinal}", tags=["documents"])
def document(request: Request, asking: Holding, language: LanguageDep, package_id: str, ordinal: Ordinal) -> Response:
    """One document: metadata, files with links, verdicts, events."""
    reading = asked_document(asking, package_id, ordinal)
    body = asking.archive.dossiers.at(reading.place, language, operator=asking.login, within=asking.scope)
    body["label"] = _label(asking, reading.place)
    for file in body["files"]:
        file["href"] = file_href(reading.place.dossier_id, ordinal, file)
    return tagged(request, body)


@router.api_route(
    "/documents/{package_id}/{ordinal}/files/{name:path}",
    methods=["GET"],
    tags=["documents"],
    responses={
        200: {"content": {"application/octet-stream": {}}},
        206: {"description": "The range that was asked for"},
        304: {"description": "The caller has it"},
        416: {"description": "`api.range`"},
    },
)
@router.head("/documents/{package_id}/{ordinal}/files/{name:path}", tags=["documents"], include_in_schema=False)
def file(request: Request, asking: Holding, package_id: str, ordinal: Ordinal, name: str) -> Response:
    """Bytes of one file as kept: `rep1/…` as received, `rep2/…` PDF/A for reading, `rep3/…` text."""
    archive = asking.archive
    reading = asked_document(asking, package_id, ordinal)
    found = _file(reading, name)
    path = found.original_name if found.representation == "rep1" else found.path
    opened = partial(_open, archive, reading.record.package_id, found.path)
    closed = Label(_label(asking, reading.place)).rank > Label.INTERNAL.rank
    answer = send(request, Served(path, found.mime, found.size_bytes, found.sha256, opened, closed=closed))
    if request.method == "GET" and answer.status_code != HTTP_NOT_MODIFIED:
        accesses = archive.dossiers.accesses
        part = answer.status_code == HTTP_PARTIAL_CONTENT or LOOKING in request.headers
        note = accesses.looked if part else accesses.shown
        note(reading.record, asking.login, ordinal=ordinal, file=found.sha256, what="file")
    return answer


def _open(archive: Archive, package_id: str, path: str, offset: int, length: int) -> Any:  # noqa: ANN401 - see Open
    return archive.packages.open_file(package_id, path, offset=offset, length=length)


def _file(reading: Reading, name: str) -> PackageFile:
    """By `rep1/NAME`, by NAME (originals first), or by the whole path in the package."""
    for entry in reading.files:
        base = entry.path.rsplit("/", maxsplit=1)[-1]
        if name in {base, f"{entry.representation.value}/{base}", entry.path}:
            return entry
    raise NotFoundError(name)


@router.get("/documents/{package_id}/{ordinal}/pages/{page}/text", tags=["documents"])
def page_text(asking: Holding, package_id: str, ordinal: Ordinal, page: PageNumber, q: Words = "") -> Response:
    """Text of one page with a box a word (fractions of the page, from the top left), and where `q` hits.

    `reviewed`: `corrected` or `confirmed` by a person; `ETag` names what was read, for correcting it.
    """
    archive = asking.archive
    reading = asked_document(asking, package_id, ordinal)
    archive.dossiers.accesses.looked(reading.record, asking.login, ordinal=ordinal, what="text")
    for found in archive.stored.pages(reading.record, reading.document):
        if found.page == page:
            spans = [(start, end) for number, start, end in reading.hits(archive, q) if number == page]
            body = found.model_dump(mode="json") | {"hits": words_in(found, spans)}
            told = body | {"reviewed": standing_of(reading.document, page)}
            return JSONResponse(told, headers={"ETag": f'"{page_tag(found)}"', "Cache-Control": "private, no-cache"})
    missing = f"{package_id}/{ordinal} page {page}"
    raise NotFoundError(missing)


@router.get("/documents/{package_id}/{ordinal}/hits", tags=["documents"])
def hits(asking: Holding, package_id: str, ordinal: Ordinal, q: Words) -> Response:
    """All hits of `q` in a document, page by page, with boxes."""
    reading = asked_document(asking, package_id, ordinal)
    asking.archive.dossiers.accesses.looked(reading.record, asking.login, ordinal=ordinal, what="text")
    return JSONResponse({"items": reading.marked_pages(asking.archive, q)})
