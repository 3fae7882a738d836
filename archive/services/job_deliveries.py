"""What a job keeps of the delivery that its dossier came in."""

from __future__ import annotations

from metadata.descriptions import Delivery, DossierDescription
from metadata.findings import Finding


def part_for(dossier: DossierDescription, delivery: Delivery, *, keep_sources: bool) -> Delivery:
    """The part of the delivery that one job needs: a delivery of 5,000 dossiers is not kept 5,000 times.

    A list in which a secret dossier stands is not kept with the others either.
    """
    found = delivery.dossier_findings.get(dossier.file_code, ())
    sources = delivery.sources
    if not keep_sources:
        found = (*found, *(Finding(rule="SUB-003", subject=path) for path in sources))
        sources = ()
    return delivery.model_copy(
        update={
            "dossiers": (dossier,),
            "other_dossiers": len(delivery.dossiers) - 1,
            "dossier_findings": {dossier.file_code: found},
            "sources": sources,
        }
    )
