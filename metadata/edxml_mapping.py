"""From a message of the exchange to fields of the circulars, rule by rule (`edxml_mapping.toml`).

`how` of a rule:

- `text`: the value as it stands;
- `arrival`: the day of the last station that is a receiver of the message; unknown where none is;
- `day`: a day, `yyyy/MM/dd` in the message, ISO here;
- `count`: a number; 0 says nothing;
- `signers`, `positions`, `names`: of all signers, joined by `; `;
- `places`, `recipients`, `recipient_codes`, `replies`: all of them, joined by `; `;
- `steering`, `paper`, `staff`: code or parts in words;
- `trace`: the stations and operations of the message in order of time, a line each;
- `process`: yes, for the message itself is kept as the trail of handling.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from metadata.codes import nfc
from metadata.dates import from_iso
from metadata.descriptions import Cell
from metadata.edxml import PRIORITIES, STATUS_WORDS, STEERING, PacketKind, StatusCode
from metadata.edxml_facts import iso
from metadata.edxml_packet import Packet
from metadata.edxml_tree import placed

_JOINED = "; "
_YES = "Có"
_KIND_WORDS = {
    PacketKind.NEW: "Văn bản mới",
    PacketKind.RECALL: "Thu hồi",
    PacketKind.UPDATE: "Cập nhật",
    PacketKind.REPLACEMENT: "Thay thế",
    PacketKind.STATUS: "Trạng thái",
}


@dataclass(frozen=True, slots=True)
class MappingRule:
    """Where one value of a message goes."""

    id: str
    element: str
    keys: Mapping[str, str]
    """Canonical key by profile; empty: neither circular has a field."""

    extra: str
    """Heading under which it is kept then."""

    how: str


@cache
def mapping_rules() -> tuple[MappingRule, ...]:
    """All rules, in the order of the table."""
    table = tomllib.loads(files("metadata").joinpath("edxml_mapping.toml").read_text(encoding="utf-8"))
    return tuple(
        MappingRule(
            row["id"],
            row["from"],
            {"02-2019": row["tt02"], "05-2025": row["tt05"]} if "tt02" in row else {},
            row.get("extra", ""),
            row["how"],
        )
        for row in table["rule"]
    )


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a message says, as fields of a document."""

    fields: dict[str, Cell]
    extra: dict[str, str]


def mapped(packet: Packet, profile_id: str, statuses: Sequence[Packet] = ()) -> Mapped:
    """Fields of the document that `packet` carries.

    Args:
        packet: The message.
        profile_id: `02-2019` or `05-2025`.
        statuses: Messages of status about it, for the trail.
    """
    fields: dict[str, Cell] = {}
    extra: dict[str, str] = {}
    for rule in mapping_rules():
        # The trail has lines, which composing a plain value would join.
        composed = unicodedata.normalize("NFC", _read(rule, packet, statuses)).strip()
        written = composed if rule.how == "trace" else nfc(composed)
        if not written:
            continue
        key = rule.keys.get(profile_id, "")
        if key:
            place = rule.element.removeprefix("MessageHeader/")
            column = f"{placed(rule.element, packet.lines.get(place))} ({rule.id})"
            fields[key] = Cell(value=_value(rule, written), written=written, column=column)
        else:
            extra[rule.extra] = written
    for path, text in packet.unknown.items():
        extra.setdefault(f"edXML: {path}", nfc(text))
    return Mapped(fields, extra)


def _value(rule: MappingRule, written: str) -> str:
    if rule.how not in {"day", "arrival"}:
        return written
    found = iso(written)
    return found if from_iso(found) is not None else ""


def _read(rule: MappingRule, packet: Packet, statuses: Sequence[Packet]) -> str:
    if rule.how == "trace":
        return trail(packet, statuses)
    if rule.how == "count":
        return packet.other.get(rule.element.rpartition("/")[2], "").strip().lstrip("0")
    return _READINGS[rule.element, rule.how](packet)


def _joined(parts: Iterable[str]) -> str:
    return _JOINED.join(part for part in parts if part)


def _arrival(packet: Packet) -> str:
    receivers = {one.organ_id for one in packet.receivers}
    return next((hop.at for hop in reversed(packet.hops) if hop.organ_id in receivers), "")


def _other(name: str) -> Callable[[Packet], str]:
    return lambda packet: packet.other.get(name, "")


