"""Use case `catalogue rebuild`: catalogue, trail and receipts from storage alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from archive.catalogue.holdings import Catalogue, StoredVersion
from archive.catalogue.trail import AuditTrail
from archive.services.receipts import Receipts
from archive.services.stored_packages import StoredPackages
from metadata.errors import ArchiveError
from metadata.events import EventType
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
    """Tells the catalogue what was judged again after a dossier was stored."""

    def rebuild(self, tell: Callable[[int, int], None] | None = None) -> RebuildAnswer:
        """Read every package and enter it again. Safe to repeat; what cannot be read is named, the rest goes on.

        Raises:
            ArchiveError: storage or database failed.
        """
        answer = RebuildAnswer(events=self.trail.restore(self.segments))
        self.trail.record(self.trail.event(EventType.CATALOGUE_REBUILD, "catalogue"))
        known = {line.id for day in self.ledger.days() for line in self.ledger.lines(day)}
        there = set(self.stored.packages.package_ids())
        answer.not_in_ledger = sorted(there - known)
        answer.lost = sorted(known - there)
        self.catalogue.clear()
        many: dict[str, list[str]] = defaultdict(list)
        submissions: dict[str, list[str]] = defaultdict(list)
        for number, package_id in enumerate(sorted(there), start=1):
            entry = self._readable(package_id, answer)
            if entry is not None and entry[0].parts > 1:
                many[entry[0].dossier_id].append(package_id)
            elif entry is not None:
                self._enter([entry], answer, submissions)
            if tell is not None:
                tell(number, len(there))
        for package_ids in many.values():
            entries = [self._entry(package_id) for package_id in package_ids]
            self._enter(sorted(entries, key=lambda entry: entry[0].part), answer, submissions)
        for dossier_ids in submissions.values():
            self.receipts.restore([self.catalogue.records(dossier_id)[0] for dossier_id in dossier_ids])
        return answer

    def _enter(self, entries: list[_Entry], answer: RebuildAnswer, submissions: dict[str, list[str]]) -> None:
        first = entries[0][0]
        self.catalogue.enter([(record, version) for record, version, _ in entries], entries[0][2])
        answer.dossiers += 1
        answer.packages += len(entries)
        answer.documents += sum(len(record.documents) for record, _, _ in entries)
        submissions[first.submission_id].append(first.dossier_id)
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
