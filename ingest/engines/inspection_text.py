"""A first look into text: plain, CSV, HTML, RTF, XML. Read in pieces; no entity is ever expanded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from ingest.engines.inspection import DAMAGED, ENTITIES, TOO_MUCH, Look, ProblemError

MAX_DEPTH = 2_000
_CHUNK = 1 << 20
_OVERLAP = 64

_SCRIPT = re.compile(rb"<script\b|javascript:|vbscript:", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_OBJECT = re.compile(rb"\\obj(?:data|autlink|emb|update)\b")
_BRACE = re.compile(rb"\\[{}\\]|[{}]")
_BINARY = re.compile(rb"\\bin\d")


def _pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces of 1 MiB, each with the end of the one before it."""
    with path.open("rb") as stream:
        before = b""
        while chunk := stream.read(_CHUNK):
            yield before + chunk
            before = chunk[-_OVERLAP:]


def look_into_text(path: Path, found: Look) -> None:
    """Note scripts in HTML; plain text has nothing to break."""
    is_html = False
    for number, piece in enumerate(_pieces(path)):
        is_html = is_html or (number == 0 and _HTML.search(piece) is not None)
        if not is_html:
            return
        if _SCRIPT.search(piece):
            found.active.add("script")
            return


def look_into_rtf(path: Path, found: Look) -> None:
    """Count braces and note embedded objects.

    Raises:
        ProblemError: groups are left open (the end is missing), or nested absurdly.
    """
    depth = 0
    binary = False
    with path.open("rb") as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            binary = binary or _BINARY.search(chunk) is not None
            for match in _BRACE.finditer(chunk):
                depth += {b"{": 1, b"}": -1}.get(match[0], 0)
                if depth > MAX_DEPTH:
                    raise ProblemError(TOO_MUCH, f"groups nested more than {MAX_DEPTH} deep")
    if any(_OBJECT.search(piece) for piece in _pieces(path)):
        found.embedded += 1
    if depth > 0 and not binary:
        raise ProblemError(DAMAGED, f"{depth} groups are left open")


class XmlForm:
    """Reads XML for its form only: nothing is kept, no entity is ever expanded, nesting is counted."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._depth = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        """Take the next piece.

        Raises:
            ProblemError: nested absurdly, or with a document type (entities: XXE, billion laughs).
            expat.ExpatError: not well formed.
        """
        self._parser.Parse(chunk, last)

    def _begin(self, name: str, attributes: object) -> None:
        del name, attributes
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ProblemError(TOO_MUCH, f"{self._name}: nested more than {MAX_DEPTH} deep")

    def _end(self, name: str) -> None:
        del name
        self._depth -= 1

    def _doctype(self, *declared: object) -> None:
        raise ProblemError(ENTITIES, f"{self._name}: {declared[0]}")


def look_into_xml(path: Path, found: Look) -> None:
    """Read the XML once for its form.

    Raises:
        ProblemError: not well formed, nested absurdly, or with a document type.
    """
    del found
    form = XmlForm("XML")
    try:
        with path.open("rb") as stream:
            for chunk in iter(lambda: stream.read(_CHUNK), b""):
                form.feed(chunk)
        form.feed(b"", last=True)
    except expat.ExpatError as error:
        raise ProblemError(DAMAGED, str(error)) from error
