"""CMS as facts: what ordinary and unusual signers write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from archive.preservation.signatures import asn1
from archive.preservation.signatures.asn1 import encoded_oid
from archive.preservation.signatures.certificates import certificate
from archive.preservation.signatures.cms_facts import SignerName
from archive.preservation.signatures.cms_reading import (
    CmsUnreadableError,
    SignerFacts,
    is_signed_attributes,
    new_digest,
    read_pkcs1,
    read_signed_data,
    read_token,
)
from archive.preservation.signatures.values import (
    AlgorithmUnknownError,
    is_genuine,
    is_genuine_over,
    stated_digest,
)
from tests.generators.signed_data import (
    DATA,
    ECDSA_SHA256,
    RSA_SHA256,
    SHA256,
    SHA512,
    START,
    TST_INFO,
    AnyKey,
    Holder,
    Info,
    algorithm,
    attribute,
    crl_of,
    der,
    holder,
    issuer_and_serial,
    number,
    octets,
    seq,
    set_of,
    signed_data,
    signing,
    utc,
)

CONTENT = b"noi dung"
_AA = "1.2.840.113549.1.9.16.2."


@cache
def signer() -> Holder:
    return holder("Nguyễn Văn Minh")


@cache
def rsa_signer() -> Holder:
    return holder("Trần Thị Hoa", key=rsa.generate_private_key(65537, 2048))


def only(data: bytes) -> SignerFacts:
    signers = read_signed_data(data).signers
    assert len(signers) == 1
    return signers[0]


def genuine(facts: SignerFacts, form: int = 0) -> bool:
    assert facts.certificate is not None
    data = facts.signed_bytes[form]
    return is_genuine(facts.signature, data, facts.signature_algorithm, facts.digest, certificate(facts.certificate))


def with_attributes(*more: bytes, certificates: tuple[bytes, ...] | None = None) -> SignerFacts:
    info = Info(signer())
    info.attributes = info.standard(*more)
    return only(signed_data((info,), certificates=certificates))


def test_a_plain_signature_is_read_whole() -> None:
    data = signed_data((Info(signer()),))
    signed = read_signed_data(data + bytes(50))
    assert (signed.content_type, signed.content, signed.is_ber, signed.padding_is_zero) == ("data", None, False, True)
    assert signed.certificates == (signer().der,)
    facts = signed.signers[0]
    assert (facts.digest, facts.signature_algorithm.name) == ("sha256", "sha256_ecdsa")
    assert facts.message_digest == hashlib.sha256(CONTENT).digest()
    assert (facts.content_type, facts.certificate, facts.problems, facts.notes) == ("data", signer().der, (), ())
    assert facts.attributes_in_order
    assert genuine(facts)


def test_other_bytes_than_zero_behind_the_cms_are_seen() -> None:
    data = signed_data((Info(signer()),))
    assert not read_signed_data(data + b"\0\0x\0").padding_is_zero


def test_an_enveloping_signature_carries_its_content() -> None:
    signed = read_signed_data(signed_data((Info(signer()),), content=CONTENT))
    assert signed.content == CONTENT


def test_content_that_is_no_octet_string_counts_by_its_value() -> None:
    """PKCS #7 of old signers wraps whatever type the content has."""
    plain = signed_data((Info(signer()),), content=CONTENT)
    content = der(0x30, b"\x02\x01\x05", b"\x04\x03abc")
    assert len(content) == len(octets(CONTENT))
    assert read_signed_data(plain.replace(octets(CONTENT), content)).content == content[2:]


def test_two_signers_are_two_signers_each_with_his_certificate() -> None:
    signed = read_signed_data(
        signed_data((Info(signer()), Info(rsa_signer(), signature_algorithm=algorithm(RSA_SHA256))))
    )
    assert [s.certificate for s in signed.signers] == [signer().der, rsa_signer().der]
    assert all(genuine(s) for s in signed.signers)


def test_signers_beyond_the_limit_are_counted() -> None:
    signed = read_signed_data(signed_data(tuple(Info(signer()) for _ in range(22))))
    assert (len(signed.signers), signed.signers_left_out) == (20, 2)


