"""The audit trail: events by page, and the whole of it as lines that can be checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from archive.api.access import Cursor, Limit, cursor_after, cursor_parts, page_of
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.composition import Archive
from archive.composition.auditing import recorded_trail

router = APIRouter(prefix="/audit-events", tags=["audit-events"])

LINES = "application/x-ndjson"
Trail = Annotated[Asking, may(Action.AUDIT_READ)]
After = Annotated[int, Query(ge=0, le=(1 << 62), description="Only events after this number")]


@router.get("")
def events(
    asking: Trail,
    limit: Limit = 50,
    cursor: Cursor = None,
    subject: Annotated[str, Query(max_length=400, description="Package, job, submission …")] = "",
    kind: Annotated[str, Query(alias="type", max_length=60)] = "",
    after: After = 0,
) -> dict[str, Any]:
    """Events in the order of the chain; `sha256` is what the next event names as `previous`."""
    parts = cursor_parts(cursor, numbers=(0,), parts=1)
    first = int(parts[0]) if parts else after
    rows = recorded_trail(asking.archive).page(
        after=first, limit=limit + 1, subject=subject, kind=kind, within=asking.scope
    )
    return page_of(rows, limit, dict, lambda row: cursor_after(row["seq"]))


@router.get("/lines", response_class=StreamingResponse, responses={200: {"content": {LINES: {}}}})
def lines(asking: Trail, after: After = 0) -> StreamingResponse:
    """All events as JSON Lines, to the letter: the SHA-256 of a line is `previous` of the next.

    The chain is whole or worth nothing: who sees the trail of some agencies only does not get it.
    """
    asking.everything()
    return StreamingResponse(_lines(asking.archive, after), media_type=LINES)


def _lines(archive: Archive, after: int) -> Iterator[bytes]:
    for event in recorded_trail(archive).chained(after):
        yield event.line + b"\n"
