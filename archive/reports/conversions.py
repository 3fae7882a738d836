"""Workbooks of a conversion between the circulars: the converted descriptions, and the report of losses and doubts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from archive.reports.workbooks import CellKind, SheetColumn, SheetContent, Value, write_workbook
from archive.services.conversion import ConvertedDossier, Ends
from metadata.bridge.notes import NoteKind
from metadata.dates import from_iso
from metadata.descriptions import Description, DocumentDescription
from metadata.messages import text
from metadata.profiles import RECORD_SECTIONS, Field, FieldType, Profile, Section, profile

Again = Callable[[], Iterable[ConvertedDossier]]
"""The converted dossiers from the beginning: every sheet reads them once, none keeps them."""

_SHEETS = {
    Section.DOSSIER: "Hồ sơ",
    Section.DOCUMENT: "Văn bản",
    Section.PHOTO: "Ảnh",
    Section.AUDIO_VIDEO: "Phim, âm thanh",
}
_TIES = {"file_code": "Mã hồ sơ", "ordinal": "Số thứ tự tài liệu", "path": "Đường dẫn file"}
_NARROW, _MIDDLE, _WIDE = 10.0, 22.0, 60.0


@dataclass(slots=True)
class Counts:
    """What went in and what came out."""

    dossiers_in: int = 0
    dossiers_out: int = 0
    """Converted, or left as they are because they need no conversion."""

    unchanged: int = 0
    rejected: int = 0
    documents_in: int = 0
    documents_out: int = 0
    losses: int = 0
    doubts: int = 0
    by_rule: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """How often, by rule, kind, cause and field (Vietnamese name)."""

    @property
    def equal(self) -> bool:
        """Whether everything that went in and was not refused came out."""
        return self.dossiers_in == self.dossiers_out + self.rejected and self.documents_in == self.documents_out

    def add(self, found: ConvertedDossier) -> None:
        """Count one dossier; of a refused one neither documents that went in nor out are counted."""
        self.dossiers_in += 1
        if found.dossier is None:
            self.rejected += 1
            return
        self.dossiers_out += 1
        self.unchanged += found.status == "unchanged"
        self.documents_in += found.documents_in
        self.documents_out += len(found.dossier.documents)
        self.losses += found.count(NoteKind.LOSS)
        self.doubts += found.count(NoteKind.DOUBT)
        for note in found.notes:
            self.by_rule[note.rule, note.kind.value, note.cause.value, note.labels["vi"]] += 1


def counted(again: Again) -> Counts:
    """Counts of all dossiers."""
    counts = Counts()
    for found in again():
        counts.add(found)
    return counts


# ---------------------------------------------------------------- the converted descriptions


def write_converted(path: Path, again: Again, ends: Ends, *, created: datetime) -> None:
    """The converted descriptions as a workbook that `luutru ingest` reads: one sheet a kind of record.

    Sheets without rows have their headings only. Columns that no profile knows stay in the metadata as received.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    used = profile(ends.target)
    write_workbook(
        path, (_records(used, section, again) for section in _SHEETS), created=created, title=used.titles["vi"]
    )


def _records(used: Profile, section: Section, again: Again) -> SheetContent:
    fields = [row for row in used.fields(section).values() if row.number and row.key not in _TIES]
    ties = ["file_code"] if section is Section.DOSSIER else ["file_code", "ordinal"]
    columns = [SheetColumn(_TIES[key], _MIDDLE) for key in ties]
    columns += [SheetColumn(row.vi, _width(row), _kind(row)) for row in fields]
    if section is not Section.DOSSIER:
        columns.append(SheetColumn(_TIES["path"], _WIDE))
    return SheetContent(_SHEETS[section], columns, _rows(section, fields, again), frozen_columns=len(ties))


def _rows(section: Section, fields: list[Field], again: Again) -> Iterator[list[Value]]:
    for found in again():
        if found.dossier is None:
            continue
        if section is Section.DOSSIER:
            yield [found.file_code, *(_value(found.dossier, row) for row in fields)]
            continue
        for document in found.dossier.documents:
            if RECORD_SECTIONS[document.kind] is section:
                files = "; ".join(document.files)
                values = (_value(document, row) for row in fields)
                yield [found.file_code, document.ordinal, *values, files]


