"""How worksheets were understood, told to people: headings, hidden worksheets, what no column of ours is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.readers.columns import Column
from ingest.readers.headings import Table
from ingest.readers.rows import profile_of
from ingest.readers.sheets import Sheet
from metadata.explanations import ColumnExplanation, SheetExplanation, nearest
from metadata.findings import Finding
from metadata.profiles import Section

_RECORDS = (Section.DOSSIER, Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO)


def explained(path: str, sheet: Sheet, table: Table | None) -> SheetExplanation:
    """How the worksheet `sheet` of the spreadsheet `path` was understood."""
    if table is None:
        return SheetExplanation(path, sheet.name, (), hidden=sheet.hidden)
    filled = _filled(table)
    return SheetExplanation(
        path,
        sheet.name,
        table.heading_rows,
        tuple(_column(column, filled) for column in table.columns if column.text or column.upper),
        hidden=sheet.hidden,
        sections=tuple(section for section in _RECORDS if table.has(section)),
        profile=profile_of([table]),
    )


def heading_findings(path: str, tables: Iterable[Table]) -> Iterator[Finding]:
    """Columns that nobody knows, hidden ones that were read, and columns that a mapping names and no table has."""
    for table in tables:
        told = explained(path, table.sheet, table)
        place = {"subject": path, "file": path, "sheet": table.sheet.name or None, "row": table.heading_rows[-1]}
        columns = {column.letter: column for column in table.columns}
        for entry in told.columns:
            index = columns[entry.letter].index
            if not entry.known and not entry.empty and not _is_said(table, entry):
                near = nearest(entry, told.sections)
                values = {"letter": entry.letter, "nearest": near[1].vi if near else "—"}
                values["nearest_en"] = near[1].en if near else "—"
                yield Finding(rule="READ-042", column=entry.heading, values=values, **place)
            if index in table.sheet.hidden_columns and not entry.empty:
                yield Finding(rule="READ-041", column=entry.heading, values={"letter": entry.letter}, **place)
        for heading in _unused(table):
            yield Finding(rule="READ-044", column=heading, **place)


def hidden_finding(path: str, sheet: Sheet, table: Table) -> Finding | None:
    """A hidden worksheet that describes something, unread; None where nothing stands below its headings."""
    if not any(number >= table.first_row for number, _ in sheet.rows):
        return None
    return Finding(rule="READ-039", subject=sheet.name, file=path, sheet=sheet.name, row=table.heading_rows[-1])


def _column(column: Column, filled: frozenset[int]) -> ColumnExplanation:
    return ColumnExplanation(
        letter=column.letter,
        heading=column.heading,
        text=" ".join(column.text.split()),
        upper=" ".join(column.upper.split()),
        section=column.section,
        key=column.key,
        part=column.part if column.key else None,
        counts_rows=column.counts_rows,
        empty=column.index not in filled,
    )


def _filled(table: Table) -> frozenset[int]:
    """Columns from 1 in which something stands below the headings."""
    wanted = {column.index for column in table.columns}
    found: set[int] = set()
    for number, texts in table.sheet.rows:
        if number >= table.first_row:
            found |= {index for index in wanted - found if index <= len(texts) and texts[index - 1]}
            if len(found) == len(wanted):
                break
    return frozenset(found)


def _is_said(table: Table, entry: ColumnExplanation) -> bool:
    """Whether a person has said that the column is no field."""
    mapped = table.mapped
    return mapped is not None and mapped.column(entry.letter, entry.text or entry.upper, entry.upper) is not None


def _unused(table: Table) -> list[str]:
    """Headings of the mapping that no column has."""
    if table.mapped is None:
        return []
    used = {
        id(entry)
        for column in table.columns
        if (entry := table.mapped.column(column.letter, column.text or column.upper, column.upper)) is not None
    }
    return [heading for heading, entry in table.mapped.columns.items() if id(entry) not in used]
