"""How the processes that answer call the one that works: a byte in a pipe. A call that is lost costs seconds."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_JOBS, _EXPORTS, _ENOUGH = b"j", b"e", b"."
_MOST = 4096

_log = logging.getLogger("luutru.serve")


class Calls:
    """One pipe; made before the processes are. See `archive.api.upkeep.Beside`."""

    def __init__(self) -> None:
        self._hears, self._calls = os.pipe()
        # Who answers never waits for who works: a full pipe has said it already.
        os.set_blocking(self._calls, False)

    def jobs(self) -> None:
        """See `Beside.jobs`."""
        self._call(_JOBS)

    def exports(self) -> None:
        """See `Beside.exports`."""
        self._call(_EXPORTS)

    def _call(self, what: bytes) -> None:
        with suppress(BlockingIOError):
            os.write(self._calls, what)

    @contextmanager
    def heard(self, jobs: Callable[[], object], exports: Callable[[], object]) -> Iterator[None]:
        """Do `jobs` and `exports` when they are called for; many calls at once are one."""
        enough = threading.Event()
        answers = {_JOBS: jobs, _EXPORTS: exports}
        thread = threading.Thread(target=self._hear, args=(answers, enough), name="calls", daemon=True)
        thread.start()
        try:
            yield
        finally:
            # A byte wakes who waits for one; where the pipe is full nobody does, and sees the event all the same.
            enough.set()
            self._call(_ENOUGH)
            thread.join()

    def _hear(self, answers: dict[bytes, Callable[[], object]], enough: threading.Event) -> None:
        while True:
            called = os.read(self._hears, _MOST)
            if enough.is_set():
                return
            for what, answer in answers.items():
                if what in called:
                    try:
                        answer()
                    except Exception as error:  # noqa: BLE001 - whoever looks by itself tries again
                        _log.warning("call_failed", extra={"error": type(error).__name__})
