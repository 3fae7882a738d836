"""A scope of the policy as conditions of queries: what is not in it is neither listed nor counted.

The tree of agencies is walked by the database itself, so that a query sees it as it is at that moment.
Rows without a label are as closed as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from archive.auth.people import EVERYWHERE, Label
from archive.auth.policy import Area, Scope
from archive.catalogue.places import Place
from archive.catalogue.tables import (
    agencies,
    audit_events,
    documents,
    dossiers,
    files,
    index_queue,
    jobs,
    packages,
    submissions,
)

Condition = sa.ColumnElement[bool]
_CLOSED = Label.CONFIDENTIAL.rank

_KEPT = 1024
"""Conditions of that many scopes are made once: each holds only codes and ranks, and making one costs as much as
asking the database. What they let through is decided by the rows at each query."""


@lru_cache(_KEPT)
def below(agency: str) -> sa.Select[Any]:
    """Codes of an agency and of all below it."""
    tree = sa.select(agencies.c.code).where(agencies.c.code == agency).cte(recursive=True)
    # UNION, not UNION ALL: a circle in damaged rows would never end.
    tree = tree.union(sa.select(agencies.c.code).where(agencies.c.parent == tree.c.code))
    return sa.select(tree.c.code)


def _area(area: Area, agency: sa.Column[Any], label: sa.Column[Any], submitter: sa.Column[Any] | None) -> Condition:
    found: list[Condition] = []
    if area.agency != EVERYWHERE:
        found.append(agency.in_(below(area.agency)))
    if area.up_to.rank < _CLOSED:
        # Of a row without a label this is NULL, which lets nothing through. A function around the column would keep
        # the database from looking labels up in an index.
        found.append(label <= area.up_to.rank)
    if area.submitter:
        found.append(sa.false() if submitter is None else submitter == area.submitter)
    return sa.and_(sa.true(), *found)


def _within(
    scope: Scope, agency: sa.Column[Any], label: sa.Column[Any], submitter: sa.Column[Any] | None = None
) -> Condition:
    if scope.everything:
        return sa.true()
    return sa.or_(sa.false(), *(_area(area, agency, label, submitter) for area in scope.areas))


@lru_cache(_KEPT)
def dossiers_within(scope: Scope) -> Condition:
    """For queries of `dossiers`."""
    return _within(scope, dossiers.c.agency, dossiers.c.label)


@lru_cache(_KEPT)
def documents_within(scope: Scope) -> Condition:
    """For queries of `documents`."""
    return _within(scope, documents.c.agency, documents.c.label)


@lru_cache(_KEPT)
def submissions_within(scope: Scope) -> Condition:
    """For queries of `submissions`."""
    return _within(scope, submissions.c.agency, submissions.c.label, submissions.c.operator)


@lru_cache(_KEPT)
def jobs_within(scope: Scope) -> Condition:
    """For queries of `jobs`: of a submission that may be seen, and itself open enough (or one's own)."""
    if scope.everything:
        return sa.true()
    handed_in = sa.select(submissions.c.operator).where(submissions.c.id == jobs.c.submission_id).scalar_subquery()
    return sa.or_(sa.false(), *(_job(area, handed_in) for area in scope.areas))


def _job(area: Area, handed_in: sa.ScalarSelect[Any]) -> Condition:
    plain = _area(Area(area.agency, area.up_to), jobs.c.agency, jobs.c.label, None)
    return sa.and_(plain, handed_in == area.submitter) if area.submitter else plain


def agencies_within(scope: Scope) -> Condition:
    """For queries of `agencies`: those of which something may be seen at all."""
    if scope.everything or any(area.agency == EVERYWHERE for area in scope.areas):
        return sa.true()
    return sa.or_(sa.false(), *(agencies.c.code.in_(below(area.agency)) for area in scope.areas))


def of_agencies(scope: Scope, agency: sa.ColumnElement[Any]) -> Condition:
    """For queries of what belongs to an agency and has no label; `EVERYWHERE` in the column is for who sees all."""
    if any(area.agency == EVERYWHERE and not area.submitter for area in scope.areas):
        return sa.true()
    return sa.or_(sa.false(), *(agency.in_(below(area.agency)) for area in scope.areas if not area.submitter))


def packages_within(scope: Scope, package_id: sa.Column[Any]) -> Condition:
    """For queries of what names a stored package: its dossier may be seen."""
    if scope.everything:
        return sa.true()
    visible = sa.select(packages.c.id).join(dossiers, dossiers.c.package_id == packages.c.dossier_id)
    return package_id.in_(visible.where(dossiers_within(scope)))


def events_within(scope: Scope) -> Condition:
    """For queries of `audit_events`: those of an agency; labels do not bear on the trail, which holds no content."""
    return of_agencies(scope, audit_events.c.body["agency"].as_string())


@lru_cache(_KEPT)
def files_within(scope: Scope) -> Condition:
    """For queries of `files`: those of documents that may be seen; lists of a whole delivery are of none."""
    if scope.everything:
        return sa.true()
    own = (documents.c.dossier_id == files.c.dossier_id) & (documents.c.ordinal == files.c.ordinal)
    return sa.exists().where(own, documents_within(scope))


@lru_cache(_KEPT)
def queued_within(scope: Scope) -> Condition:
    """For queries of `index_queue`."""
    if scope.everything:
        return sa.true()
    return sa.exists().where(dossiers.c.package_id == index_queue.c.dossier_id, dossiers_within(scope))


def dossier_columns(scope: Scope) -> list[sa.ColumnElement[Any]]:
    """Columns of `dossiers`, its documents counted as far as they may be seen."""
    if scope.everything:
        return list(dossiers.c)
    seen = sa.select(sa.func.count()).select_from(documents)
    seen = seen.where(documents.c.dossier_id == dossiers.c.package_id, documents_within(scope))
    counted = seen.correlate(dossiers).scalar_subquery().label("documents")
    return [counted if column is dossiers.c.documents else column for column in dossiers.c]


def visible_places(connection: sa.Connection, places: Sequence[Place], scope: Scope) -> list[Place]:
    """Those of `places` that may be seen, in their order."""
    ids = {place.dossier_id for place in places}
    whole = sa.select(dossiers.c.package_id).where(dossiers.c.package_id.in_(ids), dossiers_within(scope))
    single = sa.select(documents.c.dossier_id, documents.c.ordinal)
    single = single.where(documents.c.dossier_id.in_(ids), documents_within(scope))
    wanted = {place.ordinal for place in places if place.ordinal is not None}
    seen = {Place(row.package_id) for row in connection.execute(whole)} if len(wanted) < len(places) else set()
    if wanted:
        rows = connection.execute(single.where(documents.c.ordinal.in_(wanted)))
        seen |= {Place(row.dossier_id, row.ordinal) for row in rows}
    return [place for place in places if place in seen]
