"""What an edXML message says, as facts."""

from __future__ import annotations

from dataclasses import dataclass, field

from metadata.edxml import DocumentName, Exchanged, Organ, PacketKind
from metadata.findings import Finding


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed the document."""

    competence: str
    """TM., Q., KT., TL., TUQ."""

    position: str
    name: str


@dataclass(frozen=True, slots=True)
class Hop:
    """A station of the message on the exchange."""

    organ_id: str
    at: str


@dataclass(frozen=True, slots=True)
class Reference:
    """What the manifest says of an attachment."""

    line: int
    content_id: str
    name: str
    content_type: str
    description: str


@dataclass(frozen=True, slots=True)
class Staff:
    """The person at the sender's who did it."""

    department: str
    name: str
    mobile: str
    email: str


@dataclass(frozen=True, slots=True)
class Packet:
    """All that a message says, without its attachments."""

    path: str
    kind: PacketKind
    sender: Organ
    receivers: tuple[Organ, ...]
    name: DocumentName
    place: str = ""
    date_written: str = ""
    type_name: str = ""
    subject: str = ""
    content: str = ""
    signers: tuple[Signer, ...] = ()
    due_written: str = ""
    to_places: tuple[str, ...] = ()
    other: dict[str, str] = field(default_factory=dict)
    """OtherInfo by element; appendixes joined."""

    steering: str = ""
    replies: tuple[DocumentName, ...] = ()
    targets: tuple[DocumentName, ...] = ()
    """Earlier documents that it takes back, updates or replaces."""

    reason: str = ""
    staff: Staff = Staff("", "", "", "")
    paper: str = ""
    receiver_changes: tuple[str, ...] = ()
    hops: tuple[Hop, ...] = ()
    status: str = ""
    status_text: str = ""
    status_at: str = ""
    references: tuple[Reference, ...] = ()
    signature: str = ""
    """`signed`, `empty` or nothing: whether the message has a signature of its own."""

    unknown: dict[str, str] = field(default_factory=dict)
    """Elements of the header that the standard does not have, by their path."""

    lines: dict[str, int] = field(default_factory=dict)
    """Where values stand, by the path of their element."""

    findings: tuple[Finding, ...] = ()
    secrets: tuple[Finding, ...] = ()
    """Grades of secrecy: where there are any, nothing else of the message may be told."""

    def _receiver(self) -> Organ:
        """Of several receivers the one at which the message arrived last, else the first."""
        by_id = {organ.organ_id: organ for organ in reversed(self.receivers)}
        arrived = next((hop.organ_id for hop in reversed(self.hops) if hop.organ_id in by_id), None)
        if arrived is not None:
            return by_id[arrived]
        return self.receivers[0] if self.receivers else Organ()

    def exchanged(self) -> Exchanged:
        """What is kept to answer the sender."""
        return Exchanged(
            path=self.path,
            kind=self.kind,
            sender=self.sender,
            receiver=self._receiver(),
            name=self.name,
            target=self.targets[0] if self.targets else DocumentName(),
            status=self.status,
        )
