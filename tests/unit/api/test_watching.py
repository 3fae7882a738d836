"""Watching: told at once and on every change, nothing twice, one question for all, and none while nobody watches."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping
from typing import Any

import pytest

from archive.catalogue.progress import Progress
from archive.services.watching import Told, Watching
from metadata.errors import ArchiveError


class _Catalogue:
    def __init__(self) -> None:
        self.now = {"a": Progress("1", {"running": 2}), "b": Progress("1", {"archived": 1})}
        self.asked: list[frozenset[str]] = []
        self.broken = False

    def ask(self, submission_ids: Collection[str]) -> Mapping[str, Progress]:
        self.asked.append(frozenset(submission_ids))
        if self.broken:
            raise ArchiveError("locked")
        return {key: self.now[key] for key in submission_ids if key in self.now}


def _run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


def _watching(catalogue: _Catalogue) -> Watching:
    return Watching(catalogue.ask, threading.Event(), 0.02)


async def _next(watching: Watching, seen: str = "") -> Told | None:
    return await anext(aiter(watching.changes("a", seen)))


async def _rest(stream: AsyncIterator[Told | None]) -> list[Told | None]:
    return [told async for told in stream]


def test_many_watchers_are_told_each_change_once_by_one_question() -> None:
    async def test() -> None:
        catalogue = _Catalogue()
        watching = _watching(catalogue)
        heard: list[list[str]] = [[] for _ in range(50)]

        async def watch(number: int) -> None:
            async for told in watching.changes("a"):
                assert told is not None
                heard[number].append(json.loads(told.data)["states"].popitem()[0])

        async def all_heard(many: int) -> None:
            while min(map(len, heard)) < many:  # noqa: ASYNC110 - what is waited for sets no event
                await asyncio.sleep(0.01)

        begun = asyncio.get_running_loop().time()
        tasks = [asyncio.create_task(watch(number)) for number in range(50)]
        await all_heard(1)
        await asyncio.sleep(0.2)
        asked, seconds = len(catalogue.asked), asyncio.get_running_loop().time() - begun
        catalogue.now["a"] = Progress("2", {"waiting": 2})
        await all_heard(2)
        catalogue.now["a"] = Progress("3", {"rejected": 2})
        await asyncio.gather(*tasks)
        assert heard == [["running", "waiting", "rejected"]] * 50
        # Fifty watchers ask no oftener than one would.
        assert asked <= seconds / 0.02 + 3
        assert watching.watchers == 0
        await asyncio.sleep(0.1)
        asked = len(catalogue.asked)
        await asyncio.sleep(0.2)
        assert len(catalogue.asked) == asked

    _run(test())


def test_who_comes_back_with_the_last_event_is_told_what_is_new_only() -> None:
    async def test() -> None:
        catalogue = _Catalogue()
        watching = _watching(catalogue)
        first: Told | None = None
        async for told in watching.changes("a"):
            first = told
            break
        assert first is not None
        waiting = asyncio.create_task(_next(watching, first.id))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        catalogue.now["a"] = Progress("2", {"running": 2})
        told = await waiting
        assert told is not None
        assert told.id != first.id

    _run(test())


def test_what_is_settled_is_told_and_ends_also_for_who_knows_it() -> None:
    async def test() -> None:
        watching = _watching(_Catalogue())
        seen = [told async for told in watching.changes("b")]
        assert [told.moving for told in seen if told] == [False]
        assert [told async for told in watching.changes("b", seen[0].id if seen[0] else "")] == []

    _run(test())


def test_a_catalogue_that_is_busy_and_a_server_that_ends_hold_nobody_up() -> None:
    async def test() -> None:
        catalogue = _Catalogue()
        stopping = threading.Event()
        watching = Watching(catalogue.ask, stopping, 0.02)
        catalogue.broken = True
        waiting = asyncio.create_task(_next(watching))
        await asyncio.sleep(0.1)
        catalogue.broken = False
        assert await waiting is not None
        stream = aiter(watching.changes("a"))
        assert await anext(stream) is not None
        rest = asyncio.create_task(_rest(stream))
        await asyncio.sleep(0.1)
        stopping.set()
        assert await rest == []

    _run(test())


def test_who_may_watch_no_more_is_told_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.services.watching.LOOK_SECONDS", 0.05)

    async def test() -> None:
        catalogue = _Catalogue()
        watching = _watching(catalogue)
        allowed = True

        async def still() -> bool:
            return allowed

        heard: list[Told | None] = []

        async def watch() -> None:
            heard.extend([told async for told in watching.changes("a", still=still)])

        task = asyncio.create_task(watch())
        await asyncio.sleep(0.3)
        assert not task.done()
        allowed = False
        await asyncio.wait_for(task, 5)
        assert len(heard) == 1, "being looked at is no news"
        assert watching.watchers == 0

    _run(test())
