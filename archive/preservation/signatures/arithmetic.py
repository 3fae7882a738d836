"""Verifies signature values: the arithmetic only, with nothing said about trust.

`cryptography` computes where it can be imported and knows the algorithm; else
pure Python does (`arithmetic_pure`), so that the verifier in one file needs no
compiled library. What may be computed at all is decided here, before either of
them, so that both give the same answers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from archive.preservation.signatures import arithmetic_curves as curves
from archive.preservation.signatures import arithmetic_edwards as edwards
from archive.preservation.signatures import arithmetic_pure as pure
from archive.preservation.signatures.algorithms import SignatureAlgorithm, digest, digest_name
from archive.preservation.signatures.arithmetic_curves import KeyUnusableError
from archive.preservation.signatures.keys import PublicKey, public_key

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.serialization import load_der_public_key
except ImportError:  # the verifier in one file
    COMPILED = False
else:
    COMPILED = True

__all__ = ["COMPILED", "AlgorithmUnknownError", "KeyUnusableError", "verify", "verify_digest"]

MAX_RSA_BITS = 16_384
MAX_EXPONENT_BITS = 64
_SCHEMES = {"rsa": ("rsa-pkcs1", "rsa-pss"), "ec": ("ecdsa",), "ed25519": ("eddsa",), "ed448": ("eddsa",)}


class AlgorithmUnknownError(ValueError):
    """Nothing can be said of a signature made with this algorithm."""


def verify(
    signature: bytes,
    data: bytes,
    algorithm: SignatureAlgorithm,
    beside: str,
    key: PublicKey,
    *,
    compiled: bool = COMPILED,
) -> bool:
    """Whether `key` made `signature` over `data`.

    Args:
        signature: The value: as CMS and X.509 carry it, so DER for ECDSA.
        data: What was signed.
        algorithm: See there.
        beside: Digest algorithm to use when `algorithm` fixes none.
        key: Of the signer.
        compiled: Let the library compute what it can.

    Raises:
        AlgorithmUnknownError: neither yes nor no can be said.
        KeyUnusableError: with such a key anybody could have made it.
    """
    _agree(algorithm, key)
    if algorithm.scheme == "eddsa":
        return _verify_eddsa(signature, data, key, compiled=compiled)
    name = digest_name(algorithm.digest or beside)
    return _verify_hashed((signature, _hashed(name, data)), algorithm, name, key, compiled=compiled)


def verify_digest(
    signature: bytes,
    hashed: bytes,
    algorithm: SignatureAlgorithm,
    beside: str,
    key: PublicKey,
    *,
    compiled: bool = COMPILED,
) -> bool:
    """The same over a digest that was taken already; see `verify`.

    Raises:
        AlgorithmUnknownError: also for EdDSA, which signs the data and not their digest.
    """
    _agree(algorithm, key)
    if algorithm.scheme == "eddsa":
        msg = f"{algorithm.name} over a digest"
        raise AlgorithmUnknownError(msg)
    name = digest_name(algorithm.digest or beside)
    return _verify_hashed((signature, hashed), algorithm, name, key, compiled=compiled)


def _agree(algorithm: SignatureAlgorithm, key: PublicKey) -> None:
    if algorithm.scheme not in _SCHEMES.get(key.kind, ()):
        msg = f"{algorithm.name} with a key of kind {key.kind}"
        raise AlgorithmUnknownError(msg)
    if key.only_pss and algorithm.scheme != "rsa-pss":
        msg = f"{algorithm.name} with a key that is for RSASSA-PSS only"
        raise AlgorithmUnknownError(msg)
    if algorithm.scheme == "eddsa" and algorithm.name != key.kind:
        msg = f"{algorithm.name} with a key of kind {key.kind}"
        raise AlgorithmUnknownError(msg)
    if key.kind == "ec" and key.curve not in curves.CURVES:
        msg = f"the elliptic curve {key.curve}"
        raise AlgorithmUnknownError(msg)
    sound(key.spki)


@lru_cache(maxsize=8192)
def sound(spki: bytes) -> None:
    """Refuses keys that prove nothing, whoever signs with them.

    Raises:
        KeyUnusableError: exponent 1 or even, a point off its curve, a key of small order.
    """
    key = public_key(spki)
    if key.kind == "rsa":
        big = key.bits > MAX_RSA_BITS or key.exponent.bit_length() > MAX_EXPONENT_BITS
        if big or key.exponent < 3 or not key.exponent & 1 or not key.modulus & 1:  # noqa: PLR2004 - 1 signs nothing
            raise KeyUnusableError("an RSA key of unusable numbers")
    elif key.kind == "ec":
        curves.point(str(key.curve), key.octets)
    elif key.kind == "ed25519":
        edwards.sound_ed25519(key.octets)
    elif key.kind == "ed448":
        edwards.sound_ed448(key.octets)


def _hashed(name: str, data: bytes) -> bytes:
    try:
        return digest(name, data)
    except ValueError as error:
        raise AlgorithmUnknownError(str(error)) from error


def _verify_hashed(
    pair: tuple[bytes, bytes], algorithm: SignatureAlgorithm, name: str, key: PublicKey, *, compiled: bool
) -> bool:
    signature, hashed = pair
    loaded = _compiled_key(key.spki) if compiled else None
    if loaded is not None:
        answer = _by_library(loaded, signature, hashed, algorithm, name)
        if answer is not None:
            return answer
    try:
        if algorithm.scheme == "rsa-pkcs1":
            return pure.rsa_pkcs1(signature, hashed, name, key.modulus, key.exponent)
        if algorithm.scheme == "rsa-pss":
            mask, salt = algorithm.mask_digest or name, algorithm.salt_length or 0
            return pure.rsa_pss(signature, hashed, (name, mask, salt), key.modulus, key.exponent)
        return curves.ecdsa(signature, hashed, str(key.curve), key.octets)
    except pure.DigestUnknownError as error:
        raise AlgorithmUnknownError(str(error)) from error


def _by_library(
    compiled: Any,  # noqa: ANN401 - one of several key classes
    signature: bytes,
    hashed: bytes,
    algorithm: SignatureAlgorithm,
    name: str,
) -> bool | None:
    """The library's answer; None when it has none."""
    try:
        known = Prehashed(_hash(name))
        if algorithm.scheme == "rsa-pkcs1":
            compiled.verify(signature, hashed, padding.PKCS1v15(), known)
        elif algorithm.scheme == "rsa-pss":
            scheme = padding.PSS(padding.MGF1(_hash(algorithm.mask_digest or name)), algorithm.salt_length or 0)
            compiled.verify(signature, hashed, scheme, known)
        else:
            compiled.verify(signature, hashed, ec.ECDSA(known))
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return None
    return True


@lru_cache(maxsize=64)
def _hash(name: str) -> Any:  # noqa: ANN401 - one of several digest classes
    known: dict[str, Any] = {
        "md5": hashes.MD5,
        "sha1": hashes.SHA1,
        "sha224": hashes.SHA224,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
        "sha512_224": hashes.SHA512_224,
        "sha512_256": hashes.SHA512_256,
        "sha3_224": hashes.SHA3_224,
        "sha3_256": hashes.SHA3_256,
        "sha3_384": hashes.SHA3_384,
        "sha3_512": hashes.SHA3_512,
    }
    return known[name]()


@lru_cache(maxsize=8192)
def _compiled_key(spki: bytes) -> Any:  # noqa: ANN401 - one of several key classes
    try:
        return load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # It refuses what the world uses: short keys, odd encodings. Pure Python decides.
        return None


def _verify_eddsa(signature: bytes, data: bytes, key: PublicKey, *, compiled: bool) -> bool:
    loaded = _compiled_key(key.spki) if compiled else None
    if loaded is None:
        check = edwards.ed25519 if key.kind == "ed25519" else edwards.ed448
        return check(signature, data, key.octets)
    try:
        loaded.verify(signature, data)
    except InvalidSignature:
        return False
    return True
