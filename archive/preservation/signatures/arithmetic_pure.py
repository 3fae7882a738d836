"""RSA verification in pure Python (RFC 8017), for public values only.

Nothing here is constant in time, and nothing needs to be: signatures and public
keys are no secrets.
"""

from __future__ import annotations

from archive.preservation.signatures.algorithms import DIGESTS, algorithm_oid, digest, digest_name
from archive.preservation.signatures.asn1 import SEQUENCE, Asn1Error, encoded_oid, header, members, whole

_OID_OF = {name: identifier for identifier, name in DIGESTS.items()}


class DigestUnknownError(ValueError):
    """A digest algorithm that is not computed here."""


def rsa_pkcs1(signature: bytes, hashed: bytes, name: str, modulus: int, exponent: int) -> bool:
    """RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.2): the whole padded block is compared, nothing in it is parsed."""
    size = (modulus.bit_length() + 7) // 8
    block = _recovered(signature, modulus, exponent)
    info = _digest_info(name, hashed)
    if block is None or size < len(info) + 11:
        return False
    return block == b"\0\x01" + b"\xff" * (size - len(info) - 3) + b"\0" + info


def pkcs1_digest(signature: bytes, modulus: int, exponent: int) -> str | None:
    """The digest algorithm inside an RSASSA-PKCS1-v1_5 value, for formats that state it nowhere else.

    Proves nothing by itself: `rsa_pkcs1` compares the whole block afterwards.
    """
    block = _recovered(signature, modulus, exponent)
    if block is None or block[:2] != b"\0\x01":
        return None
    info = block[2:].lstrip(b"\xff")[1:]
    try:
        parts = members(info, whole(info, SEQUENCE), 2)
        return DIGESTS.get(algorithm_oid(info[parts[0][1] : parts[0][3]])) if parts else None
    except Asn1Error:
        return None


def _recovered(signature: bytes, modulus: int, exponent: int) -> bytes | None:
    size = (modulus.bit_length() + 7) // 8
    value = int.from_bytes(signature, "big")
    if len(signature) != size or value >= modulus:
        return None
    return pow(value, exponent, modulus).to_bytes(size, "big")


def _digest_info(name: str, hashed: bytes) -> bytes:
    identifier = _OID_OF.get(digest_name(name))
    if identifier is None:
        msg = f"digest {name}"
        raise DigestUnknownError(msg)
    encoded = encoded_oid(identifier)
    algorithm = header(SEQUENCE, len(encoded) + 2) + encoded + b"\x05\0"
    inner = algorithm + header(0x04, len(hashed)) + hashed
    return header(SEQUENCE, len(inner)) + inner


def rsa_pss(signature: bytes, hashed: bytes, scheme: tuple[str, str, int], modulus: int, exponent: int) -> bool:
    """RSASSA-PSS (RFC 8017, 8.1.2 and 9.1.2).

    Args:
        signature: The value.
        hashed: Digest of the message.
        scheme: Digest of the message, digest of the mask, length of the salt in octets.
        modulus: Of the key.
        exponent: Of the key.
    """
    name, mask_name, salt_length = scheme
    bits = modulus.bit_length() - 1
    size = (bits + 7) // 8
    block = _recovered(signature, modulus, exponent)
    try:
        length = len(digest(name, b""))
        if block is None or any(block[: len(block) - size]) or size < length + salt_length + 2:
            return False
        block = block[len(block) - size :]
        masked, expected, trailer = block[: size - length - 1], block[size - length - 1 : -1], block[-1]
        if trailer != 0xBC or masked[0] >> (8 - (8 * size - bits)) or len(hashed) != length:  # noqa: PLR2004 - 9.1.2
            return False
        plain = bytearray(a ^ b for a, b in zip(masked, _mask(mask_name, expected, len(masked)), strict=True))
        plain[0] &= 0xFF >> (8 * size - bits)
        start = len(plain) - salt_length
        if any(plain[: start - 1]) or plain[start - 1] != 1:
            return False
        return digest(name, bytes(8) + hashed + bytes(plain[start:])) == expected
    except ValueError as error:
        raise DigestUnknownError(str(error)) from error


def _mask(name: str, seed: bytes, length: int) -> bytes:
    """MGF1 (RFC 8017, B.2.1)."""
    found = b""
    counter = 0
    while len(found) < length:
        found += digest(name, seed + counter.to_bytes(4, "big"))
        counter += 1
    return found[:length]
