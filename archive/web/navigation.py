"""Where the pages lead: what a person may open, in the order in which people work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archive.auth.people import Person
from archive.auth.policy import WHOLE, Action, decide


@dataclass(frozen=True, slots=True)
class Entry:
    """One place to go to."""

    path: str
    word: str
    """Message `web.nav.{word}`, and the name of its picture."""

    action: Action
    """Without it the place is not shown, and refused where somebody knows its address."""

    whole: bool = False
    """Only for who may do it to the whole archive."""

    also: Action | None = None
    """Another action that lets in as well."""

    def is_for(self, person: Person | None) -> bool:
        """Whether `person` may open it."""
        if self.also is not None and decide(person, self.also):
            return True
        return bool(decide(person, self.action, WHOLE if self.whole else None))

    def holds(self, path: str) -> bool:
        """Whether the page at `path` belongs to this place."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


ENTRIES = (
    Entry("/", "home", Action.ACCOUNT),
    Entry("/deliveries", "deliveries", Action.SUBMISSION_READ),
    Entry("/holding", "holding", Action.HOLDING_READ),
    Entry("/search", "search", Action.SEARCH),
    Entry("/exports", "exports", Action.COPY_EXPORT),
    Entry("/text-review", "review", Action.DESCRIBE),
    Entry("/evidence", "evidence", Action.EVIDENCE_READ),
    Entry("/trust", "trust", Action.EVIDENCE_READ),
    Entry("/audit", "audit", Action.AUDIT_READ),
    Entry("/doctor", "doctor", Action.SYSTEM_READ, whole=True),
    Entry("/administration", "administration", Action.RIGHTS_READ, also=Action.JOB_MANAGE),
)
"""Only pages that there are."""

_INSIDE = {"/dossiers": "/holding", "/documents": "/holding"}


def entries_for(person: Person | None) -> Iterator[Entry]:
    """What `person` may open."""
    return (entry for entry in ENTRIES if entry.is_for(person))


def place_of(path: str) -> str:
    """The path of the entry to which the page at `path` belongs; empty for pages that stand by themselves."""
    for beginning, place in _INSIDE.items():
        if path.startswith(f"{beginning}/"):
            return place
    return next((entry.path for entry in ENTRIES if entry.holds(path)), "")
