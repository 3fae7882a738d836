"""`luutru worker`: one more worker for the shared queue."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from archive.cli.command import command
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive


@command("worker")
def worker(speak: Speaker) -> int:
    """See the message `worker.help`."""
    with ended_by_signal() as stop, Archive.opened() as archive, archive.executor():
        speak.say("worker.started")
        archive.keep_up(stop)
    return int(ExitCode.OK)


@contextmanager
def ended_by_signal() -> Iterator[threading.Event]:
    """An event that is set when the process is told to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    yield stop
