"""The audit trail, wired."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from archive.catalogue.recorded import RecordedTrail
from archive.catalogue.trail_search import TrailSearch
from archive.services.audit import AuditChecking, AuditHeads
from archive.services.audit_runs import AuditRuns

if TYPE_CHECKING:
    from archive.composition.installation import Installation


def audit_heads(archive: Installation) -> AuditHeads:
    """Gives the head of the trail to evidence batches."""
    return AuditHeads(archive.trail, archive.segments)


def recorded_trail(archive: Installation) -> RecordedTrail:
    """The trail as the database has it."""
    return RecordedTrail(archive.database)


def audit_checking(archive: Installation) -> AuditChecking:
    """Checks the whole trail against storage and against the heads that stand in evidence batches."""
    # It imports this module for the heads that it takes in.
    from archive.composition.evidencing import evidence  # noqa: PLC0415

    return AuditChecking(recorded_trail(archive), archive.segments, evidence(archive))


def audit_runs(archive: Installation) -> AuditRuns:
    """Checks of the whole trail that a page starts."""
    return AuditRuns(
        partial(audit_checking, archive), archive.trail, TrailSearch(archive.database), archive.clock, archive.home.work
    )
