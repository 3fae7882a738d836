from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import Claim, JobStatus, Journal
from archive.durable import write_durably
from archive.errors import WorkFolderFaultError
from archive.jobs.workfolder import WorkFolder, receiving, sweep
from ingest.facts import Indexed
from metadata.errors import NotFoundError
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
    work = [
        {"id": f"job-{number}", "position": number, "file_code": f"H49.{number}", "package_id": f"package-{number}"}
        for number in (1, 2)
    ]
    row = {
        "id": "submission",
        "agency": "H49",
        "path": "/x",
        "operator": "lan",
        "reader": "folder",
        "profile": "02-2019",
        "findings": [],
        "ignored": [],
    }
    made.open_submission(row, work)
    return made


def claim(job: str, fingerprint: str) -> Claim:
    return Claim("H49", "H49.1", fingerprint, job, "submission", job.replace("job", "package"))


def test_a_dossier_code_is_held_by_whoever_came_first(journal: Journal) -> None:
    assert journal.claim(claim("job-1", "a")).job_id == "job-1"
    assert journal.claim(claim("job-2", "b")).job_id == "job-1"
    journal.release("job-2")
    assert journal.holder("H49", "H49.1") == claim("job-1", "a")
    journal.release("job-1")
    assert journal.claim(claim("job-2", "b")).job_id == "job-2"


def test_jobs_come_in_the_order_of_their_dossiers(journal: Journal) -> None:
    assert [job.id for job in journal.of_submission("submission")] == ["job-1", "job-2"]
    with pytest.raises(NotFoundError):
        journal.job("job-3")


def test_a_fact_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path / "job")
    assert folder.fact("index", Indexed) is None
    folder.write_fact("index", Indexed(documents=3, pending=False))
    assert folder.fact("index", Indexed) == Indexed(documents=3, pending=False)
    (tmp_path / "job" / "facts" / "index.json").write_bytes(b'{"documents": 3')
    with pytest.raises(WorkFolderFaultError):
        folder.fact("index", Indexed)
    folder.remove()
    folder.remove()
    assert not folder.exists


def test_a_disk_that_refuses_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkFolderFaultError):
        write_durably(tmp_path / "file" / "below", b"x")


def folders(work: Path) -> set[str]:
    return {path.name for path in (work / "jobs").iterdir()}


def test_folders_of_jobs_that_ended_or_never_began_are_swept(tmp_path: Path, journal: Journal) -> None:
    for name in ("job-1", "job-2", "killed-before-it-was-a-job"):
        write_durably(tmp_path / "jobs" / name / "delivery.json", b"{}")
    journal.update("job-1", status=JobStatus.DONE.value)
    sweep(tmp_path, journal.unfinished, journal.unfinished_submissions)
    assert folders(tmp_path) == {"job-2"}


def test_the_room_of_a_delivery_stays_while_one_of_its_dossiers_may_need_it(tmp_path: Path, journal: Journal) -> None:
    submission = journal.job("job-1").submission_id
    for name in (submission, "killed-before-it-was-a-submission"):
        write_durably(tmp_path / "rooms" / name / "member.pdf", b"x")
    sweep(tmp_path, journal.unfinished, journal.unfinished_submissions)
    assert [path.name for path in (tmp_path / "rooms").iterdir()] == [submission]
    assert journal.has_unfinished(submission)
    for job in journal.of_submission(submission):
        journal.update(job.id, status=JobStatus.DONE.value)
    assert not journal.has_unfinished(submission)
    sweep(tmp_path, journal.unfinished, journal.unfinished_submissions)
    assert [*(tmp_path / "rooms").iterdir()] == []


def test_nothing_is_swept_while_a_delivery_is_being_received(tmp_path: Path, journal: Journal) -> None:
    write_durably(tmp_path / "jobs" / "not-yet-a-job" / "delivery.json", b"{}")
    with receiving(tmp_path), receiving(tmp_path):
        sweep(tmp_path, journal.unfinished, journal.unfinished_submissions)
        assert folders(tmp_path) == {"not-yet-a-job"}
    sweep(tmp_path, journal.unfinished, journal.unfinished_submissions)
    assert folders(tmp_path) == set()


def test_a_job_that_met_a_fault_keeps_its_folder_for_the_retry(tmp_path: Path, journal: Journal) -> None:
    write_durably(tmp_path / "jobs" / "job-1" / "delivery.json", b"{}")
    journal.update("job-1", status=JobStatus.FAULT.value)
    sweep(tmp_path, journal.unfinished, journal.unfinished_submissions)
    assert folders(tmp_path) == {"job-1"}
