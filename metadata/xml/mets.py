"""METS as CSIP 2.0.4 and Circular 05/2025 want it: written in a stream, read back safely."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO
from uuid import UUID, uuid5

from lxml import etree

from metadata.package import Conversion
from metadata.xml.reading import elements, text_of
from metadata.xml.schemas import mets_schema
from metadata.xml.writing import XmlWriter, legal, quoted, unquoted

METS = "http://www.loc.gov/METS/"
XLINK = "http://www.w3.org/1999/xlink"
CSIP = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
SIP = "https://DILCIS.eu/XML/METS/SIPExtensionMETS"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LUUTRU = "urn:luutru:aip:1.0"
"""Names what METS says of a conversion beyond the standard: attributes of `file`."""

ROOT_PROFILE = "http://www.ra.ee/METS/v01/IP.xml"
"""Profile that the circular prints for the root of an AIP."""

REPRESENTATION_PROFILE = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"

_VERSIONS = {"PREMIS": "3.0", "EAD": "EAD3"}
"""MDTYPEVERSION of what is written here."""

_LOCATIONS = (
    (METS, "METS.xsd"),
    (XLINK, "xlink.xsd"),
    (CSIP, "DILCISExtensionMETS.xsd"),
    (SIP, "DILCISExtensionSIPMETS.xsd"),
)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file that METS lists, its path relative to that METS."""

    path: str
    sha256: str
    size_bytes: int
    mime: str
    conversion: Conversion | None = None
    created: str = ""
    """RFC 3339; empty: as the METS itself."""

    owner_name: str = ""
    """OWNERID: what the one who gave the file calls it. Not written for metadata files, METS has no place for it."""


@dataclass(frozen=True, slots=True)
class MetadataEntry:
    """A metadata file that METS refers to."""

    file: FileEntry
    kind: str
    """MDTYPE, such as `PREMIS` or `OTHER`."""

    other: str = ""
    """OTHERMDTYPE, such as `EAD-TT05`."""


@dataclass(frozen=True, slots=True)
class MetsAgent:
    """Who had part in the package."""

    name: str
    role: str
    type: str
    note: str
    note_type: str
    other_type: str = ""


@dataclass(frozen=True, slots=True)
class Mets:
    """One METS document. `created` is RFC 3339 with the offset that shall be written."""

    objid: str
    profile: str
    created: str
    agents: tuple[MetsAgent, ...]
    alternatives: tuple[tuple[str, str], ...] = ()
    """Other identifiers of the package: TYPE and value."""

    descriptive: Sequence[MetadataEntry] = ()
    provenance: Sequence[MetadataEntry] = ()
    groups: Sequence[tuple[str, Sequence[FileEntry]]] = ()
    """File groups by USE, in order."""

    division: str = ""
    """TYPE of the root division."""

    package_type: str = "AIP"
    record_status: str = "NEW"
    type: str = "Mixed"
    """Content category."""

    modified: str = ""
    """RFC 3339; empty: as `created`."""

    conversions: bool = True
    """Whether the name space of what is said of PDF/A copies is declared."""

    schemas: str = "schemas/"
    """Path to the package's schemas folder, relative to this METS."""

    representations: tuple[str, ...] = field(default=())
    """Paths of the representations' METS files, for the root METS."""