def test_a_signer_may_be_named_by_key_identifier() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    someone = holder("Có định danh khóa", key=key, extensions=((identifier, False),))
    facts = only(signed_data((Info(someone, name=der(0x80, identifier.digest), version=3),)))
    assert facts.name == SignerName(key_identifier=identifier.digest)
    assert facts.certificate == someone.der
    assert genuine(facts)


def test_a_missing_signer_certificate_is_a_fact() -> None:
    facts = only(signed_data((Info(signer()),), certificates=(rsa_signer().der,)))
    assert facts.certificate is None
    assert facts.candidates == ()
    assert facts.name.serial == signer().certificate.serial_number
    assert facts.name.means(signer().der)
    assert not facts.name.means(rsa_signer().der)


def test_a_planted_certificate_of_the_same_name_does_not_take_the_signers_place() -> None:
    twin = holder("Nguyễn Văn Minh", number_=signer().certificate.serial_number)
    own = seq(seq(seq(octets(hashlib.sha256(signer().der).digest()))))
    facts = with_attributes(attribute(_AA + "47", own), certificates=(twin.der, signer().der))
    assert facts.certificate == signer().der
    assert facts.candidates == (twin.der, signer().der)


def test_certificates_that_cannot_be_read_are_carried_and_mean_nobody() -> None:
    facts = only(signed_data((Info(signer()),), certificates=(seq(number(1)), signer().der)))
    assert facts.certificate == signer().der


def test_attributes_out_of_der_order_have_two_forms_and_the_first_is_what_is_signed() -> None:
    """RFC 5652, 5.4: the DER encoding is signed, however the attributes were sent."""
    info = Info(signer(), sort=False)
    info.attributes = sorted(info.standard(attribute("1.2.840.113549.1.9.5", utc(START))), reverse=True)
    facts = only(signed_data((info,)))
    assert not facts.attributes_in_order
    assert len(facts.signed_bytes) == 2
    assert genuine(facts, 0)
    assert not genuine(facts, 1)
    assert facts.signing_time == START


def test_a_digest_given_as_signature_algorithm_is_the_digest_behind_it() -> None:
    facts = only(signed_data((Info(signer(), digest=algorithm(RSA_SHA256)),)))
    assert facts.digest == "sha256"
    assert facts.notes == ("digest-algorithm: given as the signature algorithm sha256_rsa",)


def test_mixed_digests_are_noted() -> None:
    facts = only(signed_data((Info(signer(), digest=algorithm(SHA512)),)))
    assert facts.notes == ("digest-mixed: the value is over sha256, the content over sha512",)


def test_a_bare_key_algorithm_takes_the_digest_beside_it() -> None:
    info = Info(rsa_signer(), signature_algorithm=algorithm("1.2.840.113549.1.1.1", b"\x05\0"))
    assert genuine(only(signed_data((info,))))


@pytest.mark.parametrize(
    ("make", "identifier", "hashed"),
    [
        (ed25519.Ed25519PrivateKey.generate, "1.3.101.112", None),
        (ed448.Ed448PrivateKey.generate, "1.3.101.113", None),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "2.16.840.1.101.3.4.3.10", hashes.SHA3_256()),
        (lambda: ec.generate_private_key(ec.BrainpoolP256R1()), ECDSA_SHA256, hashes.SHA256()),
    ],
    ids=["ed25519", "ed448", "sha3", "brainpool"],
)
def test_modern_algorithms_are_verified(
    make: Callable[[], AnyKey], identifier: str, hashed: hashes.HashAlgorithm | None
) -> None:
    someone = holder("Thuật toán", key=make())
    info = Info(someone, signature_algorithm=algorithm(identifier), sign=signing(someone.key, hashed))
    facts = only(signed_data((info,)))
    assert genuine(facts)
    other = SignerFacts(**{f: getattr(facts, f) for f in facts.__slots__} | {"signature": facts.signature[::-1]})
    assert not genuine(other)


