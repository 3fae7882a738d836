"""Labels in the catalogue: what a description declares, what a person set, and the strictest of both on all levels.

A label that a person set takes the place of the declared one of the same level. Fonds over dossier over document:
the strictest wins. Where neither fonds nor dossier say anything, the dossier has the label of the setting.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from archive.auth.people import Label
from archive.catalogue.places import Place
from archive.catalogue.tables import documents, dossiers, index_queue, jobs, labels, packages, submissions

LABELLED = "label "
"""Begins the reason for which a dossier waits for the index when its label changed: until then it is not found."""

_LABELS = tuple(Label)
_CHUNK = 500


def label_of(rank: int | None) -> Label:
    """The label of a row; one that nobody has told is as closed as can be."""
    return Label.CONFIDENTIAL if rank is None else _LABELS[rank]


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a label is set on."""

    subject: str
    """`fonds/AGENCY/FONDS`, `dossier/ID` or `document/ID/ORDINAL`: by what catalogue and trail know it."""

    @classmethod
    def of_fonds(cls, agency: str, fonds: str) -> Labelled:
        """A fonds of an agency, by its code, else by its name."""
        return cls(f"fonds/{agency}/{fonds}")

    @classmethod
    def of_place(cls, place: Place) -> Labelled:
        """A dossier or one document of it."""
        if place.ordinal is None:
            return cls(f"dossier/{place.dossier_id}")
        return cls(f"document/{place.dossier_id}/{place.ordinal}")

    @property
    def place(self) -> Place | None:
        """The dossier or document; None: a fonds."""
        kind, _, rest = self.subject.partition("/")
        if kind == "fonds":
            return None
        dossier_id, _, ordinal = rest.partition("/")
        return Place(dossier_id, int(ordinal) if ordinal else None)

    @property
    def fonds(self) -> tuple[str, str]:
        """Agency and fonds; only of a fonds."""
        _, agency, fonds = self.subject.split("/", 2)
        return agency, fonds


def set_label(connection: sa.Connection, on: Labelled, label: Label, *, sha256: str, at: str, by: str) -> None:
    """Keep what a person set; what is under it has its label only after `settle`."""
    connection.execute(labels.delete().where(labels.c.subject == on.subject))
    connection.execute(labels.insert().values(subject=on.subject, label=label.rank, sha256=sha256, at=at, by=by))


def label_set_on(connection: sa.Connection, on: Labelled) -> Label | None:
    """What a person set; None: nobody did."""
    rank = connection.execute(sa.select(labels.c.label).where(labels.c.subject == on.subject)).scalar()
    return None if rank is None else _LABELS[rank]


def under(on: Labelled) -> sa.ColumnElement[bool]:
    """The dossiers that a label on `on` bears upon, as a condition."""
    place = on.place
    if place is not None:
        return dossiers.c.package_id == place.dossier_id
    agency, fonds = on.fonds
    return (dossiers.c.agency == agency) & (dossiers.c.fonds == fonds)


def of_dossiers(dossier_ids: Collection[str]) -> sa.ColumnElement[bool]:
    """These dossiers, as a condition; some hundreds at most."""
    return dossiers.c.package_id.in_(dossier_ids)


def settle(connection: sa.Connection, which: sa.ColumnElement[bool], *, unlabelled: Label, since: str) -> list[str]:
    """Give dossiers, their documents and their jobs the labels that they have now; those that changed.

    What changed is not found by a search until the index has it.

    Args:
        connection: Inside a transaction that lets nobody else write.
        which: Condition of `dossiers`.
        unlabelled: What a dossier has of which nobody says anything.
        since: Now, RFC 3339.
    """
    new = _dossier_label(unlabelled)
    differs = sa.or_(dossiers.c.label.is_(None), dossiers.c.label != new)
    query = sa.select(dossiers.c.package_id, dossiers.c.label).where(which, differs)
    changed: dict[str, int | None] = {dossier_id: before for dossier_id, before in connection.execute(query)}  # noqa: C416
    connection.execute(dossiers.update().where(which, differs).values(label=new))
    mine = documents.c.dossier_id.in_(sa.select(dossiers.c.package_id).where(which))
    new = _document_label()
    differs = sa.or_(documents.c.label.is_(None), documents.c.label != new)
    found = sa.select(documents.c.dossier_id, sa.func.min(documents.c.label)).where(mine, differs)
    for dossier_id, before in connection.execute(found.group_by(documents.c.dossier_id)):
        changed.setdefault(dossier_id, before)
    connection.execute(documents.update().where(mine, differs).values(label=new))
    if changed:
        _settle_jobs(connection, which)
        _let_wait(connection, changed, _closed_among(connection, which), since)
    return list(changed)


