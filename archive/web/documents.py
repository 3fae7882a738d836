"""The pages of a dossier and of a document."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.catalogue.places import Place
from archive.web.converted import by_rule
from archive.web.happened import told
from archive.web.language import language_of
from archive.web.opened import opened, paper, rights_of
from archive.web.reading import asked_document
from archive.web.rendering import page
from archive.web.words import Words
from metadata.codes import document_title
from metadata.physical import store_place

router = APIRouter(include_in_schema=False)

Holding = Annotated[Asking, may(Action.HOLDING_READ)]
Ordinal = Annotated[int, Path(ge=0, le=999_999_999)]

TEXT_PAGES = 1000
"""Pages of text on one page at most."""

EVENTS = 30
"""Events that stand on the page of a dossier; all of them have pages of their own."""

EVENTS_PAGE = 100


@router.get("/dossiers/{package_id}")
def dossier(request: Request, asking: Holding, package_id: str) -> Response:
    """One dossier: its description, documents, findings and events."""
    archive = asking.archive
    place = Place(asking.place(package_id).dossier_id)
    asking.place(place.dossier_id)
    record = archive.catalogue.records(place.dossier_id)[0]
    shown = archive.dossiers.at(place, language_of(request), operator=asking.login, within=asking.scope)
    hidden = archive.catalogue.hidden_ordinals(place.dossier_id, within=asking.scope)
    words = Words(language_of(request))
    # Findings speak of all documents of the dossier.
    return page(
        request,
        "dossier.html",
        dossier=shown,
        happened=[told(event, words) for event in shown["events"][-EVENTS:]],
        before=[told(event, words) for event in shown["foreign_events"][:EVENTS]],
        found=() if hidden else record.findings,
        converted=by_rule(shown["conversion"]),
        paper=paper(record.dossier),
        paper_place=store_place(record.dossier).key,
        **rights_of(asking, place),
        may_export=bool(asking.may(Action.COPY_EXPORT)),
    )


@router.get("/dossiers/{package_id}/events")
def events(
    request: Request,
    asking: Holding,
    package_id: str,
    of: Literal["here", "before"] = "here",
    p: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Everything that happened to a dossier, oldest first; `of=before`: what former keepers tell."""
    place = Place(asking.place(package_id).dossier_id)
    asking.place(place.dossier_id)
    words = Words(language_of(request))
    shown = asking.archive.dossiers.at(place, words.language, operator=asking.login, within=asking.scope)
    every = shown["foreign_events" if of == "before" else "events"]
    part = every[(p - 1) * EVENTS_PAGE : p * EVENTS_PAGE]
    last = max(1, -(-len(every) // EVENTS_PAGE))
    happened = [told(event, words) for event in part]
    return page(request, "events.html", dossier=shown, of=of, happened=happened, number=p, last=last)


@router.get("/documents/{package_id}/{ordinal}")
def document(
    request: Request,
    asking: Holding,
    package_id: str,
    ordinal: Ordinal,
    q: Annotated[str, Query(max_length=1000)] = "",
    number: Annotated[int | None, Query(alias="page", ge=1)] = None,
) -> Response:
    """One document: its pages with the hits marked, and all that is known of it."""
    words = Words(language_of(request))
    known = opened(asking, (package_id, ordinal), words.language, query=q, page=number)
    return page(
        request,
        "document.html",
        **known,
        happened=[told(event, words) for event in known["document"]["events"]],
        before=[told(event, words) for event in known["document"]["foreign_events"][:EVENTS_PAGE]],
        may_see_verdicts=bool(asking.may(Action.VERDICT_READ)),
    )


@router.get("/documents/{package_id}/{ordinal}/text")
def document_text(
    request: Request,
    asking: Holding,
    package_id: str,
    ordinal: Ordinal,
    q: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """The text of a document, page by page, with the hits marked: for those without scripts, and for printing."""
    reading = asked_document(asking, package_id, ordinal)
    archive = asking.archive
    archive.dossiers.accesses.looked(reading.record, asking.login, ordinal=ordinal, what="text")
    spans: dict[int, list[tuple[int, int]]] = {}
    for number, start, end in reading.hits(archive, q):
        spans.setdefault(number, []).append((start, end))
    pages = islice(archive.stored.pages(reading.record, reading.document), TEXT_PAGES)
    description = reading.document.description
    return page(
        request,
        "text.html",
        place=reading.place,
        document_title=document_title(description) or description.value("doc_code"),
        pages=[
            {"page": one.page, "confidence": one.confidence, "parts": pieces(one.text, spans.get(one.page, []))}
            for one in pages
        ],
    )


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """`text` cut at the hits: each piece, and whether it is one."""
    found: list[tuple[str, bool]] = []
    at = 0
    for start, end in sorted(spans):
        if start >= at:
            found += [(text[at:start], False), (text[start:end], True)]
            at = end
    return [piece for piece in (*found, (text[at:], False)) if piece[0]]
