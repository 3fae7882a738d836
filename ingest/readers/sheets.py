"""Spreadsheets as rows of text: what the worker task `ingest.engines.spreadsheet:read` answers, made into values."""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from ingest.ports import Answer, Limits, Workers
from metadata.errors import ToolUnreadableError
from metadata.findings import Finding

READ_TASK = "ingest.engines.spreadsheet:read"
SHEET_LIMITS = Limits(cpu_seconds=120.0, wall_seconds=300.0, memory_mib=2560, output_mib=512)
"""A sheet of 200,000 rows needs about 20 s; everything beyond is a bomb or belongs into several deliveries."""

_ROWS = "rows"
_RULES = {
    "empty": "READ-003",
    "format": "READ-003",
    "password": "READ-004",
    "too-large": "READ-005",
    "truncated": "READ-035",
    "entities": "READ-036",
}


@dataclass(frozen=True, slots=True)
class Merge:
    """Merged cells; rows and columns from 1, both ends inclusive."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet (for .csv the only one, without a name)."""

    name: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """Rows that are not blank, with their number in the sheet from 1; cells from column A on."""

    merges: tuple[Merge, ...] = ()
    hidden: bool = False
    """A hidden worksheet: only its first rows are given, to see what it holds."""

    formulas: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """Formulas by row and column from 1, as far as they were told one by one; empty text: not decoded."""

    more_formulas: int = 0
    """How many further formulas there are."""

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    epoch_1904: bool = False
    """Bare numbers of days count from 1904."""

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

    def shown(self) -> tuple[Sheet, ...]:
        """The visible worksheets, whose rows are data."""
        return tuple(sheet for sheet in self.sheets if not sheet.hidden)


def read_workbook(workers: Workers, root: Path, path: str) -> Workbook | Finding:
    """Read the spreadsheet `path` below `root` in a worker process.

    Returns:
        The workbook, or the finding that says why its content cannot be read.

    Raises:
        ArchiveError: the system failed; nothing is said about the content.
    """
    with tempfile.TemporaryDirectory(prefix="luutru-rows-") as deposit:
        arguments = {"path": str(root / path)}
        answer = workers.submit(READ_TASK, arguments, limits=SHEET_LIMITS, deposit=Path(deposit)).result()
        return _workbook(path, answer)


def _workbook(path: str, answer: Answer) -> Workbook | Finding:
    if answer.breach is not None:
        return Finding(rule="READ-005", subject=path, file=path, values={"detail": f"{answer.breach} {answer.detail}"})
    problem = str(answer.value.get("problem", ""))
    if problem:
        detail = str(answer.value.get("detail", ""))
        return Finding(rule=_RULES.get(problem, "READ-003"), subject=path, file=path, values={"detail": detail})
    epoch = bool(answer.value.get("epoch_1904"))
    if _ROWS not in answer.outputs:
        return Workbook(path, tuple(_sheet(row, row["rows"], epoch=epoch) for row in _sheets_of(answer)))
    with answer.outputs[_ROWS].open("rb") as stream:
        lines = (orjson.loads(line) for line in stream)
        return Workbook(
            path, tuple(_sheet(row, islice(lines, int(row["lines"])), epoch=epoch) for row in _sheets_of(answer))
        )


def _sheets_of(answer: Answer) -> list[Mapping[str, Any]]:
    sheets = answer.value.get("sheets")
    if not isinstance(sheets, list):
        raise ToolUnreadableError(READ_TASK, str(answer.value))
    return sheets


def _sheet(row: Mapping[str, Any], lines: Iterable[Any], *, epoch: bool) -> Sheet:
    try:
        # A list says the same in many rows; each text is kept once.
        known: dict[str, str] = {}
        rows = tuple((int(number), tuple(known.setdefault(text, text) for text in texts)) for number, texts in lines)
        return Sheet(
            name=str(row["name"]),
            rows=rows,
            merges=tuple(Merge(*(int(part) for part in merge)) for merge in row["merges"]),
            hidden=bool(row["hidden"]),
            formulas={(int(r), int(c)): str(text) for r, c, text in row["formulas"]},
            more_formulas=int(row["more_formulas"]),
            hidden_rows=frozenset(map(int, row["hidden_rows"])),
            hidden_columns=frozenset(map(int, row["hidden_columns"])),
            epoch_1904=epoch,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ToolUnreadableError(READ_TASK, repr(error)) from error
