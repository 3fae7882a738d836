"""What the audit trail knows of a package: of itself, and of the time-stamps under which it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archive.catalogue.trail import AuditTrail
from archive.preservation.evidence.stamping import Stamping
from archive.preservation.evidence.stored import Places
from metadata.events import EventOutcome


@dataclass(frozen=True, slots=True)
class PackageTrail:
    """Finds the events; no trust is asked and nothing is judged, so it works whatever the state of evidence is."""

    trail: AuditTrail
    stamping: Stamping
    places: Places

    def of(self, package_id: str) -> list[Mapping[str, Any]]:
        """Events of a package, oldest first, with those of the batches and renewals whose time-stamps cover it.

        Raises:
            ObjectMissingError: there is no such package.
            HistoryBrokenError: what is stored of stamps contradicts itself.
            DatabaseFaultError: the trail cannot be read.
        """
        events = self.trail.of([package_id])
        stamps = sorted(self._stamps(package_id))
        if stamps:
            told = self.trail.of([f"evidence:{name}" for name in stamps])
            events += [event for event in told if event["outcome"] == EventOutcome.SUCCESS.value]
        return sorted(events, key=lambda event: event["at"])

    def _stamps(self, package_id: str) -> set[str]:
        index, _ = self.stamping.index()
        history = self.stamping.outline()
        return {
            name
            for batch in self.places.batches_of(package_id, index)
            if batch in history.stamps
            for link in history.line(batch)
            for name in (link.stamp.name, link.stamped_by.name)
        }
