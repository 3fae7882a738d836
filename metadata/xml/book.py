"""The XML that goes with the book of a dossier: everything that is known of its documents, in order of time.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục VI (a whole dossier as .pdf and .xml in order of time). It can be read
without this program: each field carries its key, its short name and its Vietnamese name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from metadata.descriptions import Description, DocumentDescription
from metadata.profiles import PROFILES, RECORD_SECTIONS, Profile, Section, profile
from metadata.succession import Standing, relations_of
from metadata.xml.writing import XmlWriter, quoted, write_signed_file

BOOK = "urn:luutru:book:1.0"


@dataclass(frozen=True, slots=True)
class BoundFile:
    """An original, and where its pages stand in the book."""

    attributes: Mapping[str, str]
    """What is told of it: name, digests, format, flavour of its PDF/A or why there is none."""

    signatures: Sequence[Mapping[str, str]] = ()
    first_page: int = 0
    """From 1; 0: it is not in the book."""

    pages: int = 0


@dataclass(frozen=True, slots=True)
class BoundDocument:
    """A document in its place in time."""

    description: DocumentDescription
    profile: str
    """Of the part in which it came."""

    package_id: str
    files: Sequence[BoundFile]
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """A whole dossier."""

    attributes: Mapping[str, str]
    """What is told of it: identifiers, agency, times, the PDF and its digest."""

    dossier: Description
    profile: str
    documents: Iterable[BoundDocument] = field(default_factory=tuple)
    """In order of time, each asked for once."""


def write_book(stream: BinaryIO, book: Book) -> None:
    """Write `book` to `stream`, document by document."""
    xml = XmlWriter(stream, BOOK)
    attributes = {"version": "1"} | {name: quoted(value) for name, value in book.attributes.items()}
    with xml.document("book", attributes, {None: BOOK}):
        with xml.element("dossier"):
            _fields(xml, book.dossier, _profile(book.profile), Section.DOSSIER)
        for position, document in enumerate(book.documents, start=1):
            _document(xml, document, position)


def _profile(profile_id: str) -> Profile | None:
    return profile(profile_id) if profile_id in PROFILES else None


def _fields(xml: XmlWriter, description: Description, used: Profile | None, section: Section) -> None:
    for key, cell in description.fields.items():
        # Rows of pictures and recordings carry columns of the documents' table.
        row = (used.field(section, key) or used.field(Section.DOCUMENT, key)) if used else None
        named = {"name": row.short, "label": row.vi} if row else {}
        written = {"written": quoted(cell.written)} if cell.written and cell.written != cell.value else {}
        xml.leaf("field", quoted(cell.value), {"key": quoted(key), **named, **written})
    for heading, value in description.extra.items():
        xml.leaf("extra", quoted(value), {"heading": quoted(heading)})


def _document(xml: XmlWriter, document: BoundDocument, position: int) -> None:
    description = document.description
    attributes = {
        "position": str(position),
        "ordinal": str(description.ordinal),
        "kind": description.kind.value,
        "packageId": document.package_id,
    }
    with xml.element("document", attributes):
        _fields(xml, description, _profile(document.profile), RECORD_SECTIONS[description.kind])
        for relation in relations_of(description):
            xml.leaf("relation", quoted(relation.target), {"kind": relation.kind.value})
        if document.standing is not None and not document.standing.current:
            replaced_by = " ".join(map(str, document.standing.replaced_by))
            recalled = {"recalled": "true"} if document.standing.recalled else {}
            xml.leaf("superseded", "", {**({"by": replaced_by} if replaced_by else {}), **recalled})
        for file in document.files:
            _file(xml, file)


def _file(xml: XmlWriter, file: BoundFile) -> None:
    place = {"firstPage": str(file.first_page), "pages": str(file.pages)} if file.first_page else {}
    attributes = {name: quoted(value) for name, value in file.attributes.items() if value} | place
    write_signed_file(xml, attributes, file.signatures)
