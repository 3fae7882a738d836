"""Descriptions of stored dossiers out of the catalogue, without their files, events and verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from archive.auth.policy import ALL, Scope
from archive.catalogue.database import Database
from archive.catalogue.tables import dossiers, packages
from archive.catalogue.visibility import dossiers_within
from metadata.descriptions import Description, DocumentDescription, DossierDescription
from metadata.errors import NotFoundError
from metadata.physical import StorePlace, store_place

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """A dossier whose paper lies somewhere."""

    dossier_id: str
    file_code: str
    title: str
    place: StorePlace


class Described:
    """Reads descriptions: a record of 500 documents is large, and most of it is not about what they say."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def parts(self, dossier_id: str) -> list[tuple[str, DossierDescription]]:
        """The parts of a dossier, the first one first, each with the profile that it was delivered by.

        Of two documents with one ordinal the later part's is given: it completes an earlier description.

        Raises:
            NotFoundError: no such dossier.
        """
        with self._database.reading() as connection:
            query = sa.select(packages.c.record).where(packages.c.dossier_id == dossier_id).order_by(packages.c.part)
            records = list(connection.execute(query).scalars())
        if not records:
            raise NotFoundError(dossier_id)
        last = {
            document["description"]["ordinal"]: place
            for place, record in enumerate(records)
            for document in record["documents"]
        }
        return [(str(record["profile"]), _dossier(record, place, last)) for place, record in enumerate(records)]

    def places(self, *, within: Scope = ALL) -> Iterator[Kept]:
        """Where the paper of every dossier lies, by code of the dossier; those that lie nowhere are left out."""
        last = ("", "")
        while batch := self._places_after(last, within):
            for dossier_id, file_code, title, fields in batch:
                last = (file_code, dossier_id)
                place = store_place(Description.model_validate({"fields": fields}))
                if place.path:
                    yield Kept(dossier_id, file_code, title, place)

    def _places_after(self, last: tuple[str, str], within: Scope) -> list[tuple[str, str, str, Any]]:
        """In pieces, so that nothing grows with the holding; of a record only what it says of the dossier."""
        after = (dossiers.c.file_code > last[0]) | (
            (dossiers.c.file_code == last[0]) & (dossiers.c.package_id > last[1])
        )
        columns = (
            dossiers.c.package_id,
            dossiers.c.file_code,
            dossiers.c.title,
            packages.c.record["dossier"]["fields"],
        )
        query = (
            sa.select(*columns)
            .join(packages, packages.c.dossier_id == dossiers.c.package_id)
            .where(packages.c.part == 1, after, dossiers_within(within))
            .order_by(dossiers.c.file_code, dossiers.c.package_id)
            .limit(_BATCH)
        )
        with self._database.reading() as connection:
            return [(row[0], row[1], row[2], row[3] or {}) for row in connection.execute(query)]


def _dossier(record: dict[str, Any], place: int, last: dict[int, int]) -> DossierDescription:
    own = Description.model_validate(record["dossier"])
    told = (document["description"] for document in record["documents"])
    documents = tuple(DocumentDescription.model_validate(one) for one in told if last[one["ordinal"]] == place)
    return DossierDescription(
        file_code=record["file_code"],
        fields=own.fields,
        extra=own.extra,
        source=own.source,
        sheet=own.sheet,
        row=own.row,
        documents=documents,
    )
