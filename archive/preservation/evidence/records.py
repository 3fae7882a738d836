"""Evidence records (RFC 4998): read and written as DER, nothing judged.

ASN.1 with implicit tags (RFC 4998, appendix B):

    EvidenceRecord ::= SEQUENCE { version INTEGER { v1(1) }, digestAlgorithms SEQUENCE OF AlgorithmIdentifier,
        cryptoInfos [0] OPTIONAL, encryptionInfo [1] OPTIONAL,
        archiveTimeStampSequence SEQUENCE OF SEQUENCE OF ArchiveTimeStamp }
    ArchiveTimeStamp ::= SEQUENCE { digestAlgorithm [0] OPTIONAL, attributes [1] OPTIONAL,
        reducedHashtree [2] SEQUENCE OF SEQUENCE OF OCTET STRING OPTIONAL, timeStamp ContentInfo }
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from archive.preservation.evidence.algorithms import AlgorithmUnknownError, identifier, name_of
from archive.preservation.evidence.der import (
    DerUnreadableError,
    Element,
    element,
    encode,
    members,
    whole,
)
from archive.preservation.evidence.trees import Lists
from archive.preservation.signatures.asn1 import header

MAX_RECORD_BYTES = 64 << 20
"""No record is larger: some hundred time-stamps with their revocation data are a few MiB."""

MAX_STAMPS = 2000

_FEWEST: Final = 3
"""Version, algorithms, archive time-stamps: what every record has."""

_VERSION: Final = b"\x02\x01\x01"
_SEQUENCE: Final = 0x30
_OCTETS: Final = 0x04
_DIGEST: Final = 0xA0
_ATTRIBUTES: Final = 0xA1
_REDUCED: Final = 0xA2
_CRYPTO: Final = 0xA0
_ENCRYPTION: Final = 0xA1


class RecordUnreadableError(ValueError):
    """The bytes are no evidence record."""


@dataclass(frozen=True, slots=True)
class ArchiveTimeStamp:
    """One archive time-stamp: from a digest over a reduced hash tree to a token."""

    algorithm: str | None
    """Of the hash tree; None: not said, so that of the token's imprint."""

    lists: Lists = field(repr=False)
    """The reduced hash tree; empty: there is none."""

    token: bytes = field(repr=False)
    """The time-stamp (ContentInfo), as it stands in the record."""

    attributes: bytes = field(default=b"", repr=False)
    """Content of `attributes`; the archive makes none."""

    def der(self) -> bytes:
        """The element."""
        return self.head() + self.token

    def head(self) -> bytes:
        """The element up to its token."""
        body = identifier(self.algorithm, tag=_DIGEST) if self.algorithm else b""
        if self.attributes:
            body += encode(_ATTRIBUTES, self.attributes)
        if self.lists:
            body += encode(_REDUCED, b"".join([_partial(values) for values in self.lists]))
        return header(_SEQUENCE, len(body) + len(self.token)) + body


@dataclass(frozen=True, slots=True)
class Chain:
    """Archive time-stamps with one hash algorithm, oldest first."""

    stamps: tuple[ArchiveTimeStamp, ...]
    encoded: bytes = field(repr=False)
    """The element as it stands in the record: later chains are over these bytes."""

    @classmethod
    def of(cls, stamps: Sequence[ArchiveTimeStamp]) -> Chain:
        """A chain to be written."""
        return cls(tuple(stamps), encode(_SEQUENCE, b"".join(stamp.der() for stamp in stamps)))


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """Everything that proves since when something has existed."""

    digests: tuple[str, ...]
    """Algorithms that the record says it uses."""

    chains: tuple[Chain, ...]
    """Oldest first."""

    crypto_infos: bytes = field(default=b"", repr=False)
    encryption_info: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, chains: Sequence[Sequence[ArchiveTimeStamp]]) -> EvidenceRecord:
        """A record of these chains."""
        names = dict.fromkeys(stamp.algorithm for chain in chains for stamp in chain if stamp.algorithm)
        return cls(tuple(names), tuple(Chain.of(chain) for chain in chains))

    def stamps(self) -> Iterator[tuple[int, int, ArchiveTimeStamp]]:
        """All archive time-stamps with the numbers (from 0) of chain and place, oldest first."""
        for number, chain in enumerate(self.chains):
            for place, stamp in enumerate(chain.stamps):
                yield number, place, stamp

    def der(self) -> bytes:
        """The record."""
        body = _VERSION + encode(_SEQUENCE, b"".join(identifier(name) for name in self.digests))
        if self.crypto_infos:
            body += encode(_CRYPTO, self.crypto_infos)
        if self.encryption_info:
            body += encode(_ENCRYPTION, self.encryption_info)
        return encode(_SEQUENCE, body + sequence_of(self.chains))


