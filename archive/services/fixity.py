"""Use case `fixity check`: every byte of a package read back and compared with manifest and catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from uuid import UUID

from archive.auth.policy import ALL
from archive.catalogue.holdings import Catalogue
from archive.catalogue.trail import AuditTrail
from metadata.errors import NotFoundError
from metadata.events import EventOutcome, EventType
from metadata.findings import Finding
from metadata.package import PackageFile, PackageRecord
from storage.errors import ObjectMissingError, RecordUnreadableError
from storage.evidence import EvidenceObjects
from storage.fixity import FixityReport
from storage.layout import evidence_object_key
from storage.packages import PackageStore


class Fixity:
    """Checks packages at their location."""

    def __init__(
        self,
        catalogue: Catalogue,
        packages: PackageStore,
        evidence: EvidenceObjects,
        trail: AuditTrail,
        random: Random,
    ) -> None:
        self._catalogue = catalogue
        self._packages = packages
        self._evidence = evidence
        self._trail = trail
        self._random = random
        self.total = 0
        """How many packages the last choice holds."""

    def choose(self, identifiers: Sequence[str], *, everything: bool, sample: int | None) -> Iterator[str]:
        """The packages that are meant: named ones, all, or some by chance.

        Raises:
            NotFoundError: an identifier names nothing; the ones before it have been given.
        """
        self.total = len(identifiers)
        if everything:
            self.total = self._catalogue.counts(within=ALL)["dossiers"]
            yield from self._catalogue.package_ids()
            return
        if sample is not None:
            chosen = list(self._catalogue.package_ids())
            self._random.shuffle(chosen)
            self.total = min(sample, len(chosen))
            yield from sorted(chosen[:sample])
            return
        for identifier in identifiers:
            try:
                places = self._catalogue.find(identifier)
            except NotFoundError:
                # The catalogue may be the part that is lost; storage is the truth.
                yield identifier
                continue
            for place in places:
                yield from (part.package_id for part in self._catalogue.parts(place.dossier_id))

    def check(self, package_id: str) -> FixityReport:
        """Read one package back, and the lists that are kept for it and others.

        Raises:
            NotFoundError: nothing is stored under that identifier.
            ArchiveError: the store failed.
        """
        if not _is_package_id(package_id):
            raise NotFoundError(package_id)
        record, known = self._known(package_id)
        try:
            report = self._packages.check_fixity(package_id, inventory_sha512=known)
        except ObjectMissingError:
            if record is not None:
                raise
            # Neither the catalogue nor storage has heard of it.
            raise NotFoundError(package_id) from None
        for file in record.sources if record is not None else ():
            if file.held:
                report = self._with_list(report, file)
        self._trail.record(
            self._trail.event(
                EventType.FIXITY_CHECK,
                package_id,
                outcome=EventOutcome.SUCCESS if report.ok else EventOutcome.REJECTED,
                rules=tuple(sorted({finding.rule for finding in report.findings})),
                detail={"location": report.location, "files": str(report.files), "bytes": str(report.bytes_read)},
            )
        )
        return report

    def _with_list(self, report: FixityReport, file: PackageFile) -> FixityReport:
        key = evidence_object_key(file.sha256)
        values = {"package": report.package_id, "file": key, "expected": file.sha256}
        try:
            self._evidence.get(file.sha256)
        except ObjectMissingError:
            found = Finding(rule="STO-011", subject=file.original_name, values=values)
        except RecordUnreadableError:
            found = Finding(rule="STO-010", subject=file.original_name, values={**values, "found": ""})
        else:
            return replace(report, files=report.files + 1, bytes_read=report.bytes_read + file.size_bytes)
        return replace(report, findings=(*report.findings, found))

    def _known(self, package_id: str) -> tuple[PackageRecord | None, str | None]:
        """What the catalogue knows of a package: its record, and the digest of its inventory."""
        try:
            place = self._catalogue.find(package_id)[0]
        except NotFoundError:
            return None, None
        parts = {part.package_id: part.inventory_sha512 for part in self._catalogue.parts(place.dossier_id)}
        records = {record.package_id: record for record in self._catalogue.records(place.dossier_id)}
        return records.get(package_id), parts.get(package_id)


def _is_package_id(identifier: str) -> bool:
    """Whether storage can have such a package: what has no such form is unknown there, not a fault of storage."""
    try:
        return str(UUID(identifier)) == identifier
    except ValueError:
        return False
