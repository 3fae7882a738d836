from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.trail import SEGMENT_EVENTS, AuditTrail
from archive.clock import SystemClock
from metadata.events import EventOutcome, EventType
from storage.backends.filesystem import FilesystemStore
from storage.segments import AuditSegments
from tests.fakes.clock import StandingClock


@dataclass(frozen=True)
class Named:
    name: str


class FailingSegments:
    """Fails at the first write, as a store that is down."""

    def write(self, year: int, name: str, lines: Sequence[bytes]) -> Named:
        raise ConnectionError(name)

    def segments(self) -> Iterator[Named]:
        return iter(())

    def of_days(self, first: date, last: date) -> Iterator[Named]:
        return iter(())

    def lines(self, segment: Named) -> Iterator[bytes]:
        return iter(())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'catalogue.sqlite'}"
    upgrade(url)
    made = Database(engine_of(url))
    yield made
    made.close()


@pytest.fixture
def segments(tmp_path: Path) -> AuditSegments:
    return AuditSegments(FilesystemStore(tmp_path / "storage"))


def test_the_same_event_again_is_kept_once(database: Database) -> None:
    trail = AuditTrail(database, StandingClock())
    event = trail.event(EventType.STORAGE, "package", id="6f1c3c5e-6c1f-5d0e-9a43-6d1f7a2f0b11")
    trail.record(event)
    trail.record(event)
    assert len(trail.of(["package"])) == 1


def test_what_is_sealed_comes_back_from_storage_alone(
    database: Database, segments: AuditSegments, tmp_path: Path
) -> None:
    trail = AuditTrail(database, StandingClock())
    for number in range(3):
        trail.record(trail.event(EventType.APPROVAL, f"job-{number}", agent="person:lan"))
    assert trail.seal(segments) == 4, "the chain's first event stands before them"
    assert trail.seal(segments) == 0

    url = f"sqlite:///{tmp_path / 'second.sqlite'}"
    upgrade(url)
    second = Database(engine_of(url))
    restored = AuditTrail(second, SystemClock())
    assert restored.restore(segments) == 4
    assert restored.restore(segments) == 0
    assert restored.of(["job-1"]) == trail.of(["job-1"])
    restored.record(restored.event(EventType.CATALOGUE_REBUILD, "catalogue"))
    assert restored.seal(segments) == 1
    second.close()


def test_a_store_that_was_down_gets_the_same_segment_later(database: Database, segments: AuditSegments) -> None:
    trail = AuditTrail(database, StandingClock())
    trail.record(trail.event(EventType.FIXITY_CHECK, "first", outcome=EventOutcome.REJECTED))
    with pytest.raises(ConnectionError):
        trail.seal(FailingSegments())
    trail.record(trail.event(EventType.FIXITY_CHECK, "second"))
    assert trail.seal(segments) == 3
    found = [len(list(segments.lines(segment))) for segment in segments.segments()]
    assert sorted(found) == [2, 3], "each begins with its heading"


def test_many_events_make_several_segments(database: Database, segments: AuditSegments) -> None:
    clock = StandingClock()
    trail = AuditTrail(database, clock)
    events = []
    for number in range(SEGMENT_EVENTS + 5):
        clock.go(milliseconds=1)
        events.append(trail.event(EventType.UPLOAD, str(number)))
    trail.record_all(events)
    assert trail.seal(segments) == SEGMENT_EVENTS + 6
    assert len(list(segments.segments())) == 2


def test_an_action_that_fails_leaves_no_event(database: Database) -> None:
    trail = AuditTrail(database, StandingClock())

    def fail_half_way() -> None:
        with trail.transaction() as connection:
            trail.record(trail.event(EventType.APPROVAL, "job"), connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert trail.of(["job"]) == []