_HEADER = "MessageHeader"
_READINGS: Mapping[tuple[str, str], Callable[[Packet], str]] = {
    (f"{_HEADER}/DocumentId", "text"): lambda packet: packet.name.document_id,
    (f"{_HEADER}/DocumentType/TypeName", "text"): lambda packet: packet.type_name,
    (f"{_HEADER}/Code/CodeNumber", "text"): lambda packet: packet.name.number,
    (f"{_HEADER}/Code/CodeNotation", "text"): lambda packet: packet.name.notation,
    (f"{_HEADER}/PromulgationInfo/PromulgationDate", "day"): lambda packet: packet.date_written,
    (f"{_HEADER}/From/OrganName", "text"): lambda packet: packet.sender.name,
    (f"{_HEADER}/Subject", "text"): lambda packet: packet.subject,
    (f"{_HEADER}/SignerInfo", "signers"): lambda packet: _joined(
        " ".join(part for part in (one.competence, one.position, one.name) if part) for one in packet.signers
    ),
    (f"{_HEADER}/SignerInfo/Position", "positions"): lambda packet: _joined(one.position for one in packet.signers),
    (f"{_HEADER}/SignerInfo/FullName", "names"): lambda packet: _joined(one.name for one in packet.signers),
    (f"{_HEADER}/DueDate", "day"): lambda packet: packet.due_written,
    (f"{_HEADER}/ToPlaces/Place", "places"): lambda packet: _joined(packet.to_places),
    (f"{_HEADER}/OtherInfo/Priority", "text"): _other("Priority"),
    (f"{_HEADER}/To/OrganName", "recipients"): lambda packet: _joined(one.name for one in packet.receivers),
    (f"{_HEADER}/To/OrganId", "recipient_codes"): lambda packet: _joined(one.organ_id for one in packet.receivers),
    ("TraceHeaderList", "process"): lambda _: _YES,
    ("TraceHeaderList/TraceHeader/Timestamp", "arrival"): _arrival,
    (f"{_HEADER}/From/OrganId", "text"): lambda packet: packet.sender.organ_id,
    (f"{_HEADER}/From/OrganizationInCharge", "text"): lambda packet: packet.sender.in_charge,
    (f"{_HEADER}/PromulgationInfo/Place", "text"): lambda packet: packet.place,
    (f"{_HEADER}/Content", "text"): lambda packet: packet.content,
    (f"{_HEADER}/OtherInfo/SphereOfPromulgation", "text"): _other("SphereOfPromulgation"),
    (f"{_HEADER}/OtherInfo/TyperNotation", "text"): _other("TyperNotation"),
    (f"{_HEADER}/OtherInfo/Direction", "text"): _other("Direction"),
    (f"{_HEADER}/OtherInfo/Appendixes", "text"): _other("Appendixes"),
    (f"{_HEADER}/SteeringType", "steering"): lambda packet: STEERING.get(packet.steering, ""),
    (f"{_HEADER}/ResponseFor", "replies"): lambda packet: _joined(one.label for one in packet.replies),
    ("TraceHeaderList/Bussiness/StaffInfo", "staff"): lambda packet: _joined(
        (packet.staff.department, packet.staff.name, packet.staff.mobile, packet.staff.email)
    ),
    ("TraceHeaderList/Bussiness/Paper", "paper"): lambda packet: {"1": "có"}.get(packet.paper, ""),
}


def trail(packet: Packet, statuses: Sequence[Packet] = ()) -> str:
    """Stations and operations in order of time, a line each: TraceHeaderList of the incoming document's input data."""
    lines = [f"{hop.at} {hop.organ_id}".strip() for hop in packet.hops]
    operation = _KIND_WORDS[packet.kind]
    lines.append(f"{operation}: {packet.reason}" if packet.reason and packet.reason != operation else operation)
    if packet.receiver_changes:
        lines.append("Nơi nhận: " + " ".join(packet.receiver_changes))
    if priority := PRIORITIES.get(packet.other.get("Priority", "")):
        lines.append(f"Mức độ khẩn: {priority}")
    lines += [_status_line(status) for status in sorted(statuses, key=lambda status: (status.status_at, status.path))]
    return "\n".join(line for line in lines if line)


def _status_line(packet: Packet) -> str:
    words = {code.value: vi for code, (vi, _) in STATUS_WORDS.items()}
    said = words.get(packet.status, StatusCode.__name__)
    who = _joined((packet.sender.organ_id, packet.staff.department, packet.staff.name))
    parts = (packet.status_at, who, f"{packet.status} {said}", packet.status_text)
    return " · ".join(part for part in parts if part)
