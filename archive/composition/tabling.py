"""Tables of agencies, fonds and places, wired; and what they say of a delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue.authorities import AuthorityRows
from archive.services.authorities import Authorities
from archive.services.rebuilding import Rebuilding

if TYPE_CHECKING:
    from archive.composition.installation import Installation


def authorities(archive: Installation) -> Authorities:
    """The tables."""
    return Authorities(AuthorityRows(archive.database), archive.evidence, archive.trail, archive.clock)


def rebuilding(archive: Installation) -> Rebuilding:
    """Making the catalogue again, these tables with it."""
    from archive.composition.correcting import text_corrections  # noqa: PLC0415 - the tables alone have no texts
    from archive.composition.trusting import rejudging  # noqa: PLC0415 - the tables alone need no judge

    again, texts = rejudging(archive), text_corrections(archive)

    def reapply(dossier_id: str) -> None:
        again.reapply(dossier_id)
        for record in archive.catalogue.each_record(dossier_id):
            texts.retell(record)

    return Rebuilding(
        *(archive.catalogue, archive.stored, archive.ledger, archive.segments, archive.trail, archive.receipts),
        reapply,
        # Labels and agencies before dossiers are entered: what is entered is as closed as it was.
        lambda: archive.authorities.restore() | archive.rights.restore(),
    )
