"""Rules of single fields: required, types, lengths, code lists, days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from metadata.additions import ADDING
from metadata.codes import is_exchange_id
from metadata.dates import CivilDate, DateProblem, from_iso, read_date
from metadata.descriptions import Cell, Description, DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.profiles import PROFILES, Field, FieldType, Required, Section, profile
from metadata.profiles.conditions import conditions
from metadata.profiles.vocabularies import vocabularies

_OFFICE_ERROR = re.compile(r"^#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)$")
_NUMBERS_IN_WORDS = frozenset({"catalogue"})
"""Inventory numbers are written `2024.K4` or `02B` in real sheets: no type is asked of them."""

_ASKED_BY_NOBODY = frozenset({Required.NOT_STATED, Required.IF_AVAILABLE})
_SHOWN_WORDS = 12


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


class FieldRules:
    """Rules of single fields of one dossier and its documents.

    Args:
        dossier: As read.
        profile_id: Of the headings.
    """

    def __init__(self, dossier: DossierDescription, profile_id: str) -> None:
        self._dossier, self._profile_id = dossier, profile_id
        self._start, self._end = (from_iso(dossier.value(key)) for key in ("start_date", "end_date"))
        self._asked: dict[Section, tuple[Field, ...]] = {}

    def findings(self, description: Description, section: Section, source: str | None) -> Iterator[Finding]:
        """What the fields of `description` break, each by itself and the days among each other."""
        fields, dossier = profile(self._profile_id).fields(section), self._dossier
        for key, cell in description.fields.items():
            field = fields.get(key) or _field_elsewhere(key)
            if field is not None and (cell.value or cell.written):
                yield from _cell_findings(field, cell, Place(description, dossier, source, cell), self._profile_id)
        # What a further part does not say of its dossier, the stored dossier says.
        if not (description is dossier and dossier.record_status in ADDING):
            whole = Place(description, dossier, source)
            for field in self._asked_of(section, fields):
                yield from _missing(field, description, whole)
        yield from self._period(description, source)

    def _asked_of(self, section: Section, fields: Mapping[str, Field]) -> tuple[Field, ...]:
        if section not in self._asked:
            self._asked[section] = tuple(field for field in fields.values() if field.required not in _ASKED_BY_NOBODY)
        return self._asked[section]

    def _period(self, description: Description, source: str | None) -> Iterator[Finding]:
        start, end = self._start, self._end
        if start is None or end is None:
            return
        if isinstance(description, DocumentDescription):
            issued = from_iso(description.value("issued_date"))
            if issued and _is_outside(issued, start, end):
                place = place_of(description, "issued_date", self._dossier, source)
                yield place.finding("MET-024", start=start.vietnamese(), end=end.vietnamese())
        elif end.latest() < start.earliest():
            place = place_of(description, "end_date", self._dossier, source)
            yield place.finding("MET-023", other=self._dossier.written("start_date"))


@lru_cache(maxsize=1 << 10)
def _field_elsewhere(key: str) -> Field | None:
    """A photograph's row may carry the columns of documents, and a sheet those of the other circular."""
    found = (profile(id_).field(section, key) for id_ in PROFILES for section in (Section.DOCUMENT, Section.DOSSIER))
    return next((field for field in found if field), None)


def _cell_findings(field: Field, cell: Cell, place: Place, profile_id: str) -> Iterator[Finding]:
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
    too_long = field.length and field.type is not FieldType.DATE and len(cell.value) > field.length
    if too_long and not field.vocabulary and not (field.key == "doc_code" and is_exchange_id(cell.value)):
        yield place.finding("MET-010", actual=str(len(cell.value)), length=str(field.length), **names)


def _is_unlisted(field: Field, value: str, profile_id: str) -> bool:
    vocabulary = field.vocabulary
    if vocabulary is None:
        return False
    # Figures that readers left as they were are a code that no list has, not the years that words would make of them.
    if not value.isdigit() and _is_word(vocabulary.id, value):
        return False
    # TT 02/2019 prints no lists: a word that practice does not know is a doubt only where practice is firm.
    return profile_id == "05-2025" or not vocabulary.open or vocabulary.id == "maintenance"


@lru_cache(maxsize=1 << 12)
def _is_word(vocabulary_id: str, value: str) -> bool:
    return vocabularies()[vocabulary_id].words(value, codes=False) is not None


def _day_findings(place: Place, cell: Cell) -> Iterator[Finding]:
    day = from_iso(cell.value)
    if day is None:
        impossible = read_date(cell.written).problem is DateProblem.IMPOSSIBLE
        yield place.finding("MET-020" if impossible else "MET-021")
    elif day.partial:
        yield place.finding("MET-022")


def _missing(field: Field, description: Description, place: Place) -> Iterator[Finding]:
    """What is asked for and is not there, or is not what is asked for."""
    cell = description.fields.get(field.key)
    is_document = isinstance(description, DocumentDescription)
    condition = conditions().get(field.required)
    if cell is not None and (cell.value or cell.written):
        if condition and condition.must_be not in {"", cell.value} and condition.holds(description, place.dossier):
            told = Place(description, place.dossier, place.source, cell)
            reasons = {"reason": condition.reasons["vi"], "reason_en": condition.reasons["en"]}
            yield told.finding("MET-006", expected=condition.must_be, field=field.vi, field_en=field.en, **reasons)
        return
    names = {"field": field.vi, "field_en": field.en}
    if field.required is Required.IMPLEMENTATION and not is_document and field.key != "title":
        yield place.finding("MET-002", rows=str(description.row or ""), **names)
    if condition and condition.holds(description, place.dossier):
        reasons = {"reason": condition.reasons["vi"], "reason_en": condition.reasons["en"]}
        yield place.finding("MET-003", **reasons, **names)


def _is_outside(day: CivilDate, start: CivilDate, end: CivilDate) -> bool:
    if end.latest() < start.earliest():
        return False
    return day.latest() < start.earliest() or day.earliest() > end.latest()
