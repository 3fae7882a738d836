"""What the time-stamps in a XAdES signature stamp (EN 319 132-1, clauses 5.3, 5.5 and 5.4 of 1.4.1's properties)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from archive.preservation.signatures.xml_canonical import (
    EXCLUSIVE,
    INCLUSIVE,
    CanonicalizationUnknownError,
    Method,
    NodeSet,
    canonical,
)
from archive.preservation.signatures.xml_facts import XmlStamp
from archive.preservation.signatures.xml_references import (
    DS,
    Budget,
    ReferenceProblem,
    Selected,
    decoded,
    pieces,
)
from archive.preservation.signatures.xml_tree import Element

NAMESPACES = (
    "http://uri.etsi.org/01903/v1.3.2#",
    "http://uri.etsi.org/01903/v1.2.2#",
    "http://uri.etsi.org/01903/v1.1.1#",
)
SECOND = "http://uri.etsi.org/01903/v1.4.1#"
MAX_STAMPS = 20
IMPRINTS = ("sha1", "sha256", "sha384", "sha512", "sha3_256", "sha3_512")
"""Algorithms under which a stamped input is kept, because a token tells its own only when it is read."""

_CONTENT = ("AllDataObjectsTimeStamp", "IndividualDataObjectsTimeStamp")
_REFERENCES = ("SigAndRefsTimeStamp", "RefsOnlyTimeStamp", "SigAndRefsTimeStampV2", "RefsOnlyTimeStampV2")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature with what its references lead to, in their order; None: nothing can be told of one."""

    signature: Element
    references: Sequence[Selected | None] = field(repr=False)
    budget: Budget


def read_stamps(signed: Signed, properties: Element) -> tuple[XmlStamp, ...]:
    """Time-stamps in `properties` (UnsignedSignatureProperties, or the signed ones of data objects), each token once.

    Args:
        signed: The signature around them.
        properties: Element whose children are looked at.
    """
    found: list[XmlStamp] = []
    earlier: list[Element] = []
    left = MAX_STAMPS
    for position, element in enumerate(properties.elements()):
        kind = _kind(element)
        if kind and left:
            left -= 1
            found += islice(_tokens(signed, element, kind, earlier, position), MAX_STAMPS - len(found))
        earlier.append(element)
    return tuple(found)


def _kind(element: Element) -> str:
    if element.namespace in NAMESPACES and element.local == "SignatureTimeStamp":
        return "signature"
    if element.namespace in (*NAMESPACES, SECOND):
        if element.local == "ArchiveTimeStamp":
            return "archive"
        if element.local in _CONTENT:
            return "content"
        if element.local in _REFERENCES:
            return "references"
    return ""


def _tokens(
    signed: Signed, element: Element, kind: str, earlier: Sequence[Element], position: int
) -> Iterator[XmlStamp]:
    imprints: tuple[tuple[str, bytes], ...] = ()
    try:
        imprints = _imprints(signed, element, kind, earlier)
        problem = "" if imprints else f"unsupported: {element.local} is recognised, not judged"
    except (ReferenceProblem, CanonicalizationUnknownError) as error:
        problem = str(error)
    for holder in element.elements():
        if holder.local == "XMLTimeStamp":
            yield XmlStamp(kind, b"", (), position, "unsupported: a time-stamp in XML")
        elif holder.local == "EncapsulatedTimeStamp":
            try:
                yield XmlStamp(kind, decoded(holder.text), imprints, position, problem)
            except ReferenceProblem as error:
                yield XmlStamp(kind, b"", (), position, str(error))


def _method(element: Element) -> Method:
    chosen = element.first(DS, "CanonicalizationMethod")
    if chosen is None:
        return Method.of(INCLUSIVE)
    listed = chosen.first(EXCLUSIVE, "InclusiveNamespaces")
    return Method.of(chosen.get("Algorithm") or "", (listed.get("PrefixList") or "") if listed is not None else "")


def _imprints(signed: Signed, element: Element, kind: str, earlier: Sequence[Element]) -> tuple[tuple[str, bytes], ...]:
    method = _method(element)
    if kind == "signature":
        value = signed.signature.first(DS, "SignatureValue")
        chosen = [i for i in element.elements() if i.local in ("Include", "HashDataInfo")]
        if value is None or any(not _includes(i, value) for i in chosen):
            raise ReferenceProblem("unsupported: a time-stamp over chosen parts")
        octets = canonical(NodeSet(value), method)
        signed.budget.take(octets=len(octets))
        return _digests(iter([octets]))
    if kind == "archive" and element.namespace == SECOND:
        found = _digests(_archived(signed, method, earlier, every=False))
        if any(_referenced(o, _taken(signed)) for o in signed.signature.all(DS, "Object")):
            found += _digests(_archived(signed, method, earlier, every=True))
        return found
    return ()


def _includes(include: Element, value: Element) -> bool:
    """Whether it names the signature value as it is; `HashDataInfo` of 1.1.1 may transform it first."""
    if any(child.local == "Transforms" for child in include.elements()):
        return False
    return (include.get("URI") or include.get("uri") or "").removeprefix("#") == value.get("Id")


def _digests(pieces: Iterator[bytes]) -> tuple[tuple[str, bytes], ...]:
    values = {name: hashlib.new(name) for name in IMPRINTS}
    for piece in pieces:
        for value in values.values():
            value.update(piece)
    return tuple((name, value.digest()) for name, value in values.items())


def _archived(signed: Signed, method: Method, earlier: Sequence[Element], *, every: bool) -> Iterator[bytes]:
    """The input of an archive time-stamp of 1.4.1 (EN 319 132-1, clause 5.5.2.2).

    Args:
        signed: The signature.
        method: Canonical form.
        earlier: Unsigned properties before the time-stamp.
        every: Also objects that a reference leads to, which step 2 has taken already: the clause was read either way.
    """
    for found in signed.references:
        if found is None:
            raise ReferenceProblem("unsupported: an archive time-stamp over data that cannot be read")
        yield from _reference(found, method, signed.budget)
    signature = signed.signature
    parts = [signature.first(DS, name) for name in ("SignedInfo", "SignatureValue", "KeyInfo")]
    taken = _taken(signed)
    objects = [
        o
        for o in signature.all(DS, "Object")
        if not any(e.local == "QualifyingProperties" for e in o.elements()) and (every or not _referenced(o, taken))
    ]
    for element in chain((p for p in parts if p is not None), earlier, objects):
        signed.budget.take(nodes=element.size)
        yield canonical(NodeSet(element), method)


def _taken(signed: Signed) -> set[Element]:
    return {f.nodes.apex for f in signed.references if f is not None and f.nodes is not None}


def _referenced(element: Element, taken: set[Element]) -> bool:
    return element in taken


def _reference(found: Selected, method: Method, budget: Budget) -> Iterator[bytes]:
    if found.last is not None:
        budget.take(nodes=found.last.apex.size)
        yield canonical(found.last, method)
        return
    for piece in pieces(found.octets[0], budget):
        # Each piece goes through several digests.
        budget.take(octets=3 * len(piece))
        yield piece
