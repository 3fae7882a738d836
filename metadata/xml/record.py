"""The record as delivered (TT 02/2019 requires metadata as XML): every field, value and place, for fifty years.

One document a package, `metadata/descriptive/source/record.xml`. Each field
carries its canonical key, its short name and its Vietnamese name, so that it
can be read without this program. What it says comes back to the letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from lxml import etree

from metadata.descriptions import (
    Cell,
    Description,
    DocumentDescription,
    DocumentRelation,
    MachineMade,
    RecordKind,
    RecordStatus,
    RelationKind,
)
from metadata.profiles import PROFILES, RECORD_SECTIONS, Section, profile
from metadata.xml.reading import XmlRefusedError, elements, text_of
from metadata.xml.writing import XmlWriter, quoted, unquoted

RECORD = "urn:luutru:record:1.0"


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A file of a document: received name and place in the package."""

    name: str
    path: str
    part: int


@dataclass(frozen=True, slots=True)
class RecordedDocument:
    """A document with where its files went."""

    description: DocumentDescription
    files: tuple[RecordFile, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What was delivered of one dossier, or of one part of it."""

    reader: str
    profile: str
    fingerprint: str
    file_code: str
    part: int
    parts: int
    dossier: Description
    """Fields of the dossier only; its documents are beside it."""

    documents: Sequence[RecordedDocument]
    stray_files: tuple[str, ...] = ()
    status: RecordStatus = RecordStatus.NEW
    fonds: Description | None = None
    """What a table of fonds beside the list says of the dossier's fonds."""


class _Writing:
    def __init__(self, stream: BinaryIO, profile_id: str) -> None:
        self.xml = XmlWriter(stream, RECORD)
        self._profile = profile(profile_id) if profile_id in PROFILES else None

    def description(self, description: Description, section: Section) -> None:
        for key, cell in description.fields.items():
            row = self._profile.field(section, key) if self._profile else None
            named = {"name": row.short, "label": row.vi} if row else {}
            place = {"row": str(cell.row)} if cell.row is not None else {}
            column = {"column": quoted(cell.column)} if cell.column is not None else {}
            written = {"written": quoted(cell.written)} if cell.written else {}
            attributes = {"key": quoted(key), **named, **written, **place, **column}
            self.xml.leaf("field", quoted(cell.value), attributes)
        for heading, value in description.extra.items():
            self.xml.leaf("extra", quoted(value), {"heading": quoted(heading)})

    def place(self, description: Description) -> dict[str, str]:
        source = {"source": quoted(description.source)} if description.source is not None else {}
        sheet = {"sheet": quoted(description.sheet)} if description.sheet is not None else {}
        return source | sheet | ({"row": str(description.row)} if description.row is not None else {})

    def document(self, recorded: RecordedDocument) -> None:
        description = recorded.description
        kind = {"ordinal": str(description.ordinal), "kind": description.kind.value}
        with self.xml.element("document", kind | self.place(description)):
            self.description(description, RECORD_SECTIONS[description.kind])
            for name in description.files:
                self.xml.leaf("named", quoted(name))
            for name in description.missing_files:
                self.xml.leaf("missing", quoted(name))
            for made in description.machine_made:
                box = " ".join(f"{edge:.3f}" for edge in made.box)
                told = {"page": str(made.page), "box": box, "confidence": f"{made.confidence:.2f}"}
                writing = {"key": quoted(made.key), **told}
                self.xml.leaf("machineMade", quoted(made.file), writing)
            for relation in description.relations:
                self.xml.leaf("relation", quoted(relation.target), {"kind": relation.kind.value})
            for file in recorded.files:
                self.xml.leaf("file", quoted(file.name), {"path": file.path, "part": str(file.part)})


def write_record(stream: BinaryIO, record: Record) -> None:
    """Write `record` to `stream`, document by document."""
    writing = _Writing(stream, record.profile)
    attributes = {
        "version": "1",
        "reader": quoted(record.reader),
        "profile": quoted(record.profile),
        "fingerprint": record.fingerprint,
        "fileCode": quoted(record.file_code),
        "part": str(record.part),
        "parts": str(record.parts),
    }
    if record.status is not RecordStatus.NEW:
        attributes["status"] = record.status.value
    with writing.xml.document("record", attributes, {None: RECORD}):
        with writing.xml.element("dossier", writing.place(record.dossier)):
            writing.description(record.dossier, Section.DOSSIER)
            for name in record.stray_files:
                writing.xml.leaf("stray", quoted(name))
        if record.fonds is not None:
            with writing.xml.element("fonds", writing.place(record.fonds)):
                writing.description(record.fonds, Section.FONDS)
        for recorded in record.documents:
            writing.document(recorded)


def _tag(name: str) -> str:
    return f"{{{RECORD}}}{name}"


def _attribute(element: etree._Element, name: str) -> str | None:
    value = element.get(name)
    return None if value is None else unquoted(value)


def _number(element: etree._Element, name: str) -> int | None:
    value = element.get(name)
    return int(value) if value and value.isdecimal() else None


def _cells(element: etree._Element) -> dict[str, Cell]:
    return {
        unquoted(found.get("key") or ""): Cell(
            value=text_of(found),
            written=_attribute(found, "written") or "",
            row=_number(found, "row"),
            column=_attribute(found, "column"),
        )
        for found in element.iterfind(_tag("field"))
    }


def _extra(element: etree._Element) -> dict[str, str]:
    return {unquoted(found.get("heading") or ""): text_of(found) for found in element.iterfind(_tag("extra"))}


def _texts(element: etree._Element, name: str) -> tuple[str, ...]:
    return tuple(text_of(found) for found in element.iterfind(_tag(name)))


def _description(element: etree._Element) -> Description:
    return Description(
        fields=_cells(element),
        extra=_extra(element),
        source=_attribute(element, "source"),
        sheet=_attribute(element, "sheet"),
        row=_number(element, "row"),
    )


def _box(written: str) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(edge) for edge in written.split())
    return left, top, right, bottom


