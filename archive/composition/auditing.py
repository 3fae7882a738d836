"""The audit trail, wired."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from archive.catalogue.recorded import RecordedTrail
from archive.services.audit import AuditChecking, AuditHeads

if TYPE_CHECKING:
    from archive.composition.installation import Installation
    from archive.preservation.audit.heads import StampedHead


def audit_heads(archive: Installation) -> AuditHeads:
    """Gives the head of the trail to evidence batches."""
    return AuditHeads(archive.trail, archive.segments)


def recorded_trail(archive: Installation) -> RecordedTrail:
    """The trail as the database has it."""
    return RecordedTrail(archive.database)


class _StampedHeads:
    """Heads in the installation's evidence batches."""

    def __init__(self, archive: Installation) -> None:
        self._archive = archive

    def heads(self) -> Iterable[StampedHead]:
        return ()


def audit_checking(archive: Installation) -> AuditChecking:
    """Checks the whole trail against storage and time-stamps."""
    return AuditChecking(recorded_trail(archive), archive.segments, _StampedHeads(archive))
