"""What the references of an XML signature lead to, and the bytes that are digested (XMLDSig core, clause 4.4.3).

Transforms that are applied: canonicalization, enveloped signature, base64, the
two usual ways of leaving signatures out by XPath, and the relationship transform
of Office packages. Others are named and never run; XSLT is a program.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from archive.preservation.signatures.xml_canonical import (
    EXCLUSIVE,
    CanonicalizationUnknownError,
    Method,
    NodeSet,
    canonical,
)
from archive.preservation.signatures.xml_outside import CONTENT_ONLY, Outside
from archive.preservation.signatures.xml_relationships import (
    RELATIONSHIP_TRANSFORM,
    RelationshipsError,
    let_through,
    related,
)
from archive.preservation.signatures.xml_tree import (
    MAX_XML_BYTES,
    XML_NAMESPACE,
    Document,
    Element,
    XmlUnreadableError,
    parsed,
)

DS = "http://www.w3.org/2000/09/xmldsig#"
MAX_REFERENCES = 5000
MAX_TRANSFORMS = 8
MAX_COUNTED = 500  # children among which a place is counted out
CHUNK = 1 << 20

# What reading a damaged part of a package raises.
UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)

_ENVELOPED = f"{DS}enveloped-signature"
_BASE64 = f"{DS}base64"
_XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
_FILTER = "http://www.w3.org/2002/06/xmldsig-filter2"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_WITHOUT_ALL = re.compile(r"not\(ancestor-or-self::([\w.-]+):Signature\)")
_SUBTRACT_ALL = re.compile(r"(?:/descendant::|//|/descendant-or-self::node\(\)/)([\w.-]+):Signature")
_SUBTRACT_OWN = re.compile(r"here\(\)/ancestor::([\w.-]+):Signature(?:\[1\])?")
_POINTER = re.compile(r"#xpointer\(id\((['\"])([^'\"()]+)\1\)\)")


class ReferenceProblem(ValueError):  # noqa: N818 - a fact about the file, told in the verdict
    """A reference has no digest; the text says why, first word as in `XmlReference.problem`."""


@dataclass(slots=True)
class Budget:
    """How much work one file may ask for, whatever it repeats."""

    nodes: int = 3_000_000
    """Elements that may still be written in canonical form."""

    octets: int = 1 << 30
    """Bytes that may still be digested."""

    def take(self, *, nodes: int = 0, octets: int = 0) -> None:
        """Take from what is left.

        Raises:
            ReferenceProblem: nothing is left.
        """
        self.nodes -= nodes
        self.octets -= octets
        if self.nodes < 0 or self.octets < 0:
            raise ReferenceProblem("unsupported: the signatures of this file lead to too much data")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The document of a signature and what can be reached from it."""

    document: Document = field(repr=False)
    identifiers: Mapping[str, Sequence[Element]] = field(repr=False)
    outside: Callable[[str], Outside | None]
    """Data by the address of a reference; None: there is none. Nothing is ever fetched."""

    budget: Budget

    @classmethod
    def of(cls, document: Document, outside: Callable[[str], Outside | None], budget: Budget) -> Surroundings:
        """Surroundings with the identifiers of `document`."""
        found: dict[str, list[Element]] = {}
        for element in document.root.walk():
            if element.attributes:
                for value in identifiers(element):
                    found.setdefault(value, []).append(element)
        return cls(document, found, outside, budget)


def identifiers(element: Element) -> set[str]:
    """What readers may take for the identifier of an element; without a DTD nobody can know better."""
    return {
        value
        for namespace, local, _, value in element.attributes
        if (not namespace and local in ("Id", "ID", "id"))
        or (namespace == XML_NAMESPACE and local == "id")
        or (namespace == _SECURITY and local == "Id")
    }


@dataclass(frozen=True, slots=True)
class Selected:
    """What a reference leads to, all transforms applied."""

    covers: str
    nodes: NodeSet | None = field(default=None, repr=False)
    """What was chosen of the document before it became bytes; None: data from outside."""

    octets: tuple[Callable[[], BinaryIO], ...] = field(default=(), repr=False)
    """The bytes; more than one where the data can be read in several ways."""

    last: NodeSet | None = field(default=None, repr=False)
    """What the last transform gave where that is no bytes: whoever digests it chooses its canonical form."""

    relations: tuple[frozenset[str], frozenset[str]] | None = None
    """Identifiers and types that a relationship transform let through; None: there was none."""


_Data = NodeSet | bytes | Outside


