"""Verifies signature values: the arithmetic only, with nothing said about trust."""

from __future__ import annotations

from asn1crypto import algos
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.cms_reading import digest_name

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha3_256": hashes.SHA3_256,
    "sha3_384": hashes.SHA3_384,
    "sha3_512": hashes.SHA3_512,
}


class AlgorithmUnknownError(ValueError):
    """Nothing can be said of a signature made with this algorithm."""


def _hash(name: str) -> hashes.HashAlgorithm:
    try:
        return _HASHES[digest_name(name)]()
    except KeyError:
        msg = f"digest {name}"
        raise AlgorithmUnknownError(msg) from None


def _names(algorithm: algos.SignedDigestAlgorithm, digest: str) -> tuple[str, str]:
    try:
        kind = algorithm.signature_algo
    except ValueError as error:
        raise AlgorithmUnknownError(str(error)) from error
    try:
        return kind, algorithm.hash_algo
    except ValueError:
        # Many signers write the bare rsaEncryption here; the digest then stands beside it.
        return kind, digest


def is_genuine(
    signature: bytes, data: bytes, algorithm: algos.SignedDigestAlgorithm, digest: str, signer: Certificate
) -> bool:
    """Whether the key of `signer` made `signature` over `data`.

    Raises:
        AlgorithmUnknownError: neither yes nor no can be said.
    """
    kind, name = _names(algorithm, digest)
    key = signer.parsed.public_key()
    try:
        if kind == "rsassa_pkcs1v15" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), _hash(name))
        elif kind == "rsassa_pss" and isinstance(key, rsa.RSAPublicKey):
            parameters = algorithm["parameters"]
            mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
            scheme = padding.PSS(padding.MGF1(_hash(mask)), parameters["salt_length"].native)
            key.verify(signature, data, scheme, _hash(name))
        elif kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(_hash(name)))
        elif kind in ("ed25519", "ed448") and isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
            key.verify(signature, data)
        else:
            msg = f"{kind} with a key of kind {signer.key[0]}"
            raise AlgorithmUnknownError(msg)
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm as error:
        raise AlgorithmUnknownError(str(error)) from error
    return True
