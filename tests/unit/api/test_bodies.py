"""Bodies of requests: handed out as they come, refused when they are endless, and not waited for without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from archive.api.bodies import PIECE_BYTES, SLOWEST_BYTES, Bounded, pieces, whole
from archive.api.problems import ApiError, status_of


def _request(steps: Sequence[bytes | float | None]) -> Request:
    """A request whose body comes in `steps`: bytes, seconds of silence, or None where the connection breaks."""
    left = list(steps)

    async def receive() -> Message:
        if left and isinstance(left[0], float):
            await asyncio.sleep(float(left.pop(0) or 0))
        if not left:
            return {"type": "http.request", "body": b"", "more_body": False}
        step = left.pop(0)
        if step is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": step, "more_body": True}

    return Request({"type": "http", "method": "PUT", "headers": []}, receive)


async def _taken(stream: AsyncIterator[bytes], into: list[bytes]) -> None:
    async for piece in stream:
        # One by one: what came before a break has to be there.
        into += [piece]


def test_a_body_comes_out_whole_in_pieces_of_a_mebibyte() -> None:
    data = bytes(range(256)) * 9000
    chunks = [data[at : at + 70_000] for at in range(0, len(data), 70_000)]
    found: list[bytes] = []
    asyncio.run(_taken(pieces(_request(chunks)), found))
    assert b"".join(found) == data
    assert all(len(piece) >= PIECE_BYTES for piece in found[:-1])


def test_what_came_before_a_break_is_handed_out() -> None:
    found: list[bytes] = []
    with pytest.raises(ClientDisconnect):
        asyncio.run(_taken(pieces(_request([b"a" * 1000, b"b" * 20_000, None])), found))
    assert b"".join(found) == b"a" * 1000 + b"b" * 20_000


def test_who_sends_a_byte_now_and_then_is_not_waited_for() -> None:
    found: list[bytes] = []
    steps = [step for _ in range(50) for step in (b"x", 0.02)]
    with pytest.raises(ApiError) as refused:
        asyncio.run(_taken(pieces(_request(steps), 0.2), found))
    assert (refused.value.code, status_of(refused.value)) == ("api.slow", 408)
    assert 0 < len(b"".join(found)) < 50


def test_who_is_slow_but_keeps_coming_is_waited_for() -> None:
    found: list[bytes] = []
    steps = [step for _ in range(6) for step in (b"x" * SLOWEST_BYTES, 0.1)]
    asyncio.run(_taken(pieces(_request(steps), 0.3), found))
    assert len(b"".join(found)) == 6 * SLOWEST_BYTES


def test_a_small_body_is_read_at_once_and_a_large_one_refused() -> None:
    assert asyncio.run(whole(_request([b"{", b"}"]), 10)) == b"{}"
    with pytest.raises(ApiError) as refused:
        asyncio.run(whole(_request([b"x" * 100] * 1000), 50))
    assert (refused.value.code, status_of(refused.value)) == ("api.too_large", 413)


class _Reads:
    """An application that reads a body at once, or lets it come."""

    def __init__(self, *, by_pieces: bool) -> None:
        self.by_pieces = by_pieces
        self.read = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del send
        request = Request(scope, receive)
        if self.by_pieces:
            async for piece in pieces(request):
                self.read += len(piece)
        else:
            self.read = len(await request.body())


def _bounded(steps: Sequence[bytes | float | None], *, by_pieces: bool = False) -> int:
    """How much of a body was read within a hundred bytes and a fifth of a second."""
    reads = _Reads(by_pieces=by_pieces)
    request = _request(steps)

    async def send(_: Message) -> None: ...

    asyncio.run(Bounded(reads, 100, 0.2)(request.scope, request.receive, send))
    return reads.read


def test_a_body_that_is_read_at_once_is_small_and_comes_soon() -> None:
    assert _bounded([b"x" * 50, b"x" * 50]) == 100
    with pytest.raises(HTTPException) as refused:
        _bounded([b"x" * 50, b"x" * 51])
    assert refused.value.status_code == 413
    with pytest.raises(HTTPException) as refused:
        _bounded([step for _ in range(50) for step in (b"x", 0.02)])
    assert refused.value.status_code == 408


def test_a_body_that_is_read_piece_by_piece_has_bounds_of_its_own() -> None:
    assert _bounded([b"x" * SLOWEST_BYTES, 0.15, b"x" * SLOWEST_BYTES, 0.15, b"x"], by_pieces=True) == (
        2 * SLOWEST_BYTES + 1
    )
