"""The byte readers under one roof for fuzzing: ordinary bytes to start from, and readers that look at everything."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.preservation.signatures import asn1
from archive.preservation.signatures.algorithms import signature_algorithm
from archive.preservation.signatures.arithmetic import AlgorithmUnknownError, KeyUnusableError, verify
from archive.preservation.signatures.arithmetic_curves import ecdsa
from archive.preservation.signatures.asn1 import Asn1Error, encoded_oid
from archive.preservation.signatures.certificates import Certificate, CertificateUnreadableError, certificate
from archive.preservation.signatures.cms_reading import CmsUnreadableError, read_pkcs1, read_signed_data, read_token
from archive.preservation.signatures.crl_reading import RevocationList
from archive.preservation.signatures.keys import public_key
from archive.preservation.signatures.names import name
from archive.preservation.signatures.revocation import Revocations
from archive.preservation.signatures.revocation_reading import RevocationUnreadableError, read_revocation
from archive.preservation.signatures.values import is_genuine, stated_digest
from tests.generators.ocsp_answers import Answer, revoked, time_of
from tests.generators.signed_data import (
    AUTHORITY,
    START,
    TST_INFO,
    Holder,
    Info,
    algorithm,
    attribute,
    crl_of,
    der,
    entry,
    holder,
    number,
    octets,
    seq,
    signed_data,
    utc,
)

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ED25519 = "1.3.101.112"
_AA = "1.2.840.113549.1.9.16.2."


@cache
def _holders() -> tuple[Holder, Holder]:
    """Keys that are the same in every run, of a kind whose signatures are so too: a failure is there again."""
    ca = holder("CA", key=Ed25519PrivateKey.from_private_bytes(b"c" * 32), extensions=AUTHORITY, number_=5)
    points = x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier("http://ca/1.crl")], None, None, None)]
    )
    names = x509.SubjectAlternativeName([x509.DNSName("gov.vn"), x509.RFC822Name("a@gov.vn")])
    constraints = x509.NameConstraints([x509.DNSName("vn")], None)
    policies = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)])
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (points, False),
        (names, False),
        (constraints, True),
        (policies, False),
        (x509.BasicConstraints(ca=True, path_length=1), True),
    )
    key = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
    return ca, holder("Nguyễn Văn Minh", ca, key=key, extensions=extensions, number_=77)


@cache
def seeds() -> Mapping[str, tuple[bytes, ...]]:
    """Well-formed bytes by reader."""
    ca, person = _holders()
    listed = crl_of(ca, START, (x509.CRLNumber(7), False), revoked=(entry(77, START), entry(5, START)))
    answer = Answer(ca, ca, 77, START, revoked(START), carried=(person,), signature_algorithm=ED25519)
    info = seq(number(1), encoded_oid("1.2.3"), seq(algorithm(_SHA256), octets(b"h" * 32)), number(9), time_of(START))
    token = signed_data(
        (Info(person, signature_algorithm=algorithm(ED25519), content=info),), content=info, content_type=TST_INFO
    )
    made = Info(person, signature_algorithm=algorithm(ED25519), unsigned=(attribute(_AA + "14", token),))
    made.attributes = made.standard(
        attribute("1.2.840.113549.1.9.5", utc(START)),
        attribute(_AA + "47", seq(seq(seq(octets(b"d" * 32))))),
        attribute("1.2.840.113583.1.1.8", seq(der(0xA0, seq(listed)), der(0xA1, seq(answer.whole())))),
    )
    plain = signed_data((made,), lists=(listed,))
    pieces = b"\x24\x80" + octets(b"noi ") + octets(b"dung") + b"\0\0"
    return {
        "certificate": (ca.der, person.der),
        "revocation": (listed, answer.whole(), answer.basic()),
        "cms": (plain, token, signed_data((made, made), content=b"noi dung"), _opened(plain, pieces)),
        "pieces": (octets(b"s" * 64), algorithm(ED25519), certificate(ca.der).public_key.spki, ca_name(ca), info),
    }


_SHA256 = "2.16.840.1.101.3.4.2.1"


def ca_name(ca: Holder) -> bytes:
    return ca.certificate.subject.public_bytes()


def _opened(plain: bytes, pieces: bytes) -> bytes:
    """The same SignedData with indefinite lengths and its content in pieces."""
    outer = asn1.members(plain, asn1.first(plain))
    inside = asn1.first(plain, outer[1][2], outer[1][3])
    parts = [asn1.encoded(plain, e) for e in asn1.members(plain, inside)]
    parts[2] = b"\x30\x80" + encoded_oid("1.2.840.113549.1.7.1") + b"\xa0\x80" + pieces + b"\0\0\0\0"
    return b"\x30\x80" + asn1.encoded(plain, outer[0]) + b"\xa0\x80\x30\x80" + b"".join(parts) + b"\0\0" * 3


def _issuer() -> Certificate:
    return certificate(_holders()[0].der)


def read_as_certificate(data: bytes) -> None:
    try:
        found = certificate(data)
    except CertificateUnreadableError:
        return
    issuer = _issuer()
    # What the issuer signed is genuine, in whatever wrapping; nothing else is.
    assert not found.issued_by(issuer) or found.tbs in {certificate(h.der).tbs for h in _holders()}
    assert isinstance(found.name, str)
    assert isinstance(found.common_name, str)
    assert found.key_hash("1.3.14.3.2.26") is not None
    assert set(found.unknown_critical) <= set(found.extensions)
    _ = found.sha256, found.digest_name, found.not_understood, found.is_time_stamper, found.valid_at(NOW)
    for general in found.says.alternative_names:
        assert isinstance(general.text, str)
    _ = Revocations(seeds()["revocation"], NOW).status(found, issuer, NOW)


def read_as_revocation(data: bytes) -> None:
    issuer, person = _issuer(), certificate(_holders()[1].der)
    found = Revocations([data], NOW, certificates=[person])
    _ = found.status(person, issuer, START)
    try:
        read = read_revocation(data)
    except RevocationUnreadableError:
        return
    if isinstance(read, RevocationList):
        for serial in read.positions:
            assert read.entry(serial) is not None


def read_as_cms(data: bytes) -> None:
    try:
        signed = read_signed_data(data)
    except CmsUnreadableError:
        return
    for facts in signed.signers:
        for token in (*facts.tokens, *facts.content_tokens):
            if token != data:
                read_as_cms(token)
        if facts.certificate is not None:
            _value(facts.signature, facts.signed_bytes, certificate(facts.certificate), facts)
    try:
        read_token(signed)
    except CmsUnreadableError:
        return


def _value(signature: bytes, forms: tuple[bytes, ...], who: Certificate, facts: object) -> None:
    algorithm_, digest = facts.signature_algorithm, facts.digest  # type: ignore[attr-defined] # SignerFacts
    _ = stated_digest(signature, who)
    for form in forms:
        try:
            is_genuine(signature, form, algorithm_, digest, who)
        except AlgorithmUnknownError:
            return


def read_as_pieces(data: bytes) -> None:
    """Small structures on their own: names, keys, algorithms, bare values, anything in BER."""
    for reader in (name, signature_algorithm, asn1.normalised):
        try:
            reader(data)
        except Asn1Error:
            continue
    with contextlib.suppress(CmsUnreadableError):
        read_pkcs1(data, ())
    with contextlib.suppress(Asn1Error, AlgorithmUnknownError, KeyUnusableError):
        verify(data[:64], data, signature_algorithm(algorithm(ED25519)), "", public_key(data))
    ecdsa(data, b"h" * 32, "secp256r1", _P256)


_P256 = bytes.fromhex(
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)

TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "certificate": read_as_certificate,
    "revocation": read_as_revocation,
    "cms": read_as_cms,
    "pieces": read_as_pieces,
}
"""Each lets nothing out but what a reader names; anything else is a finding."""
