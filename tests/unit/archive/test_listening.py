"""What the server listens on."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import pytest

from archive.cli.commands.serve import listening


def test_answers_leave_at_once_and_not_when_their_head_was_acknowledged() -> None:
    async def asked() -> list[int]:
        told: list[int] = []

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection: socket.socket = writer.get_extra_info("socket")
            told.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listening("127.0.0.1", 0)[0] as listener:
            async with await asyncio.start_server(answer, sock=listener):
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                await reader.read()
                writer.close()
        return told

    (told,) = asyncio.run(asked())
    assert told


def test_sockets_of_one_address_are_dealt_to_and_shared_with_no_other_server() -> None:
    with ExitStack() as stack:
        listeners = [stack.enter_context(one) for one in listening("127.0.0.1", 0, 3)]
        (address,) = {one.getsockname() for one in listeners}
        host, number = address
        for count in (1, 2):
            with pytest.raises(OSError, match="in use"):
                listening(host, number, count)
        for one in listeners:
            one.settimeout(0)
        calls = [stack.enter_context(socket.create_connection(address, timeout=5)) for _ in range(60)]
        taken = []
        for one in listeners:
            count = 0
            try:
                while True:
                    stack.enter_context(one.accept()[0])
                    count += 1
            except BlockingIOError:
                taken.append(count)
        assert sum(taken) == len(calls)
        assert min(taken) > 0
