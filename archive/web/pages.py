"""The pages: home, search, dossier, document. Thin: ask the services, fill a template."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Path, Query, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from archive.composition import Archive
from archive.composition.validating import kept_page
from archive.operators import operator_name
from archive.web import deliveries
from archive.web.language import language_of
from archive.web.reading import Reading, document_at
from archive.web.rendering import STATIC, page
from metadata.messages import text
from search.ports import SearchRequest

router = APIRouter(include_in_schema=False)

_RECENT = 6
_HITS = 20
_MAX_PAGE = 500
FIELDS = ("type", "organ", "number", "fonds", "signer", "year")
"""Fields that can be filtered by."""

SORTS = ("relevance", "-date", "date", "number", "title")


def make_pages(application: FastAPI) -> None:
    """Add pages and their static files."""
    application.include_router(router)
    application.include_router(deliveries.router)
    application.mount("/static", StaticFiles(directory=STATIC), name="static")


def _archive(request: Request) -> Archive:
    archive: Archive = request.app.state.archive
    return archive


@router.get("/")
def home(request: Request) -> Response:
    """What is held, what waits for a person, what came last."""
    archive = _archive(request)
    jobs = archive.journal.counts()
    return page(
        request,
        "home.html",
        holdings=archive.catalogue.counts(),
        awaiting=jobs.get("awaiting_approval", 0),
        faults=jobs.get("fault", 0),
        rejected=jobs.get("rejected", 0),
        under_way=jobs.get("running", 0) + jobs.get("waiting", 0),
        dossiers=archive.catalogue.dossiers(_RECENT),
        submissions=deliveries.rows(archive, limit=_RECENT),
    )


@router.get("/search")
def search(
    request: Request,
    q: Annotated[str, Query(max_length=4000)] = "",
    start: Annotated[str, Query(alias="from", max_length=10)] = "",
    end: Annotated[str, Query(alias="to", max_length=10)] = "",
    sort: str = "relevance",
    number: Annotated[int, Query(alias="p", ge=1, le=_MAX_PAGE)] = 1,
) -> Response:
    """Find documents; the address says all of it, so that it can be kept and sent."""
    chosen = {name: value for name in FIELDS if (value := request.query_params.get(name, "").strip()[:200])}
    days = {"from": _day(start), "to": _day(end)}
    notes = ["web.search.bad_day"] if (start and not days["from"]) or (end and not days["to"]) else []
    values: dict[str, Any] = {"asked": False, "chosen": chosen, "start": start, "end": end, "sort": sort}
    if q.strip() or chosen or any(days.values()):
        answer = _archive(request).indexing.search(
            SearchRequest(
                query=q,
                fields=chosen,
                issued_from=days["from"],
                issued_to=days["to"],
                limit=_HITS,
                offset=(number - 1) * _HITS,
                sort=sort if sort in SORTS else "relevance",
            )
        )
        notes += answer.notes
        last = min(_MAX_PAGE, max(1, -(-answer.total // _HITS)))
        values |= {"asked": True, "hits": answer.hits, "total": answer.total, "number": number, "last": last}
    language = language_of(request)
    said = [text(note, language) for note in notes]
    return page(request, "search.html", fields=FIELDS, sorts=SORTS, notes=said, **values)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None


@router.get("/dossiers/{package_id}")
def dossier(request: Request, package_id: str) -> Response:
    """One dossier: its description, documents, findings and events."""
    archive = _archive(request)
    place = archive.catalogue.find(package_id)[0]
    record = archive.catalogue.records(place.dossier_id)[0]
    shown = archive.dossiers.at(type(place)(place.dossier_id), language_of(request), operator=operator_name())
    return page(request, "dossier.html", dossier=shown, found=record.findings)


@router.get("/documents/{package_id}/{ordinal}")
def document(
    request: Request,
    package_id: str,
    ordinal: Annotated[int, Path(ge=0, le=999_999_999)],
    q: Annotated[str, Query(max_length=1000)] = "",
    number: Annotated[int | None, Query(alias="page", ge=1)] = None,
) -> Response:
    """One document: its pages with the hits marked, and all that is known of it."""
    archive = _archive(request)
    reading = document_at(archive, package_id, ordinal)
    shown = archive.dossiers.at(reading.place, language_of(request), operator=operator_name())
    base = f"/api/v1/documents/{reading.place.dossier_id}/{ordinal}"
    return page(
        request,
        "document.html",
        document=shown,
        base=base,
        viewer=json.dumps({"base": base, "query": q, "page": number, "files": _viewed(reading, base)}),
        files=_files(shown["files"], base),
    )


@router.get("/documents/{package_id}/{ordinal}/signatures")
def verdicts(request: Request, package_id: str, ordinal: Annotated[int, Path(ge=0, le=999_999_999)]) -> Response:
    """What was judged of a document's signatures, in words and with its reasons: a page to read, print and keep."""
    archive = _archive(request)
    reading = document_at(archive, package_id, ordinal)
    archive.dossiers.at(reading.place, language_of(request), operator=operator_name())
    told = kept_page(archive, reading.record, reading.document)
    return Response(told.html, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": told.policy})


def _viewed(reading: Reading, base: str) -> list[dict[str, Any]]:
    return [
        {
            "kind": shown.kind,
            "url": f"{base}/files/{shown.file.representation.value}/{shown.file.path.rsplit('/', 1)[-1]}",
            "first": shown.first_page,
            "pages": shown.pages,
        }
        for shown in reading.shown()
    ]


def _files(files: list[dict[str, Any]], base: str) -> list[dict[str, Any]]:
    """Originals first, each followed by what was made from it."""
    for file in files:
        file["href"] = f"{base}/files/{file['representation']}/{file['path'].rsplit('/', 1)[-1]}"
    originals = [file for file in files if file["representation"] == "rep1"]
    made = [file for file in files if file["representation"] != "rep1"]
    return [
        file
        for original in originals
        for file in (original, *(entry for entry in made if entry["derived_from"] == original["path"]))
    ]
