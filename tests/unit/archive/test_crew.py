"""One command in several processes: who dies is begun anew, and nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from archive.cli.crew import Crew
from metadata.errors import UsageError

room, how = Path(sys.argv[1]), sys.argv[2]

def member(name):
    def run():
        if how == "cannot begin" and name == "b":
            raise UsageError("no")
        if how == "dies" and name == "b":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "holds out":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (room / f"{name}-{os.getpid()}").touch()
        while True:
            time.sleep(60)
    return run

sys.exit(Crew({name: member(name) for name in "ab"}, 1.0).run())
"""


def until(said: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pids(room: Path, name: str = "") -> list[int]:
    return [int(path.name[2:]) for path in room.iterdir() if path.name.startswith(name)]


@contextmanager
def crew(room: Path, how: str = "") -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(room), how], stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_who_dies_is_begun_anew(tmp_path: Path) -> None:
    with crew(tmp_path) as process:
        until(lambda: len(pids(tmp_path)) == 2)
        (first,) = pids(tmp_path, "b")
        os.kill(first, signal.SIGKILL)
        until(lambda: len(pids(tmp_path, "b")) == 2)
        assert len(pids(tmp_path, "a")) == 1
        process.terminate()
        assert process.wait(60) == 0
        assert not any(map(alive, pids(tmp_path)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_does_not_end_in_time_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    with crew(tmp_path, "holds out") as process:
        until(lambda: len(pids(tmp_path)) == 2)
        process.send_signal(number)
        assert process.wait(60) == 0
        assert not any(map(alive, pids(tmp_path)))


def test_nobody_is_left_when_the_watcher_is_killed(tmp_path: Path) -> None:
    with crew(tmp_path) as process:
        until(lambda: len(pids(tmp_path)) == 2)
        process.kill()
        process.wait(60)
        until(lambda: not any(map(alive, pids(tmp_path))))


def test_who_cannot_begin_ends_all_with_its_code_and_words(tmp_path: Path) -> None:
    with crew(tmp_path, "cannot begin") as process:
        assert process.wait(60) == 2
        assert process.stderr is not None
        assert b"(no)" in process.stderr.read()
        assert not any(map(alive, pids(tmp_path)))


def test_who_dies_again_and_again_is_given_up(tmp_path: Path) -> None:
    with crew(tmp_path, "dies") as process:
        assert process.wait(60) == 4
        assert not any(map(alive, pids(tmp_path)))
