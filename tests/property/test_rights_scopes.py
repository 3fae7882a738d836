"""What a person sees is what the policy allows: on random trees, holdings, people and labels, in the real database
and the real index, lists, counts, look-ups and searches neither show nor count anything else."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.auth.people import EVERYWHERE, Grant, Label, Person, Role
from archive.auth.policy import Action, Target, decide, scope_of
from archive.catalogue.browsing import Browsing, Node, Period, Wanted
from archive.catalogue.database import Database
from archive.catalogue.entering import StoredVersion
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import Journal
from archive.catalogue.labels import Labelled, set_label, settle, under
from archive.catalogue.places import Place
from archive.catalogue.sights import Sights
from archive.catalogue.tables import agencies, documents
from archive.services.indexing import Indexing
from archive.services.stored_packages import StoredPackages
from metadata.descriptions import Cell, Description, DocumentDescription, RecordStatus
from metadata.errors import NotFoundError
from metadata.package import PackageDocument, PackageRecord
from search.backends.tantivy import TantivyIndex
from search.ports import SearchRequest
from tests.fakes.clock import StandingClock
from tests.generators.examples import examples
from tests.generators.tables import make_tables

CODES = ("A", "A.1", "A.1.1", "A.2", "B", "B.1")
MODES = {"": None, "Công khai": Label.PUBLIC, "Hạn chế": Label.RESTRICTED, "Mật": Label.CONFIDENTIAL}
NOW = "2026-11-28T00:00:00.000Z"
WORD = "quyết"

modes = st.sampled_from(sorted(MODES))
held = st.tuples(st.sampled_from(CODES), st.sampled_from(("F1", "F2")), modes, st.lists(modes, min_size=1, max_size=3))
grants = st.builds(
    Grant, st.sampled_from(list(Role)), st.sampled_from((*CODES, EVERYWHERE)), st.sampled_from(list(Label))
)
people = st.builds(
    lambda given_, scopes: Person("1", "lan", "Lan", tuple(given_), scopes),
    st.lists(grants, max_size=3),
    st.sampled_from((None, None, frozenset({"read"}), frozenset({"manage"}))),
)
parents = st.fixed_dictionaries({code: st.sampled_from((None, *CODES[:at])) for at, code in enumerate(CODES)})
relabels = st.lists(
    st.tuples(st.sampled_from(("fonds", "dossier", "document")), st.integers(0, 99), st.sampled_from(list(Label))),
    max_size=3,
)


@dataclass
class Holding:
    """A catalogue and an index with the same dossiers."""

    catalogue: Catalogue
    journal: Journal
    indexing: Indexing
    sights: Sights
    database: Database
    places: list[Place]

    def target(self, place: Place) -> Target:
        found = self.sights.place(place)
        assert found is not None
        return found

    def allowed(self, person: Person, action: Action) -> set[Place]:
        return {place for place in self.places if decide(person, action, self.target(place))}


def record(number: int, agency: str, fonds: str, mode: str, documents: Sequence[str]) -> PackageRecord:
    identifier = f"00000000-0000-4000-8000-{number:012d}"

    def fields(**told: str) -> dict[str, Cell]:
        return {key: Cell(value) for key, value in told.items() if value}

    return PackageRecord(
        package_id=identifier,
        dossier_id=identifier,
        part=1,
        parts=1,
        created_at=NOW,
        agency=agency,
        file_code=f"HS-{number % 3}",
        record_status=RecordStatus.NEW,
        fingerprint=f"f{number}",
        submission_id=f"submission-{number}",
        dossier=Description(fields=fields(title=f"Hồ sơ {number}", rights=mode, fonds_code=fonds)),
        documents=tuple(
            PackageDocument(
                description=DocumentDescription(
                    ordinal=ordinal,
                    fields=fields(subject=f"{WORD} định {number} {ordinal}", mode=each, doc_code=f"VB-{ordinal}"),
                )
            )
            for ordinal, each in enumerate(documents, start=1)
        ),
    )


@contextmanager
def holding(tree: dict[str, str | None], dossiers: Sequence[tuple[str, str, str, list[str]]]) -> Iterator[Holding]:
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
        make_tables(engine)
        database, clock = Database(engine), StandingClock()
        catalogue = Catalogue(database, clock)
        with database.transaction() as connection:
            for code in CODES:
                connection.execute(agencies.insert().values(code=code, name=code, parent=tree[code]))
        # Nothing of a package is read: its documents have no text.
        stored = StoredPackages(cast("Any", None), catalogue, cast("Any", None))
        indexing = Indexing(TantivyIndex(Path(folder)), catalogue, stored, cast("Any", None))
        places: list[Place] = []
        for number, told in enumerate(dossiers, start=1):
            made = record(number, *told)
            catalogue.enter([(made, StoredVersion(made.package_id, "v1", "0" * 128))], NOW)
            places += [Place(made.dossier_id), *(Place(made.dossier_id, d.ordinal) for d in made.documents)]
        indexing.catch_up()
        yield Holding(catalogue, Journal(database, clock), indexing, Sights(database), database, places)
        engine.dispose()


def relabel(made: Holding, changes: Sequence[tuple[str, int, Label]]) -> None:
    for kind, number, label in changes:
        choice = [place for place in made.places if (place.ordinal is None) is (kind != "document")]
        if not choice:
            continue
        place = choice[number % len(choice)]
        row = made.catalogue.dossier(place.dossier_id)
        on = Labelled.of_fonds(row["agency"], row["fonds"]) if kind == "fonds" else Labelled.of_place(place)
        with made.database.transaction() as connection:
            set_label(connection, on, label, sha256="", at=NOW, by="quan")
            settle(connection, under(on), unlabelled=Label.INTERNAL, since=NOW)


def found(made: Holding, person: Person, agency: str = "") -> tuple[set[Place], int]:
    request = SearchRequest(query=WORD, limit=1000, fields={"agency": agency} if agency else {})
    answer = made.indexing.search(request, within=scope_of(person, Action.SEARCH))
    return {Place(hit.package_id, hit.ordinal) for hit in answer.hits}, answer.total


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parents, st.lists(held, max_size=6), st.lists(people, min_size=1, max_size=4), relabels)
def test_nothing_is_shown_or_counted_that_the_policy_forbids(
    tree: dict[str, str | None],
    dossiers: list[tuple[str, str, str, list[str]]],
    persons: list[Person],
    changes: list[tuple[str, int, Label]],
) -> None:
    with holding(tree, dossiers) as made:
        before = {person: found(made, person)[0] for person in persons}
        for person in persons:
            assert before[person] == {p for p in made.allowed(person, Action.SEARCH) if p.ordinal is not None}
        relabel(made, changes)
        for person in persons:
            _lists_and_counts(made, person)
            seen, total = found(made, person)
            allowed = {place for place in made.allowed(person, Action.SEARCH) if place.ordinal is not None}
            assert seen <= allowed, "the index is behind, and shows nothing more for it"
            assert total == len(seen)
        made.indexing.catch_up()
        for person in persons:
            seen, total = found(made, person)
            assert seen == {place for place in made.allowed(person, Action.SEARCH) if place.ordinal is not None}
            assert total == len(seen)
            assert found(made, person, "A.1")[1] == len(
                [place for place in seen if made.target(place).agencies[-1] == "A.1"]
            )


def _lists_and_counts(made: Holding, person: Person) -> None:
    scope = scope_of(person, Action.HOLDING_READ)
    allowed = made.allowed(person, Action.HOLDING_READ)
    whole = {place.dossier_id for place in allowed if place.ordinal is None}
    single = {place for place in allowed if place.ordinal is not None}
    rows = made.catalogue.dossiers(100, within=scope)
    assert {row["package_id"] for row in rows} == whole
    for row in rows:
        own = [place for place in single if place.dossier_id == row["package_id"]]
        assert row["documents"] == len(own)
        hidden = made.catalogue.hidden_ordinals(row["package_id"], within=scope)
        every = {place.ordinal for place in made.places if place.dossier_id == row["package_id"]} - {None}
        assert hidden == every - {place.ordinal for place in own}
    counts = made.catalogue.counts(within=scope)
    assert (counts["dossiers"], counts["documents"]) == (len(whole), len(single))
    for place in made.places:
        called = place.dossier_id if place.ordinal is None else f"{place.dossier_id}/{place.ordinal}"
        assert _found(made, called, person) == ({place} if place in allowed else set())
    for code in ("HS-0", "HS-1", "VB-1", "HS-1/1"):
        assert _found(made, code, person) <= allowed
    _tree(made, person, whole, single)


def _found(made: Holding, identifier: str, person: Person) -> set[Place]:
    try:
        return set(made.catalogue.find(identifier, within=scope_of(person, Action.HOLDING_READ)))
    except NotFoundError:
        return set()


def _tree(made: Holding, person: Person, whole: set[str], single: set[Place]) -> None:
    scope = scope_of(person, Action.HOLDING_READ)
    browse = Browsing(made.database)
    for branch in browse.agencies(within=scope):
        below = {d for d in whole if branch.code in made.target(Place(d)).agencies}
        assert branch.dossiers == len(below)
        assert branch.documents == len([p for p in single if branch.code in made.target(p).agencies])
        for fonds in browse.fonds(branch.code, within=scope):
            for period in browse.periods(branch.code, fonds.name, Period.YEAR, within=scope):
                assert period.dossiers <= len(whole)
    listed = browse.dossiers(Wanted(Node(), limit=100), within=scope)
    assert listed.total == len(whole)
    listed = browse.documents(Wanted(Node(), limit=100), within=scope)
    assert listed.total == len(single)


@settings(max_examples=examples(150), deadline=None)
@given(
    people,
    st.sampled_from(list(Action)),
    st.builds(
        Target,
        st.sampled_from((("A", "A.1", "A.1.1"), ("A",), ("B", "B.1"), ())),
        st.sampled_from(list(Label)),
        st.sampled_from(("lan", "minh", "")),
    ),
)
def test_a_scope_covers_what_is_allowed_and_nothing_else(person: Person, action: Action, target: Target) -> None:
    peculiar = {f"rights.why.{why}" for why in ("own_submission", "own_change", "own_gain", "unconfirmed")}
    decision = decide(person, action, target)
    covered = scope_of(person, action).covers(target)
    assert decision.allowed is covered or (covered and decision.why in peculiar)
    if decision.hidden:
        assert not decide(person, action, target)


def test_after_a_rebuild_what_is_closed_is_not_found_by_what_the_index_knew_before() -> None:
    told = ("A", "F1", "", ["", ""])
    reader = Person("1", "lan", "Lan", (Grant(Role.READER, "A", Label.INTERNAL),))
    with holding(dict.fromkeys(CODES), [told]) as made:
        assert found(made, reader)[1] == 2
        on = Labelled.of_place(made.places[-1])
        with made.database.transaction() as connection:
            set_label(connection, on, Label.RESTRICTED, sha256="", at=NOW, by="quan")
        made.catalogue.clear()
        again = record(1, *told)
        made.catalogue.enter([(again, StoredVersion(again.package_id, "v1", "0" * 128))], NOW)
        assert found(made, reader) == (set(), 0), "its tokens in the index are those of before"
        made.indexing.catch_up()
        assert found(made, reader) == ({made.places[1]}, 1)


def test_after_a_rebuild_what_became_internal_is_not_found_by_who_reads_what_is_public() -> None:
    told = ("A", "F1", "", ["", ""])
    reader = Person("1", "lan", "Lan", (Grant(Role.READER, "A", Label.PUBLIC),))
    with holding(dict.fromkeys(CODES), [told]) as made:
        on = Labelled.of_fonds("A", "F1")
        with made.database.transaction() as connection:
            set_label(connection, on, Label.PUBLIC, sha256="", at=NOW, by="quan")
            settle(connection, under(on), unlabelled=Label.INTERNAL, since=NOW)
        made.indexing.catch_up()
        assert found(made, reader)[1] == 2
        with made.database.transaction() as connection:
            set_label(connection, on, Label.INTERNAL, sha256="", at=NOW, by="quan")
        made.catalogue.clear()
        again = record(1, *told)
        made.catalogue.enter([(again, StoredVersion(again.package_id, "v1", "0" * 128))], NOW)
        assert found(made, reader) == (set(), 0), "its tokens in the index are those of before"


def test_what_nobody_labelled_yet_is_hidden_from_all_but_those_who_see_everything_there() -> None:
    reader = Person("1", "lan", "Lan", (Grant(Role.READER, "A", Label.RESTRICTED),))
    head = Person("2", "minh", "Minh", (Grant(Role.HEAD, "A", Label.CONFIDENTIAL),))
    with holding(dict.fromkeys(CODES), [("A", "F1", "", ["", ""])]) as made:
        one, *_ = (place for place in made.places if place.ordinal is not None)
        with made.database.transaction() as connection:
            connection.execute(documents.update().where(documents.c.ordinal == one.ordinal).values(label=None))
        for person, hidden in ((reader, [one.ordinal]), (head, [])):
            scope = scope_of(person, Action.HOLDING_READ)
            assert list(made.catalogue.hidden_ordinals(one.dossier_id, within=scope)) == hidden
