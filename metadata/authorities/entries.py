"""Rows of the authority tables."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum, unique

from pydantic import BaseModel, ConfigDict

MOST_ROWS = 100_000
"""Rows of one table: the whole State has about twenty thousand agencies with a code."""


@unique
class AuthorityKind(StrEnum):
    """Which table."""

    AGENCIES = "agencies"
    FONDS = "fonds"
    PLACES = "places"


class AuthorityEntry(BaseModel):
    """One row: a body, a fonds, or a place, under one name, for as long as it had it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    """`H49.64.33`, `000.00.12.H49`, `Q3-8`; as it is written."""

    name: str

    also: tuple[str, ...] = ()
    """Abbreviations and other names."""

    parent: str = ""
    """Code of the body or place above."""

    valid_from: str = ""
    """First day, `YYYY-MM-DD`; empty: not known, always."""

    valid_to: str = ""
    """Last day, inclusive; empty: not known to have ended."""

    successor: str = ""
    """Code of the body into which it was merged or that took over."""

    archive: str = ""
    """Of a fonds or a place: code of the archive that keeps it."""

    state: str = ""
    """Of a fonds: `open` (it goes on growing) or `closed`; empty: not known."""

    note: str = ""

    closed_at: str = ""
    """When an import no longer had the row, or had it otherwise, RFC 3339; empty: it stands in the latest import."""

    @property
    def key(self) -> tuple[str, str]:
        """By what rows of two imports are the same: a code has one row for each time in which it was valid."""
        return (self.code, self.valid_from)

    def content(self) -> dict[str, object]:
        """What the import said."""
        return self.model_dump(mode="json", exclude={"closed_at"})

    def digest(self) -> str:
        """SHA-256 of the row's content and of when it was closed."""
        whole = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()


class AuthorityTable(BaseModel):
    """One version of one table, closed rows included: the document that is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: AuthorityKind
    version: int
    """From 1, without gaps."""

    at: str
    """When it was imported, RFC 3339."""

    source_sha256: str
    """Of the imported file, to the byte."""

    source_name: str
    previous: str = ""
    """SHA-256 of the version before."""

    entries: tuple[AuthorityEntry, ...] = ()

    def document(self) -> bytes:
        """Canonical bytes: the same for the same table."""
        whole = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return (whole + "\n").encode()

    @property
    def sha256(self) -> str:
        """By which the version is named."""
        return hashlib.sha256(self.document()).hexdigest()

    def open_entries(self) -> tuple[AuthorityEntry, ...]:
        """Rows of the latest import."""
        return tuple(entry for entry in self.entries if not entry.closed_at)


def table_of(document: bytes) -> AuthorityTable:
    """The table that `AuthorityTable.document` wrote.

    Raises:
        ValueError: it is none.
    """
    return AuthorityTable.model_validate_json(document)
