"""Lists and minutes, wired."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.composition.installation import Installation
    from archive.services.listing import Listing


def listing(archive: Installation) -> Listing:
    """Makes lists."""
    from archive.reports.papers import Papers  # noqa: PLC0415 - starting is measured
    from archive.services.listing import Listing  # noqa: PLC0415

    return Listing(
        catalogue=archive.catalogue,
        journal=archive.journal,
        trail=archive.trail,
        clock=archive.clock,
        papers=Papers(archive.workers, archive.home.scratch),
        archive=archive.settings.archive.name,
        scratch=archive.home.scratch,
    )
