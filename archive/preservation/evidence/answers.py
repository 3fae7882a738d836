"""What evidence work answers: what was stamped, and how things stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archive.preservation.evidence.history import Stamp, StampKind
from archive.preservation.evidence.planning import Due
from metadata.time import rfc3339
from storage.evidence_batches import StampEntry


@dataclass(frozen=True, slots=True)
class Stamped:
    """What was done of one stamp."""

    name: str
    kind: StampKind
    leaves: int
    stamp: Stamp | None
    """None: it waits for its token."""

    why: str = ""
    left_out: tuple[str, ...] = ()
    """Packages that could not be read."""

    def as_json(self) -> dict[str, Any]:
        """A JSON line."""
        return {
            "batch": self.name,
            "kind": self.kind.value,
            "status": "stamped" if self.stamp else "waiting",
            "leaves": self.leaves,
            "time": rfc3339(self.stamp.time) if self.stamp else None,
            "signer": self.stamp.signer if self.stamp else None,
            "expires": rfc3339(self.stamp.expires) if self.stamp else None,
            "why": self.why or None,
            "left_out": list(self.left_out),
        }


@dataclass(frozen=True, slots=True)
class EvidenceStatus:
    """How evidence stands, for `doctor`, readiness and the background job."""

    stamps: int
    waiting: int
    """Stamps without a token."""

    pending: int
    """Packages in no batch."""

    due: tuple[Due, ...]
    missed: tuple[Due, ...]
    """What should have been done long ago."""

    has_authority: bool


def stamp_line(entry: StampEntry) -> dict[str, Any]:
    """A JSON line of what the index says of a stamp."""
    return {
        "batch": entry.name,
        "kind": entry.kind,
        "status": "stamped" if entry.time else "waiting",
        "algorithm": entry.algorithm,
        "leaves": entry.leaves,
        "opened_at": entry.opened_at,
        "time": entry.time or None,
        "signer": entry.signer or None,
        "expires": entry.expires or None,
        "covers": len(entry.covered),
    }
