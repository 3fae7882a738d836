"""JSON of the API: the contract's lines, with links instead of paths of the server's disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archive.catalogue.journal import Job
from archive.services import lines
from archive.services.answers import DossierAnswer
from metadata.package import PackageFile
from metadata.verdicts import SignatureVerdict
from search.ports import Hit

ROOT = "/api/v1"


def job_line(job: Job) -> dict[str, Any]:
    """The contract's line of a job, with its address."""
    return lines.job_line(job) | {"href": f"{ROOT}/jobs/{job.id}"}


def submission_line(row: Mapping[str, Any]) -> dict[str, Any]:
    """One submission of a list."""
    return {
        "submission_id": row["id"],
        "agency": row["agency"],
        "path": Path(row["path"]).name,
        "operator": row["operator"],
        "reader": row["reader"],
        "profile": row["profile"],
        "received_at": row["received_at"],
        "href": f"{ROOT}/submissions/{row['id']}",
    }


def answer_line(answer: DossierAnswer, language: str) -> dict[str, Any]:
    """The contract's line of a dossier of a submission."""
    return answer.as_json(language) | {
        "path": Path(answer.path).name,
        "receipt": f"{ROOT}/submissions/{answer.submission_id}/receipt",
    }


def dossier_line(row: Mapping[str, Any]) -> dict[str, Any]:
    """One dossier of a list."""
    return {
        "package_id": row["package_id"],
        "agency": row["agency"],
        "file_code": row["file_code"],
        "title": row["title"],
        "documents": row["documents"],
        "submission_id": row["submission_id"],
        "stored_at": row["stored_at"],
        "href": f"{ROOT}/dossiers/{row['package_id']}",
    }


def hit_line(hit: Hit) -> dict[str, Any]:
    """The contract's line of a hit, with its address."""
    return lines.hit_line(hit) | {"href": f"{ROOT}/documents/{hit.package_id}/{hit.ordinal}"}


def file_href(package_id: str, ordinal: int, file: PackageFile | Mapping[str, Any]) -> str:
    """Where the bytes of a document's file are had."""
    said = file if isinstance(file, Mapping) else file.model_dump(mode="json")
    name = str(said["path"]).rsplit("/", maxsplit=1)[-1]
    return f"{ROOT}/documents/{package_id}/{ordinal}/files/{said['representation']}/{name}"


def verdict_line(file: str, verdict: SignatureVerdict | Mapping[str, Any]) -> dict[str, Any]:
    """The contract's line of a verdict."""
    said = dict(verdict) if isinstance(verdict, Mapping) else verdict.model_dump(mode="json")
    return {"file": file, "signature": said.pop("field"), **said}
