"""The audit trail: events by page, and the whole of it as lines that can be checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from archive.api.access import ArchiveDep, Cursor, Limit, cursor_after, cursor_parts, page_of
from archive.composition import Archive
from archive.composition.auditing import recorded_trail

router = APIRouter(prefix="/audit-events", tags=["audit-events"])

LINES = "application/x-ndjson"
After = Annotated[int, Query(ge=0, le=(1 << 62), description="Only events after this number")]


@router.get("")
def events(
    archive: ArchiveDep,
    limit: Limit = 50,
    cursor: Cursor = None,
    subject: Annotated[str, Query(max_length=400, description="Package, job, submission …")] = "",
    kind: Annotated[str, Query(alias="type", max_length=60)] = "",
    after: After = 0,
) -> dict[str, Any]:
    """Events in the order of the chain; `sha256` is what the next event names as `previous`."""
    parts = cursor_parts(cursor, numbers=(0,), parts=1)
    first = int(parts[0]) if parts else after
    rows = recorded_trail(archive).page(after=first, limit=limit + 1, subject=subject, kind=kind)
    return page_of(rows, limit, dict, lambda row: cursor_after(row["seq"]))


@router.get("/lines", response_class=StreamingResponse, responses={200: {"content": {LINES: {}}}})
def lines(archive: ArchiveDep, after: After = 0) -> StreamingResponse:
    """All events as JSON Lines, to the letter: the SHA-256 of a line is `previous` of the next."""
    return StreamingResponse(_lines(archive, after), media_type=LINES)


def _lines(archive: Archive, after: int) -> Iterator[bytes]:
    for event in recorded_trail(archive).chained(after):
        yield event.line + b"\n"
