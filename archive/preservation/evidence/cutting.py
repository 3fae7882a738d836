"""Evidence records cut out of the archive's stamps (RFC 4998): one archive time-stamp for each stamp of a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Final, Protocol

from archive.preservation.evidence.algorithms import digest, node
from archive.preservation.evidence.der import encode
from archive.preservation.evidence.history import Cover, History, HistoryBrokenError, Lines, Link, Stamp, StampKind
from archive.preservation.evidence.records import ArchiveTimeStamp, Chain, EvidenceRecord, sequence_of
from archive.preservation.evidence.trees import Tree, reduced
from archive.preservation.signatures.asn1 import header

_SEQUENCE: Final = 0x30


class Material(Protocol):
    """Where bytes of stamps come from. Storage and tests each have their own."""

    def token(self, stamp: Stamp) -> bytes:
        """The token as received."""
        ...

    def covered_token(self, stamp: Stamp, cover: Cover) -> bytes:
        """The token with the revocation data that `cover` names; its digest is `cover.token`."""
        ...

    def renewal(self, stamp: Stamp) -> Tree:
        """The tree of a renewal, over its `renewal_leaves`."""
        ...

    def siblings(self, stamp: Stamp, batch: str, leaf: bytes) -> tuple[bytes, ...]:
        """Nodes beside the way from a group's leaf in the tree of `batch` under the batch's stamp or a rehash.

        Raises:
            KeyError: the leaf is not in it.
        """
        ...


Digests = Callable[[str], Sequence[bytes]]
"""Digests of the members of a group by algorithm, in the order of the group."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """One chain of a record: the tree in which a group's own leaf stands, and the renewals of its token."""

    stamp: Stamp
    above: tuple[bytes, ...] = field(repr=False)
    """Nodes beside the way from the tree's root to what was stamped (rehash over many batches, restamp)."""

    token: bytes = field(repr=False)
    renewals: tuple[ArchiveTimeStamp, ...] = field(repr=False)
    encoded: bytes = field(repr=False)
    """The renewals as they stand in the record."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """Cuts evidence records out of the stamps of one batch. What all its groups share is made once."""

    batch: Stamp
    material: Material
    segments: tuple[_Segment, ...] = field(repr=False)

    @classmethod
    def of(cls, batch: Stamp, links: Sequence[Link], material: Material) -> Cutting:
        """Prepare cutting along a line.

        Raises:
            HistoryBrokenError: there is no line, or what is stored does not fit.
        """
        if not links:
            msg = f"{batch.name}: its time-stamp is void"
            raise HistoryBrokenError(msg)
        groups: list[list[Link]] = []
        for link in links:
            if link.stamp.kind is not StampKind.RENEWAL:
                groups.append([])
            groups[-1].append(link)
        segments = []
        for group in groups:
            first = group[0]
            renewals = tuple(
                _renewal(link, chain_members(group[:place]), material) for place, link in enumerate(group) if place
            )
            encoded = b"".join(stamp.der() for stamp in renewals)
            segments.append(_Segment(first.stamp, _above(first, batch), _token(material, first), renewals, encoded))
        return cls(batch, material, tuple(segments))

    def record(self, digests: Digests, *, until: str = "") -> EvidenceRecord:
        """The evidence record of a group.

        Args:
            digests: Of its members, by the batch's algorithm and those of hash-tree renewals.
            until: Name of a hash-tree renewal: only what was proven before it.

        Raises:
            HistoryBrokenError: the group is not in the batch.
        """
        chains: list[Chain] = []
        for segment in self.segments:
            if segment.stamp.name == until:
                break
            first = self._first(segment, digests, chains)
            chains.append(Chain((first, *segment.renewals), encode(_SEQUENCE, first.der() + segment.encoded)))
        return EvidenceRecord(tuple(dict.fromkeys(segment.stamp.algorithm for segment in self.segments)), tuple(chains))

    def leaf(self, rehash: Stamp, digests: Digests) -> bytes:
        """The leaf of a group in a hash-tree renewal (RFC 4998, 5.2).

        Args:
            rehash: The renewal; it covers the youngest stamp of this line, though its own parts may not be known yet.
            digests: Of the members.
        """
        name = rehash.algorithm
        before = [segment for segment in self.segments if segment.stamp.name != rehash.name]
        if len(before) > 1:
            chains = self.record(digests, until=rehash.name).chains
            return node(name, renewed(name, digests, chains))
        older = self._older(before[0], name, digests)
        return node(name, {digest(name, member, older) for member in digests(name)})

    def _older(self, segment: _Segment, algorithm: str, digests: Digests) -> bytes:
        """Digest of the sequence of one chain, without putting it together: a hash-tree renewal needs millions."""
        first = self._first(segment, digests, ())
        head = first.head()
        size = len(head) + len(segment.token) + len(segment.encoded)
        chain = header(_SEQUENCE, size)
        return digest(algorithm, header(_SEQUENCE, len(chain) + size) + chain + head, segment.token, segment.encoded)

    def _first(self, segment: _Segment, digests: Digests, chains: Sequence[Chain]) -> ArchiveTimeStamp:
        name = segment.stamp.algorithm
        members = renewed(name, digests, chains)
        leaf = node(name, members)
        try:
            siblings = self.material.siblings(segment.stamp, self.batch.name, leaf)
        except KeyError:
            msg = f"{segment.stamp.name}: the group is not in it"
            raise HistoryBrokenError(msg) from None
        return ArchiveTimeStamp(name, reduced(leaf, (*siblings, *segment.above), members), segment.token)


def renewed(algorithm: str, digests: Digests, chains: Sequence[Chain]) -> list[bytes]:
    """What a chain is over: digests of the members; behind older chains each with the digest of these."""
    members = list(dict.fromkeys(digests(algorithm)))
    if not chains:
        return members
    older = digest(algorithm, sequence_of(chains))
    return [digest(algorithm, member, older) for member in members]


@lru_cache(maxsize=64)
def _tree_of(stamp: Stamp) -> Tree:
    return stamp.roots()


def chain_members(links: Sequence[Link]) -> list[bytes]:
    """Digests of all tokens of the last chain of a covered line: what a renewal takes as one data group.

    RFC 4998 asks for the last of them only. Other verifiers (BouncyCastle) look
    for every token of the chain in the youngest archive time-stamp.
    """
    members: list[bytes] = []
    for link in links:
        if link.stamp.kind is not StampKind.RENEWAL:
            members = []
        if link.under is not None:
            members.append(link.under.leaf)
    return list(dict.fromkeys(members))


def renewal_leaves(history: History, renewal: Stamp) -> list[bytes]:
    """The leaves of a renewal's tree: one for each batch whose line it covers.

    Args:
        history: Without the renewal.
        renewal: With its covers and what it declares void; its time and authority may not be known yet.
    """
    lines = Lines(history.having(renewal))
    batches = [name for name, stamp in history.stamps.items() if stamp.kind is StampKind.BATCH]
    covered = [links[:-1] for name in batches if (links := lines.of(name)) and links[-1].stamp is renewal]
    return [node(renewal.algorithm, chain_members(links)) for links in covered]


def _renewal(link: Link, members: list[bytes], material: Material) -> ArchiveTimeStamp:
    name = link.stamp.algorithm
    try:
        lists = material.renewal(link.stamp).reduced(node(name, members), members)
    except (KeyError, IndexError):
        msg = f"{link.stamp.name}: what it covers is not in its tree"
        raise HistoryBrokenError(msg) from None
    return ArchiveTimeStamp(name, lists, _token(material, link))


def _above(link: Link, batch: Stamp) -> tuple[bytes, ...]:
    """The way from the tree of the batch to what the token is for."""
    above: tuple[bytes, ...] = ()
    try:
        if link.stamp.parts:
            tree = _tree_of(link.stamp)
            above = tree.siblings(tree.position_of(dict(link.stamp.parts)[batch.name]))
        if link.stamped_by is not link.stamp:
            tree = _tree_of(link.stamped_by)
            root = next(cover.leaf for cover in link.stamped_by.covers if cover.stamp == link.stamp.name)
            above += tree.siblings(tree.position_of(root))
    except KeyError:
        msg = f"{link.stamped_by.name}: {batch.name} is not in its tree"
        raise HistoryBrokenError(msg) from None
    return above


def _token(material: Material, link: Link) -> bytes:
    if link.under is None:
        return material.token(link.stamped_by)
    token = material.covered_token(link.stamped_by, link.under)
    if link.under.token and sha256(token).hexdigest() != link.under.token:
        msg = f"{link.stamped_by.name}: the token with revocation data is another one"
        raise HistoryBrokenError(msg)
    return token
