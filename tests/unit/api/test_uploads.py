"""Uploads piece by piece, and what becomes of those that nobody completes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue.database import Database
from archive.catalogue.journal import Journal
from archive.catalogue.tables import agencies, metadata
from archive.jobs.workfolder import WorkFolder
from archive.services.incoming import UnsafePathError, UploadConflictError, UploadTooLargeError
from archive.services.uploads import Uploads, _checked
from metadata.errors import NotFoundError
from tests.fakes.clock import StandingClock
from tests.fakes.workers import InlineWorkers


class _Desk:
    """Takes a delivery in: one submission, one job."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.taken: list[tuple[str, list[str]]] = []

    def open(self, path: Path, *, operator: str, agency: str | None = None, submission_id: str | None = None) -> str:
        assert submission_id is not None
        files = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
        self.taken.append((path.name, files))
        row: dict[str, Any] = {"id": submission_id, "agency": "A", "path": str(path), "operator": operator}
        row |= {"reader": "folder", "profile": "", "findings": [], "ignored": []}
        job = {"id": f"job-{submission_id[:8]}", "position": 1, "file_code": "x", "package_id": "p", "documents": 1}
        self.journal.open_submission(row, [job])
        return submission_id


class _Folders:
    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, job_id: str) -> WorkFolder:
        return WorkFolder(self.root / job_id)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def desk(clock: StandingClock) -> _Desk:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(agencies.insert().values(code="A", name="A"))
    return _Desk(Journal(Database(engine), clock))


@pytest.fixture
def uploads(tmp_path: Path, desk: _Desk, clock: StandingClock) -> Uploads:
    return Uploads(
        tmp_path / "uploads",
        workers=InlineWorkers(),
        submissions=desk,
        journal=desk.journal,
        runner=_Folders(tmp_path / "jobs"),  # type: ignore[arg-type]  # the one method that is asked
        clock=clock,
        max_file_bytes=1000,
    )


def _put(uploads: Uploads, upload_id: str, path: str, data: bytes) -> None:
    with uploads.receive(upload_id, path, None) as incoming:
        incoming.write(data)
        incoming.finish()
    uploads.complete(upload_id, path)


def test_an_upload_is_handed_in_under_its_own_identifier_without_the_folder_around_it(
    uploads: Uploads, desk: _Desk
) -> None:
    upload_id = uploads.begin("Đợt 3.zip")
    _put(uploads, upload_id, "bên ngoài/a/1.pdf", b"1")
    _put(uploads, upload_id, "bên ngoài/b.csv", b"2")
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
    _put(uploads, handed_in, "a", b"1")
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
        found = _checked(path)
    except UnsafePathError:
        return
    root = Path("/uploads/x/files")
    assert (root / found).resolve() == root / found
    assert str(found) == path
    assert "\0" not in path


@given(_HOSTILE)
def test_a_delivery_is_never_called_like_a_folder_of_the_upload(name: str) -> None:
    from archive.services.uploads import _name  # noqa: PLC0415 - only here

    made = _name(name)
    assert made
    assert made not in {".", "..", "files", "parts", "unpacked", "state.json"}
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
    _put(uploads, upload_id, "a", b"alone")
    assert uploads.arrived(upload_id, "a").complete
