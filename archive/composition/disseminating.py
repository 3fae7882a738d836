"""What leaves the archive in another shape, wired."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.composition.installation import Installation
    from archive.services.lta_copies import LtaCopies


def lta_copies(archive: Installation) -> LtaCopies:
    """Makes copies of signed PDFs with their evidence inside."""
    from archive.composition.trusting import intake_judge, revocation_broker, tsa_client  # noqa: PLC0415 - starting is measured
    from archive.services.lta_copies import LtaCopies  # noqa: PLC0415

    return LtaCopies(
        stored=archive.stored,
        objects=archive.evidence,
        workers=archive.workers,
        judge=intake_judge(archive),
        stamper=tsa_client(archive, archive.settings.evidence.tsa, answers=revocation_broker(archive).known),
        scratch=archive.home.scratch,
    )
