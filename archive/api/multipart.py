"""Forms with files (RFC 7578), read while they come: a file goes to the disk piece by piece, never into memory.

Only what browsers send is understood: no encodings of parts, no nesting, names in UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Request
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from archive.api.bodies import pieces
from archive.api.problems import ApiError

MOST_PARTS = 5000
"""A folder of more files is sent by script, or packed."""

_MOST_HEADER_BYTES = 8 << 10
_MOST_HEADERS = 8
_BOUNDARY = re.compile(r"boundary=(?:\"([^\"\r\n]{1,70})\"|([^\s;\"]{1,70}))")


@dataclass(frozen=True, slots=True)
class Part:
    """The head of a part."""

    name: str
    file: str | None
    """Name of the file as the browser tells it, with its folder where one was chosen; None: a field."""


Event = Part | bytes | None
"""A part begins, some of its bytes, it has ended."""


async def form_of(request: Request) -> AsyncIterator[Event]:
    """The parts of a form, in order; the bytes of each before the next begins.

    Raises:
        ApiError: no such form, broken off, more than `MOST_PARTS`, or it comes too slowly.
        ClientDisconnect: the connection broke.
    """
    kind = request.headers.get("content-type", "")
    found = _BOUNDARY.search(kind)
    if not kind.lower().startswith("multipart/form-data") or found is None:
        raise ApiError("api.media_type", "multipart/form-data")
    parser = PushMultipartParser(
        (found[1] or found[2]).encode("latin-1", "replace"),
        max_header_size=_MOST_HEADER_BYTES,
        max_header_count=_MOST_HEADERS,
        max_segment_count=MOST_PARTS,
    )
    begun = 0
    try:
        async for piece in pieces(request):
            for event in parser.parse(piece):
                if isinstance(event, MultipartSegment):
                    begun += 1
                    yield _part(event)
                else:
                    yield event
        # An empty piece is the end: it tells of a form that broke off.
        next(parser.parse(b""), None)
    except ParserLimitReached as error:
        if begun < MOST_PARTS:
            raise ApiError("api.invalid", f"form: {error}") from None
        msg = f"a form of more than {MOST_PARTS} parts: pack the folder, or send it with scripts allowed"
        raise ApiError("upload.too_many", msg) from None
    except MultipartError as error:
        raise ApiError("api.invalid", f"form: {error}") from None


def _part(told: MultipartSegment) -> Part:
    if not told.name:
        raise ApiError("api.invalid", "a part without name")
    return Part(told.name, told.filename)