def test_pss_is_verified_with_the_parameters_it_states() -> None:
    key = rsa_signer().key
    assert isinstance(key, rsa.RSAPrivateKey)

    def sign(data: bytes) -> bytes:
        return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA512()), 20), hashes.SHA256())

    mask = algorithm("1.2.840.113549.1.1.8", algorithm(SHA512))
    stated = algorithm("1.2.840.113549.1.1.10", seq(der(0xA0, algorithm(SHA256)), der(0xA1, mask)))
    facts = only(signed_data((Info(rsa_signer(), signature_algorithm=stated, sign=sign),)))
    assert (facts.signature_algorithm.mask_digest, facts.signature_algorithm.salt_length) == ("sha512", 20)
    assert genuine(facts)


def test_unknown_algorithms_are_named_and_neither_genuine_nor_false() -> None:
    facts = only(signed_data((Info(signer(), signature_algorithm=algorithm("1.2.3.4.5")),)))
    assert facts.signature_algorithm.name == "1.2.3.4.5"
    with pytest.raises(AlgorithmUnknownError, match=r"1\.2\.3\.4\.5"):
        genuine(facts)
    assert only(signed_data((Info(signer(), digest=algorithm("1.2.3.4.6")),))).digest == "1.2.3.4.6"


def test_without_signed_attributes_the_value_is_over_the_content() -> None:
    facts = only(signed_data((Info(signer(), attributes=[]),)))
    assert facts.signed_bytes == ()
    who = certificate(signer().der)

    def hashed(name: str) -> bytes:
        return hashlib.new(name, CONTENT).digest()

    assert is_genuine_over(facts.signature, hashed, facts.signature_algorithm, facts.digest, who)
    assert is_genuine(facts.signature, CONTENT, facts.signature_algorithm, facts.digest, who)


def test_attributes_taken_out_of_a_signature_are_no_signed_document() -> None:
    """The value of a signature with attributes fits a CMS without them whose content they are."""
    honest = only(signed_data((Info(signer()),)))
    stolen = honest.signed_bytes[0]
    forged = only(signed_data((Info(signer(), attributes=[], sign=lambda _: honest.signature),), content=stolen))
    who = certificate(signer().der)
    assert is_genuine(forged.signature, stolen, forged.signature_algorithm, forged.digest, who)
    assert [p.partition(":")[0] for p in forged.problems] == ["content-is-attributes"]
    assert not is_signed_attributes(CONTENT)
    assert not is_signed_attributes(b"1")
    assert not is_signed_attributes(set_of(number(1)))
    plain = only(signed_data((Info(signer(), attributes=[]),), content=CONTENT))
    assert plain.problems == ()


def test_the_bare_rsa_value_of_old_pdfs_is_read_with_the_digest_inside_it() -> None:
    """adbe.x509.rsa_sha1: /Contents is an OCTET STRING, the certificates stand in /Cert."""
    value = signing(rsa_signer().key, hashes.SHA256())(CONTENT)
    signed = read_pkcs1(octets(value) + bytes(20), (rsa_signer().der, signer().der))
    facts = signed.signers[0]
    who = certificate(rsa_signer().der)
    assert (signed.certificates, signed.padding_is_zero) == ((rsa_signer().der, signer().der), True)
    assert (facts.certificate, facts.digest, facts.signed_bytes) == (rsa_signer().der, "sha1", ())
    assert stated_digest(facts.signature, who) == "sha256"

    def hashed(name: str) -> bytes:
        return hashlib.new(name, CONTENT).digest()

    assert is_genuine_over(facts.signature, hashed, facts.signature_algorithm, "sha256", who)
    assert not is_genuine_over(facts.signature, hashed, facts.signature_algorithm, "sha1", who)
    assert stated_digest(facts.signature, certificate(signer().der)) is None
    with pytest.raises(CmsUnreadableError):
        read_pkcs1(b"\x30\x00", ())


def test_the_signing_certificate_attribute_is_read_in_both_versions() -> None:
    hashed = hashlib.sha512(signer().der).digest()
    named = seq(
        seq(der(0xA4, signer().certificate.issuer.public_bytes())),
        number(signer().certificate.serial_number),
    )
    second = seq(seq(seq(algorithm(SHA512), octets(hashed), named), seq(octets(b"x" * 32))))
    first = seq(seq(seq(octets(hashlib.sha1(signer().der, usedforsecurity=False).digest()))))
    facts = with_attributes(attribute(_AA + "12", first), attribute(_AA + "47", second))
    assert facts.certificate_digest == ("sha512", hashed)
    kinds = [(c.version, c.digest, c.serial, c.issuer) for c in facts.signing_certificates]
    issuer = signer().certificate.issuer.public_bytes()
    assert kinds == [
        (2, "sha512", signer().certificate.serial_number, issuer),
        (2, "sha256", None, None),
        (1, "sha1", None, None),
    ]


