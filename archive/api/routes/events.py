"""Live progress of a submission as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from archive.api.people import known_of
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.services.watching import Watching

router = APIRouter(prefix="/submissions", tags=["submissions"])

_COME_BACK_MS = 2000


@router.get(
    "/{submission_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "`progress` whenever something changes, `settled` when nothing will; each with its `id`",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def events(
    request: Request,
    asking: Annotated[Asking, may(Action.SUBMISSION_READ)],
    submission_id: str,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """Follow a submission: states of its dossiers and the stages that run. After `Last-Event-ID` only what is new.

    Ends a few seconds after the session or token ends, or its person may read the submission no more.
    """
    await run_in_threadpool(asking.submission, submission_id)
    watching: Watching = request.app.state.watching
    known = known_of(request)

    def may_still() -> bool:
        person = asking.archive.desk.identifying.again(known)
        return person is not None and replace(asking, person=person).sees_submission(submission_id)

    async def still() -> bool:
        return await run_in_threadpool(may_still)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    body = _lines(watching, submission_id, last_event_id or "", still)
    return StreamingResponse(body, headers=headers, media_type="text/event-stream")


async def _lines(
    watching: Watching, submission_id: str, seen: str, still: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    yield f"retry: {_COME_BACK_MS}\n\n"
    async for told in watching.changes(submission_id, seen, still=still):
        if told is None:
            yield ": \n\n"
        else:
            kind = "progress" if told.moving else "settled"
            yield f"id: {told.id}\nevent: {kind}\ndata: {told.data}\n\n"
