"""What the policy has to know of a thing: its agencies up to the root, its label, who handed it in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from archive.auth.people import Label
from archive.auth.policy import Target
from archive.catalogue.database import Database
from archive.catalogue.labels import Labelled, label_of
from archive.catalogue.places import Place
from archive.catalogue.tables import agencies, documents, dossiers, duties, jobs, labels, packages, submissions


class Sights:
    """Reads targets; None where there is no such thing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def path(self, code: str) -> tuple[str, ...]:
        """Codes from the root of the tree down to `code`; of an agency that nobody knows only itself."""
        with self._database.reading() as connection:
            return _path(connection, code)

    def agency(self, code: str) -> Target | None:
        """An agency."""
        with self._database.reading() as connection:
            known = connection.execute(sa.select(agencies.c.code).where(agencies.c.code == code)).first()
            return None if known is None else Target(_path(connection, code))

    def place(self, place: Place, connection: sa.Connection | None = None) -> Target | None:
        """A dossier, or one document of it."""
        if place.ordinal is None:
            return self._one(sa.select(dossiers).where(dossiers.c.package_id == place.dossier_id), connection)
        own = (documents.c.dossier_id == place.dossier_id) & (documents.c.ordinal == place.ordinal)
        return self._one(sa.select(documents).where(own), connection)

    def fonds(
        self, agency: str, fonds: str, unlabelled: Label, connection: sa.Connection | None = None
    ) -> Target | None:
        """A fonds, with the label that was set on it; None: the agency has no dossier of it."""
        own = (dossiers.c.agency == agency) & (dossiers.c.fonds == fonds)
        rank = sa.select(labels.c.label).where(labels.c.subject == Labelled.of_fonds(agency, fonds).subject)
        said = sa.func.coalesce(rank.scalar_subquery(), unlabelled.rank).label("label")
        return self._one(sa.select(dossiers.c.agency, said).where(own).limit(1), connection)

    def unsettled(self, batch: int) -> Iterator[list[str]]:
        """Dossiers that have no label yet, some at a time; what is labelled meanwhile is not told again."""
        last = ""
        while True:
            query = sa.select(dossiers.c.package_id).where(dossiers.c.label.is_(None), dossiers.c.package_id > last)
            with self._database.reading() as connection:
                found = list(connection.execute(query.order_by(dossiers.c.package_id).limit(batch)).scalars())
            if not found:
                return
            yield found
            last = found[-1]

    def submission(self, submission_id: str, *, separate: bool = False) -> Target | None:
        """A delivery.

        Args:
            submission_id: Of the delivery.
            separate: Whether who handed it in must not decide on it.
        """
        query = sa.select(submissions.c.agency, submissions.c.label, submissions.c.operator.label("submitter"))
        found = self._one(query.where(submissions.c.id == submission_id), separate=separate)
        if found is not None:
            return found
        # A catalogue that was made again has no deliveries, only what came of them.
        closed = sa.func.max(sa.func.coalesce(documents.c.label, Label.CONFIDENTIAL.rank))
        brought = sa.select(dossiers.c.agency, closed.label("label")).group_by(dossiers.c.agency)
        brought = brought.join(documents, documents.c.dossier_id == dossiers.c.package_id)
        return self._one(brought.where(dossiers.c.submission_id == submission_id.lower()))

    def job(self, job_id: str) -> Target | None:
        """A job: of a delivery, else what is owed to a stored dossier."""
        return self.jobs([job_id]).get(job_id)

    def jobs(self, job_ids: Sequence[str]) -> Mapping[str, Target]:
        """The same of many, by identifier: two questions, and one for each agency among them."""
        handed_in = sa.select(jobs.c.id, jobs.c.agency, jobs.c.label, submissions.c.operator.label("submitter"))
        handed_in = handed_in.join(submissions, submissions.c.id == jobs.c.submission_id)
        # A duty of no single dossier is about the holding: it is as closed as can be.
        owed = sa.select(duties.c.id, duties.c.agency, dossiers.c.label, sa.literal("").label("submitter"))
        owed = owed.outerjoin(packages, packages.c.id == duties.c.package_id)
        owed = owed.outerjoin(dossiers, dossiers.c.package_id == packages.c.dossier_id)
        with self._database.reading() as connection:
            rows = list(connection.execute(owed.where(duties.c.id.in_(job_ids))))
            rows += connection.execute(handed_in.where(jobs.c.id.in_(job_ids)))
            paths = {code: _path(connection, code) if code else () for code in {row.agency for row in rows}}
        return {row.id: Target(paths[row.agency], label_of(row.label), submitter=row.submitter) for row in rows}

    def _one(
        self, query: sa.Select[Any], connection: sa.Connection | None = None, *, separate: bool = False
    ) -> Target | None:
        if connection is None:
            with self._database.reading() as own:
                return self._one(query, own, separate=separate)
        row = connection.execute(query).first()
        if row is None:
            return None
        said = row._mapping  # noqa: SLF001 - SQLAlchemy's documented accessor
        agency = said["agency"]
        path = _path(connection, agency) if agency else ()
        return Target(path, label_of(said["label"]), submitter=said.get("submitter", ""), separate=separate)


def _way_up() -> sa.Select[Any]:
    """Codes from the agency `code` up to the root, the root first."""
    tree = sa.select(agencies.c.code, agencies.c.parent, sa.literal(0).label("depth"))
    walk = tree.where(agencies.c.code == sa.bindparam("code")).cte(recursive=True)
    deepest = sa.select(sa.func.count()).select_from(agencies).scalar_subquery()
    walk = walk.union(
        sa.select(agencies.c.code, agencies.c.parent, walk.c.depth + 1).where(
            agencies.c.code == walk.c.parent, walk.c.depth < deepest
        )
    )
    return sa.select(walk.c.code).order_by(walk.c.depth.desc())


_WAY_UP = _way_up()
"""Made once: it is asked for every document that is shown."""


def _path(connection: sa.Connection, code: str) -> tuple[str, ...]:
    codes = connection.execute(_WAY_UP, {"code": code}).scalars()
    return tuple(dict.fromkeys(codes)) or (code,)
