"""Signature values with the certificates of their signers; the arithmetic itself is in `arithmetic`."""

from __future__ import annotations

from collections.abc import Callable

from archive.preservation.signatures.algorithms import SignatureAlgorithm
from archive.preservation.signatures.arithmetic import AlgorithmUnknownError, KeyUnusableError, verify, verify_digest
from archive.preservation.signatures.arithmetic_pure import pkcs1_digest
from archive.preservation.signatures.certificates import Certificate

__all__ = ["AlgorithmUnknownError", "is_genuine", "is_genuine_over", "stated_digest"]


def is_genuine(signature: bytes, data: bytes, algorithm: SignatureAlgorithm, digest: str, signer: Certificate) -> bool:
    """Whether the key of `signer` made `signature` over `data`.

    Args:
        signature: The value.
        data: What is signed.
        algorithm: Of the signature.
        digest: Used where `algorithm` fixes none.
        signer: Whose key it should be.

    Raises:
        AlgorithmUnknownError: neither yes nor no can be said, also because the key is one that proves nothing.
    """
    try:
        return verify(signature, data, algorithm, digest, signer.public_key)
    except KeyUnusableError as error:
        raise AlgorithmUnknownError(str(error)) from error


def is_genuine_over(
    signature: bytes,
    hashed: Callable[[str], bytes],
    algorithm: SignatureAlgorithm,
    digest: str,
    signer: Certificate,
) -> bool:
    """The same for content that is at hand as a digest only: a CMS without signed attributes, a bare RSA value.

    Args:
        signature: The value.
        hashed: Digest of the content under an algorithm; ValueError when it is unknown.
        algorithm: Of the signature.
        digest: Used where `algorithm` fixes none.
        signer: Whose key it should be.

    Raises:
        AlgorithmUnknownError: see `is_genuine`; also for EdDSA, which signs content and not a digest.
    """
    try:
        value = hashed(algorithm.digest or digest)
    except ValueError as error:
        raise AlgorithmUnknownError(str(error)) from error
    try:
        return verify_digest(signature, value, algorithm, digest, signer.public_key)
    except KeyUnusableError as error:
        raise AlgorithmUnknownError(str(error)) from error


def stated_digest(signature: bytes, signer: Certificate) -> str | None:
    """The digest algorithm inside an RSASSA-PKCS1-v1_5 value; None when the key opens nothing of that form."""
    key = signer.public_key
    return pkcs1_digest(signature, key.modulus, key.exponent) if key.kind == "rsa" else None
