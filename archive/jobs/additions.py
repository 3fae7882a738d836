"""Supplements and replacements: which stored dossier they add to, and what they get there; decided once, at the claim.

Two additions to one dossier may be on their way at the same time: each gets
ordinals and part numbers of its own, decided while nobody else can decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from archive.catalogue.entering import addition_code
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import Claim, Journal
from archive.errors import BaseUnderWayError
from ingest.facts import Adds
from metadata.additions import ADDING, KnownDocument, place_documents
from metadata.descriptions import DossierDescription
from metadata.errors import NotFoundError
from metadata.findings import Finding
from metadata.package import MAX_DOCUMENTS, PackageRecord
from metadata.rules import errors_of

ADDS = "adds"
"""Name of the fact beside those of the stages."""

_URN = "urn:uuid:"
_UNKNOWN = "ADD-001"


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an addition's claim."""

    adds: Adds | None = None
    """None: it is refused, or the same was delivered before."""

    findings: tuple[Finding, ...] = ()
    """Why it is refused, warnings with them."""

    same_as: str | None = None
    """Package of the same delivery before."""


@dataclass(frozen=True, slots=True)
class Additions:
    """Looks for the dossier that a supplement or replacement adds to."""

    catalogue: Catalogue
    journal: Journal

    @staticmethod
    def adds(dossier: DossierDescription) -> bool:
        """Whether `dossier` adds to a stored one."""
        return dossier.record_status in ADDING

    def foreseen(self, agency: str, dossier: DossierDescription, fingerprint: str) -> Settled:
        """As `settle`, but nothing is claimed."""
        base = self._added_to(agency, dossier, fingerprint)
        return base if isinstance(base, Settled) else self._given(base, dossier, ())

    def settle(
        self,
        wanted: Claim,
        dossier: DossierDescription,
        under_way: Callable[[str], Adds | None],
        keep: Callable[[Adds], None],
    ) -> Settled:
        """Claim the addition.

        Args:
            wanted: The claim as for a new dossier.
            dossier: As delivered.
            under_way: What another job, by its id, has been given and not stored yet.
            keep: Keeps what is given, durably, before anybody else can ask for it.

        Raises:
            BaseUnderWayError: the dossier itself is still on its way; safe to repeat.
        """
        base = self._added_to(wanted.agency, dossier, wanted.fingerprint)
        if isinstance(base, Settled):
            earlier = self.journal.under_way_before(wanted.job_id) if _is_unknown(base) else None
            if earlier is not None:
                # Handed in together, and taken up before the dossier itself has come as far as its claim.
                raise BaseUnderWayError(dossier.file_code, earlier)
            return base
        dossier_id = base[0].dossier_id
        claim = replace(wanted, file_code=addition_code(dossier_id, wanted.fingerprint))
        answer = Settled()

        def decide(others: Sequence[str]) -> bool:
            nonlocal answer
            # What is stored is read again: it may have become more before this claim had its turn.
            records = self.catalogue.records(dossier_id)
            given = [adds for job_id in others if (adds := under_way(job_id)) is not None]
            answer = self._given(records, dossier, given)
            if answer.adds is not None:
                keep(answer.adds)
            return answer.adds is not None

        holder = self.journal.claim_addition(claim, dossier_id, decide)
        if holder is not None and holder.job_id != wanted.job_id:
            return Settled(same_as=holder.package_id)
        if holder is not None:
            return Settled(adds=under_way(wanted.job_id))
        return answer

    def _given(self, records: Sequence[PackageRecord], dossier: DossierDescription, given: Sequence[Adds]) -> Settled:
        taken = {ordinal for adds in given for ordinal in adds.ordinals.values()}
        known = [
            KnownDocument(document.description, has_files=bool(document.originals))
            for record in records
            for document in record.documents
        ]
        placed = place_documents(dossier, known, taken)
        if errors_of(placed.findings):
            return Settled(findings=placed.findings)
        last = max([record.part for record in records] + [_last_part(adds) for adds in given])
        return Settled(
            adds=Adds(
                dossier_id=records[0].dossier_id,
                status=dossier.record_status,
                first_part=last + 1,
                ordinals=dict(placed.ordinals),
                relations=dict(placed.relations),
                findings=placed.findings,
            )
        )

    def _added_to(self, agency: str, dossier: DossierDescription, fingerprint: str) -> list[PackageRecord] | Settled:
        """The stored parts of the dossier that is added to; what became of the addition where that is known already."""
        base = self._base(agency, dossier)
        if isinstance(base, Finding):
            return Settled(findings=(base,))
        same = next((record for record in base if record.fingerprint == fingerprint), None)
        return Settled(same_as=same.package_id) if same else base

    def _base(self, agency: str, dossier: DossierDescription) -> list[PackageRecord] | Finding:
        """The stored parts of the dossier that is added to."""
        code, related = dossier.file_code, dossier.related_package
        unknown = Finding(rule=_UNKNOWN, subject=code, file=dossier.source, values={"related": related})
        named = self._of_package(agency, related) if related else None
        if named is not None and code and named[0].file_code != code:
            values = {"related": related, "other": named[0].file_code}
            return Finding(rule="ADD-002", subject=code, file=dossier.source, values=values)
        if named is not None:
            return named
        holder = self.journal.holder(agency, code) if code else None
        if holder is None:
            return unknown
        try:
            return self.catalogue.records(holder.package_id)
        except NotFoundError:
            raise BaseUnderWayError(code, holder.job_id) from None

    def _of_package(self, agency: str, related: str) -> list[PackageRecord] | None:
        """Identifiers of other systems name packages too; one that is not ours says nothing."""
        dossier_id = self.catalogue.dossier_of(related.lower().removeprefix(_URN).removeprefix("uuid-"))
        records = self.catalogue.records(dossier_id) if dossier_id else None
        return records if records and records[0].agency == agency else None


def _is_unknown(settled: Settled) -> bool:
    return any(finding.rule == _UNKNOWN for finding in settled.findings)


def _last_part(adds: Adds) -> int:
    return adds.first_part + (max(len(adds.ordinals), 1) - 1) // MAX_DOCUMENTS
