"""Names of algorithms, and what an AlgorithmIdentifier says; standard library only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from archive.preservation.signatures.asn1 import (
    INTEGER,
    SEQUENCE,
    Asn1Error,
    at,
    inside,
    integer,
    members,
    oid,
    whole,
)

DIGESTS = {
    "1.2.840.113549.2.2": "md2",
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "1.3.36.3.2.1": "ripemd160",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.5": "sha512_224",
    "2.16.840.1.101.3.4.2.6": "sha512_256",
    "2.16.840.1.101.3.4.2.7": "sha3_224",
    "2.16.840.1.101.3.4.2.8": "sha3_256",
    "2.16.840.1.101.3.4.2.9": "sha3_384",
    "2.16.840.1.101.3.4.2.10": "sha3_512",
    "2.16.840.1.101.3.4.2.11": "shake128",
    "2.16.840.1.101.3.4.2.12": "shake256",
}
"""Digest algorithms by object identifier."""

_RSA = {
    "1.2.840.113549.1.1.2": "md2",
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.3.14.3.2.29": "sha1",
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.113549.1.1.14": "sha224",
    "2.16.840.1.101.3.4.3.13": "sha3_224",
    "2.16.840.1.101.3.4.3.14": "sha3_256",
    "2.16.840.1.101.3.4.3.15": "sha3_384",
    "2.16.840.1.101.3.4.3.16": "sha3_512",
}
_ECDSA = {
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
    "2.16.840.1.101.3.4.3.9": "sha3_224",
    "2.16.840.1.101.3.4.3.10": "sha3_256",
    "2.16.840.1.101.3.4.3.11": "sha3_384",
    "2.16.840.1.101.3.4.3.12": "sha3_512",
}
MAX_BYTES = 4 << 10
"""Longest AlgorithmIdentifier."""

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
RSA_PSS = "1.2.840.113549.1.1.10"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
ED25519 = "1.3.101.112"
ED448 = "1.3.101.113"
_MGF1 = "1.2.840.113549.1.1.8"

# Recognised so that a reason can name them; nothing here verifies them.
_NAMED_ONLY = {
    "1.2.840.10040.4.1": "dsa",
    "1.2.840.10040.4.3": "sha1_dsa",
    "2.16.840.1.101.3.4.3.1": "sha224_dsa",
    "2.16.840.1.101.3.4.3.2": "sha256_dsa",
    "0.4.0.127.0.7.1.1.4.1.1": "sha1_ecdsa_plain",
    "0.4.0.127.0.7.1.1.4.1.2": "sha224_ecdsa_plain",
    "0.4.0.127.0.7.1.1.4.1.3": "sha256_ecdsa_plain",
    "0.4.0.127.0.7.1.1.4.1.4": "sha384_ecdsa_plain",
    "0.4.0.127.0.7.1.1.4.1.5": "sha512_ecdsa_plain",
    "1.3.6.1.5.5.7.6.30": "rsassa_pss_shake128",
    "1.3.6.1.5.5.7.6.31": "rsassa_pss_shake256",
    "1.3.6.1.5.5.7.6.32": "ecdsa_shake128",
    "1.3.6.1.5.5.7.6.33": "ecdsa_shake256",
    "1.2.643.7.1.1.3.2": "gost3410_2012_256",
    "1.2.643.7.1.1.3.3": "gost3410_2012_512",
    "1.2.156.10197.1.501": "sm2_sm3",
    "2.16.840.1.101.3.4.3.17": "ml_dsa_44",
    "2.16.840.1.101.3.4.3.18": "ml_dsa_65",
    "2.16.840.1.101.3.4.3.19": "ml_dsa_87",
}
_SPELLINGS = {"sha_1": "sha1", "sha_224": "sha224", "sha_256": "sha256", "sha_384": "sha384", "sha_512": "sha512"}
_COMPUTED = frozenset(DIGESTS.values()) - {"md2"}
_SHAKES = {"shake128": 32, "shake256": 64}
"""Octets of output in signatures (RFC 8702, section 2)."""

_SHAKE256, _SHAKE256_LENGTH = "2.16.840.1.101.3.4.2.12", "2.16.840.1.101.3.4.2.18"
_LENGTH_BITS = 512
"""What RFC 8419 (section 3.1) asks for beside Ed448: SHAKE256 with its length written out."""


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature algorithm with everything that verifying needs beside the key."""

    oid: str
    scheme: str
    """`rsa-pkcs1`, `rsa-pss`, `ecdsa`, `eddsa`; `unknown`: named, never computed."""

    digest: str | None = None
    """What the algorithm itself fixes; None: it stands elsewhere (`rsaEncryption`, `eddsa`)."""

    mask_digest: str | None = None
    salt_length: int | None = None
    """Octets, of `rsa-pss`."""

    name: str = ""
    """Readable name; of an unknown one the dotted identifier."""

    @property
    def hashes(self) -> str:
        """The digest behind it, for a policy: that of EdDSA is fixed; of an unknown algorithm its own name."""
        if self.scheme == "eddsa":
            return "sha512" if self.name == "ed25519" else "shake256"
        return self.digest or self.name


