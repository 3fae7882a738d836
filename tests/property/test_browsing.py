"""The tree and the lists of the holding: what a scope does not cover is neither listed nor counted, the rest wholly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.auth.people import EVERYWHERE, Label
from archive.auth.policy import Area, Scope, Target
from archive.catalogue.browsing import UNKNOWN, Browsing, Node, Period, Wanted
from archive.catalogue.database import Database
from archive.catalogue.tables import agencies, documents, dossiers
from tests.generators.examples import examples
from tests.generators.tables import make_tables

LABELS = list(Label)
PARENTS = {"A": None, "A.1": "A", "A.1.x": "A.1", "A.2": "A", "B": None}


@dataclass(frozen=True)
class Held:
    """One dossier of the made holding."""

    agency: str
    fonds: str
    year: str
    catalogue: str
    label: Label | None
    """None: nobody settled it yet, so it is as closed as can be."""

    documents: tuple[Label | None, ...]


HELD = st.builds(
    Held,
    agency=st.sampled_from(sorted(PARENTS)),
    fonds=st.sampled_from(["", "P1", "P2"]),
    year=st.sampled_from(["", "1998", "2003"]),
    catalogue=st.sampled_from(["", "01"]),
    label=st.sampled_from([*LABELS, None]),
    documents=st.lists(st.sampled_from([*LABELS, None]), max_size=3).map(tuple),
)
AREAS = st.builds(Area, st.sampled_from([EVERYWHERE, *PARENTS]), st.sampled_from(LABELS))
SCOPES = st.lists(AREAS, max_size=2).map(lambda areas: Scope(tuple(areas)))


def rank(label: Label | None) -> int | None:
    return None if label is None else label.rank


def strict(label: Label | None) -> int:
    return (label or Label.CONFIDENTIAL).rank


def target(agency: str, label: Label | None) -> Target:
    return Target(path(agency), label or Label.CONFIDENTIAL)


def path(code: str) -> tuple[str, ...]:
    above = PARENTS[code]
    return (*(path(above) if above else ()), code)


@contextmanager
def browsing(held: Sequence[Held]) -> Iterator[Browsing]:
    # One connection for all: each would have a memory of its own.
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    make_tables(engine)
    with engine.begin() as connection:
        connection.execute(
            agencies.insert(), [{"code": code, "name": code, "parent": above} for code, above in PARENTS.items()]
        )
        for number, one in enumerate(held):
            common = {"agency": one.agency, "title": f"t{number}"}
            row = {"package_id": str(number), "file_code": f"c{number}", "documents": len(one.documents)}
            told = {"fonds": one.fonds, "year": one.year, "catalogue": one.catalogue, "label": rank(one.label)}
            rest = {"submission_id": "", "stored_at": "", "fingerprint": ""}
            connection.execute(dossiers.insert().values(**common, **row, **told, **rest))
            for ordinal, label in enumerate(one.documents, start=1):
                empty = dict.fromkeys(("part_id", "doc_code", "organ", "issued", "verdict"), "")
                key = {"dossier_id": str(number), "ordinal": ordinal, "label": rank(label), "number": f"n{ordinal}"}
                connection.execute(documents.insert().values(**common, **key, **empty))
    yield Browsing(Database(engine))
    engine.dispose()


def seen(held: Sequence[Held], scope: Scope) -> list[tuple[Held, int]]:
    """Dossiers that the scope covers, each with how many of its documents it covers, told without any query."""
    return [
        (one, sum(scope.covers(target(one.agency, label)) for label in one.documents))
        for one in held
        if scope.covers(target(one.agency, one.label))
    ]


@settings(max_examples=examples(20))
@given(st.lists(HELD, max_size=8), SCOPES)
def test_the_tree_counts_what_may_be_seen_and_nothing_else(held: list[Held], scope: Scope) -> None:
    # A document is never more open than its dossier: that is how labels are settled.
    held = [
        Held(
            o.agency,
            o.fonds,
            o.year,
            o.catalogue,
            o.label,
            tuple(d for d in o.documents if strict(d) >= strict(o.label)),
        )
        for o in held
    ]
    visible = seen(held, scope)
    with browsing(held) as browse:
        assert browse.totals(within=scope) == (len(visible), sum(count for _, count in visible))
        told = {branch.code: (branch.dossiers, branch.documents) for branch in browse.agencies(within=scope)}
        for code in PARENTS:
            below = [(one, count) for one, count in visible if code in path(one.agency)]
            wanted = (len(below), sum(count for _, count in below))
            assert told.get(code, (0, 0)) == wanted
            fonds = {branch.name: branch for branch in browse.fonds(code, within=scope)}
            for name in ("", "P1", "P2"):
                own = [(one, count) for one, count in visible if (one.agency, one.fonds) == (code, name)]
                branch = fonds.get(name or UNKNOWN)
                assert (branch.dossiers if branch else 0) == len(own)
                assert (branch.documents if branch else 0) == sum(count for _, count in own)
                for period in Period:
                    parts = browse.periods(code, name or UNKNOWN, period, within=scope)
                    assert sum(part.dossiers for part in parts) == len(own)
                    assert sum(part.documents for part in parts) == sum(count for _, count in own)


@settings(max_examples=examples(20))
@given(
    st.lists(HELD, max_size=8),
    SCOPES,
    st.builds(
        Node,
        st.none() | st.sampled_from(sorted(PARENTS)),
        st.none() | st.sampled_from([UNKNOWN, "P1"]),
        st.none() | st.sampled_from([UNKNOWN, "1998"]),
    ),
    st.sampled_from(["", "title", "-title", "-starts", "-issued", "no such column", "documents"]),
)
def test_lists_hold_what_lies_at_a_node_and_may_be_seen(held: list[Held], scope: Scope, node: Node, sort: str) -> None:
    def lies(one: Held) -> bool:
        in_agency = node.agency is None or (
            one.agency == node.agency if node.fonds is not None else node.agency in path(one.agency)
        )
        in_fonds = node.fonds is None or one.fonds == (node.fonds if node.fonds != UNKNOWN else "")
        return in_agency and in_fonds and (node.year is None or one.year == (node.year if node.year != UNKNOWN else ""))

    with browsing(held) as browse:
        found = browse.dossiers(Wanted(node, sort=sort), within=scope)
        wanted = {
            str(number): sum(scope.covers(target(one.agency, label)) for label in one.documents)
            for number, one in enumerate(held)
            if lies(one) and scope.covers(target(one.agency, one.label))
        }
        assert {row["package_id"]: row["documents"] for row in found.rows} == wanted
        assert found.total == len(wanted)
        single = browse.documents(Wanted(node, sort=sort), within=scope)
        ordinals = {
            (str(number), ordinal)
            for number, one in enumerate(held)
            for ordinal, label in enumerate(one.documents, start=1)
            if lies(one) and scope.covers(target(one.agency, label))
        }
        assert {(row["dossier_id"], row["ordinal"]) for row in single.rows} == ordinals
        assert single.total == len(ordinals)
        # A part of the code that all have: the same totals, counted another way, on a page and behind the last one.
        for offset in (0, 1, 50):
            asked = Wanted(node, code="c", sort=sort, limit=1, offset=offset)
            part = browse.dossiers(asked, within=scope)
            assert (part.total, len(part.rows)) == (len(wanted), 1 if offset < len(wanted) else 0)
            one = browse.documents(Wanted(node, code="n1", sort=sort, limit=1, offset=offset), within=scope)
            first = [place for place in ordinals if place[1] == 1]
            assert (one.total, len(one.rows)) == (len(first), 1 if offset < len(first) else 0)
            assert all("found_in_all" not in row for row in (*part.rows, *one.rows))
