"""The chain grows without gap and fork: whoever writes, whatever is killed, and from whatever release it comes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from archive.catalogue import migrations
from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.recorded import RecordedTrail
from archive.catalogue.trail import SEAL_AFTER, SEAL_EVENTS, AuditTrail, TrailForkedError
from metadata.audit_chain import canonical
from metadata.events import AuditEvent, EventType
from tests.fakes.clock import StandingClock
from tests.fakes.trails import Trail, make_trail, open_trail

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import sys
from archive.catalogue.database import Database, engine_of
from archive.catalogue.trail import AuditTrail
from archive.clock import SystemClock
from metadata.events import EventType
trail = AuditTrail(Database(engine_of(sys.argv[1])), SystemClock())
for number in range(int(sys.argv[3])):
    trail.record(trail.event(EventType.STORAGE, f"{sys.argv[2]}-{number}"))
    print(number, flush=True)
"""
PATIENCE = 120


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    made = make_trail(tmp_path)
    yield made
    made.database.close()


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    url = f"sqlite:///{folder / 'catalogue.sqlite'}"
    arguments = [sys.executable, "-c", WRITER, url, name, str(count)]
    return subprocess.Popen(
        arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


def numbers(trail: Trail) -> list[int | None]:
    return [event.number for event in RecordedTrail(trail.database).chained()]


def test_two_processes_make_one_chain(trail: Trail, tmp_path: Path) -> None:
    writers = [writer(tmp_path, name, 40) for name in ("one", "other")]
    for process in writers:
        out, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, len(out.splitlines())) == (0, 40)
    assert numbers(trail) == list(range(1, 82))
    assert trail.found() == []


def test_a_process_that_is_killed_leaves_no_gap_and_what_it_acknowledged(trail: Trail, tmp_path: Path) -> None:
    for _ in range(2):
        before = trail.trail.head().seq
        process = writer(tmp_path, "killed", 10_000)
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(7)]
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=PATIENCE)
        last = trail.trail.head().seq
        assert last - before >= len(acknowledged) + len(rest.splitlines())
        trail.add(1, seal=False)
        assert numbers(trail) == list(range(1, last + 2))
    trail.trail.seal(trail.segments)
    assert trail.found() == []


def test_threads_that_record_and_seal_at_once_make_one_chain(trail: Trail) -> None:
    failed: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(15):
                trail.trail.record(trail.trail.event(EventType.UPLOAD, f"{name}-{number}"))
                if number % 4 == 0:
                    trail.trail.seal(trail.segments)
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert failed == []
    trail.trail.seal(trail.segments)
    assert numbers(trail) == list(range(1, 62))
    assert trail.found() == []


def test_the_same_event_again_takes_no_number(trail: Trail) -> None:
    event = trail.trail.event(EventType.STORAGE, "package")
    other = trail.trail.event(EventType.STORAGE, "other")
    trail.trail.record(event)
    trail.trail.record_all([event, other, other])
    assert numbers(trail) == [1, 2, 3]


def test_an_action_that_fails_takes_no_number(trail: Trail) -> None:
    def fail_half_way() -> None:
        with trail.trail.transaction() as connection:
            trail.trail.record(trail.trail.event(EventType.APPROVAL, "job"), connection)
            raise RuntimeError

    trail.add(1, seal=False)
    with pytest.raises(RuntimeError):
        fail_half_way()
    trail.add(1, seal=False)
    assert numbers(trail) == [1, 2, 3]
    assert trail.found() == []


# ------------------------------------------------------------ rebuilt


def test_a_trail_rebuilt_from_segments_is_the_same_to_the_letter_and_goes_on(trail: Trail, tmp_path: Path) -> None:
    trail.add(3)
    trail.add(2)
    (tmp_path / "second").mkdir()
    second = make_trail(tmp_path / "second")
    again = Trail(tmp_path, second.database, trail.clock)
    assert again.trail.restore(again.segments) == 6
    lines = [[event.line for event in RecordedTrail(one.database).chained()] for one in (trail, again)]
    assert lines[0] == lines[1]
    assert again.trail.head() == trail.trail.head()
    again.add(1)
    assert again.found() == []
    second.database.close()


