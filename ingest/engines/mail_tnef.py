"""Messages that Outlook packs into one attachment, `winmail.dat` (TNEF): their words and the files that came with them.

Source: [MS-OXTNEF] 2.1.3 (attributes), 2.1.3.4 (encoded properties), [MS-OXPROPS] (numbers of properties).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.engines.mail_packed_rtf import unpacked_rtf
from ingest.engines.mail_texts import Doubts, html_text, rich_text, text_of, tidy

MOST_ATTRIBUTES = 100_000
MOST_FILES = 1_000
DEEPEST = 5
"""Messages inside messages."""

MIMES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
NAME = "winmail.dat"
_SIGNATURE = b"\x78\x9f\x3e\x22"
_ATTRIBUTE = struct.Struct("<BHHL")
_OF_ATTACHMENT = 2
_BEGINS, _TITLE, _DATA, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_OF_MESSAGE, _BODY, _SUBJECT, _CODE_PAGE = 0x9003, 0x800C, 0x8004, 0x9007
_P_BODY, _P_HTML, _P_RTF, _P_SUBJECT, _P_PAGE = 0x1000, 0x1013, 0x1009, 0x0037, 0x3FDE
_P_LONG, _P_SHORT, _P_SHOWN, _P_OBJECT = 0x3707, 0x3704, 0x3001, 0x3701
_P_MIME, _P_ID, _P_HIDDEN = 0x370E, 0x3712, 0x7FFE
_SIZES = {
    **dict.fromkeys((0x00, 0x01), 0),
    **dict.fromkeys((0x02, 0x03, 0x04, 0x0A, 0x0B), 4),
    **dict.fromkeys((0x05, 0x06, 0x07, 0x14, 0x40), 8),
    0x48: 16,
}
"""Bytes of a value of fixed length, with what fills it up."""

_STRING, _UNICODE, _OBJECT_TYPE, _BINARY, _SEVERAL, _NAMED = 0x1E, 0x1F, 0x0D, 0x102, 0x1000, 0x8000
_VARIABLE = frozenset({_STRING, _UNICODE, _OBJECT_TYPE, _BINARY})
_IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
_IID_BYTES = 16


class TnefUnreadableError(ValueError):
    """The bytes are no such message, or damaged; the text says where."""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file that came with the message."""

    name: str
    mime: str
    data: bytes = field(repr=False)
    shown: bool = False
    """A picture that the body shows."""


@dataclass(slots=True)
class Packed:
    """What a message packed in TNEF holds."""

    subject: str = ""
    body: str = ""
    files: list[PackedFile] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def read_tnef(data: bytes, doubts: Doubts, depth: int = 0) -> Packed:
    """The message in `data`.

    Raises:
        TnefUnreadableError: see there.
    """
    if not data.startswith(_SIGNATURE):
        raise TnefUnreadableError("no TNEF")
    try:
        return _Reading(data, doubts, depth).packed()
    except (struct.error, IndexError) as error:
        msg = f"cut off: {error}"
        raise TnefUnreadableError(msg) from error


@dataclass(slots=True)
class _File:
    title: bytes = b""
    data: bytes = b""
    properties: dict[int, tuple[int, bytes]] = field(default_factory=dict)


