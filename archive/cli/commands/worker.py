"""`luutru worker`: one more worker for the shared queue."""

from __future__ import annotations

import signal
import threading

from archive.cli.command import command
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive


@command("worker")
def worker(speak: Speaker) -> int:
    """See the message `worker.help`."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Archive.opened() as archive, archive.executor():
        speak.say("worker.started")
        archive.keep_up(stop)
    return int(ExitCode.OK)