def test_what_a_signer_says_beside_is_read() -> None:
    policy = seq(encoded_oid("1.2.3.9"), seq(algorithm(SHA256), octets(b"p" * 32)))
    facts = with_attributes(
        attribute(_AA + "15", policy),
        attribute(_AA + "16", seq(encoded_oid("1.2.840.113549.1.9.16.6.1")), seq(encoded_oid("1.2.3.6"))),
        attribute(_AA + "18", seq(der(0xA0, b""))),
    )
    assert facts.policy is not None
    assert (facts.policy.identifier, facts.policy.digest, facts.policy.value) == ("1.2.3.9", "sha256", b"p" * 32)
    assert facts.commitments == ("1.2.840.113549.1.9.16.6.1", "1.2.3.6")
    assert facts.roles == (seq(der(0xA0, b"")),)
    implied = with_attributes(attribute(_AA + "15", b"\x05\0"))
    assert implied.policy is not None
    assert implied.policy.identifier == ""


def test_algorithm_protection_is_compared_with_what_is_used() -> None:
    body = algorithm(ECDSA_SHA256)[2:]
    fitting = seq(algorithm(SHA256), der(0xA1, body))
    facts = with_attributes(attribute("1.2.840.113549.1.9.52", fitting))
    assert facts.protected == (SHA256, ECDSA_SHA256)
    assert facts.problems == ()
    other = with_attributes(attribute("1.2.840.113549.1.9.52", seq(algorithm(SHA512), der(0xA1, body))))
    assert [p.partition(":")[0] for p in other.problems] == ["algorithm-protection"]


def test_time_stamps_of_every_kind_are_seen_several_values_in_one_attribute_too() -> None:
    info = Info(signer())
    info.attributes = info.standard(attribute(_AA + "20", seq(number(1)), seq(number(2))))
    info.unsigned = (
        attribute(_AA + "14", seq(number(3)), seq(number(4))),
        attribute(_AA + "14", seq(number(5))),
        attribute(_AA + "48", seq(number(6))),
        attribute("0.4.0.1733.2.4", seq(number(7))),
    )
    facts = only(signed_data((info,)))
    assert facts.content_tokens == (seq(number(1)), seq(number(2)))
    assert facts.tokens == (seq(number(3)), seq(number(4)), seq(number(5)))
    assert facts.archive_tokens == (seq(number(6)), seq(number(7)))
    assert facts.unsigned_attributes == (_AA + "14", _AA + "14", _AA + "48", "0.4.0.1733.2.4")


def test_revocation_data_is_found_at_all_its_places() -> None:
    listed, answer = crl_of(signer()), seq(number(9))
    archival = seq(der(0xA0, seq(listed)), der(0xA1, seq(answer)))
    info = Info(signer())
    info.attributes = info.standard(attribute("1.2.840.113583.1.1.8", archival))
    info.unsigned = (
        attribute(_AA + "24", seq(der(0xA0, seq(listed, listed)), der(0xA1, seq(answer)))),
        attribute(_AA + "23", seq(rsa_signer().der)),
    )
    other = der(0xA1, encoded_oid("1.3.6.1.5.5.7.16.2"), answer)
    unknown = der(0xA1, encoded_oid("1.2.3"), answer)
    signed = read_signed_data(signed_data((info,), lists=(listed, other, unknown)))
    assert signed.revocation == (listed, answer)
    assert signed.signers[0].revocation == (listed, answer, listed, listed, answer)
    assert signed.signers[0].certificates == (rsa_signer().der,)


def test_a_repeated_attribute_is_a_problem_and_the_first_counts() -> None:
    again = attribute("1.2.840.113549.1.9.4", octets(b"y" * 32))
    facts = with_attributes(again)
    assert "attribute-repeated: 1.2.840.113549.1.9.4" in facts.problems
    two = Info(signer())
    two.attributes = [two.standard()[0], attribute("1.2.840.113549.1.9.4", octets(b"a" * 32), octets(b"b" * 32))]
    assert only(signed_data((two,))).problems == ("attribute-values: 2 of 1.2.840.113549.1.9.4",)


