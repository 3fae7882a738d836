"""The check of the trail finds every change, names its place, and says so of nothing that is whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.catalogue.trail import TrailBehindError, TrailDamagedError
from archive.preservation.audit.heads import StampedHead
from metadata.audit_chain import canonical, digest_of
from metadata.events import EventType
from metadata.packing import packed
from tests.fakes.trails import Trail, make_trail, open_trail

LAST = 13
"""Entries: the chain's first, 3 segments of 3 (the first has the chain's first too), 3 that no segment has yet."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trail that is made once and copied for each test."""
    folder = tmp_path_factory.mktemp("trail")
    trail = make_trail(folder)
    for _ in range(3):
        trail.add(3)
    trail.add(3, seal=False)
    trail.database.close()
    return folder


@pytest.fixture
def trail(made: Path, tmp_path: Path) -> Iterator[Trail]:
    shutil.copytree(made, tmp_path / "trail")
    found = open_trail(tmp_path / "trail")
    found.clock.go(days=1)
    yield found
    found.database.close()


def test_a_trail_that_nobody_touched_is_whole(trail: Trail) -> None:
    answer = trail.verify()
    assert (answer.breaks, answer.events, answer.sealed, answer.head.seq) == ([], LAST, 10, LAST)
    assert answer.proven is None


# ------------------------------------------------------------ the database changed


def agent(trail: Trail, number: int, *, digest: bool) -> None:
    body = trail.body(number) | {"agent": "person:other"}
    trail.set_body(number, body)
    if digest:
        trail.sql("UPDATE audit_events SET sha256 = :s WHERE number = :n", s=digest_of(canonical(body)), n=number)


def swap(trail: Trail, one: int, other: int) -> None:
    for number, place in ((one, -1), (other, one), (-1, other)):
        trail.sql("UPDATE audit_events SET number = :p WHERE number = :n", p=place, n=number)


def rewind(trail: Trail, number: int) -> None:
    trail.sql("DELETE FROM audit_events WHERE number > :n", n=number)
    trail.sql(
        "UPDATE audit_head SET seq = :n, sha256 = (SELECT sha256 FROM audit_events WHERE number = :n), "
        "at = (SELECT at FROM audit_events WHERE number = :n)",
        n=number,
    )


def copy_of_last(trail: Trail, number: object) -> None:
    trail.sql(
        "INSERT INTO audit_events (id, at, type, subject, body, sealed, number, sha256) "
        "SELECT 'other', at, type, subject, body, 0, :n, sha256 FROM audit_events WHERE number = :last",
        n=number,
        last=LAST,
    )


