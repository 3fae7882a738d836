"""Signature values: compiled and pure arithmetic say the same, and hostile values prove nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, partial
from typing import Any, Protocol

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from archive.preservation.signatures import arithmetic, arithmetic_curves, arithmetic_edwards, arithmetic_pure
from archive.preservation.signatures.algorithms import SignatureAlgorithm, digest, named_signature, signature_algorithm
from archive.preservation.signatures.arithmetic import AlgorithmUnknownError, KeyUnusableError, verify_digest
from archive.preservation.signatures.arithmetic_curves import CURVES, encoded_pair
from archive.preservation.signatures.asn1 import encoded_oid
from archive.preservation.signatures.keys import PublicKey, public_key
from tests.generators.signed_data import algorithm, der, number, seq

DATA = "Quyết định".encode()
OTHER = DATA + b"!"
SHA1 = hashes.SHA1()  # noqa: S303 - what old signers used

ECDSA = {
    "sha1": (SHA1, "1.2.840.10045.4.1"),
    "sha256": (hashes.SHA256(), "1.2.840.10045.4.3.2"),
    "sha512": (hashes.SHA512(), "1.2.840.10045.4.3.4"),
    "sha3_256": (hashes.SHA3_256(), "2.16.840.1.101.3.4.3.10"),
}
RSA = {
    "sha1": (SHA1, "1.2.840.113549.1.1.5"),
    "sha224": (hashes.SHA224(), "1.2.840.113549.1.1.14"),
    "sha256": (hashes.SHA256(), "1.2.840.113549.1.1.11"),
    "sha384": (hashes.SHA384(), "1.2.840.113549.1.1.12"),
    "sha512": (hashes.SHA512(), "1.2.840.113549.1.1.13"),
    "sha3_512": (hashes.SHA3_512(), "2.16.840.1.101.3.4.3.16"),
}
NAMED_CURVES: dict[str, ec.EllipticCurve] = {
    "secp224r1": ec.SECP224R1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}


class HasPublicKey(Protocol):
    def public_key(self) -> Any: ...  # noqa: ANN401 - one of several key classes


def facts(key: HasPublicKey) -> PublicKey:
    return public_key(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key(curve: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(NAMED_CURVES[curve])


@pytest.fixture(params=["compiled", "pure"])
def verify(request: pytest.FixtureRequest) -> Callable[..., bool]:
    """Each promise is kept with the library and without it."""
    return partial(arithmetic.verify, compiled=request.param == "compiled")


class TestValues:
    @pytest.mark.parametrize("name", RSA)
    def test_rsa_with_pkcs1_padding(self, verify: Callable[..., bool], name: str) -> None:
        hashed, identifier = RSA[name]
        value = rsa_key().sign(DATA, padding.PKCS1v15(), hashed)
        for stated in (named_signature(identifier), named_signature("1.2.840.113549.1.1.1")):
            assert verify(value, DATA, stated, name, facts(rsa_key()))
            assert not verify(value, OTHER, stated, name, facts(rsa_key()))

    @pytest.mark.parametrize(("hashed", "mask", "salt"), [("sha256", "sha256", 32), ("sha512", "sha1", 0)])
    def test_rsa_with_pss_padding_of_the_stated_parameters_only(
        self, verify: Callable[..., bool], hashed: str, mask: str, salt: int
    ) -> None:
        kinds = {"sha1": SHA1, "sha256": hashes.SHA256(), "sha512": hashes.SHA512()}
        value = rsa_key().sign(DATA, padding.PSS(padding.MGF1(kinds[mask]), salt), kinds[hashed])
        stated = SignatureAlgorithm("1.2.840.113549.1.1.10", "rsa-pss", hashed, mask, salt)
        assert verify(value, DATA, stated, "", facts(rsa_key()))
        assert not verify(value, OTHER, stated, "", facts(rsa_key()))
        longer = SignatureAlgorithm("1.2.840.113549.1.1.10", "rsa-pss", hashed, mask, salt + 1)
        assert not verify(value, DATA, longer, "", facts(rsa_key()))

    @pytest.mark.parametrize("bits", [1025, 1026, 2047])
    def test_pss_fits_moduli_of_odd_sizes(self, verify: Callable[..., bool], bits: int) -> None:
        key = rsa.generate_private_key(65537, bits)
        value = key.sign(DATA, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        stated = SignatureAlgorithm("1.2.840.113549.1.1.10", "rsa-pss", "sha256", "sha256", 32)
        assert verify(value, DATA, stated, "", facts(key))
        assert not verify(value, OTHER, stated, "", facts(key))

    @pytest.mark.parametrize("curve", NAMED_CURVES)
    def test_ecdsa_on_every_named_curve(self, verify: Callable[..., bool], curve: str) -> None:
        for name, (hashed, identifier) in ECDSA.items():
            value = ec_key(curve).sign(DATA, ec.ECDSA(hashed))
            assert verify(value, DATA, named_signature(identifier), name, facts(ec_key(curve)))
            assert not verify(value, OTHER, named_signature(identifier), name, facts(ec_key(curve)))

    @pytest.mark.parametrize(
        "make", [ed25519.Ed25519PrivateKey.generate, ed448.Ed448PrivateKey.generate], ids=["ed25519", "ed448"]
    )
    def test_edwards_curves(self, verify: Callable[..., bool], make: Callable[[], Any]) -> None:
        key = make()
        value = key.sign(DATA)
        name = facts(key).kind
        stated = named_signature("1.3.101.112" if name == "ed25519" else "1.3.101.113")
        assert verify(value, DATA, stated, "", facts(key))
        assert not verify(value, OTHER, stated, "", facts(key))
        with pytest.raises(AlgorithmUnknownError):
            verify_digest(value, hashlib.sha512(DATA).digest(), stated, "", facts(key))

    @pytest.mark.parametrize("compiled", [True, False])
    def test_a_digest_that_was_taken_before_serves_as_well(self, compiled: bool) -> None:
        value = rsa_key().sign(DATA, padding.PKCS1v15(), hashes.SHA256())
        stated = named_signature("1.2.840.113549.1.1.1")
        assert verify_digest(
            value, hashlib.sha256(DATA).digest(), stated, "sha256", facts(rsa_key()), compiled=compiled
        )
        other = hashlib.sha256(OTHER).digest()
        assert not verify_digest(value, other, stated, "sha256", facts(rsa_key()), compiled=compiled)

    def test_a_value_for_one_digest_is_none_for_another(self, verify: Callable[..., bool]) -> None:
        value = rsa_key().sign(DATA, padding.PKCS1v15(), hashes.SHA256())
        assert not verify(value, DATA, named_signature("1.2.840.113549.1.1.13"), "", facts(rsa_key()))


class TestHostileValues:
    def test_ecdsa_numbers_outside_their_range_prove_nothing(self, verify: Callable[..., bool]) -> None:
        n = CURVES["secp256r1"].n
        value = ec_key("secp256r1").sign(DATA, ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(value)
        stated = named_signature("1.2.840.10045.4.3.2")
        for pair in ((0, s), (r, 0), (0, 0), (n, s), (r, n), (r, s + n), (r + n, s), (-r, s), (r, -s)):
            hostile = seq(number(pair[0]), number(pair[1]))
            assert not verify(hostile, DATA, stated, "", facts(ec_key("secp256r1"))), pair

    def test_another_encoding_of_the_same_numbers_is_refused(self, verify: Callable[..., bool]) -> None:
        value = ec_key("secp256r1").sign(DATA, ec.ECDSA(hashes.SHA256()))
        stated = named_signature("1.2.840.10045.4.3.2")
        key = facts(ec_key("secp256r1"))
        assert verify(value, DATA, stated, "", key)
        # A length in two octets, an octet behind the value, a number with a leading zero.
        for hostile in (b"\x30\x81" + value[1:], value + b"\0", b"", b"\x30\x00", value[:-1]):
            assert not verify(hostile, DATA, stated, "", key)

    def test_an_rsa_value_is_as_long_as_the_modulus_and_smaller(self, verify: Callable[..., bool]) -> None:
        key = facts(rsa_key())
        value = rsa_key().sign(DATA, padding.PKCS1v15(), hashes.SHA256())
        stated = named_signature("1.2.840.113549.1.1.11")
        bigger = (int.from_bytes(value, "big") + key.modulus).to_bytes(257, "big")
        for hostile in (b"\0" + value, value[1:], value + b"\0", bigger, b"", bytes(256), b"\xff" * 256):
            assert not verify(hostile, DATA, stated, "", key)

    def test_padding_with_rubbish_behind_the_digest_is_refused(self, verify: Callable[..., bool]) -> None:
        """Bleichenbacher 2006: with exponent 3 such a block needs no private key."""
        numbers = rsa_key().private_numbers()
        n, d = numbers.public_numbers.n, numbers.d
        prefix = bytes.fromhex("3031300d060960864801650304020105000420")
        info = prefix + hashlib.sha256(DATA).digest()
        block = b"\0\x01" + b"\xff" * 8 + b"\0" + info
        forged = pow(int.from_bytes(block + b"\x42" * (256 - len(block)), "big"), d, n).to_bytes(256, "big")
        assert not verify(forged, DATA, named_signature("1.2.840.113549.1.1.11"), "", facts(rsa_key()))
        honest = b"\0\x01" + b"\xff" * (253 - len(info)) + b"\0" + info
        value = pow(int.from_bytes(honest, "big"), d, n).to_bytes(256, "big")
        assert verify(value, DATA, named_signature("1.2.840.113549.1.1.11"), "", facts(rsa_key()))

    @pytest.mark.parametrize("exponent", [1, 2, 4, 65536, (1 << 65) + 1], ids=str)
    def test_an_rsa_key_of_unusable_exponent_proves_nothing(self, verify: Callable[..., bool], exponent: int) -> None:
        key = public_key(_rsa_spki(facts(rsa_key()).modulus, exponent))
        with pytest.raises(KeyUnusableError):
            verify(bytes(256), DATA, named_signature("1.2.840.113549.1.1.11"), "", key)

    def test_a_modulus_that_is_even_or_endless_proves_nothing(self, verify: Callable[..., bool]) -> None:
        for modulus in (facts(rsa_key()).modulus + 1, (1 << 16384) + 1):
            with pytest.raises(KeyUnusableError):
                verify(
                    bytes(256), DATA, named_signature("1.2.840.113549.1.1.11"), "", public_key(_rsa_spki(modulus, 3))
                )

    def test_a_point_that_is_not_on_its_curve_proves_nothing(self, verify: Callable[..., bool]) -> None:
        key = facts(ec_key("secp256r1"))
        size = CURVES["secp256r1"].size
        for octets in (
            key.octets[:-1] + bytes((key.octets[-1] ^ 1,)),
            b"\0",
            b"",
            b"\x04" + bytes(2 * size),
            b"\x05" + key.octets[1 : 1 + size],
            b"\x06" + key.octets[1:],
            b"\x04" + b"\xff" * (2 * size),
        ):
            spki = seq(
                algorithm("1.2.840.10045.2.1", encoded_oid("1.2.840.10045.3.1.7")),
                der(0x03, b"\0", octets),
            )
            value = ec_key("secp256r1").sign(DATA, ec.ECDSA(hashes.SHA256()))
            with pytest.raises(KeyUnusableError):
                verify(value, DATA, named_signature("1.2.840.10045.4.3.2"), "", public_key(spki))

    def test_a_compressed_point_is_the_same_key(self, verify: Callable[..., bool]) -> None:
        plain = ec_key("secp256r1")
        octets = plain.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        spki = seq(algorithm("1.2.840.10045.2.1", encoded_oid("1.2.840.10045.3.1.7")), der(0x03, b"\0", octets))
        value = plain.sign(DATA, ec.ECDSA(hashes.SHA256()))
        assert verify(value, DATA, named_signature("1.2.840.10045.4.3.2"), "", public_key(spki))
        assert not verify(value, OTHER, named_signature("1.2.840.10045.4.3.2"), "", public_key(spki))

    def test_edwards_keys_of_small_order_sign_everything_and_so_nothing(self, verify: Callable[..., bool]) -> None:
        identity = (1).to_bytes(32, "little")
        spki = seq(algorithm("1.3.101.112"), der(0x03, b"\0", identity))
        # With the neutral point as key, R = S·B fits every message.
        forged = bytes.fromhex("58" + "66" * 31) + (1).to_bytes(32, "little")
        with pytest.raises(KeyUnusableError):
            verify(forged, DATA, named_signature("1.3.101.112"), "", public_key(spki))

    def test_an_edwards_scalar_beyond_the_order_is_refused(self, verify: Callable[..., bool]) -> None:
        key = ed25519.Ed25519PrivateKey.generate()
        value = key.sign(DATA)
        order = 2**252 + 27742317777372353535851937790883648493
        moved = value[:32] + (int.from_bytes(value[32:], "little") + order).to_bytes(32, "little")
        assert verify(value, DATA, named_signature("1.3.101.112"), "", facts(key))
        assert not verify(moved, DATA, named_signature("1.3.101.112"), "", facts(key))
        assert not verify(value[:-1], DATA, named_signature("1.3.101.112"), "", facts(key))


class TestUnknown:
    """What is unknown is neither genuine nor false."""

    def test_an_algorithm_without_arithmetic_is_named(self, verify: Callable[..., bool]) -> None:
        with pytest.raises(AlgorithmUnknownError, match="sha256_ecdsa_plain"):
            verify(b"", DATA, named_signature("0.4.0.127.0.7.1.1.4.1.3"), "", facts(ec_key("secp256r1")))
        with pytest.raises(AlgorithmUnknownError, match=r"1\.2\.3\.4"):
            verify(b"", DATA, named_signature("1.2.3.4"), "", facts(rsa_key()))

    def test_a_key_of_another_kind_is_named(self, verify: Callable[..., bool]) -> None:
        with pytest.raises(AlgorithmUnknownError, match="key of kind ec"):
            verify(b"", DATA, named_signature("1.2.840.113549.1.1.11"), "", facts(ec_key("secp256r1")))
        key = facts(ed448.Ed448PrivateKey.generate())
        with pytest.raises(AlgorithmUnknownError, match="key of kind ed448"):
            verify(bytes(64), DATA, named_signature("1.3.101.112"), "", key)

    def test_a_curve_of_unknown_name_or_written_out_is_named(self, verify: Callable[..., bool]) -> None:
        point = facts(ec_key("secp256r1")).octets
        explicit = seq(number(1), seq(encoded_oid("1.2.840.10045.1.1"), number(23)))
        for parameters, told in ((encoded_oid("1.3.132.0.1"), "1.3.132.0.1"), (explicit, "explicit")):
            spki = seq(algorithm("1.2.840.10045.2.1", parameters), der(0x03, b"\0", point))
            with pytest.raises(AlgorithmUnknownError, match=told):
                verify(b"", DATA, named_signature("1.2.840.10045.4.3.2"), "", public_key(spki))

    def test_a_digest_without_arithmetic_is_named(self, verify: Callable[..., bool]) -> None:
        with pytest.raises(AlgorithmUnknownError, match="md2"):
            verify(bytes(256), DATA, named_signature("1.2.840.113549.1.1.2"), "", facts(rsa_key()))
        with pytest.raises(AlgorithmUnknownError, match=r"1\.2\.3"):
            verify(bytes(256), DATA, named_signature("1.2.840.113549.1.1.1"), "1.2.3", facts(rsa_key()))

    def test_dsa_is_named(self, verify: Callable[..., bool]) -> None:
        key = dsa.generate_private_key(1024)  # noqa: S505 - made at once; nothing is computed with it
        with pytest.raises(AlgorithmUnknownError, match="sha256_dsa"):
            verify(b"", DATA, named_signature("2.16.840.1.101.3.4.3.2"), "", facts(key))

    def test_a_key_for_pss_only_signs_nothing_else(self, verify: Callable[..., bool]) -> None:
        plain = facts(rsa_key())
        spki = seq(algorithm("1.2.840.113549.1.1.10"), der(0x03, b"\0", plain.octets))
        value = rsa_key().sign(DATA, padding.PKCS1v15(), hashes.SHA256())
        with pytest.raises(AlgorithmUnknownError, match="PSS only"):
            verify(value, DATA, named_signature("1.2.840.113549.1.1.11"), "", public_key(spki))
        pss = rsa_key().sign(DATA, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        stated = SignatureAlgorithm("1.2.840.113549.1.1.10", "rsa-pss", "sha256", "sha256", 32)
        assert verify(pss, DATA, stated, "", public_key(spki))


def test_keys_that_the_library_refuses_are_computed_all_the_same(verify: Callable[..., bool]) -> None:
    """A key of 512 bits proves little, but whether the value fits it is arithmetic."""
    p = 0xEBBE5BD2A4C62E8C0A3A4BD4E1DF7B0A7E7D9C5C1C5A3E2F4B1D6C9A8F7E0B13
    p, q = _next_prime(p), _next_prime(p ^ (0x5 << 200))
    n, d = p * q, pow(65537, -1, (p - 1) * (q - 1))
    info = bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(DATA, usedforsecurity=False).digest()
    size = (n.bit_length() + 7) // 8
    block = b"\0\x01" + b"\xff" * (size - len(info) - 3) + b"\0" + info
    value = pow(int.from_bytes(block, "big"), d, n).to_bytes(size, "big")
    key = public_key(_rsa_spki(n, 65537))
    assert verify(value, DATA, named_signature("1.2.840.113549.1.1.5"), "", key)
    assert not verify(value, OTHER, named_signature("1.2.840.113549.1.1.5"), "", key)


def test_the_digest_inside_an_rsa_value_can_be_read() -> None:
    key = facts(rsa_key())
    for name, (hashed, _) in RSA.items():
        value = rsa_key().sign(DATA, padding.PKCS1v15(), hashed)
        assert arithmetic_pure.pkcs1_digest(value, key.modulus, key.exponent) == name
    for hostile in (b"", bytes(256), b"\x01" * 256, b"\xff" * 256):
        assert arithmetic_pure.pkcs1_digest(hostile, key.modulus, key.exponent) is None


def test_pure_values_are_those_of_the_standards() -> None:
    """RFC 8032, 7.1 (test 2) and 7.4 (1 octet); RFC 6979, A.2.5 (P-256, SHA-256, "sample")."""
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    value = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert arithmetic_edwards.ed25519(value, b"\x72", key)
    assert not arithmetic_edwards.ed25519(value, b"\x73", key)
    point = bytes.fromhex(
        "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    )
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    hashed = hashlib.sha256(b"sample").digest()
    assert arithmetic_curves.ecdsa(encoded_pair(r, s), hashed, "secp256r1", point)
    assert not arithmetic_curves.ecdsa(encoded_pair(s, r), hashed, "secp256r1", point)


def test_parameters_of_pss_are_read_with_their_defaults() -> None:
    plain = signature_algorithm(algorithm("1.2.840.113549.1.1.10", seq()))
    assert (plain.digest, plain.mask_digest, plain.salt_length) == ("sha1", "sha1", 20)
    mask = algorithm("1.2.840.113549.1.1.8", algorithm("2.16.840.1.101.3.4.2.2"))
    stated = seq(der(0xA0, algorithm("2.16.840.1.101.3.4.2.3")), der(0xA1, mask), der(0xA2, number(48)))
    found = signature_algorithm(algorithm("1.2.840.113549.1.1.10", stated))
    assert (found.scheme, found.digest, found.mask_digest, found.salt_length) == ("rsa-pss", "sha512", "sha384", 48)
    strange = seq(der(0xA3, number(2)))
    assert signature_algorithm(algorithm("1.2.840.113549.1.1.10", strange)).scheme == "unknown"
    other_mask = seq(der(0xA1, algorithm("1.2.3.4")))
    assert signature_algorithm(algorithm("1.2.840.113549.1.1.10", other_mask)).scheme == "unknown"


def test_digests_have_one_spelling() -> None:
    assert digest("SHA-256", b"") == digest("sha256", b"") == digest("2.16.840.1.101.3.4.2.1", b"")
    assert digest("sha256_rsa", b"") == digest("1.2.840.113549.1.1.11", b"")
    for unknown in ("md2", "1.2.3", "blake2b", "", "sm3"):
        with pytest.raises(ValueError, match="digest algorithm"):
            digest(unknown, b"")


def _rsa_spki(modulus: int, exponent: int) -> bytes:
    return seq(algorithm("1.2.840.113549.1.1.1", b"\x05\0"), der(0x03, b"\0", seq(number(modulus), number(exponent))))


def _next_prime(start: int) -> int:
    candidate = start | 1
    while any(pow(base, candidate - 1, candidate) != 1 for base in (2, 3, 5, 7)):
        candidate += 2
    return candidate
