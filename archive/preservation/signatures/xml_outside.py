"""Data that signatures lead to and that stands outside of their document: parts of a package, of a message, files.

A message in MIME parts is signed as the profile of WS-Security for attachments
says (OASIS, SOAP Messages with Attachments Profile 1.1, clauses 5.2 to 5.4): a
`cid:` leads to the content as it was before it was encoded for the way; the
transform "content only" writes text with CRLF and XML in exclusive canonical
form. The transform "complete" signs header lines of the part too, in a form of
which programs have readings of their own: it is named and not judged, for a
digest that does not fit would prove nothing.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from archive.preservation.signatures.xml_canonical import EXCLUSIVE, Method, NodeSet, canonical
from archive.preservation.signatures.xml_tree import XmlUnreadableError, parsed
from metadata.mime_entities import with_crlf

CONTENT_ONLY = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform"
MAX_MEMBER_BYTES = 256 << 20
_ZIP = b"PK\x03\x04"

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Outside:
    """Data that is no part of the XML that holds the signature."""

    covers: str
    readings: tuple[Opener, ...] = field(repr=False)
    """Usually one. Several: signers of such a message were seen to digest either."""

    content_only: tuple[Opener, ...] = field(default=(), repr=False)
    """The same under the transform "content only"; empty: it is no part of a MIME message."""


def opener(octets: bytes) -> Opener:
    """Opens bytes."""
    return lambda: io.BytesIO(octets)


def attachment(covers: str, content: bytes, *written: bytes) -> Outside:
    """An attachment of a message of the exchange.

    Args:
        covers: What a verdict calls it.
        content: Decoded.
        written: As it stands in the message: some signers digest that.
    """
    return Outside(covers, tuple(opener(o) for o in dict.fromkeys((content, *_unpacked(content), *written))))


def mime_part(covers: str, kind: str, content: bytes, *written: bytes) -> Outside:
    """A part of a MIME message.

    Args:
        covers: What a verdict calls it.
        kind: Its media type.
        content: Decoded.
        written: As it stands in the message.
    """
    # Text changes its line ends on the way; whoever signs it signs what it says.
    lines = (with_crlf(content),) if kind.startswith("text/") else ()
    plain = attachment(covers, content, *lines, *written)
    only = (*_canonical(kind, content), content, *lines)
    return Outside(covers, plain.readings, tuple(opener(o) for o in dict.fromkeys(only)))


def _canonical(kind: str, content: bytes) -> tuple[bytes, ...]:
    if kind not in {"text/xml", "application/xml"} and not kind.endswith("+xml"):
        return ()
    try:
        document = parsed(io.BytesIO(content))
    except XmlUnreadableError:
        return ()
    return (canonical(NodeSet(document.root, document), Method.of(EXCLUSIVE, "")),)


def _unpacked(octets: bytes) -> list[bytes]:
    """The one file in a ZIP: a widespread library packs each attachment before it encodes it."""
    if not octets.startswith(_ZIP):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as package:
            members = package.infolist()
            if len(members) != 1 or members[0].file_size > MAX_MEMBER_BYTES:
                return []
            with package.open(members[0]) as stream:
                found = stream.read(MAX_MEMBER_BYTES + 1)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, EOFError):
        return []
    return [found] if len(found) <= MAX_MEMBER_BYTES else []
