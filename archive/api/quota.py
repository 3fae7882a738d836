"""How much one person may send in a day."""

from __future__ import annotations

from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.api.answers import answer_of
from archive.api.guard import SAFE_METHODS
from archive.api.people import SENDING
from archive.api.rights import PERSON
from archive.auth.errors import TooOftenError
from archive.auth.people import Person
from archive.composition import Archive

_SMALL_BYTES = 64 << 10
"""Bodies up to here are not counted (forms, questions), but for files of an upload: many of them are much."""

_BLOCK_BYTES = 4 << 10
"""What a file takes at least, however small."""

_NOTED_BYTES = 1 << 20
"""Small files are noted together once they are so much: a folder of 10,000 is not 10,000 entries."""


class Quota:
    """Counts what comes in by person and day (UTC); over the quota nothing more is taken until the day is over.

    Args:
        application: What comes next.
        archive: Its settings, clock and accounts.
    """

    def __init__(self, application: ASGIApp, archive: Archive) -> None:
        self._application = application
        self._archive = archive
        self._quota_bytes = archive.settings.serve.upload_gib_a_day << 30
        self._small: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        person = scope.get(PERSON)
        told = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        length = int(told) if told.isdecimal() else None
        small = length is not None and length <= _SMALL_BYTES
        if person is None or scope["method"] in SAFE_METHODS or (small and not self._much(person, scope, length or 0)):
            await self._application(scope, receive, send)
            return
        sessions = self._archive.desk.accounts.sessions
        now = self._archive.clock.now()
        day = now.date().isoformat()
        before = self._small.pop(person.id, 0)
        if before:
            await run_in_threadpool(sessions.note_sent, person.id, day, before)
        left = self._quota_bytes - await run_in_threadpool(sessions.sent, person.id, day)
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        too_much = TooOftenError(int((tomorrow - now).total_seconds()) + 1)
        if left < (length or 1):
            # The next small file is looked at again, not one in many.
            self._small[person.id] = _NOTED_BYTES
            await answer_of(scope, too_much)(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > left:
                raise too_much
            return message

        try:
            await self._application(scope, counted, send)
        finally:
            if taken > _SMALL_BYTES:
                await run_in_threadpool(sessions.note_sent, person.id, day, taken)
            elif not small:
                self._much(person, scope, taken)

    def _much(self, person: Person, scope: Scope, length: int) -> bool:
        """Count a small file of an upload; whether it is time to note and compare what came of them."""
        if not SENDING.match(str(scope["path"])):
            return False
        sent = self._small.get(person.id, 0) + max(length, _BLOCK_BYTES)
        self._small[person.id] = sent
        return sent > _NOTED_BYTES
