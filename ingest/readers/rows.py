"""Rows of recognised tables as cells of fields: normalised values beside what was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from sys import intern

from ingest.readers.columns import Column
from ingest.readers.headings import Table, is_repeated_heading
from metadata.codes import DOSSIER_PARTS, looks_like_a_fonds_code, nfc, split_number
from metadata.dates import read_date, read_parts
from metadata.descriptions import Cell
from metadata.profiles import PROFILES, Field, FieldType, Profile, Section, profile
from metadata.profiles.headings import DatePart, fold, lexicon

_COUNT = re.compile(r"^(\d+)(?:\.0+)?(?:\s*(?:trang|tờ|tr|vb|văn bản|tài liệu|bản))?\.?$", re.IGNORECASE)
_PADDED_CODE = re.compile(r"^0\d$")
_BETWEEN = re.compile(r"\s+[-–—÷]\s*|\s*[–—÷]\s*|(?<=\d{4})-(?=\d)|\s+đến\s+(?:ngày\s+)?", re.IGNORECASE)
_TOTAL = ("tong cong", "tong so", "cong ")
_FEW_CELLS = 3
_CODE_KEYS = frozenset({"file_code", *DOSSIER_PARTS})


@dataclass(frozen=True, slots=True)
class RowRecord:
    """One row: what it says of the dossier, and what of a document."""

    source: str
    sheet: str
    row: int
    section: Section
    """What the row describes beside the dossier: document, photo, audio_video; dossier for none."""

    dossier: Mapping[str, Cell] = field(default_factory=dict)
    dossier_extra: Mapping[str, str] = field(default_factory=dict)
    record: Mapping[str, Cell] = field(default_factory=dict)
    record_extra: Mapping[str, str] = field(default_factory=dict)
    counter: str = ""
    """What stands in the column that counts rows (STT)."""


def profile_of(tables: Iterable[Table]) -> str:
    """The circular whose own names stand above the columns; TT 02/2019 where neither's do."""
    votes = dict.fromkeys(PROFILES, 0)
    for table in tables:
        for column in table.columns:
            if not column.key or column.section is None:
                continue
            names = {id_: _names(profile(id_).field(column.section, column.key)) for id_ in PROFILES}
            matching = [id_ for id_ in PROFILES if _is_named(column.text, names[id_])]
            if len(matching) == 1:
                votes[matching[0]] += 1
    return max(PROFILES, key=lambda id_: votes[id_])


def _names(described: Field | None) -> tuple[str, str]:
    return (fold(described.vi), described.short) if described else ("", "")


def _is_named(text: str, names: tuple[str, str]) -> bool:
    return bool(names[1]) and (fold(text) == names[0] or text.strip() == names[1])


def records_of(table: Table, source: str, used: Profile) -> Iterator[RowRecord]:
    """The rows of `table` that say something, in order.

    Where the table itself says nothing of the dossier, the lines above it may (`Tiêu đề hồ sơ: …`).
    """
    above = _lines_above(table, used)
    for number, texts in table.sheet.filled_down():
        if number < table.first_row or is_repeated_heading(table, texts):
            continue
        record = _record(table, number, texts, source, used)
        if (record.dossier or record.record) and not _is_total(texts, table):
            yield replace(record, dossier={**above, **record.dossier}) if above else record


def _lines_above(table: Table, used: Profile) -> dict[str, Cell]:
    """Fields of the dossier in lines such as `Hồ sơ số: 01`, in one cell or in two neighbours."""
    if table.has(Section.DOSSIER) or any(key in _CODE_KEYS for _, key in table.keys):
        return {}
    found: dict[str, Cell] = {}
    for number, texts in table.sheet.rows:
        if number >= table.heading_rows[0]:
            break
        filled = [(i, text) for i, text in enumerate(texts, start=1) if text]
        for place, (index, text) in enumerate(filled):
            label, colon, value = text.partition(":")
            if colon and not value.strip() and place + 1 < len(filled):
                value = filled[place + 1][1]
            keys = lexicon().keys(Section.DOSSIER, label) if colon and value.strip() else ()
            if keys:
                column = Column(index, label.strip(), section=Section.DOSSIER, key=keys[0])
                found.setdefault(keys[0], _cell(used, column, value.strip(), number))
    return _settled(found)


def _is_total(texts: Sequence[str], table: Table) -> bool:
    """Whether a row is a sum, a sub-heading or a signature line rather than a description."""
    filled = [(i, text) for i, text in enumerate(texts, start=1) if text]
    if len(filled) > _FEW_CELLS or len(table.columns) <= _FEW_CELLS:
        return False
    index, first = filled[0]
    if fold(first).startswith(_TOTAL):
        return True
    keys = {column.index: column.key for column in table.columns}
    return len(filled) == 1 and keys.get(index) != "path" and not any(c.isdigit() for c in first)


