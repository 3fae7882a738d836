"""Help, and how a person likes to see the pages. Nothing of the holding."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from archive.api.rights import may
from archive.auth.policy import Action
from archive.web.preferences import own_path, remember
from archive.web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/help", dependencies=[may(Action.HELP)])
def help_page(request: Request) -> Response:
    """Keys and how to search."""
    return page(request, "help.html")


@router.get("/how-to-check", dependencies=[may(Action.HELP)])
def how_to_check(request: Request) -> Response:
    """How a document from here is checked without this archive."""
    return page(request, "how-to-check.html")


@router.get("/preferences", dependencies=[may(Action.OPEN)])
def preferences(request: Request, back: Annotated[str, Query(max_length=4000)] = "/") -> Response:
    """Keep a choice in the browser and lead back. A link, so that it works without script; it changes nothing else."""
    answer = RedirectResponse(own_path(back), 303, {"Cache-Control": "no-store"})
    for name, word in request.query_params.items():
        remember(answer, name, word, secure=request.url.scheme == "https")
    return answer
