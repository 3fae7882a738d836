"""Watching submissions: whoever watches is told of changes, and one question a second serves them all."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from archive.catalogue.progress import Progress
from metadata.errors import ArchiveError

ASK_SECONDS = 1.0
"""How often the catalogue is asked, for all who watch together; not at all while nobody does."""

LOOK_SECONDS = 2.0
"""How often it is looked at whether who watches still may."""

_QUIET_SECONDS = 15.0
"""After so long a sign of life is sent: lines that look dead are cut by what stands between."""

_log = logging.getLogger("luutru.watching")


@dataclass(frozen=True, slots=True)
class Told:
    """One event for those who watch."""

    id: str
    """Changes with what is told: who comes back with it is told nothing twice."""

    data: str
    """JSON."""

    moving: bool


class Watching:
    """Tells what changes; belongs to one event loop, that of the server.

    Args:
        ask: Progress of submissions (`archive.catalogue.progress`).
        stopping: Set when the server is asked to end: nobody may hold it up.
        seconds: See `ASK_SECONDS`.
    """

    def __init__(
        self,
        ask: Callable[[Collection[str]], Mapping[str, Progress]],
        stopping: threading.Event,
        seconds: float = ASK_SECONDS,
    ) -> None:
        self._ask = ask
        self._stopping = stopping
        self._seconds = seconds
        self._watchers: dict[str, int] = {}
        self._told: dict[str, Told] = {}
        self._changed = asyncio.Condition()
        self._asking: asyncio.Task[None] | None = None
        # Of its own: watchers never wait for a thread that a long request holds, nor the other way round.
        self._threads = ThreadPoolExecutor(1, "watching")

    @property
    def watchers(self) -> int:
        """How many watch."""
        return sum(self._watchers.values())

    async def changes(
        self,
        submission_id: str,
        seen: str = "",
        seconds: float = 120.0,
        still: Callable[[], Awaitable[bool]] | None = None,
    ) -> AsyncIterator[Told | None]:
        """What there is to tell of a submission, from `seen` on.

        Ends when a machine has nothing more to do for it, after `seconds`, or with the server.

        Args:
            submission_id: Of one that is there.
            seen: Identifier of the event that was told last; empty: none.
            seconds: How long to watch; who wants more comes back.
            still: Whether who watches may go on, asked every `LOOK_SECONDS`; None: they always may.

        Yields:
            An event, or None where nothing has happened for a while: a sign of life to be sent.
        """
        loop = asyncio.get_running_loop()
        spoken = looked = loop.time()
        until = spoken + seconds
        self._watchers[submission_id] = self._watchers.get(submission_id, 0) + 1
        try:
            if self._asking is None or self._asking.done():
                self._asking = loop.create_task(self._keep_asking())
            while loop.time() < until and not self._stopping.is_set():
                if still is not None and loop.time() - looked >= LOOK_SECONDS:
                    if not await still():
                        return
                    looked = loop.time()
                told = self._told.get(submission_id)
                if told is not None and told.id != seen:
                    seen, spoken = told.id, loop.time()
                    yield told
                if told is not None and not told.moving:
                    return
                if not await self._news(submission_id, seen) and loop.time() - spoken >= _QUIET_SECONDS:
                    spoken = loop.time()
                    yield None
        finally:
            left = self._watchers[submission_id] - 1
            if left:
                self._watchers[submission_id] = left
            else:
                del self._watchers[submission_id]
                self._told.pop(submission_id, None)

    async def _news(self, submission_id: str, seen: str) -> bool:
        """Wait for something that was not told yet; False after `LOOK_SECONDS` without."""

        def is_news() -> bool:
            told = self._told.get(submission_id)
            return self._stopping.is_set() or (told is not None and (told.id != seen or not told.moving))

        try:
            async with asyncio.timeout(LOOK_SECONDS), self._changed:
                await self._changed.wait_for(is_news)
        except TimeoutError:
            return False
        return True

    async def _keep_asking(self) -> None:
        loop = asyncio.get_running_loop()
        while self._watchers and not self._stopping.is_set():
            try:
                found = await loop.run_in_executor(self._threads, self._ask, tuple(self._watchers))
            except ArchiveError as error:
                _log.warning("progress_not_asked", extra={"code": error.code})
                found = {}
            told = {submission_id: _told(progress) for submission_id, progress in found.items()}
            fresh = {key: event for key, event in told.items() if self._told.get(key) != event}
            self._told |= {key: event for key, event in fresh.items() if key in self._watchers}
            if fresh:
                async with self._changed:
                    self._changed.notify_all()
            await asyncio.sleep(self._seconds)
        async with self._changed:
            self._changed.notify_all()


def _told(progress: Progress) -> Told:
    said = {"states": dict(progress.states), "moving": progress.moving, "running": list(progress.running)}
    name = hashlib.sha256(progress.version.encode()).hexdigest()[:16]
    return Told(name, json.dumps(said, ensure_ascii=False), progress.moving)
