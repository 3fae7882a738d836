"""The archive's stamps and how they cover each other, as values: what is proven by what, and what has nothing above it.

Every time-stamp token is a *stamp*. A batch stamps data groups; a renewal
stamps older tokens; a hash-tree renewal stamps the same groups under another
digest, each with everything that was proven of it before; a restamp stamps
anew the root of a tree whose token proved worthless. From the stamp of its
batch up to the one that nothing covers runs the *line* of a document: from it
its evidence record is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import Final

from archive.preservation.evidence.trees import Tree
from metadata.errors import ArchiveError

_SEQUENCE: Final = 0x30


@unique
class StampKind(StrEnum):
    """What a stamp is over. Stable words: they stand in storage."""

    BATCH = "batch"
    RENEWAL = "time-stamp-renewal"
    REHASH = "hash-tree-renewal"
    RESTAMP = "restamp"


class HistoryBrokenError(ArchiveError):
    """What is stored of stamps contradicts itself; the text names the stamp."""

    code = "evidence.history"
    retryable = False


@dataclass(frozen=True, slots=True)
class Cover:
    """One stamp under a renewal, a hash-tree renewal or a restamp."""

    stamp: str
    leaf: bytes = field(repr=False)
    """Renewal: digest of the token with revocation data, under the renewal's algorithm; a leaf of its tree is made
    of those of a whole chain. Restamp: the root that is stamped anew. Rehash: empty."""

    objects: tuple[str, ...] = ()
    """SHA-256 of the revocation data that was put into the token."""

    token: str = ""
    """SHA-256 of the token with revocation data; empty: as received."""


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """One time-stamp of the archive. Two of the same name are told apart: trees are remembered by stamp."""

    name: str
    """Such as `2026-11-28-1`."""

    kind: StampKind
    algorithm: str
    time: datetime
    signer: str
    """Name of the authority."""

    expires: datetime
    """Until when its certificate is valid."""

    digests: tuple[str, ...] = ()
    """Digest algorithms under the signatures of its token and its authority's certificates."""

    source: str = ""
    """Which configured authority gave the token; empty: not known."""

    covers: tuple[Cover, ...] = field(default=(), repr=False)
    voids: tuple[str, ...] = ()
    """Stamps that it declares worthless (authority revoked, key stolen): they cover nothing any more."""

    parts: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    """Rehash: root of each batch's new tree."""

    @property
    def authority(self) -> str:
        """What tells its authority from others."""
        return self.source or self.signer

    def roots(self) -> Tree:
        """The tree over the roots that a restamp stamps, or over the parts of a rehash."""
        return Tree.of(self.algorithm, [root for _, root in self.parts] or [cover.leaf for cover in self.covers])


@dataclass(frozen=True)
class History:
    """All stamps, in the order in which they were made."""

    stamps: Mapping[str, Stamp]

    @classmethod
    def of(cls, stamps: Iterable[Stamp]) -> History:
        """A history."""
        return cls({stamp.name: stamp for stamp in stamps})

    def having(self, *stamps: Stamp) -> History:
        """The history with more stamps."""
        return History({**self.stamps, **{stamp.name: stamp for stamp in stamps}})

    def void(self) -> frozenset[str]:
        """Stamps that a later one declared worthless."""
        return frozenset(name for stamp in self.stamps.values() for name in stamp.voids)

    def covering(self) -> Mapping[str, tuple[Stamp, Cover]]:
        """What covers each covered stamp, the latest one that is not void; restamps stand under `restamps`."""
        void = self.void()
        counting = [stamp for stamp in self.stamps.values() if stamp.name not in void]
        # A hash-tree renewal that waited for its token may find its stamps renewed meanwhile: it reaches further.
        return {
            cover.stamp: (stamp, cover)
            for kind in (StampKind.RENEWAL, StampKind.REHASH)
            for stamp in counting
            if stamp.kind is kind
            for cover in stamp.covers
        }

    def restamps(self) -> Mapping[str, tuple[Stamp, Cover]]:
        """What took the place of each void batch or rehash."""
        void = self.void()
        return {
            cover.stamp: (stamp, cover)
            for stamp in self.stamps.values()
            if stamp.name not in void and stamp.kind is StampKind.RESTAMP
            for cover in stamp.covers
        }

    def heads(self) -> tuple[Stamp, ...]:
        """Stamps at the end of a line, which nothing covers: what has to be renewed in time.

        A stamp may lose all its lines, to a restamp or to a hash-tree renewal that reaches further.
        """
        lines = Lines(self)
        ends = {lines.end(name) for name, stamp in self.stamps.items() if stamp.kind is StampKind.BATCH}
        return tuple(stamp for name, stamp in self.stamps.items() if name in ends)

    def line(self, batch: str) -> tuple[Link, ...]:
        """The stamps that prove the groups of `batch`, oldest first; empty: its stamp is void, nothing took its place.

        Raises:
            HistoryBrokenError: stamps cover each other in a circle.
        """
        return Lines(self).of(batch)


@dataclass(frozen=True, slots=True)
class Link:
    """One stamp of a line."""

    stamp: Stamp
    """The one whose tree is meant."""

    stamped_by: Stamp
    """Whose token counts: the stamp itself, or a restamp."""

    under: Cover | None
    """As what the token is covered by the next link; None: it is the youngest."""


class Lines:
    """Lines of many batches of one history; what covers what is looked up once."""

    def __init__(self, history: History) -> None:
        self._stamps = history.stamps
        self._covering = history.covering()
        self._restamps = history.restamps()
        self._void = history.void()
        self._ends: dict[str, str] = {}

    def of(self, batch: str) -> tuple[Link, ...]:
        """See `History.line`."""
        links: list[Link] = []
        current: Stamp | None = self._stamps[batch]
        met: set[str] = set()
        while current is not None:
            holder = self._holder(current)
            if holder is None:
                # A void rehash is left out of `covering` only when nothing restamped it; a batch has nothing below.
                break
            if holder.name in met:
                raise HistoryBrokenError(holder.name)
            met.add(holder.name)
            following = self._covering.get(holder.name)
            links.append(Link(current, holder, following[1] if following else None))
            current = following[0] if following else None
        return tuple(links)

    def end(self, batch: str) -> str | None:
        """Name of the youngest stamp of a line; None: there is no line."""
        met: list[str] = []
        current: Stamp | None = self._stamps[batch]
        end: str | None = None
        while current is not None:
            holder = self._holder(current)
            if holder is None:
                break
            if holder.name in met:
                raise HistoryBrokenError(holder.name)
            met.append(holder.name)
            end = self._ends.get(holder.name, holder.name)
            following = self._covering.get(end)
            current = following[0] if following else None
        if end is not None:
            self._ends.update(dict.fromkeys(met, end))
        return end

    def _holder(self, stamp: Stamp) -> Stamp | None:
        """Whose token stands over the tree of `stamp`."""
        if stamp.name not in self._void:
            return stamp
        found = self._restamps.get(stamp.name)
        return found[0] if found else None