def test_an_unreadable_attribute_that_only_adds_evidence_does_not_hide_the_signature() -> None:
    facts = with_attributes(attribute(_AA + "47", octets(b"x")))
    assert [p.partition(":")[0] for p in facts.problems] == ["attribute-unreadable"]
    assert genuine(facts)
    info = Info(signer())
    info.attributes = [info.standard()[0], attribute("1.2.840.113549.1.9.4", number(1))]
    with pytest.raises(CmsUnreadableError):
        read_signed_data(signed_data((info,)))


def test_indefinite_lengths_and_content_in_pieces_are_read() -> None:
    plain = signed_data((Info(signer()),), content=CONTENT)
    kind = encoded_oid("1.2.840.113549.1.7.2")
    loose = b"\x30\x80" + kind + b"\xa0\x80\x30\x80" + _opened(plain) + b"\0\0" * 3
    signed = read_signed_data(loose + bytes(30))
    assert signed.is_ber
    assert signed.padding_is_zero
    assert signed.content == CONTENT
    assert genuine(signed.signers[0])


def _opened(plain: bytes) -> bytes:
    """The members of SignedData, the content in two pieces under open lengths."""
    outer = asn1.members(plain, asn1.first(plain))
    inside = asn1.first(plain, outer[1][2], outer[1][3])
    parts = [asn1.encoded(plain, e) for e in asn1.members(plain, inside)]
    pieces = b"\x24\x80" + octets(CONTENT[:3]) + octets(CONTENT[3:]) + b"\0\0"
    parts[2] = b"\x30\x80" + encoded_oid(DATA) + b"\xa0\x80" + pieces + b"\0\0" + b"\0\0"
    return b"".join(parts)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30\x00",
        seq(encoded_oid(DATA), der(0xA0, octets(b"x"))),
        seq(encoded_oid("1.2.840.113549.1.7.2"), der(0xA0, seq())),
        seq(encoded_oid("1.2.840.113549.1.7.2")),
        seq(encoded_oid("1.2.840.113549.1.7.2"), der(0xA0, seq(number(1), set_of(), seq(), set_of(seq())))),
        b"%PDF-1.7",
        b"\x30\x80" * 5000,
    ],
    ids=["nothing", "empty", "data", "no-members", "no-content", "broken-signer", "pdf", "nested"],
)
def test_what_is_no_signed_data_is_named_so(data: bytes) -> None:
    with pytest.raises(CmsUnreadableError):
        read_signed_data(data)


class TestTokens:
    def token(self, *extra: bytes, imprint: str = SHA256, time: bytes | None = None) -> bytes:
        info = seq(
            number(1),
            encoded_oid("1.3.6.1.4.1.99999.1.1"),
            seq(algorithm(imprint), octets(b"h" * 32)),
            number(77),
            time or der(0x18, b"20260615090000.25Z"),
            *extra,
        )
        made = Info(signer(), content=info)
        made.attributes = [
            attribute("1.2.840.113549.1.9.3", encoded_oid(TST_INFO)),
            attribute("1.2.840.113549.1.9.4", octets(hashlib.sha256(info).digest())),
        ]
        return signed_data((made,), content=info, content_type=TST_INFO)

    def test_everything_a_time_stamp_says_is_read(self) -> None:
        extension = der(0xA1, seq(encoded_oid("1.2.3.7"), b"\x01\x01\xff", octets(b"")))
        accuracy = seq(number(1), der(0x80, b"\x05"), der(0x81, b"\x07"))
        signed = read_signed_data(self.token(accuracy, b"\x01\x01\xff", number(123456789), extension))
        facts = read_token(signed)
        assert facts.time.isoformat() == "2026-06-15T09:00:00.250000+00:00"
        assert (facts.imprint_digest, facts.imprint) == ("sha256", b"h" * 32)
        assert (facts.policy, facts.serial, facts.nonce) == ("1.3.6.1.4.1.99999.1.1", 77, 123456789)
        assert facts.accuracy is not None
        assert facts.accuracy.total_seconds() == pytest.approx(1.005007)
        assert (facts.ordering, facts.critical_extensions) == (True, ("1.2.3.7",))
        assert facts.encoded == signed.content
        assert signed.signers[0].content_type == "tst_info"

    def test_what_holds_no_time_stamp_is_named_so(self) -> None:
        for data in (
            signed_data((Info(signer()),), content=CONTENT),
            self.token(time=utc(START)),
            self.token(time=der(0x18, b"2026")),
            signed_data((Info(signer()),), content_type=TST_INFO),
        ):
            with pytest.raises(CmsUnreadableError):
                read_token(read_signed_data(data))


