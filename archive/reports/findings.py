"""The findings of a submission as a workbook: to be worked off beside the list, and filtered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from archive.catalogue.journal import Job
from archive.reports.workbooks import CellKind, SheetColumn, SheetContent, Value, write_workbook
from metadata.messages import text
from metadata.rules import severity_of, wrong_and_remedy

_WIDTHS = {
    "file_code": 24.0,
    "severity": 12.0,
    "rule": 11.0,
    "file": 28.0,
    "sheet": 16.0,
    "row": 8.0,
    "column": 24.0,
    "written": 28.0,
    "wrong": 70.0,
    "remedy": 60.0,
}
_WRAPPED = frozenset({"written", "wrong", "remedy", "file", "column"})

Jobs = Callable[[int], list[Job]]
"""Gives some jobs of the submission from a position on; empty at the end."""


def write_findings(path: Path, jobs: Jobs, *, title: str, language: str, created: datetime) -> None:
    """Write every finding of a submission, a line each, dossier by dossier.

    Args:
        path: Replaced if it is there; its folder has to be there.
        jobs: Gives the dossiers; only some are held at a time.
        title: Stands over the list.
        language: `vi` or `en`.
        created: Stands in the document's properties.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    columns = [
        SheetColumn(
            text(f"findings.column.{name}", language),
            width,
            CellKind.NUMBER if name == "row" else CellKind.TEXT,
            wrapped=name in _WRAPPED,
        )
        for name, width in _WIDTHS.items()
    ]
    name = text("findings.sheet", language)
    sheet = SheetContent(name, columns, _rows(jobs, language), above=((title,),), frozen_columns=1)
    write_workbook(path, (sheet,), created=created, title=title)


def _rows(jobs: Jobs, language: str) -> Iterator[tuple[Value, ...]]:
    first = 0
    while found := jobs(first):
        first += len(found)
        for job in found:
            for finding in job.findings:
                severity = text(f"findings.{severity_of(finding).value}", language)
                wrong, remedy = wrong_and_remedy(finding, language)
                yield (
                    job.file_code,
                    severity,
                    finding.rule,
                    finding.file or finding.subject,
                    finding.sheet,
                    finding.row,
                    finding.column,
                    finding.values.get("written"),
                    wrong,
                    remedy,
                )
