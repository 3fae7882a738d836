"""EAD 2002, EAD3 and Dublin Core, as far as they say what the circular's fields say; the rest is kept beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ingest.readers.eark.fields import Fields, by_key, normalised
from metadata.codes import nfc, split_number
from metadata.dates import read_date
from metadata.profiles import Section
from metadata.validation_secrets import secret_grade

DUBLIN_CORE_NAMESPACES = frozenset({"http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"})
DUBLIN_CORE = frozenset(
    {
        *("title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format"),
        *("identifier", "source", "language", "relation", "coverage", "rights"),
        *("created", "issued", "extent", "abstract", "temporal", "isPartOf", "accessRights", "alternative"),
        *("available", "modified", "valid", "medium", "spatial", "references", "provenance"),
    }
)

_DC_DOSSIER = {
    "identifier": "file_code",
    "title": "title",
    "subject": "keyword",
    "description": "description",
    "abstract": "description",
    "language": "language",
    "rights": "rights",
    "accessRights": "rights",
    "creator": "creator",
}
_DC_DOCUMENT = {
    "identifier": "doc_code",
    "title": "subject",
    "subject": "keyword",
    "description": "description",
    "abstract": "description",
    "language": "language",
    "rights": "mode",
    "accessRights": "mode",
    "creator": "organ_name",
    "publisher": "organ_name",
    "type": "type_name",
    "issued": "issued_date",
    "created": "issued_date",
    "date": "issued_date",
}
_EAD_DOSSIER = {
    "did/unitid": "file_code",
    "did/unittitle": "title",
    "unittitle/title": "title",
    "langmaterial/language": "language",
    "accessrestrict/p": "rights",
    "scopecontent/p": "description",
    "abstract": "description",
    "did/abstract": "description",
    "custodhist/p": "remark",
    "controlaccess/subject": "keyword",
    "subject/part": "keyword",
    "did/origination": "creator",
}
_EAD_DOCUMENT = _EAD_DOSSIER | {
    "did/unitid": "doc_code",
    "did/unittitle": "subject",
    "unittitle/title": "subject",
    "accessrestrict/p": "mode",
    "did/origination": "organ_name",
    "controlaccess/genreform": "type_name",
    "genreform/part": "type_name",
    "custodhist/p": "",
}
_BODIES = re.compile(r"^(?:origination/(?:corpname|persname|name|famname)|(?:corpname|persname|name|famname)/part)$")
_DATES = frozenset({"did/unitdate", "unitdatestructured/datesingle", "unittitle/unitdate"})
_ENDS = {"daterange/fromdate": "start_date", "daterange/todate": "end_date"}
_FIRST_WINS = frozenset({"file_code", "doc_code", "issued_date", "title", "start_date", "end_date"})
_LANGUAGES = {"eng": "en", "fre": "fr", "fra": "fr", "rus": "ru", "chi": "zh", "zho": "zh"}
"""Three-letter codes whose two-letter forms the code list knows."""

_BETWEEN = re.compile(r"\s+[-–]\s+|–|\s+đến\s+")
_LISTED = frozenset({"rights", "mode", "type_name", "language"})
"""Fields with a code list: a word that it does not have is kept beside them, never forced in."""

Listed = Sequence[Sequence[Any]]


class _Mapping:
    def __init__(self, section: Section) -> None:
        self.found = Fields()
        self._section = section

    def field(self, key: str, element: str, text: str) -> None:
        """`text` as field `key`, or beside the fields where it does not fit."""
        described = by_key(self._section, key) if key else None
        text = _LANGUAGES.get(text.casefold(), text) if key == "language" else text
        taken = key in _FIRST_WINS and key in self.found.cells
        if not key or taken or not _fits(key, described is not None, text, self._section):
            self.aside(element, text)
            return
        self.found.put(key, element, described, text)

    def aside(self, element: str, text: str) -> None:
        known = self.found.extra.get(element)
        self.found.extra[element] = f"{known}; {nfc(text)}" if known else nfc(text)

    def period(self, element: str, text: str, normal: str) -> None:
        """A date or a range of dates; `normal` is ISO, its ends parted by a slash."""
        ends = [part for part in (normal.split("/") if normal else _BETWEEN.split(text)) if part.strip()]
        if self._section is Section.DOCUMENT:
            self.field("issued_date", element, ends[0] if ends else text)
        elif ends and all(read_date(part).date for part in (ends[0], ends[-1])):
            self.field("start_date", element, ends[0])
            self.field("end_date", element, ends[-1])
        else:
            self.aside(element, text or normal)


def _fits(key: str, known: bool, text: str, section: Section) -> bool:
    if not known:
        return key in {"creator", "remark"}
    if key not in _LISTED or secret_grade(key, text):
        return True
    described = by_key(section, key)
    listed = described.vocabulary if described else None
    return listed is None or listed.words(text, codes=True) is not None


def ead_fields(listed: Listed, section: Section) -> Fields:
    """Fields of `archdesc` or of a component."""
    names = _EAD_DOCUMENT if section is Section.DOCUMENT else _EAD_DOSSIER
    mapping = _Mapping(section)
    body = "organ_name" if section is Section.DOCUMENT else "creator"
    for name, text, _line, _kind, normal in _described(listed):
        if name in _DATES:
            mapping.period(name, text, normal)
        elif name in _ENDS and section is not Section.DOCUMENT:
            mapping.field(_ENDS[name], name, normal or text)
        elif _BODIES.match(name):
            mapping.field(body, name, text)
        elif name in names and text:
            mapping.field(names[name], name, text)
        elif text:
            mapping.aside(name, text)
    return mapping.found


_HEADS = (
    *("control/", "eadheader/", "filedesc", "titlestmt/", "publicationstmt/", "profiledesc/", "maintenance", "change/"),
    *("revisiondesc/", "langusage/", "creation/", "conventiondeclaration/", "languagedec"),
)
"""The head of a finding aid speaks of the description, not of what it describes."""


def _described(listed: Listed) -> Iterator[Sequence[Any]]:
    return (entry for entry in listed if not entry[0].startswith(_HEADS))


def dublin_core_fields(listed: Listed, section: Section) -> Fields:
    """Fields of a Dublin Core record."""
    names = _DC_DOCUMENT if section is Section.DOCUMENT else _DC_DOSSIER
    mapping = _Mapping(section)
    for name, text, *_ in listed:
        if not text:
            continue
        if name in {"date", "temporal", "created", "issued"}:
            mapping.period(name, text, text if "/" in text and read_date(text).date is None else "")
        else:
            mapping.field(names.get(name, ""), name, text)
    return mapping.found


def number_of(found: Fields) -> None:
    """A code such as `222/QĐ-TTg` that stands where a document's code should be is its number and notation."""
    cell = found.cells.get("doc_code")
    number, notation = split_number(cell.value) if cell and "/" in cell.value else ("", "")
    if cell and number and notation and "code_number" not in found.cells:
        described = {key: by_key(Section.DOCUMENT, key) for key in ("code_number", "code_notation")}
        for key, part in (("code_number", number), ("code_notation", notation)):
            found.cells[key] = cell.model_copy(update={"value": normalised(described[key], part)})
        del found.cells["doc_code"]


MAPPINGS: Mapping[str, Callable[[Listed, Section], Fields]] = {"ead": ead_fields, "dc": dublin_core_fields}
"""By form of `metadata.xml.foreign_descriptions`."""
