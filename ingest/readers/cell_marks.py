"""What is told of cells that say more or less than they show: formulas, merged and hidden ones, numbers of days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ingest.readers.columns import Column
from ingest.readers.headings import AppliedCorrection, Table
from ingest.readers.rows import is_serial_day
from ingest.readers.sheets import Merge, Sheet
from metadata.explanations import field_of
from metadata.findings import Finding
from metadata.profiles import FieldType

_SHOWN_ROWS = 20
_MOST_MERGES = 10


class CellMarks:
    """The tables of a delivery, to be asked dossier by dossier."""

    def __init__(self, tables: Iterable[tuple[str, Table]]) -> None:
        self._tables = {(path, table.sheet.name): _Marked(path, table) for path, table in tables}

    def findings(self, code: str, rows: Mapping[tuple[str, str], Sequence[int]]) -> list[Finding]:
        """What is to be told of a dossier's rows, given by spreadsheet and worksheet."""
        return [found for place, numbers in rows.items() for found in self._tables[place].findings(code, numbers)]


class _Marked:
    """One table with its marks by row."""

    def __init__(self, path: str, table: Table) -> None:
        self._path = path
        self._sheet: Sheet = table.sheet
        self._columns = {column.index: column for column in table.columns if column.text or column.upper}
        self._days = [column for column in self._columns.values() if _is_day(column)]
        self._formulas: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for (row, column), text in table.sheet.formulas.items():
            if column in self._columns:
                self._formulas[row].append((column, text))
        self._merges: dict[int, list[Merge]] = defaultdict(list)
        for merge in table.sheet.merges:
            if merge.top >= table.first_row:
                self._merges[merge.top].append(merge)
        self._corrections: dict[int, list[AppliedCorrection]] = defaultdict(list)
        for applied in table.corrections:
            self._corrections[applied.correction.row].append(applied)

    def findings(self, code: str, numbers: Sequence[int]) -> Iterator[Finding]:
        """What is to be told of these rows of the dossier `code`."""
        yield from self._formula_findings(code, numbers)
        yield from self._merge_findings(code, numbers)
        yield from self._day_findings(code, numbers)
        yield from self._correction_findings(code, numbers)
        if hidden := [number for number in numbers if number in self._sheet.hidden_rows]:
            yield self._finding("READ-040", code, hidden[0], None, rows=_listed(hidden))

    def _formula_findings(self, code: str, numbers: Sequence[int]) -> Iterator[Finding]:
        if not self._formulas:
            return
        by_column: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for number in numbers:
            for column, text in self._formulas.get(number, ()):
                by_column[column].append((number, text))
        for index, found in sorted(by_column.items()):
            number, text = found[0]
            values = {"written": self._text(number, index), "formula": f"={text}" if text else "—"}
            rows = _listed([row for row, _ in found])
            yield self._finding("READ-037", code, number, self._columns[index], rows=rows, **values)

    def _merge_findings(self, code: str, numbers: Sequence[int]) -> Iterator[Finding]:
        found = [merge for number in numbers for merge in self._merges.get(number, ())] if self._merges else []
        for merge in found[:_MOST_MERGES]:
            area = f"{_letter(merge.left)}{merge.top}:{_letter(merge.right)}{merge.bottom}"
            more = str(max(0, len(found) - _MOST_MERGES))
            column = self._columns.get(merge.left)
            values = {"written": self._text(merge.top, merge.left), "area": area, "more": more}
            yield self._finding("READ-038", code, merge.top, column, **values)

    def _day_findings(self, code: str, numbers: Sequence[int]) -> Iterator[Finding]:
        for column in self._days:
            found = [number for number in numbers if is_serial_day(self._text(number, column.index))]
            if found:
                written = self._text(found[0], column.index)
                epoch = "1904" if self._sheet.epoch_1904 else "1900"
                rows = _listed(found)
                yield self._finding("READ-043", code, found[0], column, rows=rows, written=written, epoch=epoch)

    def _correction_findings(self, code: str, numbers: Sequence[int]) -> Iterator[Finding]:
        for number in numbers if self._corrections else ():
            for applied in self._corrections.get(number, ()):
                told = applied.correction
                yield Finding(
                    rule="READ-060",
                    subject=code,
                    file=self._path,
                    sheet=self._sheet.name or None,
                    row=number,
                    column=told.column,
                    values={
                        "delivered": applied.delivered or "—",
                        "corrected": told.value or "—",
                        "by": told.by,
                        "at": told.at,
                        "reason": told.reason,
                    },
                )

    def _text(self, row: int, column: int) -> str:
        texts = self._sheet.texts(row)
        return texts[column - 1] if column <= len(texts) else ""

    def _finding(self, rule: str, code: str, row: int, column: Column | None, **values: str) -> Finding:
        place: dict[str, Any] = {"file": self._path, "sheet": self._sheet.name or None, "row": row}
        return Finding(rule=rule, subject=code, column=column.heading if column else None, values=values, **place)


def _is_day(column: Column) -> bool:
    if column.section is None or not column.key or column.part is not None:
        return False
    described = field_of(column.section, column.key)
    return described is not None and described.type is FieldType.DATE


def _listed(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:_SHOWN_ROWS]))
    return shown if len(rows) <= _SHOWN_ROWS else f"{shown} … ({len(rows)})"


def _letter(index: int) -> str:
    return Column(index, "").letter
