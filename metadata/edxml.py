"""Words of edXML, the message of the national document exchange (QCVN 102:2016/BTTTT, amendment 1:2022).

Source: what interoperating programs read and write; the annexes of the standard were not available as text. Status
codes: Decision 28/2018/QĐ-TTg, as programs of the exchange use them.
"""

from __future__ import annotations

from enum import StrEnum, unique

from pydantic import BaseModel, ConfigDict

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
OLD_NAMESPACE = "http://www.e-doc.vn/Schema/"
ACTOR = "http://schemas.xmlsoap.org/soap/actor/next"
READER = "edxml"
"""Name of the reader of messages (`Delivery.reader`): only its dossiers have messages as sources."""

LONGEST_ORGAN_ID = 35
"""Characters of an agency's identifier since amendment 1:2022 (13 before)."""


@unique
class PacketKind(StrEnum):
    """What a message is for (BussinessDocType 0 to 3, or a status)."""

    NEW = "new"
    RECALL = "recall"
    UPDATE = "update"
    REPLACEMENT = "replacement"
    STATUS = "status"


BUSINESS = {"0": PacketKind.NEW, "1": PacketKind.RECALL, "2": PacketKind.UPDATE, "3": PacketKind.REPLACEMENT}


@unique
class StatusCode(StrEnum):
    """What became of a message at its receiver."""

    ARRIVED = "01"
    REFUSED = "02"
    ACCEPTED = "03"
    ASSIGNED = "04"
    IN_WORK = "05"
    FINISHED = "06"
    TAKE_BACK = "13"
    TAKE_BACK_AGREED = "15"
    TAKE_BACK_REFUSED = "16"


STATUS_WORDS = {
    StatusCode.ARRIVED: ("Đã đến", "arrived"),
    StatusCode.REFUSED: ("Từ chối tiếp nhận", "refused"),
    StatusCode.ACCEPTED: ("Đã tiếp nhận", "accepted"),
    StatusCode.ASSIGNED: ("Phân công", "assigned"),
    StatusCode.IN_WORK: ("Đang xử lý", "being worked on"),
    StatusCode.FINISHED: ("Hoàn thành", "finished"),
    StatusCode.TAKE_BACK: ("Lấy lại", "take back"),
    StatusCode.TAKE_BACK_AGREED: ("Đồng ý lấy lại hoặc cập nhật", "taking back or updating agreed"),
    StatusCode.TAKE_BACK_REFUSED: ("Từ chối lấy lại hoặc cập nhật", "taking back or updating refused"),
}
"""Vietnamese and English; wording differs from program to program."""

PRIORITIES = {
    "0": "thường",
    "1": "khẩn",
    "2": "thượng khẩn",
    "3": "hỏa tốc",
    "4": "hỏa tốc hẹn giờ",
}
"""Urgency (OtherInfo/Priority). It says nothing of secrecy."""

STEERING = {"1": "không phải văn bản chỉ đạo", "2": "văn bản chỉ đạo", "3": "báo cáo thực hiện chỉ đạo"}


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Organ(_Fact):
    """Who sent a message, or gets it."""

    organ_id: str = ""
    in_charge: str = ""
    """OrganizationInCharge."""

    name: str = ""
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


class DocumentName(_Fact):
    """A document as a message names it: its own, or another one."""

    document_id: str = ""
    organ_id: str = ""
    number: str = ""
    notation: str = ""
    date: str = ""
    """ISO where it could be read, else as written."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said; builders write the elements empty."""
        return not (self.document_id or self.number or self.notation)

    @property
    def label(self) -> str:
        """Number and notation, else the identifier: what a person recognises."""
        return "/".join(part for part in (self.number, self.notation) if part) or self.document_id

    def known_by(self) -> frozenset[str]:
        """What the document can be recognised by, without capitals and blanks at the ends."""
        found = {f"id {plain(self.document_id)}"} if self.document_id else set()
        if self.number and self.notation and self.date:
            body = plain(self.organ_id)
            found.add(f"no {body} {self.date} {plain(self.number)}/{plain(self.notation)}")
        return frozenset(found)

    def is_same(self, other: DocumentName) -> bool:
        """Whether both name one document."""
        return bool(self.known_by() & other.known_by())


class Exchanged(_Fact):
    """What is kept of one received message, to answer its sender: facts only, nothing of what it carries."""

    path: str
    """The message, relative to the delivery."""

    kind: PacketKind
    sender: Organ
    receiver: Organ
    name: DocumentName
    """The document that it carries; of a status message the one that it is about."""

    target: DocumentName = DocumentName()
    """The earlier document that it takes back, updates or replaces."""

    status: str = ""
    """StatusCode of a status message."""

    @property
    def asks_back(self) -> bool:
        """Whether it asks for a document that was handed over."""
        asked = {StatusCode.TAKE_BACK.value, StatusCode.TAKE_BACK_AGREED.value}
        return self.kind is PacketKind.RECALL or (self.kind is PacketKind.STATUS and self.status in asked)

    @property
    def concerned(self) -> DocumentName:
        """The document that is asked for."""
        return self.name if self.kind is PacketKind.STATUS or self.target.is_empty else self.target


def plain(text: str) -> str:
    """`text` for comparing: no capitals, blanks neither doubled nor at the ends."""
    return " ".join(text.split()).casefold()
