"""How often somebody may ask."""

from __future__ import annotations

import os

from archive.auth.throttle import Rate, Throttle


class _Seconds:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_then_the_rate_holds() -> None:
    seconds = _Seconds()
    throttle = Throttle(Rate(a_minute=60, at_once=3), seconds)
    assert [throttle.wait_of("a") for _ in range(4)] == [0, 0, 0, 1]
    assert throttle.wait_of("b") == 0, "another one is not made to wait"
    seconds.now += 1
    assert [throttle.wait_of("a") for _ in range(2)] == [0, 1]
    seconds.now += 1000
    assert [throttle.wait_of("a") for _ in range(4)] == [0, 0, 0, 1], "nobody saves up more than a burst"


def test_a_refused_call_costs_nothing_and_waiting_as_told_helps() -> None:
    seconds = _Seconds()
    throttle = Throttle(Rate(a_minute=2, at_once=1), seconds)
    assert throttle.wait_of("a") == 0
    wait = throttle.wait_of("a")
    assert wait == 30
    for _ in range(50):
        throttle.wait_of("a")
    seconds.now += wait
    assert throttle.wait_of("a") == 0


def test_a_clock_that_is_set_back_gives_and_takes_nothing() -> None:
    seconds = _Seconds()
    throttle = Throttle(Rate(a_minute=60, at_once=2), seconds)
    assert throttle.wait_of("a") == 0
    seconds.now -= 500
    assert [throttle.wait_of("a") for _ in range(2)] == [0, 1]


def test_a_flood_of_addresses_costs_no_memory() -> None:
    throttle = Throttle(Rate(a_minute=60, at_once=1), _Seconds(), most_keys=16)
    for number in range(1000):
        throttle.wait_of(str(number))
    assert throttle.known == 16


def test_who_was_quiet_longest_is_forgotten_first() -> None:
    seconds = _Seconds()
    throttle = Throttle(Rate(a_minute=1, at_once=1), seconds, most_keys=8)
    for number in range(8):
        seconds.now += 1
        assert throttle.wait_of(str(number)) == 0
    seconds.now += 1
    assert throttle.wait_of("one more") == 0
    assert [bool(throttle.wait_of(str(number))) for number in range(1, 8)] == [True] * 7
    assert throttle.wait_of("0") == 0, "of all keys this one was quiet longest"


def test_processes_forked_later_count_together() -> None:
    throttle = Throttle(Rate(a_minute=1, at_once=30), _Seconds())
    children = []
    for _ in range(3):
        child = os.fork()
        if not child:
            os._exit(sum(throttle.wait_of("a") == 0 for _ in range(25)))
        children.append(child)
    allowed = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sum(allowed) == 30
    assert throttle.wait_of("a") > 0
    assert throttle.wait_of("b") == 0
