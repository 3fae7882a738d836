"""Use case `catalogue rebuild`: catalogue, trail and receipts from storage alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from archive.catalogue.holdings import Catalogue, StoredVersion
from archive.catalogue.trail import AuditTrail, damaged_subject
from archive.services.receipts import Receipts
from archive.services.stored_packages import StoredPackages
from metadata.errors import ArchiveError
from metadata.events import EventOutcome, EventType, derived_id
from metadata.package import PackageRecord
from storage.ledger import Ledger
from storage.segments import AuditSegments

_Entry = tuple[PackageRecord, StoredVersion, str]
"""A package's record, how it lies in storage, and since when."""


@dataclass(slots=True)
class RebuildAnswer:
    """What a rebuild found."""

    dossiers: int = 0
    packages: int = 0
    documents: int = 0
    events: int = 0
    not_in_ledger: list[str] = field(default_factory=list)
    """Packages that lie in storage though the ledger does not know them."""

    lost: list[str] = field(default_factory=list)
    """Packages that the ledger knows and storage does not have."""

    unreadable: dict[str, str] = field(default_factory=dict)
    """Packages that could not be read, with the reason."""

    damaged_segments: dict[str, str] = field(default_factory=dict)
    """Segments of the trail that could not be read to their end, with the reason."""


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """Makes the copies again."""

    catalogue: Catalogue
    stored: StoredPackages
    ledger: Ledger
    segments: AuditSegments
    trail: AuditTrail
    receipts: Receipts
    reapply: Callable[[str], None]
    """Tells the catalogue what was judged again after a dossier was stored, the trail what people corrected in it."""

    tables: Callable[[], Mapping[str, str]]
    """Makes the tables of agencies, fonds and places again; what could not be read, and why."""

    def rebuild(self, tell: Callable[[int, int], None] | None = None) -> RebuildAnswer:
        """Read every package and enter it again. Safe to repeat; what cannot be read is named, the rest goes on.

        Raises:
            ArchiveError: storage or database failed.
        """
        answer = RebuildAnswer()
        answer.events = self.trail.restore(self.segments, answer.damaged_segments)
        self.trail.record(self.trail.event(EventType.CATALOGUE_REBUILD, "catalogue"))
        for segment in answer.damaged_segments:
            self._went_on_without(segment)
        answer.unreadable |= self.tables()
        known = {line.id for day in self.ledger.days() for line in self.ledger.lines(day)}
        there = set(self.stored.packages.package_ids())
        answer.not_in_ledger = sorted(there - known)
        answer.lost = sorted(known - there)
        self.catalogue.clear()
        many: dict[str, list[str]] = defaultdict(list)
        submissions: dict[str, list[str]] = defaultdict(list)
        for number, package_id in enumerate(sorted(there), start=1):
            entry = self._readable(package_id, answer)
            if entry is not None and (entry[0].parts > 1 or entry[0].part > 1):
                many[entry[0].dossier_id].append(package_id)
            elif entry is not None:
                self._enter([entry], answer, submissions)
            if tell is not None:
                tell(number, len(there))
        for package_ids in many.values():
            entries = [self._entry(package_id) for package_id in package_ids]
            self._enter(sorted(entries, key=lambda entry: entry[0].part), answer, submissions)
        for package_ids in submissions.values():
            self.receipts.restore([self.catalogue.part(package_id) for package_id in package_ids])
        return answer

    def _went_on_without(self, segment: str) -> None:
        """Record, once a segment, that the trail goes on behind one that cannot be read: only then is it sealed on."""
        subject = damaged_subject(segment)
        known = derived_id("damaged-segment", segment)
        kind, outcome = EventType.CATALOGUE_REBUILD, EventOutcome.SYSTEM_FAULT
        self.trail.record(self.trail.event(kind, subject, outcome=outcome, id=known))

    def _enter(self, entries: list[_Entry], answer: RebuildAnswer, submissions: dict[str, list[str]]) -> None:
        first = entries[0][0]
        self.catalogue.enter([(record, version) for record, version, _ in entries], entries[0][2])
        answer.dossiers += first.part == 1
        answer.packages += len(entries)
        answer.documents += sum(len(record.documents) for record, _, _ in entries)
        told: set[str] = set()
        for record, _, _ in entries:
            # One receipt stands in each part; of a submission's parts the first one's tells all that came.
            if record.submission_id not in told:
                told.add(record.submission_id)
                submissions[record.submission_id].append(record.package_id)
        try:
            self.reapply(first.dossier_id)
        except ArchiveError as error:
            if error.retryable:
                raise
            answer.unreadable[first.dossier_id] = str(error)

    def _readable(self, package_id: str, answer: RebuildAnswer) -> _Entry | None:
        try:
            return self._entry(package_id)
        except ArchiveError as error:
            if error.retryable:
                raise
            answer.unreadable[package_id] = str(error)
            return None

    def _entry(self, package_id: str) -> _Entry:
        version, created = self.stored.version(package_id)
        return self.stored.record(package_id), version, created
