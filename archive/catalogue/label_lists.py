"""Labels that people set, page by page: those of agencies within a scope."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from archive.auth.people import Label
from archive.auth.policy import Scope
from archive.catalogue.database import Database
from archive.catalogue.labels import Labelled, label_of, label_set_on
from archive.catalogue.tables import agencies, dossiers, labels
from archive.catalogue.visibility import of_agencies

_DOSSIER, _DOCUMENT, _UUID = "dossier/", "document/", 36


@dataclass(frozen=True, slots=True)
class SetLabel:
    """A label that a person set."""

    subject: str
    """See `archive.catalogue.labels.Labelled`."""

    label: Label
    at: str
    by: str
    agency: str
    file_code: str
    """Of the dossier; empty: a fonds."""


class LabelLists:
    """Queries of labels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, limit: int, after: str = "", *, within: Scope) -> list[SetLabel]:
        """The last set first; `after` is a cursor `at|subject` of the last one seen."""
        dossier_id = sa.case(
            (labels.c.subject.startswith(_DOSSIER), sa.func.substr(labels.c.subject, len(_DOSSIER) + 1, _UUID)),
            (labels.c.subject.startswith(_DOCUMENT), sa.func.substr(labels.c.subject, len(_DOCUMENT) + 1, _UUID)),
            else_="",
        )
        begins = sa.literal("fonds/", sa.Text()).concat(agencies.c.code).concat("/")
        of_fonds = sa.func.substr(labels.c.subject, 1, sa.func.length(begins)) == begins
        agency = sa.func.coalesce(dossiers.c.agency, agencies.c.code).label("agency")
        query = (
            sa.select(labels.c.subject, labels.c.label, labels.c.at, labels.c.by, agency, dossiers.c.file_code)
            .select_from(labels)
            .outerjoin(dossiers, dossiers.c.package_id == dossier_id)
            .outerjoin(agencies, of_fonds)
            .where(of_agencies(within, sa.func.coalesce(dossiers.c.agency, agencies.c.code)))
        )
        if after:
            at, _, last = after.partition("|")
            query = query.where((labels.c.at < at) | ((labels.c.at == at) & (labels.c.subject > last)))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(labels.c.at.desc(), labels.c.subject).limit(limit))
            return [
                SetLabel(row.subject, label_of(row.label), row.at, row.by, row.agency or "", row.file_code or "")
                for row in rows
            ]

    def own(self, on: Labelled) -> Label | None:
        """What a person set on just this; None: nobody did."""
        with self._database.reading() as connection:
            return label_set_on(connection, on)

    def fonds(self, limit: int = 500, *, within: Scope) -> list[tuple[str, str]]:
        """Agency and name of the fonds of which there are dossiers."""
        query = sa.select(dossiers.c.agency, dossiers.c.fonds).distinct()
        query = query.where(of_agencies(within, dossiers.c.agency), dossiers.c.fonds != "")
        query = query.order_by(dossiers.c.agency, dossiers.c.fonds).limit(limit)
        with self._database.reading() as connection:
            return [(row.agency, row.fonds) for row in connection.execute(query)]
