"""What PREMIS says of a part: objects, events, agents, in the words of the Library of Congress."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from ingest.facts import Approved, Formats, Judged, Received, Renditions, Route, Texts, Tool, Validated
from ingest.packaging.parts import ORIGINALS, RENDITIONS, TEXTS, Part, PlacedFile
from ingest.work import WorkItem
from metadata.bridge.conversion import is_bridged
from metadata.bridge.kept import CONVERSION, ConversionNotes
from metadata.digests import Digests
from metadata.extraction.acceptance import machine_made
from metadata.package import PackageAgent, PackageEvent
from metadata.package_contents import HELD
from metadata.package_reader import ACCESSION, METADATA_MODIFICATION, TRANSCRIPTION
from metadata.verdicts import Indication
from metadata.xml.premis import PremisObject, Source

PROGRAM, VALIDATOR, AUTHORIZER, IMPLEMENTER = "executing program", "validator", "authorizer", "implementer"
SOURCE, OUTCOME = "source", "outcome"
NORMALIZATION, VALIDATION = "normalization", "validation"


@dataclass(frozen=True, slots=True)
class ArchiveBody:
    """The archive that takes the package."""

    name: str
    code: str
    """Mã cơ quan lưu trữ; empty where it has none."""


@dataclass(frozen=True, slots=True)
class PartProvenance:
    """Events of a part by the document that holds them: the root's PREMIS, or that of a representation."""

    root: tuple[PackageEvent, ...]
    originals: tuple[PackageEvent, ...]
    renditions: tuple[PackageEvent, ...]
    texts: tuple[PackageEvent, ...]
    agents: Mapping[str, PackageAgent]

    def agents_of(self, events: Sequence[PackageEvent]) -> Iterator[PackageAgent]:
        """The agents that `events` name, in order of their first."""
        for agent_id in dict.fromkeys(agent_id for event in events for agent_id in event.agents):
            yield self.agents[agent_id]


def event_id(part: Part, kind: str, subject: str) -> str:
    """Identifier of an event: the same for the same part, kind and subject."""
    return str(uuid5(UUID(part.package_id), f"PREMIS event {kind} {subject}"))


