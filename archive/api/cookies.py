"""The cookies of sign-in: host-bound and secure wherever there is TLS, never readable by scripts."""

from __future__ import annotations

from starlette.datastructures import Headers

from archive.auth.passwords import BROWSER_DAYS

SESSION, FORM, BROWSER = "luutru-session", "luutru-form", "luutru-browser"
"""Names without TLS; with it they begin with `__Host-`, so that no other server of the domain can plant one."""


def name_of(cookie: str, scheme: str) -> str:
    """Name of a cookie on such a line."""
    return f"__Host-{cookie}" if scheme == "https" else cookie


def sent(headers: Headers, cookie: str, scheme: str) -> str:
    """Value of a cookie that a browser sent; empty: none, or several that contradict each other."""
    name = name_of(cookie, scheme)
    values = set()
    for header in headers.getlist("cookie"):
        for part in header.split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                values.add(value)
    return values.pop() if len(values) == 1 else ""


def header(cookie: str, value: str, scheme: str) -> str:
    """The `Set-Cookie` that gives a cookie, or with an empty value takes it away.

    It ends with the browser; but for the one by which the browser is known, which opens nothing.
    """
    parts = [f"{name_of(cookie, scheme)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if scheme == "https":
        parts.append("Secure")
    if not value:
        parts.append("Max-Age=0")
    elif cookie == BROWSER:
        parts.append(f"Max-Age={BROWSER_DAYS * 86400}")
    return "; ".join(parts)
