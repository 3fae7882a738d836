"""Writes messages of status: what became of a received document, for its sender. Same input, same bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from metadata.dates import from_iso
from metadata.edxml import ACTOR, NAMESPACE, STATUS_WORDS, DocumentName, Exchanged, Organ, StatusCode
from metadata.package_names import safe
from metadata.time import VIETNAM

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_PREFIX = "edXML"


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """What is told to the sender of a message."""

    code: StatusCode
    about: DocumentName
    """The document, as its sender names it."""

    sender: Organ
    """Who tells: the receiver of the message that is answered."""

    receiver: Organ
    """Who is told."""

    at: datetime
    """When it became so; aware."""

    reasons: tuple[str, ...] = ()
    """Sentences behind the words of the code."""

    department: str = ""


def answer_to(
    exchanged: Exchanged, code: StatusCode, at: datetime, reasons: tuple[str, ...], *, archive: str
) -> StatusMessage:
    """The status that answers a received message.

    Args:
        exchanged: What was received.
        code: What became of it.
        at: When; aware.
        reasons: Sentences behind the words of the code.
        archive: Name of the archive, as the department that handled it.
    """
    about = exchanged.concerned if exchanged.asks_back else exchanged.name
    return StatusMessage(code, about, exchanged.receiver, exchanged.sender, at, reasons, archive)


def status_name(message: StatusMessage, number: int) -> str:
    """Name of the file: its number, the code, and the document, fit for every file system."""
    label = safe(message.about.label or message.about.document_id, "van-ban")
    return f"{number:04d}-{message.code.value}-{label}.edxml"


def status_xml(message: StatusMessage) -> bytes:
    """The message as UTF-8."""
    words = STATUS_WORDS[message.code][0]
    said = ". ".join(part.rstrip(". ") for part in (words, *message.reasons) if part)
    local = message.at.astimezone(VIETNAM)
    stamp = local.strftime("%Y/%m/%d %H:%M:%S")
    body = "".join(
        (
            _element(
                "MessageHeader",
                _organ("From", message.sender) + _organ("To", message.receiver) + _status(message, said, stamp),
            ),
            _trace(message, stamp),
            f"<{_PREFIX}:DigitalSignature/>",
        )
    )
    header = _element("edXMLHeader", body)
    manifest = _element("edXMLBody", f'<{_PREFIX}:edXMLManifest version="1.0"/>')
    envelope = _element("edXMLEnvelope", header + manifest)
    root = f'<{_PREFIX}:edXML xmlns:{_PREFIX}="{NAMESPACE}">{envelope}</{_PREFIX}:edXML>'
    return f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n'.encode()


def _status(message: StatusMessage, said: str, stamp: str) -> str:
    about = message.about
    staff = "".join(
        _text(name, value)
        for name, value in (("Department", message.department), ("Staff", ""), ("Mobile", ""), ("Email", ""))
    )
    code = _element("Code", _text("CodeNumber", about.number) + _text("CodeNotation", about.notation))
    asked = "".join(
        (
            _text("OrganId", about.organ_id),
            code,
            _text("PromulgationDate", _day(about.date)),
            _text("DocumentId", about.document_id),
        )
    )
    content = "".join(
        (
            _element("ResponseFor", asked),
            _organ("From", message.sender),
            _text("StatusCode", message.code.value),
            _text("Description", said),
            _text("Timestamp", stamp),
            _element("StaffInfo", staff),
        )
    )
    return _element("status", content)


def _trace(message: StatusMessage, stamp: str) -> str:
    hop = _element("TraceHeader", _text("OrganId", message.sender.organ_id) + _text("Timestamp", stamp))
    attributes = f' version="1.0" mustUnderstand="1" actor={quoteattr(ACTOR)}'
    return f"<{_PREFIX}:TraceHeaderList{attributes}>{hop}</{_PREFIX}:TraceHeaderList>"


def _organ(name: str, organ: Organ) -> str:
    parts = (
        ("OrganId", organ.organ_id),
        ("OrganizationInCharge", organ.in_charge),
        ("OrganName", organ.name),
        ("OrganAdd", organ.address),
        ("Email", organ.email),
        ("Telephone", organ.telephone),
        ("Fax", organ.fax),
        ("Website", organ.website),
    )
    return _element(name, "".join(_text(*part) for part in parts))


def _day(written: str) -> str:
    """A day as the exchange writes it; what is none stays as the sender wrote it."""
    day = from_iso(written)
    return written if day is None or day.partial else day.iso().replace("-", "/")


def _text(name: str, value: str) -> str:
    plain = _CONTROL.sub("", value)
    return f"<{_PREFIX}:{name}>{escape(plain)}</{_PREFIX}:{name}>" if plain else f"<{_PREFIX}:{name}/>"


def _element(name: str, content: str) -> str:
    return f"<{_PREFIX}:{name}>{content}</{_PREFIX}:{name}>"
