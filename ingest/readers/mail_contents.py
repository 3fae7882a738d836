"""What workers found in messages: headers as fields, attachments as files, and what has to be told of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from ingest.ports import Answer, Limits, Workers
from metadata.codes import nfc
from metadata.descriptions import Cell
from metadata.errors import ToolUnreadableError
from metadata.formats import by_extension, extension_of
from metadata.validation_secrets import secret_extra

READ_TASK = "ingest.engines.mail_reading:read"
LIMITS = Limits(cpu_seconds=120.0, wall_seconds=300.0, memory_mib=3072, output_mib=2048)
_LONGEST_SUBJECT = 500
_LONGEST_BODY = 200
_KEPT = {
    "From": "Từ (From)",
    "Sender": "Người gửi (Sender)",
    "To": "Đến (To)",
    "Cc": "Đồng gửi (Cc)",
    "Bcc": "Gửi ẩn (Bcc)",
    "Reply-To": "Trả lời cho (Reply-To)",
    "Date": "Ngày gửi (Date)",
    "Message-ID": "Message-ID",
    "In-Reply-To": "In-Reply-To",
}


@dataclass(slots=True)
class Message:
    """One message as the worker read it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    graded: Mapping[str, str] = field(default_factory=dict)
    """Further headers (`X-Do-Mat`, `X-Classification`, `Keywords` …) whose value is a grade of state secrets."""

    sent: datetime | None = None
    sender: tuple[str, str] = ("", "")
    """Name and address."""

    names: tuple[str, ...] = ()
    """Attachments as the message calls them, pictures of the body left out."""

    files: dict[str, Path] = field(default_factory=dict)
    """Attachments that were taken out, by the name that they get."""

    told: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Rules with what their words quote."""


class MessageReading:
    """Hands messages to workers.

    Args:
        workers: Where they are parsed.
        room: Where attachments lie until they are moved to their place.
    """

    def __init__(self, workers: Workers, room: Path) -> None:
        self._workers = workers
        self._room = room
        self._numbers = count(1)

    def messages(self, paths: Sequence[Path]) -> Iterator[Message]:
        """The messages at `paths`, in order."""
        pending = [
            self._workers.submit(
                READ_TASK, {"path": str(path)}, limits=LIMITS, deposit=self._room / str(next(self._numbers))
            )
            for path in paths
        ]
        for answer in pending:
            yield _message(answer.result())


def _message(answer: Answer) -> Message:
    if answer.breach is not None:
        return Message(told=[("MAIL-003", {"detail": f"{answer.breach} {answer.detail}".strip()})])
    value = answer.value
    try:
        if value["problem"]:
            return Message(told=[("MAIL-002", {"detail": str(value["problem"])})])
        found = Message(
            headers={str(key): str(text) for key, text in value["headers"].items()},
            graded={str(key): str(text) for key, text in value["more"] if secret_extra(str(key), str(text))},
            sent=datetime.fromisoformat(value["sent"]) if value["sent"] else None,
            sender=(str(value["sender"][0]), str(value["sender"][1])),
            names=tuple(str(one["name"] or one["file"]) for one in value["attachments"] if one["kind"] != "inline"),
        )
        _take_attachments(found, value["attachments"], answer.outputs)
        _tell(found, value)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ToolUnreadableError(READ_TASK, repr(error)) from error
    return found


def _take_attachments(found: Message, listed: Sequence[Mapping[str, Any]], outputs: Mapping[str, Path]) -> None:
    for one in listed:
        name, file = str(one["name"] or one["file"]), str(one["file"])
        if "/" in file or file in {"", ".", ".."}:
            raise ToolUnreadableError(READ_TASK, file)
        if one["kind"] == "tnef":
            found.told.append(("MAIL-012", {"written": name}))
        elif one["kind"] == "file":
            known = by_extension(extension_of(file))
            if known is not None and known.accepted:
                found.files[file] = outputs[one["output"]]
            else:
                outputs[one["output"]].unlink(missing_ok=True)
                found.told.append(("MAIL-011", {"written": name}))
    if found.files:
        first = next(iter(found.files))
        found.told.append(("MAIL-010", {"count": str(len(found.files)), "written": first}))


def _tell(found: Message, value: Mapping[str, Any]) -> None:
    missing = [name for name in ("From", "Subject") if not found.headers.get(name)]
    missing += [] if found.sent else ["Date"]
    if missing:
        found.told.append(("MAIL-004", {"written": ", ".join(missing)}))
    for encoding, texts in value["read_as"].items():
        found.told.append(("MAIL-005", {"count": str(texts), "encoding": str(encoding).upper()}))
    if value["unpacked"]:
        found.told.append(("MAIL-018", {"count": str(value["unpacked"])}))
    if value["protection"] == "signed":
        # What is encrypted is told, and refused, when its bytes are looked into: a list may name it as well.
        detached = any(one["kind"] == "signature" for one in value["attachments"])
        found.told.append(("MAIL-013" if detached else "MAIL-016", {}))
    if value["defects"]:
        found.told.append(("MAIL-015", {"written": ", ".join(map(str, value["defects"][:5]))}))


def described(message: Message) -> tuple[dict[str, Cell], dict[str, str]]:
    """Fields of the document that a message is, and what is kept beside them."""
    fields: dict[str, Cell] = {}
    if subject := nfc(message.headers.get("Subject", "")):
        fields["subject"] = Cell(value=subject[:_LONGEST_SUBJECT], written=subject, column="Subject")
    name, address = message.sender
    if sender := nfc(name or address):
        fields["organ_name"] = Cell(
            value=sender[:_LONGEST_BODY], written=nfc(message.headers.get("From", sender)), column="From"
        )
    if message.sent is not None:
        written = message.headers.get("Date", "")
        fields["issued_date"] = Cell(value=message.sent.date().isoformat(), written=written, column="Date")
    extra = {label: nfc(message.headers[key]) for key, label in _KEPT.items() if message.headers.get(key)}
    extra |= message.graded
    if message.names:
        extra["Tệp đính kèm"] = "; ".join(map(nfc, message.names))
    return fields, extra
