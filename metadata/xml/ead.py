"""The circular's EAD.xml, EAD_doc, EAD_pic, EAD_media (TT 05/2025): a flat `simpledc`, codes and dates.

Which elements a package's form has stands in `metadata.profiles.packages`. What
does not fit the form (a word without a code, a date that is none) is left out
here, never bent: the whole as delivered stands in `metadata.xml.record`. A month
or year where the form wants a whole day goes into its remarks, if these have room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from metadata.dates import from_iso
from metadata.descriptions import Description, DocumentDescription, DossierDescription, RecordKind
from metadata.messages import text
from metadata.profiles import Field, FieldType
from metadata.profiles.packages import Element, PackageKind, form
from metadata.xml.reading import parsed
from metadata.xml.schemas import ead_schema
from metadata.xml.writing import XmlWriter, legal

_YES_NO = {"01": "1", "1": "1", "00": "0", "0": "0", "02": "0"}
_NUMBER = re.compile(r"0*([0-9]{1,10})")
_ID_LENGTH = 25
"""Longest `docId`."""

DOSSIER_FORM = "EAD"
FORMS: Mapping[RecordKind, str] = {
    RecordKind.DOCUMENT: "EAD_doc",
    RecordKind.PHOTO: "EAD_pic",
    RecordKind.MEDIA: "EAD_media",
}
"""Name of the form of a document; also that of its schema, and of its files before the number."""

_REMARKS = "description"

_WHOLE_DAYS = frozenset({PackageKind.SIP_DOSSIER, PackageKind.SIP_LOOSE, PackageKind.DIP})
"""Packages in which the circular wants DD/MM/YYYY; an AIP may have MM/YYYY and YYYY."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form filled in."""

    values: Mapping[str, str]
    """By element, in the circular's order."""

    left_out: tuple[str, ...] = ()
    """Elements whose value does not fit the form."""

    in_remarks: tuple[str, ...] = ()
    """Those of them that the form's remarks (`description`) tell in words."""


def archival_file_code(archive_code: str, file_code: str) -> str:
    """Code of a dossier in the archive: the archive body's code before the dossier's, once."""
    if not archive_code or file_code == archive_code or file_code.startswith(f"{archive_code}."):
        return file_code
    return f"{archive_code}.{file_code}"


def document_code(document: DocumentDescription, file_code: str, profile_id: str) -> str:
    """Archival code: as delivered under TT 05/2025, else the dossier's code and the ordinal in 7 digits."""
    delivered = document.value("doc_code") if profile_id == "05-2025" else ""
    return delivered or f"{file_code}.{document.ordinal:07d}"


def document_id(document: DocumentDescription, file_code: str, profile_id: str) -> str:
    """`docId`: as delivered, which TT 02/2019 calls DocCode; else code and ordinal where that is short enough."""
    delivered = document.value("doc_id") or ("" if profile_id == "05-2025" else document.value("doc_code"))
    composed = delivered or f"{file_code}.{document.ordinal}"
    return composed if len(composed) <= _ID_LENGTH else ""


def _in_form(field: Field, value: str, *, whole_days: bool = False) -> str:
    """`value` as the circular writes it; empty where it does not fit."""
    if field.type is FieldType.BOOLEAN:
        return _YES_NO.get((field.vocabulary.code(value) if field.vocabulary else None) or value, "")
    if field.vocabulary is not None:
        return field.vocabulary.code(value) or ""
    if field.type is FieldType.DATE:
        day = from_iso(value)
        return day.vietnamese() if day is not None and not (day.partial and whole_days) else ""
    if field.type is FieldType.NUMBER:
        match = _NUMBER.fullmatch(value)
        return match[1] if match else ""
    return legal(value)


def filled(kind: PackageKind, form_name: str, description: Description, known: Mapping[str, str]) -> Filled:
    """The form `form_name` of a package.

    Args:
        kind: The package.
        form_name: `EAD`, `EAD_doc`, `EAD_pic`, `EAD_media`.
        description: What is told of the dossier or document.
        known: Values of elements that are known otherwise, such as codes; before those of `description`.
    """
    elements = form(kind, form_name).elements
    values: dict[str, str] = {}
    left_out: list[Element] = []
    for element in elements:
        field = element.field
        value = known.get(element.name)
        if value is None and (told := description.value(field.key)):
            value = _in_form(field, told, whole_days=kind in _WHOLE_DAYS)
            if not value:
                left_out.append(element)
        if value:
            values[element.name] = value
    remarks = next((element for element in elements if element.name == _REMARKS), None)
    told_there = _remark(values, remarks.field, left_out, description) if remarks and left_out else ()
    # The remarks may have had nothing before: they stand where the circular has them.
    ordered = {element.name: values[element.name] for element in elements if element.name in values}
    return Filled(ordered, tuple(element.name for element in left_out), told_there)


