"""The search page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.composition.searching import query_log, saved_searches
from archive.services.asked_searches import AskedSearch
from archive.services.found_lists import MOST, FoundForm
from archive.services.lines import facet_lines
from archive.services.saved_searches import MOST as MOST_SAVED
from archive.web.language import language_of
from archive.web.narrowing import shown, taken
from archive.web.opened import opened
from archive.web.rendering import page
from metadata.errors import NotFoundError
from metadata.messages import text
from search.facets import FACETS

router = APIRouter(include_in_schema=False)

_HITS = 20
_MAX_PAGE = 500
FIELDS = ("type", "organ", "number", "fonds", "signer", "year", "place")
"""Fields that can be filtered by."""

SORTS = ("relevance", "-date", "date", "number", "title")


@router.get("/search")
def search(  # noqa: PLR0913, PLR0917 - the address says all
    request: Request,
    asking: Annotated[Asking, may(Action.SEARCH)],
    q: Annotated[str, Query(max_length=4000)] = "",
    start: Annotated[str, Query(alias="from", max_length=10)] = "",
    end: Annotated[str, Query(alias="to", max_length=10)] = "",
    sort: str = "relevance",
    number: Annotated[int, Query(alias="p", ge=1, le=_MAX_PAGE)] = 1,
    opens: Annotated[str, Query(alias="open", max_length=60)] = "",
    at: Annotated[int | None, Query(ge=1)] = None,
    narrow: Annotated[str, Query(alias="facets", max_length=1)] = "",
    refused: Annotated[str, Query(alias="not_saved", pattern="^[a-z]{0,20}$")] = "",
) -> Response:
    """Find documents; the address says all of it, so that it can be kept and sent."""
    language = language_of(request)
    chosen = {name: value for name in FIELDS if (value := request.query_params.get(name, "").strip()[:200])}
    days = {"from": _day(start), "to": _day(end)}
    notes = ["web.search.bad_day"] if (start and not days["from"]) or (end and not days["to"]) else []
    values: dict[str, Any] = {"asked": False, "chosen": chosen, "start": start, "end": end, "sort": sort}
    values |= {"did_you_mean": "", "narrow": narrow}
    asked = AskedSearch(
        query=q,
        fields=chosen,
        issued_from=days["from"],
        issued_to=days["to"],
        sort=sort if sort in SORTS else "relevance",
        chosen=taken(request.query_params.getlist("chosen")),
    )
    narrows = bool(narrow or asked.chosen)
    if not asked.nothing:
        before = (number - 1) * _HITS
        wanted = replace(asked.request(_HITS, before), correct=number == 1, facets=FACETS if narrows else ())
        answer = asking.archive.indexing.search(wanted, within=asking.scope)
        asking.found(answer.hits)
        place = next((at for at, hit in enumerate(answer.hits, before + 1) if hit.document_id == opens), None)
        if place:
            query_log(asking.archive).opened(q, place)
        elif number == 1:
            query_log(asking.archive).searched(q, answer.total)
        notes += answer.notes
        last = min(_MAX_PAGE, max(1, -(-answer.total // _HITS)))
        values |= {"asked": True, "hits": answer.hits, "total": answer.total, "number": number, "last": last}
        values |= {"did_you_mean": answer.did_you_mean}
        values |= {"facets": shown(facet_lines(answer, language), asked.chosen)}
    beside = _beside(asking, opens, language, q, at)
    if opens and beside is None:
        notes.append("web.search.not_there")
    said = [text(note, language) for note in notes]
    values |= {
        "where": asked.address,
        "picked": [f"{name}={value}" for name, found in asked.chosen.items() for value in found],
        "saved": saved_searches(asking.archive).of(asking.person.id),
        "not_saved": refused,
        "forms": [form.value for form in FoundForm] if asking.may(Action.COPY_EXPORT) else [],
        "most": MOST,
        "most_saved": MOST_SAVED,
    }
    return page(request, "search.html", fields=FIELDS, sorts=SORTS, notes=said, beside=beside, opens=opens, **values)


def _beside(asking: Asking, said: str, language: str, query: str, at: int | None) -> Mapping[str, Any] | None:
    """The document that stands open beside the list; None: none is, or none that may be seen."""
    package_id, _, ordinal = said.rpartition("/")
    if not package_id or not (ordinal.isascii() and ordinal.isdecimal()):
        return None
    try:
        return opened(asking, (package_id, int(ordinal)), language, query=query, page=at)
    except NotFoundError:
        return None


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None
