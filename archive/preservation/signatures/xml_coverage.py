"""What a signature in an XML document leaves unsigned: the defence against moved and added elements.

An identifier leads to an element wherever it stands, a reader looks where its
form says. So a signature counts for the whole file only when nothing outside of
what it signs says anything, and for a part only where the form of the document
is known and the part is the one that its readers use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from archive.preservation.signatures.xml_canonical import EXCLUSIVE
from archive.preservation.signatures.xml_references import DS, identifiers, place
from archive.preservation.signatures.xml_signatures import Led, Read, is_signature
from archive.preservation.signatures.xml_stamps import NAMESPACES, SECOND
from archive.preservation.signatures.xml_tree import XML_NAMESPACE, Document, Element

MAX_PLACES = 10
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_SILENT = ("Id", "ID", "id")
_PROPERTIES = ("SignatureProperties", "SignatureProperty")
_TIMES = ("SignatureTime", "SigningTime", "date")
_OF_SIGNATURES = frozenset(
    {
        DS,
        *NAMESPACES,
        SECOND,
        EXCLUSIVE,
        "http://www.w3.org/2009/xmldsig11#",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2007/05/xmldsig-more#",
    }
)

KNOWN_PARTS: dict[tuple[str, ...], str] = {
    ("HDon", "DLHDon"): "electronic invoice: the seller signs DLHDon (Decree 123/2020, form of Decision 1450/QĐ-TCT)",
    ("TDiep", "DLieu", "HDon", "DLHDon"): "electronic invoice in a message (Decision 1450/QĐ-TCT)",
}
"""Signed parts that the readers of a known form use, by the names from the root down."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of its document a signature signs."""

    word: str
    """See `XmlSignature.coverage`."""

    unsigned: tuple[str, ...] = field(default=())
    part: str = ""
    """The known form whose part is signed; empty: none."""


def covered(read: Read, document: Document) -> Coverage:
    """Coverage of one signature of an XML document."""
    content = [one for one in read.references if one.facts.role != "properties"]
    if any(one.facts.role == "counter" for one in content):
        return Coverage("partial")
    if not any(_says_something(one) for one in content):
        return Coverage("unclear", ("signs-nothing",))
    signed = {n.apex: n.without for one in content if one.found is not None and (n := one.found.nodes) is not None}
    places = _limited(_unsigned(document.root, signed))
    if not places:
        return Coverage("whole-file")
    return Coverage("partial", places, _known_part(signed))


def _says_something(one: Led) -> bool:
    """Whether a reference leads to more than properties of the signature."""
    if one.facts.role != "object" or one.found is None or one.found.nodes is None:
        return True
    apex = one.found.nodes.apex
    names = {e.tag for e in (apex, *apex.elements())}
    return not names & {(DS, "SignatureProperties"), (DS, "SignatureProperty")}


def _unsigned(root: Element, signed: Mapping[Element, frozenset[Element]]) -> Iterator[str]:
    """Places that say something and are not signed, in document order."""
    holding = _holding(root, set(signed))
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element in signed:
            # What a transform leaves out of it are signatures.
            for inner in element.walk() if signed[element] else ():
                if inner in signed[element]:
                    yield from _inside(inner, signed)
            continue
        if is_signature(element):
            yield from _inside(element, signed)
            continue
        if element not in holding or element.text.strip() or any(_speaks(a) for a in element.attributes):
            yield place(element)
        if element in holding:
            waiting += reversed(list(element.elements()))


def _holding(root: Element, signed: set[Element]) -> set[Element]:
    """Signatures, and elements with something signed or a signature somewhere inside."""
    holding = {a for e in signed for a in e.ancestors()}
    for element in root.walk():
        if is_signature(element):
            for around in (element, *element.ancestors()):
                if around in holding:
                    # Those further out are known already: any number of signatures may lie any depth down.
                    break
                holding.add(around)
    return holding


def _inside(signature: Element, signed: Mapping[Element, frozenset[Element]]) -> Iterator[str]:
    """Places in a signature, its own or another's, that are no part of signatures: a reader may look there as well.

    Whatever stands in KeyInfo, in unsigned properties or in objects that nobody
    signs changes no digest.
    """
    waiting = list(reversed(list(signature.elements())))
    while waiting:
        element = waiting.pop()
        if element in signed or _is_noted_time(element):
            continue
        words = element.tag == (DS, "Object") and element.text.strip()
        if words or (element.namespace not in _OF_SIGNATURES and element.local not in _PROPERTIES):
            yield place(element)
            continue
        waiting += reversed(list(element.elements()))


def _is_noted_time(element: Element) -> bool:
    """The time that programs note in a SignatureProperty, in whatever namespace they found for it."""
    around = element.parent
    return around is not None and around.local == _PROPERTIES[1] and element.local in _TIMES


def _speaks(attribute: tuple[str, str, str, str]) -> bool:
    namespace, local, _, _ = attribute
    return namespace not in (XML_NAMESPACE, _INSTANCE) and not (not namespace and local in _SILENT)


def _limited(places: Iterator[str]) -> tuple[str, ...]:
    found = []
    for one in places:
        found.append(one)
        if len(found) >= MAX_PLACES:
            break
    return tuple(found)


def _known_part(signed: Iterable[Element]) -> str:
    ways = [(apex, *apex.ancestors()) for apex in signed]
    known = [way for way in ways if _names(way) in KNOWN_PARTS]
    if len(known) != 1 or not all(map(_alone, known[0])) or len(identifiers(known[0][0])) != 1:
        return ""
    return KNOWN_PARTS[_names(known[0])]


def _names(way: tuple[Element, ...]) -> tuple[str, ...]:
    return tuple(element.local for element in reversed(way))


def _alone(element: Element) -> bool:
    """Whether no brother has its name: a reader that looks by name finds this one."""
    around = element.parent
    return around is None or sum(1 for e in around.elements() if e.local == element.local) == 1
