"""Compiled and pure arithmetic: the same answer for whatever value and key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.preservation.signatures.algorithms import SignatureAlgorithm, named_signature
from archive.preservation.signatures.arithmetic import AlgorithmUnknownError, KeyUnusableError, verify
from archive.preservation.signatures.asn1 import Asn1Error
from archive.preservation.signatures.keys import public_key
from tests.generators.examples import examples

DATA = b"noi dung"
Case = tuple[bytes, bytes, SignatureAlgorithm]
"""Value, SubjectPublicKeyInfo, algorithm."""


def _prime(seed: bytes) -> int:
    candidate = int.from_bytes(hashlib.sha512(seed).digest(), "big") | 1 << 511 | 1 << 510 | 1
    while any(pow(base, candidate - 1, candidate) != 1 for base in (2, 3, 5, 7)):
        candidate += 2
    return candidate


def _rsa() -> rsa.RSAPrivateKey:
    """The same key in every run."""
    p, q = _prime(b"p"), _prime(b"q")
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), numbers).private_key()


@cache
def cases() -> tuple[Case, ...]:
    found: list[Case] = []

    def add(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, value: bytes, stated: SignatureAlgorithm) -> None:
        found.append((value, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), stated))

    one = _rsa()
    plain = one.sign(DATA, padding.PKCS1v15(), hashes.SHA256())
    add(one.public_key(), plain, named_signature("1.2.840.113549.1.1.11"))
    # Without salt PSS gives the same value every time.
    salted = one.sign(DATA, padding.PSS(padding.MGF1(hashes.SHA256()), 0), hashes.SHA256())
    add(one.public_key(), salted, SignatureAlgorithm("1.2.840.113549.1.1.10", "rsa-pss", "sha256", "sha256", 0))
    for curve in (ec.SECP256R1(), ec.SECP521R1(), ec.BrainpoolP256R1()):
        two = ec.derive_private_key(0xA5A5, curve)
        value = two.sign(DATA, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        add(two.public_key(), value, named_signature("1.2.840.10045.4.3.2"))
    small = ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    large = ed448.Ed448PrivateKey.from_private_bytes(b"k" * 57)
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    found.append((small.sign(DATA), small.public_key().public_bytes(*spki), named_signature("1.3.101.112")))
    found.append((large.sign(DATA), large.public_key().public_bytes(*spki), named_signature("1.3.101.113")))
    return tuple(found)


def answer(value: bytes, key: bytes, stated: SignatureAlgorithm, *, compiled: bool) -> object:
    try:
        return verify(value, DATA, stated, "", public_key(key), compiled=compiled)
    except (AlgorithmUnknownError, KeyUnusableError, Asn1Error) as error:
        return type(error)


def _flipped(data: bytes, place: float, mask: int) -> bytes:
    at = int(place * len(data))
    return data[:at] + bytes((data[at] ^ mask,)) + data[at + 1 :]


changes: st.SearchStrategy[Callable[[bytes], bytes]] = st.one_of(
    st.builds(
        lambda place, mask: lambda data: _flipped(data, place, mask),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, 255),
    ),
    st.builds(lambda count: lambda data: data[:-count], st.integers(1, 40)),
    st.builds(lambda more: lambda data: data + more, st.binary(min_size=1, max_size=4)),
    st.builds(lambda byte: lambda data: bytes((byte,)) * len(data), st.sampled_from([0, 1, 0xFF])),
)


@settings(max_examples=examples(60))
@given(which=st.integers(0, 6), change=changes, of_key=st.booleans())
def test_both_ways_give_the_same_answer_and_never_yes(
    which: int, change: Callable[[bytes], bytes], of_key: bool
) -> None:
    value, key, stated = cases()[which]
    changed = (value, change(key)) if of_key else (change(value), key)
    first = answer(*changed, stated, compiled=True)
    assert first == answer(*changed, stated, compiled=False)
    # The same key in another encoding is the same key; another value is never genuine.
    assert of_key or first is not True


def test_both_ways_say_yes_to_what_is_genuine() -> None:
    for value, key, stated in cases():
        assert answer(value, key, stated, compiled=True) is True
        assert answer(value, key, stated, compiled=False) is True