DATABASE: dict[str, tuple[Callable[[Trail], None], list[tuple[str, str, int | None, int | None]]]] = {
    "a sealed entry": (lambda t: agent(t, 5, digest=False), [("database", "changed", 5, None)]),
    "a sealed entry and its digest": (lambda t: agent(t, 5, digest=True), [("database", "changed", 5, None)]),
    "an entry not sealed yet": (lambda t: agent(t, 12, digest=False), [("database", "changed", 12, None)]),
    "an entry not sealed yet and its digest": (
        lambda t: agent(t, 12, digest=True),
        [("database", "changed", 12, None)],
    ),
    "the last entry and its digest": (lambda t: agent(t, LAST, digest=True), [("database", "changed", LAST, None)]),
    "what an entry is found by": (
        lambda t: t.sql("UPDATE audit_events SET subject = 'x' WHERE number = 6"),
        [("database", "changed", 6, None)],
    ),
    "when it is said to have happened": (
        lambda t: t.sql("UPDATE audit_events SET at = '2020-01-01T00:00:00.000Z' WHERE number = 12"),
        [("database", "changed", 12, None)],
    ),
    "a sealed entry taken out": (
        lambda t: t.sql("DELETE FROM audit_events WHERE number = 5"),
        [("database", "removed", 5, None)],
    ),
    "an entry not sealed yet taken out": (
        lambda t: t.sql("DELETE FROM audit_events WHERE number = 12"),
        [("database", "removed", 12, 12)],
    ),
    "two sealed entries exchanged": (
        lambda t: swap(t, 5, 6),
        [("database", "changed", 5, None), ("database", "changed", 6, None)],
    ),
    "two entries not sealed yet exchanged": (
        lambda t: swap(t, 11, 12),
        [("database", "changed", 11, None), ("database", "changed", 12, None)],
    ),
    "the end cut off": (
        lambda t: t.sql("DELETE FROM audit_events WHERE number > 11"),
        [("database", "cut", 12, LAST)],
    ),
    "the sealed end cut off, head and all": (lambda t: rewind(t, 8), [("database", "cut", 9, 10)]),
    "everything": (
        lambda t: t.sql("DELETE FROM audit_events"),
        [*(("database", "removed", n, None) for n in range(1, 11)), ("database", "cut", 11, LAST)],
    ),
    "the head": (
        lambda t: t.sql("UPDATE audit_head SET sha256 = :s", s="ab" * 32),
        [("database", "changed", LAST, None)],
    ),
    "an entry said to be sealed": (
        lambda t: t.sql("UPDATE audit_events SET sealed = 1, segment = 'none' WHERE number = 12"),
        [("storage", "removed", 12, None)],
    ),
    "an entry that is no event": (
        lambda t: t.sql("UPDATE audit_events SET body = '[1]' WHERE number = 12"),
        [("database", "unreadable", 12, None)],
    ),
    "an entry that is no JSON": (
        lambda t: t.sql("UPDATE audit_events SET body = '{' WHERE number = 12"),
        [("database", "unreadable", 12, None)],
    ),
    "a sealed entry that is no JSON": (
        lambda t: t.sql("UPDATE audit_events SET body = '{' WHERE number = 5"),
        [("database", "changed", 5, None)],
    ),
    "an entry added after the head": (
        lambda t: copy_of_last(t, LAST + 1),
        [("database", "added", LAST + 1, None)],
    ),
    "an entry added before the first": (
        lambda t: copy_of_last(t, -1),
        [("database", "added", -1, None)],
    ),
    "an entry added without a number": (
        lambda t: copy_of_last(t, "x"),
        [("database", "added", None, None)],
    ),
    "the head alone, set back behind what is sealed": (
        lambda t: t.sql("UPDATE audit_head SET seq = 11, sha256 = (SELECT sha256 FROM audit_events WHERE number = 11)"),
        [("database", "added", 12, None), ("database", "added", 13, None)],
    ),
}


@pytest.mark.parametrize(("harm", "expected"), DATABASE.values(), ids=DATABASE.keys())
def test_a_change_of_the_database_is_found_at_its_place(
    trail: Trail, harm: Callable[[Trail], None], expected: list[tuple[str, str, int | None, int | None]]
) -> None:
    harm(trail)
    assert trail.found() == expected


def test_the_sealed_end_comes_back_from_storage_and_no_second_end_is_sealed_beside_it(trail: Trail) -> None:
    rewind(trail, 7)
    assert trail.trail.restore(trail.segments) == 3
    assert trail.found() == []
    rewind(trail, 7)
    with pytest.raises(TrailBehindError, match=trail.files()[2].name.removesuffix(".jsonl.zst")):
        trail.add(1)
    assert trail.trail.restore(trail.segments) == 3
    trail.add(1)
    assert trail.found() == []
    assert trail.verify().events == 12


def test_a_database_that_is_years_behind_is_not_sealed_beside_either(trail: Trail) -> None:
    trail.clock.go(days=800)
    trail.add(1)
    trail.sql("DELETE FROM audit_events WHERE number > 8")
    trail.sql("UPDATE audit_head SET seq = 8, sha256 = (SELECT sha256 FROM audit_events WHERE number = 8)")
    trail.clock.go(days=1)
    with pytest.raises(TrailBehindError):
        trail.add(1)


def test_what_is_found_names_event_and_segment(trail: Trail) -> None:
    body = trail.body(5)
    agent(trail, 5, digest=False)
    (found,) = trail.verify().breaks
    assert (found.id, found.segment) == (body["id"], trail.files()[1].name.removesuffix(".jsonl.zst"))


# ------------------------------------------------------------ the storage changed


def changed(line: bytes) -> bytes:
    return canonical(json.loads(line) | {"agent": "person:other"})


