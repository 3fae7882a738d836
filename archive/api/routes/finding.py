"""Search."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from archive.api.access import Cursor, LanguageDep, cursor_after, cursor_parts
from archive.api.lines import hit_line
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.catalogue.described import Described
from archive.services.store_places import StorePlaces
from metadata.messages import text
from metadata.physical import LEVELS
from search.ports import SearchRequest

router = APIRouter(prefix="/search", tags=["search"])

MAX_OFFSET = 10_000


@router.get("")
def search(  # noqa: PLR0913, PLR0917 - one parameter an option of the contract
    asking: Annotated[Asking, may(Action.SEARCH)],
    language: LanguageDep,
    q: Annotated[str, Query(max_length=4000, description="What is looked for, with or without marks")] = "",
    field: Annotated[list[str], Query(description="`name=value`, repeatable", max_length=20)] = [],  # noqa: B006 - FastAPI copies it
    start: Annotated[date | None, Query(alias="from", description="Issued on or after")] = None,
    end: Annotated[date | None, Query(alias="to", description="Issued on or before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    sort: Annotated[str, Query(pattern="^(relevance|-?date|number|title)$")] = "relevance",
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Documents, best first; hits in `snippet` are marked by `<em>`, the rest of it is safe HTML."""
    parts = cursor_parts(cursor, numbers=(0,), parts=1)
    begin = int(parts[0]) if parts else offset
    answer = asking.archive.indexing.search(
        SearchRequest(
            query=q,
            fields=_fields(field),
            issued_from=start,
            issued_to=end,
            limit=limit,
            offset=begin,
            sort=sort,
        ),
        within=asking.scope,
    )
    asking.found(answer.hits)
    more = begin + len(answer.hits)
    return {
        "total": answer.total,
        "items": [hit_line(hit) for hit in answer.hits],
        "notes": [{"key": note, "message": text(note, language)} for note in answer.notes],
        "next": cursor_after(more) if answer.hits and more < min(answer.total, MAX_OFFSET) else None,
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


def _fields(pairs: list[str]) -> dict[str, str]:
    fields = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise ApiError("api.invalid", f"field: name=value, not {pair[:100]!r}")
        fields[name] = value
    return fields
