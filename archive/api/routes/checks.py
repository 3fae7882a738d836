"""Signatures, fixity, agencies, health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from archive.api.access import ArchiveDep, LanguageDep
from archive.api.lines import verdict_line
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.composition.validating import verdicts_shown
from archive.web.reading import asked_document
from metadata.errors import ArchiveError
from metadata.rules import as_json

router = APIRouter()

_UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_MAX_CHECKED = 100
_NOT_READY: dict[str, Any] = {"description": "Something needed does not answer", "content": {"application/json": {}}}
PackageId = Annotated[str, Field(pattern=f"^{_UUID}$")]


class FixityRequest(BaseModel):
    """Which packages are read back: named ones, or some by chance."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[PackageId], Field(max_length=_MAX_CHECKED)] = []
    sample: Annotated[int | None, Field(ge=1, le=_MAX_CHECKED)] = None


class ValidationRequest(BaseModel):
    """The document whose signatures are judged now."""

    model_config = ConfigDict(extra="forbid")

    package_id: PackageId
    ordinal: Annotated[int, Field(ge=0, le=999_999_999)]


@router.get("/signatures", tags=["signatures"])
def signatures(
    asking: Annotated[Asking, may(Action.VERDICT_READ)],
    package_id: Annotated[str, Query(max_length=400)],
    ordinal: Annotated[int, Query(ge=0, le=999_999_999)],
) -> dict[str, Any]:
    """The verdicts on a document's signatures as they were judged at intake."""
    reading = asked_document(asking, package_id, ordinal)
    verdicts_shown(asking.archive, reading.record, ordinal, operator=asking.login)
    items = [verdict_line(entry.path, one) for entry in reading.document.verdicts for one in entry.verdicts]
    return {"items": items, "next": None}


@router.post("/signatures", tags=["signatures"])
def validate(asking: Annotated[Asking, may(Action.REPLAY)], said: ValidationRequest) -> dict[str, Any]:
    """Judge a document's signatures now, with the trust in force."""
    asking.place(f"{said.package_id}/{said.ordinal}")
    service = asking.archive.signature_service(None, operator=asking.login)
    items = [
        verdict_line(file, verdict)
        for file, verdicts in service.validate(f"{said.package_id}/{said.ordinal}")
        for verdict in verdicts
    ]
    return {"items": items, "next": None}


@router.post("/fixity-checks", status_code=201, tags=["fixity-checks"])
def fixity_checks(
    asking: Annotated[Asking, may(Action.SYSTEM_READ)], language: LanguageDep, said: FixityRequest
) -> dict[str, Any]:
    """Read packages back and compare every byte; at most 100 in one call (`luutru fixity check --all` for more)."""
    asking.everything()
    archive, items = asking.archive, []
    for package_id in archive.fixity.choose(said.ids, everything=False, sample=None if said.ids else said.sample or 1):
        report = archive.fixity.check(package_id)
        items.append(
            {
                "package_id": package_id,
                "location": report.location,
                "files": report.files,
                "bytes": report.bytes_read,
                "ok": report.ok,
                "repaired": 0,
                "findings": [as_json(finding, language) for finding in report.findings],
            }
        )
    return {"items": items, "next": None}


@router.get("/agencies", tags=["agencies"])
def agencies(asking: Annotated[Asking, may(Action.ACCOUNT)]) -> dict[str, Any]:
    """Agencies in which the caller has a role."""
    return {"items": asking.archive.catalogue.agencies(within=asking.anything), "next": None}


@router.get("/health/live", tags=["health"], dependencies=[may(Action.OPEN)])
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready", tags=["health"], responses={503: _NOT_READY}, dependencies=[may(Action.OPEN)])
def ready(archive: ArchiveDep) -> JSONResponse:
    """Database, storage and index answer now, and signatures can be judged."""
    probes: dict[str, Callable[[], object]] = {
        "database": archive.catalogue.agencies,
        "storage": archive.store.ready,
        "index": archive.index.ready,
        "trust": archive.trusting.ready,
    }
    checks = {name: _state(probe) for name, probe in probes.items()}
    healthy = all(check["status"] == "ok" for check in checks.values())
    body = {"status": "ok" if healthy else "fail", "checks": checks}
    return JSONResponse(body, 200 if healthy else 503, {"Cache-Control": "no-store"})


def _state(probe: Callable[[], object]) -> dict[str, str]:
    try:
        probe()
    except ArchiveError as error:
        # Strangers ask here: places and servers are told by `luutru doctor`.
        return {"status": "fail", "code": error.code}
    return {"status": "ok"}
