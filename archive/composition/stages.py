"""The nine stages with their engines, and the readers of deliveries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from archive.composition.trusting import intake_judge
from archive.services.submissions import SheetChecks
from archive.settings import Settings
from archive.version import VERSION
from ingest.engines.siegfried import SiegfriedIdentifier
from ingest.facts import Tool
from ingest.packaging.provenance import ArchiveBody
from ingest.pipeline import ORDER, Pipeline
from ingest.ports import Reader, Workers
from ingest.readers.folder import FolderReader
from ingest.stages.identify import Identify
from ingest.stages.index import Index
from ingest.stages.package import Package
from ingest.stages.pdfa import Pdfa
from ingest.stages.receive import SECRETS, Receive
from ingest.stages.signatures import Signatures
from ingest.stages.store import Store
from ingest.stages.text import Text
from ingest.stages.validate import Validate
from ingest.work import Stage
from metadata.descriptions import Delivery, DossierDescription
from metadata.findings import Finding
from metadata.rules import errors_of
from metadata.validation import check_delivery, check_measured

if TYPE_CHECKING:
    from archive.composition.installation import Installation

Checks = Callable[[Delivery], Mapping[str, tuple[Finding, ...]]]


def make_readers(workers: Workers) -> tuple[Reader, ...]:
    """Readers in the order in which they are asked."""
    return (FolderReader(workers),)


def metadata_checks(settings: Settings) -> Checks:
    """Rules of metadata with the operator's refused categories bound."""
    return partial(check_delivery, refused=settings.intake.refused_categories)


def sheet_checks(settings: Settings) -> SheetChecks:
    """Everything that can be said of a dossier from its metadata alone."""
    checks = metadata_checks(settings)

    def check(delivery: Delivery, dossier: DossierDescription) -> tuple[Finding, ...]:
        code = dossier.file_code
        found = (*delivery.findings, *delivery.dossier_findings.get(code, ()), *checks(delivery).get(code, ()))
        return tuple({finding.model_dump_json(): finding for finding in found}.values())

    return check


def holds_secret(settings: Settings) -> Callable[[Delivery], bool]:
    """Whether any dossier of a delivery carries a secret grade."""
    checks = metadata_checks(settings)

    def holds(delivery: Delivery) -> bool:
        found = [
            *delivery.findings,
            *(finding for entry in delivery.dossier_findings.values() for finding in entry),
            *(finding for entry in checks(delivery).values() for finding in entry),
        ]
        return any(finding.rule.startswith(SECRETS) for finding in errors_of(tuple(found)))

    return holds


class _Shelf:
    """Catalogue and storage as the stage `index` wants them."""

    def __init__(self, archive: Installation) -> None:
        self.documents_to_index = archive.stored.documents_to_index
        self.indexed = archive.catalogue.indexed


def make_pipeline(archive: Installation) -> Pipeline:
    """All nine stages, wired."""
    checks = metadata_checks(archive.settings)
    workers, clock = archive.workers, archive.clock
    names = {row["code"]: row["name"] for row in archive.catalogue.agencies()}
    stages: tuple[Stage, ...] = (
        Receive(checks, clock),
        Identify(SiegfriedIdentifier(workers)),
        Validate(workers, archive.scanner, checks, check_measured, archive.catalogue),
        Signatures(intake_judge(archive)),
        Text(workers),
        Pdfa(workers, archive.pdfa_judge),
        Package(
            clock,
            Tool(name="luutru", version=VERSION),
            ArchiveBody(archive.settings.archive.name, archive.settings.archive.code),
            lambda code: names.get(code, ""),
        ),
        Store(archive.packages, archive.ledger, archive.evidence, clock),
        Index(archive.index, _Shelf(archive)),
    )
    return Pipeline(dict(zip(ORDER, stages, strict=True)))
