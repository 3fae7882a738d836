"""Searches that people keep, and what helps to ask, wired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue.saved_searches import SavedSearchRows
from archive.services.saved_searches import SavedSearches
from archive.services.suggesting import Suggesting
from search.query_log import QueryLog

if TYPE_CHECKING:
    from archive.composition.installation import Installation


def saved_searches(archive: Installation) -> SavedSearches:
    """Searches that people of `archive` keep by name."""
    return SavedSearches(SavedSearchRows(archive.database), archive.clock)


def suggesting(archive: Installation) -> Suggesting:
    """Suggestions and similar documents from the holding of `archive`."""
    return Suggesting(archive.indexing)


def query_log(archive: Installation) -> QueryLog:
    """Where queries are kept; it keeps none unless the setting asks for it."""
    return QueryLog(archive.home.queries if archive.settings.search.query_log else None, archive.clock)
