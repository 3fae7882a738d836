"""Names that somebody is busy with."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from archive.api.busy import Busy


def test_a_name_is_one_calls_alone_until_it_is_given_back(tmp_path: Path) -> None:
    busy = Busy(tmp_path / "answers" / "busy")
    assert busy.take("a")
    assert not busy.take("a")
    assert busy.take("b")
    busy.give_back("a")
    assert busy.take("a")


def test_another_process_sees_it_and_who_dies_gives_back(tmp_path: Path) -> None:
    hears, tells = os.pipe()
    child = os.fork()
    if not child:
        other = Busy(tmp_path / "busy")
        os.write(tells, b"y" if other.take("a") and other.take("b") else b"n")
        other.give_back("b")
        os.write(tells, b".")
        signal.pause()
        os._exit(0)
    said = b""
    while len(said) < 2:
        said += os.read(hears, 2)
    assert said == b"y."
    busy = Busy(tmp_path / "busy")
    assert not busy.take("a")
    assert busy.take("b")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert busy.take("a")
    os.close(hears)
    os.close(tells)
