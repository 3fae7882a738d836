"""Use case `store`: the physical store as a tree, and what lies at one of its places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archive.auth.policy import ALL, Scope
from archive.catalogue.described import Described, Kept
from metadata.physical import StoreBranch, StorePlace, store_tree


@dataclass(frozen=True, slots=True)
class BranchLine:
    """One place with all that leads to it."""

    place: StorePlace
    depth: int
    """How many levels lie above it."""

    dossiers: int
    """In it and below."""


@dataclass(frozen=True, slots=True)
class StorePlaces:
    """Looks the physical store up. Only descriptions are read."""

    described: Described

    def tree(self, *, within: Scope = ALL) -> Iterator[BranchLine]:
        """Every place, each before those within it; what lies outside of `within` is neither named nor counted."""
        branches = store_tree(kept.place for kept in self.described.places(within=within))
        yield from _walked(branches, StorePlace(), 0)

    def at(self, wanted: StorePlace) -> Iterator[Kept]:
        """Dossiers whose paper lies at `wanted` or within it; a level that is empty is not asked for."""
        asked = wanted.path
        for kept in self.described.places():
            if all(getattr(kept.place, level) == value for level, value in asked):
                yield kept


def _walked(branches: tuple[StoreBranch, ...], above: StorePlace, depth: int) -> Iterator[BranchLine]:
    for branch in branches:
        levels = {**dict(above.path), branch.level: branch.value}
        place = StorePlace(**levels)
        yield BranchLine(place, depth, branch.dossiers)
        yield from _walked(branch.branches, place, depth + 1)
