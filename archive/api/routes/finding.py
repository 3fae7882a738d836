"""Search."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from archive.api.access import LanguageDep
from archive.api.lines import hit_line
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.catalogue.described import Described
from archive.composition.searching import query_log
from archive.services.asked_searches import SORT_PATTERN
from archive.services.lines import facet_lines, why_line
from archive.services.store_places import StorePlaces
from metadata.messages import text
from metadata.physical import LEVELS
from search.facets import FACETS, grouped
from search.paging import MAX_CURSOR_CHARS
from search.ports import SearchRequest

router = APIRouter(prefix="/search", tags=["search"])

MAX_OFFSET = 10_000
_CURSOR = "`next` of the page before, with the same question; `offset` is left out then"


@router.get("")
def search(  # noqa: PLR0913, PLR0917 - one parameter an option of the contract
    asking: Annotated[Asking, may(Action.SEARCH)],
    language: LanguageDep,
    q: Annotated[str, Query(max_length=4000, description="What is looked for, with or without marks")] = "",
    field: Annotated[list[str], Query(description="`name=value`, repeatable", max_length=20)] = [],  # noqa: B006 - FastAPI copies it
    start: Annotated[date | None, Query(alias="from", description="Issued on or after")] = None,
    end: Annotated[date | None, Query(alias="to", description="Issued on or before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
    offset: Annotated[int, Query(ge=0, description=f"At most {MAX_OFFSET}; further pages by `cursor`")] = 0,
    sort: Annotated[str, Query(pattern=SORT_PATTERN)] = "relevance",
    facet: Annotated[list[str], Query(description=f"Counted, repeatable: {', '.join(FACETS)}", max_length=20)] = [],  # noqa: B006
    chosen: Annotated[list[str], Query(description="`facet=value`, repeatable", max_length=200)] = [],  # noqa: B006
    explain: Annotated[bool, Query(description="Each item says why it stands where it does")] = False,
    cursor: Annotated[str | None, Query(description=_CURSOR, max_length=MAX_CURSOR_CHARS)] = None,
) -> dict[str, Any]:
    """Documents, best first; hits in `snippet` are marked by `<em>`, the rest of it is safe HTML.

    Of one facet any of the values chosen will do; they do not narrow what is counted
    of their own facet. `next` goes on behind the last document, however many come in
    meanwhile. A page by `cursor` may be shorter than `limit`: what was taken away or
    closed meanwhile is not shown.
    """
    if offset > MAX_OFFSET:
        raise ApiError("api.invalid", f"offset: at most {MAX_OFFSET}; for what lies further pass `next` as `cursor`")
    answer = asking.archive.indexing.search(
        SearchRequest(
            query=q,
            fields=dict(_pair("field", said) for said in field),
            issued_from=start,
            issued_to=end,
            limit=limit,
            offset=offset,
            sort=sort,
            facets=facet,
            chosen=grouped(_pair("chosen", said) for said in chosen),
            after=cursor or "",
            explain=explain,
            correct=not (cursor or offset),
        ),
        within=asking.scope,
    )
    asking.found(answer.hits)
    if not (cursor or offset):
        query_log(asking.archive).searched(q, answer.total)
    return {
        "total": answer.total,
        "items": [hit_line(hit) | (why_line(hit, language) if explain else {}) for hit in answer.hits],
        "facets": facet_lines(answer, language),
        "notes": [{"key": note, "message": text(note, language)} for note in answer.notes],
        "did_you_mean": answer.did_you_mean or None,
        "next": answer.next or None,
    }


@router.get("/places")
def places(asking: Annotated[Asking, may(Action.SEARCH)]) -> dict[str, Any]:
    """Places of the physical store, each before those within it, with how many dossiers lie there.

    `place` is a value for the field of that name: `field=place=2/-/12`.
    """
    tree = StorePlaces(Described(asking.archive.database)).tree(within=asking.scope)
    items = [
        {
            "place": found.place.key,
            **{level: getattr(found.place, level) for level in LEVELS},
            "depth": found.depth,
            "dossiers": found.dossiers,
        }
        for found in tree
    ]
    return {"items": items, "next": None}


def _pair(what: str, said: str) -> tuple[str, str]:
    name, separator, value = said.partition("=")
    if not separator:
        raise ApiError("api.invalid", f"{what}: name=value, not {said[:100]!r}")
    return name, value