class _Writing:
    def __init__(self, stream: BinaryIO, mets: Mets, id_of: Callable[[str], UUID]) -> None:
        self.xml = XmlWriter(stream, METS)
        self.mets = mets
        self._id_of = id_of
        self.metadata_ids: list[str] = []
        self.provenance_ids: list[str] = []
        self.group_ids: dict[str, str] = {}

    def identifier(self, what: str, prefix: str = "uuid-") -> str:
        return prefix + str(self._id_of(what)).upper()

    def located(self, entry: FileEntry) -> dict[str, str]:
        return {
            "MIMETYPE": entry.mime,
            "SIZE": str(entry.size_bytes),
            "CREATED": entry.created or self.mets.created,
            "CHECKSUM": entry.sha256,
            "CHECKSUMTYPE": "SHA-256",
        }

    def header(self) -> None:
        mets = self.mets
        modified = mets.modified or mets.created
        attributes = {"CREATEDATE": mets.created, "LASTMODDATE": modified, "RECORDSTATUS": mets.record_status}
        with self.xml.element("metsHdr", {**attributes, f"{{{CSIP}}}OAISPACKAGETYPE": mets.package_type}):
            for agent in mets.agents:
                kind = {"ROLE": agent.role, "TYPE": agent.type}
                with self.xml.element("agent", kind | ({"OTHERTYPE": agent.other_type} if agent.other_type else {})):
                    self.xml.leaf("name", legal(agent.name))
                    self.xml.leaf("note", legal(agent.note), {f"{{{CSIP}}}NOTETYPE": agent.note_type})
            for kind_of_id, value in mets.alternatives:
                self.xml.leaf("altRecordID", quoted(value), {"TYPE": kind_of_id})
            self.xml.leaf("metsDocumentID", "METS.xml")

    def reference(self, entry: MetadataEntry) -> None:
        attributes = {"LOCTYPE": "URL", "MDTYPE": entry.kind}
        if entry.other:
            attributes["OTHERMDTYPE"] = entry.other
        if entry.kind in _VERSIONS:
            attributes["MDTYPEVERSION"] = _VERSIONS[entry.kind]
        link = {f"{{{XLINK}}}type": "simple", f"{{{XLINK}}}href": entry.file.path}
        self.xml.leaf("mdRef", "", {**attributes, **link, **self.located(entry.file)})

    def metadata(self) -> None:
        for entry in self.mets.descriptive:
            self.metadata_ids.append(self.identifier(f"dmd {entry.file.path}"))
            attributes = {"ID": self.metadata_ids[-1], "CREATED": self.mets.created, "STATUS": "CURRENT"}
            with self.xml.element("dmdSec", attributes):
                self.reference(entry)
        if self.mets.provenance:
            with self.xml.element("amdSec", {"ID": self.identifier("amdSec")}):
                for entry in self.mets.provenance:
                    self.provenance_ids.append(self.identifier(f"digiprov {entry.file.path}"))
                    attributes = {"ID": self.provenance_ids[-1], "CREATED": self.mets.created, "STATUS": "CURRENT"}
                    with self.xml.element("digiprovMD", attributes):
                        self.reference(entry)

    def files(self) -> None:
        if not self.mets.groups:
            return
        with self.xml.element("fileSec", {"ID": self.identifier("fileSec")}):
            for use, entries in self.mets.groups:
                self.group_ids[use] = self.identifier(f"fileGrp {use}")
                mixed = {f"{{{CSIP}}}CONTENTINFORMATIONTYPE": "MIXED"}
                with self.xml.element("fileGrp", {"ID": self.group_ids[use], "USE": use, **mixed}):
                    for entry in entries:
                        self.file(entry)

    def file(self, entry: FileEntry) -> None:
        said = conversion_attributes(entry.conversion) if entry.conversion else {}
        identifier = {"ID": self.identifier(f"file {entry.path}", "ID-")}
        owner = {"OWNERID": quoted(entry.owner_name)} if entry.owner_name else {}
        with self.xml.element("file", {**identifier, **self.located(entry), **owner, **said}):
            link = {"LOCTYPE": "URL", f"{{{XLINK}}}type": "simple", f"{{{XLINK}}}href": entry.path}
            self.xml.leaf("FLocat", "", link)

    def structure(self) -> None:
        mets = self.mets
        top = {"ID": self.identifier("div"), "LABEL": mets.objid} | ({"TYPE": mets.division} if mets.division else {})
        about = {"ID": self.identifier("div Metadata"), "LABEL": "Metadata"}
        if self.metadata_ids:
            about["DMDID"] = " ".join(self.metadata_ids)
        if self.provenance_ids:
            about["ADMID"] = " ".join(self.provenance_ids)
        with (
            self.xml.element("structMap", {"ID": self.identifier("structMap"), "TYPE": "PHYSICAL", "LABEL": "CSIP"}),
            self.xml.element("div", top),
        ):
            self.xml.leaf("div", "", about)
            for use, group_id in self.group_ids.items():
                with self.xml.element("div", {"ID": self.identifier(f"div {use}"), "LABEL": use}):
                    self.xml.leaf("fptr", "", {"FILEID": group_id})
            for path in mets.representations:
                label = path.removesuffix("/METS.xml").capitalize()
                with self.xml.element("div", {"ID": self.identifier(f"div {path}"), "LABEL": label}):
                    link = {"LOCTYPE": "URL", f"{{{XLINK}}}type": "simple", f"{{{XLINK}}}href": path}
                    self.xml.leaf("mptr", "", {**link, f"{{{XLINK}}}title": self.group_ids["Representations"]})


