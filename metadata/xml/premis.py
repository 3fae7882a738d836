"""PREMIS 3: objects, events, agents of a package; written in a stream, read back safely."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Literal

from lxml import etree

from metadata.package import PackageAgent, PackageEvent
from metadata.xml.reading import elements, text_of
from metadata.xml.schemas import premis_schema
from metadata.xml.writing import XmlWriter, legal, quoted

PREMIS = "http://www.loc.gov/premis/v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
HELD = "key in the archive's storage"
"""Type of the content location of a file that lies outside its package."""


@dataclass(frozen=True, slots=True)
class Source:
    """That an object was made from another."""

    object_id: str
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class PremisObject:
    """A file, or something that has no bytes of its own."""

    id: str
    """Path inside the package; empty means the package itself, `urn:…` something outside it."""

    original_name: str = ""
    sha256: str = ""
    sha512: str = ""
    size_bytes: int = 0
    format_name: str = ""
    format_version: str = ""
    puid: str = ""
    format_notes: tuple[str, ...] = ()
    source: Source | None = None
    kind: Literal["file", "representation", "intellectualEntity"] = "file"
    properties: tuple[tuple[str, str], ...] = ()
    """Significant properties: type and value."""

    relation: tuple[str, str, str] | None = None
    """Relationship to another package: type, sub-type, identifier."""

    held_at: str = ""
    """Key in the archive's storage where the bytes lie, for a file that is kept once per holding."""


class _Writing:
    def __init__(self, stream: BinaryIO, urn: str) -> None:
        self.xml = XmlWriter(stream, PREMIS)
        self._urn = urn

    def identifier_of(self, path: str) -> str:
        if path.startswith("urn:"):
            return path
        return f"{self._urn}/{path}" if path else self._urn

    def identifier(self, name: str, value: str, kind: str) -> None:
        self.xml.leaf(f"{name}Type", kind)
        self.xml.leaf(f"{name}Value", quoted(value))

    def object(self, found: PremisObject) -> None:
        with self.xml.element("object", {f"{{{XSI}}}type": found.kind}):
            with self.xml.element("objectIdentifier"):
                self.identifier("objectIdentifier", self.identifier_of(found.id), "URI")
            for kind, value in found.properties:
                with self.xml.element("significantProperties"):
                    self.xml.leaf("significantPropertiesType", kind)
                    self.xml.leaf("significantPropertiesValue", legal(value))
            if found.kind == "file":
                self.characteristics(found)
            if found.original_name:
                self.xml.leaf("originalName", quoted(found.original_name))
            if found.held_at:
                with self.xml.element("storage"), self.xml.element("contentLocation"):
                    self.identifier("contentLocation", found.held_at, HELD)
            self.relationships(found)

    def characteristics(self, found: PremisObject) -> None:
        with self.xml.element("objectCharacteristics"):
            for algorithm, digest in (("SHA-256", found.sha256), ("SHA-512", found.sha512)):
                with self.xml.element("fixity"):
                    self.xml.leaf("messageDigestAlgorithm", algorithm)
                    self.xml.leaf("messageDigest", digest)
            self.xml.leaf("size", str(found.size_bytes))
            with self.xml.element("format"):
                with self.xml.element("formatDesignation"):
                    self.xml.leaf("formatName", legal(found.format_name) or "unknown")
                    if found.format_version:
                        self.xml.leaf("formatVersion", legal(found.format_version))
                if found.puid:
                    with self.xml.element("formatRegistry"):
                        self.xml.leaf("formatRegistryName", "PRONOM")
                        self.xml.leaf("formatRegistryKey", legal(found.puid))
                for note in found.format_notes:
                    self.xml.leaf("formatNote", legal(note))

    def relationships(self, found: PremisObject) -> None:
        related = found.relation
        if found.source:
            # The Library of Congress has no "is derived from": its word for the same is "has source".
            related = ("derivation", "has source", self.identifier_of(found.source.object_id))
        if related is None:
            return
        kind, sub_kind, target = related
        with self.xml.element("relationship"):
            self.xml.leaf("relationshipType", kind)
            self.xml.leaf("relationshipSubType", sub_kind)
            with self.xml.element("relatedObjectIdentifier"):
                self.identifier("relatedObjectIdentifier", target, "URI")
            if found.source and found.source.event_id:
                with self.xml.element("relatedEventIdentifier"):
                    self.identifier("relatedEventIdentifier", found.source.event_id, "UUID")

    def event(self, event: PackageEvent) -> None:
        with self.xml.element("event"):
            with self.xml.element("eventIdentifier"):
                self.identifier("eventIdentifier", event.id, "UUID" if _UUID.fullmatch(event.id) else "local")
            self.xml.leaf("eventType", legal(event.type))
            self.xml.leaf("eventDateTime", event.at)
            with self.xml.element("eventOutcomeInformation"):
                self.xml.leaf("eventOutcome", quoted(event.outcome))
                if event.detail:
                    with self.xml.element("eventOutcomeDetail"):
                        self.xml.leaf("eventOutcomeDetailNote", quoted(event.detail))
            for agent, role in event.agents.items():
                self.link("linkingAgent", agent, "local", role)
            for path, role in event.objects.items():
                self.link("linkingObject", self.identifier_of(path), "URI", role)

    def link(self, name: str, value: str, kind: str, role: str) -> None:
        with self.xml.element(f"{name}Identifier"):
            self.identifier(f"{name}Identifier", value, kind)
            self.xml.leaf(f"{name}Role", legal(role))

    def agent(self, agent: PackageAgent) -> None:
        with self.xml.element("agent"):
            with self.xml.element("agentIdentifier"):
                self.identifier("agentIdentifier", agent.id, "local")
            self.xml.leaf("agentName", quoted(agent.name))
            self.xml.leaf("agentType", legal(agent.type))
            if agent.version:
                self.xml.leaf("agentVersion", quoted(agent.version))
            if agent.note:
                self.xml.leaf("agentNote", quoted(agent.note))


