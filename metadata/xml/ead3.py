"""EAD3 1.1.1: a dossier and its documents as archives of other countries read them; written in a stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from metadata.codes import document_number, document_title
from metadata.dates import from_iso
from metadata.descriptions import Description, DocumentDescription
from metadata.fonds import PROFILE as FONDS
from metadata.profiles import PROFILES, RECORD_SECTIONS, Section, profile
from metadata.xml.writing import XmlWriter, legal

EAD3 = "http://ead3.archivists.org/schema/"
_LANGUAGES = {"Tiếng Việt": "vie", "Tiếng Anh": "eng", "Tiếng Pháp": "fre", "Tiếng Nga": "rus", "Tiếng Trung": "chi"}
_DAYS = ("issued_date", "photo_time", "record_date")
_MAKERS = ("organ_name", "photographer", "recorder")
_PLACED = frozenset(
    {
        *("title", "subject", "image_title", "movie_title", "start_date", "end_date", "language", "rights", "mode"),
        *("maintenance", "file_code", "doc_code", "doc_id", "path", "ordinal", *_DAYS, *_MAKERS),
        *("type_name", "keyword", "description"),
    }
)
"""Keys that have an element of their own; all others are remarks (`odd`) by name."""

_OF_FONDS = {"fonds_history": "bioghist", "lookup_tools": "otherfindaid", "other_types": "relatedmaterial"}


@dataclass(frozen=True, slots=True)
class Catalogued:
    """A document with the files that the package has of it."""

    description: DocumentDescription
    code: str
    """Archival code of the document."""

    files: tuple[str, ...]
    """References, read from where the EAD3 document stands."""


@dataclass(frozen=True, slots=True)
class FindingAid:
    """What one EAD3 document says at its head."""

    record_id: str
    file_code: str
    profile: str
    dossier: Description
    agency: str
    archive: str
    program: str
    created: str
    """RFC 3339 with offset."""

    fonds: Description | None = None
    """What a table of fonds says of the dossier's fonds."""


