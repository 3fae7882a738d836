"""What every request passes first: the name it asks for, the way it came, and the page that sent it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.api.connections import Connection, connection_of, is_known_host
from archive.api.problems import ApiError, problem
from archive.settings import ServeSettings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})

PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; font-src 'self' data: blob:; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""No inline script or style; the decoders of PDF.js are WebAssembly, fonts of a PDF come as data."""

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": PAGE_POLICY,
    # What says nothing else is kept by nobody.
    "Cache-Control": "no-store",
}
_MOST_QUERY_BYTES = 8 << 10
_TLS_ONLY = "max-age=63072000"
"""Two years: browsers that came by TLS once never come without."""


class Guard:
    """Refuses foreign host names (DNS rebinding), lines that can be listened to, and writing from foreign pages.

    What it finds out about the connection stands in the scope for those behind it (`scheme`, `client`).

    Args:
        application: What comes next.
        serve: Names, proxies.
    """

    def __init__(self, application: ASGIApp, serve: ServeSettings | None = None) -> None:
        self._application = application
        self._serve = serve or ServeSettings()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        connection = connection_of(scope, self._serve.proxies)

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                if connection.scheme == "https":
                    headers.setdefault("Strict-Transport-Security", _TLS_ONLY)
            await send(message)

        why = refusal(scope["method"], Headers(scope=scope), connection, self._serve.hosts)
        refused = ApiError("api.forbidden", why) if why is not None else None
        if refused is None and len(scope["query_string"]) > _MOST_QUERY_BYTES:
            # Pages repeat it in their links.
            refused = ApiError("api.invalid", f"a query of more than {_MOST_QUERY_BYTES} bytes")
        if refused is None:
            seen = {"scheme": connection.scheme, "client": (connection.address, 0)}
            await self._application({**scope, **seen}, receive, send_safely)
            return
        answer = problem(Request(scope), refused)
        await answer(scope, receive, send_safely)


def refusal(method: str, headers: Headers, connection: Connection, hosts: Sequence[str] = ()) -> str | None:
    """Why a request is refused, or None."""
    asked = headers.getlist("host")
    if len(asked) != 1 or not is_known_host(asked[0], hosts, connection.scheme):
        return "only this server's own names may be asked for"
    if not connection.secure:
        return "only by TLS"
    if method in SAFE_METHODS:
        return None
    if headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        return "sent by the page of another site"
    origin = headers.get("origin")
    if origin is not None and (urlsplit(origin).scheme, urlsplit(origin).netloc) != (connection.scheme, asked[0]):
        return "sent by the page of another site"
    return None
