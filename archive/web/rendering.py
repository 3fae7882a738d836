"""Pages from templates: escaped by default, words from the catalogue."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from archive.version import VERSION
from archive.web.language import COOKIE, language_of
from archive.web.words import Words
from metadata.messages import LANGUAGES

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_YEAR_SECONDS = 31_536_000


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marked"] = marked
    return environment


def marked(snippet: str) -> Markup:
    """A snippet of the search: its marks stay, whatever else looks like a tag is shown as text."""
    safe = snippet.replace("<em>", "\x00").replace("</em>", "\x01")
    safe = safe.replace("<", "&lt;").replace(">", "&gt;").replace("\x00", "<mark>").replace("\x01", "</mark>")
    return Markup(safe)  # noqa: S704 - nothing but our two tags is left in it


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401
    """The page `template`; a language chosen by its address is remembered."""
    language = language_of(request)
    words = Words(language)
    context = {
        "w": words,
        "t": words.text,
        "language": language,
        "version": VERSION,
        "path": request.url.path,
        "address": lambda **changes: _address(request, changes),
        "switch": _address(request, {"lang": next(other for other in LANGUAGES if other != language)}),
        "query": request.query_params.get("q", ""),
    }
    answer = HTMLResponse(_environment().get_template(template).render(context | values), status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = language
    if request.query_params.get("lang") == language:
        answer.set_cookie(COOKIE, language, max_age=_YEAR_SECONDS, samesite="strict", httponly=True)
    return answer


def _address(request: Request, changes: dict[str, Any]) -> str:
    """This page's address with some parameters changed; None and empty ones are left out."""
    parameters = dict(request.query_params) | changes
    said = urlencode({key: value for key, value in parameters.items() if value not in {None, ""}})
    return f"{request.url.path}?{said}" if said else request.url.path
