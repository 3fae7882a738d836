"""The circular's EAD.xml, EAD_doc, EAD_pic, EAD_media (AIP form of TT 05/2025): a flat `simpledc`, codes and dates.

What does not fit the form (a word without a code, a date that is none) is left
out here, never bent: the whole as delivered stands in `metadata.xml.record`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from metadata.descriptions import Description, DocumentDescription, DossierDescription, RecordKind
from metadata.profiles import Field, FieldType, Section, profile
from metadata.xml.reading import parsed
from metadata.xml.schemas import ead_schema
from metadata.xml.writing import XmlWriter, legal

_DOSSIER = (
    *("arcFileCode", "title", "maintenance", "mode", "language", "startDate", "endDate", "keyword", "totalDoc"),
    *("numberOfPaper", "numberOfPage", "format", "inforSign", "confidenceLevel", "paperFileCode"),
    *("riskRecovery", "riskRecoveryStatus", "description"),
)
_DOCUMENT = (
    *("arcFileCode", "mode", "language", "keyword", "numberOfPage", "format", "inforSign", "confidenceLevel"),
    *("description", "docCode", "docOrdinal", "typeName", "codeNumber", "codeNotation", "issuedDate", "organName"),
    *("subject", "autograph", "process"),
)
# The annexes contradict each other on pictures and recordings in an AIP: these are the fields of
# the submission form, which both contain, and the two that tie a document to its dossier.
_PHOTO = (
    *("arcFileCode", "docCode", "docOrdinal", "maintenance", "typePic", "archivesNumber", "inforSign", "eventName"),
    *("imageTitle", "photographer", "photoPlace", "photoTime", "colour", "filmSize", "docAttached", "mode", "format"),
    *("riskRecovery", "riskRecoveryStatus", "description"),
)
_MEDIA = (
    *("arcFileCode", "docCode", "docOrdinal", "maintenance", "typeMedia", "archivesNumber", "inforSign", "eventName"),
    *("movieTitle", "recorder", "recordPlace", "recordDate", "language", "playTime", "docAttached", "mode", "quality"),
    *("format", "riskRecovery", "riskRecoveryStatus", "description"),
)
_YES_NO = {"01": "1", "1": "1", "00": "0", "0": "0", "02": "0"}
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_NUMBER = re.compile(r"0*(\d{1,10})")


@dataclass(frozen=True, slots=True)
class EadForm:
    """One of the circular's four forms."""

    name: str
    """Also the name of its schema, and of its files before the number."""

    section: Section
    elements: tuple[str, ...]


DOSSIER_FORM = EadForm("EAD", Section.DOSSIER, _DOSSIER)
FORMS: Mapping[RecordKind, EadForm] = {
    RecordKind.DOCUMENT: EadForm("EAD_doc", Section.DOCUMENT, _DOCUMENT),
    RecordKind.PHOTO: EadForm("EAD_pic", Section.PHOTO, _PHOTO),
    RecordKind.MEDIA: EadForm("EAD_media", Section.AUDIO_VIDEO, _MEDIA),
}


def archival_file_code(archive_code: str, file_code: str) -> str:
    """Code of a dossier in the archive: the archive body's code before the dossier's, once."""
    if not archive_code or file_code == archive_code or file_code.startswith(f"{archive_code}."):
        return file_code
    return f"{archive_code}.{file_code}"


def document_code(document: DocumentDescription, file_code: str, profile_id: str) -> str:
    """Archival code: as delivered under TT 05/2025, else the dossier's code and the ordinal in 7 digits."""
    delivered = document.value("doc_code") if profile_id == "05-2025" else ""
    return delivered or f"{file_code}.{document.ordinal:07d}"


def _in_form(field: Field, value: str) -> str:
    """`value` as the circular writes it; empty where it does not fit."""
    if field.type is FieldType.BOOLEAN:
        return _YES_NO.get((field.vocabulary.code(value) if field.vocabulary else None) or value, "")
    if field.vocabulary is not None:
        return field.vocabulary.code(value) or ""
    if field.type is FieldType.DATE:
        match = _DATE.fullmatch(value)
        return "/".join(part for part in reversed(match.groups()) if part) if match else ""
    if field.type is FieldType.NUMBER:
        match = _NUMBER.fullmatch(value)
        return match[1] if match else ""
    return legal(value)


def _values(form: EadForm, description: Description) -> Iterator[tuple[str, str]]:
    by_short = {field.short: field for field in profile("05-2025").fields(form.section).values()}
    for element in form.elements:
        field = by_short.get(element)
        if field is not None and (value := description.value(field.key)):
            yield element, _in_form(field, value)


def dossier_fields(dossier: DossierDescription, archive_code: str) -> dict[str, str]:
    """The dossier's fields by element name, in the circular's order."""
    fixed = {"arcFileCode": legal(archival_file_code(archive_code, dossier.file_code))}
    found = dict(_values(DOSSIER_FORM, dossier)) | fixed
    found.setdefault("totalDoc", str(len(dossier.documents)))
    if not found.get("title"):
        found["title"] = fixed["arcFileCode"]
    return {element: found[element] for element in _DOSSIER if found.get(element)}


def document_fields(
    document: DocumentDescription, file_code: str, archive_code: str, profile_id: str
) -> dict[str, str]:
    """A document's fields by element name, in the circular's order."""
    form = FORMS[document.kind]
    found = dict(_values(form, document)) | {
        "arcFileCode": legal(archival_file_code(archive_code, file_code)),
        "docCode": legal(document_code(document, file_code, profile_id)),
        "docOrdinal": str(document.ordinal),
    }
    return {element: found[element] for element in form.elements if found.get(element)}


def write_ead(stream: BinaryIO, fields: Mapping[str, str]) -> None:
    """Write `fields` as a `simpledc` document."""
    xml = XmlWriter(stream, None)
    with xml.document("simpledc", {}, {}):
        for element, value in fields.items():
            xml.leaf(element, value)


def read_ead(stream: BinaryIO, form: str = "") -> dict[str, str]:
    """Fields of a `simpledc` document, in whatever order they stand; an element that stands twice counts once.

    Args:
        stream: The document.
        form: Name of the form whose schema shall judge it; empty: tolerant.

    Raises:
        XmlRefusedError: see there.
    """
    root = parsed(stream, ead_schema(form) if form else None)
    return {str(child.tag): (child.text or "").strip() for child in root}
