"""Which messages belong together: answers with what they answer, updates and statuses with what they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ingest.readers.edxml.opening import Message
from metadata.edxml import DocumentName, PacketKind
from metadata.edxml_packet import Packet


class Names:
    """Messages by the documents that they carry."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._by_key: dict[str, list[Message]] = defaultdict(list)
        self._by_label: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            if message.packet is None or message.packet.kind is PacketKind.STATUS:
                continue
            for key in message.packet.name.known_by():
                self._by_key[key].append(message)
            self._by_label[_label(message.packet.name)].append(message)

    def of(self, name: DocumentName) -> list[Message]:
        """Messages that carry the document, in the order of the delivery."""
        found = [message for key in sorted(name.known_by()) for message in self._by_key.get(key, ())]
        if not found and name.number and name.notation:
            # Without sender or day a number is believed only where no other document has it.
            same = [m for m in self._by_label.get(_label(name), ()) if m.packet and _may_be(m.packet.name, name)]
            found = same if len({m.packet.name.document_id for m in same if m.packet}) == 1 else []
        return list({message.path: message for message in found}.values())


def _label(name: DocumentName) -> str:
    return " ".join(name.label.split()).casefold()


def _may_be(own: DocumentName, other: DocumentName) -> bool:
    """Whether nothing that both say speaks against it."""
    pairs = ((own.organ_id, other.organ_id), (own.date, other.date))
    return all(not a or not b or a == b for a, b in pairs)


class Chains:
    """Messages that belong together, found by what they name."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._parents = {message.path: message.path for message in messages}
        self._messages = list(messages)
        names = Names(messages)
        for message in messages:
            if message.packet is not None:
                for name in named_by(message.packet):
                    for other in names.of(name):
                        self._join(message.path, other.path)

    def join(self, paths: Sequence[str]) -> None:
        """Have the messages at `paths` belong together."""
        for path in paths[1:]:
            self._join(paths[0], path)

    def of(self, path: str) -> str:
        """The chain of the message at `path`: the path of one of its messages."""
        while self._parents[path] != path:
            self._parents[path] = self._parents[self._parents[path]]
            path = self._parents[path]
        return path

    def all(self) -> Iterator[list[Message]]:
        """All chains, each in the order of the delivery."""
        found: dict[str, list[Message]] = defaultdict(list)
        for message in self._messages:
            found[self.of(message.path)].append(message)
        yield from found.values()

    def _join(self, first: str, second: str) -> None:
        a, b = self.of(first), self.of(second)
        self._parents[max(a, b)] = min(a, b)


def named_by(packet: Packet) -> Iterator[DocumentName]:
    """Documents that tie the message to others: its own, what it answers, what it takes back, updates or replaces."""
    yield packet.name
    yield from packet.replies
    yield from packet.targets


def in_order(messages: Iterable[Message]) -> list[Message]:
    """By day of the document, then by when the message was sent."""
    return sorted(messages, key=_moment)


def _moment(message: Message) -> tuple[str, str, str]:
    packet = message.packet
    if packet is None:
        return ("9", "", message.path)
    return (packet.name.date or "9", packet.hops[0].at if packet.hops else "", message.path)
