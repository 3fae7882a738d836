"""Searches that people keep by name. The trail has nothing of them: opening one is a search like any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archive.catalogue.saved_searches import SavedSearch, SavedSearchRows, Unkept
from archive.services.asked_searches import AskedSearch
from metadata.errors import NotFoundError, UsageError
from metadata.messages import every_text
from metadata.time import Clock, rfc3339

MOST = 100
"""Searches that one person keeps."""

LONGEST_NAME = 200
LONGEST_ADDRESS = 8_000
"""Characters of an address that is kept."""


class SearchNotSavedError(UsageError):
    """A search is not kept: its name is taken or empty, there are `MOST` already, it asks nothing or too much."""

    code: ClassVar[str] = "search.not_saved"

    def __init__(self, why: str) -> None:
        self.why = why
        """Key of a message: `saved_searches.refused.…`."""
        super().__init__(every_text(f"saved_searches.refused.{why}", most=MOST))


@dataclass(frozen=True, slots=True)
class SavedSearches:
    """Searches of an installation's people; whoever calls says whose."""

    rows: SavedSearchRows
    clock: Clock

    def of(self, person_id: str) -> list[SavedSearch]:
        """All of a person, by name."""
        return sorted(self.rows.of_person(person_id), key=lambda saved: (saved.name.casefold(), saved.id))

    def one(self, person_id: str, search_id: str) -> SavedSearch:
        """One of a person's searches.

        Raises:
            NotFoundError: the person has none of that identifier.
        """
        found = self.rows.one(person_id, search_id)
        if found is None:
            raise NotFoundError(search_id)
        return found

    def save(self, person_id: str, name: str, asked: AskedSearch) -> SavedSearch:
        """Keep a search by a name.

        Raises:
            SearchNotSavedError: see there.
        """
        if asked.nothing or len(asked.address) > LONGEST_ADDRESS:
            raise SearchNotSavedError("nothing" if asked.nothing else "long")
        saved = self.rows.add(person_id, _name(name), asked.address, at=rfc3339(self.clock.now()), most=MOST)
        if isinstance(saved, Unkept):
            raise SearchNotSavedError(saved.value)
        return saved

    def rename(self, person_id: str, search_id: str, name: str) -> SavedSearch:
        """Call a search otherwise.

        Raises:
            NotFoundError: the person has none of that identifier.
            SearchNotSavedError: the name is empty or taken.
        """
        refused = self.rows.rename(person_id, search_id, _name(name))
        if refused is not None:
            raise SearchNotSavedError(refused.value)
        return self.one(person_id, search_id)

    def remove(self, person_id: str, search_id: str) -> None:
        """Keep a search no longer.

        Raises:
            NotFoundError: the person has none of that identifier.
        """
        if not self.rows.remove(person_id, search_id):
            raise NotFoundError(search_id)


def _name(written: str) -> str:
    name = " ".join(written.split())
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise SearchNotSavedError("name")
    return name
