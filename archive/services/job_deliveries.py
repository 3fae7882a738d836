"""What a job keeps of the delivery that its dossier came in."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from metadata.compact import by_name
from metadata.descriptions import Claim, Delivery, DossierDescription, ReceivedContainer
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
    kept = {*sources, *dossier.sources, *(path for document in dossier.documents for path in document.files)}
    return delivery.model_copy(
        update={
            "containers": tuple(_names_of(container, kept) for container in delivery.containers),
            "dossiers": (dossier,),
            "other_dossiers": len(delivery.dossiers) - 1,
            "dossier_findings": {dossier.file_code: found},
            "sources": sources,
            "exchanged": (),
            "claims": by_name(
                tuple[Claim, ...], ((path, claims) for path, claims in delivery.claims.items() if path in kept)
            ),
        }
    )


def _names_of(container: ReceivedContainer, paths: AbstractSet[str]) -> ReceivedContainer:
    written = {path: name for path, name in container.written.items() if path in paths}
    return container.model_copy(update={"written": written})
