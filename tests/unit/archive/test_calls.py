"""Calls between the processes of a server."""

from __future__ import annotations

import threading

from archive.cli.calls import Calls


def test_what_is_called_for_is_done_and_many_calls_are_few() -> None:
    calls = Calls()
    done, exported = threading.Semaphore(0), threading.Event()
    for _ in range(1000):
        calls.jobs()
    with calls.heard(lambda: done.release(), exported.set):  # noqa: PLW0108 - it takes no answer
        assert done.acquire(timeout=60)
        assert not exported.is_set()
        calls.exports()
        assert exported.wait(60)
    assert not done.acquire(blocking=False)


def test_it_ends_though_the_pipe_is_full_and_goes_on_though_an_answer_fails() -> None:
    calls = Calls()
    begun, free = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        free.wait(60)
        raise ZeroDivisionError

    with calls.heard(slow, lambda: None):
        calls.jobs()
        assert begun.wait(60)
        for _ in range(200_000):
            calls.jobs()
        threading.Timer(0.2, free.set).start()
