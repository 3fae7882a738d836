"""Searches that people keep, wired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue.saved_searches import SavedSearchRows
from archive.services.saved_searches import SavedSearches

if TYPE_CHECKING:
    from archive.composition.installation import Installation


def saved_searches(archive: Installation) -> SavedSearches:
    """Searches that people of `archive` keep by name."""
    return SavedSearches(SavedSearchRows(archive.database), archive.clock)