def _subject(*parts: sa.ColumnElement[Any] | str) -> sa.ColumnElement[Any]:
    """What a label is on, made of columns."""
    told: sa.ColumnElement[Any] = sa.literal("", sa.Text())
    for part in parts:
        told = told.concat(part if isinstance(part, str) else sa.cast(part, sa.Text))
    return told


def _set_on(subject: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    return sa.select(labels.c.label).where(labels.c.subject == subject).scalar_subquery()


def _stricter(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The stricter of two ranks, either of which may be missing."""
    return sa.case((one.is_(None), other), (other.is_(None), one), (one > other, one), else_=other)


def _dossier_label(unlabelled: Label) -> sa.ColumnElement[Any]:
    own = sa.func.coalesce(_set_on(_subject("dossier/", dossiers.c.package_id)), dossiers.c.declared)
    fonds = _set_on(_subject("fonds/", dossiers.c.agency, "/", dossiers.c.fonds))
    return sa.func.coalesce(_stricter(own, fonds), unlabelled.rank)


def _document_label() -> sa.ColumnElement[Any]:
    own = sa.func.coalesce(
        _set_on(_subject("document/", documents.c.dossier_id, "/", documents.c.ordinal)), documents.c.declared
    )
    above = sa.select(dossiers.c.label).where(dossiers.c.package_id == documents.c.dossier_id).scalar_subquery()
    return _stricter(own, above)


def _settle_jobs(connection: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    """What brought a dossier tells of all of it: it is as closed as the most closed document."""
    parts = sa.select(packages.c.id).join(dossiers, dossiers.c.package_id == packages.c.dossier_id).where(which)
    brought = jobs.c.package_id.in_(parts)
    own = packages.c.id == jobs.c.package_id
    document = sa.select(sa.func.max(documents.c.label)).select_from(documents)
    document = document.join(packages, packages.c.dossier_id == documents.c.dossier_id).where(own)
    dossier = sa.select(dossiers.c.label).join(packages, packages.c.dossier_id == dossiers.c.package_id).where(own)
    label = sa.func.coalesce(
        document.correlate(jobs).scalar_subquery(), dossier.correlate(jobs).scalar_subquery(), jobs.c.label
    )
    connection.execute(jobs.update().where(brought).values(label=label))
    whole = sa.select(jobs.c.submission_id).where(brought)
    most = sa.select(sa.func.max(jobs.c.label)).where(jobs.c.submission_id == submissions.c.id).scalar_subquery()
    unknown = sa.exists().where(jobs.c.submission_id == submissions.c.id, jobs.c.label.is_(None))
    query = submissions.update().where(submissions.c.id.in_(whole), ~unknown)
    connection.execute(query.values(label=most.correlate(submissions)))


def _closed_among(connection: sa.Connection, which: sa.ColumnElement[bool]) -> set[str]:
    """Dossiers that are restricted or more closed, or hold such a document."""
    whole = sa.select(dossiers.c.package_id).where(which, dossiers.c.label >= Label.RESTRICTED.rank)
    single = sa.select(documents.c.dossier_id).where(
        documents.c.dossier_id.in_(sa.select(dossiers.c.package_id).where(which)),
        documents.c.label >= Label.RESTRICTED.rank,
    )
    return set(connection.execute(whole.union(single)).scalars())


def _let_wait(connection: sa.Connection, changed: Mapping[str, int | None], closed: set[str], since: str) -> None:
    labelled = index_queue.c.reason.startswith(LABELLED)
    out_of_date = set(connection.execute(sa.select(index_queue.c.dossier_id).where(labelled)).scalars()) | closed
    rows = []
    for dossier_id, before in changed.items():
        # With its first label nothing can be found that should not: the index has none, or only "all". But after
        # a rebuild the index is older than the catalogue: what is closed waits there until the index has it.
        first = before is None and dossier_id not in out_of_date
        why = f"first {LABELLED}" if first else LABELLED
        rows.append({"dossier_id": dossier_id, "since": since, "reason": f"{why}{uuid4()}"})
    ids = list(changed)
    for start in range(0, len(ids), _CHUNK):
        connection.execute(index_queue.delete().where(index_queue.c.dossier_id.in_(ids[start : start + _CHUNK])))
    connection.execute(index_queue.insert(), rows)


def wait_for_index(connection: sa.Connection, dossier_id: str, since: str, why: str) -> None:
    """Let a dossier wait for the index; one that waits because of its label goes on being left out meanwhile."""
    own = index_queue.c.dossier_id == dossier_id
    before = connection.execute(sa.select(index_queue.c.reason).where(own)).scalar() or ""
    if before.startswith(LABELLED) and not why.startswith(LABELLED):
        why = f"{LABELLED}{uuid4()}"
    connection.execute(index_queue.delete().where(own))
    connection.execute(index_queue.insert().values(dossier_id=dossier_id, since=since, reason=why))
