"""Authority tables in the catalogue: a copy of the newest version of each, made again from the kept documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from archive.auth.policy import Scope
from archive.catalogue.database import Database
from archive.catalogue.tables import agencies, authorities, authority_versions, dossiers
from archive.catalogue.visibility import agencies_within
from metadata.authorities.entries import AuthorityEntry, AuthorityKind, AuthorityTable

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Foreign:
    """What somebody must not know of."""

    agencies: frozenset[str] = frozenset()
    """Codes."""

    fonds: frozenset[str] = frozenset()
    """Codes, or names where dossiers tell no code; none that an agency within has too."""

    own_fonds: frozenset[str] = frozenset()
    """Of agencies within, whoever keeps them."""


class AuthorityRows:
    """Entries and queries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self, kind: AuthorityKind) -> tuple[int, str]:
        """Number and SHA-256 of the newest version; 0 and nothing where none was imported."""
        query = (
            sa.select(authority_versions.c.version, authority_versions.c.sha256)
            .where(authority_versions.c.kind == kind.value)
            .order_by(authority_versions.c.version.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            found = connection.execute(query).first()
        return (int(found.version), str(found.sha256)) if found else (0, "")

    def foreign(self, within: Scope) -> Foreign:
        """What belongs to agencies of which nothing lies `within`."""
        hidden = sa.select(agencies.c.code).where(~agencies_within(within))
        fonds = sa.select(dossiers.c.fonds).where(dossiers.c.fonds != "").distinct()
        theirs = fonds.where(dossiers.c.agency.in_(hidden))
        seen = fonds.where(dossiers.c.agency.in_(sa.select(agencies.c.code).where(agencies_within(within))))
        with self._database.reading() as connection:
            codes = frozenset(connection.execute(hidden).scalars())
            if not codes:
                return Foreign()
            own = frozenset(connection.execute(seen).scalars())
            return Foreign(codes, frozenset(connection.execute(theirs).scalars()) - own, own)

    def enter(self, table: AuthorityTable, connection: sa.Connection | None = None) -> None:
        """Make `table` the newest version; the same again changes nothing.

        Args:
            table: With its closed rows.
            connection: A transaction that is open; None: one of its own.
        """
        if connection is None:
            with self._database.transaction() as own:
                self.enter(table, own)
            return
        kind = table.kind.value
        known = sa.select(authority_versions.c.version).where(
            authority_versions.c.kind == kind, authority_versions.c.version == table.version
        )
        if connection.execute(known).first() is None:
            row = {"kind": kind, "version": table.version, "sha256": table.sha256, "at": table.at}
            told = {"source_sha256": table.source_sha256, "source_name": table.source_name}
            connection.execute(authority_versions.insert().values(**row, **told))
        connection.execute(authorities.delete().where(authorities.c.kind == kind))
        for start in range(0, len(table.entries), _CHUNK):
            chunk = table.entries[start : start + _CHUNK]
            connection.execute(
                authorities.insert(),
                [_row(kind, position, entry) for position, entry in enumerate(chunk, start=start)],
            )

    def clear(self) -> None:
        """Forget every table: the first step of a rebuild."""
        with self._database.transaction() as connection:
            for table in (authorities, authority_versions):
                connection.execute(table.delete())

    def entries(self, kind: AuthorityKind, *, closed: bool = True) -> Iterator[AuthorityEntry]:
        """Rows of the newest version, those of the latest import first."""
        query = sa.select(authorities.c.body).where(authorities.c.kind == kind.value).order_by(authorities.c.position)
        if not closed:
            query = query.where(authorities.c.closed_at == "")
        with self._database.reading() as connection:
            for body in connection.execute(query).scalars():
                yield AuthorityEntry.model_validate(body)


def _row(kind: str, position: int, entry: AuthorityEntry) -> dict[str, object]:
    told = {"code": entry.code, "name": entry.name, "valid_from": entry.valid_from, "valid_to": entry.valid_to}
    return {
        "kind": kind,
        "position": position,
        **told,
        "closed_at": entry.closed_at,
        "body": entry.model_dump(mode="json"),
    }
