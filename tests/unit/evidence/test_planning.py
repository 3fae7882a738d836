"""What is due when: decisions on stamps as values."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest

from archive.preservation.evidence.history import Cover, History, HistoryBrokenError, Stamp, StampKind
from archive.preservation.evidence.planning import (
    DAY,
    Due,
    Holding,
    Supposition,
    Terms,
    Why,
    due,
    if_broken,
    if_revoked,
    plan,
    suppose,
)
from archive.preservation.evidence.renewing import struck
from archive.services.evidence import algorithm_called
from tests.fakes.evidence import START, YEAR

ENDS = START + 5 * YEAR


def stamp(name: str, kind: StampKind = StampKind.BATCH, *covered: str, **more: object) -> Stamp:
    said: dict[str, object] = {
        "algorithm": "sha256",
        "time": START,
        "signer": "CN=Một 2026",
        "expires": ENDS,
        "covers": tuple(Cover(entry, b"") for entry in covered),
        **more,
    }
    return Stamp(name, kind, **said)  # type: ignore[arg-type]


def holding(*stamps: Stamp, terms: Terms | None = None, **sunsets: datetime) -> Holding:
    sizes = dict.fromkeys((entry.name for entry in stamps), 1000)
    return Holding(History.of(stamps), sizes, terms or Terms(), sunsets.get)


def actions(entries: tuple[Due, ...]) -> list[tuple[StampKind, Why, tuple[str, ...]]]:
    return [(entry.action, entry.why, entry.stamps) for entry in entries]


def test_the_first_certificate_that_ends_brings_all_others_along() -> None:
    held = holding(stamp("a"), stamp("b", expires=ENDS + YEAR))
    assert due(held, ENDS - 181 * DAY) == ()
    assert actions(due(held, ENDS - 180 * DAY)) == [(StampKind.RENEWAL, Why.CERTIFICATE_ENDS, ("a", "b"))]


def test_a_digest_under_the_token_ends_it_before_its_certificate_does() -> None:
    sunset = START + 2 * YEAR
    held = holding(stamp("a", digests=("sha256", "sha512"), algorithm="sha512"), sha256=sunset)
    assert actions(due(held, sunset - 180 * DAY)) == [(StampKind.RENEWAL, Why.SIGNATURE_ENDS, ("a",))]


def test_a_young_stamp_is_not_renewed_again_until_the_last_days() -> None:
    """An authority whose own certificate ends soon gives no better token tomorrow."""
    young = stamp("a", time=ENDS - 100 * DAY)
    held = holding(young)
    assert due(held, ENDS - 99 * DAY) == ()
    assert len(due(held, ENDS - 70 * DAY)) == 1
    late = holding(stamp("a", time=ENDS - 10 * DAY))
    assert due(late, ENDS - 8 * DAY) == ()
    assert len(due(late, ENDS - 7 * DAY)) == 1


def test_the_tree_is_renewed_before_its_digest_ends_and_names_what_is_read() -> None:
    sunset = START + 3 * YEAR
    held = holding(stamp("a"), stamp("b"), stamp("r", StampKind.RENEWAL, "a", "b"), sha256=sunset)
    assert due(held, START + YEAR - DAY) == ()
    (entry,) = due(held, START + YEAR)
    assert (entry.action, entry.why, entry.stamps, entry.algorithm) == (
        StampKind.REHASH,
        Why.ALGORITHM_ENDS,
        ("r",),
        "sha512",
    )
    assert entry.read_bytes == 2000
    done = stamp("h", StampKind.REHASH, "r", algorithm="sha512", parts=(("a", b""), ("b", b"")))
    again = Holding(held.history.having(done), held.bytes, held.terms, held.sunset)
    assert due(again, START + YEAR) == ()


def test_one_authority_alone_is_joined_by_a_second() -> None:
    terms = Terms(cross=10 * DAY)
    one = stamp("a", source="tsa-1")
    assert due(holding(one, terms=terms), START + 9 * DAY) == ()
    found = due(holding(one, terms=terms), START + 10 * DAY)
    assert actions(found) == [(StampKind.RENEWAL, Why.ONE_AUTHORITY, ("a",))]
    second = stamp("x", StampKind.RENEWAL, "a", source="tsa-2", time=START + 10 * DAY, expires=ENDS + YEAR)
    assert due(holding(one, second, terms=terms), START + 11 * DAY) == ()
    # When what stands below is about to end, the one above would stand alone.
    assert actions(due(holding(one, second, terms=terms), ENDS - 180 * DAY)) == [
        (StampKind.RENEWAL, Why.ONE_AUTHORITY, ("x",))
    ]
    same = replace_source(second, "tsa-1")
    assert actions(due(holding(one, same, terms=terms), START + 21 * DAY)) == [
        (StampKind.RENEWAL, Why.ONE_AUTHORITY, ("x",))
    ]


def replace_source(entry: Stamp, source: str) -> Stamp:
    return replace(entry, source=source)


def test_missed_means_that_less_time_is_left_than_an_alarm_allows() -> None:
    (entry,) = due(holding(stamp("a")), ENDS - 91 * DAY)
    assert not entry.missed(ENDS - 91 * DAY, Terms())
    assert entry.missed(ENDS - 90 * DAY, Terms())
    assert entry.missed(ENDS + YEAR, Terms())


def test_the_plan_goes_on_with_what_is_only_assumed() -> None:
    found = tuple(plan(holding(stamp("a")), START, START + 20 * YEAR))
    assert [entry.assumed for entry in found] == [False, True, True, True]
    assert [entry.begin for entry in found] == sorted(entry.begin for entry in found)
    assert all(later.begin - entry.begin <= 5 * YEAR for entry, later in pairwise(found))
    assert list(plan(holding(), START, START + 20 * YEAR)) == []


def test_a_plan_of_many_steps_is_given_whole() -> None:
    """Certificates of half a year over a century, two authorities wanted: more steps than anybody prints."""
    short = stamp("a", expires=START + YEAR / 2)
    found = list(plan(holding(short, terms=Terms(cross=10 * DAY)), START, START + 100 * YEAR))
    assert len(found) > 300
    assert [entry.begin for entry in found] == sorted(entry.begin for entry in found)
    assert found[-1].begin > START + 99 * YEAR


def test_a_digest_without_a_better_successor_is_planned_once() -> None:
    sunset = START + 3 * YEAR
    held = holding(stamp("a", algorithm="sha512", expires=ENDS), sha512=sunset)
    rehashes = [entry for entry in plan(held, START, START + 4 * YEAR) if entry.action is StampKind.REHASH]
    assert [(entry.begin, entry.end) for entry in rehashes] == [(sunset - Terms().algorithm_margin, sunset)]


def test_what_if_a_digest_or_an_authority_ends_on_a_day_is_planned_by_the_same_rules() -> None:
    held = holding(stamp("a"), stamp("b", signer="CN=Hai 2026", expires=ENDS + YEAR))
    until, day = START + 10 * YEAR, START + 3 * YEAR
    (first, *_) = suppose(held, Supposition(broken="sha256", since=day), START, until)
    assert (first.action, first.why, first.begin, first.end) == (
        StampKind.REHASH,
        Why.ALGORITHM_ENDS,
        day - Terms().algorithm_margin,
        day,
    )
    (first, *_) = suppose(held, Supposition(ends="hai", since=day), START, until)
    assert (first.why, first.begin, first.end) == (Why.CERTIFICATE_ENDS, day - Terms().margin, day)
    assert first.stamps == ("a", "b"), "one token covers both"
    later = suppose(held, Supposition(ends="hai", since=ENDS + 2 * YEAR), START, until)
    assert list(later) == list(plan(held, START, until)), "what ends later than it does changes nothing"
    known = holding(stamp("a"), sha256=day)
    assert next(suppose(known, Supposition(broken="sha256", since=day + YEAR), START, until)).end == day
    at_once = list(suppose(held, Supposition(revoked="hai", since=day), START, until))
    assert at_once == list(if_revoked(held, "hai", START))


def test_what_if_a_digest_is_broken_or_an_authority_revoked() -> None:
    held = holding(stamp("a"), stamp("b", signer="CN=Hai 2026"), stamp("r", StampKind.RENEWAL, "a", signer="CN=Ba"))
    (broken,) = if_broken(held, "sha256", START)
    assert (broken.read_bytes, broken.why, broken.begin) == (2000, Why.ALGORITHM_BROKEN, START)
    assert if_broken(held, "sha512", START) == ()
    modern = holding(stamp("a", algorithm="sha512", digests=("sha256",)), stamp("b", algorithm="sha512"))
    assert actions(if_broken(modern, "sha256", START)) == [(StampKind.RENEWAL, Why.ALGORITHM_BROKEN, ("a",))]
    (revoked,) = if_revoked(held, "hai", START)
    assert (revoked.action, revoked.lost) == (StampKind.RESTAMP, ("b",))
    (above,) = if_revoked(held, "BA", START)
    assert (above.action, above.lost) == (StampKind.RENEWAL, ())
    # Unless what is below has ended in the meantime.
    (late,) = if_revoked(held, "BA", ENDS)
    assert (late.action, late.lost) == (StampKind.RESTAMP, ("a",))
    # What stands below a good stamp is proven whatever becomes of its authority.
    assert if_revoked(held, "một", START) == ()


def test_a_void_stamp_covers_nothing_and_what_it_covered_is_a_head_again() -> None:
    history = History.of(
        [stamp("a"), stamp("r", StampKind.RENEWAL, "a"), stamp("s", StampKind.RENEWAL, "a", voids=("r",))]
    )
    assert [head.name for head in history.heads()] == ["s"]
    assert [link.stamp.name for link in history.line("a")] == ["a", "s"]


def test_a_void_batch_has_no_line_until_its_root_is_stamped_anew() -> None:
    gone = History.of([stamp("a"), stamp("b", voids=("a",))])
    assert gone.line("a") == ()
    anew = gone.having(stamp("n", StampKind.RESTAMP, "a"), stamp("r", StampKind.RENEWAL, "n", "b"))
    assert [(link.stamp.name, link.stamped_by.name) for link in anew.line("a")] == [("a", "n"), ("r", "r")]


def test_stamps_that_cover_each_other_in_a_circle_are_found() -> None:
    history = History.of([stamp("a"), stamp("r", StampKind.RENEWAL, "a", "s"), stamp("s", StampKind.RENEWAL, "r")])
    with pytest.raises(HistoryBrokenError):
        history.line("a")


def test_revoked_stamps_are_followed_down_to_what_holds() -> None:
    history = History.of(
        [
            stamp("a"),
            stamp("b"),
            stamp("x", StampKind.RENEWAL, "a"),
            stamp("y", StampKind.RENEWAL, "x", "b"),
            stamp("c"),
        ]
    )
    found = struck(history, lambda entry: entry.name in {"a", "c"})
    assert found.voids == ("b", "x", "y")
    assert [entry.name for entry in found.renew] == ["a"]
    assert [entry.name for entry in found.restamp] == ["b"]
    assert struck(history, lambda _: True).voids == ()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("SHA-256", "sha256"),
        ("sha512", "sha512"),
        ("SHA3-256", "sha3_256"),
        ("sha-384", "sha384"),
        ("SHA3_512", "sha3_512"),
    ],
)
def test_digests_may_be_called_as_people_call_them(said: str, meant: str) -> None:
    assert algorithm_called(said) == meant
