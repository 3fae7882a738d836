"""Messages of status for the senders of edXML messages, as things stand."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter

from archive.api.access import Cursor, Limit, cursor_after, cursor_parts, page_of
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.services.statuses import StatusAnswer

router = APIRouter(prefix="/submissions", tags=["submissions"])


@router.get("/{submission_id}/statuses")
def statuses(
    asking: Annotated[Asking, may(Action.SUBMISSION_READ)],
    submission_id: str,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What senders are told of their documents (03, 02, 06, 16), each with the message itself in `xml`."""
    asking.submission(submission_id)
    archive = asking.archive
    parts = cursor_parts(cursor, (0,), parts=1)
    first = int(parts[0]) if parts else 0
    found = list(enumerate(islice(archive.statuses.answers(submission_id), first, first + limit + 1), start=first + 1))

    def line(entry: tuple[int, StatusAnswer]) -> dict[str, Any]:
        answer = entry[1]
        return answer.as_json(submission_id) | {"xml": answer.data.decode()}

    return page_of(found, limit, line, lambda entry: cursor_after(entry[0]))
