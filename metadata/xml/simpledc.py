"""The schemas of Circular 05/2025's `simpledc` forms, written from the tables of `metadata.profiles.packages`.

The schemas that the annexes print contradict the tables, and are in no
published artefact. Order is free and lengths are left to the rules, because
real packages differ in both.
"""

from __future__ import annotations

from collections.abc import Iterator

from metadata.profiles import FieldType, Section
from metadata.profiles.packages import Element, Form, PackageKind, form

_WHAT = {
    Section.DOSSIER: "a dossier (hồ sơ)",
    Section.DOCUMENT: "a document (văn bản, tài liệu)",
    Section.PHOTO: "a photograph, negative (ảnh, phim âm bản)",
    Section.AUDIO_VIDEO: "a audio, video (âm thanh, phim)",
    Section.LOT: "a package of loose documents (gói tin tài liệu)",
    Section.REQUEST: "a request for use (yêu cầu khai thác)",
}
_WHERE = {
    PackageKind.SIP_DOSSIER: "a submission package (SIP)",
    PackageKind.SIP_LOOSE: "a submission package (SIP)",
    PackageKind.AIP_DOSSIER: "an archival package (AIP)",
    PackageKind.AIP_LOOSE: "an archival package (AIP)",
    PackageKind.DIP: "a dissemination package (DIP)",
}
REQUIRED = frozenset({"fileCode", "arcFileCode", "docCode", "arcDocCode", "docOrdinal", "requestID", "requestDate"})
"""Elements without which a form says nothing that could be found again; and `title`, of what has one."""

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!-- Circular 05/2025/TT-BNV, metadata of {what} in {where}.
     Written by Lưu Trữ from the circular's table of fields: the schemas printed in its annexes contradict the table
     (16 elements against 18), and are in no published artefact. Order is free, lengths are left to the rules. -->
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
  <xs:simpleType name="code">
    <xs:restriction base="xs:string"><xs:pattern value="[0-9]{{1,2}}(, ?[0-9]{{1,2}})*"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="date">
    <xs:restriction base="xs:string"><xs:pattern value="([0-9]{{2}}/)?([0-9]{{2}}/)?[0-9]{{4}}"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="yesNo">
    <xs:restriction base="xs:string"><xs:enumeration value="0"/><xs:enumeration value="1"/></xs:restriction>
  </xs:simpleType>
  <xs:element name="simpledc">
    <xs:complexType>
      <xs:all>
"""
_FOOT = """      </xs:all>
    </xs:complexType>
  </xs:element>
</xs:schema>
"""


def schema_of(kind: PackageKind, name: str) -> bytes:
    """The schema of the form `name` (`EAD`, `EAD_doc`, `EAD_pic`, `EAD_media`) in a package of `kind`.

    The bytes stand in packages, so they are the same as long as the tables are.
    """
    found = form(kind, name)
    head = _HEAD.format(what=_WHAT[found.section], where=_WHERE[kind])
    return "".join((head, *_lines(found), _FOOT)).encode()


def _lines(found: Form) -> Iterator[str]:
    for element in found.elements:
        least = "" if is_required(found, element.name) else ' minOccurs="0"'
        yield f'        <xs:element name="{element.name}" type="{_type(element)}"{least}/>\n'


def is_required(found: Form, name: str) -> bool:
    """Whether a document of the form must have the element `name`."""
    return name in REQUIRED or (name == "title" and found.section in {Section.DOSSIER, Section.LOT})


def _type(element: Element) -> str:
    field = element.field
    if field.type is FieldType.BOOLEAN:
        return "yesNo"
    if field.vocabulary is not None:
        return "code"
    match field.type:
        case FieldType.DATE:
            return "date"
        case FieldType.NUMBER:
            return "xs:nonNegativeInteger"
        case _:
            return "xs:string"