class _Reading:
    def __init__(self, data: bytes, doubts: Doubts, depth: int) -> None:
        self._data = data
        self._doubts = doubts
        self._depth = depth
        self._page = "cp1252"
        self._found = Packed()
        self._properties: dict[int, tuple[int, bytes]] = {}
        self._plain = b""
        self._subject = b""

    def packed(self) -> Packed:
        files: list[_File] = []
        for level, number, value in self._attributes():
            if level != _OF_ATTACHMENT:
                self._of_message(number, value)
                continue
            if number == _BEGINS or not files:
                files.append(_File())
            if len(files) > MOST_FILES:
                msg = f"more than {MOST_FILES} files"
                raise TnefUnreadableError(msg)
            _of_file(files[-1], number, value)
        found = self._found
        found.subject = self._text(_P_SUBJECT) or self._letters(self._subject)
        found.body = self._body()
        for one in files:
            found.files += self._files(one)
        return found

    def _attributes(self) -> Iterator[tuple[int, int, bytes]]:
        data, at, count = self._data, 6, 0
        while at < len(data):
            level, number, _, size = _ATTRIBUTE.unpack_from(data, at)
            at += _ATTRIBUTE.size
            value = data[at : at + size]
            at += size
            if at + 2 > len(data):
                msg = f"cut off in an attribute of {size} bytes"
                raise TnefUnreadableError(msg)
            count += 1
            if count > MOST_ATTRIBUTES:
                msg = f"more than {MOST_ATTRIBUTES} attributes"
                raise TnefUnreadableError(msg)
            # Outlook's own sums are right: a wrong one is damage on the way, of which the reader is told.
            if sum(value) & 0xFFFF != int.from_bytes(data[at : at + 2], "little"):
                self._found.defects.append("TNEF checksum")
            at += 2
            yield level, number, value

    def _of_message(self, number: int, value: bytes) -> None:
        if number == _CODE_PAGE and len(value) >= 4:  # noqa: PLR2004 - bytes of a number
            self._page = _codec(value, self._page)
        elif number == _OF_MESSAGE:
            self._properties |= _properties(value)
        elif number == _BODY:
            self._plain = value
        elif number == _SUBJECT:
            self._subject = value

    # ------------------------------------------------------------ texts

    def _letters(self, octets: bytes) -> str:
        plain = octets.rstrip(b"\0")
        return text_of(plain, self._page, self._doubts) if plain else ""

    def _text(self, number: int, properties: dict[int, tuple[int, bytes]] | None = None) -> str:
        kind, value = (self._properties if properties is None else properties).get(number, (0, b""))
        if kind == _UNICODE:
            return value.decode("utf-16-le", "replace").rstrip("\0")
        return self._letters(value) if kind == _STRING else ""

    def _body(self) -> str:
        if plain := self._text(_P_BODY) or self._letters(self._plain):
            return tidy(plain)
        kind, html = self._properties.get(_P_HTML, (0, b""))
        if kind == _BINARY and html:
            _, page = self._properties.get(_P_PAGE, (0, b""))
            return tidy(html_text(text_of(html, _codec(page, "utf-8"), self._doubts)))
        _, packed = self._properties.get(_P_RTF, (0, b""))
        return tidy(rich_text(unpacked_rtf(packed))) if packed else ""

    # ------------------------------------------------------------ files

    def _files(self, one: _File) -> Iterator[PackedFile]:
        own = one.properties
        name = next(filter(None, (self._text(n, own) for n in (_P_LONG, _P_SHORT))), "")
        name = name or self._letters(one.title) or self._text(_P_SHOWN, own)
        kind, held = own.get(_P_OBJECT, (0, b""))
        if kind == _OBJECT_TYPE and held.startswith(_IID_MESSAGE):
            yield from self._message(name, held[_IID_BYTES:])
            return
        data = one.data or (held[_IID_BYTES:] if kind == _OBJECT_TYPE else held)
        mime = self._text(_P_MIME, own)
        hidden = own.get(_P_HIDDEN, (0, b"\0"))[1][:1] == b"\1"
        shown = (hidden or bool(self._text(_P_ID, own))) and mime.casefold().startswith("image/")
        yield PackedFile(name, mime or "application/octet-stream", data, shown)

    def _message(self, name: str, data: bytes) -> Iterator[PackedFile]:
        """A message inside: its words, and the files that came with it."""
        if self._depth >= DEEPEST:
            self._found.defects.append("TNEF: messages too deep in each other")
            return
        try:
            inner = read_tnef(data, self._doubts, self._depth + 1)
        except TnefUnreadableError:
            self._found.defects.append("TNEF: a message inside is damaged")
            return
        self._found.defects += inner.defects
        text = "\n".join([f"Subject: {inner.subject}", "", inner.body, ""])
        yield PackedFile(f"{name or inner.subject or 'message'}.txt", "text/plain", text.encode())
        yield from inner.files


def _codec(page: bytes, otherwise: str) -> str:
    """The encoding of a code page's number."""
    number = int.from_bytes(page[:4], "little")
    return {0: otherwise, 65001: "utf-8", 20127: "ascii"}.get(number, f"cp{number}")


def _of_file(one: _File, number: int, value: bytes) -> None:
    if number == _TITLE:
        one.title = value
    elif number == _DATA:
        one.data = value
    elif number == _PROPERTIES:
        one.properties |= _properties(value)


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """Properties by number: type and value; of several values none."""
    found: dict[int, tuple[int, bytes]] = {}
    (count,) = struct.unpack_from("<L", data)
    at = 4
    for _ in range(min(count, MOST_ATTRIBUTES)):
        kind, number = struct.unpack_from("<HH", data, at)
        at += 4
        if number >= _NAMED:
            at = _behind_name(data, at)
        plain = kind & ~_SEVERAL
        values = 1
        if plain in _VARIABLE or kind & _SEVERAL:
            (values,) = struct.unpack_from("<L", data, at)
            at += 4
        for _ in range(min(values, MOST_ATTRIBUTES)):
            value, at = _value(data, at, plain)
            if not kind & _SEVERAL:
                found.setdefault(number, (kind, value))
    return found


def _behind_name(data: bytes, at: int) -> int:
    """Where a property with a name of its own goes on behind the name."""
    kind, length = struct.unpack_from("<LL", data, at + 16)
    return at + 24 + (_padded(length) if kind else 0)


def _value(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    if kind not in _VARIABLE:
        size = _SIZES.get(kind)
        if size is None:
            msg = f"a property of type {kind:#06x}"
            raise TnefUnreadableError(msg)
        return data[at : at + size], at + size
    (length,) = struct.unpack_from("<L", data, at)
    at += 4
    if at + length > len(data):
        msg = f"cut off in a property of {length} bytes"
        raise TnefUnreadableError(msg)
    return data[at : at + length], at + _padded(length)


def _padded(length: int) -> int:
    return length + -length % 4
