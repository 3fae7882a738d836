"""The doctor on a page: bounded time, one round at a time, groups with the gravest first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from archive.services.doctor import Check, CheckStatus, Probe
from archive.services.doctor_rounds import DoctorRounds, Round
from archive.web.doctor import GROUPS, grouped
from metadata.messages import catalogue
from tests.fakes.clock import StandingClock
from tests.fakes.evidence import START

OK, WARN, FAIL = CheckStatus.OK, CheckStatus.WARN, CheckStatus.FAIL


def probe(name: str, look: Callable[[], Check] | None = None) -> Probe:
    return Probe(name, look or (lambda: Check(name, OK, name)))


def rounds(folder: Path, *probes: Probe, each: float = 5, together: float = 20) -> DoctorRounds:
    clock = StandingClock(START)
    return DoctorRounds(lambda: probes, clock, folder, timedelta(seconds=each), timedelta(seconds=together))


def test_a_look_that_hangs_is_left_behind_and_not_begun_twice(tmp_path: Path) -> None:
    free, begun = threading.Event(), threading.Semaphore(0)

    def hang() -> Check:
        begun.release()
        free.wait(30)
        return Check("storage", OK, "storage")

    examined = rounds(tmp_path, probe("home"), probe("storage", hang), probe("disk"), each=1.0)
    started = time.monotonic()
    found = [(check.name, check.status, check.message) for check in examined.run().checks]
    assert time.monotonic() - started < 5
    assert found == [("home", OK, "home"), ("storage", FAIL, "slow"), ("disk", OK, "disk")]
    assert [check.message for check in examined.run().checks] == ["home", "slow", "disk"]
    assert begun.acquire(timeout=5)
    assert not begun.acquire(blocking=False), "the hanging look was begun again"
    free.set()
    deadline = time.monotonic() + 10
    while examined.run().checks[1].status is not OK:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_round_ends_in_time_and_tells_what_it_did_not_ask(tmp_path: Path) -> None:
    free = threading.Event()

    def hang() -> Check:
        free.wait(30)
        return Check("", OK, "")

    slow = [probe(name, hang) for name in ("a", "b", "c")]
    found = rounds(tmp_path, *slow, each=0.2, together=0.3).run().checks
    free.set()
    assert [check.message for check in found][:1] == ["slow"]
    assert found[-1].message == "not_asked"


def test_a_look_that_breaks_does_not_take_the_others_along(tmp_path: Path) -> None:
    def broken() -> Check:
        raise ZeroDivisionError

    found = rounds(tmp_path, probe("index", broken), probe("disk")).run().checks
    assert [(check.name, check.status) for check in found] == [("index", FAIL), ("disk", OK)]
    assert found[0].values == {"why": "ZeroDivisionError"}


def test_who_asks_meanwhile_gets_the_same_round(tmp_path: Path) -> None:
    begun, free, counted = threading.Event(), threading.Event(), []

    def look() -> Check:
        counted.append(1)
        begun.set()
        free.wait(20)
        return Check("home", OK, "home")

    examined = rounds(tmp_path, probe("home", look))
    answers: list[Round] = []
    threads = [threading.Thread(target=lambda: answers.append(examined.run())) for _ in range(3)]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    time.sleep(0.5)
    free.set()
    for thread in threads:
        thread.join(20)
    assert len(counted) == 1
    assert len({answer.id for answer in answers}) == 1


def test_the_last_round_is_kept_for_a_while(tmp_path: Path) -> None:
    examined = rounds(tmp_path, probe("home"))
    assert examined.last(timedelta(minutes=10)) is None
    found = examined.run()
    assert examined.last(timedelta(minutes=10)) == found
    other = rounds(tmp_path, probe("home"))
    assert other.last(timedelta(minutes=10)) == found, "another process that answers tells the same"
    assert isinstance(examined.clock, StandingClock)
    examined.clock.at += timedelta(minutes=11)
    assert examined.last(timedelta(minutes=10)) is None


def test_groups_and_checks_begin_with_the_gravest() -> None:
    found = list(
        grouped(
            [Check("home", OK, "home"), Check("disk", WARN, "disk"), Check("trust", OK, "x"), Check("clamd", FAIL, "x")]
        )
    )
    assert [(group["name"], group["worst"]) for group in found] == [
        ("tools", "fail"),
        ("storage", "warn"),
        ("evidence", "ok"),
    ]
    assert [check["name"] for check in found[1]["checks"]] == ["disk", "home"]


def test_every_check_has_a_group_a_name_and_a_cure() -> None:
    for name in (name for names in GROUPS.values() for name in names):
        assert {f"doctor.check.{name}", f"doctor.todo.{name}"} <= catalogue().keys()
