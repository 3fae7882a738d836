"""Heads of the trail under time-stamps: what proves it against whoever holds database and storage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from metadata.audit_chain import ChainHead


class HeadSource(Protocol):
    """Gives the head that an evidence batch takes among its leaves."""

    def head(self) -> ChainHead | None:
        """The last event, sealed before this returns; None: nothing has been recorded.

        `ChainHead.document()` is what becomes a leaf and is kept under `evidence/objects/`.
        """
        ...


@dataclass(frozen=True, slots=True)
class StampedHead:
    """A head that stands in an evidence batch."""

    document: bytes
    """As it was put among the leaves."""

    batch: str
    at: str
    """When the batch was time-stamped by what its records prove, RFC 3339; empty: it waits, or nothing is proven."""

    holds: bool | None
    """Whether the batch's evidence record holds; None: that cannot be decided."""

    detail: str = ""


class StampedHeads(Protocol):
    """Gives the heads that stand in evidence batches, each with what its evidence record says."""

    def heads(self) -> Iterable[StampedHead]:
        """All of them, oldest first.

        Raises:
            ArchiveError: storage failed.
        """
        ...