def test_a_new_database_goes_on_where_the_sealed_trail_ends(trail: Trail, tmp_path: Path) -> None:
    trail.add(3)
    (tmp_path / "second").mkdir()
    second = make_trail(tmp_path / "second")
    again = Trail(tmp_path, second.database, trail.clock)
    again.trail.begin(again.segments)
    again.trail.begin(again.segments)
    assert numbers(again) == [1, 2, 3, 4]
    second.database.close()


def test_a_database_from_an_older_copy_gets_back_what_it_forgot_and_keeps_what_it_recorded_since(
    trail: Trail, tmp_path: Path
) -> None:
    trail.add(3)
    (tmp_path / "copy").mkdir()
    with (
        closing(sqlite3.connect(tmp_path / "catalogue.sqlite")) as source,
        closing(sqlite3.connect(tmp_path / "copy" / "catalogue.sqlite")) as target,
    ):
        source.backup(target)
    trail.add(2)
    older = open_trail(tmp_path / "copy")
    again = Trail(tmp_path, older.database, trail.clock)
    again.trail.record(again.trail.event(EventType.APPROVAL, "since"))
    assert numbers(again) == [1, 2, 3, 4, 5]
    assert again.trail.restore(again.segments) == 2
    assert numbers(again) == [1, 2, 3, 4, 5, 6, 7]
    assert again.body(7)["subject"] == "since"
    assert again.found() == []
    again.trail.seal(again.segments)
    assert again.found() == []
    older.database.close()


def test_rebuilding_changes_nothing_of_a_trail_that_has_all(trail: Trail) -> None:
    trail.add(2)
    trail.add(2, seal=False)
    before = [event.line for event in RecordedTrail(trail.database).chained()]
    assert trail.trail.restore(trail.segments) == 0
    assert [event.line for event in RecordedTrail(trail.database).chained()] == before
    assert trail.found() == []


def test_a_segment_that_was_written_but_not_marked_is_found_sealed(trail: Trail) -> None:
    trail.add(2)
    trail.sql("UPDATE audit_events SET sealed = 0")
    assert trail.trail.restore(trail.segments) == 0
    assert trail.trail.seal(trail.segments) == 0
    assert trail.found() == []


def test_two_trails_that_were_sealed_apart_are_not_mixed(trail: Trail, tmp_path: Path) -> None:
    trail.add(3)
    (tmp_path / "second").mkdir()
    second = make_trail(tmp_path / "second")
    second.add(2)
    with pytest.raises(TrailForkedError):
        second.trail.restore(trail.segments)
    assert numbers(second) == [1, 2, 3]
    second.database.close()


