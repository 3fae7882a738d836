"""What the trail knows of a package: its own events, and those of the time-stamps over it, renewals included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.dissemination.history import later_events
from archive.services.package_trail import PackageTrail
from metadata.events import EventType
from metadata.package_reader import read_package
from tests.fakes.dossiers import Paper
from tests.fakes.evidence import YEAR, EvidenceBench, fresh

PLAIN = Paper(("plain.pdf",))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[EvidenceBench]:
    made = EvidenceBench(tmp_path, first=fresh("Một"))
    yield made
    made.close()


def trail_of(bench: EvidenceBench) -> PackageTrail:
    evidence = bench.evidence()
    return PackageTrail(bench.trail, evidence.stamping, evidence.places)


def test_a_batch_and_its_renewal_are_events_of_the_packages_that_they_cover_alone(bench: EvidenceBench) -> None:
    package = bench.archive("1", [PLAIN])
    list(bench.evidence().build())
    bench.clock.at += 4 * YEAR
    list(bench.evidence().renew(everything=True))
    later = bench.archive("2", [PLAIN])
    types = [event["type"] for event in trail_of(bench).of(package)]
    assert types == [EventType.EVIDENCE_BATCH.value, EventType.EVIDENCE_RENEWAL.value]
    assert trail_of(bench).of(later) == []


def test_in_premis_they_name_the_batch(bench: EvidenceBench) -> None:
    package = bench.archive("1", [PLAIN])
    bench.clock.at += YEAR / 12
    list(bench.evidence().build())
    files = {file.path: file for file in bench.packages.files(package)}
    record = read_package(lambda path: bench.packages.open(files[path]), files, package)
    told = trail_of(bench).of(package)
    (event,) = later_events(record, told)
    assert event.type == "evidence batch"
    assert told[0]["subject"].removeprefix("evidence:") in event.detail


def test_an_event_of_the_package_stands_between_them_by_its_time(bench: EvidenceBench) -> None:
    package = bench.archive("1", [PLAIN])
    list(bench.evidence().build())
    bench.clock.at += YEAR
    bench.trail.record(bench.trail.event(EventType.FIXITY_CHECK, package))
    assert [event["type"] for event in trail_of(bench).of(package)] == ["evidence batch", "fixity check"]
