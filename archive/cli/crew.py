"""One command in several processes: one that watches and does nothing else, and those that it forks.

Whoever watches has one thread and no files open, so that it can fork again at any time; it lets go of nothing that
the others need. When it dies, they die: a killed command leaves nobody behind who works or answers.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from archive.cli.exit_codes import ExitCode
from archive.cli.running import told

_PR_SET_PDEATHSIG = 1
"""From Linux's prctl.h."""

_WATCHED = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGCHLD})

SOON_SECONDS = 5.0
"""Who ends by itself within this time could not begin: nothing would be better the next time."""

MOST_AGAIN, AGAIN_SECONDS = 10, 60.0
"""So many deaths in so many seconds, and the whole is given up: whoever supervises the command has to know."""

_log = logging.getLogger("luutru.serve")


@dataclass(frozen=True, slots=True)
class _Living:
    name: str
    since: float


class Crew:
    """Runs its members until it is told to end (SIGTERM, SIGINT); begins those anew that died.

    Args:
        members: What each does, by its name; its answer is an exit code.
        grace_seconds: How long they may take to end.
    """

    def __init__(self, members: Mapping[str, Callable[[], int]], grace_seconds: float) -> None:
        self._members = members
        self._grace_seconds = grace_seconds
        self._living: dict[int, _Living] = {}
        self._deaths: deque[float] = deque(maxlen=MOST_AGAIN)

    def run(self) -> int:
        """Watch them; the exit code of the whole."""
        before = {*map(signal.Signals, signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED))}
        try:
            # What is there by now is shared by all: nobody's collector may touch it.
            gc.collect()
            gc.freeze()
            for name in self._members:
                self._begin(name, before)
            code: int | None = None
            while code is None:
                code = self._after_deaths(before) if signal.sigwait(_WATCHED) == signal.SIGCHLD else int(ExitCode.OK)
            self._end()
            return code
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _after_deaths(self, mask: set[signal.Signals]) -> int | None:
        """Begin anew who died; an exit code where that would not help."""
        while True:
            pid, status = _dead()
            if not pid:
                return None
            was = self._living.pop(pid, None)
            if was is None:
                continue
            code, now = os.waitstatus_to_exitcode(status), time.monotonic()
            if code >= 0 and now - was.since < SOON_SECONDS:
                return code or int(ExitCode.FAULT)
            _log.error("process_died", extra={"part": was.name, "code": code})
            if len(self._deaths) == MOST_AGAIN and now - self._deaths[0] < AGAIN_SECONDS:
                return int(ExitCode.FAULT)
            self._deaths.append(now)
            self._begin(was.name, mask)

    def _begin(self, name: str, mask: set[signal.Signals]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._living[pid] = _Living(name, time.monotonic())
            return
        code = int(ExitCode.FAULT)
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() == parent:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                code = told(self._members[name])
        finally:
            # Not by way of the callers: what they hold is the watcher's to end.
            os._exit(code)

    def _end(self) -> None:
        for pid in self._living:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + self._grace_seconds
        while self._living and (left := until - time.monotonic()) > 0:
            heard = signal.sigtimedwait(_WATCHED, left)
            if heard is not None and heard.si_signo != signal.SIGCHLD:
                break
            while (dead := _dead()[0]) != 0:
                self._living.pop(dead, None)
        for pid in self._living:
            os.kill(pid, signal.SIGKILL)
        for pid in self._living:
            os.waitpid(pid, 0)


def _dead() -> tuple[int, int]:
    try:
        return os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return 0, 0