def test_issuer_and_serial_name_the_certificate_to_the_letter() -> None:
    name = SignerName(signer().certificate.issuer.public_bytes(), signer().certificate.serial_number)
    assert name.means(signer().der)
    assert issuer_and_serial(signer().certificate).endswith(number(signer().certificate.serial_number))
    assert not SignerName(name.issuer, 1).means(signer().der)
    assert not name.means(b"no certificate")


def test_a_signer_named_in_another_encoding_of_the_same_name_is_the_same() -> None:
    """RFC 5280, 7.1: the name counts, not whether it stands in UTF8String or PrintableString."""
    someone = holder("Van thu")
    country = seq(encoded_oid("2.5.4.6"), der(0x13, b"VN"))
    common = seq(encoded_oid("2.5.4.3"), der(0x13, b"VAN  thu"))
    named = seq(seq(set_of(country), set_of(common)), number(someone.certificate.serial_number))
    facts = only(signed_data((Info(someone, name=named),)))
    assert facts.certificate == someone.der


def test_members_that_a_structure_does_not_have_are_refused() -> None:
    plain = signed_data((Info(signer()),))
    outer = asn1.members(plain, asn1.first(plain))
    kind, body = asn1.encoded(plain, outer[0]), asn1.encoded(plain, asn1.inside(plain, outer[1]))
    parts = [asn1.encoded(body, e) for e in asn1.members(body, asn1.first(body))]
    assert read_signed_data(seq(kind, der(0xA0, seq(*parts)))).signers
    for hostile in (
        seq(kind, der(0xA0, body, body)),
        seq(kind, der(0xA0, body), body),
        seq(kind, der(0xA0, seq(*parts[:4], parts[3], parts[4]))),
        seq(kind, der(0xA0, seq(*parts[:4], der(0xA2), parts[4]))),
        seq(kind, der(0xA0, seq(*parts, parts[4]))),
        seq(kind, der(0xA0, seq(*parts[:4], set_of(parts[4][2:] + number(1))))),
    ):
        with pytest.raises(CmsUnreadableError):
            read_signed_data(hostile)


def test_a_digest_of_endless_output_has_the_length_that_signatures_use() -> None:
    """RFC 8702: SHAKE256 gives 64 octets, SHAKE128 32; Ed448 goes with SHAKE256."""
    assert new_digest("shake256").digest() == hashlib.shake_256(b"").digest(64)
    assert new_digest("2.16.840.1.101.3.4.2.11").digest() == hashlib.shake_128(b"").digest(32)
    someone = holder("Ed448", key=ed448.Ed448PrivateKey.generate())
    info = Info(someone, digest=algorithm("2.16.840.1.101.3.4.2.12"), signature_algorithm=algorithm("1.3.101.113"))
    facts = only(signed_data((info,)))
    assert facts.digest == "shake256"
    assert genuine(facts)


def test_shake_with_its_length_written_out_is_shake_of_that_length_and_no_other() -> None:
    """RFC 8419, 3.1: beside Ed448 stands SHAKE256 with 512 bits; another length is not what we compute."""
    someone = holder("Ed448", key=ed448.Ed448PrivateKey.generate())
    found = []
    for parameter in ((number(512),), (number(256),), ()):
        stated = algorithm("2.16.840.1.101.3.4.2.18", *parameter)
        info = Info(someone, digest=stated, signature_algorithm=algorithm("1.3.101.113"))
        found.append(only(signed_data((info,))).digest)
    assert found == ["shake256", "2.16.840.1.101.3.4.2.18", "2.16.840.1.101.3.4.2.18"]
