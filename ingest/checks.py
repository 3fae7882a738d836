"""Rules that are handed to the stages from outside, and what is known of a dossier before a file is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ingest.work import WorkItem
from metadata.descriptions import Delivery, DossierDescription
from metadata.findings import Finding

Checks = Callable[[Delivery], Mapping[str, tuple[Finding, ...]]]
"""The rules of metadata, by dossier code (`metadata.validation.check_delivery`, with the operator's settings bound)."""

MeasuredChecks = Callable[[DossierDescription, Mapping[int, int | None]], tuple[Finding, ...]]
"""Rules that need measured pages by ordinal, None where none could be measured (`metadata.validation`)."""


class DuplicateLookup(Protocol):
    """What the archive already holds. Places are told as people know them, such as `H49.64.33.2001.160/3`."""

    def by_digest(self, sha256: str, *, besides: str) -> Sequence[str]:
        """Places of files with these bytes, without those of package `besides`; at most a few."""
        ...

    def by_number(self, number: str, *, body: str, date: str, besides: str) -> Sequence[str]:
        """Places of documents with this number and notation, issuing body and date; at most a few."""
        ...


class NothingHeld:
    """The lookup of an archive that holds nothing yet, or of a check that must not ask."""

    def by_digest(self, sha256: str, *, besides: str) -> Sequence[str]:
        """See `DuplicateLookup.by_digest`."""
        del sha256, besides
        return ()

    def by_number(self, number: str, *, body: str, date: str, besides: str) -> Sequence[str]:
        """See `DuplicateLookup.by_number`."""
        del number, body, date, besides
        return ()


def known_findings(item: WorkItem, checks: Checks) -> tuple[Finding, ...]:
    """What is known before any file is opened: of the delivery, of the dossier, of its metadata; each once."""
    code = item.dossier.file_code
    found = (
        *item.delivery.findings,
        *item.delivery.dossier_findings.get(code, ()),
        *checks(item.delivery).get(code, ()),
    )
    return tuple({finding.model_dump_json(): finding for finding in found}.values())
