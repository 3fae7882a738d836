"""What happened to a package, in PREMIS words: since it was stored, when it was digitised, and as it leaves."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from metadata.events import EventType
from metadata.package import PackageAgent, PackageDocument, PackageEvent, PackageFile, PackageRecord
from metadata.profiles.vocabularies import vocabularies
from metadata.xml.premis import PremisObject, Source

ORIGINALS = "representations/rep1"
RENDITIONS = "representations/rep2"
CREATION = EventType.PACKAGE_CREATION.value
TRANSFER = "transfer"
"""What TT 05/2025 calls digitisation in PREMIS."""

MARKING = "modification"
"""PREMIS word for a copy that was made another: here by the note that it is one."""

_EVIDENCE = "evidence:"
"""Before the name of a batch or renewal, as the subject of an event."""

_DIGITISED = "02"
_UNKNOWN = ".."
"""EDTF: the open end of an interval."""

_NOT_OF_THE_PACKAGE = frozenset(
    {
        # Said by the package's own PREMIS already, of the intake that made it.
        *(EventType.SUBMISSION, EventType.UPLOAD, EventType.HOLD, EventType.APPROVAL, EventType.RETURN),
        *(EventType.RETRY, EventType.INGESTION, EventType.MESSAGE_DIGEST_CALCULATION, EventType.FORMAT_IDENTIFICATION),
        *(EventType.VALIDATION, EventType.TRANSCRIPTION, EventType.NORMALIZATION, EventType.PACKAGE_CREATION),
        # Of the copies of it, and of people: not of what is kept.
        *(EventType.INDEXING, EventType.DISSEMINATION, EventType.ACCESS),
    }
)


def later_events(record: PackageRecord, trail: Iterable[Mapping[str, Any]]) -> Iterator[PackageEvent]:
    """What the audit trail knows of the package since it was made, oldest first.

    Who read it or took copies away is left in the trail: that changes nothing
    that is kept, and is nobody's business but the archive's.
    """
    for event in trail:
        if event["at"] > record.created_at and EventType(event["type"]) not in _NOT_OF_THE_PACKAGE:
            detail = dict(event["detail"])
            if event["subject"].startswith(_EVIDENCE):
                detail["evidence"] = event["subject"].removeprefix(_EVIDENCE)
            yield PackageEvent(
                id=event["id"],
                type=event["type"],
                at=event["at"],
                outcome=event["outcome"],
                detail=json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail else "",
                agents={event["agent"]: "executing program" if _is_software(event["agent"]) else "implementer"},
                objects={"": "source"},
            )


def evidence_of(trail: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Name, kind and time of the time-stamped batches and renewals that cover a package, as its trail tells them."""
    for event in trail:
        if event["subject"].startswith(_EVIDENCE):
            yield event["subject"].removeprefix(_EVIDENCE), event["type"], event["at"]


def _is_software(agent: str) -> bool:
    return agent.startswith("software:")


def agent_of(identifier: str) -> PackageAgent:
    """The agent that the trail calls `identifier`, such as `software:luutru/0.1.0` or `person:lan`."""
    kind, _, name = identifier.partition(":")
    if kind == "software":
        name, _, version = name.partition("/")
        return PackageAgent(id=identifier, name=name, type=kind, version=version)
    return PackageAgent(id=identifier, name=name or identifier, type=kind if kind == "person" else "organization")


def with_agents(events: Iterable[PackageEvent], known: Iterable[PackageAgent]) -> list[PackageAgent]:
    """The agents that `events` name, each once, in order of their first."""
    by_id = {agent.id: agent for agent in known}
    ids = dict.fromkeys(agent for event in events for agent in event.agents)
    return [by_id.get(identifier) or agent_of(identifier) for identifier in ids]


def digitisation(record: PackageRecord, documents: Sequence[PackageDocument]) -> Iterator[PackageEvent]:
    """The digitisation of documents that were on paper: `transfer`, at a time before receipt that nobody told.

    Source: TT 05/2025/TT-BNV, PREMIS of an AIP.
    """
    levels = vocabularies()["confidence_level"]
    whole = record.dossier.value("confidence_level")
    made = [
        file.path
        for document in documents
        if levels.code(document.description.value("confidence_level") or whole) == _DIGITISED
        for file in document.originals
    ]
    if not made:
        return
    every = sum(len(document.originals) for document in documents) == len(made)
    yield PackageEvent(
        id=str(uuid5(UUID(record.package_id), f"PREMIS event {TRANSFER}")),
        type=TRANSFER,
        at=f"{_UNKNOWN}/{record.received_at or record.created_at}",
        outcome="success",
        detail="số hóa / digitisation",
        agents={f"organization:{record.agency}": "implementer"},
        objects=dict.fromkeys([ORIGINALS] if every else made, "outcome"),
    )


def creation(package: UUID, record: PackageRecord, at: str, agents: Mapping[str, str], kind: str) -> PackageEvent:
    """That this package was made from the stored one."""
    return PackageEvent(
        id=str(uuid5(package, f"PREMIS event {CREATION}")),
        type=CREATION,
        at=at,
        outcome="success",
        detail=f"AIP → {kind}",
        agents=dict(agents),
        objects={f"urn:uuid:{record.package_id}": "source", "": "outcome"},
    )


def marking(
    package: UUID, copies: Iterable[PackageFile], note: str, at: str, agents: Mapping[str, str]
) -> Iterator[PackageEvent]:
    """That `copies` were marked as copies when this package was made; nothing where there are none."""
    objects: dict[str, str] = {}
    for copy in copies:
        objects |= {copy.path: "outcome", copy.derived_from or "": "source"}
    if objects:
        yield PackageEvent(
            id=str(uuid5(package, f"PREMIS event {MARKING}")),
            type=MARKING,
            at=at,
            outcome="success",
            detail=note,
            agents=dict(agents),
            objects=objects,
        )


def kept_events(events: Iterable[PackageEvent], paths: Collection[str]) -> Iterator[PackageEvent]:
    """Those of `events` that concern `paths`: files, or whole representations.

    One whose outcome is not among them made something that does not leave, and is left out.
    """
    for event in events:
        objects = {path: role for path, role in event.objects.items() if path in paths}
        made = {path for path, role in event.objects.items() if role == "outcome"}
        if objects and made <= objects.keys():
            yield event.model_copy(update={"objects": objects})


def object_of(file: PackageFile, events: Iterable[PackageEvent] = ()) -> PremisObject:
    """A file of the stored package as PREMIS describes it; `events` tell which of them made it."""
    source = None
    if file.derived_from:
        making = (e.id for e in events if e.objects.get(file.path) == "outcome" and file.derived_from in e.objects)
        source = Source(file.derived_from, next(making, ""))
    return PremisObject(
        file.path,
        original_name="" if file.derived_from else file.original_name,
        sha256=file.sha256,
        sha512=file.sha512,
        size_bytes=file.size_bytes,
        format_name=file.format_name or file.mime,
        format_version=file.format_version,
        puid=file.puid,
        source=source,
    )