# ------------------------------------------------------------ the first release


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A trail as the first release left it: three events sealed, two not."""
    url = f"sqlite:///{tmp_path / 'catalogue.sqlite'}"
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("sqlalchemy.url", url)
    command.upgrade(config, "0001")
    lines: list[tuple[dict[str, Any], str | None]] = []
    for number in range(5):
        event = AuditEvent(
            id=f"0000000{number}-6c1f-5d0e-9a43-6d1f7a2f0b11",
            type=EventType.STORAGE,
            at=f"2026-11-01T00:00:0{number}.000Z",
            clock="system",
            agent="software:luutru/0.1.0",
            subject=f"gói-{number}",
        )
        lines.append((event.body(), "20261101t000000000z-00000000" if number < 3 else None))
    engine = engine_of(url)
    with engine.begin() as connection:
        for body, segment in lines:
            connection.execute(
                sa.text(
                    "INSERT INTO audit_events (id, at, type, subject, body, segment, sealed) "
                    "VALUES (:id, :at, :type, :subject, :body, :segment, :sealed)"
                ),
                {**{name: body[name] for name in ("id", "at", "type", "subject")}, "body": json.dumps(body)}
                | {"segment": segment, "sealed": int(segment is not None)},
            )
    engine.dispose()
    made = open_trail(tmp_path)
    made.segments.write(2026, "20261101t000000000z-00000000", [canonical(body) for body, segment in lines if segment])
    made.database.close()
    return tmp_path


def upgraded(folder: Path) -> Trail:
    upgrade(f"sqlite:///{folder / 'catalogue.sqlite'}")
    found = open_trail(folder)
    found.trail.begin(found.segments)
    return found


def test_the_first_event_of_the_chain_names_what_was_before(old: Path) -> None:
    trail = upgraded(old)
    first = trail.body(1)
    assert first["type"] == EventType.CHAIN_START.value
    assert set(first["detail"]) == {"20261101t000000000z-00000000", "20261101t000003000z-00000003"}
    assert trail.found() == []
    assert trail.trail.seal(trail.segments) == 3, "two of the first form, then the chain's first"
    answer = trail.verify()
    assert (answer.ok, answer.before_chain, answer.events) == (True, 2, 1)
    trail.database.close()


def test_what_was_sealed_before_the_chain_is_held_by_it(old: Path) -> None:
    trail = upgraded(old)
    trail.trail.seal(trail.segments)
    file = trail.files()[0]
    whole = file.read_bytes()
    trail.sql("UPDATE audit_events SET body = replace(body, '0.1.0', '0.1.1') WHERE subject = 'gói-1'")
    assert trail.found() == [("database", "changed", None, None)]
    trail.sql("UPDATE audit_events SET body = replace(body, '0.1.1', '0.1.0') WHERE subject = 'gói-1'")
    file.unlink()
    assert trail.found() == [("storage", "removed", None, None)]
    file.write_bytes(whole)
    assert trail.found() == []
    trail.database.close()


def test_a_trail_of_both_releases_comes_back_from_storage(old: Path, tmp_path: Path) -> None:
    trail = upgraded(old)
    trail.add(2)
    (tmp_path / "second").mkdir()
    second = make_trail(tmp_path / "second")
    again = Trail(old, second.database, trail.clock)
    assert again.trail.restore(again.segments) == 8
    assert again.found() == []
    assert again.trail.of(["gói-2"]) == trail.trail.of(["gói-2"])
    second.database.close()
    trail.database.close()


# ------------------------------------------------------------ what an event may hold


def test_details_are_cut_and_hold_only_what_json_can() -> None:
    trail = AuditTrail(Database(sa.create_engine("sqlite://")), StandingClock())
    event = trail.event(
        EventType.STORAGE, "p" * 999, agent="person:\udcff", detail={"long": "x" * 10_000, "half": "\ud800"}
    )
    assert (len(event.subject), event.agent) == (400, "person:\\udcff")
    assert len(event.detail["long"]) == 500
    assert event.detail["half"] == "\\ud800"


# ------------------------------------------------------------ when to seal


def test_sealing_is_due_after_a_while_or_when_many_wait(trail: Trail) -> None:
    assert not trail.trail.due()
    trail.add(1, seal=False)
    assert not trail.trail.due()
    trail.clock.go(seconds=SEAL_AFTER.total_seconds())
    assert trail.trail.due()
    trail.trail.seal(trail.segments)
    assert not trail.trail.due()
    trail.trail.record_all([trail.trail.event(EventType.UPLOAD, str(number)) for number in range(SEAL_EVENTS)])
    assert trail.trail.due()


def test_what_waits_is_found_by_its_index(trail: Trail) -> None:
    trail.add(2)
    for condition in ("sealed = 0", "segment IS NOT NULL AND sealed = 0"):
        with trail.database.engine.begin() as connection:
            plan = connection.execute(
                sa.text(f"EXPLAIN QUERY PLAN SELECT seq FROM audit_events WHERE {condition} ORDER BY seq LIMIT 1")  # noqa: S608 - ours
            ).all()
        assert "ix_audit_events_unsealed" in str(plan)
