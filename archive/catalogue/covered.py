"""What evidence batches hold, as far as it may be seen: packages and documents counted and listed within a scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from archive.auth.policy import Scope
from archive.catalogue.database import Database
from archive.catalogue.tables import documents, dossiers, packages
from archive.catalogue.visibility import documents_within, dossiers_within

_AT_ONCE = 500
"""Packages that one query asks for: SQLite binds no more than a thousand values everywhere."""


@dataclass(frozen=True, slots=True)
class Held:
    """How much of something may be seen."""

    packages: int = 0
    documents: int = 0

    def __add__(self, other: Held) -> Held:
        """Both together."""
        return Held(self.packages + other.packages, self.documents + other.documents)

    def __bool__(self) -> bool:
        """Whether anything may be seen."""
        return bool(self.packages or self.documents)


@dataclass(frozen=True, slots=True)
class CoveredHoldings:
    """Looks stored packages up by their ids."""

    database: Database

    def count(self, package_ids: Sequence[str], *, within: Scope) -> Held:
        """How many of these packages, and of the documents in them, lie within a scope."""
        found = Held()
        with self.database.reading() as connection:
            for wanted in _pieces(package_ids):
                parts = sa.select(sa.func.count()).select_from(packages).join(dossiers, _OF_DOSSIER)
                parts = parts.where(packages.c.id.in_(wanted), dossiers_within(within))
                inside = sa.select(sa.func.count()).select_from(packages).join(documents, _OF_PART)
                inside = inside.where(packages.c.id.in_(wanted), documents_within(within))
                found += Held(connection.execute(parts).scalar_one(), connection.execute(inside).scalar_one())
        return found

    def any(self, package_ids: Sequence[str], *, within: Scope) -> bool:
        """Whether one of these packages lies within a scope."""
        with self.database.reading() as connection:
            for wanted in _pieces(package_ids):
                query = sa.select(packages.c.id).join(dossiers, _OF_DOSSIER)
                query = query.where(packages.c.id.in_(wanted), dossiers_within(within)).limit(1)
                if connection.execute(query).first() is not None:
                    return True
        return False

    def total(self, *, within: Scope) -> Held:
        """All that is held, within a scope."""
        parts = sa.select(sa.func.count()).select_from(packages).join(dossiers, _OF_DOSSIER)
        inside = sa.select(sa.func.count()).select_from(documents).where(documents_within(within))
        with self.database.reading() as connection:
            count = connection.execute(parts.where(dossiers_within(within))).scalar_one()
            return Held(count, connection.execute(inside).scalar_one())

    def listed(self, package_ids: Sequence[str], *, within: Scope, most: int) -> list[Mapping[str, Any]]:
        """Dossiers of these packages within a scope, in the order of the ids, each once; at most `most`."""
        found: dict[str, Mapping[str, Any]] = {}
        columns = (dossiers.c.package_id, dossiers.c.file_code, dossiers.c.title, dossiers.c.agency)
        with self.database.reading() as connection:
            for wanted in _pieces(package_ids):
                query = sa.select(packages.c.id.label("part"), *columns).join(dossiers, _OF_DOSSIER)
                rows = connection.execute(query.where(packages.c.id.in_(wanted), dossiers_within(within)))
                by_part = {row.part: dict(row._mapping) for row in rows}  # noqa: SLF001 - SQLAlchemy's accessor
                for part in wanted:
                    if part in by_part:
                        found.setdefault(by_part[part]["package_id"], by_part[part])
                if len(found) >= most:
                    break
        return list(islice(found.values(), most))


_OF_DOSSIER = dossiers.c.package_id == packages.c.dossier_id
_OF_PART = (documents.c.dossier_id == packages.c.dossier_id) & (documents.c.part_id == packages.c.id)


def _pieces(package_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(package_ids), _AT_ONCE):
        yield package_ids[start : start + _AT_ONCE]
