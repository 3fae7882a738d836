"""Whatever is done to a sealed trail, something is found; a head under a time-stamp finds what a forger made whole."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import assume, given
from hypothesis import strategies as st

from archive.preservation.audit.verification import AuditBreak, Entry, StoredSegment, rewritten, sealed_entries
from metadata.audit_chain import EMPTY, ChainHead, SegmentHeading, canonical, linked

Lines = list[bytes]


def made(agents: list[str]) -> tuple[list[Lines], ChainHead]:
    """Segments of three events each, and the head."""
    head = EMPTY
    lines: Lines = []
    for number, agent in enumerate(agents):
        body, head = linked({"id": str(number), "at": f"2026-11-28T00:00:00.{number:03d}Z", "agent": agent}, head)
        lines.append(canonical(body))
    return [lines[start : start + 3] for start in range(0, len(lines), 3)], head


def breaks_of(segments: list[Lines], headings: list[SegmentHeading]) -> tuple[list[AuditBreak], dict[int, Entry]]:
    found: list[AuditBreak] = []
    stored = [
        StoredSegment(str(n), heading, lines) for n, (heading, lines) in enumerate(zip(headings, segments, strict=True))
    ]
    entries = {entry.link.seq: entry for entry in sealed_entries(stored, found)}
    return found, entries


def headings_of(segments: list[Lines]) -> list[SegmentHeading]:
    first, found = 1, []
    for lines in segments:
        found.append(SegmentHeading.over(lines, first))
        first += len(lines)
    return found


def flipped(lines: Lines, place: int, bit: int) -> Lines:
    line = bytearray(lines[place])
    line[bit // 8 % len(line)] ^= 1 << bit % 8
    return [*lines[:place], bytes(line), *lines[place + 1 :]]


HARM: list[Callable[[Lines, int, int], Lines]] = [
    flipped,
    lambda lines, place, _: lines[:place] + lines[place + 1 :],
    lambda lines, place, other: [*lines[:place], lines[other % len(lines)], *lines[place:]],
    lambda lines, place, other: [
        lines[{place: other % len(lines), other % len(lines): place}.get(n, n)] for n in range(len(lines))
    ],
    lambda lines, place, _: [*lines[:place], b"{}", *lines[place + 1 :]],
]


agents = st.lists(st.text(max_size=3), min_size=4, max_size=9)


@given(agents)
def test_a_trail_as_it_was_sealed_is_whole(names: list[str]) -> None:
    segments, head = made(names)
    found, entries = breaks_of(segments, headings_of(segments))
    assert found == []
    assert entries[head.seq].link.sha256 == head.sha256


@given(agents, st.sampled_from(HARM), st.integers(0, 8), st.integers(0, 10_000))
def test_any_change_of_a_segment_is_found(
    names: list[str], harm: Callable[[Lines, int, int], Lines], place: int, other: int
) -> None:
    segments, _ = made(names)
    chosen = place % len(segments)
    headings = headings_of(segments)
    changed = harm(segments[chosen], place % len(segments[chosen]), other)
    assume(changed != segments[chosen])
    found, _ = breaks_of([*segments[:chosen], changed, *segments[chosen + 1 :]], headings)
    assert found


@given(agents, st.integers(0, 8))
def test_a_segment_that_is_missing_is_found_unless_it_was_the_last(names: list[str], place: int) -> None:
    segments, _ = made(names)
    headings = headings_of(segments)
    chosen = place % len(segments)
    assume(chosen != len(segments) - 1)
    found, _ = breaks_of(segments[:chosen] + segments[chosen + 1 :], headings[:chosen] + headings[chosen + 1 :])
    assert found


@given(agents, st.integers(0, 8), st.integers(0, 8))
def test_a_trail_made_anew_from_any_event_on_is_found_by_a_later_head(
    names: list[str], place: int, stamped: int
) -> None:
    changed = place % len(names)
    segments, _ = made(names)
    forged, _ = made([*names[:changed], names[changed] + "x", *names[changed + 1 :]])
    found, entries = breaks_of(forged, headings_of(forged))
    assert found == [], "the forged chain is whole"
    seq = stamped % len(names) + 1
    _, truth = breaks_of(segments, headings_of(segments))
    true = ChainHead(seq, truth[seq].link.sha256, "")
    found_by_head = rewritten(true, "2026-11-28-1", "2026-11-28T00:00:00.000Z", entries.get(seq), 0)
    assert (found_by_head is not None) == (seq > changed)
