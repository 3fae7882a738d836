"""Rows of recognised tables as cells of fields: normalised values beside what was written."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from ingest.readers.columns import Column
from ingest.readers.headings import RepeatedHeadings, Table
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
_SERIAL_DAY = re.compile(r"^[1-9]\d{4}(?:\.\d+)?$")
_EPOCHS_APART = timedelta(days=1462)
"""Workbooks of old Macintosh programs count days from 01/01/1904."""

_CODE_KEYS = frozenset({"file_code", *DOSSIER_PARTS})
_MOST_KNOWN = 20_000
"""Texts of one column whose values are remembered."""

_NOTHING: dict[str, str] = {}
"""One for all rows without further columns; nobody writes into what a row said."""


def is_serial_day(text: str) -> bool:
    """Whether a cell of a date holds the bare number by which office programs count days (1927 to 2173)."""
    return bool(_SERIAL_DAY.match(text.strip()))


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
    record: dict[str, Cell] = field(default_factory=dict)
    record_extra: dict[str, str] = field(default_factory=dict)
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
    taking = _Taking(table, source, used)
    repeats = RepeatedHeadings(table)
    for number, texts in table.sheet.filled_down():
        if number < table.first_row or repeats.are(texts):
            continue
        record = taking.record(number, texts)
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
                values = _Values(column, used, epoch_1904=table.sheet.epoch_1904)
                found.setdefault(keys[0], values.cell(value.strip(), number))
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


class _Taking:
    """Takes the rows of one table; what does not change from row to row is found out once."""

    def __init__(self, table: Table, source: str, used: Profile) -> None:
        self._source = source
        self._sheet = table.sheet.name
        columns = table.columns
        self._section = next((c.section for c in columns if c.key and c.section not in (None, Section.DOSSIER)), None)
        self._whole: dict[bool, list[_Values]] = {True: [], False: []}
        self._split: dict[tuple[Section, str], list[Column]] = defaultdict(list)
        self._extra: dict[bool, list[Column]] = {True: [], False: []}
        self._counters = [column for column in columns if not column.key and column.counts_rows]
        for column in columns:
            own = column.section is Section.DOSSIER
            if column.section and column.key and column.part:
                self._split[column.section, column.key].append(column)
            elif column.section and column.key:
                self._whole[own].append(_Values(column, used, epoch_1904=table.sheet.epoch_1904))
            elif not column.counts_rows:
                self._extra[own].append(column)
        self._before: tuple[tuple[str, ...], Mapping[str, Cell]] | None = None

    def record(self, number: int, texts: Sequence[str]) -> RowRecord:
        """What row `number` says."""
        padded = texts if isinstance(texts, tuple) else tuple(texts)
        return RowRecord(
            self._source,
            self._sheet,
            number,
            self._section or Section.DOSSIER,
            self._dossier(number, padded),
            self._extras(True, padded),
            _settled(self._cells(False, number, padded)),
            self._extras(False, padded),
            next((text for column in self._counters if (text := _at(padded, column))), ""),
        )

    def _dossier(self, number: int, texts: tuple[str, ...]) -> Mapping[str, Cell]:
        """What the row says of the dossier.

        Where rows are documents, one that says the same of its dossier as the one above it gives the same object.
        Where each row is a dossier of its own, two that say the same are still two, each with its place.
        """
        if self._section is None:
            return _settled(self._cells(True, number, texts))
        split = [column for (where, _), own in self._split.items() if where is Section.DOSSIER for column in own]
        said = tuple(_at(texts, column) for column in (*(entry.column for entry in self._whole[True]), *split))
        if self._before is None or self._before[0] != said:
            self._before = (said, _settled(self._cells(True, number, texts)))
        return self._before[1]

    def _cells(self, own: bool, number: int, texts: tuple[str, ...]) -> dict[str, Cell]:
        found: dict[str, Cell] = {}
        for entry in self._whole[own]:
            if text := _at(texts, entry.column):
                found[entry.column.key] = entry.cell(text, number)
        for (where, key), columns in self._split.items():
            if (where is Section.DOSSIER) is own and (day := _split_date(columns, texts, number)):
                found[key] = day
        return found

    def _extras(self, own: bool, texts: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for column in self._extra[own]:
            if text := _at(texts, column):
                found.setdefault(column.heading, nfc(text))
        return found or _NOTHING


class _Values:
    """One column whose cells are whole values of one field."""

    def __init__(self, column: Column, used: Profile, *, epoch_1904: bool) -> None:
        self.column = column
        self._heading = column.heading
        self._codes = used.id == PROFILES[1]
        self._epoch_1904 = epoch_1904
        self._described = _described(column, used)
        self._known: dict[str, str] = {}

    def cell(self, text: str, row: int) -> Cell:
        """The cell with `text` in `row`."""
        value = self._known.get(text)
        if value is None:
            value = self._value(text)
            if len(self._known) < _MOST_KNOWN:
                self._known[text] = value
        return Cell(value, text, row, self._heading)

    def _value(self, text: str) -> str:
        described = self._described
        if self.column.key == "path":
            # A path is looked up as it stands: two blanks in a row may be those of the file's name.
            return text
        value = nfc(text)
        if described is not None:
            value = _normalised(described, value, codes=self._codes)
            if self._epoch_1904 and described.type is FieldType.DATE and is_serial_day(text) and value:
                value = (date.fromisoformat(value) + _EPOCHS_APART).isoformat()
        # Mostly nothing had to be changed: then the cell holds one text, not two alike.
        return text if value == text else value


def _described(column: Column, used: Profile) -> Field | None:
    if column.section is None:
        return None
    # A column of the other circular, or of the documents' table in a sheet of photographs.
    others = (profile(id_).field(s, column.key) for id_ in PROFILES for s in (column.section, Section.DOCUMENT))
    return used.field(column.section, column.key) or next((found for found in others if found), None)


def _at(texts: Sequence[str], column: Column) -> str:
    return texts[column.index - 1] if column.index <= len(texts) else ""


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
