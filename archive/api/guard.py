"""What every request passes while nobody signs in: only this machine's own pages may speak to the archive."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.api.problems import ApiError, problem

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
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
}


class Guard:
    """Refuses foreign host names (DNS rebinding) and writing from foreign pages; adds the headers of safety."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        why = refusal(scope["method"], Headers(scope=scope))
        if why is None:
            await self._application(scope, receive, send_safely)
            return
        answer = problem(Request(scope), ApiError("api.forbidden", why))
        await answer(scope, receive, send_safely)


def refusal(method: str, headers: Headers) -> str | None:
    """Why a request is refused, or None."""
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_loopback(hosts[0]):
        return "only the machine's own name may be asked for"
    if method in _SAFE_METHODS:
        return None
    if headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        return "sent by the page of another site"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != hosts[0]:
        return "sent by the page of another site"
    return None


def is_loopback(host: str) -> bool:
    """Whether `host`, with or without port, names this machine and nothing else."""
    if "@" in host or "/" in host:
        return False
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
