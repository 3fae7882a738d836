"""The MIME form of an edXML message: the XML first, attachments as parts beside it, cut apart piece by piece."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path
from typing import BinaryIO

from ingest.engines.edxml_base64 import Base64Writer
from ingest.engines.edxml_walking import MOST_ATTACHMENTS, Content, MessageRefusedError

MOST_HEAD_BYTES = 64 << 10
_LINE = 1 << 16
_BEGIN = re.compile(
    rb"\s*(?:MIME-Version|Content-[A-Za-z-]+|Message-ID|SOAPAction|Host|Date|POST [^\r\n]+)\s*[:\r\n]", re.IGNORECASE
)
_BARE = re.compile(rb"\s*--([0-9A-Za-z'()+_,./:=? -]{1,200}?)[ \t]*\r?\n")
_BROKEN = "EDX-006"


@dataclass(slots=True)
class Part:
    """One part of the message, its body in a file."""

    name: str
    """File name, as the part tells it."""

    content_id: str
    content_type: str
    content: Content


def is_mime(head: bytes) -> bool:
    """Whether a file that begins with `head` is a MIME message: header lines, or a boundary at once."""
    return _BEGIN.match(head) is not None or _BARE.match(head) is not None


def split(stream: BinaryIO, scratch: Path, most_bytes: int) -> list[Part]:
    """The parts of the message; the one with the XML first.

    Args:
        stream: The message, read once.
        scratch: Where bodies go, under `p` and their number.
        most_bytes: That all parts together may have.

    Raises:
        MessageRefusedError: EDX-006, it is no message of parts or is cut off; EDX-007, beyond the limits.
    """
    head, boundary = _head(stream)
    splitting = _Splitting(stream, scratch, boundary, most_bytes)
    parts = list(splitting.parts())
    if not splitting.closed:
        raise MessageRefusedError(_BROKEN, "cut off: the last boundary is missing")
    start = str(head.get_param("start") or "").strip("<> ") if head is not None else ""
    root = next((part for part in parts if start and part.content_id == start), None)
    root = root or next((part for part in parts if "xml" in part.content_type.lower()), None)
    if root is None:
        raise MessageRefusedError(_BROKEN, "no part holds XML")
    return [root, *(part for part in parts if part is not root)]


def _head(stream: BinaryIO) -> tuple[Message | None, bytes]:
    """Header of the whole message, where it has one, and the boundary."""
    place = stream.tell()
    bare = _BARE.match(stream.read(_LINE))
    stream.seek(place)
    if bare:
        return None, bare.group(1).strip()
    head = _parsed(b"".join(_lines_of_head(stream)))
    boundary = head.get_boundary()
    if not boundary:
        raise MessageRefusedError(_BROKEN, "no boundary is told")
    return head, boundary.encode("utf-8", "surrogateescape")


def _lines_of_head(stream: BinaryIO) -> Iterator[bytes]:
    taken, begun = 0, False
    while line := stream.readline(_LINE):
        taken += len(line)
        if taken > MOST_HEAD_BYTES:
            raise MessageRefusedError("EDX-007", f"headers of more than {MOST_HEAD_BYTES} bytes")
        if not line.strip():
            if begun:
                return
            continue
        if begun or b":" in line.partition(b" ")[0]:
            begun = True
            yield line


def _parsed(head: bytes) -> EmailMessage:
    try:
        return BytesHeaderParser(policy=default).parsebytes(head)
    except (ValueError, LookupError, IndexError, AttributeError, TypeError) as error:
        # The library stumbles over some broken headers where it should call them broken.
        raise MessageRefusedError(_BROKEN, f"header: {error}") from error


class _Splitting:
    def __init__(self, stream: BinaryIO, scratch: Path, boundary: bytes, most_bytes: int) -> None:
        self._stream = stream
        self._scratch = scratch
        self._mark = b"--" + boundary
        self._left = most_bytes
        self.closed = False

    def parts(self) -> Iterator[Part]:
        for _ in self._until_boundary():
            pass
        number = 0
        while not self.closed:
            number += 1
            if number > MOST_ATTACHMENTS:
                raise MessageRefusedError("EDX-007", f"more than {MOST_ATTACHMENTS} parts")
            head = b"".join(_lines_of_head(self._stream))
            if not head and self._at_end():
                return
            yield self._part(_parsed(head), f"p{number:06}")

    def _at_end(self) -> bool:
        place = self._stream.tell()
        at_end = not self._stream.read(1)
        self._stream.seek(place)
        return at_end

    def _part(self, head: EmailMessage, number: str) -> Part:
        content = Content(number)
        try:
            encoding = str(head.get("Content-Transfer-Encoding") or "").strip().lower()
            name = head.get_filename() or str(head.get_param("name") or "")
            content_id = str(head.get("Content-ID") or "").strip().strip("<>")
            content_type = head.get_content_type()
        except (ValueError, LookupError, IndexError, AttributeError, TypeError) as error:
            raise MessageRefusedError(_BROKEN, f"header of part {number}: {error}") from error
        with (self._scratch / number).open("xb") as out:
            if encoding == "base64":
                self._decoded(content, out)
            else:
                self._copied(content, out, quoted=encoding == "quoted-printable")
        self._left -= min(content.size_bytes, self._left)
        return Part(name, content_id, content_type, content)

    def _decoded(self, content: Content, out: BinaryIO) -> None:
        writer = Base64Writer(out, self._left)
        for line in self._until_boundary():
            content.feed(writer, line.decode("latin-1"))
        content.finish(writer)

    def _copied(self, content: Content, out: BinaryIO, *, quoted: bool) -> None:
        for line in self._until_boundary():
            octets = quopri.decodestring(line) if quoted else line
            content.size_bytes += len(octets)
            content.head = (content.head + octets)[:16]
            if content.size_bytes > self._left:
                content.too_large = True
            else:
                out.write(octets)

    def _until_boundary(self) -> Iterator[bytes]:
        """Lines up to the next boundary; the end of line before it belongs to the boundary."""
        held, fresh = b"", True
        while line := self._stream.readline(_LINE):
            if fresh and line.startswith(self._mark):
                rest = line[len(self._mark) :].strip()
                if rest in {b"", b"--"}:
                    self.closed = rest == b"--"
                    if last := held.rstrip(b"\n").removesuffix(b"\r") if held.endswith(b"\n") else held:
                        yield last
                    return
            if held:
                yield held
            held, fresh = line, line.endswith(b"\n")
        if held:
            yield held
