"""Duties: what is stored and waits for something from outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.duties import NEVER, Duties, DutyKind, Owed
from archive.catalogue.journal import JobStatus
from archive.catalogue.tables import duties as table
from archive.services.lines import job_line
from metadata.errors import NotFoundError
from tests.fakes.clock import StandingClock

OWED = Owed(DutyKind.EVIDENCE, "package", "submission", "H49", "H49.1", 2, "2 files without revocation data")


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def duties(tmp_path: Path, clock: StandingClock) -> Iterator[Duties]:
    url = f"sqlite:///{tmp_path / 'catalogue.sqlite'}"
    upgrade(url)
    database = Database(engine_of(url))
    yield Duties(database, clock)
    database.close()


def test_the_same_duty_is_opened_once_and_reads_as_a_job(duties: Duties) -> None:
    assert duties.owe(OWED) == duties.owe(OWED)
    (job,) = duties.recent(10)
    assert job_line(job) == {
        "job_id": job.id,
        "kind": "evidence",
        "status": "waiting",
        "stage": None,
        "done": 0,
        "total": 2,
        "error": "evidence.waiting: 2 files without revocation data",
        "submission_id": "submission",
        "file_code": "H49.1",
        "result": None,
        "package_id": None,
        "created_at": "2026-11-28T08:00:00.000Z",
        "updated_at": "2026-11-28T08:00:00.000Z",
    }
    assert duties.open_counts() == {"evidence": 1}


def test_each_kind_and_dossier_has_a_duty_of_its_own(duties: Duties) -> None:
    names = {
        duties.owe(OWED),
        duties.owe(replace(OWED, kind=DutyKind.REJUDGE)),
        duties.owe(replace(OWED, package_id="other")),
    }
    assert len(names) == 3
    assert {job.id for job in duties.of_package("package")} < names
    assert [job.kind for job in duties.recent(10, kind=DutyKind.REJUDGE)] == ["rejudge"]


def test_one_process_takes_a_duty_and_a_dead_ones_is_taken_over(duties: Duties, clock: StandingClock) -> None:
    name = duties.owe(OWED)
    taken = duties.take(name)
    assert taken is not None
    assert taken.status is JobStatus.RUNNING
    assert duties.take(name) is None
    assert duties.due(10) == []
    clock.go(minutes=61)
    assert [job.id for job in duties.due(10)] == [name]
    assert duties.take(name) is not None


def test_a_duty_that_tells_how_far_it_is_is_not_abandoned(duties: Duties, clock: StandingClock) -> None:
    name = duties.owe(OWED)
    duties.take(name)
    clock.go(minutes=40)
    duties.told(name, 1)
    clock.go(minutes=40)
    assert duties.take(name) is None
    assert duties.duty(name).done == 1


def test_a_duty_that_was_put_back_comes_up_when_its_time_has_come(duties: Duties, clock: StandingClock) -> None:
    name = duties.owe(OWED)
    taken = duties.take(name)
    assert taken is not None
    duties.wait(taken, until="2026-11-28T09:00:00.000Z", code="evidence.missing", why="no answer")
    assert duties.due(10) == []
    clock.go(hours=1)
    (due,) = duties.due(10)
    assert (due.attempt, due.error) == (2, {"code": "evidence.missing", "detail": "no answer"})


def test_what_sleeps_is_woken_and_what_waits_for_its_time_only_when_asked(duties: Duties) -> None:
    sleeping, waiting = duties.owe(OWED), duties.owe(replace(OWED, package_id="other"))
    for name, until in ((sleeping, NEVER), (waiting, "2026-12-24T00:00:00.000Z")):
        taken = duties.take(name)
        assert taken is not None
        duties.wait(taken, until=until, code="evidence.missing", why="")
    assert duties.wake(DutyKind.REJUDGE) == 0
    assert duties.wake(DutyKind.EVIDENCE, sleeping_only=True) == 1
    assert [job.id for job in duties.due(10)] == [sleeping]
    assert duties.wake(DutyKind.EVIDENCE) == 1
    assert {job.id for job in duties.due(10)} == {sleeping, waiting}


def test_a_finished_duty_is_opened_anew_when_something_is_owed_again(duties: Duties) -> None:
    name = duties.owe(OWED)
    taken = duties.take(name)
    assert taken is not None
    duties.finish(taken)
    assert (duties.duty(name).status, duties.due(10), duties.open_counts()) == (JobStatus.DONE, [], {})
    assert duties.take(name) is None
    assert duties.owe(OWED) == name
    assert duties.duty(name).status is JobStatus.WAITING


def test_a_faulty_duty_waits_for_a_person(duties: Duties, clock: StandingClock) -> None:
    name = duties.owe(OWED)
    taken = duties.take(name)
    assert taken is not None
    duties.fault(taken, code="package.broken", why="altered")
    clock.go(days=400)
    assert duties.due(10) == []
    assert duties.make_due(name).status is JobStatus.WAITING
    assert [job.id for job in duties.due(10)] == [name]


def test_duties_come_in_pages_newest_first(duties: Duties, clock: StandingClock) -> None:
    for number in range(5):
        duties.owe(replace(OWED, package_id=f"p{number}"))
        clock.go(seconds=number // 3)
    seen: list[str] = []
    after = None
    while page := duties.recent(2, after):
        seen += [job.package_id for job in page]
        after = (page[-1].created_at, page[-1].id)
    assert sorted(seen) == [f"p{number}" for number in range(5)]
    assert seen[0] == "p4"


def test_an_unknown_duty_is_not_found(duties: Duties) -> None:
    with pytest.raises(NotFoundError):
        duties.duty("none")
    with pytest.raises(NotFoundError):
        duties.make_due("none")


def test_the_tables_of_the_program_are_those_that_the_migrations_make(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'made.sqlite'}"
    upgrade(url)
    engine = engine_of(url)
    inspector = sa.inspect(engine)
    columns = {column["name"] for column in inspector.get_columns("duties")}
    assert columns == {column.name for column in table.columns}
    assert {index["name"] for index in inspector.get_indexes("duties")} == {index.name for index in table.indexes}
    engine.dispose()
