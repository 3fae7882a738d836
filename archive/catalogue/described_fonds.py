"""What deliveries say of fonds: copies of what packages hold, beside the authority tables, which they never change."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa

from archive.auth.labels import fonds_of
from archive.auth.policy import ALL, Scope
from archive.catalogue.database import Database
from archive.catalogue.tables import authorities, dossiers
from archive.catalogue.visibility import dossiers_within
from metadata.descriptions import Description
from metadata.package import PackageRecord

KIND = "fonds-described"
"""In the place of a table's kind: rows of `authorities` that no import made."""

_LONGEST = 400
_POSITIONS = 1 << 31


def enter_fonds(connection: sa.Connection, record: PackageRecord) -> None:
    """Keep what the delivery of `record` says of its fonds; what is said again, or alike, is kept once."""
    if record.fonds is None:
        return
    agency, name = record.agency[:_LONGEST], fonds_of(record.dossier)[:_LONGEST]
    values = dict(record.fonds.values())
    content = json.dumps([agency, name, values], ensure_ascii=False, sort_keys=True)
    position = int.from_bytes(hashlib.sha256(content.encode()).digest()[:4]) % _POSITIONS
    while (known := _content_at(connection, position)) is not None:
        if known == content:
            return
        position = (position + 1) % _POSITIONS
    body = {"content": content, "received_at": record.received_at, "fonds": record.fonds.model_dump(mode="json")}
    told = {"code": name, "name": agency, "valid_from": "", "valid_to": "", "closed_at": ""}
    connection.execute(authorities.insert().values(kind=KIND, position=position, **told, body=body))


def forget_fonds(connection: sa.Connection) -> None:
    """Forget all of it: the first step of a rebuild."""
    connection.execute(authorities.delete().where(authorities.c.kind == KIND))


def _content_at(connection: sa.Connection, position: int) -> str | None:
    query = sa.select(authorities.c.body).where(authorities.c.kind == KIND, authorities.c.position == position)
    body: dict[str, Any] | None = connection.execute(query).scalar()
    return None if body is None else str(body["content"])


class DescribedFonds:
    """Looks descriptions of fonds up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, agency: str, fonds: str, *, within: Scope = ALL) -> list[Description]:
        """What deliveries said of a fonds, the latest first; nothing where no dossier of it lies `within`.

        Args:
            agency: Its code.
            fonds: As dossiers have it: code, else name; empty where they tell neither.
            within: What may be seen.
        """
        here = (dossiers.c.agency == agency) & (dossiers.c.fonds == fonds)
        seen = sa.select(dossiers.c.package_id).where(here, dossiers_within(within)).limit(1)
        told = sa.select(authorities.c.body).where(
            authorities.c.kind == KIND, authorities.c.code == fonds[:_LONGEST], authorities.c.name == agency[:_LONGEST]
        )
        with self._database.reading() as connection:
            if connection.execute(seen).first() is None:
                return []
            bodies = list(connection.execute(told).scalars())
        latest = sorted(bodies, key=lambda body: str(body["received_at"]), reverse=True)
        return [Description.model_validate(body["fonds"]) for body in latest]
