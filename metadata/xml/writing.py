"""Writes XML piece by piece, so that memory does not grow with the document; the same calls give the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from lxml import etree

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_QUOTED = 'json:"'


def quoted(text: str) -> str:
    """`text` in a form that XML can hold; `unquoted` gives it back to the letter.

    XML 1.0 has no place for control characters and lone surrogates, which file
    names and spreadsheet cells do hold: such a text is written as JSON.
    """
    if _FORBIDDEN.search(text) or text.startswith(_QUOTED):
        return "json:" + json.dumps(text)
    return text


def unquoted(text: str) -> str:
    """What `quoted` was given; a text that only looks quoted is taken as it stands."""
    if text.startswith(_QUOTED):
        try:
            found = json.loads(text.removeprefix("json:"))
        except ValueError:
            return text
        return found if isinstance(found, str) else text
    return text


def legal(text: str) -> str:
    """`text` for people: what XML cannot hold becomes U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", text)


class XmlWriter:
    """An indented XML document that grows at its end."""

    def __init__(self, stream: BinaryIO, namespace: str | None) -> None:
        self._context = etree.xmlfile(stream, encoding="UTF-8", close=False)
        self._namespace = namespace
        self._depth = 0

    def _tag(self, name: str) -> str:
        return f"{{{self._namespace}}}{name}" if self._namespace else name

    @contextmanager
    def document(self, name: str, attributes: Mapping[str, str], nsmap: Mapping[str | None, str]) -> Iterator[None]:
        """The root element; everything else is written inside."""
        with self._context as self._file:
            self._file.write_declaration()
            with self._file.element(self._tag(name), dict(attributes), nsmap=dict(nsmap)):
                self._depth = 1
                yield
                self._file.write("\n")

    @contextmanager
    def element(self, name: str, attributes: Mapping[str, str] | None = None) -> Iterator[None]:
        """An element with elements inside."""
        self._file.write("\n" + " " * self._depth)
        with self._file.element(self._tag(name), dict(attributes or {})):
            self._depth += 1
            yield
            self._depth -= 1
            self._file.write("\n" + " " * self._depth)

    def leaf(self, name: str, text: str = "", attributes: Mapping[str, str] | None = None) -> None:
        """An element with nothing but text inside."""
        self._file.write("\n" + " " * self._depth)
        with self._file.element(self._tag(name), dict(attributes or {})):
            if text:
                self._file.write(text)


def write_signed_file(xml: XmlWriter, attributes: Mapping[str, str], signatures: Sequence[Mapping[str, str]]) -> None:
    """A `file` with what was judged of its signatures; what is not known of one is left out."""
    if not signatures:
        xml.leaf("file", "", attributes)
        return
    with xml.element("file", attributes):
        for signature in signatures:
            xml.leaf("signature", "", {name: quoted(value) for name, value in signature.items() if value})