def selected(reference: Element, signature: Element, around: Surroundings, without: Sequence[Element] = ()) -> Selected:
    """What `reference` leads to.

    Args:
        reference: `ds:Reference`.
        signature: The `ds:Signature` that it belongs to.
        around: See there.
        without: Elements that are left out of the document from the start.

    Raises:
        ReferenceProblem: nothing can be told of it.
    """
    data, covers = _start(reference.get("URI"), around)
    if isinstance(data, NodeSet) and without:
        data = data.less(iter(without))
    chosen = data if isinstance(data, NodeSet) else None
    relations: tuple[frozenset[str], frozenset[str]] | None = None
    holder = reference.first(DS, "Transforms")
    steps = holder.all(DS, "Transform") if holder is not None else []
    if len(steps) > MAX_TRANSFORMS:
        msg = f"unsupported: {len(steps)} transforms"
        raise ReferenceProblem(msg)
    for step in steps:
        if step.get("Algorithm") == RELATIONSHIP_TRANSFORM:
            relations = let_through(step)
        data = _transformed(data, step, signature, around)
        if isinstance(data, NodeSet) and chosen is not None:
            chosen = data if data.apex is chosen.apex else None
        elif step.get("Algorithm") == _BASE64 and chosen is not None:
            # Only the text of the element is signed, not its name: enough for an object that holds nothing else.
            apex = chosen.apex
            chosen = chosen if apex.tag == (DS, "Object") and not any(apex.elements()) else None
    return Selected(covers, chosen, _octets(data, around), data if isinstance(data, NodeSet) else None, relations)


def _start(uri: str | None, around: Surroundings) -> tuple[_Data, str]:
    document = around.document
    if uri == "":
        return NodeSet(document.root, document), "document"
    if uri == "#xpointer(/)":
        return NodeSet(document.root, document, comments=True), "document"
    if uri is not None and uri.startswith("#"):
        pointer = _POINTER.fullmatch(uri)
        element = _named(pointer.group(2) if pointer else uri[1:], around)
        return NodeSet(element, comments=pointer is not None), place(element)
    outside = around.outside(uri or "")
    if outside is None:
        msg = f"missing: {(uri or 'a reference without address')[:120]}"
        raise ReferenceProblem(msg)
    return outside, outside.covers


def _named(identifier: str, around: Surroundings) -> Element:
    found = around.identifiers.get(identifier, ())
    if len(found) > 1:
        msg = f"ambiguous: {len(found)} elements are called {identifier[:80]}"
        raise ReferenceProblem(msg)
    if not found:
        kind = "unsupported" if "(" in identifier else "missing"
        msg = f"{kind}: #{identifier[:120]}"
        raise ReferenceProblem(msg)
    return found[0]


def place(element: Element) -> str:
    """Path of an element with numbers where brothers share its name."""
    steps: list[str] = []
    for member in (element, *element.ancestors()):
        around = member.parent
        if around is not None and len(around.children) > MAX_COUNTED:
            steps.append(f"{member.qname}[…]")
            continue
        alike = [e for e in around.elements() if e.qname == member.qname] if around is not None else []
        steps.append(f"{member.qname}[{alike.index(member) + 1}]" if len(alike) > 1 else member.qname)
    return "/" + "/".join(reversed(steps))


# ------------------------------------------------------------ transforms


def _transformed(data: _Data, step: Element, signature: Element, around: Surroundings) -> _Data:
    address = step.get("Algorithm") or ""
    if address == _ENVELOPED:
        return _own(data).less(iter([signature]))
    if address == _BASE64:
        return _decoded(data, around)
    if address == CONTENT_ONLY and isinstance(data, Outside) and data.content_only:
        return Outside(data.covers, data.content_only)
    if address in (_XPATH, _FILTER):
        return _filtered(_own(data), step, signature)
    if address == RELATIONSHIP_TRANSFORM:
        try:
            return related(_as_nodes(data, around), *let_through(step))
        except RelationshipsError as error:
            raise ReferenceProblem(str(error)) from error
    try:
        method = Method.of(address, _prefixes(step))
    except CanonicalizationUnknownError:
        msg = f"unsupported: transform {address[:120]}"
        raise ReferenceProblem(msg) from None
    return _canonical(_as_nodes(data, around), method, around)


def _prefixes(step: Element) -> str:
    listed = step.first(EXCLUSIVE, "InclusiveNamespaces")
    return (listed.get("PrefixList") or "") if listed is not None else ""


def _canonical(nodes: NodeSet, method: Method, around: Surroundings) -> bytes:
    around.budget.take(nodes=nodes.apex.size)
    try:
        return canonical(nodes, method)
    except CanonicalizationUnknownError as error:
        msg = f"unsupported: {error}"
        raise ReferenceProblem(msg) from error


