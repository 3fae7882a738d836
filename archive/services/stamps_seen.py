"""The archive's time-stamps as one person may see them: batches of which they see something, with counts of that alone.

Which packages stand in a batch is told by the ledger and the index, in storage; whether one may see them, and how
many documents they have, is asked of the catalogue with the person's scope in the query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import Any
from uuid import UUID

from archive.auth.policy import Scope
from archive.catalogue.covered import CoveredHoldings, Held
from archive.preservation.evidence.answers import stamp_line
from archive.preservation.evidence.building import beyond
from archive.preservation.evidence.history import StampKind
from archive.preservation.evidence.stamping import Stamping
from storage.evidence_batches import Index, StampEntry
from storage.layout import LEDGER
from storage.ledger import parsed_lines
from storage.ports import ObjectStore

_KEPT_BYTES = 8 << 20
_ID_BYTES = 16


@dataclass(slots=True)
class BatchMembers:
    """Ids of the packages in each batch. A batch never changes, so what was read is kept, 8 MiB of it at most."""

    store: ObjectStore
    stamping: Stamping
    _known: dict[str, bytes] = field(default_factory=dict, repr=False)
    _size_bytes: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def of(self, name: str, index: Index) -> tuple[str, ...]:
        """Packages with a version in the batch `name`, in the order in which they were stored.

        Raises:
            ArchiveError: ledger or batch cannot be read.
        """
        packed = self._known.get(name)
        if packed is None:
            packed = b"".join(UUID(package_id).bytes for package_id in self._read(name, index))
            with self._lock:
                if name not in self._known and self._size_bytes + len(packed) <= _KEPT_BYTES:
                    self._known[name] = packed
                    self._size_bytes += len(packed)
        ids = (packed[at : at + _ID_BYTES] for at in range(0, len(packed), _ID_BYTES))
        return tuple(str(UUID(bytes=one)) for one in ids)

    def _read(self, name: str, index: Index) -> Iterator[str]:
        ids: dict[str, None] = {}
        for file, spans in index.ledger.items():
            start = 0
            for stop, batch in spans:
                if batch == name:
                    key = f"{LEDGER}/{file}"
                    with self.store.open(key, offset=start, length=stop - start) as stream:
                        ids.update((line.id, None) for line in parsed_lines(key, stream.read()))
                start = stop
        for package_id, _ in self._left_out(self._before(name, index)):
            ids[package_id] = None
        for package_id, _ in self._left_out(name):
            ids.pop(package_id, None)
        return iter(ids)

    def _left_out(self, name: str) -> tuple[tuple[str, str], ...]:
        """Packages that a batch could not read; the next one takes them in."""
        return self.stamping.document(name).left_out if name else ()

    @staticmethod
    def _before(name: str, index: Index) -> str:
        batches = [entry.name for entry in index.stamps if entry.kind == StampKind.BATCH]
        place = batches.index(name)
        return batches[place - 1] if place else ""


@dataclass(frozen=True, slots=True)
class SeenStamp:
    """A batch or a renewal, as far as one may see what it is over."""

    entry: StampEntry
    leaves: int
    """All leaves for who sees everything; for others those of the dossiers and documents that they may see."""

    covers: tuple[str, ...]
    """Stamps under it of which one sees something."""

    def as_json(self) -> dict[str, Any]:
        """A JSON line of the API."""
        return stamp_line(self.entry) | {"leaves": self.leaves, "covers": len(self.covers)}


@dataclass(frozen=True, slots=True)
class Unproven:
    """What no time-stamp covers yet, within a scope."""

    packages: tuple[str, ...]
    """In no batch, oldest first; of other agencies too: only for asking the catalogue."""

    held: Held
    """In no batch."""

    waiting: Held
    """In batches that wait for their token."""

    more: bool
    """Whether there is more than a batch takes, so that `held` is not all."""


class StampsSeen:
    """One look at the index for one person; made anew for each request."""

    def __init__(self, members: BatchMembers, holdings: CoveredHoldings, within: Scope) -> None:
        self._members = members
        self._holdings = holdings
        self._within = within
        self._seen: dict[str, bool] = {}
        self._counts: dict[frozenset[str], Held] = {}

    @cached_property
    def index(self) -> Index:
        """The index as it was at the first question."""
        return self._members.stamping.index()[0]

    @cached_property
    def entries(self) -> dict[str, StampEntry]:
        """All stamps by name, the oldest first."""
        return {entry.name: entry for entry in self.index.stamps}

    @cached_property
    def _below(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for name, entry in self.entries.items():
            if entry.kind == StampKind.BATCH:
                found[name] = frozenset({name})
            else:
                found[name] = frozenset().union(*(found.get(covered, frozenset()) for covered in entry.covered))
        return found

    @property
    def everything(self) -> bool:
        """Whether nothing is hidden."""
        return self._within.everything

    # ------------------------------------------------------------ which

    def shown(self, name: str) -> bool:
        """Whether one sees anything of a stamp."""
        if name not in self.entries:
            return False
        if self._within.everything:
            return True
        if name not in self._seen:
            if self.entries[name].kind == StampKind.BATCH:
                self._seen[name] = self._holdings.any(self.members(name), within=self._within)
            else:
                self._seen[name] = any(self.shown(batch) for batch in sorted(self._below[name], reverse=True))
        return self._seen[name]

    def stamps(self, *, after: str = "", limit: int, newest_first: bool = False) -> list[SeenStamp]:
        """Stamps of which one sees something, in the order of opening or the newest first.

        Args:
            after: The name of the last one that was shown; one that one does not see begins anew.
            limit: At most so many.
            newest_first: The other way round.
        """
        names = list(self.entries)
        if newest_first:
            names.reverse()
        if after in self.entries and self.shown(after):
            names = names[names.index(after) + 1 :]
        return [self.stamp(name) for name in islice((name for name in names if self.shown(name)), limit)]

    def stamp(self, name: str) -> SeenStamp:
        """One stamp; the caller has asked whether it is shown."""
        entry = self.entries[name]
        if self._within.everything:
            return SeenStamp(entry, entry.leaves, entry.covered)
        covers = tuple(covered for covered in entry.covered if self.shown(covered))
        leaves = len(covers)
        if entry.kind in {StampKind.BATCH, StampKind.REHASH}:
            held = self.held(name)
            leaves = held.packages + held.documents
        return SeenStamp(entry, leaves, covers)

    def members(self, name: str) -> tuple[str, ...]:
        """Packages in a batch, of other agencies too."""
        return self._members.of(name, self.index)

    # ------------------------------------------------------------ how much

    def held(self, *names: str) -> Held:
        """Packages and documents below these stamps, each document once, within the scope."""
        return self.held_in(self.batches_below(names))

    def held_in(self, batches: frozenset[str]) -> Held:
        """The same of everything that stands in batches."""
        if batches not in self._counts:
            self._counts[batches] = self._counted(batches)
        return self._counts[batches]

    def batches_below(self, names: Iterable[str]) -> frozenset[str]:
        """The batches that stand below stamps."""
        return frozenset().union(*(self._below.get(name, frozenset()) for name in names))

    @cached_property
    def all_batches(self) -> frozenset[str]:
        """Every batch."""
        return frozenset(name for name, entry in self.entries.items() if entry.kind == StampKind.BATCH)

    def _counted(self, batches: frozenset[str]) -> Held:
        if batches and batches == self.all_batches:
            # Everything but what is new: two queries instead of one for each five hundred packages.
            whole, fresh = self._holdings.total(within=self._within), self._fresh_held()
            return Held(whole.packages - fresh.packages, whole.documents - fresh.documents)
        ids = dict.fromkeys(one for name in sorted(batches) for one in self.members(name))
        return self._holdings.count(list(ids), within=self._within)

    @cached_property
    def _lines(self) -> tuple[tuple[str, str], ...]:
        lines, _ = beyond(self._members.store, self.index)
        known = dict.fromkeys([*self.index.left_out, *((line.id, line.version) for line in lines)])
        return tuple(known)

    def _fresh_held(self) -> Held:
        first = [package_id for package_id, version in self._lines if version == "v1"]
        return self._holdings.count(first, within=self._within)

    def unproven(self, most: int) -> Unproven:
        """What no time-stamp covers yet; `most` packages of a batch at once are looked for."""
        ids = tuple(dict.fromkeys(package_id for package_id, _ in self._lines))
        waiting = [entry.name for entry in self.index.open() if entry.kind == StampKind.BATCH]
        return Unproven(
            ids,
            self._holdings.count(ids, within=self._within),
            self.held(*waiting) if waiting else Held(),
            len(ids) >= most,
        )

    def dossiers(self, package_ids: Sequence[str], within: Scope, most: int) -> list[dict[str, Any]]:
        """Dossiers of packages that lie within another scope (that of reading), at most `most`."""
        return [dict(row) for row in self._holdings.listed(package_ids, within=within, most=most)]
