"""Uploads piece by piece, and what becomes of those that nobody completes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue.database import Database
from archive.catalogue.journal import Journal
from archive.errors import WorkFolderFaultError
from archive.services.incoming import UnsafePathError, UploadConflictError, UploadTooLargeError
from archive.services.submissions import AS_IT_SAYS
from archive.services.upload_names import OWN_NAMES, checked_path, delivery_name
from archive.services.upload_rooms import Bounds
from archive.services.uploads import Uploads
from ingest.ports import Reading
from metadata.descriptions import RecordStatus
from metadata.errors import NotFoundError
from tests.fakes.clock import StandingClock
from tests.fakes.uploads import Folders, put


class _Desk:
    """Takes a delivery in: one submission, one job."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.taken: list[tuple[str, list[str]]] = []
        self.readings: list[Reading] = []

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
        self.readings.append(reading)
        files = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
        self.taken.append((path.name, files))
        row: dict[str, Any] = {"id": submission_id, "agency": "A", "path": str(path), "operator": operator}
        row |= {"reader": "folder", "profile": "", "findings": [], "ignored": []}
        job = {"id": f"job-{submission_id[:8]}", "position": 1, "file_code": "x", "package_id": "p", "documents": 1}
        self.journal.open_submission(row, [job])
        return submission_id


@pytest.fixture
def desk(database: Database, clock: StandingClock) -> _Desk:
    return _Desk(Journal(database, clock))


@pytest.fixture
def uploads(tmp_path: Path, desk: _Desk, clock: StandingClock) -> Uploads:
    return Uploads(
        tmp_path / "uploads",
        submissions=desk,
        journal=desk.journal,
        runner=Folders(tmp_path / "jobs"),  # type: ignore[arg-type]  # the one method that is asked
        clock=clock,
        bounds=Bounds(1000),
    )


def test_what_is_said_when_an_upload_is_begun_reaches_the_reader(uploads: Uploads, desk: _Desk) -> None:
    for said in ({}, {"register": True}, {"status": RecordStatus.SUPPLEMENT}, {"accept_suggestions": True}):
        upload_id = uploads.begin("a", **said)
        put(uploads, upload_id, "a.pdf", b"1")
        uploads.commit(upload_id, operator="lan")
    assert desk.readings == [
        Reading(),
        Reading(register=True),
        Reading(status=RecordStatus.SUPPLEMENT),
        Reading(accept_suggestions=True),
    ]


def test_an_upload_is_handed_in_under_its_own_identifier_without_the_folder_around_it(
    uploads: Uploads, desk: _Desk
) -> None:
    upload_id = uploads.begin("Đợt 3.zip")
    put(uploads, upload_id, "bên ngoài/a/1.pdf", b"1")
    put(uploads, upload_id, "bên ngoài/b.csv", b"2")
    uploads.commit(upload_id, operator="x")
    uploads.commit(upload_id, operator="x")
    assert desk.taken == [("Đợt 3", ["a/1.pdf", "b.csv"])]
    assert desk.journal.submission(upload_id)["operator"] == "x"


def test_an_empty_or_half_upload_is_not_handed_in(uploads: Uploads, desk: _Desk) -> None:
    upload_id = uploads.begin()
    with pytest.raises(UploadConflictError):
        uploads.commit(upload_id, operator="x")
    with uploads.receive(upload_id, "a", None) as incoming:
        incoming.write(b"half")
    with pytest.raises(UploadConflictError):
        uploads.commit(upload_id, operator="x")
    assert uploads.arrived(upload_id, "a").size_bytes == 4
    with pytest.raises(UploadConflictError) as refused:
        uploads.receive(upload_id, "a", 3)
    assert refused.value.offset == 4
    assert desk.taken == []


def test_a_file_over_the_limit_is_refused_where_it_passes_it(uploads: Uploads) -> None:
    upload_id = uploads.begin()
    with uploads.receive(upload_id, "a", None) as incoming:
        incoming.write(bytes(1000))
        with pytest.raises(UploadTooLargeError):
            incoming.write(b"x")


