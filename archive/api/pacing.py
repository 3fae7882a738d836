"""Who reads waits in front of the handlers and not among them: few answers are made at once, each of them soon.

Handlers share one interpreter. Forty of them at once spend more time handing it to each other than answering: fifty
people who did not pause got 34 answers a second so, and 48 with four at once (ADR 0451).
"""

from __future__ import annotations

import asyncio
import os

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.api.guard import SAFE_METHODS
from archive.api.rights import PERSON

PLACES = (os.cpu_count() or 2) + 2
"""Answers that are made at the same time."""

PATIENCE_SECONDS = 0.25
"""Who takes longer waits for something else than the interpreter, and keeps nobody from it."""


class Pacing:
    """Lets at most `places` answers to reading requests be made at the same time, in the order in which they came.

    A place is given back when the answer begins, at the latest after `patience_seconds`: downloads, events and what
    a worker takes long for hold up nobody. What changes something is never made to wait, nor who is not signed in.
    """

    def __init__(self, application: ASGIApp, places: int = PLACES, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._application = application
        self._free = asyncio.Semaphore(places)
        self._patience_seconds = patience_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or scope["method"] not in SAFE_METHODS or scope.get(PERSON) is None:
            await self._application(scope, receive, send)
            return
        await self._free.acquire()
        held = True

        def leave() -> None:
            nonlocal held
            if held:
                held = False
                self._free.release()

        async def begun(message: Message) -> None:
            if message["type"] == "http.response.start":
                leave()
            await send(message)

        patience = asyncio.get_running_loop().call_later(self._patience_seconds, leave)
        try:
            await self._application(scope, receive, begun)
        finally:
            patience.cancel()
            leave()
