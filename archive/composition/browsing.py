"""Wires the view of the holding from above."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue.browsing import Browsing

if TYPE_CHECKING:
    from archive.composition.installation import Installation


def browsing(archive: Installation) -> Browsing:
    """Looks at what the installation holds."""
    return Browsing(archive.database)
