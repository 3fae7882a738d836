"""The holding from above: agencies, fonds, years or catalogues, with counts, and lists of what lies there.

Every query takes a scope of the policy: what lies outside is neither listed nor counted. Counts come from
columns and an index of `dossiers`; documents themselves are counted only where a label hides some of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any

import sqlalchemy as sa

from archive.auth.people import EVERYWHERE
from archive.auth.policy import ALL, Scope
from archive.catalogue.database import Database
from archive.catalogue.tables import agencies, documents, dossiers, index_queue
from archive.catalogue.visibility import Condition, below, documents_within, dossiers_within, queued_within
from archive.catalogue.wording import told_by

UNKNOWN = "-"
"""In the place of a fonds, year or catalogue that nobody told."""

_TOTAL = "found_in_all"


@unique
class Period(StrEnum):
    """By what a fonds is divided."""

    YEAR = "year"
    CATALOGUE = "catalogue"


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the tree; what is None is not asked for."""

    agency: str | None = None
    """With all agencies below it."""

    fonds: str | None = None
    year: str | None = None
    catalogue: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch with what lies on it."""

    name: str
    """Code or word; `UNKNOWN` where there is none."""

    dossiers: int
    documents: int


@dataclass(frozen=True, slots=True)
class AgencyBranch:
    """An agency with what lies in it and in those below it."""

    code: str
    name: str
    parent: str | None
    dossiers: int
    documents: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list shows."""

    node: Node = Node()
    code: str = ""
    """A part of the code (documents: of the number too)."""

    title: str = ""
    """Words of the title, or their beginnings, with or without diacritics."""

    verdict: str = ""
    """Documents: the gravest indication."""

    doubtful: bool = False
    """Documents: only those with pages that a person should look at."""

    sort: str = ""
    """Name of a column, with `-` before it for the other way; one that is not known counts as none."""

    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list."""

    rows: Sequence[Mapping[str, Any]]
    total: int


DOSSIER_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "file_code": dossiers.c.file_code,
    "title": dossiers.c.title,
    "starts": dossiers.c.starts,
    "documents": dossiers.c.documents,
    "stored_at": dossiers.c.stored_at,
}
DOCUMENT_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "number": documents.c.number,
    "title": documents.c.title,
    "issued": documents.c.issued,
    "organ": documents.c.organ,
    "doubtful": documents.c.doubtful,
    "file_code": dossiers.c.file_code,
}


class Browsing:
    """Looks at the holding from above."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ------------------------------------------------------------ the tree

    def agencies(self, *, within: Scope = ALL) -> list[AgencyBranch]:
        """Agencies in which or below which something is held, each before those below it, by code."""
        whole = sa.select(dossiers.c.agency, sa.func.count(), sa.func.sum(dossiers.c.documents))
        whole = whole.where(dossiers_within(within)).group_by(dossiers.c.agency)
        single = sa.select(documents.c.agency, sa.func.count()).where(documents_within(within))
        with self._database.reading() as connection:
            held = {code: (int(count), int(sum_ or 0)) for code, count, sum_ in connection.execute(whole)}
            if not within.everything:
                counted = connection.execute(single.group_by(documents.c.agency))
                seen = {str(code): int(count) for code, count in counted}
                held = {code: (count, seen.get(code, 0)) for code, (count, _) in held.items()}
            known = {row.code: row for row in connection.execute(sa.select(agencies).order_by(agencies.c.code))}
        return list(_summed(known, held))

    def fonds(self, agency: str, *, within: Scope = ALL) -> list[Branch]:
        """Fonds of one agency alone, by name."""
        return self._branches(dossiers.c.fonds, dossiers.c.agency == agency, within)

    def periods(self, agency: str, fonds: str, period: Period, *, within: Scope = ALL) -> list[Branch]:
        """Years or catalogues of one fonds of one agency, in their order."""
        column = dossiers.c.year if period is Period.YEAR else dossiers.c.catalogue
        where = (dossiers.c.agency == agency) & (dossiers.c.fonds == _told(fonds))
        return self._branches(column, where, within)

    def _branches(self, column: sa.Column[Any], where: Condition, within: Scope) -> list[Branch]:
        query = sa.select(column, sa.func.count(), sa.func.sum(dossiers.c.documents))
        query = query.where(where, dossiers_within(within)).group_by(column).order_by(column)
        with self._database.reading() as connection:
            found = [(str(name), int(count), int(sum_ or 0)) for name, count, sum_ in connection.execute(query)]
            if not within.everything:
                seen = sa.select(column, sa.func.count()).select_from(dossiers)
                seen = seen.join(documents, documents.c.dossier_id == dossiers.c.package_id)
                seen = seen.where(where, dossiers_within(within), documents_within(within)).group_by(column)
                counted = {str(name): int(count) for name, count in connection.execute(seen)}
                found = [(name, count, counted.get(name, 0)) for name, count, _ in found]
        return [Branch(name or UNKNOWN, count, sum_) for name, count, sum_ in found]

    # ------------------------------------------------------------ lists

    def dossiers(self, wanted: Wanted, *, within: Scope = ALL) -> Listed:
        """Dossiers at a node; without a sort by agency and code."""
        where = [*_at(wanted.node, within), dossiers_within(within)]
        if wanted.code:
            where.append(dossiers.c.file_code.contains(wanted.code, autoescape=True))
        if wanted.title:
            where.append(told_by(dossiers.c.words, dossiers.c.title, wanted.title))
        counted: sa.ColumnElement[Any] = dossiers.c.documents
        if not within.everything:
            own = sa.select(sa.func.count()).select_from(documents)
            own = own.where(documents.c.dossier_id == dossiers.c.package_id, documents_within(within))
            counted = own.correlate(dossiers).scalar_subquery()
        order = _order(wanted.sort, DOSSIER_SORTS, (dossiers.c.agency, dossiers.c.file_code), dossiers.c.package_id)
        keys = sa.select(dossiers.c.package_id).where(*where).order_by(*order)
        shown = _shown(keys, wanted)
        columns = [column for column in dossiers.c if column is not dossiers.c.documents]
        query = sa.select(*columns, counted.label("documents"))
        query = query.select_from(shown.join(dossiers, dossiers.c.package_id == shown.c.package_id))
        total = sa.select(sa.func.count()).select_from(dossiers).where(*where)
        return self._page(query.order_by(*order), total, shown)

    def documents(self, wanted: Wanted, *, within: Scope = ALL) -> Listed:
        """Documents at a node; without a sort by dossier and ordinal."""
        plain = wanted.node == Node(wanted.node.agency)
        # Documents know their agency: the order of an index on them is only of use where nothing else is asked first.
        at = _agency(documents.c.agency, wanted.node, within) if plain else _at(wanted.node, within)
        where = [*at, documents_within(within)]
        if wanted.code:
            told = (documents.c.number, documents.c.doc_code)
            where.append(sa.or_(*(column.contains(wanted.code, autoescape=True) for column in told)))
        if wanted.title:
            where.append(told_by(documents.c.words, documents.c.title, wanted.title))
        if wanted.verdict:
            where.append(documents.c.verdict == wanted.verdict)
        if wanted.doubtful:
            where.append(documents.c.doubtful > 0)
        joined = documents.join(dossiers, dossiers.c.package_id == documents.c.dossier_id)
        first = (documents.c.dossier_id, documents.c.ordinal)
        order = _order(wanted.sort, DOCUMENT_SORTS, first, documents.c.dossier_id, documents.c.ordinal)
        source = documents if plain and wanted.sort.removeprefix("-") != "file_code" else joined
        keys = sa.select(*first).select_from(source).where(*where).order_by(*order)
        shown = _shown(keys, wanted)
        own = (documents.c.dossier_id == shown.c.dossier_id) & (documents.c.ordinal == shown.c.ordinal)
        query = sa.select(documents, dossiers.c.file_code, dossiers.c.title.label("dossier_title"))
        query = query.select_from(
            shown.join(documents, own).join(dossiers, dossiers.c.package_id == documents.c.dossier_id)
        )
        total = sa.select(sa.func.count()).select_from(documents if plain else joined).where(*where)
        if len(where) == len(at) + 1 and within.everything:
            # Nothing but the node is asked and nothing is hidden: dossiers know how many they have.
            total = sa.select(sa.func.coalesce(sa.func.sum(dossiers.c.documents), 0)).where(*_at(wanted.node, within))
        return self._page(query.order_by(*order), total, shown)

    def doubtful(self, *, within: Scope = ALL) -> int:
        """How many documents have pages that a person should look at."""
        query = sa.select(sa.func.count()).select_from(documents)
        with self._database.reading() as connection:
            return int(connection.execute(query.where(documents.c.doubtful > 0, documents_within(within))).scalar_one())

    def totals(self, *, within: Scope = ALL) -> tuple[int, int]:
        """How many dossiers and documents there are; files are not touched, so a page can ask for it each time."""
        whole = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(dossiers.c.documents), 0))
        single = sa.select(sa.func.count()).select_from(documents).where(documents_within(within))
        with self._database.reading() as connection:
            count, total = connection.execute(whole.where(dossiers_within(within))).one()
            return int(count), int(total if within.everything else connection.execute(single).scalar_one())

    def unindexed(self, *, within: Scope = ALL) -> int:
        """How many dossiers the index has not got yet."""
        query = sa.select(sa.func.count()).select_from(index_queue).where(queued_within(within))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def _page(self, query: sa.Select[Any], total: sa.Select[Any], shown: sa.Subquery) -> Listed:
        """Rows and total. The keys of the page are found first: what is dear of a row is only made for those shown."""
        counted = _TOTAL in shown.c
        with self._database.reading() as connection:
            rows = connection.execute(query.add_columns(shown.c[_TOTAL]) if counted else query)
            found = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented accessor
            totals = {row.pop(_TOTAL) for row in found} if counted else set[int]()
            return Listed(found, int(totals.pop() if totals else connection.execute(total).scalar_one()))


