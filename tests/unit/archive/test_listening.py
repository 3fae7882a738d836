"""What the server listens on."""

from __future__ import annotations

import asyncio
import socket

from archive.cli.commands.serve import listening


def test_answers_leave_at_once_and_not_when_their_head_was_acknowledged() -> None:
    async def asked() -> list[int]:
        told: list[int] = []

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection: socket.socket = writer.get_extra_info("socket")
            told.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listening("127.0.0.1", 0) as listener:
            async with await asyncio.start_server(answer, sock=listener):
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                await reader.read()
                writer.close()
        return told

    (told,) = asyncio.run(asked())
    assert told
