"""What of the holding the index has not got as it is now, and what a search must be told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from archive.auth.access import search_tokens
from archive.auth.labels import declared_label, fonds_of
from archive.auth.people import Label, strictest
from archive.auth.policy import Scope
from archive.catalogue.database import Database
from archive.catalogue.labels import LABELLED, Labelled, label_of, label_set_on
from archive.catalogue.places import Place
from archive.catalogue.tables import documents, index_queue
from archive.catalogue.visibility import below
from metadata.descriptions import DossierDescription


class IndexQueue:
    """Dossiers that wait for the index."""

    def __init__(self, database: Database, unlabelled: Label) -> None:
        self._database = database
        self._unlabelled = unlabelled

    def closed_among(self, places: Sequence[Place]) -> list[tuple[Place, str]]:
        """Those of `places` (documents) that are restricted or more closed, each with its agency."""
        ids = {place.dossier_id for place in places}
        closed = sa.func.coalesce(documents.c.label, Label.CONFIDENTIAL.rank) >= Label.RESTRICTED.rank
        query = sa.select(documents.c.dossier_id, documents.c.ordinal, documents.c.agency)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(documents.c.dossier_id.in_(ids), closed))
            agencies = {Place(row.dossier_id, row.ordinal): row.agency for row in rows}
        return [(place, agencies[place]) for place in places if place in agencies]

    def unindexed(self) -> dict[str, str]:
        """Dossiers that the index has not got as they are now, those that wait longest first, and why they wait."""
        query = sa.select(index_queue.c.dossier_id, index_queue.c.reason).order_by(index_queue.c.since)
        with self._database.reading() as connection:
            return {str(dossier_id): str(why) for dossier_id, why in connection.execute(query)}

    def searched(self, within: Scope) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Access tokens of a search `within`, and the dossiers whose tokens in the index are out of date."""
        if within.everything:
            return search_tokens(within, {}), ()
        with self._database.reading() as connection:
            trees = {area.agency: list(connection.execute(below(area.agency)).scalars()) for area in within.areas}
            stale = tuple(connection.execute(_out_of_date(within)).scalars())
        return search_tokens(within, trees), stale

    def expected_label(self, agency: str, dossier: DossierDescription) -> Label:
        """The strictest label that a dossier and its documents will have once they are stored, as far as is known."""
        fonds = Labelled.of_fonds(agency, fonds_of(dossier))
        with self._database.reading() as connection:
            told = [label_set_on(connection, fonds), declared_label(dossier)]
        label = strictest(*told) or self._unlabelled
        return strictest(label, *(declared_label(document) for document in dossier.documents)) or label

    def labels(self, dossier_id: str) -> dict[int, Label]:
        """The label of each document of a dossier."""
        query = sa.select(documents.c.ordinal, documents.c.label).where(documents.c.dossier_id == dossier_id)
        with self._database.reading() as connection:
            return {int(ordinal): label_of(rank) for ordinal, rank in connection.execute(query)}

    def waits_because(self, dossier_id: str) -> str:
        """Why a dossier waits for the index; empty: it does not."""
        query = sa.select(index_queue.c.reason).where(index_queue.c.dossier_id == dossier_id)
        with self._database.reading() as connection:
            return connection.execute(query).scalar() or ""

    def indexed(self, dossier_id: str, why: str) -> None:
        """The index has it as it was when it waited because of `why`; what has changed since waits on."""
        mine = (index_queue.c.dossier_id == dossier_id) & (index_queue.c.reason == why)
        with self._database.transaction() as connection:
            connection.execute(index_queue.delete().where(mine))


def _out_of_date(within: Scope) -> sa.Select[Any]:
    waiting = sa.select(index_queue.c.dossier_id)
    if any(area.up_to is Label.PUBLIC for area in within.areas):
        # After a rebuild of the catalogue what only became internal waits like all others.
        return waiting
    return waiting.where(index_queue.c.reason.startswith(LABELLED))
