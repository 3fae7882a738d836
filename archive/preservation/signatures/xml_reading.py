"""Reads the signatures of an XML file into facts: runs on delivered bytes, so only in a worker.

Enveloped, enveloping and detached signatures; messages of the national document
exchange (edXML, QCVN 102:2016), whose signatures lead to attachments by `cid:`.
"""

from __future__ import annotations

import io
import mmap
import zipfile
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from archive.preservation.signatures.xml_coverage import Coverage, covered
from archive.preservation.signatures.xml_facts import XmlFacts, XmlSignature, XmlUnsupported
from archive.preservation.signatures.xml_references import (
    DS,
    Budget,
    Outside,
    ReferenceProblem,
    Surroundings,
    decoded,
    place,
)
from archive.preservation.signatures.xml_signatures import Read, is_signature, read_signature
from archive.preservation.signatures.xml_tree import MAX_XML_BYTES, Document, Element, XmlUnreadableError, parsed

MAX_SIGNATURES = 50
MAX_MEMBER_BYTES = 256 << 20
_ZIP = b"PK\x03\x04"


def read_xml(path: Path, content: Path | None = None, budget: Budget | None = None) -> XmlFacts:
    """Facts about the signatures of an XML file.

    Args:
        path: The file; never changed.
        content: The file that a detached signature signs, where somebody handed it in.
        budget: How much work it may make; None: the usual.
    """
    size = path.stat().st_size
    if size > MAX_XML_BYTES:
        why = f"too-large: an XML file of more than {MAX_XML_BYTES >> 20} MiB is not judged"
        return XmlFacts(size, problem=why if _speaks_of_signatures(path) else "")
    with path.open("rb") as stream:
        try:
            document = parsed(stream)
        except XmlUnreadableError as error:
            if error.broken:
                return XmlFacts(size, problem=f"format: {error}")
            return XmlFacts(size, problem=str(error) if _speaks_of_signatures(path) else "")
    attachments = _attachments(document)
    outside = attachments.found if document.root.local == "edXML" else _beside(content)
    around = Surroundings.of(document, outside, budget or Budget())
    elements = [e for e in document.root.walk() if is_signature(e)]
    signatures = [_signature(read_signature(e, around), around, attachments) for e in elements[:MAX_SIGNATURES]]
    return XmlFacts(size, signatures=tuple(signatures), unsupported=unsupported(document, len(elements)))


def _speaks_of_signatures(path: Path) -> bool:
    """Whether the namespace of signatures stands in a file that is not read."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(DS.encode(encoding)) >= 0 for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def unsupported(document: Document, signatures: int) -> tuple[XmlUnsupported, ...]:
    """What looks like a signature and is not read, one entry each."""
    foreign = (
        e
        for e in document.root.walk()
        if e.local == "Signature" and not is_signature(e) and any(c.local == "SignedInfo" for c in e.elements())
    )
    found = [
        XmlUnsupported(place(e), f"signature-namespace: a signature in the namespace {e.namespace[:120]}", "XML")
        for e in islice(foreign, MAX_SIGNATURES)
    ]
    if signatures > MAX_SIGNATURES:
        why = f"too-many: {signatures - MAX_SIGNATURES} signatures beyond the first {MAX_SIGNATURES} are not judged"
        found.append(XmlUnsupported(place(document.root), why, "XML"))
    return tuple(found[:MAX_SIGNATURES])


def _signature(read: Read, around: Surroundings, attachments: _Attachments) -> XmlSignature:
    try:
        around.budget.take(nodes=around.document.nodes)
    except ReferenceProblem as error:
        return replace(read.facts, unsigned=(str(error),))
    coverage = covered(read, around.document)
    if coverage.word == "partial" and attachments.all_signed(read):
        part = "edXML message: the signature signs all attachments (QCVN 102:2016/BTTTT)"
        coverage = Coverage("partial", coverage.unsigned, part)
    return replace(read.facts, coverage=coverage.word, unsigned=coverage.unsigned, known_part=coverage.part)


def _beside(content: Path | None) -> Callable[[str], Outside | None]:
    def found(uri: str) -> Outside | None:
        if content is None:
            return None
        name = unquote(uri).replace("\\", "/").rpartition("/")[2]
        # Names are changed on the way into a package: the caller says which file it is.
        return Outside(f"file {name or content.name}", (lambda: content.open("rb"),))

    return found


class _Attachments:
    """Attachments of an edXML message by their identifier."""

    def __init__(self) -> None:
        self.by_id: dict[str, list[Element]] = {}

    def found(self, uri: str) -> Outside | None:
        """The attachment at `cid:…`.

        Raises:
            ReferenceProblem: two are called so, or its content is damaged.
        """
        elements = self.by_id.get(_identifier(unquote(uri)), [])
        if not elements:
            return None
        if len(elements) > 1:
            msg = f"ambiguous: {len(elements)} attachments are called {uri[:80]}"
            raise ReferenceProblem(msg)
        content = _child_text(elements[0], "ContentTransferEncoded")
        octets = decoded(content)
        readings = [octets, *_unpacked(octets)]
        return Outside(f"attachment {uri[:80]}", tuple(_opener(o) for o in (*readings, content.encode())))

    def all_signed(self, read: Read) -> bool:
        """Whether references of the signature lead to every attachment."""
        led = {_identifier(unquote(one.facts.uri)) for one in read.references if not one.facts.problem}
        return bool(self.by_id) and self.by_id.keys() <= led


def _opener(octets: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(octets)


def _identifier(text: str) -> str:
    return text.strip().removeprefix("cid:").strip("<>")


def _child_text(element: Element, name: str) -> str:
    return next((e.text for e in element.elements() if e.local == name), "")


def _attachments(document: Document) -> _Attachments:
    found = _Attachments()
    if document.root.local == "edXML":
        for element in document.root.walk():
            if element.local == "Attachment" and (name := _identifier(_child_text(element, "ContentId"))):
                found.by_id.setdefault(name, []).append(element)
    return found


def _unpacked(octets: bytes) -> list[bytes]:
    """The one file in a ZIP: a widespread library packs each attachment before it encodes it."""
    if not octets.startswith(_ZIP):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as package:
            members = package.infolist()
            if len(members) != 1 or members[0].file_size > MAX_MEMBER_BYTES:
                return []
            with package.open(members[0]) as stream:
                found = stream.read(MAX_MEMBER_BYTES + 1)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, EOFError):
        return []
    return [found] if len(found) <= MAX_MEMBER_BYTES else []
