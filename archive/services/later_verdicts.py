"""Verdicts that were given after a package was stored: found by the trail, kept among the evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import ValidationError

from archive.catalogue.trail import AuditTrail
from metadata.events import EventType
from metadata.package import FileVerdicts, PackageRecord

FORMAT = "luutru-judgement 1"


class EvidenceReader(Protocol):
    """Reads objects that are kept for ever (`storage.evidence.EvidenceObjects`)."""

    def get(self, sha256: str) -> bytes:
        """The object with this digest."""
        ...


@dataclass(frozen=True, slots=True)
class LaterVerdicts:
    """Reads judgements back, the newest for each file."""

    trail: AuditTrail
    evidence: EvidenceReader

    def latest(self, record: PackageRecord) -> Mapping[str, FileVerdicts]:
        """The newest verdicts on files of a part, by path; files that were never judged again are absent.

        Raises:
            ArchiveError: an object that the trail names is missing or altered.
        """
        newest: dict[tuple[str, str], str] = {}
        for event in self.trail.of([record.package_id]):
            detail = event.get("detail") or {}
            if event["type"] == EventType.SIGNATURE_VALIDATION.value and "judgement" in detail:
                newest[detail["document"], detail["file"]] = detail["judgement"]
        found = (read_judgement(self.evidence.get(name)) for name in newest.values())
        return {entry.path: entry for entry in found if entry is not None}


def judgement_document(package_id: str, reason: str, entry: FileVerdicts) -> bytes:
    """A judgement as it is kept: canonical JSON."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "package_id": package_id,
        "reason": reason,
        "file": entry.model_dump(mode="json"),
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_judgement(document: bytes) -> FileVerdicts | None:
    """The verdicts in a kept judgement; None for one of a form that this version does not know."""
    try:
        said = json.loads(document)
        return FileVerdicts.model_validate(said["file"]) if said.get("format") == FORMAT else None
    except (ValueError, KeyError, AttributeError, ValidationError):
        return None