def write_premis(
    stream: BinaryIO,
    urn: str,
    objects: Iterable[PremisObject],
    events: Iterable[PackageEvent],
    agents: Iterable[PackageAgent],
) -> None:
    """Write a PREMIS document.

    Args:
        stream: Open for writing, stays open.
        urn: Identifier of the package, `urn:uuid:…`; an object's identifier is it, a slash and its path.
        objects: At least one; taken one by one.
        events: In order of time.
        agents: All that events name.
    """
    writing = _Writing(stream, urn)
    with writing.xml.document("premis", {"version": "3.0"}, {None: PREMIS, "xsi": XSI}):
        for found in objects:
            writing.object(found)
        for event in events:
            writing.event(event)
        for agent in agents:
            writing.agent(agent)


@dataclass(frozen=True, slots=True)
class Premis:
    """What a PREMIS document says."""

    objects: tuple[PremisObject, ...]
    events: tuple[PackageEvent, ...]
    agents: tuple[PackageAgent, ...]


def _tag(name: str) -> str:
    return f"{{{PREMIS}}}{name}"


def read_premis(stream: BinaryIO, urn: str) -> Premis:
    """Read a PREMIS document of the package `urn`; the whole is judged by the locked schema.

    Raises:
        XmlRefusedError: not well-formed, a DOCTYPE, or against the schema.
    """
    walk = elements(stream, {_tag("object"), _tag("event"), _tag("agent")}, premis_schema())
    next(walk)
    objects: list[PremisObject] = []
    events: list[PackageEvent] = []
    agents: list[PackageAgent] = []
    for element in walk:
        match etree.QName(element).localname:
            case "object":
                objects.append(_object(element, urn))
            case "event":
                events.append(_event(element, urn))
            case _:
                agents.append(_agent(element))
    return Premis(tuple(objects), tuple(events), tuple(agents))


