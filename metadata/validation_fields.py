"""Rules of single fields: required, types, lengths, code lists, days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from metadata.dates import CivilDate, DateProblem, from_iso, read_date
from metadata.descriptions import Cell, Description, DocumentDescription, DossierDescription, RecordKind
from metadata.findings import Finding
from metadata.profiles import PROFILES, Field, FieldType, Required, Section, profile

_OFFICE_ERROR = re.compile(r"^#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)$")
_SECTIONS = {
    RecordKind.DOCUMENT: Section.DOCUMENT,
    RecordKind.PHOTO: Section.PHOTO,
    RecordKind.MEDIA: Section.AUDIO_VIDEO,
}
_NUMBERS_IN_WORDS = frozenset({"catalogue"})
"""Inventory numbers are written `2024.K4` or `02B` in real sheets: no type is asked of them."""

_SHOWN_WORDS = 12
_REASONS = {
    Required.DIGITISED: ("hồ sơ được số hóa từ giấy", "the dossier was digitised from paper"),
    Required.RISK_RECOVERY: ("chế độ dự phòng là có", "a backup is asked for"),
    Required.BORN_DIGITAL: ("tài liệu gốc điện tử hoặc hỗn hợp", "it is born digital or mixed"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, as the archivist knows it."""

    description: Description
    dossier: DossierDescription
    source: str | None
    cell: Cell | None = None

    @property
    def subject(self) -> str:
        """A document's file, else `code.ordinal`; a dossier's code."""
        if isinstance(self.description, DocumentDescription):
            return next(iter(self.description.files), f"{self.dossier.file_code}.{self.description.ordinal}")
        return self.dossier.file_code

    def finding(self, rule: str, **values: str) -> Finding:
        """A finding at this place; the value as written goes with it."""
        if self.cell is not None and self.cell.written:
            values.setdefault("written", self.cell.written)
        return Finding(
            rule=rule,
            subject=self.subject,
            file=self.source,
            sheet=self.description.sheet,
            row=self.cell.row if self.cell and self.cell.row else self.description.row,
            column=self.cell.column if self.cell else None,
            values=values,
        )


def place_of(description: Description, key: str, dossier: DossierDescription, source: str | None) -> Place:
    """The place of field `key`."""
    return Place(description, dossier, description.source or source, description.fields.get(key))


def record_section(document: DocumentDescription) -> Section:
    """The table that describes records of this kind."""
    return _SECTIONS[document.kind]


def field_findings(
    description: Description,
    dossier: DossierDescription,
    source: str | None,
    fields: Mapping[str, Field],
    profile_id: str,
) -> Iterator[Finding]:
    """What the fields of `description` break, each by itself and the days among each other."""
    for key, cell in description.fields.items():
        field = fields.get(key) or _field_elsewhere(key)
        if field is not None and (cell.value or cell.written):
            yield from _cell_findings(field, Place(description, dossier, source, cell), profile_id)
    for field in fields.values():
        yield from _missing(field, description, Place(description, dossier, source))
    yield from _period(description, dossier, source)


def _field_elsewhere(key: str) -> Field | None:
    """A photograph's row may carry the columns of documents, and a sheet those of the other circular."""
    found = (profile(id_).field(section, key) for id_ in PROFILES for section in (Section.DOCUMENT, Section.DOSSIER))
    return next((field for field in found if field), None)


def _cell_findings(field: Field, place: Place, profile_id: str) -> Iterator[Finding]:
    cell = place.cell or Cell(value="")
    names = {"field": field.vi, "field_en": field.en}
    if _OFFICE_ERROR.match(cell.written.upper()):
        yield place.finding("MET-013")
    elif field.type is FieldType.DATE:
        yield from _day_findings(place, cell)
    elif field.type is FieldType.NUMBER and not cell.value.isdigit() and field.key not in _NUMBERS_IN_WORDS:
        yield place.finding("MET-011")
    elif field.vocabulary is not None and _is_unlisted(field, cell.value, profile_id):
        expected = "; ".join(entry.vi for entry in field.vocabulary.entries[:_SHOWN_WORDS])
        yield place.finding("MET-012", expected=expected, **names)
    if field.length and field.type is not FieldType.DATE and len(cell.value) > field.length and not field.vocabulary:
        yield place.finding("MET-010", actual=str(len(cell.value)), length=str(field.length), **names)


def _is_unlisted(field: Field, value: str, profile_id: str) -> bool:
    vocabulary = field.vocabulary
    if vocabulary is None or vocabulary.words(value, codes=False) is not None:
        return False
    # TT 02/2019 prints no lists: a word that practice does not know is a doubt only where practice is firm.
    return profile_id != PROFILES[0] or not vocabulary.open or vocabulary.id == "maintenance"


def _day_findings(place: Place, cell: Cell) -> Iterator[Finding]:
    day = from_iso(cell.value)
    if day is None:
        impossible = read_date(cell.written).problem is DateProblem.IMPOSSIBLE
        yield place.finding("MET-020" if impossible else "MET-021")
    elif day.partial:
        yield place.finding("MET-022")


def _missing(field: Field, description: Description, place: Place) -> Iterator[Finding]:
    cell = description.fields.get(field.key)
    if cell is not None and (cell.value or cell.written):
        return
    names = {"field": field.vi, "field_en": field.en}
    is_document = isinstance(description, DocumentDescription)
    if field.required is Required.IMPLEMENTATION and not is_document and field.key != "title":
        yield place.finding("MET-002", rows=str(description.row or ""), **names)
    level = description.value("confidence_level")
    needed = {
        Required.DIGITISED: level in {"Số hóa", "Hỗn hợp"},
        Required.RISK_RECOVERY: description.value("risk_recovery") == "Có",
        Required.BORN_DIGITAL: level in {"Gốc điện tử", "Hỗn hợp"},
    }.get(field.required, False)
    if needed:
        reason, reason_en = _REASONS[field.required]
        yield place.finding("MET-003", reason=reason, reason_en=reason_en, **names)


def _period(description: Description, dossier: DossierDescription, source: str | None) -> Iterator[Finding]:
    start, end = (from_iso(dossier.value(key)) for key in ("start_date", "end_date"))
    if isinstance(description, DocumentDescription):
        issued = from_iso(description.value("issued_date"))
        if issued and start and end and _is_outside(issued, start, end):
            place = place_of(description, "issued_date", dossier, source)
            yield place.finding("MET-024", start=start.vietnamese(), end=end.vietnamese())
    elif start and end and end.latest() < start.earliest():
        place = place_of(description, "end_date", dossier, source)
        yield place.finding("MET-023", other=dossier.written("start_date"))


def _is_outside(day: CivilDate, start: CivilDate, end: CivilDate) -> bool:
    if end.latest() < start.earliest():
        return False
    return day.latest() < start.earliest() or day.earliest() > end.latest()
