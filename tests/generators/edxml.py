"""Messages of the national document exchange as the programs of agencies write them: each habit a switch.

Built by hand from strings, with none of the program's own writers. Facts about the habits: what interoperating
programs were seen to write; names and values are made up.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from tests.generators.eark_packages import pdf

V2 = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
V1 = "http://www.e-doc.vn/Schema/"
_XLINK = "http://www.w3.org/1999/xlink"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_BOUNDARY = "----=_Part_17_edoc"


@dataclass(frozen=True)
class File:
    """An attachment."""

    name: str
    data: bytes
    content_id: str = ""
    type: str = "application/pdf"
    encoded: str | None = None
    """Text instead of base64 of `data`."""

    zipped: tuple[tuple[str, bytes], ...] | None = None
    """Members of the ZIP around it; None: none, or that of the habit."""


@dataclass(frozen=True)
class Habit:
    """How a program writes."""

    prefix: str = "edXML:"
    namespace: str = V2
    zips: bool = False
    wraps: int = 0
    """Letters a line of base64; 0: one line."""

    cid_in_attachment: bool = False
    turned: bool = False
    """Children of Reference and Attachment in another order."""

    bom: bool = False
    crlf: bool = False
    uuid_names: bool = False
    """Identifiers of documents are UUIDs."""

    inside: bool = False
    """Attachments inside the envelope."""

    soap: bool = False
    mime: bool = False
    bare: bool = False
    """No edXML elements around header and manifest, which stand in those of SOAP (with `soap`)."""

    binary: bool = False
    """MIME parts as they are, not in base64."""

    encoding: str = "utf-8"
    day: str = "{y}/{m}/{d}"


PLAIN = Habit()
VOFFICE = Habit(wraps=76, crlf=True, bom=True, cid_in_attachment=True)
IOFFICE = Habit(prefix="", zips=True, turned=True, uuid_names=True)
EDOCTC = Habit(zips=True, cid_in_attachment=True, inside=True)
OLD_QLVB = Habit(namespace=V1, wraps=64, day="{d}/{m}/{y}")
BKAV = Habit(namespace=V1, soap=True, mime=True)
HABITS = {
    "plain": PLAIN,
    "voffice": VOFFICE,
    "ioffice": IOFFICE,
    "edoctc": EDOCTC,
    "old-qlvb": OLD_QLVB,
    "bkav": BKAV,
    "bkav-binary": replace(BKAV, binary=True),
    "soap-parts": replace(BKAV, bare=True),
    "utf-16": replace(PLAIN, encoding="utf-16"),
}


@dataclass(frozen=True)
class Letter:
    """A document on its way, in the words of the exchange."""

    number: str = "15"
    notation: str = "SVD-VP"
    day: str = "2026-03-05"
    sender: str = "H99.01"
    sender_name: str = "Sở Ví dụ"
    receiver: str = "H99.02"
    receiver_name: str = "Sở Nhận"
    subject: str = "V/v xây dựng kho lưu trữ số"
    type_name: str = "Công văn"
    document_id: str | None = None
    business: str = "0"
    reason: str = "Văn bản mới"
    about: str = ""
    """DocumentId in Bussiness: of what it takes back or updates."""

    replaces: tuple[str, ...] = ()
    replies_to: tuple[str, ...] = ()
    """Identifiers of the documents that it answers."""

    replies_by_code: tuple[tuple[str, str, str, str], ...] = ()
    """OrganId, number, notation, day of documents that it answers."""

    priority: str = "1"
    due: str = "2026-03-15"
    files: tuple[File, ...] | None = None
    more: str = ""
    """XML put into MessageHeader."""

    unlisted: tuple[File, ...] = ()
    """Attachments without a reference."""

    lacking: tuple[str, ...] = ()
    """Identifiers of references without an attachment."""

    hops: tuple[tuple[str, str], ...] = (("H99.01", "2026/03/05 09:30:00"), ("H99.02", "2026/03/05 09:31:12"))
    doctype: str = ""
    signature: str = "<{p}DigitalSignature/>"
    tail: str = ""


def identifier(letter: Letter, habit: Habit = PLAIN) -> str:
    """The DocumentId that the letter carries."""
    if letter.document_id is not None:
        return letter.document_id
    if habit.uuid_names:
        return f"5f0c6b1e-0000-4000-8000-{abs(hash_of(letter.sender + letter.number + letter.notation)):012d}"
    return f"{letter.sender},{letter.day.replace('-', '/')},{letter.number}/{letter.notation}"


def hash_of(text: str) -> int:
    """A small number that is the same in every process."""
    return int.from_bytes(text.encode()[-5:], "big") % 10**12


def files_of(letter: Letter) -> tuple[File, ...]:
    """The attachments of the letter, with their identifiers."""
    files = letter.files
    if files is None:
        files = (
            File(f"{letter.number}-{letter.notation}.pdf", pdf(f"{letter.number} {letter.notation} {letter.day}")),
        )
    return tuple(
        file if file.content_id else replace(file, content_id=f"tep{number}-{letter.number}")
        for number, file in enumerate(files, start=1)
    )


def message(letter: Letter = Letter(), habit: Habit = PLAIN) -> bytes:
    """The letter as a program with that habit writes it."""
    if habit.mime:
        return _mime(letter, habit)
    return _bytes(_xml(letter, habit, (*files_of(letter), *letter.unlisted)), habit)


def status(
    code: str,
    *,
    about: Letter = Letter(),
    habit: Habit = PLAIN,
    sender: str = "H99.02",
    text: str = "",
    at: str = "2026/03/06 08:00:00",
    document_id: str | None = None,
) -> bytes:
    """A message of status about a letter."""
    p = habit.prefix
    named = identifier(about, habit) if document_id is None else document_id
    day = _day(about.day, habit)
    inner = (
        f"<{p}MessageHeader><{p}status><{p}ResponseFor><{p}OrganId>{about.sender}</{p}OrganId>"
        f"<{p}Code>{escape(about.number)}/{escape(about.notation)}</{p}Code>"
        f"<{p}PromulgationDate>{day}</{p}PromulgationDate><{p}DocumentId>{escape(named)}</{p}DocumentId>"
        f"</{p}ResponseFor><{p}From><{p}OrganId>{sender}</{p}OrganId><{p}OrganName>Sở Nhận</{p}OrganName></{p}From>"
        f"<{p}StatusCode>{code}</{p}StatusCode><{p}Description>{escape(text)}</{p}Description>"
        f"<{p}Timestamp>{at}</{p}Timestamp><{p}StaffInfo><{p}Department>Văn thư</{p}Department>"
        f"<{p}Staff>Trần Thị B</{p}Staff></{p}StaffInfo></{p}status></{p}MessageHeader>"
    )
    body = f"<{p}edXMLEnvelope><{p}edXMLHeader>{inner}</{p}edXMLHeader></{p}edXMLEnvelope>"
    return _bytes(f"<edXML {_declared(habit)}>{body}</edXML>", habit)


def _declared(habit: Habit) -> str:
    # The root has the default namespace and, where a prefix is used, the same one under it.
    prefixed = f' xmlns:{habit.prefix[:-1]}="{habit.namespace}"' if habit.prefix else ""
    return f'xmlns="{habit.namespace}"{prefixed} xmlns:xlink="{_XLINK}"'


def _bytes(xml: str, habit: Habit, doctype: str = "") -> bytes:
    text = f'<?xml version="1.0" encoding="{habit.encoding}"?>\n{doctype}{xml}\n'
    if habit.crlf:
        text = text.replace("\n", "\r\n")
    data = text.encode(habit.encoding)
    return b"\xef\xbb\xbf" + data if habit.bom else data


def _xml(letter: Letter, habit: Habit, files: Sequence[File]) -> str:
    p = habit.prefix
    attachments = "".join(_attachment(file, habit) for file in files)
    encoded = f"<AttachmentEncoded>{attachments}</AttachmentEncoded>" if attachments else ""
    inner = f"{_header(letter, habit)}{_trace(letter, habit)}{letter.signature.format(p=p)}"
    header = f"<{p}edXMLHeader>{inner}</{p}edXMLHeader>"
    references = "".join(_references(letter, habit))
    body = f'<{p}edXMLBody><{p}edXMLManifest version="1.0">{references}</{p}edXMLManifest></{p}edXMLBody>'
    inside, outside = (encoded, "") if habit.inside else ("", encoded)
    envelope = f"<{p}edXMLEnvelope>{header}{body}{inside}</{p}edXMLEnvelope>"
    root = f"<edXML {_declared(habit)}>{envelope}{outside}</edXML>{letter.tail}"
    if habit.bare:
        soap = f'xmlns:soap="{_SOAP}" xmlns:{p[:-1]}="{habit.namespace}" xmlns:xlink="{_XLINK}"'
        manifest = f"<{p}Manifest>{references}</{p}Manifest>"
        root = (
            f"<soap:Envelope {soap}><soap:Header>{inner}</soap:Header><soap:Body>{manifest}</soap:Body></soap:Envelope>"
        )
    elif habit.soap:
        root = f'<soap:Envelope xmlns:soap="{_SOAP}"><soap:Body>{root}</soap:Body></soap:Envelope>'
    return letter.doctype + root


def _day(iso: str, habit: Habit) -> str:
    y, m, d = [*iso.split("-"), "", ""][:3]
    return habit.day.format(y=y, m=m, d=d) if d else iso


def _header(letter: Letter, habit: Habit) -> str:
    p = habit.prefix

    def organ(name: str, code: str, full: str) -> str:
        return (
            f"<{p}{name}><{p}OrganId>{code}</{p}OrganId><{p}OrganizationInCharge>H99</{p}OrganizationInCharge>"
            f"<{p}OrganName>{full}</{p}OrganName><{p}OrganAdd/><{p}Email>vanthu@vidu.gov.vn</{p}Email></{p}{name}>"
        )

    parts = [
        organ("From", letter.sender, letter.sender_name),
        organ("To", letter.receiver, letter.receiver_name),
        f"<{p}Code><{p}CodeNumber>{letter.number}</{p}CodeNumber><{p}CodeNotation>{letter.notation}</{p}CodeNotation></{p}Code>",
        (
            f"<{p}PromulgationInfo><{p}Place>Thành phố Ví dụ</{p}Place>"
            f"<{p}PromulgationDate>{_day(letter.day, habit)}</{p}PromulgationDate></{p}PromulgationInfo>"
        ),
        f"<{p}DocumentType><{p}Type>18</{p}Type><{p}TypeName>{letter.type_name}</{p}TypeName></{p}DocumentType>",
        f"<{p}Subject>{escape(letter.subject)}</{p}Subject><{p}Content>Tóm tắt</{p}Content>",
        (
            f"<{p}SignerInfo><{p}Competence>KT.</{p}Competence><{p}Position>Phó Giám đốc</{p}Position>"
            f"<{p}FullName>Nguyễn Văn A</{p}FullName></{p}SignerInfo>"
        ),
        f"<{p}DueDate>{_day(letter.due, habit)}</{p}DueDate>" if letter.due else f"<{p}DueDate/>",
        f"<{p}ToPlaces><{p}Place>Như trên</{p}Place><{p}Place>Lưu: VT</{p}Place></{p}ToPlaces>",
        (
            f"<{p}OtherInfo><{p}Priority>{letter.priority}</{p}Priority><{p}SphereOfPromulgation/>"
            f"<{p}PromulgationAmount>2</{p}PromulgationAmount><{p}PageAmount>1</{p}PageAmount>"
            f"<{p}Appendixes><{p}Appendix/></{p}Appendixes></{p}OtherInfo>"
        ),
    ]
    parts += [
        f"<{p}ResponseFor><{p}DocumentId>{escape(one)}</{p}DocumentId></{p}ResponseFor>" for one in letter.replies_to
    ]
    parts += [
        f"<{p}ResponseFor><{p}OrganId>{organ_id}</{p}OrganId><{p}Code>{number}/{notation}</{p}Code>"
        f"<{p}PromulgationDate>{_day(day, habit)}</{p}PromulgationDate></{p}ResponseFor>"
        for organ_id, number, notation, day in letter.replies_by_code
    ]
    named = identifier(letter, habit)
    parts.append(f"<{p}SteeringType>1</{p}SteeringType><{p}DocumentId>{escape(named)}</{p}DocumentId>" if named else "")
    return f"<{p}MessageHeader>{''.join(parts)}{letter.more}</{p}MessageHeader>"


def _trace(letter: Letter, habit: Habit) -> str:
    p = habit.prefix
    hops = "".join(
        f"<{p}TraceHeader><{p}OrganId>{organ}</{p}OrganId><{p}Timestamp>{at}</{p}Timestamp></{p}TraceHeader>"
        for organ, at in letter.hops
    )
    about = f"<{p}DocumentId>{escape(letter.about)}</{p}DocumentId>" if letter.about else ""
    replaced = "".join(
        f"<{p}ReplacementInfo><{p}DocumentId>{escape(one)}</{p}DocumentId></{p}ReplacementInfo>"
        for one in letter.replaces
    )
    listed = f"<{p}ReplacementInfoList>{replaced}</{p}ReplacementInfoList>" if replaced else ""
    business = (
        f"<{p}Bussiness><{p}BussinessDocType>{letter.business}</{p}BussinessDocType>"
        f"<{p}BussinessDocReason>{letter.reason}</{p}BussinessDocReason>{about}"
        f"<{p}StaffInfo><{p}Department>Văn phòng</{p}Department><{p}Staff>Lê Văn C</{p}Staff></{p}StaffInfo>"
        f"<{p}Paper>0</{p}Paper>{listed}</{p}Bussiness>"
    )
    return f'<{p}TraceHeaderList id="t1" version="1.0" mustUnderstand="1">{hops}{business}</{p}TraceHeaderList>'


def _references(letter: Letter, habit: Habit) -> Iterator[str]:
    p = habit.prefix
    named = [(file.content_id, file.name, file.type) for file in files_of(letter)]
    for content_id, name, kind in (*named, *((one, f"{one}.pdf", "application/pdf") for one in letter.lacking)):
        parts = [
            f"<{p}ContentId>cid:{content_id}</{p}ContentId>",
            f"<{p}ContentType>{kind}</{p}ContentType>",
            f"<{p}Description>Văn bản chính</{p}Description>",
            f"<{p}AttachmentName>{escape(name)}</{p}AttachmentName>",
        ]
        inner = "".join(reversed(parts) if habit.turned else parts)
        link = f'xlink:href="cid:{content_id}" xlink:role="XLinkRole" xlink:type="simple"'
        yield f"<{p}Reference {link}>{inner}</{p}Reference>"


def packed(members: Sequence[tuple[str, bytes]]) -> bytes:
    """A ZIP of `members`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, data in members:
            container.writestr(zipfile.ZipInfo(name, (2026, 3, 5, 9, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def content_of(file: File, habit: Habit) -> bytes:
    """The bytes that are encoded."""
    if file.zipped is not None:
        return packed(file.zipped)
    return packed([(file.name, file.data)]) if habit.zips else file.data


def _encoded(file: File, habit: Habit) -> str:
    if file.encoded is not None:
        return file.encoded
    text = base64.b64encode(content_of(file, habit)).decode()
    if habit.wraps:
        return "\n".join(text[start : start + habit.wraps] for start in range(0, len(text), habit.wraps))
    return text


def _attachment(file: File, habit: Habit) -> str:
    cid = "cid:" if habit.cid_in_attachment else ""
    parts = [
        f"<ContentType>{file.type}</ContentType>",
        f"<ContentId>{cid}{file.content_id}</ContentId>",
        "<Description>Văn bản chính</Description>",
        f"<ContentTransferEncoded>{_encoded(file, habit)}</ContentTransferEncoded>",
        f"<AttachmentName>{escape(file.name)}</AttachmentName>",
    ]
    return f"<Attachment>{''.join(reversed(parts) if habit.turned else parts)}</Attachment>"


def _mime(letter: Letter, habit: Habit) -> bytes:
    xml = _bytes(_xml(letter, habit, ()), habit)
    lines = [
        b"MIME-Version: 1.0",
        f'Content-Type: multipart/related; boundary="{_BOUNDARY}"; type="text/xml"; start="<goc>"'.encode(),
        b"",
        f"--{_BOUNDARY}".encode(),
        b"Content-Type: text/xml; charset=UTF-8",
        b"Content-Transfer-Encoding: binary",
        b"Content-ID: <goc>",
        b"",
        xml,
    ]
    for file in (*files_of(letter), *letter.unlisted):
        data = content_of(file, habit)
        name = base64.b64encode(file.name.encode()).decode()
        body = data if habit.binary else base64.encodebytes(data).replace(b"\n", b"\r\n").rstrip(b"\r\n")
        lines += [
            f"--{_BOUNDARY}".encode(),
            f"Content-Type: {file.type}".encode(),
            b"Content-Transfer-Encoding: " + (b"binary" if habit.binary else b"base64"),
            f"Content-ID: <{file.content_id}>".encode(),
            f'Content-Disposition: attachment; filename="=?utf-8?B?{name}?="'.encode(),
            b"",
            body,
        ]
    return b"\r\n".join((*lines, f"--{_BOUNDARY}--".encode(), b""))
