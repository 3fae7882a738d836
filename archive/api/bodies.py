"""Bodies of requests, piece by piece: never whole in memory, never waited for without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.api.problems import ApiError

PIECE_BYTES = 1 << 20
PATIENCE_SECONDS = 60.0
"""How long a body may take for its next `SLOWEST_BYTES`."""

MOST_AT_ONCE_BYTES = 4 << 20
"""Of a body that is read at once: an order of 100,000 identifiers."""

_BOUND = "luutru.body"
"""Key of an ASGI scope."""

SLOWEST_BYTES = 16 << 10
"""A line of 2 kbit/s carries that in `PATIENCE_SECONDS`; who sends slower only holds a connection."""


@dataclass(slots=True)
class _Bound:
    """Of the body of one request."""

    lifted: bool = False


def lift(scope: Scope) -> None:
    """Whoever reads the body piece by piece bounds it as it comes."""
    bound = scope.get(_BOUND)
    if isinstance(bound, _Bound):
        bound.lifted = True


class Bounded:
    """Bodies that are read at once (JSON, forms) are small and come soon: nobody fills the memory, or holds a line.

    Args:
        application: What comes next.
        most_bytes: Of a body that is not read by `pieces`.
        patience: Seconds in which such a body has to be there.
    """

    def __init__(
        self, application: ASGIApp, most_bytes: int = MOST_AT_ONCE_BYTES, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._application = application
        self._most = most_bytes
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        bound = _Bound()
        taken, ended = 0, False
        until = asyncio.get_running_loop().time() + self._patience

        async def bounded() -> Message:
            nonlocal taken, ended
            if bound.lifted or ended:
                # After its end only the breaking of the connection is waited for.
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, f"not there within {self._patience:.0f} s") from None
            taken += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if taken > self._most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body of more than {self._most} bytes")
            return message

        await self._application({**scope, _BOUND: bound}, bounded, send)


async def pieces(request: Request, patience: float = PATIENCE_SECONDS) -> AsyncIterator[bytes]:
    """The body in pieces of a mebibyte: a server hands over small ones, and a thread for each would cost more.

    Args:
        request: Its body has not been read.
        patience: Seconds in which at least `SLOWEST_BYTES` have to come.

    Raises:
        ClientDisconnect: the connection broke; what came before has been handed out.
        ApiError: `api.slow`, the body comes too slowly; what came before has been handed out.
    """
    lift(request.scope)
    buffer = bytearray()
    stream = request.stream()
    try:
        while await _burst(stream, buffer, patience):
            if len(buffer) >= PIECE_BYTES:
                yield bytes(buffer)
                buffer.clear()
    except (ClientDisconnect, ApiError):
        if buffer:
            yield bytes(buffer)
        raise
    if buffer:
        yield bytes(buffer)


async def _burst(stream: AsyncIterator[bytes], buffer: bytearray, patience: float) -> bool:
    """Put the next bytes, at least `SLOWEST_BYTES` or the rest, into `buffer`; False at the end."""
    came = 0
    try:
        async with asyncio.timeout(patience):
            async for chunk in stream:
                buffer += chunk
                came += len(chunk)
                if came >= SLOWEST_BYTES:
                    return True
    except TimeoutError:
        msg = f"less than {SLOWEST_BYTES} bytes in {patience:.0f} s"
        raise ApiError("api.slow", msg) from None
    return False


async def whole(request: Request, limit: int) -> bytes:
    """A small body at once.

    Args:
        request: Its body has not been read.
        limit: Bytes.

    Raises:
        ApiError: `api.too_large`, more than `limit` came, or `api.slow`.
    """
    body = bytearray()
    async for piece in pieces(request):
        body += piece
        if len(body) > limit:
            msg = f"a body of more than {limit} bytes"
            raise ApiError("api.too_large", msg)
    return bytes(body)