def sequence_of(chains: Sequence[Chain]) -> bytes:
    """The ArchiveTimeStampSequence of `chains`: what a hash-tree renewal digests (RFC 4998, 5.2)."""
    return encode(_SEQUENCE, b"".join(chain.encoded for chain in chains))


def _partial(values: Sequence[bytes]) -> bytes:
    if len(values) == 1:
        return _single(len(values[0])) + values[0]
    return encode(_SEQUENCE, b"".join([encode(_OCTETS, value) for value in values]))


@lru_cache(maxsize=16)
def _single(width: int) -> bytes:
    """What stands before a digest that is alone in its list, as most are."""
    octets = header(_OCTETS, width)
    return header(_SEQUENCE, len(octets) + width) + octets


def read_record(data: bytes) -> EvidenceRecord:
    """The record that `data` is; strict DER but for the time-stamps, which others encode.

    Raises:
        RecordUnreadableError: it is none, or one of an encryption or algorithm that is unknown here.
    """
    if len(data) > MAX_RECORD_BYTES:
        msg = f"{len(data)} bytes"
        raise RecordUnreadableError(msg)
    try:
        return _record(whole(data, _SEQUENCE))
    except (DerUnreadableError, AlgorithmUnknownError) as error:
        msg = f"{type(error).__name__}: {error}"
        raise RecordUnreadableError(msg) from error


def _record(record: Element) -> EvidenceRecord:
    parts = members(record)
    if len(parts) < _FEWEST or parts[0].encoded != _VERSION:
        raise DerUnreadableError("no evidence record of version 1")
    algorithms, parts = parts[1], parts[2:]
    names = tuple(name_of(_tagged(entry, _SEQUENCE)) for entry in members(_tagged(algorithms, _SEQUENCE)))
    optional = {_CRYPTO: b"", _ENCRYPTION: b""}
    for tag in optional:
        if parts and parts[0].tag == tag:
            optional[tag] = parts.pop(0).content
    if len(parts) != 1:
        raise DerUnreadableError("no single sequence of archive time-stamps")
    chains = tuple(_chain(entry) for entry in members(_tagged(parts[0], _SEQUENCE)))
    if not chains or sum(len(chain.stamps) for chain in chains) > MAX_STAMPS:
        raise DerUnreadableError("no archive time-stamp, or too many")
    return EvidenceRecord(names, chains, optional[_CRYPTO], optional[_ENCRYPTION])


def _tagged(found: Element, tag: int) -> Element:
    if found.tag != tag:
        msg = f"tag {found.tag:#x} where {tag:#x} belongs"
        raise DerUnreadableError(msg)
    return found


def _chain(chain: Element) -> Chain:
    stamps = tuple(_stamp(_tagged(entry, _SEQUENCE)) for entry in members(_tagged(chain, _SEQUENCE)))
    if not stamps:
        raise DerUnreadableError("an empty chain")
    return Chain(stamps, chain.encoded)


def _stamp(stamp: Element) -> ArchiveTimeStamp:
    found: dict[int, Element] = {}
    place = stamp.body
    for tag in (_DIGEST, _ATTRIBUTES, _REDUCED):
        following = element(stamp.data, place, limit=stamp.stop, ber=True)
        if following.tag == tag:
            found[tag] = element(stamp.data, place, limit=stamp.stop)
            place = following.end
    token = element(stamp.data, place, limit=stamp.stop, ber=True)
    if token.tag != _SEQUENCE or token.end != stamp.stop:
        raise DerUnreadableError("no time-stamp at the end")
    if any(part.body == part.stop for part in found.values()):
        raise DerUnreadableError("an optional part that is empty")
    return ArchiveTimeStamp(
        algorithm=name_of(found[_DIGEST]) if _DIGEST in found else None,
        lists=tuple(_values(entry) for entry in members(found[_REDUCED])) if _REDUCED in found else (),
        token=token.encoded,
        attributes=found[_ATTRIBUTES].content if _ATTRIBUTES in found else b"",
    )


def _values(partial: Element) -> tuple[bytes, ...]:
    values = tuple(_tagged(entry, _OCTETS).content for entry in members(_tagged(partial, _SEQUENCE)))
    if not values:
        raise DerUnreadableError("an empty partial hash tree")
    return values