STORAGE: dict[str, tuple[Callable[[Trail], None], set[tuple[str, str, int | None, int | None]]]] = {
    "an entry inside": (
        lambda t: t.rewrite(t.files()[1], lambda lines: [lines[0], changed(lines[1]), lines[2]]),
        {("storage", "changed", 6, None)},
    ),
    "the last entry of the last segment": (
        lambda t: t.rewrite(t.files()[2], lambda lines: [*lines[:2], changed(lines[2])]),
        {("storage", "changed", 10, None)},
    ),
    "an entry and the heading": (
        lambda t: t.rewrite(t.files()[1], lambda lines: [*lines[:2], changed(lines[2])], heading=True),
        {("storage", "changed", 7, None)},
    ),
    "an entry taken out": (
        lambda t: t.rewrite(t.files()[1], lambda lines: [lines[0], lines[2]]),
        {("storage", "removed", 6, 6), ("storage", "cut", 7, 7), ("storage", "removed", 6, None)},
    ),
    "two entries exchanged": (
        lambda t: t.rewrite(t.files()[1], lambda lines: [lines[1], lines[0], lines[2]]),
        {("storage", "removed", 5, 5), ("storage", "reordered", 5, None), ("storage", "changed", 5, None)},
    ),
    "an entry added": (
        lambda t: t.rewrite(t.files()[1], lambda lines: [*lines, lines[0]]),
        {("storage", "reordered", 5, None), ("storage", "added", 8, 7)},
    ),
    "a segment taken out": (
        lambda t: t.files()[1].unlink(),
        {("storage", "removed", 5, 7)},
    ),
    "the last segment taken out": (
        lambda t: t.files()[2].unlink(),
        {("storage", "removed", 8, 10)},
    ),
    "the first segment taken out": (
        lambda t: t.files()[0].unlink(),
        {("storage", "removed", 1, 4)},
    ),
    "no event in a line": (
        lambda t: t.rewrite(t.files()[1], lambda lines: [lines[0], b"[]", lines[2]]),
        {("storage", "unreadable", 6, None), ("storage", "removed", 6, 6), ("storage", "removed", 6, None)},
    ),
}


@pytest.mark.parametrize(("harm", "expected"), STORAGE.values(), ids=STORAGE.keys())
def test_a_change_of_the_storage_is_found_at_its_place(
    trail: Trail, harm: Callable[[Trail], None], expected: set[tuple[str, str, int | None, int | None]]
) -> None:
    harm(trail)
    found = trail.found()
    assert expected <= set(found)
    assert {where for where, *_ in found} == {"storage"}


@pytest.mark.parametrize("keep", [0, 5, 60])
def test_a_segment_that_cannot_be_unpacked_is_named(trail: Trail, keep: int) -> None:
    file = trail.files()[1]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:keep])
    found = [place for place in trail.verify().breaks if place.kind == "unreadable"]
    assert {place.segment for place in found} == {file.name.removesuffix(".jsonl.zst")}


def sealed_as(trail: Trail, *lines: bytes) -> str:
    """Put `lines` in place of the last segment; its name."""
    file = trail.files()[2]
    file.chmod(0o644)
    file.write_bytes(packed(b"".join(line + b"\n" for line in lines), level=3))
    return file.name.removesuffix(".jsonl.zst")


HEADING = b'"first_sha256":"","form":"luutru audit segment 2","last_sha256":""}'


@pytest.mark.parametrize(
    "lines",
    [
        (b'{"events":0,"first":8,"last":7,' + HEADING,),
        (b'{"events":3,"first":1e999,"last":10,' + HEADING,),
        (b'{"events":3,"first":8,"last":10,' + HEADING, b"[" * 100_000),
        (b"",),
    ],
    ids=["of no events", "of a number without end", "of nested lists", "without a line"],
)
def test_a_segment_that_was_made_up_is_a_place_for_the_check_and_a_fault_for_a_rebuild(
    trail: Trail, lines: tuple[bytes, ...]
) -> None:
    name = sealed_as(trail, *lines)
    assert name in {place.segment for place in trail.verify().breaks if place.kind == "unreadable"}
    trail.sql("DELETE FROM audit_events WHERE number BETWEEN 8 AND 10")
    if lines != (b"",):
        with pytest.raises(TrailDamagedError, match=name):
            trail.trail.restore(trail.segments)


def test_nothing_is_recorded_or_sealed_over_a_broken_end_and_it_is_a_fault_that_says_so(trail: Trail) -> None:
    trail.sql("UPDATE audit_events SET body = '{' WHERE number = :n", n=LAST)
    with pytest.raises(TrailDamagedError, match="database"):
        trail.trail.seal(trail.segments)
    copy_of_last(trail, LAST + 1)
    with pytest.raises(TrailDamagedError, match="number"):
        trail.add(1, seal=False)


# ------------------------------------------------------------ both changed


