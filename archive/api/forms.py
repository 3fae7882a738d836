"""The token that a page's form brings back (against forged forms), found without holding a long body in memory."""

from __future__ import annotations

import re
from collections import deque
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from archive.api.problems import ApiError

FIELD = "csrf"
HEADER = "x-csrf-token"
MOST_FORM_BYTES = 64 << 10
"""Of a form without files."""

MOST_FIELDS = 1000

_FIRST_PART_BYTES = 4 << 10
_PART = re.compile(rb'name="?csrf"?\r?\n(?:[^\r\n]+\r?\n)*\r?\n([0-9a-f]{64})\r?\n')


class Peeked:
    """A body whose beginning was read and is given again to who reads it next."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: deque[Message] = deque()
        self.beginning = bytearray()
        self.ended = False

    async def more(self) -> None:
        """Read one piece.

        Raises:
            ClientDisconnect: the connection broke.
        """
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self._read.append(message)
        self.beginning += message.get("body", b"")
        self.ended = not message.get("more_body", False)

    async def receive(self) -> Message:
        """See ASGI."""
        return self._read.popleft() if self._read else await self._receive()


async def form_token_of(headers: Headers, body: Peeked) -> str:
    """The token of a form: from the header that scripts send, else its field; of a form with files its first field.

    Raises:
        ApiError: a form without files is longer than any of ours.
        ClientDisconnect: the connection broke.
    """
    told = headers.get(HEADER)
    if told is not None:
        return told
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        while not body.ended and len(body.beginning) < _FIRST_PART_BYTES:
            await body.more()
            if _PART.search(body.beginning):
                break
        found = _PART.search(bytes(body.beginning[:_FIRST_PART_BYTES]))
        return found[1].decode() if found else ""
    if kind != "application/x-www-form-urlencoded":
        return ""
    while not body.ended:
        await body.more()
        if len(body.beginning) > MOST_FORM_BYTES:
            msg = f"a form of more than {MOST_FORM_BYTES} bytes"
            raise ApiError("upload.too_large", msg)
    try:
        fields = parse_qs(body.beginning.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS)
    except ValueError:
        msg = f"a form of more than {MOST_FIELDS} fields"
        raise ApiError("api.invalid", msg) from None
    return fields.get(FIELD, [""])[0]
