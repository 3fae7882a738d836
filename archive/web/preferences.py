"""How a person likes to see the pages: kept in cookies of the browser, so that it holds before anybody signs in."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from archive.web.language import COOKIE as LANGUAGE_COOKIE
from metadata.messages import LANGUAGES

_YEAR_SECONDS = 31_536_000

CHOICES = {
    "theme": ("auto", "light", "dark"),
    "density": ("roomy", "compact"),
    "keys": ("on", "off"),
}
"""What may be chosen; the first of each is what holds when nothing was."""

_COOKIES = {name: f"luutru-{name}" for name in CHOICES} | {"lang": LANGUAGE_COOKIE}


@dataclass(frozen=True, slots=True)
class Preferences:
    """What was chosen."""

    theme: str
    density: str
    keys: str
    """`off`: letters alone do nothing (WCAG 2.1.4)."""


def preferences_of(request: Request) -> Preferences:
    """What the browser says; a word that nobody offered counts as none."""
    told = {name: request.cookies.get(_COOKIES[name], "") for name in CHOICES}
    return Preferences(**{name: told[name] if told[name] in words else words[0] for name, words in CHOICES.items()})


def remember(answer: Response, name: str, word: str, *, secure: bool) -> None:
    """Keep a choice in the browser; one that nobody offered is not kept.

    Args:
        answer: That tells the browser.
        name: What is chosen: one of `CHOICES`, or `lang`.
        word: The choice.
        secure: Whether the connection is encrypted; then the cookie never leaves by another.
    """
    if word in (LANGUAGES if name == "lang" else CHOICES.get(name, ())):
        answer.set_cookie(_COOKIES[name], word, max_age=_YEAR_SECONDS, samesite="lax", httponly=True, secure=secure)


def own_path(said: str) -> str:
    """A path of this site to lead back to; anything that could lead elsewhere is the home page."""
    plain = said.startswith("/") and not said.startswith(("//", "/\\"))
    return said if plain and said.isprintable() and "\\" not in said else "/"
