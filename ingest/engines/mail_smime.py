"""What an opaque S/MIME message holds (RFC 8551, 3.5.2): the content of its CMS, whoever signed it.

Nothing is judged here and nothing believed: the words and files inside are
wanted for searching, scanning and converting; the signature is judged on the
message as it came.
"""

from __future__ import annotations

MOST_DEPTH = 30
_SIGNED = bytes.fromhex("06092a864886f70d010702")
_ENCRYPTED = (
    bytes.fromhex("06092a864886f70d010703"),
    bytes.fromhex("06092a864886f70d010706"),
    bytes.fromhex("060b2a864886f70d0109100117"),
)
"""Enveloped, encrypted, authenticated and enveloped."""

_HEAD = 24
_SEQUENCE, _CONTEXT, _OCTETS, _PIECES = 0x30, 0xA0, 0x04, 0x24


class _BrokenError(ValueError):
    """The bytes are no such structure."""


def is_signed(cms: bytes) -> bool:
    """Whether a CMS is a signature, with its content or without."""
    return _SIGNED in cms[:_HEAD]


def is_encrypted(cms: bytes) -> bool:
    """Whether only a key opens a CMS."""
    return any(mark in cms[:_HEAD] for mark in _ENCRYPTED)


def signed_content(cms: bytes) -> bytes | None:
    """The content of a signature (DER or BER); None: it holds none, or is broken."""
    if not is_signed(cms):
        return None
    reading = _Reading(cms)
    try:
        reading.enter(_SEQUENCE)
        reading.skip()
        reading.enter(_CONTEXT)
        reading.enter(_SEQUENCE)
        reading.skip()
        reading.skip()
        reading.enter(_SEQUENCE)
        reading.skip()
        reading.enter(_CONTEXT)
        return b"".join(reading.octets())
    except (_BrokenError, IndexError):
        return None


class _Reading:
    """Goes through BER from the front; lengths may be left open, strings be in pieces."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def enter(self, tag: int) -> None:
        found, _ = self._header()
        if found != tag:
            raise _BrokenError

    def skip(self, depth: int = 0) -> None:
        tag, length = self._header()
        if depth > MOST_DEPTH or not tag:
            raise _BrokenError
        if length is not None:
            self._at += length
            return
        while not self._ends():
            self.skip(depth + 1)

    def octets(self, depth: int = 0) -> list[bytes]:
        tag, length = self._header()
        if tag == _OCTETS and length is not None:
            start = self._at
            self._at += length
            return [self._data[start : self._at]]
        if tag != _PIECES or depth > MOST_DEPTH:
            raise _BrokenError
        found: list[bytes] = []
        end = None if length is None else self._at + length
        while (self._at < end) if end is not None else not self._ends():
            found += self.octets(depth + 1)
        return found

    def _ends(self) -> bool:
        """Whether the end of what has no length is here; it is passed over."""
        if self._data[self._at : self._at + 2] == b"\0\0":
            self._at += 2
            return True
        return False

    def _header(self) -> tuple[int, int | None]:
        tag, first = self._data[self._at], self._data[self._at + 1]
        self._at += 2
        if first < 0x80:  # noqa: PLR2004 - X.690, 8.1.3
            length: int | None = first
        elif first == 0x80:  # noqa: PLR2004 - as above
            length = None
        else:
            count = first & 0x7F
            length = int.from_bytes(self._data[self._at : self._at + count], "big")
            self._at += count
        if self._at + (length or 0) > len(self._data):
            raise _BrokenError
        return tag, length
