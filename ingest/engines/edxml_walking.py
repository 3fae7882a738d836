"""Walks through an edXML message of any size: the header becomes a small tree, each content goes to a file at once.

No DOCTYPE, no entities, no network. What is kept in memory is bounded: a message
of 1 GiB needs no more of it than one of 1 MiB.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NoReturn
from xml.parsers import expat

from ingest.engines.edxml_base64 import Base64Broken, Base64Writer

DEEPEST = 60
MOST_NODES = 100_000
MOST_TEXT = 2 << 20
"""Letters of all of the header together: as JSON it may become twelve times as many bytes, and twice."""

LONGEST_NAME = 200
LONGEST_NAMESPACE = 2000
"""The parser repeats a namespace in front of every name in it."""

MOST_ATTACHMENTS = 2_000
MOST_TOKEN_BYTES = 1 << 20
CONTENT = "ContentTransferEncoded"
ATTACHMENT = "Attachment"
_CHUNK = 1 << 16
_KEPT_ATTRIBUTES = frozenset({"href", "version", "id", "role", "type", "encoding", "filename"})
_LONGEST_ATTRIBUTE = 1000


class MessageRefusedError(Exception):
    """The message cannot be read: `rule` says why."""

    def __init__(self, rule: str, detail: str) -> None:
        self.rule = rule
        self.detail = detail
        super().__init__(f"{rule}: {detail}")


@dataclass(slots=True)
class Content:
    """The decoded content of one attachment."""

    number: str
    """Its file."""

    size_bytes: int = 0
    head: bytes = b""
    forgiven: tuple[str, ...] = ()
    problem: str = ""
    """Why it is no base64, empty where it is."""

    too_large: bool = False

    def feed(self, writer: Base64Writer, text: str) -> None:
        """Decode the next piece of its text; nothing more of one that is no base64."""
        if not self.problem:
            try:
                writer.feed(text)
            except Base64Broken as error:
                self.problem = str(error)

    def finish(self, writer: Base64Writer) -> None:
        """Its text is at its end: take over what the writer has seen."""
        if not self.problem:
            try:
                writer.finish()
            except Base64Broken as error:
                self.problem = str(error)
        self.size_bytes, self.head = writer.bytes, writer.head
        self.forgiven, self.too_large = tuple(sorted(writer.forgiven)), writer.too_large


@dataclass(slots=True)
class Node:
    """An element of the header."""

    name: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Node] = field(default_factory=list)
    content: Content | None = None
    """Of `Attachment` alone."""

    def as_json(self) -> list[Any]:
        """As `metadata.edxml_tree.Element` reads it."""
        return [self.name, self.line, self.attributes, self.text, [child.as_json() for child in self.children]]


class Walk:
    """Reads one message.

    Args:
        scratch: Where contents go, under `a` and their number.
        most_bytes: That all contents together may have.
    """

    def __init__(self, scratch: Path, most_bytes: int) -> None:
        self._scratch = scratch
        self._left = most_bytes
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        self._letters = 0
        self._nodes = 0
        self._writer: Base64Writer | None = None
        self._file: BinaryIO | None = None
        self.root: Node | None = None
        self.namespaces: set[str] = set()
        self.attachments: list[Node] = []
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.buffer_size = 1 << 16
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartNamespaceDeclHandler = self._namespace

    def read(self, stream: BinaryIO) -> Node:
        """The tree of the message without its contents; those are in files.

        Raises:
            MessageRefusedError: EDX-001 not well-formed, EDX-002 a DOCTYPE, EDX-007 beyond the limits.
        """
        fed = 0
        try:
            while chunk := stream.read(_CHUNK):
                self.parser.Parse(chunk, False)
                fed += len(chunk)
                if fed - max(self.parser.CurrentByteIndex, 0) > MOST_TOKEN_BYTES:
                    self._refuse("EDX-007", f"a tag of more than {MOST_TOKEN_BYTES} bytes")
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            why = expat.errors.messages.get(error.code, str(error))
            raise MessageRefusedError("EDX-001", f"line {error.lineno}: {why}") from error
        except (LookupError, ValueError) as error:
            # What the parser does not know as an encoding it asks Python for.
            raise MessageRefusedError("EDX-001", str(error)) from error
        finally:
            if self._file is not None:
                self._file.close()
        if self.root is None:
            raise MessageRefusedError("EDX-001", "empty")
        return self.root

    def _refuse(self, rule: str, why: str) -> NoReturn:
        raise MessageRefusedError(rule, f"line {self.parser.CurrentLineNumber}: {why}")

    def _doctype(self, *_: object) -> None:
        self._refuse("EDX-002", "DOCTYPE")

    def _namespace(self, _prefix: str | None, address: str | None) -> None:
        if address is not None and len(address) > LONGEST_NAMESPACE:
            self._refuse("EDX-007", f"a namespace of more than {LONGEST_NAMESPACE} letters")

    # ------------------------------------------------------------ elements

    def _start(self, raw: str, attributes: Mapping[str, str]) -> None:
        namespace, _, name = raw.rpartition("}")
        self._nodes += 1
        if len(self._open) >= DEEPEST:
            self._refuse("EDX-007", f"more than {DEEPEST} elements in each other")
        if self._nodes > MOST_NODES:
            self._refuse("EDX-007", f"more than {MOST_NODES} elements")
        if self._writer is not None:
            self._refuse("EDX-001", f"an element inside {CONTENT}")
        if len(name) > LONGEST_NAME:
            self._refuse("EDX-007", f"a name of more than {LONGEST_NAME} letters")
        node = Node(name, self.parser.CurrentLineNumber, _attributes(attributes))
        self._count(sum(map(len, node.attributes.values())))
        parent = self._open[-1] if self._open else None
        if parent is None:
            self.root = node
        else:
            parent.children.append(node)
        # The namespace of signatures, of SOAP and the like says nothing of the message.
        if len(self._open) <= 1 or name in {"MessageHeader", ATTACHMENT}:
            self.namespaces.add(namespace)
        if name == ATTACHMENT:
            self._attachment(node)
        self._open.append(node)
        self._texts.append([])
        if name == CONTENT and (owner := self._owner()) is not None and owner.content is None:
            self._begin_content(owner)

    def _attachment(self, node: Node) -> None:
        self.attachments.append(node)
        if len(self.attachments) > MOST_ATTACHMENTS:
            self._refuse("EDX-007", f"more than {MOST_ATTACHMENTS} attachments")

    def _owner(self) -> Node | None:
        return next((node for node in reversed(self._open[:-1]) if node.name == ATTACHMENT), None)

    def _begin_content(self, owner: Node) -> None:
        owner.content = Content(f"a{len(self.attachments):06}")
        self._file = (self._scratch / owner.content.number).open("xb")
        self._writer = Base64Writer(self._file, self._left)

    def _end(self, raw: str) -> None:
        del raw
        node = self._open.pop()
        node.text = "".join(self._texts.pop()).strip()
        if self._writer is not None and node.name == CONTENT:
            self._end_content()

    def _end_content(self) -> None:
        writer, owner = self._writer, self._owner_of_content()
        content = owner.content
        if writer is None or content is None or self._file is None:
            return
        content.finish(writer)
        self._left -= min(writer.bytes, self._left)
        self._file.close()
        self._writer = self._file = None

    def _owner_of_content(self) -> Node:
        return next(node for node in reversed(self._open) if node.name == ATTACHMENT)

    def _characters(self, text: str) -> None:
        if self._writer is not None:
            self._into_content(text)
            return
        if not self._texts or not (self._texts[-1] or text.strip()):
            return
        self._count(len(text))
        self._texts[-1].append(text)

    def _count(self, letters: int) -> None:
        self._letters += letters
        if self._letters > MOST_TEXT:
            self._refuse("EDX-007", f"a header of more than {MOST_TEXT} letters")

    def _into_content(self, text: str) -> None:
        content = self._owner_of_content().content
        if self._writer is not None and content is not None:
            content.feed(self._writer, text)


def _attributes(found: Mapping[str, str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for key, value in found.items():
        local = key.rpartition("}")[2]
        if local in _KEPT_ATTRIBUTES:
            kept[local] = value[:_LONGEST_ATTRIBUTE]
    return kept
