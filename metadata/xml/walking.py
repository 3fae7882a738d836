"""Walks through XML of other programs: no DOCTYPE, entities, network or schema; flat memory, every place known.

Beside `metadata.xml.reading`, which judges by a schema and stops at the first broken rule: here the line of every
element is told, and what follows a surprise is still read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, NoReturn, Protocol
from xml.parsers import expat

from metadata.xml.reading import XmlRefusedError

DEEPEST = 200
"""Elements in elements; METS and EAD need about thirty."""

MOST_TEXT = 1 << 20
"""Letters of one element's own text that are kept."""

MOST_TOKEN_BYTES = 8 << 20
"""Bytes of one tag with its attributes: CSIP lists the identifiers of all descriptions in one, 42 bytes each."""

_CHUNK = 1 << 16
_OWN_ENCODINGS = frozenset({"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "US-ASCII", "ISO-8859-1"})
_BYTES = bytes(range(256))

Name = tuple[str, str]
"""Namespace (empty for none) and local name."""


class Visitor(Protocol):
    """Hears of elements in the order of the document."""

    def start(self, name: Name, attributes: Mapping[str, str], line: int) -> None:
        """An element opens.

        Args:
            name: See `Name`.
            attributes: By local name; one without namespace goes before one with.
            line: Where it stands, from 1.
        """
        ...

    def end(self, name: Name, text: str) -> None:
        """An element closes; `text` is its own without that of elements inside, blanks at both ends cut off."""
        ...


class _Walk:
    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._names: dict[str, Name] = {}
        self._texts: list[list[str]] = []
        self.lengths: list[int] = []
        self.began = False
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.XmlDeclHandler = self._declaration

    def refuse(self, why: str) -> NoReturn:
        msg = f"line {self.parser.CurrentLineNumber}: {why}"
        raise XmlRefusedError(msg)

    def name(self, raw: str) -> Name:
        known = self._names.get(raw)
        if known is None:
            namespace, _, local = raw.rpartition("}")
            known = self._names[raw] = (namespace, local)
        return known

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        # The library turns to Python's codecs for what it does not know, and stumbles over those of several bytes.
        try:
            known = (
                encoding is None
                or encoding.upper() in _OWN_ENCODINGS
                or len(_BYTES.decode(encoding, "replace")) == len(_BYTES)
            )
        except (LookupError, ValueError):
            known = False
        if not known:
            self.refuse(f"encoding {encoding!r} is not read")

    def _doctype(self, *_: object) -> None:
        self.refuse("a DOCTYPE is not allowed")

    def _start(self, raw: str, attributes: Mapping[str, str]) -> None:
        self.began = True
        if len(self._texts) >= DEEPEST:
            self.refuse(f"more than {DEEPEST} elements in each other")
        plain: dict[str, str] = {}
        for key, value in attributes.items():
            namespace, local = self.name(key)
            if not namespace or local not in plain:
                plain[local] = value
        self._texts.append([])
        self.lengths.append(0)
        self._visitor.start(self.name(raw), plain, self.parser.CurrentLineNumber)

    def _end(self, raw: str) -> None:
        self.lengths.pop()
        self._visitor.end(self.name(raw), "".join(self._texts.pop()).strip())

    def _characters(self, text: str) -> None:
        if not self._texts or not (self._texts[-1] or text.strip()):
            return
        self.lengths[-1] += len(text)
        if self.lengths[-1] > MOST_TEXT:
            self.refuse(f"a text of more than {MOST_TEXT} letters")
        self._texts[-1].append(text)


def walk(stream: BinaryIO, visitor: Visitor) -> None:
    """Lead `visitor` through the document in `stream`, read once, 64 KiB at a time.

    Raises:
        XmlRefusedError: not well-formed, cut off, empty, a DOCTYPE, or a tag, a text or a depth beyond the limits;
            the line stands in its words. What was visited before stands.
    """
    state = _Walk(visitor)
    parser, fed = state.parser, 0
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
            fed += len(chunk)
            # The parser holds back a tag until it is whole: an attribute without end would fill the memory.
            if fed - max(parser.CurrentByteIndex, 0) > MOST_TOKEN_BYTES:
                state.refuse(f"a tag of more than {MOST_TOKEN_BYTES} bytes")
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        # A text that a visitor could not take has its own words; this one is the parser's.
        msg = f"line {error.lineno}: {expat.errors.messages.get(error.code, str(error))}"
        raise XmlRefusedError(msg) from error
    if not state.began:
        raise XmlRefusedError("the document is empty")
