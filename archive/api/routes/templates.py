"""The workbooks that people fill in before they deliver."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Request, Response, status
from fastapi import Path as PathParameter

from archive.api.access import LanguageDep
from archive.api.files import send_made
from archive.api.lines import ROOT
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.reports.templates import write_template
from archive.services.made_files import made_file
from metadata.profiles import PROFILES, profile
from metadata.time import from_rfc3339

router = APIRouter(prefix="/templates", tags=["templates"])
Helped = Annotated[Asking, may(Action.HELP)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_CREATED = from_rfc3339("2025-07-01T00:00:00+07:00")
"""Stands in the workbook's properties: the same template is the same file, so that its ETag means something."""

ProfileId = Annotated[str, PathParameter(pattern="^(" + "|".join(PROFILES) + ")$")]


@router.get("")
def templates(_: Helped, language: LanguageDep) -> dict[str, Any]:
    """Circulars that have a template."""
    items = [
        {"profile": name, "title": profile(name).titles[language], "href": f"{ROOT}/templates/{name}"}
        for name in PROFILES
    ]
    return {"items": items, "next": None}


@router.get(
    "/{profile_id}",
    response_class=Response,
    responses={
        status.HTTP_200_OK: {"content": {XLSX: {}}},
        status.HTTP_206_PARTIAL_CONTENT: {"description": "The range that was asked for"},
        status.HTTP_304_NOT_MODIFIED: {"description": "The caller has it"},
        status.HTTP_416_RANGE_NOT_SATISFIABLE: {"description": "`api.range`"},
    },
)
@router.head("/{profile_id}", include_in_schema=False)
def template(request: Request, asking: Helped, language: LanguageDep, profile_id: ProfileId) -> Response:
    """The workbook of a circular, as `luutru template` writes it; comments in the language of the caller."""
    opened = _opened(asking.archive.home.scratch, profile_id, language)
    return send_made(request, made_file(f"mau-{profile_id}.xlsx", opened), XLSX)


@contextmanager
def _opened(scratch: Path, profile_id: str, language: str) -> Iterator[BinaryIO]:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / "template.xlsx"
        write_template(path, profile_id, language, created=_CREATED)
        with path.open("rb") as stream:
            yield stream
