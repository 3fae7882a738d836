"""Whoever is shown something is recorded first; a reader that asks in pieces is recorded once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue.places import Place
from archive.catalogue.recorded import RecordedTrail
from archive.catalogue.trail import AuditTrail
from archive.errors import DatabaseFaultError
from archive.services.accesses import ONE_LOOK, Accesses
from metadata.descriptions import Description
from metadata.events import EventType
from metadata.package import PackageRecord
from tests.fakes.trails import Trail, make_trail

RECORD = PackageRecord(package_id="p2", dossier_id="p", created_at="", dossier=Description(), agency="H49")


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    made = make_trail(tmp_path)
    yield made
    made.database.close()


def shown(trail: Trail) -> list[Any]:
    return RecordedTrail(trail.database).page(after=0, limit=100, kind=EventType.ACCESS.value)


def test_a_look_is_an_event_about_the_dossier_with_the_account_and_nothing_of_the_content(trail: Trail) -> None:
    Accesses(trail.trail, trail.clock).shown(RECORD, "lan", ordinal=3, file="ab" * 32, what="file")
    (event,) = shown(trail)
    assert (event["subject"], event["agency"], event["agent"]) == ("p", "H49", "person:lan")
    assert event["detail"] == {"what": "file", "ordinal": "3", "file": "ab" * 32}


def test_pieces_of_one_look_are_one_event(trail: Trail) -> None:
    accesses = Accesses(trail.trail, trail.clock)
    for _ in range(3):
        accesses.looked(RECORD, "lan", ordinal=1, what="text")
    accesses.looked(RECORD, "minh", ordinal=1, what="text")
    accesses.looked(RECORD, "lan", ordinal=2, what="text")
    assert len(shown(trail)) == 3
    trail.clock.go(seconds=ONE_LOOK.total_seconds())
    accesses.looked(RECORD, "lan", ordinal=1, what="text")
    assert len(shown(trail)) == 4


def test_pieces_that_several_processes_answer_are_one_event_too(trail: Trail) -> None:
    one, other = (Accesses(trail.trail, trail.clock) for _ in range(2))
    one.looked(RECORD, "lan", ordinal=1, file="ab" * 32, what="file")
    trail.clock.go(seconds=60)
    for _ in range(2):
        other.looked(RECORD, "lan", ordinal=1, file="ab" * 32, what="file")
    assert len(shown(trail)) == 1
    other.looked(RECORD, "minh", ordinal=1, file="ab" * 32, what="file")
    other.looked(RECORD, "lan", ordinal=1, file="cd" * 32, what="file")
    assert len(shown(trail)) == 3
    # The look began with the first piece, whoever answered it.
    trail.clock.go(seconds=ONE_LOOK.total_seconds() - 60)
    other.looked(RECORD, "lan", ordinal=1, file="ab" * 32, what="file")
    assert len(shown(trail)) == 4


def test_what_cannot_be_recorded_is_not_shown_and_no_later_piece_of_it_either(trail: Trail) -> None:
    class Down(AuditTrail):
        def record(self, *_: object) -> None:
            raise DatabaseFaultError("down")

    accesses = Accesses(Down(trail.database, trail.clock), trail.clock)
    for _ in range(2):
        with pytest.raises(DatabaseFaultError):
            accesses.looked(RECORD, "lan", ordinal=1, what="text")


def test_a_search_that_shows_nothing_closed_does_not_wait_for_who_writes(trail: Trail) -> None:
    accesses = Accesses(trail.trail, trail.clock)
    with trail.database.transaction():
        accesses.found([], "lan")
    place = [(Place("p", 1), "H49")]
    accesses.found(place, "lan")
    with trail.database.transaction():
        accesses.found(place, "lan")
    assert len(shown(trail)) == 1


def test_who_looked_is_no_part_of_what_a_reader_is_shown(trail: Trail) -> None:
    trail.trail.record(trail.trail.event(EventType.STORAGE, "p"))
    Accesses(trail.trail, trail.clock).shown(RECORD, "lan")
    assert [event["type"] for event in trail.trail.of(["p"])] == [EventType.STORAGE.value]