def _value(description: Description | DocumentDescription, row: Field) -> Value:
    value = description.value(row.key)
    if row.type is FieldType.DATE:
        day = from_iso(value)
        return day.vietnamese() if day else value
    return int(value) if row.type is FieldType.NUMBER and value.isascii() and value.isdigit() else value


def _kind(row: Field) -> CellKind:
    return CellKind.NUMBER if row.type is FieldType.NUMBER else CellKind.TEXT


def _width(row: Field) -> float:
    return _WIDE if (row.length or 0) > 200 else _MIDDLE  # noqa: PLR2004 - titles and remarks


# ---------------------------------------------------------------- the report


def write_report(path: Path, again: Again, ends: Ends, *, created: datetime, language: str) -> Counts:
    """The report: counts in and out, every dossier, every loss, every doubt with its suggestions.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    counts = counted(again)
    report = _Report(counts, again, ends, language)
    write_workbook(
        path, report.sheets(), created=created, title=report.word("title", source=ends.source, target=ends.target)
    )
    return counts


@dataclass(frozen=True, slots=True)
class _Report:
    counts: Counts
    again: Again
    ends: Ends
    language: str

    def word(self, key: str, **values: object) -> str:
        return text(f"conversion.{key}", self.language, **values)

    def sheets(self) -> Iterator[SheetContent]:
        yield self._summary()
        yield self._dossiers()
        yield self._notes(NoteKind.LOSS)
        yield self._notes(NoteKind.DOUBT)

    def _summary(self) -> SheetContent:
        counts = self.counts
        above: list[list[Value]] = [
            [self.word("title", source=self.ends.source, target=self.ends.target)],
            [self.word("dossiers_in"), counts.dossiers_in],
            [self.word("dossiers_out"), counts.dossiers_out],
            [self.word("unchanged"), counts.unchanged],
            [self.word("rejected"), counts.rejected],
            [self.word("documents_in"), counts.documents_in],
            [self.word("documents_out"), counts.documents_out],
            [self.word("equal" if counts.equal else "unequal")],
            [self.word("losses"), counts.losses],
            [self.word("doubts"), counts.doubts],
        ]
        headings = ("rule", "kind", "cause", "field", "count")
        rows: Iterator[list[Value]] = (
            [rule, self.word(f"kinds.{kind}"), self.word(f"causes.{cause}"), label, count]
            for (rule, kind, cause, label), count in sorted(counts.by_rule.items())
        )
        columns = [SheetColumn(self.word(f"column.{name}"), _MIDDLE) for name in headings]
        return SheetContent(self.word("sheet.summary"), columns, rows, above=above)

    def _dossiers(self) -> SheetContent:
        headings = ("file_code", "package_id", "path", "status", "documents_in", "documents_out", "losses", "doubts")
        rows: Iterator[list[Value]] = (
            [
                found.file_code,
                found.package_id,
                found.path,
                self.word(f"status.{found.status.value}"),
                found.documents_in,
                found.documents_out,
                found.count(NoteKind.LOSS),
                found.count(NoteKind.DOUBT),
            ]
            for found in self.again()
        )
        columns = [SheetColumn(self.word(f"column.{name}"), _MIDDLE) for name in headings]
        return SheetContent(self.word("sheet.dossiers"), columns, rows)

    def _notes(self, kind: NoteKind) -> SheetContent:
        widths = {
            "file_code": _MIDDLE,
            "ordinal": _NARROW,
            "row": _NARROW,
            "rule": _NARROW,
            "field": _MIDDLE,
            "value": _WIDE,
            "became": _MIDDLE,
            "suggestions": _WIDE,
            "message": _WIDE,
        }
        columns = [
            SheetColumn(self.word(f"column.{name}"), width, wrapped=width == _WIDE) for name, width in widths.items()
        ]
        name = "losses" if kind is NoteKind.LOSS else "doubts"
        return SheetContent(self.word(f"sheet.{name}"), columns, self._note_rows(kind))

    def _note_rows(self, kind: NoteKind) -> Iterator[list[Value]]:
        for found in self.again():
            for note in found.notes:
                if note.kind is kind:
                    yield [
                        found.file_code,
                        note.ordinal,
                        note.row,
                        note.rule,
                        note.labels[self.language],
                        note.value,
                        note.became,
                        "; ".join(note.suggestions),
                        note.messages[self.language],
                    ]
