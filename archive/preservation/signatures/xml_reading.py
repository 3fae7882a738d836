"""Reads the signatures of an XML file into facts: runs on delivered bytes, so only in a worker.

Enveloped, enveloping and detached signatures; messages of the national document
exchange (edXML, QCVN 102:2016), whose signatures lead to attachments by `cid:`:
in the XML itself, in SOAP, or beside it in the parts of a MIME message.
"""

from __future__ import annotations

import io
import mmap
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from archive.preservation.signatures.xml_attachments import Attachments, is_message
from archive.preservation.signatures.xml_coverage import Coverage, covered
from archive.preservation.signatures.xml_facts import XmlFacts, XmlSignature, XmlUnsupported
from archive.preservation.signatures.xml_outside import Outside
from archive.preservation.signatures.xml_references import DS, Budget, ReferenceProblem, Surroundings, place
from archive.preservation.signatures.xml_signatures import Read, is_signature, read_signature
from archive.preservation.signatures.xml_tree import MAX_XML_BYTES, Document, XmlUnreadableError, parsed
from metadata.mime_entities import MOST_JUDGED_BYTES, Entity, MimeUnreadableError, decoded_body, entity_of

MAX_SIGNATURES = 50


def read_xml(
    path: Path,
    content: Path | None = None,
    budget: Budget | None = None,
    *,
    beside: Mapping[str, Path] | None = None,
) -> XmlFacts:
    """Facts about the signatures of an XML file.

    Args:
        path: The file; never changed.
        content: The file that a detached signature signs, where somebody handed it in.
        budget: How much work it may make; None: the usual.
        beside: Files that it may lead to, by their addresses as seen from it.
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
    attachments = Attachments()
    if not is_message(document):
        return _facts(size, document, attachments, _beside(content, beside or {}), budget)
    attachments.add_elements(document)
    return _facts(size, document, attachments, attachments.found, budget)


def read_mime(path: Path, budget: Budget | None = None) -> XmlFacts | None:
    """Facts about the signatures in the XML of a MIME message of the exchange; None: it is none.

    Args:
        path: The file; never changed.
        budget: How much work it may make; None: the usual.
    """
    size = path.stat().st_size
    if size > MOST_JUDGED_BYTES:
        why = f"too-large: a MIME message of more than {MOST_JUDGED_BYTES >> 20} MiB is not judged"
        return XmlFacts(size, problem=why) if _speaks_of_signatures(path) else None
    data = path.read_bytes()
    try:
        whole = entity_of(data)
    except MimeUnreadableError:
        return None
    root = _root(whole)
    if root is None or not whole.closed:
        cut = root is not None and DS.encode() in data
        return XmlFacts(size, problem="damaged: the MIME message is cut off") if cut else None
    try:
        document = parsed(io.BytesIO(decoded_body(data, root)))
    except (XmlUnreadableError, ValueError):
        # What is no XML is no message of the exchange; the reader of messages says what is wrong with it.
        return None
    if not is_message(document):
        return None
    attachments = Attachments()
    attachments.add_elements(document)
    for part in whole.children:
        if part is not root:
            attachments.add_part(data, part)
    return _facts(size, document, attachments, attachments.found, budget)


def _root(whole: Entity) -> Entity | None:
    """The part with the XML: the one that `start` names, else the first that is XML."""
    start = whole.parameter("start").strip("<> ")
    named = (part for part in whole.children if start and part.content_id == start)
    xml = (part for part in whole.children if "xml" in part.kind)
    return next(named, None) or next(xml, None)


def _facts(
    size: int,
    document: Document,
    attachments: Attachments,
    outside: Callable[[str], Outside | None],
    budget: Budget | None,
) -> XmlFacts:
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


def _signature(read: Read, around: Surroundings, attachments: Attachments) -> XmlSignature:
    try:
        around.budget.take(nodes=around.document.nodes)
    except ReferenceProblem as error:
        return replace(read.facts, unsigned=(str(error),))
    coverage = covered(read, around.document)
    if coverage.word == "partial" and attachments.all_signed(read):
        part = "edXML message: the signature signs all attachments (QCVN 102:2016/BTTTT)"
        coverage = Coverage("partial", coverage.unsigned, part)
    return replace(read.facts, coverage=coverage.word, unsigned=coverage.unsigned, known_part=coverage.part)


def _beside(content: Path | None, files: Mapping[str, Path]) -> Callable[[str], Outside | None]:
    def found(uri: str) -> Outside | None:
        address = posixpath.normpath(unquote(uri).replace("\\", "/")) if uri else ""
        if address in files:
            return _file(address, files[address])
        if content is None:
            return None
        # Names are changed on the way into a package: the caller says which file it is.
        return _file(address.rpartition("/")[2] or content.name, content)

    return found


def _file(name: str, path: Path) -> Outside:
    return Outside(f"file {name}", (lambda: path.open("rb"),))
