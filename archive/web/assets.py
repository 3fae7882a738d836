"""Static files of the pages: kept for ever under an address that holds their digest, sent compressed."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
PREFIX = "/static"

_DIGITS = 12
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "public, no-cache"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
"""What a browser is sent as; licences and the lock are plain text."""


@cache
def _files() -> dict[str, Path]:
    found = (path for path in STATIC.rglob("*") if path.is_file())
    return {path.relative_to(STATIC).as_posix(): path for path in found}


@cache
def tree_digest() -> str:
    """Digest of all static files together.

    One for all, so that a script finds those beside it by their relative names
    under the same address; it changes with the program and not between.
    """
    whole = hashlib.sha256()
    for name, path in sorted(_files().items()):
        whole.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:_DIGITS]


def asset(name: str) -> str:
    """Address of the static file `name`, which may be kept for ever.

    Raises:
        KeyError: there is none: a defect of the program.
    """
    _files()[name]
    return f"{PREFIX}/{tree_digest()}/{name}"


@cache
def encoded(name: str, coding: str) -> bytes:
    """The bytes of `name` in a content coding (`gzip`, `identity`), made once a process."""
    data = _files()[name].read_bytes()
    return gzip.compress(data, 9, mtime=0) if coding == "gzip" else data


class StaticFiles:
    """Serves them. Only files that were there when the process first asked exist; a path is never opened as said."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            return
        await _answer(Request(scope))(scope, receive, send)


def _answer(request: Request) -> Response:
    if request.method not in {"GET", "HEAD"}:
        raise HTTPException(405, headers={"Allow": "GET, HEAD"})
    said = request.url.path.removeprefix(PREFIX).lstrip("/")
    lasting = said.startswith(f"{tree_digest()}/")
    name = said.partition("/")[2] if lasting else said
    if name not in _files():
        raise HTTPException(404)
    coding = _coding(Headers(scope=request.scope).get("accept-encoding", ""))
    headers = {
        "Cache-Control": _FOR_EVER if lasting else _ASK_AGAIN,
        "ETag": f'"{tree_digest()}-{coding}"',
        "Vary": "Accept-Encoding",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if coding != "identity":
        headers["Content-Encoding"] = coding
    media = _TYPES.get(Path(name).suffix, "text/plain; charset=utf-8")
    answer = Response(encoded(name, coding), headers=headers, media_type=media)
    if request.method == "HEAD":
        answer.body = b""
    return answer


def _coding(accepted: str) -> str:
    """The coding to send in; a weight of 0 refuses one."""
    for entry in accepted.split(","):
        token, _, weight = entry.strip().partition(";")
        if token.strip().lower() == "gzip":
            return "identity" if weight.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} else "gzip"
    return "identity"
