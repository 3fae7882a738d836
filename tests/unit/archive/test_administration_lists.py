"""Lists of the administration: every row once, page by page, and none of what lies outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from archive.auth.people import EVERYWHERE, Grant, Label, Role
from archive.auth.policy import ALL, Area, Scope
from archive.catalogue.database import Database, engine_of
from archive.catalogue.duties import NEVER, Duties, DutyKind, Owed
from archive.catalogue.grants import GrantRows
from archive.catalogue.job_board import JobBoard, State
from archive.catalogue.journal import DossierStatus, JobStatus, Journal
from archive.catalogue.label_lists import LabelLists
from archive.catalogue.labels import Labelled, set_label
from archive.catalogue.people import PeopleRows
from archive.catalogue.rights import RightsRows
from archive.catalogue.roster import Roster, Wanted
from archive.catalogue.sights import Sights
from archive.catalogue.tables import jobs
from tests.fakes.clock import StandingClock
from tests.generators.tables import make_tables

NOW, BEFORE = "2026-06-01T00:00:00.000Z", "2026-05-01T00:00:00.000Z"
OWN = Scope((Area("H49", Label.CONFIDENTIAL),))
OTHERS = Scope((Area("X01", Label.CONFIDENTIAL),))


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database(engine_of("sqlite://"))
    make_tables(made.engine)
    rows = RightsRows(made)
    with made.transaction() as connection:
        for code, parent in (("H49", None), ("H49.64", "H49"), ("X01", None)):
            rows.put_agency(connection, code, code, parent)
    yield made
    made.close()


def paged(page: Callable[[str], list[tuple[str, str]]]) -> list[str]:
    """All rows, asked for two at a time."""
    found: list[str] = []
    after = ""
    while rows := page(after):
        found += [row for row, _ in rows]
        after = rows[-1][1]
    return found


def test_jobs_are_told_by_state_once_each_and_the_silent_ones_as_stuck(database: Database) -> None:
    journal = Journal(database, StandingClock())
    work = [
        {"id": f"job-{number}", "position": number, "file_code": "x", "package_id": f"p{number}", "label": 0}
        for number in range(7)
    ]
    row = {"id": "s", "agency": "H49.64", "path": "/x", "operator": "lan", "reader": "folder", "profile": "02-2019"}
    journal.open_submission({**row, "findings": [], "ignored": [], "label": 0}, work)
    journal.update("job-1", status=JobStatus.RUNNING.value, stage="text")
    journal.update("job-2", status=JobStatus.FAULT.value, result=DossierStatus.FAULT.value)
    journal.update("job-3", result=DossierStatus.AWAITING_APPROVAL.value)
    with database.transaction() as connection:
        connection.execute(jobs.update().values(updated_at=NOW))
        connection.execute(jobs.update().where(jobs.c.id.in_(["job-1", "job-3"])).values(updated_at=BEFORE))
    board = JobBoard(database)

    def seen(state: State | None, within: Scope = ALL) -> list[str]:
        return paged(lambda after: board.ingest(2, after, state=state, silent=NOW, within=within))

    assert seen(None) == [f"job-{number}" for number in range(7)]
    assert seen(State.RUNNING) == seen(State.STUCK) == ["job-1"]
    assert seen(State.WAITING) == ["job-0", "job-4", "job-5", "job-6"]
    assert (seen(State.FAULT), seen(State.HELD), seen(State.DONE)) == (["job-2"], ["job-3"], [])
    assert len(seen(None, OWN)) == 7
    assert seen(None, OTHERS) == []
    assert board.counts(silent=NOW, within=ALL) == {
        State.RUNNING: 1,
        State.WAITING: 4,
        State.HELD: 1,
        State.STUCK: 1,
        State.FAULT: 1,
    }
    assert set(board.counts(silent=NOW, within=OTHERS).values()) == {0}
    assert len(board.ingest(9, "no|cursor", state=None, silent=NOW, within=ALL)) <= 7


def test_duties_that_wait_for_somebody_are_not_stuck(database: Database) -> None:
    duties = Duties(database, StandingClock())
    waits = duties.owe(Owed(DutyKind.EVIDENCE, "p1", "", "H49", "x", 1, "why"), due_at=NEVER)
    overdue = duties.owe(Owed(DutyKind.EVIDENCE, "p2", "", "H49", "x", 1, "why"), due_at=BEFORE)
    board = JobBoard(database)

    def seen(state: State | None) -> set[str]:
        return set(paged(lambda after: board.duties(1, after, kind="evidence", state=state, silent=NOW, within=ALL)))

    assert seen(None) == seen(State.WAITING) == {waits, overdue}
    assert seen(State.STUCK) == {overdue}
    assert seen(State.HELD) == set()
    assert board.duties(9, kind="export", state=None, silent=NOW, within=ALL) == []


def test_people_are_found_by_what_one_knows_of_them(database: Database) -> None:
    rows, granted, roster = PeopleRows(database), GrantRows(database), Roster(database)
    reader = Grant(Role.READER, "H49.64", Label.INTERNAL)
    with database.transaction() as connection:
        for login, name in (("anh", "Trần Ánh"), ("binh", "Lê 100%"), ("chi", "Đỗ Chi"), ("dung", "Vũ Dung")):
            person_id = rows.add(connection, login=login, name=name, at=NOW, given=[reader] if login == "chi" else ())
            if login in {"anh", "binh"}:
                grant = Grant(Role.HEAD, "X01" if login == "binh" else "H49.64", Label.INTERNAL)
                granted.give(connection, person_id, grant, by="x", at=NOW)
            if login == "dung":
                rows.change(connection, person_id, status="locked", locked_until=BEFORE, seen_at=BEFORE)

    def logins(wanted: Wanted, within: Scope | None = None) -> list[str]:
        return paged(lambda after: [(login, login) for login in roster.logins(wanted, 2, after, within=within)])

    assert logins(Wanted()) == ["anh", "binh", "chi", "dung"]
    assert (logins(Wanted("ánh")), logins(Wanted("100%")), logins(Wanted("CHI"))) == (["anh"], ["binh"], ["chi"])
    assert logins(Wanted("%")) == ["binh"], "a sign of the query language is a sign"
    assert logins(Wanted(role="reader")) == ["chi"], "what a provider gives counts"
    assert logins(Wanted(role="head")) == ["anh", "binh"]
    assert logins(Wanted(), OWN) == ["anh"]
    assert logins(Wanted(), OTHERS) == ["binh"]
    assert logins(Wanted(), Scope((Area(EVERYWHERE, Label.CONFIDENTIAL),))) == ["anh", "binh"]
    assert logins(Wanted(locked=True, now=NOW, stale="2026-05-15T00:00:00.000Z")) == ["dung"], "unused for long"
    assert logins(Wanted(locked=True, now=NOW, stale="2026-01-01T00:00:00.000Z")) == [], "its lock is over"
    assert roster.count(Wanted()) == 4


def test_labels_of_fonds_are_those_of_their_agency_whatever_signs_its_code_has(database: Database) -> None:
    with database.transaction() as connection:
        for agency, fonds in (("H49.64", "Phông A/B"), ("X01", "Phông X"), ("H49", "64/Giả")):
            on = Labelled.of_fonds(agency, fonds)
            set_label(connection, on, Label.RESTRICTED, sha256="0" * 64, at=NOW, by="lan")
    lists = LabelLists(database)

    def subjects(within: Scope) -> list[str]:
        return paged(
            lambda after: [(row.subject, f"{row.at}|{row.subject}") for row in lists.page(1, after, within=within)]
        )

    assert subjects(ALL) == ["fonds/H49.64/Phông A/B", "fonds/H49/64/Giả", "fonds/X01/Phông X"]
    assert subjects(OTHERS) == ["fonds/X01/Phông X"]
    assert [row.agency for row in lists.page(9, within=OWN)] == ["H49.64", "H49"]


def test_a_page_of_jobs_asks_no_more_for_many_than_for_one(database: Database) -> None:
    journal, sights = Journal(database, StandingClock()), Sights(database)
    for agency in ("H49.64", "X01"):
        work = [
            {"id": f"{agency}-{n}", "position": n, "file_code": "x", "package_id": f"{agency}-p{n}", "label": n % 4}
            for n in range(20)
        ]
        row = {"id": agency, "agency": agency, "path": "/x", "operator": agency.lower(), "reader": "folder"}
        journal.open_submission({**row, "profile": "02-2019", "findings": [], "ignored": [], "label": 0}, work)
    names = [f"{agency}-{n}" for agency in ("X01", "H49.64") for n in range(20)]
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    found, targets = journal.some([*names, "nothing"]), sights.jobs([*names, "nothing"])
    assert [job.id for job in found] == names
    assert len([statement for statement in asked if not statement.startswith("BEGIN")]) == 5, asked
    assert targets == {name: sights.job(name) for name in names}
    target = targets["H49.64-3"]
    assert (target.agencies, target.label, target.submitter) == (("H49", "H49.64"), Label.CONFIDENTIAL, "h49.64")
    assert sights.job("nothing") is None


def test_changes_of_one_thing_that_wait_are_told_without_looking_at_all_others(database: Database) -> None:
    rows = RightsRows(database)
    with database.transaction() as connection:
        made = [rows.alarm(connection, "label", f"dossier/{n % 2}", {}, by="lan", at=NOW) for n in range(6)]
        rows.confirm(connection, made[0].id, by="minh", at=NOW)
    assert rows.waiting("dossier/0") == {made[2].id, made[4].id}
    assert rows.waiting("dossier/2") == set()
