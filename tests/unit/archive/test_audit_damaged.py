"""A sealed segment that cannot be read: a rebuild goes on without it, says which, and gives its numbers to nobody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.catalogue.recorded import RecordedTrail
from archive.catalogue.trail import TrailBehindError, TrailDamagedError, damaged_subject
from metadata.errors import ArchiveError
from metadata.events import EventType
from metadata.packing import packed
from tests.fakes.trails import Trail, make_trail, open_trail


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events 1 to 4, 5 to 7 and 8 to 10 in three segments."""
    folder = tmp_path_factory.mktemp("trail")
    trail = make_trail(folder)
    for _ in range(3):
        trail.add(3)
    trail.database.close()
    return folder


@pytest.fixture
def sealed(made: Path, tmp_path: Path) -> Iterator[Trail]:
    shutil.copytree(made, tmp_path / "trail")
    found = open_trail(tmp_path / "trail")
    found.clock.go(days=1)
    yield found
    found.database.close()


@pytest.fixture
def empty(sealed: Trail, tmp_path: Path) -> Iterator[Trail]:
    """A new database over the same storage."""
    (tmp_path / "second").mkdir()
    database = make_trail(tmp_path / "second").database
    yield Trail(sealed.folder, database, sealed.clock)
    database.close()


def harm(trail: Trail, place: int, *, whole: bool = False) -> str:
    """Damage a segment behind its heading and first event, or all of it; its name."""
    file = trail.files()[place]
    file.chmod(0o644)
    name = file.name.removesuffix(".jsonl.zst")
    if whole:
        file.write_bytes(b"\x00" * 100)
        return name
    (segment,) = (segment for segment in trail.segments.segments() if segment.name == name)
    lines = list(trail.segments.lines(segment))
    file.write_bytes(packed(b"\n".join([*lines[:2], b"no event", *lines[3:]]) + b"\n", level=3))
    return name


def numbers(trail: Trail) -> list[int]:
    return [event.number or 0 for event in RecordedTrail(trail.database).chained()]


def rebuilt(trail: Trail) -> dict[str, str]:
    """What `catalogue rebuild` does to the trail."""
    damaged: dict[str, str] = {}
    trail.trail.restore(trail.segments, damaged)
    for name in damaged:
        subject = damaged_subject(name)
        trail.trail.record(trail.trail.event(EventType.CATALOGUE_REBUILD, subject))
    return damaged


def test_what_can_be_read_is_taken_and_the_damaged_segment_is_named(sealed: Trail, empty: Trail) -> None:
    name = harm(sealed, 1)
    with pytest.raises(TrailDamagedError, match=name):
        empty.trail.restore(empty.segments)
    assert list(rebuilt(empty)) == [name]
    assert numbers(empty) == [1, 2, 3, 4, 5, 8, 9, 10, 11]
    assert name in {place.segment for place in empty.verify().breaks if place.kind == "unreadable"}
    empty.add(1)
    assert numbers(empty)[-1] == 12


@pytest.mark.parametrize(("whole", "following"), [(False, 11), (True, 5008)])
def test_numbers_of_a_damaged_end_are_given_to_nobody_and_it_may_come_back(
    sealed: Trail, empty: Trail, *, whole: bool, following: int
) -> None:
    kept = sealed.files()[2].read_bytes()
    name = harm(sealed, 2, whole=whole)
    damaged: dict[str, str] = {}
    empty.trail.restore(empty.segments, damaged)
    if whole:
        with pytest.raises(TrailBehindError, match=name):
            empty.trail.seal(empty.segments)
    assert list(rebuilt(empty)) == [name]
    assert numbers(empty)[-1] == following
    empty.add(2)
    assert list(rebuilt(empty)) == [name], "told each time, and no further numbers are left out"
    assert numbers(empty)[-1] == following + 3
    sealed.files()[2].write_bytes(kept)
    assert rebuilt(empty) == {}
    assert {8, 9, 10} <= set(numbers(empty))
    assert {place.kind for place in empty.verify().breaks} <= {"removed", "changed", "reordered"}


def test_a_segment_that_is_gone_from_a_whole_database_costs_nothing(sealed: Trail) -> None:
    before = numbers(sealed)
    name = harm(sealed, 2, whole=True)
    assert list(rebuilt(sealed)) == [name]
    assert numbers(sealed) == [*before, before[-1] + 1]


def test_a_store_that_fails_is_no_damage(empty: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    class FailingError(ArchiveError):
        code = "test.failing"
        retryable = True

    class Failing:
        def __getattr__(self, name: str) -> object:
            return getattr(empty.segments, name)

        def lines(self, segment: object) -> Iterator[bytes]:
            raise FailingError

    with pytest.raises(FailingError):
        empty.trail.restore(Failing(), {})  # type: ignore[arg-type]  # a store that fails
