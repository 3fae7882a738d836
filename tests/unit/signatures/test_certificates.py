"""Certificates as facts: our reader says what `cryptography` says, and what that refuses is read or refused by name."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, CertificatePoliciesOID, ExtendedKeyUsageOID, NameOID

from archive.preservation.signatures import asn1
from archive.preservation.signatures.asn1 import Asn1Error, encoded_oid
from archive.preservation.signatures.certificates import CertificateUnreadableError, certificate, readable
from archive.preservation.signatures.extensions import Extension, Extensions
from archive.preservation.signatures.keys import public_key
from archive.preservation.signatures.names import name
from tests.generators.certificate_facts import by_library, ours
from tests.generators.signed_data import (
    AUTHORITY,
    ECDSA_SHA256,
    END,
    START,
    Holder,
    algorithm,
    der,
    holder,
    number,
    octets,
    seq,
    set_of,
    signing,
    utc,
)

REAL = Path(__file__).resolve().parents[4] / "shared" / "trust"
_Extensions = tuple[tuple[x509.ExtensionType, bool], ...]


@cache
def authority() -> Holder:
    return holder("CA dùng thử", extensions=AUTHORITY)


def _uri(text: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(text)


RICH: _Extensions = (
    (x509.BasicConstraints(ca=True, path_length=3), True),
    (
        x509.NameConstraints(
            [x509.DNSName("gov.vn"), x509.IPAddress(ipaddress.ip_network("10.0.0.0/8"))],
            [
                x509.RFC822Name("ngoai.vn"),
                x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")])),
            ],
        ),
        True,
    ),
    (
        x509.CertificatePolicies(
            [
                x509.PolicyInformation(CertificatePoliciesOID.ANY_POLICY, None),
                x509.PolicyInformation(x509.ObjectIdentifier("1.2.3.4"), ["https://ca.gov.vn/cps"]),
            ]
        ),
        False,
    ),
    (x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=2), True),
    (x509.InhibitAnyPolicy(1), True),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
    (x509.OCSPNoCheck(), False),
    (
        x509.SubjectAlternativeName(
            [
                x509.DNSName("luutru.gov.vn"),
                x509.RFC822Name("vanthu@gov.vn"),
                x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
                x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Văn thư, (Bộ) +1")])),
                _uri("https://gov.vn/"),
            ]
        ),
        False,
    ),
    (
        x509.CRLDistributionPoints(
            [
                x509.DistributionPoint([_uri("http://ca.gov.vn/1.crl"), _uri("ldap://ca")], None, None, None),
                x509.DistributionPoint(
                    [_uri("http://ca.gov.vn/2.crl")],
                    None,
                    frozenset({x509.ReasonFlags.key_compromise}),
                    [x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Khác")]))],
                ),
            ]
        ),
        False,
    ),
    (
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _uri("http://ocsp.gov.vn")),
                x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, _uri("http://ca.gov.vn/ca.cer")),
            ]
        ),
        False,
    ),
    (x509.SubjectKeyIdentifier(b"\x01" * 20), False),
    (x509.AuthorityKeyIdentifier(b"\x02" * 20, None, None), False),
)

MADE: dict[str, Callable[[], Holder]] = {
    "plain": lambda: holder("Trơn"),
    "authority": authority,
    "rich": lambda: holder("Đủ phần mở rộng", authority(), extensions=RICH),
    "rsa": lambda: holder("RSA", key=rsa.generate_private_key(65537, 2048), hashed=hashes.SHA512()),
    "pss": lambda: holder(
        "PSS",
        key=rsa.generate_private_key(3, 2048),
        pss=padding.PSS(padding.MGF1(hashes.SHA256()), 32),
    ),
    "p384": lambda: holder("P-384", key=ec.generate_private_key(ec.SECP384R1()), hashed=hashes.SHA3_256()),
    "p521": lambda: holder("P-521", key=ec.generate_private_key(ec.SECP521R1()), hashed=hashes.SHA512()),
    "brainpool": lambda: holder("Brainpool", key=ec.generate_private_key(ec.BrainpoolP384R1())),
    "ed25519": lambda: holder("Ed25519", key=ed25519.Ed25519PrivateKey.generate()),
    "ed448": lambda: holder("Ed448", key=ed448.Ed448PrivateKey.generate()),
    "after 2050": lambda: holder("Lâu dài", span=(START, datetime(2058, 1, 1, tzinfo=UTC))),
    "old": lambda: holder("Cũ", span=(datetime(1955, 5, 5, tzinfo=UTC), END)),
    "strange name": lambda: holder(' #a,b+c"d\\e<f>;g=\0 '),
}


@pytest.mark.parametrize("kind", MADE)
def test_our_reader_and_the_library_say_the_same(kind: str) -> None:
    made = MADE[kind]()
    assert ours(certificate(made.der)) == by_library(made.der)


@pytest.mark.parametrize("kind", [k for k in MADE if k != "rich"])
def test_a_self_signed_certificate_is_issued_by_itself_and_by_no_twin(kind: str) -> None:
    found = certificate(MADE[kind]().der)
    twin = certificate(MADE[kind]().der) if kind != "authority" else certificate(holder("CA dùng thử").der)
    assert found.issued_by(found)
    assert not found.issued_by(twin)


def test_the_roots_of_the_world_are_read_alike_and_are_issued_by_themselves() -> None:
    """Certificates of more than a hundred authorities, made by many programs over thirty years."""
    pems = re.findall("-----BEGIN CERTIFICATE-----(.+?)-----END", Path(certifi.where()).read_text("ascii"), re.DOTALL)
    assert len(pems) > 100
    for der_ in map(base64.b64decode, pems):
        found = certificate(der_)
        assert ours(found) == by_library(der_)
        assert found.issued_by(found)
        assert not found.says.undecodable


def test_the_governments_certificates_are_read_alike() -> None:
    files = sorted(REAL.glob("*.der")) if REAL.is_dir() else []
    if not files:
        pytest.skip("the certificates of the Government's authorities are not on this machine (../shared/trust)")
    for path in files:
        der_ = path.read_bytes()
        assert ours(certificate(der_)) == by_library(der_)


def test_a_certificate_is_issued_by_whom_it_names_with_the_right_key_only() -> None:
    leaf = certificate(holder("Văn thư", authority()).der)
    assert leaf.issued_by(certificate(authority().der))
    assert not leaf.issued_by(certificate(holder("CA dùng thử", extensions=AUTHORITY).der))
    same_key = certificate(holder("Tên khác", key=authority().key, extensions=AUTHORITY).der)
    assert not leaf.issued_by(same_key)
    broken = bytearray(leaf.der)
    broken[60] ^= 1
    assert leaf.der != bytes(broken)
    try:
        changed = certificate(bytes(broken))
    except CertificateUnreadableError:
        return
    assert not changed.issued_by(certificate(authority().der))


def test_one_name_in_two_encodings_is_one_name() -> None:
    """RFC 5280, 7.1: authorities changed from PrintableString to UTF8String and kept their names."""

    def written(tag: int, text: bytes) -> bytes:
        return seq(set_of(seq(encoded_oid("2.5.4.3"), der(tag, text))))

    printable, utf8 = written(0x13, b"Root  CA "), written(0x0C, b"root ca")
    assert name(printable).canonical == name(utf8).canonical
    assert name(printable).printable != name(utf8).printable
    assert name(written(0x0C, b"root cb")).canonical != name(utf8).canonical
    assert name(written(0x1E, "Bộ".encode("utf-16-be"))).common_name == "Bộ"


def test_key_hashes_are_those_of_ocsp() -> None:
    found = certificate(authority().der)
    expected = x509.SubjectKeyIdentifier.from_public_key(authority().key.public_key()).digest
    assert found.key_hash("1.3.14.3.2.26") == expected
    assert found.key_hash("1.2.3") is None


def _raw(
    *extensions: bytes,
    version: int | None = 2,
    serial: bytes = number(7),
    inside: bytes = algorithm(ECDSA_SHA256),
    outside: bytes = algorithm(ECDSA_SHA256),
    behind: bytes = b"",
) -> bytes:
    """A self-signed certificate octet by octet."""
    key = authority().key
    spki = authority().certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    subject = authority().certificate.subject.public_bytes()
    tbs = seq(
        der(0xA0, number(version)) if version is not None else b"",
        serial,
        inside,
        subject,
        seq(utc(START), utc(END)),
        subject,
        spki,
        der(0xA3, seq(*extensions)) if extensions else b"",
    )
    return seq(tbs, outside, der(0x03, b"\0", signing(key)(tbs))) + behind


def _extension(identifier: str, value: bytes, *, critical: bool = False) -> bytes:
    return seq(encoded_oid(identifier), b"\x01\x01\xff" if critical else b"", octets(value))


def _library_reads(der_: bytes) -> bool:
    try:
        by_library(der_)
    except (ValueError, TypeError, KeyError, x509.DuplicateExtension):
        return False
    return True


class TestWhatTheLibraryRefuses:
    """Research met such certificates among 428 of the world's; a signature under them can still be judged."""

    def test_an_extension_with_an_unreadable_value_is_named(self) -> None:
        der_ = _raw(_extension("2.5.29.31", b"\x30\x05\x01"), _extension("2.5.29.14", octets(b"k" * 20)))
        assert not _library_reads(der_)
        found = certificate(der_)
        assert found.says.undecodable == ("2.5.29.31",)
        assert found.says.subject_key == b"k" * 20
        assert found.unknown_critical == ()
        assert found.issued_by(found)

    @pytest.mark.parametrize("identifier", ["2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.30", "2.5.29.36"])
    def test_an_unreadable_limit_stops_every_path(self, identifier: str) -> None:
        found = certificate(_raw(_extension(identifier, b"\x05")))
        assert found.unknown_critical == (identifier,)

    @pytest.mark.parametrize(
        ("identifier", "value"),
        [
            ("2.5.29.19", seq(b"\x01\x01\xff", b"\x02\x01\xff")),
            ("2.5.29.54", b"\x02\x01\x80"),
            ("2.5.29.36", seq(b"\x80\x01\xff")),
            ("2.5.29.30", seq(der(0xA0, seq(der(0x87, b"\x0a\0\0\0"))))),
            ("2.5.29.30", seq(der(0xA2, seq(der(0x82, b"vn"))))),
        ],
        ids=["path-length", "any-policy", "policies", "address-without-mask", "unknown-constraint"],
    )
    def test_a_limit_without_meaning_stops_every_path(self, identifier: str, value: bytes) -> None:
        assert certificate(_raw(_extension(identifier, value))).unknown_critical == (identifier,)

    def test_a_length_that_der_would_write_shorter_is_read(self) -> None:
        der_ = _raw()
        loose = b"\x30\x83\x00" + der_[2:4] + der_[4:]
        assert not _library_reads(loose)
        assert certificate(loose).serial == 7

    def test_a_truth_value_that_states_its_default_is_read(self) -> None:
        found = certificate(_raw(seq(encoded_oid("2.5.29.14"), b"\x01\x01\0", octets(octets(b"k")))))
        assert found.extensions["2.5.29.14"] == Extension(critical=False, value=octets(b"k"))

    def test_negative_and_endless_serial_numbers_are_read(self) -> None:
        assert certificate(_raw(serial=b"\x02\x01\xff")).serial == -1
        assert certificate(_raw(serial=der(0x02, b"\x01" * 200))).serial == int.from_bytes(b"\x01" * 200, "big")