def _shown(keys: sa.Select[Any], wanted: Wanted) -> sa.Subquery:
    """The keys of the page that is wanted; with how many there are where a filter has to read every row of the node.

    Such a filter finds few: to keep them all while they are counted is cheaper than to read everything twice.
    """
    if wanted.code or wanted.title:
        keys = keys.add_columns(sa.func.count().over().label(_TOTAL))
    return keys.limit(wanted.limit).offset(wanted.offset).subquery()


def _told(name: str) -> str:
    return "" if name == UNKNOWN else name


def _agency(column: sa.Column[Any], node: Node, within: Scope) -> list[Condition]:
    """That of the node; nothing where the scope asks the same of each row anyway."""
    if node.agency is None:
        return []
    same = node.agency != EVERYWHERE and {area.agency for area in within.areas} == {node.agency}
    return [] if same else [column.in_(below(node.agency))]


def _at(node: Node, within: Scope) -> list[Condition]:
    found = _agency(dossiers.c.agency, node, within)
    if node.fonds is not None:
        # A fonds is of one agency: those below it have their own.
        found = [] if node.agency is None else [dossiers.c.agency == node.agency]
        found.append(dossiers.c.fonds == _told(node.fonds))
    if node.year is not None:
        found.append(dossiers.c.year == _told(node.year))
    if node.catalogue is not None:
        found.append(dossiers.c.catalogue == _told(node.catalogue))
    return found


