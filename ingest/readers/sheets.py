"""Spreadsheets as rows of text: what the worker task `ingest.engines.spreadsheet:read` answers, made into values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any

from ingest.ports import Answer, Limits, Workers
from metadata.errors import ToolUnreadableError
from metadata.findings import Finding

READ_TASK = "ingest.engines.spreadsheet:read"
SHEET_LIMITS = Limits(cpu_seconds=120.0, wall_seconds=300.0, memory_mib=2560, output_mib=16)
"""A sheet of 200,000 rows needs about 20 s; everything beyond is a bomb or belongs into several deliveries."""

_RULES = {"empty": "READ-003", "format": "READ-003", "password": "READ-004", "too-large": "READ-005"}


@dataclass(frozen=True, slots=True)
class Merge:
    """Merged cells; rows and columns from 1, both ends inclusive."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A visible worksheet (for .csv the only one, without a name)."""

    name: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """Rows that are not blank, with their number in the sheet from 1; cells from column A on."""

    merges: tuple[Merge, ...] = ()

    def texts(self, number: int) -> tuple[str, ...]:
        """Cells of row `number`, empty where the row is blank."""
        place = bisect_left(self.rows, number, key=lambda row: row[0])
        found = place < len(self.rows) and self.rows[place][0] == number
        return self.rows[place][1] if found else ()

    def filled_down(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Rows with the values of vertically merged cells in each of their rows."""
        pending: dict[int, list[Merge]] = {}
        for merge in self.merges:
            if merge.bottom > merge.top:
                pending.setdefault(merge.top, []).append(merge)
        active: list[tuple[Merge, str]] = []
        for number, texts in self.rows:
            active = [(merge, text) for merge, text in active if merge.bottom >= number]
            cells = list(texts)
            for merge, text in active:
                cells += [""] * (merge.left - len(cells))
                cells[merge.left - 1] = cells[merge.left - 1] or text
            for merge in pending.get(number, ()):
                if merge.left <= len(texts) and texts[merge.left - 1]:
                    active.append((merge, texts[merge.left - 1]))
            yield number, tuple(cells)

    def filled_across(self, number: int, width: int) -> tuple[str, ...]:
        """Cells of row `number`, at least `width` of them, merged cells filled in both directions."""
        cells = list(self.texts(number))
        cells += [""] * (width - len(cells))
        for merge in self.merges:
            if not merge.top <= number <= merge.bottom:
                continue
            first = self.texts(merge.top)
            text = first[merge.left - 1] if merge.left <= len(first) else ""
            for column in range(merge.left - 1, min(merge.right, width)):
                cells[column] = cells[column] or text
        return tuple(cells)


@dataclass(frozen=True, slots=True)
class Workbook:
    """A spreadsheet file of a delivery."""

    path: str
    """Relative to the delivery."""

    sheets: tuple[Sheet, ...]
    encodings: tuple[str, ...] = ()
    """Encodings before Unicode that were decoded: `tcvn3`, `vni`."""


def read_workbook(workers: Workers, root: Path, path: str) -> Workbook | Finding:
    """Read the spreadsheet `path` below `root` in a worker process.

    Returns:
        The workbook, or the finding that says why its content cannot be read.

    Raises:
        ArchiveError: the system failed; nothing is said about the content.
    """
    answer = workers.submit(READ_TASK, {"path": str(root / path)}, limits=SHEET_LIMITS).result()
    if answer.breach is not None:
        return Finding(rule="READ-005", subject=path, file=path, values={"detail": f"{answer.breach} {answer.detail}"})
    problem = str(answer.value.get("problem", ""))
    if problem:
        detail = str(answer.value.get("detail", ""))
        return Finding(rule=_RULES.get(problem, "READ-003"), subject=path, file=path, values={"detail": detail})
    return Workbook(path, tuple(_sheet(row) for row in _sheets_of(answer)))


def _sheets_of(answer: Answer) -> list[Mapping[str, Any]]:
    sheets = answer.value.get("sheets")
    if not isinstance(sheets, list):
        raise ToolUnreadableError(READ_TASK, str(answer.value))
    return sheets


def _sheet(row: Mapping[str, Any]) -> Sheet:
    try:
        # A list says the same in many rows; each text is kept once.
        rows = tuple((int(number), tuple(intern(str(text)) for text in texts)) for number, texts in row["rows"])
        merges = tuple(Merge(*(int(part) for part in merge)) for merge in row["merges"])
        return Sheet(str(row["name"]), rows, merges)
    except (KeyError, TypeError, ValueError) as error:
        raise ToolUnreadableError(READ_TASK, repr(error)) from error
