"""Public keys as facts; standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from archive.preservation.signatures.algorithms import EC_PUBLIC_KEY, ED448, ED25519, RSA_ENCRYPTION, RSA_PSS
from archive.preservation.signatures.asn1 import (
    INTEGER,
    SEQUENCE,
    Asn1Error,
    at,
    dotted,
    expect,
    integer,
    members,
    octet_bits,
    oid,
    value_of,
    whole,
)

CURVES = {
    "1.2.840.10045.3.1.1": ("secp192r1", 192),
    "1.3.132.0.33": ("secp224r1", 224),
    "1.2.840.10045.3.1.7": ("secp256r1", 256),
    "1.3.132.0.34": ("secp384r1", 384),
    "1.3.132.0.35": ("secp521r1", 521),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
}
"""Named curves: name and bits."""

MAX_BYTES = 16 << 10


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a SubjectPublicKeyInfo says; the key is not proven to be a sound one."""

    kind: str
    """`rsa`, `ec`, `ed25519`, `ed448`, else the dotted identifier of the algorithm."""

    bits: int
    """Size of the modulus or the field; 0: unknown."""

    curve: str | None
    """Name of the curve, its dotted identifier if it has no name here, `explicit` for parameters written out."""

    spki: bytes = field(repr=False)
    octets: bytes = field(repr=False)
    """The value of subjectPublicKey, over which OCSP takes its key hash."""

    modulus: int = field(default=0, repr=False)
    exponent: int = field(default=0, repr=False)
    only_pss: bool = False
    """The key says that it is for RSASSA-PSS and nothing else."""


@lru_cache(maxsize=8192)
def public_key(spki: bytes) -> PublicKey:
    """The key in a SubjectPublicKeyInfo.

    Raises:
        Asn1Error: it is none, or larger than 16 KiB.
    """
    if len(spki) > MAX_BYTES:
        raise Asn1Error("a key of more than 16 KiB")
    parts = members(spki, whole(spki, SEQUENCE), 4)
    octets = octet_bits(spki, at(parts, 1, 0x03))
    algorithm = members(spki, at(parts, 0, SEQUENCE), 4)
    kind = oid(spki, at(algorithm, 0, 0x06))
    if kind in (RSA_ENCRYPTION, RSA_PSS):
        numbers = members(octets, whole(octets, SEQUENCE), 4)
        modulus, exponent = (integer(octets, at(numbers, n, INTEGER)) for n in (0, 1))
        if modulus <= 0 or exponent <= 0:
            raise Asn1Error("an RSA key of numbers that are not positive")
        return PublicKey("rsa", modulus.bit_length(), None, spki, octets, modulus, exponent, kind == RSA_PSS)
    if kind == EC_PUBLIC_KEY:
        named = algorithm[1] if len(algorithm) > 1 else None
        if named is None or named[0] != 0x06:  # noqa: PLR2004 - OBJECT IDENTIFIER
            return PublicKey("ec", 0, "explicit", spki, octets)
        identifier = dotted(value_of(spki, named))
        curve, size = CURVES.get(identifier, (identifier, 0))
        return PublicKey("ec", size, curve, spki, octets)
    if kind in (ED25519, ED448):
        return PublicKey("ed25519" if kind == ED25519 else "ed448", 0, None, spki, octets)
    return PublicKey(kind, 0, None, spki, octets)


def spki_of(der: bytes, element: tuple[int, int, int, int]) -> bytes:
    """The SubjectPublicKeyInfo at `element` of a certificate."""
    return der[expect(element, SEQUENCE)[1] : element[3]]