def test_what_is_received_is_cleared_away_and_what_nobody_completes_after_a_week(
    uploads: Uploads, desk: _Desk, clock: StandingClock
) -> None:
    handed_in, forgotten = uploads.begin(), uploads.begin()
    put(uploads, handed_in, "a", b"1")
    uploads.commit(handed_in, operator="x")
    assert uploads.sweep() == 0
    desk.journal.update(f"job-{handed_in[:8]}", status="fault")
    assert uploads.sweep() == 0
    desk.journal.update(f"job-{handed_in[:8]}", status="done")
    assert uploads.sweep() == 1
    clock.go(days=6)
    assert uploads.sweep() == 0
    clock.go(days=2)
    assert uploads.sweep() == 1
    with pytest.raises(NotFoundError):
        uploads.files(forgotten)


@pytest.mark.parametrize("upload_id", ["../x", "none", "00000000-0000-0000-0000-000000000000", ""])
def test_an_unknown_upload_is_not_found_whatever_it_is_called(uploads: Uploads, upload_id: str) -> None:
    with pytest.raises(NotFoundError):
        uploads.files(upload_id)


_HOSTILE = st.text("./\\%~:\0\n\u202e aÄ\u0308", min_size=1, max_size=20)


@given(_HOSTILE | st.text(max_size=60))
def test_a_path_is_taken_as_it_is_below_the_upload_or_refused(path: str) -> None:
    try:
        found = checked_path(path)
    except UnsafePathError:
        return
    root = Path("/uploads/x/files")
    assert (root / found).resolve() == root / found
    assert str(found) == path
    assert "\0" not in path


@given(_HOSTILE)
def test_a_delivery_is_never_called_like_a_folder_of_the_upload(name: str) -> None:
    made = delivery_name(name)
    assert made
    assert made not in {".", "..", *OWN_NAMES}
    assert "/" not in made
    assert made.isprintable()


def test_two_calls_never_write_one_file_at_the_same_time(uploads: Uploads) -> None:
    upload_id = uploads.begin()
    with (
        uploads.receive(upload_id, "a", None) as first,
        pytest.raises(UploadConflictError),
        uploads.receive(upload_id, "a", None),
    ):
        pytest.fail("the second call was let in")
    assert first.offset == 0
    put(uploads, upload_id, "a", b"alone")
    assert uploads.arrived(upload_id, "a").complete


def test_an_upload_that_is_given_up_while_its_bytes_come_is_gone(uploads: Uploads, tmp_path: Path) -> None:
    upload_id = uploads.begin(fingerprint="same", owner="x")
    begun = uploads.begin_file(upload_id, "a", 100)
    with uploads.continue_file(upload_id, begun.id, 0, None) as appending:
        appending.write(b"half")
        uploads.discard(upload_id)
        with pytest.raises(WorkFolderFaultError):
            appending.finish(whole=False)
    assert list((tmp_path / "uploads").iterdir()) == []
    assert uploads.begin(fingerprint="same", owner="x") != upload_id


def test_folders_of_uploads_that_nobody_knows_are_cleared_away(
    uploads: Uploads, tmp_path: Path, clock: StandingClock
) -> None:
    upload_id = uploads.begin()
    rooms = tmp_path / "uploads"
    (rooms / ".gone-1" / "files").mkdir(parents=True)
    late = rooms / "00000000-0000-0000-0000-000000000000"
    late.mkdir()
    os.utime(late, (clock.now().timestamp(),) * 2)
    assert uploads.sweep() == 0
    assert {path.name for path in rooms.iterdir()} == {upload_id, late.name}
    os.utime(late, (clock.now().timestamp() - 8 * 86400,) * 2)
    uploads.sweep()
    assert {path.name for path in rooms.iterdir()} == {upload_id}
