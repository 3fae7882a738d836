"""What people see instead of a page that cannot be made."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse

from archive.web.rendering import page


def error_page(request: Request, status: int, title: str, detail: str) -> HTMLResponse:
    """A page that says what went wrong and leads on."""
    return page(request, "error.html", status, code=status, title=title, detail=detail)