def _record(table: Table, number: int, texts: Sequence[str], source: str, used: Profile) -> RowRecord:
    section = next((c.section for c in table.columns if c.key and c.section not in (None, Section.DOSSIER)), None)
    cells: dict[Section, dict[str, Cell]] = {}
    extra: dict[bool, dict[str, str]] = {True: {}, False: {}}
    split: dict[tuple[Section, str], list[Column]] = {}
    counter = ""
    for column in table.columns:
        text = texts[column.index - 1] if column.index <= len(texts) else ""
        if column.section and column.key and column.part:
            split.setdefault((column.section, column.key), []).append(column)
        elif not text:
            continue
        elif column.section and column.key:
            cell = _cell(used, column, text, number)
            cells.setdefault(column.section, {})[column.key] = cell
        elif column.counts_rows:
            counter = counter or text
        else:
            extra[column.section is Section.DOSSIER].setdefault(column.heading, nfc(text))
    for (where, key), columns in split.items():
        if day := _split_date(columns, texts, number):
            cells.setdefault(where, {})[key] = day
    dossier = _settled(cells.pop(Section.DOSSIER, {}))
    record = _settled(next(iter(cells.values()), {}))
    return RowRecord(
        source,
        table.sheet.name,
        number,
        section or Section.DOSSIER,
        dossier,
        extra[True],
        record,
        extra[False],
        counter,
    )


def _split_date(columns: Sequence[Column], texts: Sequence[str], row: int) -> Cell | None:
    parts = {c.part: texts[c.index - 1] if c.index <= len(texts) else "" for c in columns}
    day, month, year = (parts.get(part, "") for part in DatePart)
    if not any((day, month, year)):
        return None
    found = read_parts(day, month, year).date
    return Cell(
        value=found.iso() if found else "",
        written=f"{day}/{month}/{year}".lstrip("/"),
        row=row,
        column=" / ".join(c.heading for c in columns),
    )


def _cell(used: Profile, column: Column, text: str, row: int) -> Cell:
    described = used.field(column.section, column.key) if column.section else None
    if described is None and column.section:
        # A column of the other circular, or of the documents' table in a sheet of photographs.
        others = (profile(id_).field(s, column.key) for id_ in PROFILES for s in (column.section, Section.DOCUMENT))
        described = next((found for found in others if found), None)
    # A path is looked up as it stands: two blanks in a row may be those of the file's name.
    value = text if column.key == "path" else nfc(text)
    if described is not None and column.key != "path":
        value = intern(_normalised(described, value, codes=used.id == PROFILES[1]))
    return Cell(value=value, written=text, row=row, column=column.heading)


def _normalised(described: Field, value: str, *, codes: bool) -> str:
    if described.type is FieldType.DATE:
        found = read_date(value).date
        return found.iso() if found else ""
    if described.type is FieldType.NUMBER:
        count = _COUNT.match(value)
        return str(int(count[1])) if count else value
    if described.vocabulary is not None:
        # Under the headings of TT 02/2019 "05" in a retention column may be five years; elsewhere it is a code.
        padded = described.vocabulary.id != "maintenance" and bool(_PADDED_CODE.match(value))
        return described.vocabulary.words(value, codes=codes or padded, legacy=not codes) or value
    return value


def _settled(cells: dict[str, Cell]) -> dict[str, Cell]:
    """Cells in their right fields: a fonds name out of the code column, `222/QĐ-TTg` as number and notation."""
    fonds = cells.get("fonds_code")
    if fonds and not looks_like_a_fonds_code(fonds.value):
        cells.pop("fonds_code")
        cells.setdefault("fonds_name", fonds)
    period = cells.get("archives_time")
    if period and "start_date" not in cells and "end_date" not in cells:
        cells |= _ends_of(period)
    both = cells.get("number_notation")
    if both and "code_number" not in cells and "code_notation" not in cells:
        number, notation = split_number(both.value)
        for key, part in (("code_number", number), ("code_notation", notation)):
            if part:
                cells[key] = both.model_copy(update={"value": part})
    return cells


def _ends_of(period: Cell) -> dict[str, Cell]:
    """Start and end out of `01/2019 - 12/2020`; one date alone is both. Nothing where one of them is no date."""
    parts = _BETWEEN.split(re.sub(r"^từ\s+", "", period.value, flags=re.IGNORECASE))
    ends = [read_date(part) for part in (parts[0], parts[-1])]
    if len(parts) > len(ends) or any(end.date is None for end in ends):
        return {}
    return {
        key: period.model_copy(update={"value": end.date.iso()})
        for key, end in zip(("start_date", "end_date"), ends, strict=True)
        if end.date
    }
