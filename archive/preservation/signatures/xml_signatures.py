"""Reads one `ds:Signature` into facts: what is signed, with what digest, by whom it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice

from archive.preservation.signatures.xml_algorithms import DIGESTS, PSS_WITH_PARAMETERS
from archive.preservation.signatures.xml_canonical import (
    EXCLUSIVE,
    CanonicalizationUnknownError,
    Method,
    NodeSet,
    canonical,
)
from archive.preservation.signatures.xml_facts import XmlReference, XmlSignature
from archive.preservation.signatures.xml_properties import MAX_CLAIM, qualifying, signed_properties, with_properties
from archive.preservation.signatures.xml_references import (
    DS,
    MAX_REFERENCES,
    ReferenceProblem,
    Selected,
    Surroundings,
    decoded,
    digests,
    place,
    selected,
)
from archive.preservation.signatures.xml_stamps import NAMESPACES, Signed
from archive.preservation.signatures.xml_tree import Element

MAX_CERTIFICATES = 200
MAX_OBJECTS = 20
MAX_ADDED = 20
MAX_OBJECT_NODES = 20_000
_PSS = "http://www.w3.org/2007/05/xmldsig-more#"
_TOKENS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_TIMES = ("SignatureTime", "SigningTime", "date")


@dataclass(frozen=True, slots=True)
class Led:
    """A reference with what it leads to."""

    facts: XmlReference
    found: Selected | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Read:
    """A signature as facts, with what the reading of its surroundings still needs."""

    facts: XmlSignature
    element: Element
    references: tuple[Led, ...] = field(default=(), repr=False)


def is_signature(element: Element) -> bool:
    """Whether it is a signature that can be read: some writers put the element itself into a namespace of theirs."""
    if element.tag == (DS, "Signature"):
        return True
    return element.local == "Signature" and element.first(DS, "SignedInfo") is not None


def read_signature(element: Element, around: Surroundings, *, part: str = "") -> Read:
    """The facts of one signature; coverage is left open.

    Args:
        element: `ds:Signature`.
        around: Its document and what can be reached from it.
        part: Part of a package that holds it.
    """
    where = place(element)
    facts = XmlSignature(part or element.get("Id") or where, where, part=part)
    properties, problem = qualifying(element)
    certificates = tuple(dict.fromkeys((*_certificates(element), *_tokens(element, around))))
    facts = replace(facts, certificates=certificates, certificate_positions=(-1,) * len(certificates), problem=problem)
    try:
        facts = _with_value(facts, element)
    except (ReferenceProblem, CanonicalizationUnknownError) as error:
        return Read(replace(facts, problem=facts.problem or str(error)), element)
    own = signed_properties(properties)
    led = tuple(_references(element, own, around))
    facts = replace(facts, references=tuple(one.facts for one in led), claims=tuple(_office_comment(led)))
    if properties is not None:
        direct = tuple(one.found for one in led if not one.facts.within)
        signed = Signed(element, direct, around.budget)
        proven = any(one.facts.role == "properties" for one in led)
        facts = with_properties(facts, properties, signed, proven=proven)
    counters = next((one.facts.covers for one in led if one.facts.role == "counter"), "")
    return Read(replace(facts, office_time=_office_time(led), counters=counters), element, led)


def _with_value(facts: XmlSignature, element: Element) -> XmlSignature:
    info = element.first(DS, "SignedInfo")
    value = element.first(DS, "SignatureValue")
    if info is None or value is None:
        raise ReferenceProblem("format: a signature without SignedInfo or SignatureValue")
    form = info.first(DS, "CanonicalizationMethod")
    method = info.first(DS, "SignatureMethod")
    if form is None or method is None:
        raise ReferenceProblem("format: SignedInfo names no algorithms")
    listed = form.first(EXCLUSIVE, "InclusiveNamespaces")
    prefixes = (listed.get("PrefixList") or "") if listed is not None else ""
    shape = Method.of(form.get("Algorithm") or "", prefixes)
    address = method.get("Algorithm") or ""
    if method.first(DS, "HMACOutputLength") is not None:
        raise ReferenceProblem("format: a shortened signature value")
    return replace(
        facts,
        signed_info=canonical(NodeSet(info, comments=True), shape),
        method=address,
        mask=_mask(method) if address == PSS_WITH_PARAMETERS else ("", "", 0),
        value=_value(value),
    )


def _value(element: Element) -> bytes:
    try:
        return decoded(element.text)
    except ReferenceProblem as error:
        msg = f"format: SignatureValue: {error}"
        raise ReferenceProblem(msg) from error


def _mask(method: Element) -> tuple[str, str, int]:
    """Parameters of a PSS signature; those that are not given are SHA-256 with a salt of 32 bytes."""
    given = method.first(_PSS, "RSAPSSParams")
    digest = mask = "sha256"
    salt = 32
    if given is not None:
        inner = given.first(DS, "DigestMethod")
        if inner is not None:
            address = inner.get("Algorithm") or ""
            digest = mask = DIGESTS.get(address, address)
        function = given.first(_PSS, "MaskGenerationFunction")
        masked = function.first(DS, "DigestMethod") if function is not None else None
        if masked is not None:
            address = masked.get("Algorithm") or ""
            mask = DIGESTS.get(address, address)
        length = given.first(_PSS, "SaltLength")
        text = length.text.strip() if length is not None else "32"
        if not text.isdecimal() or len(text) > 4:  # noqa: PLR2004 - digits
            raise ReferenceProblem("format: salt length")
        salt = int(text)
        trailer = given.first(_PSS, "TrailerField")
        if trailer is not None and trailer.text.strip() != "1":
            raise ReferenceProblem("unsupported: a trailer of PSS")
    return digest, mask, salt


def _certificates(element: Element) -> Iterator[bytes]:
    holder = element.first(DS, "KeyInfo")
    count = 0
    for data in holder.all(DS, "X509Data") if holder is not None else ():
        for entry in data.all(DS, "X509Certificate"):
            count += 1
            if count > MAX_CERTIFICATES:
                return
            try:
                yield decoded(entry.text)
            except ReferenceProblem:
                continue


def _tokens(element: Element, around: Surroundings) -> Iterator[bytes]:
    """Certificates that stand beside the signature as tokens of WS-Security (X.509 Token Profile 1.1, clause 3.2)."""
    holder = element.first(DS, "KeyInfo")
    for named in islice(holder.walk() if holder is not None else (), MAX_CERTIFICATES):
        if named.tag != (_TOKENS, "Reference"):
            continue
        for token in around.identifiers.get((named.get("URI") or "").removeprefix("#"), ())[:1]:
            if token.tag == (_TOKENS, "BinarySecurityToken"):
                with suppress(ReferenceProblem):
                    yield decoded(token.text)


# ------------------------------------------------------------ references


def _references(signature: Element, own: Element | None, around: Surroundings) -> Iterator[Led]:
    info = signature.first(DS, "SignedInfo")
    members = info.all(DS, "Reference") if info is not None else []
    left = MAX_REFERENCES
    for member in members[:left]:
        led = _reference(member, signature, own, around)
        yield led
        if led.facts.role == "manifest" and led.found is not None and led.found.nodes is not None:
            for manifest in _manifests(led.found.nodes.apex):
                name = manifest.get("Id") or led.facts.uri
                for inner in manifest.all(DS, "Reference")[:left]:
                    left -= 1
                    yield _within(_reference(inner, signature, own, around), name)
    if len(members) > left:
        facts = XmlReference("", "content", "", b"", problem=f"unsupported: more than {MAX_REFERENCES} references")
        yield Led(facts)


def _within(led: Led, name: str) -> Led:
    return Led(replace(led.facts, within=name or "manifest"), led.found)


def _manifests(apex: Element) -> list[Element]:
    return [apex] if apex.tag == (DS, "Manifest") else apex.all(DS, "Manifest")


def _reference(reference: Element, signature: Element, own: Element | None, around: Surroundings) -> Led:
    method = reference.first(DS, "DigestMethod")
    address = (method.get("Algorithm") or "") if method is not None else ""
    name = DIGESTS.get(address, address)
    expected = reference.first(DS, "DigestValue")
    facts = XmlReference(reference.get("URI") or "", "content", name, b"")
    try:
        facts = replace(facts, expected=decoded(expected.text) if expected is not None else b"")
        found = selected(reference, signature, around)
        facts = replace(facts, covers=found.covers, role=_role(found, signature, own))
        if (reference.get("Type") or "").endswith("#SignedProperties") and facts.role != "properties":
            problem = "format: the reference to the signed properties leads elsewhere"
            return Led(replace(facts, problem=problem), found)
        if address not in DIGESTS:
            return Led(replace(facts, problem=f"unsupported: digest algorithm {address[:120]}"), found)
        values = list(digests(found, name, around.budget))
        if facts.expected not in values:
            facts = replace(facts, found=values[0])
            return Led(replace(facts, holds_without=_added(reference, found, signature, facts, around)), found)
    except ReferenceProblem as error:
        return Led(replace(facts, problem=str(error)))
    return Led(replace(facts, found=facts.expected), found)


def _added(
    reference: Element, found: Selected, signature: Element, facts: XmlReference, around: Surroundings
) -> tuple[str, ...]:
    """Signatures that were put into what is signed afterwards: the common way to break an enveloped signature."""
    if found.nodes is None:
        return ()
    try:
        # Whoever makes many references fail must not make us look for reasons without end.
        around.budget.take(nodes=around.document.nodes)
        own = {signature, *signature.ancestors(), *signature.walk()}
        inside = [e for e in found.nodes.apex.walk() if is_signature(e) and e not in own | found.nodes.without]
        whole = [e for e in around.document.root.walk() if is_signature(e)]
        # Those behind it in the document are usually the later ones; else all of them may have come later.
        behind = set(whole[whole.index(signature) :])
        for chosen in ([e for e in inside if e in behind], inside):
            if chosen and len(chosen) <= MAX_ADDED:
                less = selected(reference, signature, around, chosen)
                if facts.expected in digests(less, facts.digest, around.budget):
                    return tuple((e.get("Id") or place(e))[:MAX_CLAIM] for e in chosen)
    except ReferenceProblem:
        return ()
    return ()


def _role(found: Selected, signature: Element, own: Element | None) -> str:
    if found.nodes is None:
        return "content"
    apex = found.nodes.apex
    if own is not None and apex is own and not found.nodes.without:
        return "properties"
    if apex.tag == (DS, "SignatureValue") and apex.parent is not signature:
        return "counter"
    if apex.tag in ((DS, "Manifest"), (DS, "Object")) and _manifests(apex):
        return "manifest"
    if any(e is signature for e in apex.ancestors()):
        return "object"
    return "content"


# ------------------------------------------------------------ what office programs note beside


def _signed_objects(led: tuple[Led, ...]) -> Iterator[Element]:
    """Objects of the signature that are small enough to hold what such programs note."""
    objects = [
        one.found.nodes.apex
        for one in led
        if one.facts.role in ("object", "manifest") and one.found is not None and one.found.nodes is not None
    ]
    yield from (apex for apex in objects[:MAX_OBJECTS] if apex.size <= MAX_OBJECT_NODES)


def _office_time(led: tuple[Led, ...]) -> str:
    """Time in signed SignatureProperties: of Office, of OpenDocument, of electronic invoices."""
    for apex in _signed_objects(led):
        for element in apex.walk():
            if element.local in _TIMES and element.namespace not in NAMESPACES:
                inner = next((e for e in element.elements() if e.local == "Value"), element)
                if inner.text.strip():
                    return " ".join(inner.text.split())[:MAX_CLAIM]
    return ""


def _office_comment(led: tuple[Led, ...]) -> Iterator[tuple[str, str]]:
    for apex in _signed_objects(led):
        for element in apex.walk():
            if element.local == "SignatureComments" and element.text.strip():
                yield "comment", " ".join(element.text.split())[:MAX_CLAIM]
