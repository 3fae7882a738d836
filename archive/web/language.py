"""The language of an HTTP request."""

from __future__ import annotations

from starlette.requests import Request

from metadata.messages import LANGUAGES

COOKIE = "luutru-lang"
DEFAULT = "vi"


def language_of(request: Request) -> str:
    """`lang` of the address, else the cookie of the switch, else the first of `Accept-Language` that we speak."""
    for said in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if said in LANGUAGES:
            return said
    for entry in request.headers.get("accept-language", "").split(","):
        tag = entry.partition(";")[0].strip().lower()[:2]
        if tag in LANGUAGES:
            return tag
    return DEFAULT
