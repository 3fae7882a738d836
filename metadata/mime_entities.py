"""Where the parts of a MIME message stand, to the byte (RFC 2045, RFC 2046): a signature is over bytes, not over words.

Python's parser gives texts and no places, and writes a part anew where one asks
for its bytes. Standard library only; whatever the bytes are, an answer comes.
`email` is imported when there is a message: it brings `socket`, which the verifier
of proofs has no use for.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from email.message import Message

MOST_JUDGED_BYTES = 128 << 20
"""Of a message whose signatures are judged: it is held in memory as a whole."""

MOST_PARTS = 2_000
DEEPEST = 20
MOST_HEADER_BYTES = 1 << 20
LONGEST_BOUNDARY = 200

_BEGIN = re.compile(
    rb"\s*(?:MIME-Version|Content-[A-Za-z-]+|Message-ID|SOAPAction|Host|Date|POST [^\r\n]+)\s*[:\r\n]", re.IGNORECASE
)
_BARE = re.compile(rb"\s*--([0-9A-Za-z'()+_,./:=? -]{1,200}?)[ \t]*\r?\n")
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_REST = re.compile(rb"(--)?[ \t]*(?:\r?\n|$)")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


class MimeUnreadableError(ValueError):
    """The bytes are no message that can be taken apart; the text says why."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A message or a part of one: where its header and its body stand in the bytes."""

    header: Message
    start: int
    body: int
    end: int
    children: tuple[Entity, ...] = ()
    closed: bool = True
    """Of a message of parts: whether the last boundary is there."""

    @property
    def kind(self) -> str:
        """Media type, lower case."""
        return self.header.get_content_type()

    @property
    def content_id(self) -> str:
        """Content-ID without brackets."""
        return str(self.header.get("Content-ID") or "").strip().strip("<>").strip()

    @property
    def encoding(self) -> str:
        """Content-Transfer-Encoding, lower case."""
        return str(self.header.get("Content-Transfer-Encoding") or "").strip().lower()

    def parameter(self, name: str) -> str:
        """A parameter of the media type; empty where it is not told."""
        try:
            found = self.header.get_param(name)
        except (ValueError, LookupError, TypeError):
            return ""
        if isinstance(found, tuple):
            return unquote(found[2], found[0] or "utf-8", "replace")
        return str(found or "").strip()

    def walk(self) -> Iterator[Entity]:
        """This one and all that stand in it, in the order of the bytes; a message inside is one part."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            yield one
            waiting += reversed(one.children)


def begins_like_mime(head: bytes) -> bool:
    """Whether a file that begins with `head` is a message of parts: header lines of MIME, or a boundary at once."""
    return _BEGIN.match(head) is not None or _BARE.match(head) is not None


def entity_of(data: bytes) -> Entity:
    """The message `data` with its parts.

    Raises:
        MimeUnreadableError: see there.
    """
    start = len(data) - len(data.lstrip(b"\r\n \t")) if data[:1] in b"\r\n \t" else 0
    bare = _BARE.match(data, start, start + LONGEST_BOUNDARY + 8)
    if bare:
        header = _parsed(b"")
        header["Content-Type"] = f'multipart/related; boundary="{bare[1].strip().decode("ascii")}"'
        body, end = start, len(data)
    else:
        header, body, end = _head(data, start, len(data))
    return _Taking(data).entity(header, start, body, end, 0)


def _head(data: bytes, start: int, end: int) -> tuple[Message, int, int]:
    """The header between `start` and `end`, and where the body begins and ends."""
    if data[start : start + 1] in (b"\n", b"\r"):
        # No header at all: the empty line comes first.
        return _parsed(b""), min(end, start + (2 if data.startswith(b"\r\n", start) else 1)), end
    blank = _BLANK_LINE.search(data, start, min(end, start + MOST_HEADER_BYTES))
    if blank is None:
        if end - start > MOST_HEADER_BYTES:
            msg = f"a header of more than {MOST_HEADER_BYTES} bytes"
            raise MimeUnreadableError(msg)
        return _parsed(data[start:end]), end, end
    return _parsed(data[start : blank.start()]), blank.end(), end


def _parsed(lines: bytes) -> Message:
    from email.parser import BytesHeaderParser  # noqa: PLC0415 - see the module
    from email.policy import compat32  # noqa: PLC0415

    # A message that was cut out of a request begins with its first line.
    if lines[:5].upper() == b"POST " or lines[:5] == b"From ":
        lines = lines.partition(b"\n")[2]
    try:
        return BytesHeaderParser(policy=compat32).parsebytes(lines + b"\r\n\r\n")
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        msg = f"header: {error}"
        raise MimeUnreadableError(msg) from error


class _Taking:
    """Takes one message apart."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._parts = 0

    def entity(self, header: Message, start: int, body: int, end: int, depth: int) -> Entity:
        self._parts += 1
        if self._parts > MOST_PARTS or depth > DEEPEST:
            msg = f"more than {MOST_PARTS} parts, or {DEEPEST} in each other"
            raise MimeUnreadableError(msg)
        boundary = _boundary(header)
        if not boundary:
            return Entity(header, start, body, end)
        children: list[Entity] = []
        spans, closed = self._spans(boundary, body, end)
        for begin, finish in spans:
            inner, place, last = _head(self._data, begin, finish)
            children.append(self.entity(inner, begin, place, last, depth + 1))
        return Entity(header, start, body, end, tuple(children), closed)

    def _spans(self, boundary: bytes, body: int, end: int) -> tuple[list[tuple[int, int]], bool]:
        """Where parts begin and end; the end of line before a boundary belongs to it (RFC 2046, 5.1.1)."""
        found: list[tuple[int, int]] = []
        begin = None
        for mark, behind, last in self._marks(boundary, body, end):
            if begin is not None:
                found.append((begin, max(begin, mark)))
            if last:
                return found, True
            begin = behind
        if begin is not None and begin < end:
            found.append((begin, end))
        return found, False

    def _marks(self, boundary: bytes, body: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Boundary lines: where the content before one ends, where what follows begins, and whether it is the last."""
        data, mark = self._data, b"--" + boundary
        place = body
        while (place := data.find(mark, place, end)) >= 0:
            rest = _REST.match(data, place + len(mark), end)
            if rest is None or (place > body and data[place - 1 : place] != b"\n"):
                place += len(mark)
                continue
            before = place
            if place > body:
                before -= 2 if data[place - 2 : place] == b"\r\n" and place - 2 >= body else 1
            yield before, rest.end(), rest[1] is not None
            place = rest.end()


def _boundary(header: Message) -> bytes:
    if header.get_content_maintype() != "multipart":
        return b""
    try:
        found = header.get_boundary() or ""
    except (ValueError, LookupError, TypeError):
        return b""
    return found.encode("utf-8", "surrogateescape") if len(found) <= LONGEST_BOUNDARY else b""


def decoded_body(data: bytes, entity: Entity) -> bytes:
    """The body of a part as it was before it was encoded for the way.

    Raises:
        ValueError: its base64 is damaged.
    """
    body = data[entity.body : entity.end]
    if entity.encoding == "base64":
        plain = body.translate(_URL_SAFE, b" \t\r\n\v\f").rstrip(b"=")
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
    if entity.encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    return body


def with_crlf(data: bytes) -> bytes:
    """`data` with every end of line as mail writes it on its way (RFC 8551, 3.1.1)."""
    return _LINE_END.sub(b"\r\n", data)
