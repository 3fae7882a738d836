"""Handing in again: the same bytes a second time without being sent, corrections beside them, one successor each."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue.database import Database
from archive.catalogue.journal import Journal
from archive.catalogue.trail import AuditTrail
from archive.jobs.workfolder import WorkFolder
from archive.services.incoming import UploadConflictError
from archive.services.resubmissions import Resubmissions
from archive.services.submissions import AS_IT_SAYS
from archive.services.upload_rooms import Bounds
from archive.services.uploads import Uploads
from ingest.facts import Received
from ingest.ports import Reading
from metadata.corrections import NAME, read_corrections
from metadata.errors import NotFoundError, UsageError
from metadata.events import EventType
from metadata.findings import Finding
from tests.fakes.clock import StandingClock
from tests.fakes.uploads import Folders, put

DAY = ("muc-luc.csv", None, 3, "Ngày văn bản")
FINDINGS = (
    Finding(rule="MET-020", file="muc-luc.csv", row=3, column="Ngày văn bản", values={"written": "31/02/2021"}),
    Finding(rule="READ-010", file="muc-luc.csv", row=4, column="Tệp", values={"written": "b\\2.pdf"}),
    Finding(rule="MET-003", file="muc-luc.csv", row=5, values={"field": "Ngôn ngữ"}),
    Finding(rule="ING-020", subject="a/1.pdf", file="a/1.pdf"),
)


class _Desk:
    def __init__(self, journal: Journal, trail: AuditTrail) -> None:
        self.journal = journal
        self.trail = trail
        self.taken: dict[str, tuple[Path, Reading]] = {}
        self.reader = "folder"

    def open(
        self,
        path: Path,
        *,
        operator: str,
        agency: str | None = None,
        submission_id: str | None = None,
        reading: Reading = AS_IT_SAYS,
    ) -> str:
        assert submission_id is not None
        self.taken[submission_id] = (path, reading)
        row: dict[str, Any] = {"id": submission_id, "agency": agency or "A", "path": str(path), "operator": operator}
        row |= {"reader": self.reader, "profile": "", "findings": [], "ignored": []}
        job = {"id": f"job-{submission_id}", "position": 1, "file_code": "x", "package_id": "p", "documents": 1}
        self.journal.open_submission(row, [job])
        return submission_id

    def ended(self, submission_id: str, result: str = "rejected", status: str = "rejected") -> None:
        found = [finding.model_dump(mode="json") for finding in FINDINGS]
        self.journal.update(f"job-{submission_id}", status=status, result=result, findings=found)


@pytest.fixture
def desk(database: Database, clock: StandingClock) -> _Desk:
    return _Desk(Journal(database, clock), AuditTrail(database, clock))


@pytest.fixture
def uploads(tmp_path: Path, desk: _Desk, clock: StandingClock) -> Uploads:
    return Uploads(
        tmp_path / "uploads",
        submissions=desk,
        journal=desk.journal,
        runner=Folders(tmp_path / "jobs"),  # type: ignore[arg-type]  # the one method that is asked
        clock=clock,
        bounds=Bounds(1 << 20),
    )


@pytest.fixture
def again(tmp_path: Path, uploads: Uploads, desk: _Desk, clock: StandingClock) -> Resubmissions:
    def is_packed(delivery: Path) -> bool:
        return [path.suffix for path in delivery.iterdir()] == [".zip"]

    return Resubmissions(uploads, desk.journal, tmp_path / "corrected", desk.trail, clock, is_packed)


def _refused(uploads: Uploads, desk: _Desk, **files: bytes) -> str:
    upload_id = uploads.begin("Đợt 1", owner="lan")
    for path, data in (files or {"muc-luc.csv": b"1,2", "a/1.pdf": b"%PDF"}).items():
        put(uploads, upload_id, f"Đợt 1/{path}" if not files else path, data)
    uploads.commit(upload_id, operator="lan")
    desk.ended(upload_id)
    return upload_id


def test_what_can_be_corrected_is_told_by_cell_with_what_is_missing(
    uploads: Uploads, desk: _Desk, again: Resubmissions
) -> None:
    submission_id = _refused(uploads, desk)
    possible = again.possible(submission_id)
    assert possible is not None
    assert again.is_offered(submission_id, {"rejected", "archived"})
    assert not again.is_offered(submission_id, {"rejected", "running"})
    assert not again.is_offered(submission_id, {"archived"})
    assert [entry.place[2:] for entry in possible.correctable] == [(3, "Ngày văn bản"), (4, "Tệp"), (5, "Ngôn ngữ")]
    assert possible.correctable[0].delivered == "31/02/2021"
    assert possible.sheets == ("muc-luc.csv",)
    assert possible.missing == (("b\\2.pdf", "b/2.pdf"),)


def test_the_files_are_handed_in_again_with_corrections_and_without_being_sent(
    uploads: Uploads, desk: _Desk, again: Resubmissions
) -> None:
    first = _refused(uploads, desk)
    old = desk.taken[first][0]
    second = again.begin(first, {DAY: "28/02/2021"}, login="lan", reason=" gõ nhầm ")
    put(uploads, second, "b/2.pdf", b"%PDF later")
    uploads.commit(second, operator="lan")
    again.note(second)
    path, reading = desk.taken[second]
    assert (path / "a/1.pdf").stat().st_ino == (old / "a/1.pdf").stat().st_ino
    assert (path / "b/2.pdf").read_bytes() == b"%PDF later"
    assert not (old / "b/2.pdf").exists()
    (correction,) = read_corrections((path / NAME).read_bytes()).corrections
    assert (correction.value, correction.delivered, correction.by) == ("28/02/2021", "31/02/2021", "lan")
    assert correction.reason == "gõ nhầm"
    assert reading.corrections == read_corrections((path / NAME).read_bytes())
    assert set(reading.received) == {"muc-luc.csv", "a/1.pdf", "b/2.pdf"}
    assert reading.corrections is not None
    assert reading.corrections.sheets == {"muc-luc.csv": reading.received["muc-luc.csv"]}
    assert again.told(second).corrects == first
    assert again.told(second).corrections == reading.corrections
    assert again.told(first).superseded_by == second
    assert again.possible(first) is None
    with pytest.raises(UploadConflictError):
        again.begin(first, {}, login="lan", reason="")


def test_corrections_of_a_list_that_comes_anew_are_dropped_and_others_stay(
    uploads: Uploads, desk: _Desk, again: Resubmissions
) -> None:
    first = _refused(uploads, desk)
    second = again.begin(first, {DAY: "28/02/2021"}, login="lan", reason="nhầm")
    uploads.commit(second, operator="lan")
    again.note(second)
    desk.ended(second)
    third = again.begin(second, {("muc-luc.csv", None, 5, "Ngôn ngữ"): "Tiếng Việt"}, login="mai", reason="thiếu")
    uploads.commit(third, operator="mai")
    again.note(third)
    reading = desk.taken[third][1]
    assert reading.corrections is not None
    assert [(entry.by, entry.value) for entry in reading.corrections.corrections] == [
        ("lan", "28/02/2021"),
        ("mai", "Tiếng Việt"),
    ]
    desk.ended(third)
    fourth = again.begin(third, {}, login="lan", reason="")
    put(uploads, fourth, "muc-luc.csv", b"new list")
    uploads.commit(fourth, operator="lan")
    told = desk.taken[fourth][1].corrections
    assert told is not None
    assert told.corrections == ()


def test_of_a_container_what_comes_later_is_laid_beside_it(uploads: Uploads, desk: _Desk, again: Resubmissions) -> None:
    first = _refused(uploads, desk, **{"đợt.zip": b"PK"})
    second = again.begin(first, {DAY: "28/02/2021"}, login="lan", reason="nhầm")
    put(uploads, second, "b/2.pdf", b"later")
    uploads.commit(second, operator="lan")
    path, reading = desk.taken[second]
    assert [entry.name for entry in path.iterdir()] == ["đợt.zip"]
    assert reading.added is not None
    assert sorted(entry.relative_to(reading.added).as_posix() for entry in reading.added.rglob("*.*")) == [
        "b/2.pdf",
        NAME,
    ]
    desk.ended(second)
    again.note(second)
    third = again.begin(second, {}, login="lan", reason="")
    uploads.commit(third, operator="lan")
    added = desk.taken[third][1].added
    assert added is not None
    assert (added / "b/2.pdf").read_bytes() == b"later"


def test_only_cells_that_were_found_wrong_are_corrected_and_only_with_a_reason(
    uploads: Uploads, desk: _Desk, again: Resubmissions
) -> None:
    first = _refused(uploads, desk)
    before = len(uploads.open_of("lan"))
    with pytest.raises(UsageError, match="reason"):
        again.begin(first, {DAY: "x"}, login="lan", reason="  ")
    with pytest.raises(UsageError, match="row 9"):
        again.begin(first, {("muc-luc.csv", None, 9, "Ngày văn bản"): "x"}, login="lan", reason="r")
    assert len(uploads.open_of("lan")) == before


@pytest.mark.parametrize(
    ("result", "status"), [("archived", "done"), ("awaiting_approval", "waiting"), ("fault", "fault")]
)
def test_what_was_not_refused_is_not_handed_in_again(
    uploads: Uploads, desk: _Desk, again: Resubmissions, result: str, status: str
) -> None:
    first = _refused(uploads, desk)
    desk.ended(first, result, status)
    assert again.possible(first) is None
    with pytest.raises(UploadConflictError):
        again.begin(first, {}, login="lan", reason="")


def test_files_of_refused_deliveries_wait_thirty_days_or_until_they_are_handed_in_again(
    uploads: Uploads, desk: _Desk, again: Resubmissions, clock: StandingClock
) -> None:
    first, other = _refused(uploads, desk), _refused(uploads, desk)
    assert uploads.sweep() == 0
    second = again.begin(first, {}, login="lan", reason="")
    uploads.commit(second, operator="lan")
    again.note(second)
    assert uploads.sweep() == 1
    assert desk.taken[second][0].joinpath("a/1.pdf").read_bytes() == b"%PDF"
    clock.go(days=uploads.bounds.refused.days - 1)
    assert uploads.sweep() == 0
    desk.ended(second, "archived", "done")
    assert uploads.sweep() == 1
    clock.go(days=2)
    assert uploads.sweep() == 1
    assert again.possible(other) is None
    with pytest.raises(NotFoundError):
        again.begin(other, {}, login="lan", reason="")


@pytest.mark.parametrize(
    ("result", "status"), [(None, "running"), ("awaiting_approval", "waiting"), ("fault", "fault")]
)
def test_files_stay_while_a_dossier_may_still_be_refused(
    uploads: Uploads, desk: _Desk, clock: StandingClock, tmp_path: Path, result: str | None, status: str
) -> None:
    """Received is not accepted: a sweep between receipt and refusal would leave nothing to correct."""
    first = _refused(uploads, desk)
    desk.journal.update(f"job-{first}", status=status, result=result)
    received = Received(files=(), received_at="2026-11-28T00:00:00Z", fingerprint="f")
    WorkFolder(tmp_path / "jobs" / f"job-{first}").write_fact("receive", received)
    assert uploads.sweep() == 0
    clock.go(days=uploads.bounds.refused.days + 1)
    assert uploads.sweep() == 1


@pytest.mark.parametrize("rule", ["SEC-001", "SEC-002", "ING-040"])
def test_state_secrets_and_malware_do_not_wait_to_be_corrected(
    uploads: Uploads, desk: _Desk, again: Resubmissions, rule: str
) -> None:
    first = _refused(uploads, desk)
    desk.journal.update(f"job-{first}", findings=[Finding(rule=rule, subject="x").model_dump(mode="json")])
    assert again.possible(first) is None
    with pytest.raises(UploadConflictError):
        again.begin(first, {}, login="lan", reason="")
    assert uploads.sweep() == 1
    assert not uploads.keeps(first)


def test_a_crash_before_it_was_noted_is_made_good_by_noting_again(
    uploads: Uploads, desk: _Desk, again: Resubmissions, tmp_path: Path
) -> None:
    first = _refused(uploads, desk)
    second = again.begin(first, {DAY: "28/02/2021"}, login="lan", reason="nhầm")
    uploads.commit(second, operator="lan")
    assert again.told(first).superseded_by == ""
    again.settle()
    again.note(second)
    kept = json.loads((tmp_path / "corrected" / f"{second}.json").read_bytes())
    assert kept["corrects"] == first
    again.note(first)
    assert again.told(first).corrects == ""


def test_a_correction_is_an_event_that_names_the_person_and_proves_what_was_said_by_its_digest(
    uploads: Uploads, desk: _Desk, again: Resubmissions
) -> None:
    first = _refused(uploads, desk)
    second = again.begin(first, {DAY: "28/02/2021"}, login="lan", reason="nhầm")
    (event,) = [entry for entry in desk.trail.of([first]) if entry["type"] == EventType.METADATA_MODIFICATION.value]
    said = event["detail"]
    assert (event["agent"], said["submission"], said["cells"]) == ("person:lan", second, "1")
    kept = (uploads.root(second) / "corrections.json").read_bytes()
    assert said["sha256"] == hashlib.sha256(kept).hexdigest()
    assert "28/02/2021" not in json.dumps(event)