def digest_of(identifier: str) -> str:
    """The digest algorithm behind an object identifier, which may also be that of a signature algorithm.

    Some signers give `sha256WithRSAEncryption` where a digest belongs; what is
    meant is plain. An unknown identifier stays as it is.
    """
    return DIGESTS.get(identifier) or _RSA.get(identifier) or _ECDSA.get(identifier) or identifier


def digest_name(name: str) -> str:
    """One spelling for what a caller, a policy or another library calls a digest: `sha256`, `sha3_256`."""
    if name[:1].isdigit():
        return digest_of(name)
    plain = name.lower().replace("-", "_")
    for suffix in ("_rsa", "_ecdsa"):
        plain = plain.removesuffix(suffix)
    return _SPELLINGS.get(plain, plain)


def new_digest(name: str) -> Any:  # noqa: ANN401 - hashlib gives its objects no public type
    """A hashlib object for `name` in any spelling of `digest_name`.

    Raises:
        ValueError: the algorithm is unknown here, or this build of Python lacks it.
    """
    plain = digest_name(name)
    if plain not in _COMPUTED:
        msg = f"digest algorithm {name}"
        raise ValueError(msg)
    made = hashlib.new(plain, usedforsecurity=False)
    return _Shake(made, _SHAKES[plain]) if plain in _SHAKES else made


class _Shake:
    """A digest of endless output, cut to the length that signatures use."""

    def __init__(self, endless: Any, octets: int) -> None:  # noqa: ANN401 - hashlib gives its objects no public type
        self._endless = endless
        self._octets = octets

    def update(self, data: bytes) -> None:
        self._endless.update(data)

    def copy(self) -> _Shake:
        return _Shake(self._endless.copy(), self._octets)

    def digest(self) -> bytes:
        return bytes(self._endless.digest(self._octets))


def digest(name: str, data: bytes) -> bytes:
    """The digest of `data`.

    Raises:
        ValueError: see `new_digest`.
    """
    value = new_digest(name)
    value.update(data)
    return bytes(value.digest())


def digest_is(name: str, wanted: bytes, data: bytes) -> bool:
    """Whether `wanted` is the digest of `data` under `name`; an algorithm that is unknown here proves nothing."""
    try:
        return digest(name, data) == wanted
    except ValueError:
        return False


_FIXED = (
    {i: SignatureAlgorithm(i, "rsa-pkcs1", hashed, name=f"{hashed}_rsa") for i, hashed in _RSA.items()}
    | {i: SignatureAlgorithm(i, "ecdsa", hashed, name=f"{hashed}_ecdsa") for i, hashed in _ECDSA.items()}
    | {i: SignatureAlgorithm(i, "unknown", name=name) for i, name in _NAMED_ONLY.items()}
    | {
        # Old signers write the algorithm of the key; the digest then stands beside it.
        RSA_ENCRYPTION: SignatureAlgorithm(RSA_ENCRYPTION, "rsa-pkcs1", name="rsassa_pkcs1v15"),
        EC_PUBLIC_KEY: SignatureAlgorithm(EC_PUBLIC_KEY, "ecdsa", name="ecdsa"),
        ED25519: SignatureAlgorithm(ED25519, "eddsa", name="ed25519"),
        ED448: SignatureAlgorithm(ED448, "eddsa", name="ed448"),
    }
)


