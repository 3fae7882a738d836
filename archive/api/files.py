"""Bytes of stored files over HTTP: ranges, validators, names of Vietnamese files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote

from fastapi import Request, Response, status
from fastapi.responses import StreamingResponse

from archive.api.problems import ApiError
from archive.services.made_files import MadeFile

_CHUNK_BYTES = 1 << 20
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_PLAIN = re.compile(r"[^A-Za-z0-9._ -]")

Open = Callable[[int, int], AbstractContextManager[BinaryIO]]
"""Opens `length` bytes from `offset` on."""


@dataclass(frozen=True, slots=True)
class Served:
    """A file as it goes out."""

    name: str
    mime: str
    size_bytes: int
    sha256: str
    open: Open
    closed: bool = False
    """Whether no browser may keep it: who comes after this person at the same machine must not find it there."""

    @property
    def kept(self) -> str:
        """`Cache-Control`."""
        return cache_control(closed=self.closed)


def cache_control(*, closed: bool) -> str:
    """`Cache-Control` of what is shown of a document."""
    # The bytes of an address may be the same for ever; the rights of who has them are not.
    return "private, no-store" if closed else "private, no-cache"


def has_it(request: Request, etag: str) -> bool:
    """Whether the caller has what `etag` names."""
    return etag in request.headers.get("if-none-match", "")


def disposition(name: str) -> str:
    """`Content-Disposition` of RFC 6266: always a download, the name in UTF-8 and in letters that everybody has."""
    base = name.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    return f"attachment; filename=\"{_PLAIN.sub('_', base) or '_'}\"; filename*=UTF-8''{quote(base, safe='')}"


def send(request: Request, file: Served) -> Response:
    """Answer GET or HEAD with the file or the range that is asked for.

    Raises:
        ApiError: the range lies outside.
    """
    etag = f'"{file.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": file.kept,
        "Content-Disposition": disposition(file.name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Repr-Digest": f"sha-256=:{_base64(file.sha256)}:",
    }
    if has_it(request, etag):
        return Response(status_code=304, headers=headers)
    wanted = _range(request, file, etag)
    start, end = wanted if wanted is not None else (0, file.size_bytes - 1)
    length = end - start + 1
    headers["Content-Length"] = str(length)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{end}/{file.size_bytes}"
    code = 200 if wanted is None else 206
    if request.method == "HEAD":
        return Response(status_code=code, headers=headers, media_type=file.mime)
    return StreamingResponse(_chunks(file.open, start, length), code, headers, file.mime)


def send_made(request: Request, file: MadeFile, mime: str, leaves: Callable[[], None] = lambda: None) -> Response:
    """Answer with a file that was made for this request; it is closed with its last byte, or where none goes out.

    Args:
        request: GET or HEAD.
        file: Nobody else's.
        mime: Its media type.
        leaves: Called before its first byte goes out; what it raises keeps the bytes in.

    Raises:
        ApiError: the range lies outside.
    """
    with ExitStack() as stack:
        stack.callback(file.close)
        answer = send(request, Served(file.name, mime, file.size_bytes, file.sha256, file.open))
        if request.method == "GET" and answer.status_code != status.HTTP_304_NOT_MODIFIED:
            leaves()
            # From here on the answer holds it.
            stack.pop_all()
        return answer


def _base64(hexadecimal: str) -> str:
    import base64  # noqa: PLC0415 - one line needs it

    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


def _range(request: Request, file: Served, etag: str) -> tuple[int, int] | None:
    """First and last byte; None for the whole, also for forms that a server may ignore (several ranges)."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or request.headers.get("if-range", etag) != etag or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if first == "":
        start, end = max(0, file.size_bytes - int(last)), file.size_bytes - 1
    else:
        start = int(first)
        end = min(int(last), file.size_bytes - 1) if last else file.size_bytes - 1
    if start > end or start >= file.size_bytes:
        raise ApiError("api.range", match[0], {"Content-Range": f"bytes */{file.size_bytes}"})
    return start, end


def _chunks(opened: Open, start: int, length: int) -> Iterator[bytes]:
    if length <= 0:
        return iter(())
    with ExitStack() as stack:
        # Opened before the first byte of the answer, so that a missing object is still told as a fault.
        stream = stack.enter_context(opened(start, length))
        closing = stack.pop_all()

    def chunks() -> Iterator[bytes]:
        left = length
        with closing:
            while left and (chunk := stream.read(min(left, _CHUNK_BYTES))):
                left -= len(chunk)
                yield chunk

    return chunks()