def _order(
    sort: str,
    known: Mapping[str, sa.ColumnElement[Any]],
    otherwise: Sequence[sa.ColumnElement[Any]],
    *last: sa.ColumnElement[Any],
) -> list[sa.ColumnElement[Any]]:
    column = known.get(sort.removeprefix("-"))
    if column is None:
        return [*otherwise, *last]
    return [column.desc() if sort.startswith("-") else column.asc(), *last]


def _summed(known: Mapping[str, Any], held: Mapping[str, tuple[int, int]]) -> Sequence[AgencyBranch]:
    """Each agency with the sum of its subtree; those that hold nothing are left out."""
    totals = {code: [0, 0] for code in {*known, *held}}
    for code, (dossiers_, documents_) in held.items():
        above: str | None = code
        passed: set[str] = set()
        while above is not None and above in totals and above not in passed:
            passed.add(above)
            totals[above][0] += dossiers_
            totals[above][1] += documents_
            above = known[above].parent if above in known else None
    found = []
    for code in sorted(totals):
        dossiers_, documents_ = totals[code]
        if dossiers_:
            row = known.get(code)
            name, parent = (row.name, row.parent) if row is not None else (code, None)
            found.append(AgencyBranch(code, name, parent if parent in totals else None, dossiers_, documents_))
    return found
