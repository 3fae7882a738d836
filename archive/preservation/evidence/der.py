"""DER, as far as evidence records need it: elements read strictly, elements written.

What is written here is read back in forty years by whoever checks a proof, so
the reading is narrower than the standard: one encoding for one value, no byte
left over. Only time-stamps of other authorities may use BER inside.
"""

from __future__ import annotations

from dataclasses import dataclass

from archive.preservation.signatures.asn1 import header

_MAX_DEPTH = 32
_MAX_LENGTH_OCTETS = 4
_SHORT = 0x80
_HIGH_TAG = 0x1F
_CONSTRUCTED = 0x20


class DerUnreadableError(ValueError):
    """The bytes are no DER, or not the element that belongs there."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element inside `data`, without copying it."""

    data: bytes
    tag: int
    start: int
    """Offset of the tag."""

    body: int
    """Offset of the content."""

    stop: int
    """Offset behind the content."""

    end: int
    """Offset behind the element; behind `stop` by an end-of-contents where the length is indefinite."""

    @property
    def content(self) -> bytes:
        """The content octets."""
        return self.data[self.body : self.stop]

    @property
    def encoded(self) -> bytes:
        """The whole element."""
        return self.data[self.start : self.end]


def element(data: bytes, offset: int = 0, *, limit: int | None = None, ber: bool = False) -> Element:
    """The element at `offset`.

    Args:
        data: Everything.
        offset: Where its tag stands.
        limit: Where the enclosing element ends; None: at the end of `data`.
        ber: Take indefinite and overlong lengths too.

    Raises:
        DerUnreadableError: there is none.
    """
    return _element(data, offset, len(data) if limit is None else limit, ber=ber, depth=0)


def _element(data: bytes, offset: int, limit: int, *, ber: bool, depth: int) -> Element:
    if offset + 2 > limit:
        raise DerUnreadableError("an element is cut off")
    tag, first = data[offset], data[offset + 1]
    if tag & _HIGH_TAG == _HIGH_TAG:
        msg = f"tag {tag:#x} has a second octet"
        raise DerUnreadableError(msg)
    if first < _SHORT:
        return _bounded(data, (tag, offset, offset + 2), first, limit)
    if first == _SHORT:
        if not ber or not tag & _CONSTRUCTED:
            raise DerUnreadableError("an indefinite length")
        return _indefinite(data, tag, offset, limit, depth)
    octets = first & 0x7F
    body = offset + 2 + octets
    if octets > _MAX_LENGTH_OCTETS or body > limit:
        raise DerUnreadableError("a length is cut off or too large")
    length = int.from_bytes(data[offset + 2 : body], "big")
    if not ber and (length < _SHORT or length < 1 << (8 * (octets - 1))):
        raise DerUnreadableError("a length is longer than needed")
    return _bounded(data, (tag, offset, body), length, limit)


def _bounded(data: bytes, head: tuple[int, int, int], length: int, limit: int) -> Element:
    tag, start, body = head
    if body + length > limit:
        raise DerUnreadableError("an element is longer than what holds it")
    return Element(data, tag, start, body, body + length, body + length)


def _indefinite(data: bytes, tag: int, offset: int, limit: int, depth: int) -> Element:
    if depth >= _MAX_DEPTH:
        raise DerUnreadableError("nested too deeply")
    place = offset + 2
    while data[place : place + 2] != b"\x00\x00":
        place = _element(data, place, limit, ber=True, depth=depth + 1).end
    if place + 2 > limit:
        raise DerUnreadableError("an end-of-contents is missing")
    return Element(data, tag, offset, offset + 2, place, place + 2)


def whole(data: bytes, tag: int) -> Element:
    """The one element that `data` is, with this tag.

    Raises:
        DerUnreadableError: it is another one, or something follows it.
    """
    found = element(data)
    if found.tag != tag or found.end != len(data):
        msg = f"an element {found.tag:#x} of {found.end} bytes in {len(data)}, expected {tag:#x} alone"
        raise DerUnreadableError(msg)
    return found


def members(parent: Element, *, ber: bool = False) -> list[Element]:
    """The elements inside `parent`, which they fill.

    Raises:
        DerUnreadableError: they do not.
    """
    found = []
    place = parent.body
    while place < parent.stop:
        child = element(parent.data, place, limit=parent.stop, ber=ber)
        found.append(child)
        place = child.end
    return found


def encode(tag: int, content: bytes) -> bytes:
    """An element."""
    return header(tag, len(content)) + content
