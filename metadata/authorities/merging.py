"""Brings an import together with what is known: nothing is lost, what is no longer told is closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from metadata.authorities.entries import AuthorityEntry


@dataclass(frozen=True, slots=True)
class Merged:
    """The rows of the new version, and what an import did."""

    entries: tuple[AuthorityEntry, ...]
    added: int
    changed: int
    closed: int
    same: int

    @property
    def differs(self) -> bool:
        """Whether there is anything new."""
        return bool(self.added or self.changed or self.closed)


def merged(known: Iterable[AuthorityEntry], imported: Iterable[AuthorityEntry], at: str) -> Merged:
    """The rows of `imported`, with every row of `known` that is not among them kept as closed.

    A row that is told otherwise than before stands twice: as told now, and closed as it was told. The same import
    again changes nothing.

    Args:
        known: Rows of the version before, closed ones included.
        imported: Rows of the file.
        at: Now, RFC 3339.
    """
    before = list(known)
    standing = {entry.key: entry for entry in before if not entry.closed_at}
    closed = [entry for entry in before if entry.closed_at]
    fresh = sorted(imported, key=lambda entry: entry.key)
    added = changed = same = 0
    for entry in fresh:
        old = standing.pop(entry.key, None)
        if old is None:
            added += 1
        elif old.content() == entry.content():
            same += 1
        else:
            changed += 1
            closed.append(old.model_copy(update={"closed_at": at}))
    gone = [entry.model_copy(update={"closed_at": at}) for entry in standing.values()]
    entries = (*fresh, *sorted((*closed, *gone), key=lambda entry: (*entry.key, entry.closed_at)))
    return Merged(entries, added, changed, len(gone), same)
