"""The nine stages with their engines, and the readers of deliveries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from archive.composition.trusting import intake_judge
from archive.services.authorities import Authorities
from archive.services.submissions import SheetChecks
from archive.settings import Settings
from archive.version import VERSION
from ingest.checks import told_of
from ingest.engines.siegfried import SiegfriedIdentifier
from ingest.facts import Tool
from ingest.packaging.provenance import ArchiveBody
from ingest.pipeline import ORDER, Pipeline
from ingest.ports import Explainer, Reader, Reading, Workers
from ingest.readers.archivematica import ArchivematicaReader
from ingest.readers.bagit import BagReader
from ingest.readers.containers import Containers
from ingest.readers.eark.reader import PackageReader
from ingest.readers.edxml.reader import EdxmlReader
from ingest.readers.explainer import DeliveryExplainer
from ingest.readers.folder import FolderReader
from ingest.readers.mail import MailReader
from ingest.readers.packed import ContainerReader
from ingest.readers.roda import RodaReader
from ingest.stages.identify import Identify
from ingest.stages.index import Index
from ingest.stages.package import Package
from ingest.stages.pdfa import Pdfa
from ingest.stages.receive import Receive
from ingest.stages.signatures import Signatures
from ingest.stages.store import Store
from ingest.stages.text import Text
from ingest.stages.validate import Validate
from ingest.work import Stage
from metadata.authorities.checking import with_tables
from metadata.descriptions import Delivery, DossierDescription
from metadata.findings import Finding
from metadata.rules import secrets_of
from metadata.validation import check_delivery, check_measured, check_secrets

if TYPE_CHECKING:
    from archive.composition.installation import Installation

Checks = Callable[[Delivery], Mapping[str, tuple[Finding, ...]]]


def make_readers(workers: Workers, reading: Reading) -> tuple[Reader, ...]:
    """Readers in the order in which they are asked.

    Args:
        workers: For parsing.
        reading: What the person who hands in says of the delivery.
    """
    lists = FolderReader(workers, reading)
    foreign = (ArchivematicaReader(workers), RodaReader(workers))
    packages: tuple[Reader, ...] = (*foreign, PackageReader(workers, register=reading.register))
    mails = MailReader(workers)
    inside = (BagReader(workers, (*packages, lists)), *packages, EdxmlReader(workers, lists), mails, lists)
    return (ContainerReader(Containers(workers), inside, reading.added), *inside)


def make_explainer(workers: Workers, reading: Reading) -> Explainer:
    """Says how the spreadsheets of a delivery are understood."""
    return DeliveryExplainer(Containers(workers), FolderReader(workers, reading))


def metadata_checks(settings: Settings, authorities: Authorities | None = None) -> Checks:
    """Rules of metadata with the operator's refused categories bound, and what the authority tables say."""
    checks = partial(check_delivery, refused=settings.intake.refused_categories)
    return checks if authorities is None else with_tables(checks, authorities.lookup)


def secret_checks(settings: Settings) -> Checks:
    """Of the rules of metadata those of secret grades and refused categories alone."""
    return partial(check_secrets, refused=settings.intake.refused_categories)


def sheet_checks(settings: Settings, authorities: Authorities | None = None) -> SheetChecks:
    """Everything that can be said of a dossier from its metadata alone."""
    checks = metadata_checks(settings, authorities)

    def check(delivery: Delivery) -> Callable[[DossierDescription], tuple[Finding, ...]]:
        judged = checks(delivery)

        return lambda dossier: told_of(delivery, dossier, judged)

    return check


def secret_findings_of(settings: Settings, delivery: Delivery) -> dict[str, tuple[Finding, ...]]:
    """Findings of grades of secrecy by dossier, for those that have any: nothing else of them may be written."""
    checks = secret_checks(settings)(delivery)
    found: dict[str, tuple[Finding, ...]] = {}
    for dossier in delivery.dossiers:
        code = dossier.file_code
        told = (*delivery.dossier_findings.get(code, ()), *checks.get(code, ()))
        secrets = secrets_of(told)
        if secrets:
            found[code] = tuple({finding.model_dump_json(): finding for finding in secrets}.values())
    return found


def holds_secret(settings: Settings) -> Callable[[Delivery], bool]:
    """Whether any dossier of a delivery carries a secret grade."""
    checks = secret_checks(settings)

    def holds(delivery: Delivery) -> bool:
        found = [
            *delivery.findings,
            *(finding for entry in delivery.dossier_findings.values() for finding in entry),
            *(finding for entry in checks(delivery).values() for finding in entry),
        ]
        return bool(secrets_of(tuple(found)))

    return holds


class _Shelf:
    """Catalogue and storage as the stage `index` wants them."""

    def __init__(self, archive: Installation) -> None:
        self.documents_to_index = archive.stored.documents_to_index
        self.waits_because = archive.catalogue.waits_because
        self.indexed = archive.catalogue.indexed


def make_pipeline(archive: Installation) -> Pipeline:
    """All nine stages, wired."""
    checks = metadata_checks(archive.settings, archive.authorities)
    workers, clock = archive.workers, archive.clock
    names = {row["code"]: row["name"] for row in archive.catalogue.agencies()}
    stages: tuple[Stage, ...] = (
        Receive(checks, clock, secret_checks(archive.settings)),
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
