"""Reads the XAdES properties of a signature (EN 319 132-1) into facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archive.preservation.signatures.xml_algorithms import DIGESTS
from archive.preservation.signatures.xml_facts import XmlSignature
from archive.preservation.signatures.xml_references import DS, ReferenceProblem, decoded
from archive.preservation.signatures.xml_stamps import NAMESPACES, Signed, read_stamps
from archive.preservation.signatures.xml_tree import Element

MAX_VALUES = 500
MAX_CLAIM = 300


def qualifying(signature: Element) -> tuple[Element | None, str]:
    """The QualifyingProperties of a signature, and what is wrong with them."""
    found = [
        element
        for holder in signature.all(DS, "Object")
        for element in holder.elements()
        if element.namespace in NAMESPACES and element.local == "QualifyingProperties"
    ]
    if len(found) > 1:
        return None, "format: two QualifyingProperties in one signature"
    return (found[0] if found else None), ""


def signed_properties(properties: Element | None) -> Element | None:
    """The SignedProperties in QualifyingProperties."""
    return properties.first(properties.namespace, "SignedProperties") if properties is not None else None


def with_properties(facts: XmlSignature, properties: Element, signed: Signed, *, proven: bool) -> XmlSignature:
    """`facts` with what the properties say.

    Args:
        facts: The signature so far.
        properties: QualifyingProperties.
        signed: The signature as elements.
        proven: A reference of the signature leads to the signed ones; otherwise anybody may have written them.
    """
    space = properties.namespace
    facts = replace(facts, properties=space, properties_signed=proven)
    own = properties.first(space, "SignedProperties", "SignedSignatureProperties")
    if own is not None and proven:
        facts = replace(
            facts,
            signing_time=_line(own.first(space, "SigningTime")),
            certificate_digests=tuple(_digests(own)),
            claims=(*facts.claims, *_claims(properties, own)),
        )
        objects = properties.first(space, "SignedProperties", "SignedDataObjectProperties")
        if objects is not None:
            facts = replace(facts, stamps=read_stamps(signed, objects))
    unsigned = properties.first(space, "UnsignedProperties", "UnsignedSignatureProperties")
    if unsigned is None:
        return facts
    values = _encapsulated(unsigned, ("EncapsulatedX509Certificate",))
    answers = _encapsulated(unsigned, ("EncapsulatedCRLValue", "EncapsulatedOCSPValue"))
    fresh = {der: place for der, place in values.items() if der not in facts.certificates}
    return replace(
        facts,
        unsigned_properties=tuple(e.local for e in unsigned.elements())[:MAX_VALUES],
        stamps=(*facts.stamps, *read_stamps(signed, unsigned)),
        certificates=(*facts.certificates, *fresh),
        certificate_positions=(*facts.certificate_positions, *fresh.values()),
        revocation=tuple(answers),
        revocation_positions=tuple(answers.values()),
    )


def _line(element: Element | None) -> str:
    return " ".join(element.text.split())[:MAX_CLAIM] if element is not None else ""


def _digests(own: Element) -> Iterator[tuple[str, bytes]]:
    """Digests of SigningCertificate or its second version: the signer's first (clause 5.2.2)."""
    for name in ("SigningCertificateV2", "SigningCertificate"):
        holder = own.first(own.namespace, name)
        if holder is None:
            continue
        for entry in holder.all(own.namespace, "Cert")[:MAX_VALUES]:
            digest = entry.first(own.namespace, "CertDigest")
            if digest is None:
                continue
            # XAdES 1.1.1 has these two in its own namespace.
            method = digest.first(DS, "DigestMethod") or digest.first(own.namespace, "DigestMethod")
            value = digest.first(DS, "DigestValue") or digest.first(own.namespace, "DigestValue")
            if method is None or value is None:
                continue
            address = method.get("Algorithm") or ""
            try:
                yield DIGESTS.get(address, address), decoded(value.text)
            except ReferenceProblem:
                yield address, b""
        return


def _claims(properties: Element, own: Element) -> Iterator[tuple[str, str]]:
    space = own.namespace
    for name in ("SignerRoleV2", "SignerRole"):
        roles = own.first(space, name, "ClaimedRoles")
        for role in roles.all(space, "ClaimedRole") if roles is not None else ():
            yield "role", _line(role)
    for name in ("SignatureProductionPlaceV2", "SignatureProductionPlace"):
        place = own.first(space, name)
        if place is not None:
            yield "place", ", ".join(filter(None, map(_line, place.elements())))[:MAX_CLAIM]
    policy = own.first(space, "SignaturePolicyIdentifier", "SignaturePolicyId", "SigPolicyId", "Identifier")
    if policy is not None:
        yield "policy", _line(policy)
    objects = properties.first(space, "SignedProperties", "SignedDataObjectProperties")
    for commitment in objects.all(space, "CommitmentTypeIndication") if objects is not None else ():
        yield "commitment", _line(commitment.first(space, "CommitmentTypeId", "Identifier"))


def _encapsulated(unsigned: Element, names: tuple[str, ...]) -> dict[bytes, int]:
    """Values by their bytes, each with the place of the property in which it first stands."""
    found: dict[bytes, int] = {}
    for position, prop in enumerate(unsigned.elements()):
        for element in prop.walk():
            if element.local not in names or element.namespace not in NAMESPACES or len(found) >= MAX_VALUES:
                continue
            try:
                found.setdefault(decoded(element.text), position)
            except ReferenceProblem:
                continue
    return found