def _remark(
    values: dict[str, str], remarks: Field, left_out: Sequence[Element], description: Description
) -> tuple[str, ...]:
    """Tell the months and years of `left_out` in the remarks; which ones. None where they do not all have room."""
    days = {element.name: (element.field, from_iso(description.value(element.field.key))) for element in left_out}
    said = {
        name: text("packages.remark.day", "vi", field=field.vi, day=day.vietnamese())
        for name, (field, day) in days.items()
        if field.type is FieldType.DATE and day is not None
    }
    whole = " ".join([*filter(None, [values.get(remarks.short)]), *said.values()])
    if not said or (remarks.length is not None and len(whole) > remarks.length):
        return ()
    values[remarks.short] = whole
    return tuple(said)


@dataclass(frozen=True, slots=True)
class Codes:
    """What the codes of a package are made of."""

    kind: PackageKind
    file_code: str
    archive_code: str
    """Mã cơ quan lưu trữ; empty where there is none."""

    profile: str
    """By which the dossier was delivered."""

    def dossier(self, description: Description, documents: int) -> Filled:
        """The form of the dossier, of which the package tells `documents` documents."""
        archival = legal(archival_file_code(self.archive_code, self.file_code))
        known = {"arcFileCode": archival, "fileCode": legal(self.file_code)}
        if not description.value("title"):
            archived = self.kind in {PackageKind.AIP_DOSSIER, PackageKind.AIP_LOOSE}
            known["title"] = known["arcFileCode" if archived else "fileCode"]
        made = filled(self.kind, DOSSIER_FORM, description, known)
        if "totalDoc" in made.values or not any(e.name == "totalDoc" for e in form(self.kind, DOSSIER_FORM).elements):
            return made
        return filled(self.kind, DOSSIER_FORM, description, {**known, "totalDoc": str(documents)})

    def document(self, document: DocumentDescription) -> Filled:
        """The form of a document."""
        code = document_code(document, self.file_code, self.profile)
        known = {
            "arcFileCode": legal(archival_file_code(self.archive_code, self.file_code)),
            "docCode": legal(code),
            "arcDocCode": legal(archival_file_code(self.archive_code, code)),
            "docId": legal(document_id(document, self.file_code, self.profile)),
            "docOrdinal": str(document.ordinal),
        }
        return filled(self.kind, FORMS[document.kind], document, known)


def dossier_fields(
    dossier: DossierDescription, archive_code: str, kind: PackageKind = PackageKind.AIP_DOSSIER
) -> Mapping[str, str]:
    """The dossier's fields in an AIP by element name, in the circular's order."""
    codes = Codes(kind, dossier.file_code, archive_code, "")
    return codes.dossier(dossier, len(dossier.documents)).values


def document_fields(
    document: DocumentDescription, file_code: str, archive_code: str, profile_id: str
) -> Mapping[str, str]:
    """A document's fields in an AIP by element name, in the circular's order."""
    return Codes(PackageKind.AIP_DOSSIER, file_code, archive_code, profile_id).document(document).values


def write_ead(stream: BinaryIO, fields: Mapping[str, str]) -> None:
    """Write `fields` as a `simpledc` document."""
    xml = XmlWriter(stream, None)
    with xml.document("simpledc", {}, {}):
        for element, value in fields.items():
            xml.leaf(element, value)


def read_ead(stream: BinaryIO, form_name: str = "", kind: PackageKind = PackageKind.AIP_DOSSIER) -> dict[str, str]:
    """Fields of a `simpledc` document, in whatever order they stand; an element that stands twice counts once.

    Args:
        stream: The document.
        form_name: Name of the form whose schema shall judge it; empty: tolerant.
        kind: The package of that form.

    Raises:
        XmlRefusedError: see there.
    """
    root = parsed(stream, ead_schema(form_name, kind) if form_name else None)
    return {str(child.tag): (child.text or "").strip() for child in root}
