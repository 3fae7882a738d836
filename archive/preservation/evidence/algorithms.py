"""Digest algorithms of evidence records: names, identifiers, digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from archive.preservation.evidence.der import DerUnreadableError, Element, encode, members

_OIDS: Final = {
    "sha1": "2b0e03021a",
    "sha224": "608648016503040204",
    "sha256": "608648016503040201",
    "sha384": "608648016503040202",
    "sha512": "608648016503040203",
    "sha512_256": "608648016503040206",
    "sha3_256": "608648016503040208",
    "sha3_384": "608648016503040209",
    "sha3_512": "60864801650304020a",
}
"""By the names that asn1crypto and hashlib have: content octets of the object identifiers (NIST CSOR)."""

_NAMES: Final = {bytes.fromhex(oid): name for name, oid in _OIDS.items()}
_NULL: Final = b"\x05\x00"
_SEQUENCE: Final = 0x30
_IDENTIFIER: Final = 0x06
_AT_MOST: Final = 2


class AlgorithmUnknownError(ValueError):
    """No digest of that name or identifier is known here."""


def digest(name: str, *parts: bytes) -> bytes:
    """Digest of `parts`, one after the other.

    Raises:
        AlgorithmUnknownError: see there.
    """
    try:
        value = hashlib.new(name)
    except ValueError:
        raise AlgorithmUnknownError(name) from None
    for part in parts:
        value.update(part)
    return value.digest()


def size_of(name: str) -> int:
    """Bytes of a digest.

    Raises:
        AlgorithmUnknownError: see there.
    """
    return len(digest(name))


def node(name: str, values: Iterable[bytes]) -> bytes:
    """Digest of `values` in binary ascending order, of one alone that value itself (RFC 4998, 4.2)."""
    ordered = sorted(values)
    return ordered[0] if len(ordered) == 1 else digest(name, *ordered)


@lru_cache(maxsize=64)
def identifier(name: str, *, tag: int = _SEQUENCE) -> bytes:
    """The AlgorithmIdentifier, without parameters (RFC 5754, 2), under an implicit `tag` where one is given.

    Raises:
        AlgorithmUnknownError: see there.
    """
    if name not in _OIDS:
        raise AlgorithmUnknownError(name)
    return encode(tag, encode(_IDENTIFIER, bytes.fromhex(_OIDS[name])))


def name_of(found: Element) -> str:
    """Name of the algorithm that an AlgorithmIdentifier means; parameters are absent or NULL.

    Raises:
        AlgorithmUnknownError: see there.
        DerUnreadableError: it is no AlgorithmIdentifier of a digest.
    """
    parts = members(found)
    if not 1 <= len(parts) <= _AT_MOST or parts[0].tag != _IDENTIFIER:
        raise DerUnreadableError("no algorithm identifier")
    if len(parts) == _AT_MOST and parts[1].encoded != _NULL:
        raise DerUnreadableError("a digest algorithm with parameters")
    name = _NAMES.get(parts[0].content)
    if name is None:
        raise AlgorithmUnknownError(parts[0].content.hex())
    return name
