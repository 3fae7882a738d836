"""Pages from templates: escaped by default, words from the catalogue."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from archive.auth.people import LOCAL_OPERATOR
from archive.auth.policy import Action, decide
from archive.version import VERSION
from archive.web.assets import STATIC, asset
from archive.web.language import language_of
from archive.web.navigation import entries_for, place_of
from archive.web.preferences import CHOICES, preferences_of, remember
from archive.web.words import Words
from metadata.messages import LANGUAGES

__all__ = ["STATIC", "marked", "page"]

_CHANGING_FORM = re.compile(r"<form\b[^>]*\bmethod=\"post\"[^>]*>")
"""What a value could look like this is escaped; forms stand in templates only."""

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # They change with the program only: a page is made of a dozen, each of which would be looked at anew.
        auto_reload=False,
    )
    environment.filters["marked"] = marked
    environment.globals["asset"] = asset
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
    other = next(name for name in LANGUAGES if name != language)
    here = _address(request, {"lang": None})
    context = {
        "w": words,
        "t": words.text,
        "language": language,
        "other": other,
        "version": VERSION,
        "path": request.url.path,
        "address": lambda **changes: _address(request, changes),
        "switch": _prefer(here, "lang", other),
        "prefer": lambda name, word: _prefer(here, name, word),
        "choices": CHOICES,
        "likes": preferences_of(request),
        "query": request.query_params.get("q", ""),
        **_person(request),
    }
    rendered = _environment().get_template(template).render(context | values)
    answer = HTMLResponse(with_form_token(rendered, request.scope.get("luutru.form_token", "")), status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Language"] = language
    if request.query_params.get("lang") == language:
        remember(answer, "lang", language, secure=request.url.scheme == "https")
    return answer


def with_form_token(rendered: str, token: str) -> str:
    """The page with the token of this session as first field of each form that changes something: none is forgotten."""
    field = f'<input type="hidden" name="csrf" value="{token}">'
    return _CHANGING_FORM.sub(lambda found: found[0] + field, rendered) if token else rendered


def _person(request: Request) -> dict[str, Any]:
    """Who looks, and where they may go."""
    person = getattr(request.state, "person", LOCAL_OPERATOR(""))
    places = list(entries_for(person))
    return {
        "person": person,
        "places": places,
        "place": place_of(request.url.path),
        "finds": any(entry.path == "/search" for entry in places),
        "hands_in": bool(decide(person, Action.SUBMIT)),
    }


def _prefer(here: str, name: str, word: str) -> str:
    """Address that keeps a choice and leads back to `here`."""
    return f"/preferences?{name}={word}&back={quote(here, safe='')}"


def _address(request: Request, changes: dict[str, Any]) -> str:
    """This page's address with some parameters changed; None and empty ones are left out, lists are repeated."""
    told = request.query_params
    parameters = {key: [word for word in told.getlist(key) if word] for key in told} | changes
    said = urlencode({key: value for key, value in parameters.items() if value not in (None, "", [])}, doseq=True)
    return f"{request.url.path}?{said}" if said else request.url.path
