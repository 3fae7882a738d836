"""Corrected cells: applied to a table as if they had been written so, told one by one, the list itself untouched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ingest.ordinary_files import opened
from ingest.readers.columns import Column
from ingest.readers.headings import AppliedCorrection, Table, find_table
from ingest.readers.sheets import Sheet
from metadata.corrections import Correction, Corrections
from metadata.digests import chunks_of, digests_of
from metadata.findings import Finding
from metadata.profiles import Section
from metadata.profiles.headings import DatePart, fold, lexicon

_PARTS = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
_PLACES = (DatePart.DAY, DatePart.MONTH, DatePart.YEAR)


def corrected(table: Table, own: Iterable[Correction]) -> tuple[Table, list[Correction]]:
    """`table` with the corrections of its worksheet, and those that fit no place of it."""
    cells = _Cells(table)
    unfitting = [correction for correction in own if not cells.take(correction)]
    return cells.table(), unfitting


def altered_lists(root: Path, corrections: Corrections) -> frozenset[str]:
    """Spreadsheets that are not, byte for byte, those that were corrected."""
    return frozenset(path for path, digest in corrections.sheets.items() if digest and _sha256(root / path) != digest)


def unfitting_finding(correction: Correction) -> Finding:
    """What is said of a correction whose place is not there."""
    return Finding(
        rule="READ-061",
        subject=correction.file,
        file=correction.file,
        sheet=correction.sheet,
        row=correction.row,
        column=correction.column,
        values={"corrected": correction.value},
    )


def _sha256(path: Path) -> str:
    try:
        with opened(path) as stream:
            return digests_of(chunks_of(stream)).sha256
    except OSError:
        return ""


class _Cells:
    """The cells of one worksheet while they are corrected."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows = {number: list(texts) for number, texts in table.sheet.rows}
        self._applied: list[AppliedCorrection] = []
        self._added: dict[str, int] = {}
        self._width = max((len(texts) for texts in self._rows.values()), default=0)

    def take(self, correction: Correction) -> bool:
        """Apply one; False where there is no such row or column."""
        if correction.row not in self._rows or correction.row < self._table.first_row:
            return False
        columns = self._columns(correction.column)
        if not columns:
            return False
        for column, value in self._values(columns, correction.value):
            for row in self._alike(correction.row, column):
                delivered = self._put(row, column.index, value)
                if row == correction.row and column is columns[0]:
                    self._applied.append(AppliedCorrection(correction, delivered))
        return True

    def _columns(self, name: str) -> list[Column]:
        """The column called `name`, with the others of its day where it is one of three; made where it is a field's."""
        known = [column for column in self._table.columns if column.text or column.upper]
        found = next((column for column in known if column.heading == name), None)
        found = found or next((column for column in known if fold(column.heading) == fold(name)), None)
        found = found or next((column for column in self._table.columns if column.letter == name), None)
        if found is None and any(lexicon().keys(section, name) for section in lexicon().fields):
            return [Column(self._new_column(name), name)]
        if found is None:
            return []
        if found.part is None:
            return [found]
        same = [c for c in known if c.part and (c.section, c.key) == (found.section, found.key)]
        return [found, *(column for column in same if column is not found)]

    def _new_column(self, name: str) -> int:
        if name not in self._added:
            self._width += 1
            self._added[name] = self._width
            self._put(self._table.heading_rows[-1], self._width, name)
        return self._added[name]

    def _values(self, columns: list[Column], value: str) -> Iterator[tuple[Column, str]]:
        match = _PARTS.fullmatch(value.strip())
        if len(columns) == 1 or match is None:
            yield columns[0], value
            return
        by_part: Mapping[DatePart, str] = dict(zip(_PLACES, match.groups(), strict=True))
        for column in columns:
            if column.part is not None:
                yield column, by_part[column.part]

    def _alike(self, row: int, column: Column) -> list[int]:
        """Rows that the correction is about: what one says of the dossier, its other rows say too."""
        if column.section is not Section.DOSSIER:
            return [row]
        indexes = [other.index for other in self._table.columns if other.section is Section.DOSSIER and other.key]
        wanted = self._said(row, indexes)
        return [number for number in self._rows if number >= self._table.first_row and number == row] + [
            number
            for number in self._rows
            if number >= self._table.first_row and number != row and self._said(number, indexes) == wanted
        ]

    def _said(self, row: int, indexes: Iterable[int]) -> tuple[str, ...]:
        texts = self._rows[row]
        return tuple(texts[index - 1] if index <= len(texts) else "" for index in indexes)

    def _put(self, row: int, index: int, text: str) -> str:
        texts = self._rows[row]
        texts += [""] * (index - len(texts))
        delivered, texts[index - 1] = texts[index - 1], text
        return delivered

    def table(self) -> Table:
        """The table as corrected; it knows how it was delivered."""
        if not self._applied:
            return self._table
        was = self._table.sheet
        sheet = replace(was, rows=tuple((number, tuple(texts)) for number, texts in self._rows.items()))
        sheet = replace(sheet, formulas=_left(was, sheet))
        again = find_table(sheet, self._table.mapped) or replace(self._table, sheet=sheet)
        return replace(again, delivered=was, corrections=tuple(self._applied))


def _left(was: Sheet, now: Sheet) -> dict[tuple[int, int], str]:
    """Formulas of cells that were not corrected."""

    def text(sheet: Sheet, row: int, column: int) -> str:
        texts = sheet.texts(row)
        return texts[column - 1] if column <= len(texts) else ""

    return {place: formula for place, formula in was.formulas.items() if text(was, *place) == text(now, *place)}
