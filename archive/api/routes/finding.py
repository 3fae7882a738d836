"""Search."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from archive.api.access import ArchiveDep, Cursor, LanguageDep, cursor_after, cursor_parts
from archive.api.lines import hit_line
from archive.api.problems import ApiError
from metadata.messages import text
from search.ports import SearchRequest

router = APIRouter(prefix="/search", tags=["search"])

MAX_OFFSET = 10_000


@router.get("")
def search(  # noqa: PLR0913, PLR0917 - one parameter an option of the contract
    archive: ArchiveDep,
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
    answer = archive.indexing.search(
        SearchRequest(
            query=q,
            fields=_fields(field),
            issued_from=start,
            issued_to=end,
            limit=limit,
            offset=begin,
            sort=sort,
        )
    )
    more = begin + len(answer.hits)
    return {
        "total": answer.total,
        "items": [hit_line(hit) for hit in answer.hits],
        "notes": [{"key": note, "message": text(note, language)} for note in answer.notes],
        "next": cursor_after(more) if answer.hits and more < min(answer.total, MAX_OFFSET) else None,
    }


def _fields(pairs: list[str]) -> dict[str, str]:
    fields = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise ApiError("api.invalid", f"field: name=value, not {pair[:100]!r}")
        fields[name] = value
    return fields
