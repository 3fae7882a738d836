"""Conversions of stored descriptions from one circular to another, as jobs; report and workbook when they are done."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum, unique
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from archive.api.access import LanguageDep, tagged
from archive.api.files import Served, send
from archive.api.lines import ROOT, job_line
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.auth.policy import Action, scope_of
from archive.catalogue.duties import DutyKind
from archive.catalogue.journal import JobStatus
from archive.composition.converting import conversion_jobs
from archive.durable import faults_of, write_durably
from archive.services.conversion import Ends
from archive.services.conversion_jobs import REPORT, WORKBOOK, Order
from metadata.digests import digests_of_file
from metadata.errors import NotFoundError
from metadata.profiles import PROFILES

router = APIRouter(prefix="/profile-conversions", tags=["profile-conversions"])
Describing = Annotated[Asking, may(Action.DESCRIBE)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ProfileId = Annotated[str, Field(pattern="^(" + "|".join(PROFILES) + ")$")]


def _asked(login: str) -> str:
    """Name of the file that says of which dossiers `login` ordered it: they are asked for again when it is fetched."""
    return f"asked-{hashlib.sha256(login.encode()).hexdigest()[:32]}.json"


@unique
class Result(StrEnum):
    """What a conversion gives."""

    REPORT = "report"
    WORKBOOK = "workbook"


_FILES = {Result.REPORT: REPORT, Result.WORKBOOK: WORKBOOK}


class NewConversion(BaseModel):
    """What is converted."""

    model_config = ConfigDict(extra="forbid")

    source: Annotated[ProfileId, Field(alias="from")]
    target: Annotated[ProfileId, Field(alias="to")]
    ids: Annotated[list[Annotated[str, Field(min_length=1, max_length=400)]], Field(max_length=1000)] = []
    """Dossiers; none: the whole holding."""


@router.post("", status_code=202, responses={202: {"description": "Ordered; `Location` is the job"}})
def order(asking: Describing, language: LanguageDep, said: NewConversion) -> Response:
    """Order a conversion, as `luutru convert-profile` does it; the same order while it runs is the same job."""
    ends = Ends(said.source, said.target).checked()
    if not said.ids:
        asking.everything()
    dossiers = tuple(dict.fromkeys(_dossier(asking, identifier) for identifier in said.ids))
    jobs = conversion_jobs(asking.archive)
    job_id = jobs.order(Order(ends, dossiers, "", language))
    write_durably(jobs.root / job_id / _asked(asking.login), json.dumps(dossiers).encode())
    body = job_line(asking.archive.duties.duty(job_id)) | _links(job_id)
    return JSONResponse(body, 202, {"Location": f"{ROOT}/jobs/{job_id}"})


def _dossier(asking: Asking, identifier: str) -> str:
    place = asking.place(identifier)
    within = scope_of(asking.person, Action.DESCRIBE)
    if place.ordinal is not None or asking.archive.catalogue.hidden_ordinals(place.dossier_id, within=within):
        # Descriptions are converted dossier by dossier: who may not read one of them converts none.
        raise NotFoundError(identifier)
    return place.dossier_id


def _links(job_id: str) -> dict[str, str]:
    href = f"{ROOT}/profile-conversions/{job_id}"
    return {"href": href, "job_href": f"{ROOT}/jobs/{job_id}"} | {
        result.value: f"{href}/{result.value}" for result in Result
    }


@router.get("/{job_id}")
def conversion(request: Request, asking: Describing, job_id: str) -> Response:
    """One conversion."""
    _asked_for(asking, job_id)
    return tagged(request, job_line(asking.archive.duties.duty(job_id)) | _links(job_id))


def _asked_for(asking: Asking, job_id: str) -> Path:
    """Folder of a conversion that the caller may have.

    Raises:
        NotFoundError: there is none, or not for them.
    """
    if not job_id.replace("-", "").isalnum():
        raise NotFoundError(job_id)
    folder = conversion_jobs(asking.archive).root / job_id
    try:
        dossiers = json.loads((folder / _asked(asking.login)).read_bytes())
    except (FileNotFoundError, ValueError):
        raise NotFoundError(job_id) from None
    for dossier_id in dossiers:
        _dossier(asking, dossier_id)
    if not dossiers:
        asking.everything()
    return folder


@router.get(
    "/{job_id}/{result}",
    response_class=Response,
    responses={
        200: {"content": {XLSX: {}}},
        206: {"description": "The range that was asked for"},
        304: {"description": "The caller has it"},
        409: {"description": "`api.conflict`: it is not done yet"},
        416: {"description": "`api.range`"},
    },
)
@router.head("/{job_id}/{result}", include_in_schema=False)
def fetched(request: Request, asking: Describing, job_id: str, result: Result) -> Response:
    """Report (counts, every loss and doubt) or workbook (the converted descriptions)."""
    folder = _asked_for(asking, job_id)
    job = asking.archive.duties.duty(job_id)
    path = folder / _FILES[result]
    if job.kind != DutyKind.CONVERSION.value:
        raise NotFoundError(job_id)
    if job.status is not JobStatus.DONE or not path.is_file():
        raise ApiError("api.conflict", f"{job_id}: {job.status.value}")
    with faults_of(path):
        digests = digests_of_file(path)

    def opened(offset: int, length: int) -> Any:  # noqa: ANN401 - see `Open`
        del length
        stream = path.open("rb")
        stream.seek(offset)
        return stream

    return send(request, Served(path.name, XLSX, digests.size_bytes, digests.sha256, opened))
