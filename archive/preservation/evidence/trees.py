"""Hash trees (RFC 4998, 4.2): sorted leaves in pairs, an odd node goes up unchanged.

A tree lies in memory as it lies in storage: one piece of bytes a level, leaves
first. A million leaves of SHA-256 are 61 MiB.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import eq

from archive.preservation.evidence.algorithms import digest, node, size_of

Lists = tuple[tuple[bytes, ...], ...]
"""A reduced hash tree: partial trees from the leaf to the root."""


class TreeBrokenError(ValueError):
    """Stored bytes are no tree, or not the one of their leaves."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A hash tree with all its nodes."""

    algorithm: str
    width: int
    """Bytes of a node."""

    levels: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, algorithm: str, leaves: Iterable[bytes]) -> Tree:
        """The tree over `leaves`; equal ones count once.

        Raises:
            ValueError: there is none.
        """
        ordered = sorted(leaves)
        if not ordered:
            msg = "a tree needs a leaf"
            raise ValueError(msg)
        if any(map(eq, ordered, islice(ordered, 1, None))):
            ordered = list(dict.fromkeys(ordered))
        joined, width = b"".join(ordered), size_of(algorithm)
        # A million small objects are given back before as many nodes are made.
        del ordered
        return cls(algorithm, width, _levels(algorithm, joined, width))

    @classmethod
    def read(cls, algorithm: str, data: bytes, leaves: int) -> Tree:
        """The tree that `encoded` gave; its nodes are not computed again (`recomputed` does).

        Raises:
            TreeBrokenError: its size is wrong.
        """
        width = size_of(algorithm)
        levels, place, count = [], 0, leaves
        while leaves:
            levels.append(data[place : place + count * width])
            place += count * width
            if count == 1:
                break
            count = (count + 1) // 2
        if not leaves or place != len(data):
            msg = f"{len(data)} bytes are no tree of {leaves} leaves"
            raise TreeBrokenError(msg)
        return cls(algorithm, width, tuple(levels))

    def encoded(self) -> bytes:
        """All levels, leaves first."""
        return b"".join(self.levels)

    def recomputed(self) -> Tree:
        """The tree over the same leaves, every node computed anew; equal to this one when nothing was altered."""
        return Tree(self.algorithm, self.width, _levels(self.algorithm, self.levels[0], self.width))

    @property
    def root(self) -> bytes:
        """What the time-stamp is for."""
        return self.levels[-1]

    @property
    def count(self) -> int:
        """Number of leaves."""
        return len(self.levels[0]) // self.width

    def leaf(self, position: int) -> bytes:
        """The leaf at `position`."""
        return self.levels[0][position * self.width : (position + 1) * self.width]

    def position_of(self, leaf: bytes) -> int:
        """Where `leaf` stands.

        Raises:
            KeyError: it is none.
        """
        place = bisect_left(range(self.count), leaf, key=self.leaf)
        if place == self.count or self.leaf(place) != leaf:
            raise KeyError(leaf.hex())
        return place

    def siblings(self, position: int) -> tuple[bytes, ...]:
        """The nodes beside the way from the leaf at `position` to the root, from below."""
        found, width = [], self.width
        for level in self.levels[:-1]:
            beside = (position ^ 1) * width
            if beside < len(level):
                found.append(level[beside : beside + width])
            position >>= 1
        return tuple(found)

    def reduced(self, leaf: bytes, members: Sequence[bytes] = ()) -> Lists:
        """See `reduced`."""
        return reduced(leaf, self.siblings(self.position_of(leaf)), members)


def reduced(leaf: bytes, siblings: Sequence[bytes], members: Sequence[bytes] = ()) -> Lists:
    """The reduced hash tree of one leaf; empty when the leaf itself is the root.

    Args:
        leaf: The leaf.
        siblings: See `Tree.siblings`.
        members: Digests of a data group whose node is the leaf; the first list is theirs alone.
    """
    lists: list[tuple[bytes, ...]] = []
    rest = list(siblings)
    if len(members) > 1:
        lists.append(tuple(sorted(members)))
    elif rest:
        lists.append(tuple(sorted((leaf, rest.pop(0)))))
    return (*lists, *((sibling,) for sibling in rest))


def root_of(algorithm: str, lists: Lists) -> bytes:
    """The root to which `lists` lead (RFC 4998, 4.3).

    Raises:
        ValueError: there are none, or one is empty.
    """
    if not lists or not all(lists):
        msg = "an empty partial hash tree"
        raise ValueError(msg)
    value = node(algorithm, lists[0])
    for partial in lists[1:]:
        value = node(algorithm, (*partial, value))
    return value


def _levels(algorithm: str, leaves: bytes, width: int) -> tuple[bytes, ...]:
    levels = [leaves]
    make = getattr(hashlib, algorithm, None)
    while len(levels[-1]) > width:
        levels.append(_above(algorithm, levels[-1], width) if make is None else _above_fast(make, levels[-1], width))
    return tuple(levels)


def _above(algorithm: str, level: bytes, width: int) -> bytes:
    nodes = [level[place : place + width] for place in range(0, len(level), width)]
    pairs = (nodes[place : place + 2] for place in range(0, len(nodes), 2))
    return b"".join(digest(algorithm, *sorted(pair)) if len(pair) > 1 else pair[0] for pair in pairs)


def _above_fast(make, level: bytes, width: int) -> bytes:  # type: ignore[no-untyped-def]  # noqa: ANN001 - a hash constructor has no public type
    # The loop of a million: no call but the digest, no sorting of two.
    pair = 2 * width
    paired = len(level) - len(level) % pair
    above = []
    for place in range(0, paired, pair):
        both = level[place : place + pair]
        if both[:width] > both[width:]:
            both = both[width:] + both[:width]
        above.append(make(both).digest())
    above.append(level[paired:])
    return b"".join(above)
