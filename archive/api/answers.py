"""An error as an answer, for what stands in front of the routes: a problem document for programs, a page for people."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from archive.api.problems import problem, status_of, title_of
from archive.web.errors import error_page
from archive.web.language import language_of
from metadata.errors import ArchiveError


def answer_of(scope: Scope, error: ArchiveError) -> Response:
    """What a visitor gets to see of `error`."""
    request = Request(scope)
    if request.url.path.startswith("/api/"):
        return problem(request, error)
    title = title_of(error.code, language_of(request))
    answer = error_page(request, int(status_of(error)), title, str(error))
    answer.headers.update(getattr(error, "headers", {}))
    return answer
