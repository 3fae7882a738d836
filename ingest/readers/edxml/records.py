"""Documents of a dossier made from messages: fields, files, what replaces what, and what is only kept beside them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.readers.edxml.grouping import Names, in_order
from ingest.readers.edxml.opening import Message
from ingest.readers.listing import DeliveryUnreadableError, shown
from metadata.descriptions import Cell, DocumentRelation, RelationKind
from metadata.edxml import DocumentName, PacketKind
from metadata.edxml_mapping import Mapped, mapped
from metadata.edxml_packet import Packet
from metadata.findings import Finding
from metadata.rules import errors_of

_RELATIONS = {
    PacketKind.RECALL: RelationKind.RECALLS,
    PacketKind.UPDATE: RelationKind.UPDATES,
    PacketKind.REPLACEMENT: RelationKind.REPLACES,
}
_YES = "Có"


@dataclass(slots=True)
class DocumentDraft:
    """A document on its way to a description."""

    message: Message
    mapped: Mapped
    relations: tuple[DocumentRelation, ...] = ()


@dataclass(slots=True)
class Records:
    """What the messages of one dossier give."""

    documents: list[DocumentDraft] = field(default_factory=list)
    """In order of time."""

    sources: list[str] = field(default_factory=list)
    """Messages, all of them."""

    findings: list[Finding] = field(default_factory=list)
    secrets: list[Message] = field(default_factory=list)
    """Messages that bear a grade: the dossier is refused for them, and nothing else of it is told."""


def records_of(messages: Sequence[Message], statuses: Sequence[Message], profile_id: str, root: Path) -> Records:
    """Documents, sources and findings of the messages of one dossier.

    Args:
        messages: All but those of status; broken ones among them.
        statuses: Messages of status about these documents.
        profile_id: `02-2019` or `05-2025`.
        root: Where the messages lie.
    """
    return _Making(messages, statuses, profile_id, root).records()


class _Making:
    def __init__(self, messages: Sequence[Message], statuses: Sequence[Message], profile_id: str, root: Path) -> None:
        self._messages = in_order(messages)
        self._statuses = [message for message in statuses if message.packet]
        self._profile = profile_id
        self._root = root
        self._names = Names(messages)
        self._found = Records()
        self._about: dict[str, list[Packet]] = defaultdict(list)
        """Packets of status by the message of their document."""

        self._recalls: dict[str, list[Packet]] = defaultdict(list)
        """Packets that take back, by the message of the document."""

    def records(self) -> Records:
        found = self._found
        for message in (*self._messages, *self._statuses):
            found.sources.append(message.path)
            found.findings += message.findings
            if message.secrets:
                found.secrets.append(message)
        readable = [message for message in self._messages if message.packet]
        self._index(readable)
        twins = {message.path for message in self._twins(readable)}
        for message in readable:
            if message.path not in twins and message.packet and self._is_document(message, message.packet):
                self._document(message, message.packet)
        for message in readable:
            if message.packet and message.packet.kind in _RELATIONS:
                self._tell_relation(message, message.packet)
        for status in self._statuses:
            if status.packet:
                self._tell("EDX-040", status, written=status.packet.status or "?", document=status.packet.name.label)
        return found

    # ------------------------------------------------------------ documents

    def _is_document(self, message: Message, packet: Packet) -> bool:
        """Whether the message carries a document; one that only takes back or corrects another does not."""
        if message.files or packet.kind not in {PacketKind.RECALL, PacketKind.UPDATE}:
            return True
        return not any(self._earlier(message, packet))

    def _document(self, message: Message, packet: Packet) -> None:
        found = mapped(packet, self._profile, self._about[message.path])
        if not message.files and not errors_of(message.findings):
            self._tell("EDX-020", message)
        relations = tuple(self._relations(message, packet))
        for recall in self._recalls[message.path]:
            said = recall.reason or _YES
            found.fields["recalled"] = Cell(value=said, written=said, column="BussinessDocType 1")
        self._found.documents.append(DocumentDraft(message, found, relations))

    def _index(self, messages: Sequence[Message]) -> None:
        for status in self._statuses:
            for other in self._names.of(status.packet.name) if status.packet else ():
                if status.packet:
                    self._about[other.path].append(status.packet)
        for message in messages:
            packet = message.packet
            if packet and packet.kind is PacketKind.RECALL:
                for other in self._earlier(message, packet):
                    self._recalls[other.path].append(packet)

    def _earlier(self, message: Message, packet: Packet) -> list[Message]:
        """Messages with the documents that this one takes back, updates or replaces."""
        return [other for target in packet.targets for other in self._names.of(target) if other.path != message.path]

    def _relations(self, message: Message, packet: Packet) -> Iterator[DocumentRelation]:
        kind = _RELATIONS.get(packet.kind, RelationKind.REPLACES)
        known = {other.path: other for other in self._earlier(message, packet)}
        told = {other.packet.name.document_id for other in known.values() if other.packet}
        targets = [target for target in packet.targets if not self._is_known(target, message)]
        for name in (*sorted(told), *(target.document_id or target.label for target in targets)):
            if name and name != packet.name.document_id:
                yield DocumentRelation(kind=kind, target=name)

    def _is_known(self, target: DocumentName, message: Message) -> bool:
        return any(other.path != message.path for other in self._names.of(target))

    def _tell_relation(self, message: Message, packet: Packet) -> None:
        earlier = [other for other in self._earlier(message, packet) if other.packet]
        rule = "EDX-033" if packet.kind is PacketKind.RECALL else "EDX-032"
        for other in earlier:
            document = other.packet.name.label if other.packet else ""
            self._tell(rule, message, document=document, other=other.path, reason=packet.reason or "—")
        if not earlier and packet.targets:
            self._tell("EDX-034", message, document=packet.targets[0].label)

    # ------------------------------------------------------------ the same message twice

    def _twins(self, messages: Sequence[Message]) -> Iterator[Message]:
        """Messages that are the same to the byte as an earlier one; other content under one identifier is told."""
        by_id: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            packet = message.packet
            if packet and packet.kind is PacketKind.NEW and packet.name.document_id:
                by_id[packet.name.document_id].append(message)
        for same in by_id.values():
            seen: dict[str, Message] = {}
            for message in same if len(same) > 1 else ():
                digest = self._digest(message.path)
                first = next(iter(seen.values()), None)
                if digest in seen:
                    self._tell("EDX-031", message, other=seen[digest].path)
                    yield message
                elif first is not None and message.packet:
                    self._tell("EDX-035", message, other=first.path, written=message.packet.name.document_id)
                seen.setdefault(digest, message)

    def _digest(self, path: str) -> str:
        try:
            with (self._root / path).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise DeliveryUnreadableError(shown(path), error.strerror or str(error)) from error

    def _tell(self, rule: str, message: Message, **values: str) -> None:
        self._found.findings.append(Finding(rule=rule, subject=message.path, file=message.path, values=values))
