"""Canonical XML 1.0, 1.1 and exclusive, with and without comments, of a document or a part of one (W3C).

The node sets that occur are a document or an element with everything in it,
less whole elements (signatures). Other node sets are not made here, so that
"an element whose parent is left out" is always the top of a set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from archive.preservation.signatures.xml_tree import XML_NAMESPACE, Comment, Document, Element, Instruction, Node

INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
INCLUSIVE_11 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


class CanonicalizationUnknownError(ValueError):
    """An algorithm, or a form of one, that is not applied here."""


@dataclass(frozen=True, slots=True)
class Method:
    """A canonicalization algorithm with its parameters."""

    exclusive: bool = False
    second: bool = False
    """Version 1.1."""

    comments: bool = False
    prefixes: frozenset[str] = frozenset()
    """Exclusive: those treated as inclusive does; empty text: the default namespace."""

    @classmethod
    def of(cls, address: str, prefixes: str = "") -> Method:
        """The method of an algorithm's address.

        Raises:
            CanonicalizationUnknownError: there is none.
        """
        listed = frozenset("" if p == "#default" else p for p in prefixes.split())
        known = {
            INCLUSIVE: cls(),
            f"{INCLUSIVE}#WithComments": cls(comments=True),
            INCLUSIVE_11: cls(second=True),
            f"{INCLUSIVE_11}#WithComments": cls(second=True, comments=True),
            EXCLUSIVE: cls(exclusive=True, prefixes=listed),
            f"{EXCLUSIVE}WithComments": cls(exclusive=True, comments=True, prefixes=listed),
        }
        try:
            return known[address]
        except KeyError:
            msg = f"canonicalization {address[:120]}"
            raise CanonicalizationUnknownError(msg) from None


@dataclass(frozen=True, slots=True)
class NodeSet:
    """A document or an element with everything in it, less some elements with everything in them."""

    apex: Element = field(repr=False)
    document: Document | None = field(default=None, repr=False)
    """The document whose comments and instructions around the root belong to the set; None: an element's set."""

    without: frozenset[Element] = field(default=frozenset(), repr=False)
    comments: bool = False
    """Comments belong to the set."""

    def less(self, elements: Iterator[Element]) -> NodeSet:
        """The set without `elements`."""
        return replace(self, without=self.without | frozenset(elements))


def _text(value: str) -> str:
    if "&" in value:
        value = value.replace("&", "&amp;")
    return value.replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def _attribute(value: str) -> str:
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return value.replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")


def _beside(node: Comment | Instruction) -> str:
    if isinstance(node, Comment):
        return f"<!--{node.text}-->".replace("\r", "&#xD;")
    data = node.text.replace("\r", "&#xD;")
    return f"<?{node.target} {data}?>" if data else f"<?{node.target}?>"


def canonical(nodes: NodeSet, method: Method) -> bytes:
    """The canonical form of `nodes`.

    Raises:
        CanonicalizationUnknownError: version 1.1 would have to join `xml:base` values.
    """
    output: list[str] = []
    comments = method.comments and nodes.comments
    around = nodes.document
    if around is not None:
        output += [_beside(n) + "\n" for n in around.before if comments or isinstance(n, Instruction)]
    if nodes.apex not in nodes.without:
        _Writer(nodes, method, output.append).write()
    if around is not None:
        output += ["\n" + _beside(n) for n in around.after if comments or isinstance(n, Instruction)]
    return "".join(output).encode()


@dataclass(slots=True)
class _Writer:
    """One run over a node set."""

    nodes: NodeSet
    method: Method
    put: Callable[[str], None]

    def write(self) -> None:
        """Without recursion: depth costs nothing but memory that the tree has taken already."""
        put, without = self.put, self.nodes.without
        comments = self.method.comments and self.nodes.comments
        apex = self.nodes.apex
        around = apex.parent.scope() if apex.parent is not None and self.nodes.document is None else {}
        nothing: dict[str, str] = {}
        open_: list[tuple[Iterator[Node], str, dict[str, str], dict[str, str]]] = [(iter((apex,)), "", around, nothing)]
        while open_:
            children, close, scope, rendered = open_[-1]
            for node in children:
                if isinstance(node, str):
                    put(_text(node))
                elif isinstance(node, Element):
                    if without and node in without:
                        continue
                    inner = self._start(node, scope, rendered)
                    if node.children:
                        open_.append((iter(node.children), f"</{node.qname}>", *inner))
                        break
                    put(f"</{node.qname}>")
                elif comments or isinstance(node, Instruction):
                    put(_beside(node))
            else:
                put(close)
                open_.pop()

    def _start(
        self, element: Element, around: dict[str, str], rendered: dict[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        if not element.declared and not element.attributes and element is not self.nodes.apex:
            # Most elements: nothing can be fresh but the prefix of their own name.
            prefix = element.prefix
            if not self.method.exclusive or rendered.get(prefix, "") == around.get(prefix, ""):
                self.put(f"<{element.qname}>")
                return around, rendered
        scope = around | element.declared if element.declared else around
        fresh = self._fresh(element, scope, rendered)
        attributes = element.attributes
        if element is self.nodes.apex and not self.method.exclusive and self.nodes.document is None:
            attributes = [*attributes, *self._inherited(element)]
        parts = [f"<{element.qname}"]
        for prefix, uri in sorted(fresh.items()):
            parts.append(f' xmlns:{prefix}="{_attribute(uri)}"' if prefix else f' xmlns="{_attribute(uri)}"')
        if len(attributes) > 1:
            attributes = sorted(attributes)
        parts += [f' {name}="{_attribute(value)}"' for _, _, name, value in attributes]
        self.put("".join(parts) + ">")
        return scope, rendered | fresh if fresh else rendered

    def _fresh(self, element: Element, scope: dict[str, str], rendered: dict[str, str]) -> dict[str, str]:
        """Namespaces to be declared at `element`, by prefix."""
        if self.method.exclusive:
            wanted = {element.prefix} | {a[2].partition(":")[0] for a in element.attributes if ":" in a[2]}
            wanted |= self.method.prefixes & scope.keys()
        elif element is self.nodes.apex:
            wanted = set(scope)
        else:
            wanted = set(element.declared)
        fresh = {}
        for prefix in wanted - {"xml"}:
            uri = scope.get(prefix, "")
            if rendered.get(prefix, "") != uri:
                fresh[prefix] = uri
        return fresh

    def _inherited(self, apex: Element) -> list[tuple[str, str, str, str]]:
        """Attributes of the namespace `xml` that stand around the set and hold inside it."""
        own = {a[1] for a in apex.attributes if a[0] == XML_NAMESPACE}
        found: dict[str, tuple[str, str, str, str]] = {}
        for element in apex.ancestors():
            for attribute in element.attributes:
                if attribute[0] == XML_NAMESPACE and attribute[1] not in own:
                    found.setdefault(attribute[1], attribute)
        if not self.method.second:
            return list(found.values())
        if "base" in {a[1] for e in apex.ancestors() for a in e.attributes if a[0] == XML_NAMESPACE}:
            raise CanonicalizationUnknownError("canonicalization 1.1 below an xml:base")
        return [attribute for name, attribute in found.items() if name in ("lang", "space")]