def _own(data: _Data) -> NodeSet:
    if not isinstance(data, NodeSet):
        raise ReferenceProblem("unsupported: a signature is to be left out of data that does not hold it")
    return data


def _whole(data: _Data, around: Surroundings) -> bytes:
    """The bytes, where XML or base64 is to be read from them."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, Outside):
        found = bytearray()
        for piece in pieces(data.readings[0], around.budget):
            found += piece
            if len(found) > MAX_XML_BYTES:
                msg = f"unsupported: a transform of more than {MAX_XML_BYTES >> 20} MiB"
                raise ReferenceProblem(msg)
        return bytes(found)
    raise TypeError(data)


def _as_nodes(data: _Data, around: Surroundings) -> NodeSet:
    if isinstance(data, NodeSet):
        return data
    octets = _whole(data, around)
    try:
        document = parsed(io.BytesIO(octets))
    except XmlUnreadableError as error:
        msg = f"{'damaged' if error.broken else 'unsupported'}: {error}"
        raise ReferenceProblem(msg) from error
    return NodeSet(document.root, document, comments=True)


def _decoded(data: _Data, around: Surroundings) -> bytes:
    if isinstance(data, NodeSet):
        around.budget.take(nodes=data.apex.size)
        text = "".join(_strings(data))
        octets = text.encode()
    else:
        octets = _whole(data, around)
    return decoded(octets)


def _strings(nodes: NodeSet) -> Iterator[str]:
    waiting: list[object] = [nodes.apex]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, Element) and node not in nodes.without:
            waiting += reversed(node.children)


def decoded(text: bytes | str) -> bytes:
    """Base64 with white space anywhere.

    Raises:
        ReferenceProblem: it is none.
    """
    try:
        return base64.b64decode(
            "".join((text.decode("ascii") if isinstance(text, bytes) else text).split()), validate=True
        )
    except (binascii.Error, ValueError) as error:
        msg = f"damaged: base64: {error}"
        raise ReferenceProblem(msg) from error


def _filtered(nodes: NodeSet, step: Element, signature: Element) -> NodeSet:
    expressions = [e for e in step.elements() if e.local == "XPath"]
    for element in expressions:
        text = "".join(element.text.split())
        subtracts = element.get("Filter") == "subtract"
        every = _SUBTRACT_ALL.fullmatch(text) if subtracts else _WITHOUT_ALL.fullmatch(text)
        own = _SUBTRACT_OWN.fullmatch(text) if subtracts else None
        found = every or own
        if found is None or element.scope().get(found.group(1)) != DS:
            msg = f"unsupported: transform XPath {text[:120]}"
            raise ReferenceProblem(msg)
        if own:
            nodes = nodes.less(iter([signature]))
            continue
        inside = any(e.tag == (DS, "Signature") for e in nodes.apex.ancestors())
        nodes = nodes.less(iter([nodes.apex]) if inside else _signatures(nodes.apex))
    if not expressions:
        raise ReferenceProblem("unsupported: transform XPath without expression")
    return nodes


def _signatures(apex: Element) -> Iterator[Element]:
    return (e for e in apex.walk() if e.tag == (DS, "Signature"))


# ------------------------------------------------------------ digests


def _octets(data: _Data, around: Surroundings) -> tuple[Callable[[], BinaryIO], ...]:
    if isinstance(data, NodeSet):
        data = _canonical(data, Method(), around)
    if isinstance(data, bytes):
        octets = data
        return (lambda: io.BytesIO(octets),)
    return data.readings


def digests(found: Selected, name: str, budget: Budget) -> Iterator[bytes]:
    """The digest of each reading of `found`.

    Raises:
        ReferenceProblem: the data cannot be read.
    """
    for opened in found.octets:
        value = hashlib.new(name)
        for piece in pieces(opened, budget):
            value.update(piece)
        yield value.digest()


def pieces(opened: Callable[[], BinaryIO], budget: Budget) -> Iterator[bytes]:
    """The bytes behind `opened`, piece by piece.

    Raises:
        ReferenceProblem: they cannot be read, or are too many.
    """
    try:
        with opened() as stream:
            while piece := stream.read(CHUNK):
                budget.take(octets=len(piece))
                yield piece
    except UNREADABLE as error:
        if isinstance(error, ReferenceProblem):
            raise
        msg = f"damaged: {type(error).__name__}: {error}"
        raise ReferenceProblem(msg) from error
