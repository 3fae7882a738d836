"""The audit trail as a chain: each event names its number and the digest of the one before. Pure; stdlib only.

A line is the canonical JSON of an event with `seq` and `previous`; the next line's
`previous` is the SHA-256 of that line, so the chain can be followed with any tool
that digests lines. A sealed segment begins with a line that says what is in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

NOTHING = "0" * 64
"""What the first event names as the one before it."""

HEAD_FORM = "luutru audit head 1"
SEGMENT_FORM = "luutru audit segment 2"
"""The first form of segments has no line of its own, and its events no chain."""


class ChainDocumentError(ValueError):
    """The bytes are no document of the chain."""


def canonical(body: Mapping[str, Any]) -> bytes:
    """Canonical JSON: keys sorted, no blanks, UTF-8; half a surrogate pair, which UTF-8 has not, is escaped."""
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode(errors="backslashreplace")


def digest_of(line: bytes) -> str:
    """The SHA-256 by which the next event names this line."""
    return hashlib.sha256(line).hexdigest()


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last event of the chain: whoever knows it can tell whether anything before it was changed."""

    seq: int
    """0: nothing has been recorded."""

    sha256: str
    at: str
    """When that event was recorded, RFC 3339."""

    def document(self) -> bytes:
        """The head as it is put among the leaves of an evidence batch."""
        return canonical({"form": HEAD_FORM, **asdict(self)})

    @classmethod
    def of_document(cls, document: bytes) -> Self:
        """The head that `document` gave.

        Raises:
            ChainDocumentError: it is no such document.
        """
        said = _said(document, HEAD_FORM)
        try:
            return cls(seq=int(said["seq"]), sha256=str(said["sha256"]), at=str(said["at"]))
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise ChainDocumentError(repr(error)) from error


EMPTY = ChainHead(0, NOTHING, "")


@dataclass(frozen=True, slots=True)
class SegmentHeading:
    """The first line of a sealed segment: which events it holds, by number and digest."""

    first: int
    last: int
    events: int
    first_sha256: str
    last_sha256: str

    def line(self) -> bytes:
        """As it is written."""
        return canonical({"form": SEGMENT_FORM, **asdict(self)})

    @classmethod
    def over(cls, lines: Sequence[bytes], first: int) -> Self:
        """The heading of `lines`, at least one, of which the first is event `first`."""
        return cls(first, first + len(lines) - 1, len(lines), digest_of(lines[0]), digest_of(lines[-1]))

    @classmethod
    def of_line(cls, line: bytes) -> Self | None:
        """The heading that `line` is; None for an event (a segment of the first form begins with one).

        Raises:
            ChainDocumentError: it is neither.
        """
        said = _object(line)
        if "form" not in said:
            return None
        said = _said(line, SEGMENT_FORM)
        try:
            numbers = (int(said["first"]), int(said["last"]), int(said["events"]))
            heading = cls(*numbers, str(said["first_sha256"]), str(said["last_sha256"]))
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise ChainDocumentError(repr(error)) from error
        if heading.events < 1:
            msg = f"a segment of {heading.events} events"
            raise ChainDocumentError(msg)
        return heading


@dataclass(frozen=True, slots=True)
class Link:
    """What the chain has of one event."""

    seq: int
    previous: str
    sha256: str
    id: str

    @classmethod
    def of_line(cls, line: bytes) -> Self:
        """The link that `line` is.

        Raises:
            ChainDocumentError: the line is no event of a chain.
        """
        said = _object(line)
        seq, previous = said.get("seq"), said.get("previous")
        if not isinstance(seq, int) or isinstance(seq, bool) or not isinstance(previous, str):
            raise ChainDocumentError("no number and link")
        return cls(seq, previous, digest_of(line), str(said.get("id", "")))


def linked(body: Mapping[str, Any], head: ChainHead) -> tuple[dict[str, Any], ChainHead]:
    """`body` as the event after `head`, and the head that it makes."""
    whole = {**body, "seq": head.seq + 1, "previous": head.sha256}
    return whole, ChainHead(head.seq + 1, digest_of(canonical(whole)), str(body["at"]))


def _object(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ChainDocumentError(str(error)[:200]) from error
    if not isinstance(said, dict):
        raise ChainDocumentError("no JSON object")
    return said


def _said(document: bytes, form: str) -> dict[str, Any]:
    said = _object(document)
    if said.get("form") != form:
        msg = f"form {str(said.get('form'))[:60]!r}, not {form!r}"
        raise ChainDocumentError(msg)
    return said