class _Writing:
    def __init__(self, stream: BinaryIO, aid: FindingAid) -> None:
        self.xml = XmlWriter(stream, EAD3)
        self._aid = aid
        self._profile = profile(aid.profile if aid.profile in PROFILES else "05-2025")

    def control(self) -> None:
        xml, aid = self.xml, self._aid
        with xml.element("control"):
            xml.leaf("recordid", legal(aid.record_id))
            with xml.element("filedesc"), xml.element("titlestmt"):
                xml.leaf("titleproper", legal(aid.dossier.value("title") or aid.file_code))
            xml.leaf("maintenancestatus", "", {"value": "new"})
            with xml.element("maintenanceagency"):
                xml.leaf("agencyname", legal(aid.archive) or "unknown")
            with xml.element("languagedeclaration"):
                xml.leaf("language", "Tiếng Việt", {"langcode": "vie"})
                xml.leaf("script", "Latin", {"scriptcode": "Latn"})
            with xml.element("maintenancehistory"), xml.element("maintenanceevent"):
                xml.leaf("eventtype", "", {"value": "created"})
                xml.leaf("eventdatetime", aid.created, {"standarddatetime": aid.created})
                xml.leaf("agenttype", "", {"value": "machine"})
                xml.leaf("agent", legal(aid.program))

    def dossier(self, documents: Iterable[Catalogued]) -> None:
        xml, aid = self.xml, self._aid
        with xml.element("archdesc", {"level": "file"}):
            with xml.element("did"):
                xml.leaf("unitid", legal(aid.file_code))
                xml.leaf("unittitle", legal(aid.dossier.value("title") or aid.file_code))
                self.dates(aid.dossier.value("start_date"), aid.dossier.value("end_date"))
                self.named("origination", "corpname", aid.agency)
                self.named("repository", "corpname", aid.archive)
                self.languages(aid.dossier)
            self.remarks(aid.dossier, Section.DOSSIER, aid.dossier.value("rights"))
            if aid.fonds is not None:
                self.fonds(aid.fonds)
            with xml.element("dsc", {"dsctype": "combined"}):
                for document in documents:
                    self.document(document)

    def fonds(self, fonds: Description) -> None:
        """History of who formed the fonds, its finding aids, and the rest by name."""
        table = profile(FONDS).fields(Section.FONDS)
        for key, value in fonds.values().items():
            element = _OF_FONDS.get(key, "odd")
            self.paragraph(element, value, {"localtype": f"fonds.{key}"}, table[key].vi if key in table else key)

    def document(self, found: Catalogued) -> None:
        xml, description = self.xml, found.description
        with xml.element("c", {"level": "item"}):
            with xml.element("did"):
                codes = {
                    "docCode": found.code,
                    "docId": description.value("doc_id"),
                    "number": document_number(description),
                    "ordinal": str(description.ordinal),
                }
                for kind, code in codes.items():
                    if code:
                        xml.leaf("unitid", legal(code), {"localtype": kind})
                xml.leaf("unittitle", legal(document_title(description)) or str(description.ordinal))
                self.dates(next(filter(None, map(description.value, _DAYS)), ""), "")
                for key in _MAKERS:
                    self.named("origination", "name", description.value(key))
                self.languages(description)
                for path in found.files:
                    xml.leaf("dao", "", {"daotype": "unknown", "href": path})
            self.remarks(description, RECORD_SECTIONS[description.kind], description.value("mode"))

    def dates(self, start: str, end: str) -> None:
        known = [(day, found) for day in (start, end) if (found := from_iso(day)) is not None]
        if not known:
            return
        with self.xml.element("unitdatestructured"):
            if len(known) == 1:
                day, found = known[0]
                self.xml.leaf("datesingle", found.vietnamese(), {"standarddate": day})
                return
            with self.xml.element("daterange"):
                for name, (day, found) in zip(("fromdate", "todate"), known, strict=True):
                    self.xml.leaf(name, found.vietnamese(), {"standarddate": day})

    def named(self, element: str, kind: str, name: str) -> None:
        if name:
            with self.xml.element(element), self.xml.element(kind):
                self.xml.leaf("part", legal(name))

    def languages(self, description: Description) -> None:
        words = [word.strip() for word in description.value("language").split(",") if word.strip()]
        if words:
            with self.xml.element("langmaterial"):
                for word in words:
                    code = _LANGUAGES.get(word)
                    self.xml.leaf("language", legal(word), {"langcode": code} if code else {})

    def remarks(self, description: Description, section: Section, rights: str) -> None:
        self.paragraph("accessrestrict", rights)
        self.paragraph("appraisal", description.value("maintenance"))
        self.paragraph("scopecontent", description.value("description"))
        self.terms(description)
        for key, value in description.values().items():
            if key not in _PLACED:
                row = self._profile.field(section, key)
                self.paragraph("odd", value, {"localtype": key}, row.vi if row else key)
        for heading, value in description.extra.items():
            self.paragraph("odd", value, {"localtype": "extra"}, heading)

    def terms(self, description: Description) -> None:
        said = {"genreform": description.value("type_name"), "subject": description.value("keyword")}
        if any(said.values()):
            with self.xml.element("controlaccess"):
                for element, term in said.items():
                    if term:
                        with self.xml.element(element):
                            self.xml.leaf("part", legal(term))

    def paragraph(
        self, element: str, value: str, attributes: Mapping[str, str] | None = None, heading: str = ""
    ) -> None:
        if value:
            with self.xml.element(element, attributes):
                if heading:
                    self.xml.leaf("head", legal(heading))
                self.xml.leaf("p", legal(value))


def write_ead3(stream: BinaryIO, aid: FindingAid, documents: Iterable[Catalogued]) -> None:
    """Write a dossier with its documents.

    Args:
        stream: Open for writing, stays open.
        aid: The dossier.
        documents: Taken one by one; at least one, for EAD3 has no empty list of components.
    """
    writing = _Writing(stream, aid)
    with writing.xml.document("ead", {}, {None: EAD3}):
        writing.control()
        writing.dossier(documents)
