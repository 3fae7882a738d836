"""What an edXML message says: facts out of the tree of its header, tolerant, every oddity told with its line.

Elements are read by their names wherever builders put them, never by their position.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from metadata.dates import read_date
from metadata.edxml import BUSINESS, LONGEST_ORGAN_ID, STATUS_WORDS, DocumentName, Organ, PacketKind
from metadata.edxml_packet import Hop, Packet, Reference, Signer, Staff
from metadata.edxml_secrecy import secret_elements
from metadata.edxml_tree import EMPTY, Element, line_of, placed
from metadata.findings import Finding

_SHOWN = 80
_MOST_UNKNOWN = 200
_LONGEST_UNKNOWN = 4000
_NO_ID = frozenset({"", "0", "-", "null", "none", "undefined", "n/a", "00000000-0000-0000-0000-000000000000"})
_STAMP = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:[ T](\d{1,2}:\d{2}(?::\d{2})?))?")


def packet_of(root: Element, path: str) -> Packet:
    """The facts of the message whose tree is `root`.

    Args:
        root: The whole tree, without contents of attachments.
        path: The message, relative to the delivery; findings name it.
    """
    return _Reading(root, path).packet()


class _Reading:
    def __init__(self, root: Element, path: str) -> None:
        self._root = root
        self._path = path
        self._findings: list[Finding] = []
        self._header = self._only("MessageHeader", root)
        self._trace = self._only("TraceHeaderList", root)

    def packet(self) -> Packet:
        header, trace = self._header, self._trace
        business = trace.first("Bussiness") if trace.first("Bussiness").name else trace.first("Business")
        status = next(header.all("status"), next(header.all("Status"), None))
        kind = PacketKind.STATUS if status is not None else self._business(business.first("BussinessDocType"))
        secrets = tuple(self._secret(found) for found in secret_elements(self._root))
        if status is not None:
            return self._status(status, secrets)
        sender = _organ(header.first("From"))
        name = self._name(header, sender, kind)
        unknown = self._unknown()
        return Packet(
            path=self._path,
            kind=kind,
            sender=sender,
            receivers=tuple(_organ(found) for found in header.all("To")),
            name=name,
            place=header.value("PromulgationInfo", "Place"),
            date_written=header.value("PromulgationInfo", "PromulgationDate"),
            type_name=header.value("DocumentType", "TypeName"),
            subject=header.value("Subject"),
            content=header.value("Content"),
            signers=tuple(_signer(found) for found in header.all("SignerInfo")),
            due_written=header.value("DueDate"),
            to_places=tuple(found.text for found in header.first("ToPlaces").all("Place") if found.text),
            other=_other(header.first("OtherInfo")),
            steering=header.value("SteeringType"),
            replies=tuple(self._replies()),
            targets=tuple(self._targets(business, kind)),
            reason=business.value("BussinessDocReason"),
            staff=_staff(business.first("StaffInfo")),
            paper=business.value("Paper"),
            receiver_changes=tuple(_changes(business.first("BussinessDocumentInfo"))),
            hops=tuple(_hops(trace)),
            references=tuple(_references(self._root)),
            signature=_signature(self._root),
            unknown=unknown,
            lines=_lines(header),
            findings=tuple(self._findings),
            secrets=secrets,
        )

    def _status(self, status: Element, secrets: tuple[Finding, ...]) -> Packet:
        """A message of status: who it is from, what it is about, and the code."""
        code = status.value("StatusCode")
        sender = _organ(next(status.all("From"), self._header.first("From")))
        if code not in {known.value for known in STATUS_WORDS}:
            self._tell("EDX-024", status.first("StatusCode"), field="StatusCode", written=code)
        return Packet(
            path=self._path,
            kind=PacketKind.STATUS,
            sender=sender,
            receivers=tuple(_organ(found) for found in self._header.all("To")),
            name=_named(next(status.all("ResponseFor"), self._header.first("ResponseFor"))),
            status=code,
            status_text=status.value("Description"),
            status_at=_stamp(status.value("Timestamp")),
            staff=_staff(status.first("StaffInfo")),
            hops=tuple(_hops(self._trace)),
            signature=_signature(self._root),
            findings=tuple(self._findings),
            secrets=secrets,
        )

    # ------------------------------------------------------------ parts of the header

    def _only(self, name: str, within: Element) -> Element:
        found = list(within.anywhere(name))
        if len(found) > 1:
            self._tell("EDX-025", found[1], field=name, count=str(len(found)))
        return found[0] if found else EMPTY

    def _business(self, element: Element) -> PacketKind:
        written = element.text
        if written and written not in BUSINESS:
            self._tell("EDX-024", element, field="BussinessDocType", written=written)
        return BUSINESS.get(written, PacketKind.NEW)

    def _name(self, header: Element, sender: Organ, kind: PacketKind) -> DocumentName:
        for field_ in ("From", "Code", "PromulgationInfo", "DocumentType", "Subject", "DocumentId"):
            self._told_once(header, field_)
        if len(sender.organ_id) > LONGEST_ORGAN_ID:
            values = {"written": sender.organ_id[:_SHOWN], "count": str(len(sender.organ_id))}
            self._tell("EDX-021", header.first("From", "OrganId"), **values)
        if not sender.organ_id:
            self._tell("EDX-023", header)
        written = header.value("PromulgationInfo", "PromulgationDate")
        code = header.first("Code")
        document_id = _id(header.value("DocumentId"))
        name = DocumentName(
            document_id=document_id,
            organ_id=sender.organ_id,
            number=code.value("CodeNumber"),
            notation=code.value("CodeNotation"),
            date=iso(written),
        )
        if not document_id:
            made = composed_id(name)
            # A message that only takes something back need not be a document of its own.
            if kind is PacketKind.NEW or made:
                self._tell("EDX-022", header, made=made or "—")
            name = name.model_copy(update={"document_id": made})
        elif contradicts(name):
            self._tell("EDX-027", header.first("DocumentId"), written=document_id[:_SHOWN], made=composed_id(name))
        return name

    def _told_once(self, header: Element, name: str) -> None:
        found = list(header.all(name))
        if len(found) > 1:
            self._tell("EDX-025", found[1], field=name, count=str(len(found)))

    def _replies(self) -> Iterator[DocumentName]:
        """ResponseFor, ReplyFors and ReferenceCodes: the documents that this one answers."""
        header = self._header
        found = [*header.all("ResponseFor"), *(e for list_ in header.all("ReplyFors") for e in list_.children)]
        found += [child for list_ in header.all("ReferenceCodes") for child in list_.children]
        for element in found:
            name = _named(element)
            if name.is_empty and element.text:
                name = DocumentName(document_id=_id(element.text))
            if not name.is_empty:
                yield name

    def _targets(self, business: Element, kind: PacketKind) -> Iterator[DocumentName]:
        if kind in {PacketKind.RECALL, PacketKind.UPDATE, PacketKind.REPLACEMENT}:
            if told := _id(business.value("DocumentId")):
                yield DocumentName(document_id=told)
            elif kind is PacketKind.RECALL and (own := _id(self._header.value("DocumentId"))):
                # Some systems send the recall under the identifier of what they take back.
                yield DocumentName(document_id=own)
        for info in business.anywhere("ReplacementInfo"):
            if told := _id(info.value("DocumentId")):
                yield DocumentName(document_id=told)

    def _unknown(self) -> dict[str, str]:
        """What the standard does not have, as much as a description can bear; the message itself keeps all."""
        found = dict(_unknown(self._header))
        kept = {path: text for path, text in list(found.items())[:_MOST_UNKNOWN] if len(text) <= _LONGEST_UNKNOWN}
        if len(kept) < len(found):
            left = next(path for path in found if path not in kept)
            self._tell("EDX-026", self._header, count=str(len(found) - len(kept)), written=left[:_SHOWN])
        return kept

    # ------------------------------------------------------------ telling

    def _tell(self, rule: str, element: Element, **values: str) -> None:
        values |= line_of(element.line)
        self._findings.append(Finding(rule=rule, subject=self._path, file=self._path, values=values))

    def _secret(self, found: tuple[Element, str]) -> Finding:
        element, path = found
        place = placed(path, element.line)
        names = {"field": place, "field_en": place}
        return Finding(rule="SEC-001", subject=self._path, file=self._path, values=names)


# ---------------------------------------------------------------- identity of documents


def composed_id(name: DocumentName) -> str:
    """The identifier `{OrganId},{yyyy/MM/dd},{number}/{notation}`; empty where one of its parts is not known."""
    if not (name.organ_id and name.date and name.number and name.notation):
        return ""
    return f"{name.organ_id},{name.date.replace('-', '/')},{name.number}/{name.notation}"


def contradicts(name: DocumentName) -> bool:
    """Whether an identifier that is composed of sender, day and number says other ones than the header does."""
    organ, comma, rest = name.document_id.partition(",")
    day, second, code = rest.partition(",")
    if not (comma and second) or not composed_id(name):
        return False
    said = (organ.strip(), iso(day.strip()), code.strip())
    return said != (name.organ_id, name.date, f"{name.number}/{name.notation}")


def iso(written: str) -> str:
    """The day that is written `yyyy/MM/dd`, `dd/MM/yyyy` or with a time behind it; as written where it is none."""
    stamp = _STAMP.match(written.strip())
    if stamp:
        year, month, day = (int(stamp.group(place)) for place in (1, 2, 3))
        return f"{year:04d}-{month:02d}-{day:02d}"
    found = read_date(written.partition(" ")[0])
    return found.date.iso() if found.date is not None else written


def _stamp(written: str) -> str:
    found = _STAMP.match(written.strip())
    if not found:
        return written
    return " ".join(part for part in (iso(written), found.group(4) or "") if part)


# ---------------------------------------------------------------- small parts


def _organ(element: Element) -> Organ:
    return Organ(
        organ_id=element.value("OrganId"),
        in_charge=element.value("OrganizationInCharge"),
        name=element.value("OrganName"),
        address=element.value("OrganAdd"),
        email=element.value("Email"),
        telephone=element.value("Telephone"),
        fax=element.value("Fax"),
        website=element.value("Website"),
    )


def _signer(element: Element) -> Signer:
    return Signer(element.value("Competence"), element.value("Position"), element.value("FullName"))


def _staff(element: Element) -> Staff:
    return Staff(element.value("Department"), element.value("Staff"), element.value("Mobile"), element.value("Email"))


def _named(element: Element) -> DocumentName:
    """A document as ResponseFor names it: `Code` is one text there, or number and notation."""
    code = element.first("Code")
    number, notation = code.value("CodeNumber"), code.value("CodeNotation")
    if not number and code.text:
        number, _, notation = code.text.partition("/")
    return DocumentName(
        document_id=_id(element.value("DocumentId")),
        organ_id=element.value("OrganId"),
        number=number.strip(),
        notation=notation.strip(),
        date=iso(element.value("PromulgationDate")),
    )


def _id(written: str) -> str:
    """An identifier; nothing for what programs write where they have none, which would tie strangers together."""
    return "" if written.strip().casefold() in _NO_ID else written


def _other(element: Element) -> dict[str, str]:
    found = {child.name: child.text for child in element.children if child.text and not child.children}
    appendixes = [child.text for child in element.first("Appendixes").children if child.text]
    return found | ({"Appendixes": "; ".join(appendixes)} if appendixes else {})


def _hops(trace: Element) -> Iterator[Hop]:
    for element in trace.all("TraceHeader"):
        yield Hop(element.value("OrganId"), _stamp(element.value("Timestamp")))


def _changes(element: Element) -> Iterator[str]:
    """Receivers that were taken off (0) or added (1)."""
    words = {"0": "-", "1": "+"}
    for receiver in element.anywhere("Receiver"):
        if organ := receiver.value("OrganId"):
            yield words.get(receiver.value("ReceiverType"), "") + organ


def _references(root: Element) -> Iterator[Reference]:
    for manifest in root.anywhere("edXMLManifest"):
        yield from _manifest(manifest)
    if not any(root.anywhere("edXMLManifest")):
        for manifest in root.anywhere("Manifest"):
            yield from _manifest(manifest)


def _manifest(manifest: Element) -> Iterator[Reference]:
    for element in manifest.all("Reference"):
        yield Reference(
            element.line,
            content_id(element.value("ContentId") or element.attributes.get("href", "")),
            element.value("AttachmentName"),
            element.value("ContentType"),
            element.value("Description"),
        )


def content_id(written: str) -> str:
    """An identifier of content without `cid:` and angle brackets."""
    text = written.strip()
    if text[:4].lower() == "cid:":
        text = text[4:]
    return text.strip("<> ")


def _signature(root: Element) -> str:
    found = [*root.anywhere("Signature"), *root.anywhere("DigitalSignature")]
    if any(element.first("SignatureValue").text or element.children for element in found):
        return "signed"
    return "empty" if found else ""


_KNOWN = frozenset(
    {
        *("From", "To", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content", "SignerInfo", "DueDate"),
        *("ToPlaces", "OtherInfo", "ResponseFor", "ReferenceCodes", "ReplyFors", "SteeringType", "DocumentId"),
        *("ResponseForTask", "ApplicationType", "status", "Status"),
    }
)


def _unknown(header: Element) -> Iterator[tuple[str, str]]:
    for element in header.children:
        if element.name not in _KNOWN:
            yield from _leaves(element, element.name)


def _leaves(element: Element, path: str) -> Iterator[tuple[str, str]]:
    if element.text:
        yield path, element.text
    for child in element.children:
        yield from _leaves(child, f"{path}/{child.name}")


def _lines(header: Element) -> dict[str, int]:
    """The line of the first element at each path."""
    found: dict[str, int] = {}

    def walk(element: Element, path: str) -> None:
        found.setdefault(path, element.line)
        for child in element.children:
            walk(child, f"{path}/{child.name}")

    for child in header.children:
        walk(child, child.name)
    return found
