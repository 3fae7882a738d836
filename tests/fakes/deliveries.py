"""Deliveries on disk with their work items, as a reader would hand them to the first stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.work import WorkItem
from metadata.descriptions import Cell, Delivery, DocumentDescription, DossierDescription
from metadata.findings import Finding

CODE = "H49.64.33.2001.160"


def delivered(
    root: Path,
    work: Path,
    files: Sequence[str],
    *,
    sources: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
    findings: Sequence[Finding] = (),
    in_place: bool = False,
) -> WorkItem:
    """One dossier below `root`, a document for each of `files`."""
    documents = tuple(
        DocumentDescription(
            ordinal=ordinal,
            files=(path,),
            row=ordinal + 1,
            fields={key: Cell(value=value, written=value) for key, value in (fields or {}).items()},
        )
        for ordinal, path in enumerate(files, start=1)
    )
    dossier = DossierDescription(
        file_code=CODE, documents=documents, fields={"title": Cell(value="Hồ sơ", written="Hồ sơ")}
    )
    delivery = Delivery(
        reader="folder",
        profile="02-2019",
        root=str(root),
        dossiers=(dossier,),
        sources=tuple(sources),
        dossier_findings={CODE: tuple(findings)},
    )
    return WorkItem(
        job_id="j",
        submission_id="s",
        package_id="7f3f5f4e-8c0a-4f6e-9d9b-0b0c54d5a7aa",
        agency="H49",
        folder=work,
        delivery=delivery,
        dossier=dossier,
        in_place=in_place,
    )


def findings_of(delivery: Delivery) -> tuple[Finding, ...]:
    """Those of the delivery as a whole, and of each of its dossiers."""
    return (*delivery.findings, *(finding for own in delivery.dossier_findings.values() for finding in own))


def no_checks(delivery: Delivery) -> Mapping[str, tuple[Finding, ...]]:
    """Metadata in which no rule finds anything."""
    return {dossier.file_code: () for dossier in delivery.dossiers}


def none_measured(dossier: DossierDescription, pages: Mapping[int, int | None]) -> tuple[Finding, ...]:
    """Pages about which no rule says anything."""
    return ()