def write_mets(stream: BinaryIO, mets: Mets, package_id: UUID, place: str = "") -> None:
    """Write `mets` to `stream`.

    Args:
        stream: Open for writing, stays open.
        mets: What to write; the files that it lists are not opened.
        package_id: Together with `place` and what an identifier names, makes each identifier (UUIDv5).
        place: Folder of this METS in the package; empty for the root.
    """
    writing = _Writing(stream, mets, lambda what: uuid5(package_id, f"METS {place} {what}"))
    locations = " ".join(f"{namespace} {mets.schemas}{name}" for namespace, name in _LOCATIONS)
    attributes = {
        "OBJID": mets.objid,
        "TYPE": mets.type,
        "PROFILE": mets.profile,
        f"{{{CSIP}}}CONTENTINFORMATIONTYPE": "MIXED",
        f"{{{XSI}}}schemaLocation": locations,
    }
    nsmap = {None: METS, "xlink": XLINK, "csip": CSIP, "sip": SIP, "xsi": XSI}
    nsmap |= {"luutru": LUUTRU} if mets.conversions else {}
    with writing.xml.document("mets", attributes, nsmap):
        writing.header()
        writing.metadata()
        writing.files()
        writing.structure()


def conversion_attributes(conversion: Conversion) -> dict[str, str]:
    """The decision about a PDF/A copy as attributes of a METS `file`; losses parted by newline."""
    judge = f"{conversion.judge} {conversion.judge_version}".strip()
    said = {
        "ROUTE": conversion.route,
        "FLAVOUR": conversion.flavour or "",
        "JUDGE": conversion.judge,
        "JUDGEVERSION": conversion.judge_version,
        "CONFIRMED": ("true" if conversion.confirmed else "false") if judge or not conversion.confirmed else "",
        "LOSSES": "\n".join(loss.replace("\n", " ") for loss in conversion.losses),
        "REASON": conversion.reason,
    }
    return {f"{{{LUUTRU}}}{name}": quoted(value) for name, value in said.items() if value}


def _conversion(element: etree._Element) -> Conversion | None:
    said = {
        name: unquoted(element.get(f"{{{LUUTRU}}}{name}") or "") for name in ("ROUTE", "FLAVOUR", "LOSSES", "REASON")
    }
    if not said["ROUTE"]:
        return None
    return Conversion(
        route=said["ROUTE"],
        flavour=said["FLAVOUR"] or None,
        judge=unquoted(element.get(f"{{{LUUTRU}}}JUDGE") or ""),
        judge_version=unquoted(element.get(f"{{{LUUTRU}}}JUDGEVERSION") or ""),
        confirmed=element.get(f"{{{LUUTRU}}}CONFIRMED") != "false",
        losses=tuple(said["LOSSES"].split("\n")) if said["LOSSES"] else (),
        reason=said["REASON"],
    )


