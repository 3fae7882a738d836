"""Reads the signatures of ZIP packages (OOXML, OpenDocument, ASiC) into facts: only in a worker.

A package that two readers could open differently (a part twice, bytes around the
package, encrypted parts) is never covered whole.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote

from archive.preservation.signatures.packages_office import office_coverage, office_types
from archive.preservation.signatures.xml_coverage import MAX_PLACES, Coverage
from archive.preservation.signatures.xml_facts import XmlFacts, XmlSignature, XmlUnsupported
from archive.preservation.signatures.xml_outside import Outside
from archive.preservation.signatures.xml_reading import MAX_SIGNATURES, unsupported
from archive.preservation.signatures.xml_references import UNREADABLE, Budget, ReferenceProblem, Surroundings
from archive.preservation.signatures.xml_signatures import Read, is_signature, read_signature
from archive.preservation.signatures.xml_tree import MAX_XML_BYTES, Document, XmlUnreadableError, parsed

MAX_ENTRIES = 20_000
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OFFICE = re.compile(r"_xmlsignatures/(?!.*\.rels$).+\.xml", re.IGNORECASE)
_OPEN = re.compile(r"META-INF/[^/]*signatures[^/]*(?:\.xml)?", re.IGNORECASE)
_ASIC = re.compile(r"META-INF/[^/]*(?:signature|timestamp)[^/]*\.(?:xml|p7s|tst)", re.IGNORECASE)
_MANIFEST = re.compile(r"META-INF/[^/]*manifest[^/]*\.xml", re.IGNORECASE)
_KINDS = {".asice": "asic-e", ".sce": "asic-e", ".asics": "asic-s", ".scs": "asic-s"}


@dataclass(frozen=True)
class Package:
    """An opened package."""

    archive: zipfile.ZipFile = field(repr=False)
    entries: dict[str, zipfile.ZipInfo] = field(repr=False)
    kind: str
    doubtful: tuple[str, ...] = ()
    """Why readers may see different things in it."""

    budget: Budget = field(default_factory=Budget, repr=False)
    known: dict[str, Document] = field(default_factory=dict, repr=False)
    """XML parts that were read already."""

    def open(self, name: str) -> BinaryIO:
        """The bytes of an entry, unpacked as they are read.

        Raises:
            ReferenceProblem: it is encrypted, or packed by a method that such packages do not have.
        """
        entry = self.entries[name]
        if _is_unusual(entry):
            msg = f"unsupported: part {name[:120]} is encrypted, or packed in an unusual way"
            raise ReferenceProblem(msg)
        return cast("BinaryIO", self.archive.open(entry))

    def document(self, name: str) -> Document:
        """An XML part.

        Raises:
            XmlUnreadableError: it is none.
        """
        if name in self.known:
            return self.known[name]
        try:
            # Reading XML is slower than digesting by about that much.
            self.budget.take(octets=8 * self.entries[name].file_size)
            with self.open(name) as stream:
                self.known[name] = parsed(stream, limit=MAX_XML_BYTES)
        except UNREADABLE as error:
            if isinstance(error, XmlUnreadableError):
                raise
            msg = f"damaged: {type(error).__name__}: {error}"
            raise XmlUnreadableError(msg) from error
        return self.known[name]


def read_package(path: Path, budget: Budget | None = None) -> XmlFacts:
    """Facts about the signatures of a ZIP package.

    Args:
        path: The file; never changed. Its suffix tells the kind of an ASiC container without `mimetype`.
        budget: How much work it may make; None: the usual.
    """
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            package = _opened(archive, path.suffix.lower(), budget or Budget())
            if package is None:
                return XmlFacts(size, "zip", problem=f"too-large: more than {MAX_ENTRIES} parts")
            return _read(package, size)
    except UNREADABLE as error:
        return XmlFacts(size, "zip", problem=f"format: no readable package: {error}")


def _opened(archive: zipfile.ZipFile, suffix: str, budget: Budget) -> Package | None:
    members = archive.infolist()
    if len(members) > MAX_ENTRIES:
        return None
    files = [m for m in members if not m.filename.endswith("/")]
    entries = {m.filename: m for m in files}
    doubtful = []
    if len({m.filename.casefold() for m in files}) != len(files):
        doubtful.append("package: two parts of one name")
    if min((m.header_offset for m in members), default=0) > 0:
        doubtful.append("package: bytes before the package")
    if archive.comment or not _ends_the_file(archive):
        doubtful.append("package: bytes behind the package")
    if any(map(_is_unusual, files)):
        doubtful.append("package: encrypted parts, or packed in an unusual way")
    return Package(archive, entries, _kind(archive, entries, suffix), tuple(doubtful), budget)


def _is_unusual(entry: zipfile.ZipInfo) -> bool:
    return bool(entry.flag_bits & 1) or entry.compress_type not in _PLAIN


def _ends_the_file(archive: zipfile.ZipFile) -> bool:
    """Whether the end record without comment is the end of the file."""
    stream = archive.fp
    if stream is None:
        return False
    stream.seek(-22, 2)
    return stream.read(4) == b"PK\x05\x06"


def _kind(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], suffix: str) -> str:
    said = ""
    if "mimetype" in entries and not _is_unusual(entries["mimetype"]):
        with archive.open(entries["mimetype"]) as stream:
            said = stream.read(200).decode("ascii", "replace").strip()
    if said.startswith("application/vnd.etsi.asic-"):
        return "asic-s" if "asic-s" in said else "asic-e"
    if said.startswith("application/vnd.oasis.opendocument"):
        return "odf"
    if "[Content_Types].xml" in entries:
        return "ooxml"
    signed = any(_ASIC.fullmatch(name) for name in entries)
    return _KINDS.get(suffix, "asic-e") if signed else "zip"


def _read(package: Package, size: int) -> XmlFacts:
    facts = XmlFacts(size, package.kind, notes=package.doubtful)
    if package.kind in ("asic-s", "asic-e"):
        return replace(facts, unsupported=tuple(_containers(package))[:MAX_SIGNATURES])
    pattern = {"ooxml": _OFFICE, "odf": _OPEN}.get(package.kind)
    parts = [n for n in package.entries if pattern is not None and pattern.fullmatch(n)]
    signatures: list[XmlSignature] = []
    others: list[XmlUnsupported] = []
    for part in parts[:MAX_SIGNATURES]:
        found, beside = _part(package, part)
        signatures += found
        others += beside
    if len(parts) > MAX_SIGNATURES or len(signatures) > MAX_SIGNATURES:
        others.append(XmlUnsupported("package", "too-many: signatures beyond those named are not judged", package.kind))
    notes = (*facts.notes, *_design(package)) if signatures else facts.notes
    return replace(facts, signatures=tuple(signatures[:MAX_SIGNATURES]), unsupported=tuple(others), notes=notes)


def _design(package: Package) -> Iterator[str]:
    if package.kind == "ooxml" and any(n.startswith("docProps/") for n in package.entries):
        yield "office-properties: the properties beside the document (docProps) are not signed, by the format's design"


def _part(package: Package, part: str) -> tuple[list[XmlSignature], list[XmlUnsupported]]:
    try:
        document = package.document(part)
    except XmlUnreadableError as error:
        return [], [XmlUnsupported(part, f"signature-part: {error}", package.kind)]
    types = office_types(package.document) if package.kind == "ooxml" else (lambda _: "")
    around = Surroundings.of(document, _parts(package, types), package.budget)
    elements = [e for e in document.root.walk() if is_signature(e)][:MAX_SIGNATURES]
    found = []
    for element in elements:
        read = read_signature(element, around, part=part)
        name = part if len(elements) == 1 else f"{part}#{element.get('Id') or read.facts.place}"
        coverage = _coverage(package, read)
        found.append(
            replace(read.facts, name=name, coverage=coverage.word, unsigned=coverage.unsigned, known_part=coverage.part)
        )
    return found, list(unsupported(document, len(elements)))


def _parts(package: Package, types: Callable[[str], str]) -> Callable[[str], Outside | None]:
    """Parts by the address in a reference: `/word/document.xml?ContentType=…`, or a name in OpenDocument."""

    def found(uri: str) -> Outside | None:
        way, _, query = uri.partition("?")
        name = next((n for n in (way, unquote(way)) if n.lstrip("/") in package.entries), "").lstrip("/")
        if not name or "://" in uri:
            return None
        said = unquote(query.removeprefix("ContentType=")) if query.startswith("ContentType=") else ""
        if said and said.casefold() != types(name).casefold():
            msg = f"format: part {name[:120]} was signed as {said[:120]}, the package calls it another type"
            raise ReferenceProblem(msg)
        return Outside(f"part {name}", (lambda: package.open(name),))

    return found


def _coverage(package: Package, read: Read) -> Coverage:
    signed = {one.facts.covers.removeprefix("part "): one for one in read.references if one.facts.covers[:5] == "part "}
    if package.doubtful or not signed:
        return Coverage("unclear", package.doubtful[:MAX_PLACES] or ("signs-nothing",))
    if package.kind == "ooxml":
        places = office_coverage(list(package.entries), signed, package.document)
    else:
        places = (f"part {n}" for n in package.entries if n not in signed and not _OPEN.fullmatch(n))
    left = tuple(sorted(places))[:MAX_PLACES]
    return Coverage("partial" if left else "whole-file", left)


def _containers(package: Package) -> Iterator[XmlUnsupported]:
    """Signatures of an ASiC container: named with what they are, not judged."""
    level = {"asic-s": "ASiC-S", "asic-e": "ASiC-E"}[package.kind]
    manifests = [n for n in package.entries if _MANIFEST.fullmatch(n)]
    named = f"; manifests: {', '.join(manifests[:5])}" if manifests else "; no manifest"
    data = sum(1 for n in package.entries if not n.startswith("META-INF/") and n != "mimetype")
    for part in package.entries:
        if not _ASIC.fullmatch(part):
            continue
        if not part.lower().endswith(".xml"):
            what = "time-stamp" if part.lower().endswith(".tst") else "CAdES signature"
            yield XmlUnsupported(part, f"asic: {level} with {data} data files, {what} {part}{named}", level)
            continue
        try:
            elements = [e for e in package.document(part).root.walk() if is_signature(e)]
        except XmlUnreadableError as error:
            yield XmlUnsupported(part, f"asic: {level}, {part} cannot be read: {error}", level)
            continue
        for number, element in enumerate(elements, start=1):
            name = part if len(elements) == 1 else f"{part}#{element.get('Id') or number}"
            what = f"XAdES signature {number} of {len(elements)} in {part}"
            yield XmlUnsupported(name, f"asic: {level} with {data} data files, {what}{named}", level)