class TestRefused:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"-----BEGIN CERTIFICATE-----",
            seq(),
            _raw(behind=b"\0"),
            _raw(_extension("2.5.29.14", octets(b"k")), _extension("2.5.29.14", octets(b"l"))),
            _raw(serial=der(0x04, b"\x01")),
            _raw(version=3),
            _raw(version=-1),
            _raw(*[_extension(f"1.2.3.{n}", b"") for n in range(101)]),
        ],
        ids=[
            "nothing",
            "pem",
            "empty",
            "bytes-behind",
            "extension-twice",
            "serial",
            "version-4",
            "version-0",
            "101-extensions",
        ],
    )
    def test_what_is_no_certificate_is_named_so(self, data: bytes) -> None:
        with pytest.raises(CertificateUnreadableError):
            certificate(data)

    def test_a_certificate_of_unusual_size_is_not_read(self) -> None:
        with pytest.raises(CertificateUnreadableError, match="128 KiB"):
            certificate(bytes((128 << 10) + 1))

    def test_the_readable_ones_of_many_are_given_once_each_in_order(self) -> None:
        first, second = holder("Một").der, holder("Hai").der
        assert [c.der for c in readable([b"x", first, second, first])] == [first, second]
        assert len(readable([holder("Một").der] + [bytes((n % 256, n // 256)) for n in range(500)] + [second])) == 1


def test_a_certificate_whose_two_algorithms_differ_is_issued_by_nobody() -> None:
    found = certificate(_raw(outside=algorithm("1.2.840.10045.4.3.3")))
    assert not found.is_well_formed
    assert not found.issued_by(found)
    same = certificate(_raw())
    assert same.is_well_formed
    assert same.issued_by(same)


def test_a_signature_or_key_of_a_broken_octet_proves_nothing() -> None:
    """Otherwise one octet of a signed certificate could be changed unseen."""
    plain = _raw()
    outer = asn1.members(plain, asn1.first(plain))
    changed = bytearray(plain)
    changed[outer[2][2]] = 1
    found = certificate(bytes(changed))
    assert not found.issued_by(found)
    spki = bytearray(certificate(plain).public_key.spki)
    spki[asn1.members(bytes(spki), asn1.first(bytes(spki)))[1][2]] = 1
    with pytest.raises(Asn1Error, match="unused bits"):
        public_key(bytes(spki))


def test_a_version_1_certificate_says_nothing_of_itself() -> None:
    found = certificate(_raw(version=None))
    assert (found.version, found.extensions, found.is_authority, found.path_length) == (1, {}, False, None)
    assert found.may_sign_documents
    assert found.may_sign_lists


def test_unknown_critical_extensions_are_told() -> None:
    found = certificate(_raw(_extension("1.2.3.4", b"", critical=True), _extension("1.2.3.5", b"")))
    assert found.unknown_critical == ("1.2.3.4",)
    constrained = certificate(_raw(_extension("2.5.29.30", seq(), critical=True)))
    assert constrained.unknown_critical == ()
    assert constrained.not_understood == ("2.5.29.30",)


class TestPurposes:
    def made(self, *extensions: tuple[x509.ExtensionType, bool]) -> Extensions:
        return certificate(holder("Ai đó", authority(), extensions=extensions).der).says

    def test_a_time_stamper_is_for_nothing_else_and_says_so_critically(self) -> None:
        stamping, other = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION
        cases = [
            ([stamping], True, True),
            ([stamping], False, False),
            ([stamping, other], True, False),
            ([other], True, False),
        ]
        for purposes, critical, expected in cases:
            extensions: _Extensions = ((x509.ExtendedKeyUsage(purposes), critical),)
            found = certificate(holder("Máy chủ", authority(), extensions=extensions).der)
            assert found.is_time_stamper is expected, (purposes, critical)

    def test_a_responder_is_delegated_and_may_say_that_nobody_need_ask_for_it(self) -> None:
        purpose: tuple[x509.ExtensionType, bool] = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)
        plain = certificate(holder("OCSP", authority(), extensions=(purpose,)).der)
        assert (plain.may_answer_ocsp, plain.is_ocsp_responder) == (True, False)
        free = certificate(holder("OCSP", authority(), extensions=(purpose, (x509.OCSPNoCheck(), False))).der)
        assert (free.may_answer_ocsp, free.is_ocsp_responder) == (True, True)

    def test_qualified_statements_are_kept_as_they_stand(self) -> None:
        found = certificate(_raw(_extension("1.3.6.1.5.5.7.1.3", seq(seq(encoded_oid("0.4.0.1862.1.1"))))))
        assert found.says.qc_statements == seq(seq(encoded_oid("0.4.0.1862.1.1")))

    def test_the_issuers_certificate_may_be_named_by_issuer_and_serial_number(self) -> None:
        directory = der(0xA4, authority().certificate.subject.public_bytes())
        value = seq(der(0x80, b"k"), der(0xA1, directory), der(0x82, b"\x07"))
        says = certificate(_raw(_extension("2.5.29.35", value))).says
        assert says.authority_key == b"k"
        assert says.authority_issuer is not None
        assert (says.authority_issuer[0][0].kind, says.authority_issuer[1]) == ("directory", 7)

    def test_reasons_and_issuers_of_list_points_are_read(self) -> None:
        says = certificate(holder("Đủ", authority(), extensions=RICH).der).says
        assert says.list_points[0].reasons is None
        assert says.list_points[1].reasons == frozenset({"keyCompromise"})
        assert says.list_points[1].issuers[0].text == "CN=Khác"


def test_equality_is_that_of_the_bytes() -> None:
    found = certificate(authority().der)
    assert found == replace(found)
    assert hash(found) == hash(replace(found))
    assert found != certificate(holder("CA dùng thử").der)
    assert found != "CA dùng thử"


def test_names_that_break_their_form_are_refused() -> None:
    for broken in (b"", number(1), seq(set_of(seq(encoded_oid("2.5.4.3")))), seq(number(1))):
        with pytest.raises(Asn1Error):
            name(broken)
