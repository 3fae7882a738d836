"""Few answers are made at the same time; who takes long, changes something or is a stranger keeps nobody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from archive.api.pacing import Pacing
from archive.api.rights import PERSON

READING: dict[str, Any] = {"type": "http", "method": "GET", PERSON: object()}
LONG = 3600.0


class Handlers:
    """An application whose answers begin, and end, when the test says so."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most = 0
        self.begin = asyncio.Event()
        self.end = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.begin.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.end.wait()
        self.under_way -= 1
        await send({"type": "http.response.body", "body": b""})


async def nothing() -> Message:
    return {"type": "http.disconnect"}


async def dropped(message: Message) -> None:
    del message


def asked(paced: Pacing, scope: dict[str, Any], times: int) -> list[asyncio.Task[None]]:
    return [asyncio.ensure_future(paced(dict(scope), nothing, dropped)) for _ in range(times)]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.001)


def run(test: Callable[[Handlers], Coroutine[Any, Any, None]]) -> None:
    async def made() -> None:
        await test(Handlers())

    asyncio.run(made())


def test_no_more_than_so_many_at_once_and_everybody_in_the_end() -> None:
    async def test(handlers: Handlers) -> None:
        paced = Pacing(handlers, 3, LONG)
        waiting = asked(paced, READING, 10)
        await until(lambda: handlers.under_way == 3)
        for _ in range(20):
            await asyncio.sleep(0)
        assert handlers.most == 3
        handlers.begin.set()
        handlers.end.set()
        await asyncio.gather(*waiting)
        assert handlers.most == 3

    run(test)


def test_an_answer_that_has_begun_holds_no_place() -> None:
    async def test(handlers: Handlers) -> None:
        waiting = asked(Pacing(handlers, 2, LONG), READING, 6)
        handlers.begin.set()
        await until(lambda: handlers.under_way == 6)
        handlers.end.set()
        await asyncio.gather(*waiting)

    run(test)


def test_who_takes_long_holds_no_place() -> None:
    async def test(handlers: Handlers) -> None:
        waiting = asked(Pacing(handlers, 1, 0.001), READING, 4)
        await until(lambda: handlers.under_way == 4)
        handlers.begin.set()
        handlers.end.set()
        await asyncio.gather(*waiting)

    run(test)


def test_changes_and_strangers_never_wait() -> None:
    async def test(handlers: Handlers) -> None:
        paced = Pacing(handlers, 1, LONG)
        waiting = asked(paced, READING, 2)
        waiting += asked(paced, READING | {"method": "POST"}, 2)
        waiting += asked(paced, READING | {PERSON: None}, 2)
        await until(lambda: handlers.under_way == 5)
        handlers.begin.set()
        handlers.end.set()
        await asyncio.gather(*waiting)

    run(test)


def test_a_place_comes_back_from_who_failed_and_from_who_went_away() -> None:
    async def test(handlers: Handlers) -> None:
        class BrokenError(Exception):
            pass

        async def failing(scope: Scope, receive: Receive, send: Send) -> None:
            if scope.get("fails"):
                raise BrokenError
            await handlers(scope, receive, send)

        paced = Pacing(failing, 1, LONG)
        (broken,) = await asyncio.gather(*asked(paced, READING | {"fails": True}, 1), return_exceptions=True)
        assert isinstance(broken, BrokenError)
        gone = asked(paced, READING, 3)
        await until(lambda: handlers.under_way == 1)
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        handlers.begin.set()
        handlers.end.set()
        async with asyncio.timeout(20):
            await asyncio.gather(*asked(paced, READING, 3))

    run(test)