def test_whoever_has_both_copies_is_found_by_the_time_stamped_heads(made: Path, tmp_path: Path) -> None:
    trail = make_trail(tmp_path)
    trail.add(3)
    trail.stamps.stamp(trail.heads.head())
    trail.add(4, seal=False)
    trail.stamps.stamp(trail.heads.head())
    trail.add(2)
    before = trail.verify()
    assert (before.ok, before.proven_seq, before.events) == (True, 8, 10)

    trail.rewrite_history(6)
    alone = Trail(tmp_path, trail.database)
    assert alone.found() == [], "without a time-stamp the new chain is as good as the old one"
    answer = trail.verify()
    (found,) = answer.breaks
    assert (found.where, found.kind, found.seq, found.last) == ("time-stamp", "rewritten", 5, 8)
    assert (found.batch, answer.proven_seq) == ("2026-11-02-1", 4)


def test_what_comes_after_the_last_time_stamp_is_said_not_to_be_proven(tmp_path: Path) -> None:
    trail = make_trail(tmp_path)
    trail.add(3)
    trail.stamps.stamp(trail.heads.head())
    trail.add(2)
    trail.rewrite_history(5)
    answer = trail.verify()
    assert (answer.ok, answer.proven_seq, answer.events) == (True, 4, 6)


def test_an_end_that_was_cut_from_both_copies_is_found_by_a_time_stamped_head(trail: Trail) -> None:
    trail.stamps.stamp(trail.heads.head())
    rewind(trail, 7)
    for file in trail.files()[2:]:
        file.unlink()
    assert trail.found() == [("time-stamp", "cut", LAST, LAST)]


def test_a_head_whose_evidence_does_not_hold_proves_nothing_and_is_told(trail: Trail) -> None:
    trail.stamps.stamp(trail.heads.head(), holds=False)
    assert trail.found() == [("time-stamp", "changed", LAST, None)]


def test_a_head_that_waits_for_its_time_stamp_proves_nothing_yet(trail: Trail) -> None:
    trail.stamps.stamp(trail.heads.head(), holds=None)
    answer = trail.verify()
    assert (answer.ok, answer.proven, len(answer.undecided)) == (True, None, 1)


@pytest.mark.parametrize(
    "document", [b"", b"[]", b'{"form":"luutru audit head 1"}', b'{"form":"other","seq":1}', b"\xff"]
)
def test_a_head_that_is_none_is_a_broken_place_and_no_error(trail: Trail, document: bytes) -> None:
    trail.stamps.found.append(StampedHead(document, "2026-11-01-1", "", True))
    assert trail.found() == [("time-stamp", "unreadable", None, None)]


# ------------------------------------------------------------ others go on working


def test_events_that_are_recorded_and_sealed_meanwhile_break_nothing(trail: Trail) -> None:
    class Meanwhile:
        """Takes its time, in which somebody else records and seals."""

        def heads(self) -> tuple[StampedHead, ...]:
            return ()

    original = trail.segments.segments
    listed: list[int] = []

    class Slow(type(trail.segments)):  # type: ignore[misc]
        def segments(self) -> Iterator[object]:
            found = list(original())
            if not listed:
                listed.append(len(found))
                trail.add(2)
            yield from found

    from archive.catalogue.recorded import RecordedTrail  # noqa: PLC0415 - only this test builds a check of its own
    from archive.services.audit import AuditChecking  # noqa: PLC0415
    from storage.backends.filesystem import FilesystemStore  # noqa: PLC0415

    slow = Slow(FilesystemStore(trail.folder / "storage"))
    answer = AuditChecking(RecordedTrail(trail.database), slow, Meanwhile()).verify()
    assert listed == [3]
    assert answer.breaks == []


def test_a_trail_without_any_event_is_whole(tmp_path: Path) -> None:
    trail = make_trail(tmp_path)
    answer = trail.verify()
    assert (answer.ok, answer.events) == (True, 0)
    assert trail.heads.head() is None
    trail.database.close()


def test_the_head_that_is_given_to_evidence_is_sealed_first(tmp_path: Path) -> None:
    trail = make_trail(tmp_path)
    trail.add(2, seal=False)
    head = trail.heads.head()
    assert head is not None
    lines = [line for segment in trail.segments.segments() for line in trail.segments.lines(segment)]
    assert (head.seq, head.sha256) == (3, digest_of(lines[-1]))
    assert json.loads(lines[1])["type"] == EventType.CHAIN_START.value
    trail.database.close()
