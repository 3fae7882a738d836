"""Attachments of a message of the national document exchange, by the identifiers that signatures call them by.

They stand in the XML (`Attachment`), or are parts of a MIME message beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from archive.preservation.signatures.xml_outside import Outside, attachment, mime_part
from archive.preservation.signatures.xml_references import ReferenceProblem, decoded
from archive.preservation.signatures.xml_signatures import Read
from archive.preservation.signatures.xml_tree import Document, Element
from metadata.mime_entities import Entity, decoded_body

_ROOTS = frozenset({"edXML", "edXMLEnvelope", "Envelope"})
_HEADER = "MessageHeader"
_CONTENT = "ContentTransferEncoded"


def is_message(document: Document) -> bool:
    """Whether it is a message of the exchange, by what stands in it: programs wrap it in SOAP, or not."""
    return document.root.local in _ROOTS and any(e.local == _HEADER for e in document.root.walk())


@dataclass(slots=True)
class Attachments:
    """What the references of a message's signature may lead to."""

    _by_id: dict[str, list[Callable[[str], Outside]]] = field(default_factory=dict)
    _known: dict[str, Outside] = field(default_factory=dict)
    _nameless: bool = False

    def add_elements(self, document: Document) -> None:
        """Take those that stand in the XML."""
        for element in document.root.walk():
            if element.local == "Attachment":
                self._add(_child_text(element, "ContentId"), _of_element(element))

    def add_part(self, data: bytes, part: Entity) -> None:
        """Take a part of a MIME message."""
        self._add(part.content_id, _of_part(data, part))

    def found(self, uri: str) -> Outside | None:
        """The attachment at `cid:…`.

        Raises:
            ReferenceProblem: two are called so, or its content is damaged.
        """
        name = _identifier(unquote(uri))
        makers = self._by_id.get(name, [])
        if len(makers) > 1:
            msg = f"ambiguous: {len(makers)} attachments are called {uri[:80]}"
            raise ReferenceProblem(msg)
        if makers and name not in self._known:
            # Any number of references may lead to one attachment.
            self._known[name] = makers[0](f"attachment {uri[:80]}")
        return self._known.get(name)

    def all_signed(self, read: Read) -> bool:
        """Whether references of the signature lead to every attachment."""
        led = {_identifier(unquote(one.facts.uri)) for one in read.references if not one.facts.problem}
        return not self._nameless and bool(self._by_id) and self._by_id.keys() <= led

    def _add(self, written: str, maker: Callable[[str], Outside]) -> None:
        name = _identifier(written)
        if name:
            self._by_id.setdefault(name, []).append(maker)
        else:
            self._nameless = True


def _of_element(element: Element) -> Callable[[str], Outside]:
    def made(covers: str) -> Outside:
        content = _child_text(element, _CONTENT)
        return attachment(covers, decoded(content), content.encode())

    return made


def _of_part(data: bytes, part: Entity) -> Callable[[str], Outside]:
    def made(covers: str) -> Outside:
        try:
            content = decoded_body(data, part)
        except ValueError as error:
            msg = f"damaged: base64: {error}"
            raise ReferenceProblem(msg) from error
        written = data[part.body : part.end]
        joined = (b"".join(written.split()),) if part.encoding == "base64" else ()
        return mime_part(covers, part.kind, content, written, *joined)

    return made


def _identifier(text: str) -> str:
    return text.strip().removeprefix("cid:").strip("<>")


def _child_text(element: Element, name: str) -> str:
    return next((e.text for e in element.elements() if e.local == name), "")