class Provenance:
    """Tells what happened to one part."""

    def __init__(
        self,
        item: WorkItem,
        part: Part,
        *,
        program: Tool,
        archive: ArchiveBody,
        created_at: str,
        conversion: ConversionNotes,
    ) -> None:
        self._item = item
        self._part = part
        self._program = program
        self._archive = archive
        self._created_at = created_at
        self._notes = conversion
        self._received_at = item.fact(Received).received_at
        self._agents: dict[str, PackageAgent] = {}

    def all(self) -> PartProvenance:
        """All events, with the agents that they name."""
        return PartProvenance(
            root=tuple(self._root()),
            originals=tuple(self._originals()),
            renditions=tuple(self._renditions()),
            texts=tuple(self._texts()),
            agents=self._agents,
        )

    def _software(self, tools: Sequence[Tool], role: str = PROGRAM) -> dict[str, str]:
        roles: dict[str, str] = {}
        for tool in tools or (self._program,):
            agent = PackageAgent(
                id=f"software:{tool.name}/{tool.version}",
                name=tool.name,
                type="software",
                version=tool.version,
                note=tool.command,
            )
            self._agents.setdefault(agent.id, agent)
            roles[agent.id] = role
        return roles

    def _body(self, kind: str, identifier: str, name: str, role: str) -> dict[str, str]:
        agent = PackageAgent(id=f"{kind}:{identifier}", name=name, type=kind)
        self._agents.setdefault(agent.id, agent)
        return {agent.id: role}

    def _event(
        self, kind: str, subject: str, agents: dict[str, str], objects: dict[str, str], *, said: tuple[str, str, str]
    ) -> PackageEvent:
        at, outcome, detail = said
        identifier = event_id(self._part, kind, subject)
        return PackageEvent(
            id=identifier, type=kind, at=at, outcome=outcome, detail=detail, agents=agents, objects=objects
        )

    @property
    def _meanwhile(self) -> str:
        # No stage before this one records when it worked on a file; that it was
        # between receipt and packaging is what is known, and EDTF can say it.
        return f"{self._received_at}/{self._created_at}"

    def _root(self) -> Iterator[PackageEvent]:
        item, part = self._item, self._part
        approved = item.facts.get(Approved)
        sources = {file.path: SOURCE for file in part.sources}
        submitter = self._body("organization", item.agency, item.agency, IMPLEMENTER)
        if isinstance(approved, Approved) and approved.submitted_by:
            submitter |= self._body("person", approved.submitted_by, approved.submitted_by, IMPLEMENTER)
        done = self._software((self._program,))
        said = (self._received_at, "success", f"submission {item.submission_id}")
        yield self._event("ingestion", "", {**submitter, **done}, {"": OUTCOME, **sources}, said=said)
        for number, container in enumerate(item.delivery.containers, start=1):
            detail = container.model_dump_json(exclude={"written"})
            said = (self._received_at, "success", detail)
            yield self._event("unpacking", str(number), done, {"": OUTCOME}, said=said)
        if isinstance(approved, Approved):
            person = self._body("person", approved.by, approved.by, AUTHORIZER)
            yield self._event(ACCESSION, "", person, {"": OUTCOME}, said=(approved.at, "success", approved.mode))
        agents = {**done, **self._body("organization", self._archive.code or "archive", self._archive.name, AUTHORIZER)}
        said = (self._created_at, "success", f"part {part.number} of {part.count}")
        yield self._event("information package creation", "", agents, {**sources, "": OUTCOME}, said=said)
        if is_bridged(item.delivery.profile):
            yield self._converted(done)
        for file in part.sources:
            if file.verdicts:
                yield self._signatures(file)

    def _converted(self, done: dict[str, str]) -> PackageEvent:
        """That EAD speaks by another circular than the delivery: counts by rule, the list beside."""
        notes = self._notes
        counts = Counter(note.rule for note in notes.notes)
        told = {"from": notes.source, "to": notes.target, "rules": dict(sorted(counts.items()))}
        detail = json.dumps(told | ({"list": CONVERSION} if counts else {}))
        said = (self._created_at, "success with warnings" if counts else "success", detail)
        return self._event(METADATA_MODIFICATION, "", done, {"": OUTCOME}, said=said)

    def _originals(self) -> Iterator[PackageEvent]:
        files = list(self._part.originals())
        if not files:
            return
        # What was done to all alike is said once, of the representation: a link
        # for each file and event would make PREMIS the largest file of a dossier.
        every = {ORIGINALS.rstrip("/"): SOURCE}
        digested = (self._received_at, "success", "SHA-256, SHA-512")
        yield self._event("message digest calculation", "", self._software(()), every, said=digested)
        identified = (self._meanwhile, "success", "")
        tools = self._software(self._item.fact(Formats).tools)
        yield self._event("format identification", "", tools, every, said=identified)
        validated = self._item.fact(Validated)
        if validated.malware:
            scanned = (self._meanwhile, "success", "no known malware")
            yield self._event("virus check", "", self._software((validated.malware,)), every, said=scanned)
        broken = sorted({finding.rule for finding in validated.findings})
        outcome = (self._meanwhile, "success with warnings" if broken else "success", " ".join(broken))
        yield self._event(VALIDATION, "", self._software(()), every, said=outcome)
        made = [told for document in self._part.documents for told in machine_made(document.description)]
        if made:
            # Descriptions that no person wrote have an event of their own, with the place of each.
            said = (self._meanwhile, "success", json.dumps(made, ensure_ascii=False))
            yield self._event("metadata extraction", "", self._software(()), every, said=said)
        for file in files:
            if file.verdicts:
                yield self._signatures(file)
            if file.rendition and not file.rendition.path and file.rendition.route is not Route.NOT_APPLICABLE:
                yield self._conversion(file)

    def _signatures(self, file: PlacedFile) -> PackageEvent:
        judged = self._item.fact(Judged)
        at = file.verdicts[0].judged_at or self._meanwhile
        # Gravest first: one signature that failed is what a reader has to see.
        order = list(reversed([Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED]))
        outcome = min((verdict.indication for verdict in file.verdicts), key=order.index)
        detail = json.dumps(
            [
                {"field": verdict.field, "indication": verdict.indication.value, "subindication": verdict.subindication}
                for verdict in file.verdicts
            ],
            ensure_ascii=False,
        )
        agents = self._software(judged.tools)
        said = (at, outcome.value, detail)
        return self._event("digital signature validation", file.path, agents, {file.path: SOURCE}, said=said)

    def _renditions(self) -> Iterator[PackageEvent]:
        made = [file for file in self._part.originals() if file.rendition_path]
        if made:
            yield self._together(NORMALIZATION, RENDITIONS, self._item.fact(Renditions).tools)
        for file in made:
            yield self._conversion(file)

    def _together(self, kind: str, place: str, tools: Sequence[Tool]) -> PackageEvent:
        # Stages tell which programs they ran, not which one for which file: the
        # programs are named once, and the events of files name who measured.
        objects = {ORIGINALS.rstrip("/"): SOURCE, place.rstrip("/"): OUTCOME}
        return self._event(kind, "", self._software(tools), objects, said=(self._meanwhile, "success", ""))

    def _conversion(self, file: PlacedFile) -> PackageEvent:
        decision = file.rendition
        if decision is None:
            msg = f"no decision about {file.path}"
            raise ValueError(msg)
        agents = self._software((decision.judge,), VALIDATOR) if decision.judge else self._software(())
        objects = {file.path: SOURCE} | ({file.rendition_path: OUTCOME} if file.rendition_path else {})
        if decision.flavour:
            outcome = f"PDF/A-{decision.flavour}" if decision.confirmed else f"claims PDF/A-{decision.flavour}"
        else:
            outcome = "no PDF/A"
        detail = decision.model_dump_json(exclude={"path", "judge"}, exclude_defaults=True)
        said = (self._meanwhile, outcome, detail)
        # An original that is kept was measured, not normalised.
        kind = VALIDATION if decision.flavour and not decision.path else NORMALIZATION
        return self._event(kind, file.path, agents, objects, said=said)

    def _texts(self) -> Iterator[PackageEvent]:
        read = [(file, file.text) for file in self._part.originals() if file.text is not None]
        if read:
            yield self._together(TRANSCRIPTION, TEXTS, self._item.fact(Texts).tools)
        kept = {"pages", "sources", "mean_confidence", "doubtful_pages"}
        for file, text in read:
            said = (self._meanwhile, "success", text.model_dump_json(include=kept))
            objects = {file.path: SOURCE, file.text_path: OUTCOME}
            yield self._event(TRANSCRIPTION, file.path, self._software(()), objects, said=said)


