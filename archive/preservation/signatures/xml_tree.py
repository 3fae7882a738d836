"""Reads XML into a small tree that keeps what canonical XML needs: names with the prefixes as written.

By the standard library's expat: it tells prefixes (libxml2's Python binding hides
those of attributes, and forgets the namespaces around an element that is looked
at alone), and a judge without further libraries can use it. Nothing is fetched
and no entity is opened: a document type declaration ends the reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TypeAlias
from xml.parsers import expat

MAX_XML_BYTES = 64 << 20
MAX_NODES = 800_000
"""Most elements, attributes, comments and instructions of one document."""

MAX_DEPTH = 400
MAX_ATTRIBUTES = 200
CHUNK = 1 << 16

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
XMLNS = "http://www.w3.org/2000/xmlns/"


class XmlUnreadableError(ValueError):
    """Bytes that cannot be read as XML.

    Attributes:
        broken: They break the rules of XML; False: they are only beyond what is read here.
    """

    def __init__(self, why: str, *, broken: bool = True) -> None:
        self.broken = broken
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment."""

    text: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """A processing instruction."""

    target: str
    text: str


@dataclass(eq=False, slots=True)
class Element:
    """An element; two are the same only when they are one."""

    qname: str
    """Name as written, with its prefix."""

    parent: Element | None = field(repr=False)
    declared: dict[str, str]
    """Namespaces declared here, by prefix (empty: the default namespace)."""

    attributes: list[tuple[str, str, str, str]]
    """Namespace, local name, name as written, value; declarations are not among them."""

    namespace: str = ""
    children: list[Node] = field(default_factory=list, repr=False)
    size: int = 1
    """Elements, attributes, comments and instructions in it, itself included."""

    @property
    def prefix(self) -> str:
        """Empty: none."""
        head, colon, _ = self.qname.partition(":")
        return head if colon else ""

    @property
    def local(self) -> str:
        """Name without prefix."""
        return self.qname.rpartition(":")[2]

    @property
    def tag(self) -> tuple[str, str]:
        """Namespace and local name."""
        return self.namespace, self.local

    def get(self, name: str, namespace: str = "") -> str | None:
        """The value of an attribute."""
        return next((a[3] for a in self.attributes if a[1] == name and a[0] == namespace), None)

    def elements(self) -> Iterator[Element]:
        """Child elements."""
        return (child for child in self.children if isinstance(child, Element))

    def first(self, namespace: str, *path: str) -> Element | None:
        """The first descendant along `path`, all steps in one namespace."""
        found: Element | None = self
        for name in path:
            if found is None:
                return None
            found = next((c for c in found.elements() if c.tag == (namespace, name)), None)
        return found

    def all(self, namespace: str, name: str) -> list[Element]:
        """Child elements of this name."""
        return [c for c in self.elements() if c.tag == (namespace, name)]

    @property
    def text(self) -> str:
        """Its own text, all of it: a comment in between hides nothing."""
        return "".join(child for child in self.children if isinstance(child, str))

    def walk(self) -> Iterator[Element]:
        """The element and all elements in it, in document order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(list(element.elements()))

    def ancestors(self) -> Iterator[Element]:
        """Elements around it, the nearest first."""
        around = self.parent
        while around is not None:
            yield around
            around = around.parent

    def scope(self) -> dict[str, str]:
        """Namespaces in scope by prefix; an undeclared default namespace is left out."""
        found: dict[str, str] = {}
        for element in (self, *self.ancestors()):
            for prefix, uri in element.declared.items():
                found.setdefault(prefix, uri)
        return {prefix: uri for prefix, uri in found.items() if uri or prefix}


Node: TypeAlias = Element | Comment | Instruction | str


@dataclass(slots=True)
class Document:
    """A whole document."""

    root: Element
    before: list[Comment | Instruction]
    after: list[Comment | Instruction]
    nodes: int


class _Builder:
    """Handlers of one reading."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self.before: list[Comment | Instruction] = []
        self.after: list[Comment | Instruction] = []
        self.nodes = 0
        self._open: list[Element] = []
        self._scopes: list[dict[str, str]] = [{"xml": XML_NAMESPACE}]

    def doctype(self, *_: object) -> None:
        """A declaration may bring entities and default values: none is read."""
        raise XmlUnreadableError("doctype: a document type declaration", broken=False)

    def _count(self, nodes: int = 1) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            msg = f"too-large: more than {MAX_NODES} nodes"
            raise XmlUnreadableError(msg, broken=False)

    def start(self, qname: str, pairs: list[str]) -> None:
        """An element begins."""
        first = self.nodes
        self._count(1 + len(pairs) // 2)
        if len(self._open) >= MAX_DEPTH:
            msg = f"nesting: more than {MAX_DEPTH} elements deep"
            raise XmlUnreadableError(msg, broken=False)
        if len(pairs) > 2 * MAX_ATTRIBUTES:
            msg = f"too-large: more than {MAX_ATTRIBUTES} attributes of one element"
            raise XmlUnreadableError(msg, broken=False)
        scope = self._scopes[-1]
        parent = self._open[-1] if self._open else None
        if pairs:
            declared, attributes = _read_pairs(qname, pairs, scope)
            scope = scope | declared if declared else scope
        else:
            declared, attributes = _NOTHING, []
        if ":" in qname:
            namespace, _ = _resolved(qname, scope, default="")
        else:
            namespace = scope.get("", "")
        element = Element(qname, parent, declared, attributes, namespace)
        if parent is None:
            self.root = element
        else:
            parent.children.append(element)
        # How many nodes stand before it, until its end tells how many it holds.
        element.size = first
        self._open.append(element)
        self._scopes.append(scope)

    def end(self, _qname: str) -> None:
        """An element ends."""
        element = self._open.pop()
        element.size = self.nodes - element.size
        self._scopes.pop()

    def text(self, data: str) -> None:
        """Character data."""
        children = self._open[-1].children
        # A node of its own for each piece would change nothing but the memory of large attachments.
        children.append(data)

    def comment(self, data: str) -> None:
        """A comment."""
        self._beside(Comment(data))

    def instruction(self, target: str, data: str) -> None:
        """A processing instruction."""
        self._beside(Instruction(target, data))

    def _beside(self, node: Comment | Instruction) -> None:
        self._count()
        if self._open:
            self._open[-1].children.append(node)
        elif self.root is None:
            self.before.append(node)
        else:
            self.after.append(node)


_NOTHING: dict[str, str] = {}


def _read_pairs(
    qname: str, pairs: list[str], around: dict[str, str]
) -> tuple[dict[str, str], list[tuple[str, str, str, str]]]:
    """Declarations and attributes of one element."""
    declared, others = _sorted_out(pairs)
    scope = around | declared if declared else around
    attributes = [(*_resolved(name, scope, default=""), name, value) for name, value in others]
    if len(attributes) > 1 and len({a[:2] for a in attributes}) != len(attributes):
        msg = f"two attributes of one name in {qname}"
        raise XmlUnreadableError(msg)
    return declared, attributes


def _sorted_out(pairs: list[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    declared: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        if name == "xmlns":
            declared[""] = value
        elif name.startswith("xmlns:"):
            prefix = name[6:]
            if not value or (prefix == "xml") != (value == XML_NAMESPACE) or prefix == "xmlns" or value == XMLNS:
                msg = f"namespace prefix {prefix} declared as {value!r}"
                raise XmlUnreadableError(msg)
            declared[prefix] = value
        else:
            others.append((name, value))
    if declared.get("") in (XML_NAMESPACE, XMLNS):
        raise XmlUnreadableError("a reserved namespace as default")
    return declared, others


def _resolved(qname: str, scope: dict[str, str], *, default: str) -> tuple[str, str]:
    head, colon, local = qname.partition(":")
    if not colon:
        return default, qname
    namespace = scope.get(head)
    if namespace is None or not local or ":" in local:
        msg = f"namespace prefix of {qname[:80]} is not declared"
        raise XmlUnreadableError(msg)
    return namespace, local


def parsed(stream: BinaryIO, *, limit: int = MAX_XML_BYTES) -> Document:
    """The document in `stream`.

    Args:
        stream: Read once, at most `limit` bytes.
        limit: More bytes are not read.

    Raises:
        XmlUnreadableError: it is not well-formed, or beyond what is read here.
    """
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.buffer_size = CHUNK
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.CommentHandler = builder.comment
    parser.ProcessingInstructionHandler = builder.instruction
    read = 0
    try:
        while chunk := stream.read(CHUNK):
            read += len(chunk)
            if read > limit:
                msg = f"too-large: more than {limit >> 20} MiB of XML"
                raise XmlUnreadableError(msg, broken=False)
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        msg = f"no well-formed XML: {error}"
        raise XmlUnreadableError(msg) from error
    except (LookupError, ValueError) as error:
        if isinstance(error, XmlUnreadableError):
            raise
        msg = f"encoding: {error}"
        raise XmlUnreadableError(msg, broken=False) from error
    if builder.root is None:
        raise XmlUnreadableError("no well-formed XML: no element")
    return Document(builder.root, builder.before, builder.after, builder.nodes)