def _document(element: etree._Element) -> RecordedDocument:
    plain = _description(element)
    description = DocumentDescription(
        fields=plain.fields,
        extra=plain.extra,
        source=plain.source,
        sheet=plain.sheet,
        row=plain.row,
        ordinal=_number(element, "ordinal") or 0,
        kind=RecordKind(element.get("kind") or RecordKind.DOCUMENT),
        files=_texts(element, "named"),
        missing_files=_texts(element, "missing"),
        machine_made=tuple(
            MachineMade(
                key=_attribute(found, "key") or "",
                file=text_of(found),
                page=_number(found, "page") or 1,
                box=_box(found.get("box") or ""),
                confidence=float(found.get("confidence") or 0),
            )
            for found in element.iterfind(_tag("machineMade"))
        ),
        relations=tuple(
            DocumentRelation(kind=RelationKind(found.get("kind") or ""), target=text_of(found))
            for found in element.iterfind(_tag("relation"))
        ),
    )
    files: Iterable[RecordFile] = (
        RecordFile(text_of(found), found.get("path") or "", _number(found, "part") or 1)
        for found in element.iterfind(_tag("file"))
    )
    return RecordedDocument(description, tuple(files))


def read_record(stream: BinaryIO) -> Record:
    """Read what `write_record` wrote.

    Raises:
        XmlRefusedError: not well-formed, a DOCTYPE, or no record of a version that is known here.
    """
    walk = elements(stream, {_tag("dossier"), _tag("fonds"), _tag("document")})
    root = next(walk)
    if root.tag != _tag("record") or root.get("version") != "1":
        raise XmlRefusedError("no record of version 1")
    top = {name: unquoted(root.get(name) or "") for name in ("reader", "profile", "fingerprint", "fileCode")}
    part, parts = _number(root, "part") or 1, _number(root, "parts") or 1
    status = RecordStatus(root.get("status") or RecordStatus.NEW)
    dossier, stray = Description(), tuple[str, ...]()
    fonds: Description | None = None
    documents: list[RecordedDocument] = []
    for element in walk:
        if element.tag == _tag("dossier"):
            dossier, stray = _description(element), _texts(element, "stray")
        elif element.tag == _tag("fonds"):
            fonds = _description(element)
        else:
            documents.append(_document(element))
    return Record(
        reader=top["reader"],
        profile=top["profile"],
        fingerprint=top["fingerprint"],
        file_code=top["fileCode"],
        part=part,
        parts=parts,
        dossier=dossier,
        documents=tuple(documents),
        stray_files=stray,
        status=status,
        fonds=fonds,
    )