def package_objects(part: Part, digests_of: Callable[[str], Digests]) -> Iterator[PremisObject]:
    """Objects of the root's PREMIS: the package itself, and the metadata as received."""
    first = f"urn:uuid:{part.dossier_id}"
    relation = ("structural", "is part of", first) if part.number > 1 else None
    yield PremisObject("", kind="intellectualEntity", relation=relation)
    for file in part.sources:
        digests = digests_of(file.path)
        yield replace(original_object(file, digests), held_at=f"{HELD}{digests.sha256}" if file.held else "")


def original_object(file: PlacedFile, digests: Digests) -> PremisObject:
    """An original, bit for bit as received, under its received name."""
    return PremisObject(
        file.path,
        original_name=file.received.path,
        sha256=digests.sha256,
        sha512=digests.sha512,
        size_bytes=digests.size_bytes,
        format_name=file.format.name or file.format.mime,
        format_version=file.format.version,
        puid="" if file.format.puid == "UNKNOWN" else file.format.puid,
        format_notes=tuple(f"warning: {warning}" for warning in file.format.warnings),
    )


def original_objects(part: Part, digests_of: Callable[[str], Digests]) -> Iterator[PremisObject]:
    """Objects of rep1's PREMIS."""
    there = any(True for _ in part.originals())
    role = "originals, bit for bit as received" if there else "described without files"
    yield PremisObject(ORIGINALS.rstrip("/"), kind="representation", properties=(("role", role),))
    for file in part.originals():
        yield original_object(file, digests_of(file.path))


def rendition_objects(part: Part, digests_of: Callable[[str], Digests]) -> Iterator[PremisObject]:
    """Objects of rep2's PREMIS."""
    role = "PDF/A renditions for reading"
    yield PremisObject(RENDITIONS.rstrip("/"), kind="representation", properties=(("role", role),))
    for file in part.originals():
        if file.rendition_path and file.rendition:
            source = Source(file.path, event_id(part, NORMALIZATION, file.path))
            yield _made(file.rendition_path, digests_of, source, _pdfa(file.rendition.flavour))


def text_objects(part: Part, digests_of: Callable[[str], Digests]) -> Iterator[PremisObject]:
    """Objects of rep3's PREMIS."""
    role = "text of pages, JSON Lines, zstd"
    yield PremisObject(TEXTS.rstrip("/"), kind="representation", properties=(("role", role),))
    for file in part.originals():
        if file.text_path:
            source = Source(file.path, event_id(part, TRANSCRIPTION, file.path))
            yield _made(file.text_path, digests_of, source, ("JSON Lines, Zstandard", "", ""))


_PDFA = {"1a": "fmt/95", "1b": "fmt/354", "2a": "fmt/476", "2b": "fmt/477", "2u": "fmt/478"}
_PDFA |= {"3a": "fmt/479", "3b": "fmt/480", "3u": "fmt/481"}


def _pdfa(flavour: str | None) -> tuple[str, str, str]:
    if flavour is None:
        return ("Portable Document Format", "", "")
    return (f"PDF/A-{flavour}", flavour, _PDFA.get(flavour, ""))


def _made(path: str, digests_of: Callable[[str], Digests], source: Source, form: tuple[str, str, str]) -> PremisObject:
    digests = digests_of(path)
    name, version, puid = form
    return PremisObject(
        path,
        sha256=digests.sha256,
        sha512=digests.sha512,
        size_bytes=digests.size_bytes,
        format_name=name,
        format_version=version,
        puid=puid,
        source=source,
    )
