"""A job is cancelled or goes to storage, never both: the database decides, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.duties import NEVER, Duties, DutyKind, Owed
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import Claim, DossierStatus, JobStatus, Journal
from archive.jobs.runner import BEYOND
from archive.jobs.workfolder import WorkFolder
from tests.fakes.clock import StandingClock


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'catalogue.sqlite'}"
    upgrade(url)
    made = Database(engine_of(url))
    yield made
    made.close()


@pytest.fixture
def journal(database: Database) -> Journal:
    Catalogue(database, StandingClock()).add_agency("H49", "Tỉnh")
    made = Journal(database, StandingClock())
    row = {"id": "s", "agency": "H49", "path": "/x", "operator": "lan", "reader": "folder", "profile": "02-2019"}
    work = [{"id": "job", "position": 1, "file_code": "H49.1", "package_id": "package"}]
    made.open_submission({**row, "findings": [], "ignored": []}, work)
    made.claim(Claim("H49", "H49.1", "print", "job", "s", "package"))
    return made


def cancel(database: Database, journal: Journal) -> bool:
    with database.transaction() as connection:
        return journal.cancel("job", connection, beyond=BEYOND, reason="nộp nhầm")


@pytest.mark.parametrize("stage", ["", "receive", "text", "package"])
def test_what_is_not_stored_yet_is_cancelled_and_gives_its_code_back(
    database: Database, journal: Journal, stage: str
) -> None:
    assert not stage or journal.enter("job", stage)
    assert cancel(database, journal)
    job = journal.job("job")
    assert (job.status, job.result) == (JobStatus.CANCELLED, DossierStatus.RETURNED)
    assert job.error == {"code": "job.cancelled", "detail": "nộp nhầm"}
    assert journal.holder("H49", "H49.1") is None
    assert not journal.enter("job", "store")
    assert not cancel(database, journal)


@pytest.mark.parametrize("stage", BEYOND)
def test_from_the_stage_of_storing_on_nothing_is_cancelled(database: Database, journal: Journal, stage: str) -> None:
    assert journal.enter("job", stage)
    assert not cancel(database, journal)
    journal.update("job", status=JobStatus.FAULT.value, result=DossierStatus.FAULT.value)
    assert not cancel(database, journal)
    assert journal.holder("H49", "H49.1") is not None


def test_what_waits_for_a_person_is_returned_and_not_cancelled(database: Database, journal: Journal) -> None:
    journal.update("job", result=DossierStatus.AWAITING_APPROVAL.value)
    assert not cancel(database, journal)


def test_a_fault_can_be_given_up_and_nothing_brings_it_back(database: Database, journal: Journal) -> None:
    assert journal.enter("job", "text")
    journal.update("job", status=JobStatus.FAULT.value, result=DossierStatus.FAULT.value)
    assert cancel(database, journal)
    before = journal.job("job")
    journal.update("job", status=JobStatus.WAITING.value, result=None, attempt=7)
    assert journal.job("job") == before
    with database.transaction() as connection:
        assert not journal.goes_on("job", connection)
    assert "job" not in journal.under_way() | journal.unfinished()


def test_who_does_not_wait_is_told_that_a_stage_has_the_folder(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path)
    with folder.alone() as first, folder.alone(wait=False) as second:
        assert (first, second) == (True, False)
    with folder.alone(wait=False) as alone:
        assert alone


def test_a_cancelled_duty_is_never_taken_up_again_but_may_be_ordered_anew(database: Database) -> None:
    duties = Duties(database, StandingClock())
    owed = Owed(DutyKind.CONVERSION, "order", "", "", "02-2019 → 05-2025", 3, "ordered")
    name = duties.owe(owed, due_at=NEVER)
    with database.transaction() as connection:
        assert duties.cancel(name, connection, reason="")
        assert not duties.cancel(name, connection, reason="")
    assert duties.take(name) is None
    assert duties.hold(name).status is JobStatus.CANCELLED
    assert not duties.told(name, 2)
    assert duties.make_due(name).status is JobStatus.CANCELLED
    assert (duties.unfinished(DutyKind.CONVERSION), duties.open_counts()) == ([], {})
    assert duties.owe(owed, due_at=NEVER) == name
    assert duties.duty(name).status is JobStatus.WAITING