def named_signature(identifier: str, parameters: bytes = b"") -> SignatureAlgorithm:
    """The algorithm of `identifier` with its parameters in DER (empty: none).

    Raises:
        Asn1Error: the parameters are no parameters of that algorithm.
    """
    if identifier == RSA_PSS:
        return _pss(parameters)
    return _FIXED.get(identifier) or SignatureAlgorithm(identifier, "unknown", name=identifier)


@lru_cache(maxsize=1024)
def signature_algorithm(der: bytes) -> SignatureAlgorithm:
    """What an AlgorithmIdentifier of a signature says.

    Raises:
        Asn1Error: it is none.
    """
    if len(der) > MAX_BYTES:
        raise Asn1Error("an algorithm of more than 4 KiB")
    parts = members(der, whole(der, SEQUENCE), 4)
    identifier = oid(der, at(parts, 0, 0x06))
    return named_signature(identifier, der[parts[1][1] : parts[1][3]] if len(parts) > 1 else b"")


@lru_cache(maxsize=1024)
def algorithm_oid(der: bytes) -> str:
    """The identifier of an AlgorithmIdentifier, whatever its parameters.

    SHAKE256 with the length of output written out is SHAKE256 where that is the length which signatures
    use anyway; with another it stays unknown.

    Raises:
        Asn1Error: it is none.
    """
    if len(der) > MAX_BYTES:
        raise Asn1Error("an algorithm of more than 4 KiB")
    parts = members(der, whole(der, SEQUENCE), 4)
    identifier = oid(der, at(parts, 0, 0x06))
    if identifier == _SHAKE256_LENGTH and len(parts) > 1 and integer(der, at(parts, 1, INTEGER)) == _LENGTH_BITS:
        return _SHAKE256
    return identifier


def _pss(parameters: bytes) -> SignatureAlgorithm:
    """RSASSA-PSS-params (RFC 4055, section 3.1); what is left out is SHA-1, MGF1 with SHA-1, 20 octets."""
    hashed, mask, salt, trailer = "1.3.14.3.2.26", "1.3.14.3.2.26", 20, 1
    if parameters[:1] == b"\x30":
        for element in members(parameters, whole(parameters, SEQUENCE), 8):
            tag, _, value, end = element
            inner = inside(parameters, element)
            if tag == 0xA0:  # noqa: PLR2004 - hashAlgorithm
                hashed = algorithm_oid(parameters[value:end])
            elif tag == 0xA1:  # noqa: PLR2004 - maskGenAlgorithm
                parts = members(parameters, inner, 4)
                if oid(parameters, at(parts, 0, 0x06)) != _MGF1:
                    return SignatureAlgorithm(RSA_PSS, "unknown", name="rsassa_pss with another mask than MGF1")
                mask = algorithm_oid(parameters[at(parts, 1, SEQUENCE)[1] : parts[1][3]])
            elif tag == 0xA2:  # noqa: PLR2004 - saltLength
                salt = integer(parameters, inner)
            elif tag == 0xA3:  # noqa: PLR2004 - trailerField
                trailer = integer(parameters, inner)
            else:
                raise Asn1Error("parameters that RSASSA-PSS does not have")
    if trailer != 1 or not 0 <= salt <= 4096:  # noqa: PLR2004 - a salt longer than any modulus
        return SignatureAlgorithm(RSA_PSS, "unknown", name="rsassa_pss with unusual parameters")
    return SignatureAlgorithm(RSA_PSS, "rsa-pss", digest_of(hashed), digest_of(mask), salt, "rsassa_pss")