def _entry(element: etree._Element, holder: etree._Element, mets_created: str) -> FileEntry:
    size, created = holder.get("SIZE") or "", holder.get("CREATED") or ""
    return FileEntry(
        path=element.get(f"{{{XLINK}}}href") or "",
        sha256=(holder.get("CHECKSUM") or "").lower() if holder.get("CHECKSUMTYPE") == "SHA-256" else "",
        size_bytes=int(size) if size.isdecimal() else -1,
        mime=holder.get("MIMETYPE") or "",
        conversion=_conversion(holder),
        created="" if created == mets_created else created,
        owner_name=unquoted(holder.get("OWNERID") or ""),
    )


def _tag(name: str) -> str:
    return f"{{{METS}}}{name}"


_TAGS = {_tag(name) for name in ("agent", "altRecordID", "dmdSec", "digiprovMD", "file", "mptr")}


def read_mets(stream: BinaryIO) -> Mets:
    """Read a METS document; its file groups come as one, named ``.

    Tolerant in what METS leaves open, strict in form: the whole document is judged by the locked schema.

    Raises:
        XmlRefusedError: not well-formed, a DOCTYPE, or against the schema.
    """
    walk = elements(stream, _TAGS | {_tag("metsHdr")}, mets_schema())
    root = next(walk)
    top = {name: root.get(name) or "" for name in ("OBJID", "PROFILE", "TYPE")}
    found = _Found()
    for element in walk:
        found.take(element)
    return Mets(
        objid=top["OBJID"],
        profile=top["PROFILE"],
        created=found.created,
        agents=tuple(found.agents),
        alternatives=tuple(found.alternatives),
        descriptive=tuple(found.descriptive),
        provenance=tuple(found.provenance),
        groups=(("", tuple(found.files)),),
        package_type=found.package_type,
        record_status=found.record_status,
        type=top["TYPE"],
        modified=found.modified,
        representations=tuple(found.representations),
    )


class _Found:
    def __init__(self) -> None:
        self.created = ""
        self.modified = ""
        self.package_type = ""
        self.record_status = ""
        self.agents: list[MetsAgent] = []
        self.alternatives: list[tuple[str, str]] = []
        self.descriptive: list[MetadataEntry] = []
        self.provenance: list[MetadataEntry] = []
        self.files: list[FileEntry] = []
        self.representations: list[str] = []

    def take(self, element: etree._Element) -> None:
        match etree.QName(element).localname:
            case "metsHdr":
                self.created = element.get("CREATEDATE") or ""
                self.modified = element.get("LASTMODDATE") or ""
                self.record_status = element.get("RECORDSTATUS") or ""
                self.package_type = element.get(f"{{{CSIP}}}OAISPACKAGETYPE") or ""
            case "agent":
                self.agents.append(_agent(element))
            case "altRecordID":
                self.alternatives.append((element.get("TYPE") or "", text_of(element)))
            case "dmdSec":
                self.descriptive.extend(_references(element, self.created))
            case "digiprovMD":
                self.provenance.extend(_references(element, self.created))
            case "file":
                places = element.iterfind(_tag("FLocat"))
                self.files.extend(_entry(place, element, self.created) for place in places)
            case _:
                self.representations.append(element.get(f"{{{XLINK}}}href") or "")


def _references(element: etree._Element, mets_created: str) -> Iterator[MetadataEntry]:
    for reference in element.iterfind(_tag("mdRef")):
        kind, other = reference.get("MDTYPE") or "", reference.get("OTHERMDTYPE") or ""
        yield MetadataEntry(_entry(reference, reference, mets_created), kind, other)


def _agent(element: etree._Element) -> MetsAgent:
    note = element.find(_tag("note"))
    return MetsAgent(
        name=text_of(element, _tag("name")),
        role=element.get("ROLE") or "",
        type=element.get("TYPE") or "",
        note=text_of(note),
        note_type="" if note is None else note.get(f"{{{CSIP}}}NOTETYPE") or "",
        other_type=element.get("OTHERTYPE") or "",
    )