def _path(identifier: str, urn: str) -> str:
    return "" if identifier == urn else identifier.removeprefix(f"{urn}/")


def _said(element: etree._Element, path: str) -> str:
    return text_of(element, "/".join(_tag(step) for step in path.split("/")))


def _fixity(element: etree._Element) -> Mapping[str, str]:
    return {
        _said(found, "messageDigestAlgorithm"): _said(found, "messageDigest").lower()
        for found in element.iterfind(f"{_tag('objectCharacteristics')}/{_tag('fixity')}")
    }


def _object(element: etree._Element, urn: str) -> PremisObject:
    fixity = _fixity(element)
    size = _said(element, "objectCharacteristics/size")
    related = _said(element, "relationship/relatedObjectIdentifier/relatedObjectIdentifierValue")
    kind, sub_kind = _said(element, "relationship/relationshipType"), _said(element, "relationship/relationshipSubType")
    event_id = _said(element, "relationship/relatedEventIdentifier/relatedEventIdentifierValue")
    derived = kind == "derivation"
    form = "objectCharacteristics/format"
    notes = element.iterfind("/".join(map(_tag, ("objectCharacteristics", "format", "formatNote"))))
    return PremisObject(
        id=_path(_said(element, "objectIdentifier/objectIdentifierValue"), urn),
        original_name=_said(element, "originalName"),
        sha256=fixity.get("SHA-256", ""),
        sha512=fixity.get("SHA-512", ""),
        size_bytes=int(size) if size.isdecimal() else 0,
        format_name=_said(element, f"{form}/formatDesignation/formatName"),
        format_version=_said(element, f"{form}/formatDesignation/formatVersion"),
        puid=_said(element, f"{form}/formatRegistry/formatRegistryKey"),
        format_notes=tuple(text_of(note) for note in notes),
        source=Source(_path(related, urn), event_id) if derived else None,
        kind=_kind(element),
        properties=tuple(_properties(element)),
        relation=(kind, sub_kind, related) if related and not derived else None,
        held_at=_said(element, "storage/contentLocation/contentLocationValue"),
    )


def _kind(element: etree._Element) -> Literal["file", "representation", "intellectualEntity"]:
    match (element.get(f"{{{XSI}}}type") or "").rpartition(":")[2]:
        case "representation":
            return "representation"
        case "intellectualEntity":
            return "intellectualEntity"
        case _:
            return "file"


def _properties(element: etree._Element) -> Iterator[tuple[str, str]]:
    for found in element.iterfind(_tag("significantProperties")):
        yield _said(found, "significantPropertiesType"), _said(found, "significantPropertiesValue")


def _links(element: etree._Element, name: str) -> Iterator[tuple[str, str]]:
    for found in element.iterfind(_tag(f"{name}Identifier")):
        yield _said(found, f"{name}IdentifierValue"), _said(found, f"{name}Role")


def _event(element: etree._Element, urn: str) -> PackageEvent:
    return PackageEvent(
        id=_said(element, "eventIdentifier/eventIdentifierValue"),
        type=_said(element, "eventType"),
        at=_said(element, "eventDateTime"),
        outcome=_said(element, "eventOutcomeInformation/eventOutcome"),
        detail=_said(element, "eventOutcomeInformation/eventOutcomeDetail/eventOutcomeDetailNote"),
        agents=dict(_links(element, "linkingAgent")),
        objects={_path(value, urn): role for value, role in _links(element, "linkingObject")},
    )


def _agent(element: etree._Element) -> PackageAgent:
    return PackageAgent(
        id=_said(element, "agentIdentifier/agentIdentifierValue"),
        name=_said(element, "agentName"),
        type=_said(element, "agentType"),
        version=_said(element, "agentVersion"),
        note=_said(element, "agentNote"),
    )
