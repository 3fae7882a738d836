"""Rows gathered into dossiers: by code, by the parts of the code, by the rows above, by file names."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest.readers.rows import RowRecord
from metadata.codes import DOSSIER_PARTS, composed_code
from metadata.descriptions import Cell, Description
from metadata.findings import Finding
from metadata.profiles import Section
from metadata.sheet_examples import example_codes, is_example_row
from metadata.validation_secrets import secret_extra, secret_grade

_QUIET_CONFLICTS = frozenset({"file_code", "remark"})
"""Fields that may differ from row to row of a dossier without a word."""


@dataclass(slots=True)
class DossierDraft:
    """A dossier while its rows are read."""

    code: str
    """As delivered or composed; empty while only file names can tell."""

    source: str
    sheet: str
    row: int
    fields: dict[str, Cell] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    records: list[RowRecord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rows: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """Numbers of its rows by spreadsheet and worksheet, in order."""

    described_in: set[tuple[str, str]] = field(default_factory=set)
    """Spreadsheet and worksheet pairs in which the dossier is described."""

    composed: bool = False
    said_last: Mapping[str, Cell] | None = None
    """What the last of its rows said of it: the next one mostly says the same."""


class Gathering:
    """Takes rows in the order of the sheets and keeps dossiers in order of appearance."""

    def __init__(self) -> None:
        self._drafts: dict[str, DossierDraft] = {}
        self._notations: dict[str, list[DossierDraft]] = defaultdict(list)

    def drafts(self) -> list[DossierDraft]:
        """All dossiers so far."""
        return list(self._drafts.values())

    def take(self, records: Iterable[RowRecord], *, rows_are_dossiers: bool) -> None:
        """Take the rows of one table.

        Args:
            records: In order of the sheet.
            rows_are_dossiers: Each row is a dossier of its own (sheet `Hồ sơ`), so that a code may stand only once.
        """
        current: DossierDraft | None = None
        for record in records:
            current = self._draft_of(record, current)
            again = (record.source, record.sheet) in current.described_in and rows_are_dossiers
            elsewhere = any(source != record.source for source, _ in current.described_in)
            if record.dossier and (again or elsewhere):
                self._tell_doubled(current, record)
            if record.dossier is not current.said_last or record.dossier_extra:
                _merge(current, record)
                current.said_last = record.dossier
            current.rows.setdefault((record.source, record.sheet), []).append(record.row)
            if record.dossier:
                current.described_in.add((record.source, record.sheet))
            if record.record and record.section is not Section.DOSSIER:
                # What it says of the dossier has been taken; a row that is kept holds its document alone.
                current.records.append(replace(record, dossier={}, dossier_extra={}))

    def _draft_of(self, record: RowRecord, current: DossierDraft | None) -> DossierDraft:
        cells = {**_code_cells(record.record), **_code_cells(record.dossier)}
        described = Description(fields=cells)
        code = described.value("file_code")
        composed = composed_code(described) if not code else None
        name = code or composed or ""
        if not name and (known := self._of_notation(described)):
            return known
        if not name and described.value("file_notation"):
            parts = (described.value(key) for key in ("fonds_name", "catalogue", "file_notation"))
            return self._open(_key("notation", *parts), "", record)
        if not name:
            return self._without_code(record, current)
        draft = self._open(_key("code", name), name, record)
        draft.composed = draft.composed or (not code and draft.row == record.row)
        return draft

    def _of_notation(self, described: Description) -> DossierDraft | None:
        """The one known dossier with this notation, where nothing else that the row says speaks against it."""
        notation = described.value("file_notation")
        if not notation:
            return None
        found = [draft for draft in self._notations.get(_key(notation), ()) if _agrees(draft, described)]
        return found[0] if len(found) == 1 else None

    def _without_code(self, record: RowRecord, current: DossierDraft | None) -> DossierDraft:
        """A row that names no dossier belongs to the one that its sheet is called after, else to the one above it."""
        named = self._drafts.get(_key("code", record.sheet)) if record.sheet else None
        if named is not None:
            return named
        title = record.dossier.get("title")
        if current is not None and (title is None or _same_title(current, title)):
            return current
        if title is None and len(self._drafts) == 1:
            return next(iter(self._drafts.values()))
        return self._open(_key("title", title.value if title else ""), "", record)

    def _open(self, key: str, code: str, record: RowRecord) -> DossierDraft:
        if key not in self._drafts:
            self._drafts[key] = DossierDraft(code, record.source, record.sheet, record.row)
            notation = record.dossier.get("file_notation") or record.record.get("file_notation")
            if notation:
                self._notations[_key(notation.value)].append(self._drafts[key])
        return self._drafts[key]

    def _tell_doubled(self, draft: DossierDraft, record: RowRecord) -> None:
        if any(found.rule == "READ-006" and found.file == record.source for found in draft.findings):
            return
        draft.findings.append(
            Finding(
                rule="READ-006",
                subject=draft.code,
                file=record.source,
                sheet=record.sheet or None,
                row=record.row,
                values={"other_file": draft.source, "other_row": str(draft.row)},
            )
        )


def without_examples(drafts: Sequence[DossierDraft]) -> list[DossierDraft]:
    """`drafts` without the example dossier of a template that stands untouched beside others.

    One that was altered under its old code is told: nobody knows whether it is meant.
    """
    kept = []
    for draft in drafts:
        if draft.code in example_codes():
            if not _is_untouched(draft):
                place = {"file": draft.source, "sheet": draft.sheet or None, "row": draft.row}
                draft.findings.append(Finding(rule="READ-052", subject=draft.code, **place))
            elif len(drafts) > 1:
                continue
        kept.append(draft)
    return kept


def _is_untouched(draft: DossierDraft) -> bool:
    rows = [draft.fields, *(record.record for record in draft.records)]
    code = {"file_code": draft.code}
    return all(
        is_example_row(draft.code, code | {key: cell.written for key, cell in row.items()}) for row in rows if row
    )


def _code_cells(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {key: cells[key] for key in ("file_code", "fonds_name", *DOSSIER_PARTS) if key in cells}


def _agrees(draft: DossierDraft, described: Description) -> bool:
    known = Description(fields=draft.fields)
    pairs = ((known.value(key), described.value(key)) for key in ("fonds_name", "fonds_code", "catalogue"))
    return all(not a or not b or _key(a) == _key(b) for a, b in pairs)


def _key(*parts: str) -> str:
    return "\0".join(unicodedata.normalize("NFC", part).casefold() for part in parts)


def _same_title(draft: DossierDraft, title: Cell) -> bool:
    known = draft.fields.get("title")
    return known is not None and known.value == title.value


def _merge(draft: DossierDraft, record: RowRecord) -> None:
    """Keep the first value of each field; a grade of secrecy in any row counts for the dossier."""
    for key, cell in record.dossier.items():
        known = draft.fields.get(key)
        if known is None or (secret_grade(key, cell.value) and not secret_grade(key, known.value)):
            draft.fields[key] = cell
        elif known.value != cell.value and key not in _QUIET_CONFLICTS:
            _tell_conflict(draft, record, known, cell)
    for heading, text in record.dossier_extra.items():
        if heading not in draft.extra or secret_extra(heading, text):
            draft.extra[heading] = text


def _tell_conflict(draft: DossierDraft, record: RowRecord, known: Cell, cell: Cell) -> None:
    told = any(found.rule == "READ-031" and found.column == cell.column for found in draft.findings)
    if told:
        return
    draft.findings.append(
        Finding(
            rule="READ-031",
            subject=draft.code,
            file=record.source,
            sheet=record.sheet or None,
            row=cell.row,
            column=cell.column,
            values={"written": cell.written, "other": known.written, "other_row": str(known.row)},
        )
    )
