"""The reader "edxml": messages of the national document exchange, with a list that tells their dossiers or without.

The message stays as it is and is kept with the metadata of its dossier; the
document's files are its attachments, decoded beside it.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.ports import Reader, Workers
from ingest.readers.containers import Containers
from ingest.readers.edxml.grouping import Chains, Names
from ingest.readers.edxml.laying import Laid
from ingest.readers.edxml.listed import Listed
from ingest.readers.edxml.opening import Message, Opener
from ingest.readers.edxml.recognition import holds_messages, is_message, messages_among
from ingest.readers.edxml.strays import Strays
from ingest.readers.edxml.unlisted import PROFILE, dossiers_of
from ingest.readers.listing import Listing, list_delivery, shown
from metadata.descriptions import Delivery, DossierDescription
from metadata.edxml import READER, PacketKind
from metadata.findings import Finding

_SIDE = frozenset({PacketKind.RECALL, PacketKind.UPDATE})
"""What without files and without its document in the delivery is no document of its own."""


@dataclass(frozen=True, slots=True)
class EdxmlReader:
    """Reads messages.

    Args:
        workers: Where they are parsed.
        lists: The reader of spreadsheets: asked where a delivery has any.
    """

    workers: Workers
    lists: Reader
    name: str = READER

    def recognises(self, path: Path) -> bool:
        """See `Reader.recognises`: a message, or a folder that holds one.

        Of a file that is only called `.xml` the first bytes are looked at; nothing is parsed.
        """
        return is_message(path) if path.is_file() else path.is_dir() and holds_messages(path.resolve())

    def read(self, path: Path, room: Path) -> Delivery:
        """See `Reader.read`.

        Raises:
            DeliveryUnreadableError: the delivery may not be read.
            RoomUnwritableError: the room may not be written to.
            ArchiveError: the system failed.
        """
        path = path.resolve()
        alone = path.is_file()
        source = path.parent if alone else path
        listing = Listing((path.name,)) if alone else list_delivery(path)
        laid = Laid(room / (shown(path.stem if alone else path.name) or READER))
        return _Reading(self, source, listing, laid, room).delivery(path)


class _Reading:
    def __init__(self, reader: EdxmlReader, source: Path, listing: Listing, laid: Laid, room: Path) -> None:
        self._reader = reader
        self._source = source
        self._listing = listing
        self._laid = laid
        self._room = room

    def delivery(self, path: Path) -> Delivery:
        listed = self._listed(path)
        paths = list(messages_among(self._source, self._listing.files))
        for name in paths:
            self._laid.take(self._source / name, name)
        containers = Containers(self._reader.workers)
        staging = self._room / ".staging"
        try:
            messages = list(Opener(self._reader.workers, containers, self._laid, staging).opened(paths))
        finally:
            # Of messages that are refused, secret ones among them, everything lies there.
            shutil.rmtree(staging, ignore_errors=True)
        if listed:
            # What only looks like a message is a document like any other, where a row names it.
            messages = [message for message in messages if not message.is_something_else]
        self._laid.remove(message.path for message in messages if message.secrets)
        statuses = [m for m in messages if m.packet and m.packet.kind is PacketKind.STATUS]
        others = [m for m in messages if not (m.packet and m.packet.kind is PacketKind.STATUS)]
        found = self._by_list(listed, others, statuses) if listed else self._by_chains(path, others, statuses)
        for name in sorted({*found.sources, *_files_of(found.dossiers)}):
            if not (self._laid.root / name).exists() and name not in paths:
                self._laid.take(self._source / name, name)
        self._laid.sync()
        exchanged = tuple(m.packet.exchanged() for m in messages if m.packet and not m.secrets)
        return found.model_copy(
            update={"reader": READER, "root": str(self._laid.root.absolute()), "exchanged": exchanged}
        )

    def _listed(self, path: Path) -> Delivery | None:
        """What the reader of spreadsheets says of the delivery; None where there are none."""
        if not self._listing.spreadsheets() or not self._reader.lists.recognises(path):
            return None
        return self._reader.lists.read(path, self._room / "list")

    # ------------------------------------------------------------ with a list

    def _by_list(self, listed: Delivery, messages: Sequence[Message], statuses: Sequence[Message]) -> Delivery:
        if not listed.dossiers:
            # The list itself is refused: why, it has said; nothing can be put together.
            return listed
        merging = Listed(listed, messages, statuses, self._laid.root)
        delivery = merging.delivery()
        unowned = merging.unowned
        lost = self._lost(statuses, Names(_without(messages, unowned)))
        side = [message for message in unowned if _is_side(message)]
        return delivery.model_copy(
            update={
                "findings": (
                    *(found for found in delivery.findings if not _tells_of(found, side)),
                    *(_elsewhere(message) for message in (*lost, *side)),
                ),
                "ignored": (*delivery.ignored, *(message.path for message in (*lost, *side))),
            }
        )

    # ------------------------------------------------------------ without a list

    def _by_chains(self, path: Path, messages: Sequence[Message], statuses: Sequence[Message]) -> Delivery:
        side = [m for chain in Chains(messages).all() if all(map(_is_side, chain)) for m in chain]
        kept = _without(messages, side)
        names, chains = Names(kept), Chains(kept)
        about: dict[str, list[Message]] = {}
        lost = self._lost(statuses, names)
        for status in _without(statuses, lost):
            if status.packet:
                about.setdefault(chains.of(names.of(status.packet.name)[0].path), []).append(status)
        made = list(dossiers_of(kept, about, self._laid.root))
        known = {message.path for message in (*messages, *statuses)}
        strays = Strays([dossier for dossier, _ in made])
        told = {dossier.file_code: list(found) for dossier, found in made}
        findings = [_elsewhere(message) for message in (*lost, *side)]
        for found in (*self._strange(known), *self._odd()):
            owner = strays.owner(found.subject)
            (findings if owner is None else told[owner]).append(found)
        if not made:
            values = {"count": str(len(lost) + len(side))}
            findings.append(Finding(rule="EDX-041", subject=path.name, values=values))
        return Delivery(
            reader=READER,
            profile=PROFILE,
            root=str(self._laid.root.absolute()),
            dossiers=tuple(dossier for dossier, _ in made),
            ignored=(*self._listing.ignored, *(message.path for message in (*lost, *side))),
            findings=tuple(findings),
            dossier_findings={code: tuple(found) for code, found in told.items() if found},
        )

    def _strange(self, known: Collection[str]) -> Iterator[Finding]:
        """Files that are neither messages nor named by anything."""
        return (Finding(rule="EDX-003", subject=name) for name in self._listing.files if name not in known)

    def _odd(self) -> Iterator[Finding]:
        for odd in self._listing.oddities:
            yield Finding(rule=odd.rule, subject=odd.path, values={"detail": odd.detail})

    def _lost(self, statuses: Sequence[Message], names: Names) -> list[Message]:
        """Messages of status about documents that are not here."""
        return [status for status in statuses if status.packet and not names.of(status.packet.name)]


def _without(messages: Sequence[Message], others: Sequence[Message]) -> list[Message]:
    paths = {message.path for message in others}
    return [message for message in messages if message.path not in paths]


def _is_side(message: Message) -> bool:
    """Whether the message only says something of another document."""
    return message.packet is not None and message.packet.kind in _SIDE and not message.files and not message.secrets


def _elsewhere(message: Message) -> Finding:
    exchanged = message.packet.exchanged() if message.packet else None
    document = exchanged.concerned.label if exchanged else ""
    return Finding(rule="EDX-042", subject=message.path, file=message.path, values={"document": document or "?"})


def _tells_of(finding: Finding, messages: Sequence[Message]) -> bool:
    return finding.subject in {message.path for message in messages}


def _files_of(dossiers: Sequence[DossierDescription]) -> Iterator[str]:
    for dossier in dossiers:
        for document in dossier.documents:
            yield from document.files
