"""Checks of the trail that a page starts: one at a time, told by every process that answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.catalogue.trail_search import TrailSearch
from archive.durable import alone
from archive.services.audit import AuditAnswer
from archive.services.audit_runs import AuditRun, AuditRuns
from tests.fakes.trails import Trail, make_trail


class Slow:
    """A check that goes on until it is let go."""

    def __init__(self, trail: Trail) -> None:
        self.trail = trail
        self.begun, self.free = threading.Event(), threading.Event()
        self.count = 0

    def verify(self, tell: Callable[[int, int], None]) -> AuditAnswer:
        self.count += 1
        self.begun.set()
        while not self.free.wait(0.02):
            tell(7, 11)
        return self.trail.verify()


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    made = make_trail(tmp_path)
    made.add(3)
    yield made
    made.database.close()


def runs(trail: Trail, slow: Slow, folder: Path) -> AuditRuns:
    return AuditRuns(lambda: slow, trail.trail, TrailSearch(trail.database), trail.clock, folder)  # type: ignore[arg-type, return-value]


def ended(of: AuditRuns) -> AuditRun:
    deadline = time.monotonic() + 60
    while (run := of.latest()) is None or run.running:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return run


def test_one_check_is_told_by_all_and_not_begun_twice(trail: Trail, tmp_path: Path) -> None:
    slow = Slow(trail)
    one, other = runs(trail, slow, tmp_path), runs(trail, slow, tmp_path)
    assert one.latest() is None
    assert one.start("lan").running
    assert slow.begun.wait(60)
    assert other.start("minh").by == "lan"
    deadline = time.monotonic() + 60
    while (run := other.latest()) is None or run.done != 7:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (run.running, run.total) == (True, 11)
    slow.free.set()
    told = ended(other)
    assert slow.count == 1
    assert told == one.latest()
    assert told.answer is not None
    assert (told.answer["ok"], told.answer["broken"], told.by) == (True, 0, "lan")
    recorded = other.recorded()
    assert recorded is not None
    assert recorded["agent"] == "person:lan"
    assert other.start("minh").by == "minh", "the next one can begin"
    ended(one)


def test_of_a_check_whose_process_died_nothing_is_said(trail: Trail, tmp_path: Path) -> None:
    kept = AuditRun(by="lan", begun_at="2026-01-01T00:00:00Z", done=5, total=9)
    (tmp_path / "audit-run.json").write_text(kept.model_dump_json())
    slow = Slow(trail)
    of = runs(trail, slow, tmp_path)
    with alone(tmp_path / "audit-run.lock"):
        told = of.latest()
        assert told is not None
        assert told.running
    died = of.latest()
    assert died is not None
    assert (died.running, bool(died.fault), died.answer) == (False, True, None)
    slow.free.set()
    assert of.start("minh").running
    assert ended(of).answer is not None


def test_what_another_version_kept_is_none(trail: Trail, tmp_path: Path) -> None:
    (tmp_path / "audit-run.json").write_text('{"who": "lan"}')
    assert runs(trail, Slow(trail), tmp_path).latest() is None
