"""Rights, wired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue.grants import GrantRows
from archive.catalogue.recorded import RecordedTrail
from archive.catalogue.rights import RightsRows
from archive.services.rights import Rights

if TYPE_CHECKING:
    from archive.composition.installation import Installation


def rights(archive: Installation) -> Rights:
    """Grants, agencies, labels."""
    return Rights(
        RightsRows(archive.database),
        GrantRows(archive.database),
        archive.permits,
        archive.evidence,
        archive.trail,
        RecordedTrail(archive.database),
        archive.clock,
        archive.settings.rights.unlabelled,
    )
