"""Where evidence of something is found: its batches, its record, since when it has existed, heads of the trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from archive.catalogue.holdings import Catalogue
from archive.catalogue.trail import AuditTrail
from archive.preservation.audit.heads import StampedHead
from archive.preservation.evidence.checking import Checker
from archive.preservation.evidence.history import HistoryBrokenError, Stamp, StampKind
from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.evidence.rehashing import Rehasher
from archive.preservation.evidence.stamping import Stamping
from archive.preservation.evidence.stored import Places, StoredMaterial
from archive.services.proofs import Covered, ProofNotReadyError
from metadata.errors import NotFoundError
from metadata.events import EventType
from metadata.package import FileVerdicts, PackageDocument, PackageRecord
from metadata.package_reader import VERDICTS
from metadata.time import rfc3339
from storage.errors import ObjectMissingError, UnsafeKeyError
from storage.evidence_batches import Group, Index


@dataclass(kw_only=True)
class EvidenceLookup:
    """Looks evidence up; changes nothing but that it records what was handed out."""

    stamping: Stamping
    places: Places
    material: StoredMaterial
    rehasher: Rehasher
    judge: EngineJudge
    trail: AuditTrail
    catalogue: Catalogue | None = None
    """None: only storage is there, identifiers are those of packages."""

    def checker(self) -> Checker:
        """A checker over the stamps as they are now."""
        return Checker(self.places, self.material, self.rehasher, self.stamping.outline(), self.judge)

    def _wanted(self, identifier: str) -> Iterator[str]:
        """Package ids, or `{package}/{ordinal}` with the package that has the document."""
        places = []
        if self.catalogue is not None:
            try:
                places = self.catalogue.find(identifier)
            except NotFoundError:
                # The catalogue may be what is lost; storage is the truth.
                places = []
        if not places:
            yield identifier
        for place in places:
            for record in self.catalogue.records(place.dossier_id) if self.catalogue is not None else ():
                if place.ordinal is None:
                    yield record.package_id
                elif any(document.ordinal == place.ordinal for document in record.documents):
                    yield f"{record.package_id}/{place.ordinal}"

    def _groups(self, wanted: str, index: Index) -> list[tuple[str, Group]]:
        """Groups of a package or document in their batches, oldest first.

        Raises:
            NotFoundError: nothing is stored under that identifier.
        """
        try:
            batches = self.places.batches_of(wanted.partition("/")[0], index)
        except (ObjectMissingError, UnsafeKeyError):
            raise NotFoundError(wanted) from None
        return [(name, g) for name in batches for g in self.places.groups(self.stamping.document(name), wanted)]

    def covering(self, record: PackageRecord, document: PackageDocument) -> Covered:
        """See `archive.services.proofs.DocumentEvidence`: the record of the newest version that is stamped."""
        wanted = f"{record.package_id}/{document.ordinal}"
        index, _ = self.stamping.index()
        checker = self.checker()
        stamped = [(b, group) for b, group in self._groups(wanted, index) if b in checker.history.stamps]
        if not stamped:
            raise ProofNotReadyError(wanted, "it stands in no time-stamped batch yet")
        batch, group = stamped[-1]
        try:
            cut = checker.cut(batch, group)
        except HistoryBrokenError as error:
            raise ProofNotReadyError(wanted, str(error)) from error
        return Covered(cut.der(), tuple(place for place, _ in group.members), group.version)

    def line_of(self, record: PackageRecord, document: PackageDocument) -> tuple[Stamp, ...]:
        """The time-stamps over a document, oldest first, as the index has them; empty: none yet. Nothing is judged.

        Raises:
            HistoryBrokenError: what is stored of them contradicts itself.
        """
        history = self.stamping.outline()
        index, _ = self.stamping.index()
        try:
            groups = self._groups(f"{record.package_id}/{document.ordinal}", index)
        except NotFoundError:
            return ()
        stamped = [batch for batch, _ in groups if batch in history.stamps]
        return tuple(link.stamped_by for link in history.line(stamped[-1])) if stamped else ()

    def record_of(self, package_id: str, ordinal: int, *, operator: str) -> bytes:
        """The evidence record (DER) of a document, for whoever checks it elsewhere; that it was taken is an event.

        Raises:
            NotFoundError: there is no such document.
            ProofNotReadyError: no time-stamped batch has it yet.
        """
        if self.catalogue is None:
            raise NotFoundError(package_id)
        wanted = f"{package_id}/{ordinal}"
        for place in self.catalogue.find(wanted):
            for record in self.catalogue.records(place.dossier_id):
                for document in record.documents:
                    if document.ordinal == place.ordinal:
                        covered = self.covering(record, document)
                        detail = {"ordinal": str(ordinal), "kind": "evidence-record"}
                        agent = f"person:{operator}"
                        event = self.trail.event(
                            EventType.DISSEMINATION,
                            record.dossier_id,
                            agency=record.agency,
                            agent=agent,
                            detail=detail,
                        )
                        self.trail.record(event)
                        return covered.record
        raise NotFoundError(wanted)

    def existence_of(self, identifier: str) -> dict[str, datetime]:
        """Since when what a document or dossier consists of has existed, by SHA-256, as far as records prove it.

        Objects that its verdicts lean on (certificates, CRLs, answers, facts) are in it, too.

        Raises:
            NotFoundError: `identifier` names nothing.
        """
        index, _ = self.stamping.index()
        checker = self.checker()
        proven: dict[str, datetime] = {}
        for wanted in self._wanted(identifier):
            for batch, group in self._groups(wanted, index):
                if batch not in checker.history.stamps:
                    continue
                found = checker.group(batch, group)
                if found.since is None or found.failures:
                    continue
                for digest in (*(digest for _, digest in group.members), *self._leant_on(checker, batch, group)):
                    proven[digest] = min(found.since, proven.get(digest, found.since))
        return proven

    def _leant_on(self, checker: Checker, batch: str, group: Group) -> Iterator[str]:
        """Objects that the verdicts of a document name and that stand in the same batch."""
        names: set[str] = set()
        for place, _ in group.members:
            if place.startswith(VERDICTS):
                with self.places.open(group, place) as stream:
                    kept = FileVerdicts.model_validate_json(stream.read())
                names |= {kept.facts, kept.trust_set, kept.policy, *kept.objects}
        for other in self.places.others(self.stamping.document(batch)) if names else ():
            name = other.members[0][1]
            if other.kind in {"object", "trust"} and name in names and checker.holds(batch, other):
                yield name

    def heads(self) -> Iterator[StampedHead]:
        """See `archive.preservation.audit.heads.StampedHeads`."""
        index, _ = self.stamping.index()
        checker = self.checker()
        for entry in index.stamps:
            if entry.kind != StampKind.BATCH:
                continue
            others = self.places.others(self.stamping.document(entry.name))
            for group in (other for other in others if other.kind == "audit"):
                with self.places.open(group, group.members[0][0]) as stream:
                    document = stream.read()
                if not entry.time:
                    yield StampedHead(document, entry.name, "", None, "the batch waits for its time-stamp")
                    continue
                found = checker.group(entry.name, group)
                detail = "; ".join(failure.reason for failure in found.failures)
                yield StampedHead(document, entry.name, rfc3339(found.since) if found.since else "", found.ok, detail)
