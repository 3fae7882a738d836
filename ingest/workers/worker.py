"""One worker process, as the parent sees it: started when needed, watched while it works, ended as a family."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ingest
from ingest.ports import Limits
from ingest.workers.child import GREETING
from ingest.workers.errors import WorkerFaultError, WorkersClosedError
from ingest.workers.isolation import Isolation, prepare
from ingest.workers.processes import ProcessTable, end_descendants
from ingest.workers.scratch import size_of

_START_SECONDS = 120
_LONGEST_ANSWER = 64 << 20
_FIRST_LOOK = 0.05
_LONGEST_PAUSE = 0.25
_SCRATCH_EVERY = 4
"""The scratch folder is measured at every fourth look: walking it costs more than reading /proc."""

_MOST_PROCESSES = 256
_QUOTA = 3
"""The scratch folder may hold this many times the largest single file."""

_NOISE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Terms:
    """What all processes of a pool have in common."""

    homes: tuple[str, ...]
    isolation: Isolation
    hidden: Sequence[Path]
    table: ProcessTable


def _import_path() -> list[str]:
    """Where the parent finds its modules, the child does too; never the folder in which it happens to stand."""
    return [entry for entry in sys.path if Path(entry).is_absolute()] + [str(Path(str(ingest.__file__)).parent.parent)]


class BreachError(Exception):
    """The process had to be ended, or died. Inside this package only: the pool turns it into an `Answer`."""

    def __init__(self, breach: str, detail: str) -> None:
        self.breach = breach
        self.detail = detail
        super().__init__(f"{breach}: {detail}")


@dataclass(slots=True)
class _Watch:
    """What the watchdog knows of the running task."""

    began: float
    cpu_before: float
    looks: int = 0


class Worker:
    """A child process with its folder. Used by one thread at a time; `interrupt` may be called from any.

    Raises:
        WorkerFaultError: no process can be started.
    """

    def __init__(self, room: Path, terms: Terms, shown: frozenset[Path] = frozenset()) -> None:
        self.room = room
        """The only folder that the process may write to."""
        self.shown = shown
        """See `Isolation.command`."""
        self._terms = terms
        self._log = room / "output.log"
        prepare(room)
        ours, theirs = socket.socketpair()
        with theirs, self._log.open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    [*terms.isolation.command(room, terms.hidden, shown), *self._program(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=room,
                    env=self._environment(),
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                msg = f"no worker process could be started: {error}"
                raise WorkerFaultError(msg) from error
        ours.setblocking(False)
        self._line = ours
        self._ready = False
        self._closing = False
        self.tasks = 0
        """Tasks that this process has begun."""

    def _program(self, line: int) -> list[str]:
        mode = "isolated" if self._terms.isolation.kind == "bubblewrap" else "guarded"
        return [sys.executable, "-m", "ingest.workers.child", str(line), mode, *self._terms.homes]

    def _environment(self) -> dict[str, str]:
        """Nothing of the parent's: secrets are handed over in environments."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.room / "home"),
            "TMPDIR": str(self.room),
            "PYTHONPATH": os.pathsep.join(_import_path()),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONSAFEPATH": "1",
            "OMP_THREAD_LIMIT": "1",
            "OMP_NUM_THREADS": "1",
            # Pages and pictures are large and short-lived: what held them goes back, the process stays warm and small.
            "MALLOC_MMAP_THRESHOLD_": "262144",
            "MALLOC_TRIM_THRESHOLD_": "262144",
            "LUUTRU_WORKER_PARENT": str(os.getpid()),
        }

    def run(self, task: str, arguments: Mapping[str, Any], limits: Limits, scratch: Path) -> dict[str, Any]:
        """The child's message about `task`, decoded.

        Raises:
            BreachError: a limit was passed or the process died; the process is no longer usable.
            WorkersClosedError: `end` was called meanwhile.
        """
        self.tasks += 1
        request = {"task": task, "arguments": dict(arguments), "scratch": str(scratch), "limits": asdict(limits)}
        if not self._ready:
            self._await_start()
        watch = _Watch(time.monotonic(), self._terms.table.usage(self._process.pid).cpu_seconds)
        self._send(json.dumps(request).encode("ascii") + b"\n", limits, watch)
        text = self._receive(limits, watch)
        try:
            message = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BreachError("crash", f"unreadable answer: {text[:200]!r}") from error
        if not isinstance(message, dict):
            raise BreachError("crash", f"unreadable answer: {text[:200]!r}")
        if "breach" in message:
            raise BreachError(str(message["breach"]), str(message.get("detail", "")))
        return message

    def _await_start(self) -> None:
        """Wait until the child says that it is there: what goes wrong before is no fact about a file."""
        poll = select.poll()
        poll.register(self._line, select.POLLIN)
        try:
            greeting = self._part() if poll.poll(_START_SECONDS * 1000) else b""
        except BreachError as error:
            msg = f"a worker process does not start: {error.detail}"
            raise WorkerFaultError(msg) from error
        if greeting != GREETING:
            msg = f"a worker process does not start: {self._last_words()}"
            raise WorkerFaultError(msg)
        self._ready = True

    def _send(self, data: bytes, limits: Limits, watch: _Watch) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._line.send(rest) :]
            except BlockingIOError:
                select.select([], [self._line], [], _LONGEST_PAUSE)
                if time.monotonic() - watch.began > limits.wall_seconds:
                    raise BreachError("wall", "the process does not take its task") from None
            except OSError:
                raise self._died() from None

    def _receive(self, limits: Limits, watch: _Watch) -> bytes:
        answer = bytearray()
        poll = select.poll()
        poll.register(self._line, select.POLLIN)
        pause = _FIRST_LOOK
        while not answer.endswith(b"\n"):
            left = watch.began + limits.wall_seconds - time.monotonic()
            if left <= 0:
                raise BreachError("wall", f"more than {limits.wall_seconds:g} s")
            if poll.poll(min(pause, left) * 1000):
                answer += self._part()
            else:
                self._look(limits, watch)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
            if len(answer) > _LONGEST_ANSWER:
                raise BreachError("output", "the answer is too long")
        return bytes(answer)

    def _part(self) -> bytes:
        try:
            part = self._line.recv(1 << 18)
        except BlockingIOError:
            return b""
        except OSError:
            part = b""
        if not part:
            raise self._died()
        return part

    def _look(self, limits: Limits, watch: _Watch) -> None:
        """Compare what the family uses with its limits."""
        usage = self._terms.table.usage(self._process.pid)
        watch.looks += 1
        if usage.cpu_seconds - watch.cpu_before > limits.cpu_seconds:
            raise BreachError("cpu", f"more than {limits.cpu_seconds:g} s")
        if usage.memory_bytes > limits.memory_mib << 20:
            raise BreachError("memory", f"more than {limits.memory_mib} MiB")
        if usage.processes > _MOST_PROCESSES:
            raise BreachError("memory", f"more than {_MOST_PROCESSES} processes")
        if watch.looks % _SCRATCH_EVERY == 0:
            quota = _QUOTA * limits.output_mib << 20
            if size_of(self.room, quota) > quota:
                raise BreachError("output", f"more than {quota >> 20} MiB in all")

    def _died(self) -> BreachError | WorkersClosedError:
        """Why the line is dead."""
        if self._closing:
            return WorkersClosedError()
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return BreachError("crash", "the process hung up")
        ended_by = -code if code < 0 else code - 128
        if ended_by == signal.SIGXCPU:
            return BreachError("cpu", "ended by the kernel's limit")
        if ended_by == signal.SIGXFSZ:
            return BreachError("output", "ended by the kernel's limit")
        if ended_by == signal.SIGKILL:
            return BreachError("memory", "ended by the kernel or from outside")
        name = signal.Signals(ended_by).name if ended_by in signal.valid_signals() else f"exit {code}"
        return BreachError("crash", f"{name}: {self._last_words()}")

    def _last_words(self) -> str:
        try:
            with self._log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - 500))
                return log.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    @property
    def usable(self) -> bool:
        """Whether the process lives; one that died between tasks says nothing about the next file."""
        return self._process.poll() is None

    def tidy(self) -> None:
        """After a task: what libraries printed does not pile up."""
        if self._log.stat().st_size > _NOISE_BYTES:
            os.truncate(self._log, 0)

    def interrupt(self) -> None:
        """End the family from another thread; the one that waits for an answer gets `WorkersClosedError`."""
        self._closing = True
        end_descendants(self._process.pid)
        self._process.kill()

    def end(self) -> None:
        """End the process and everything below it, and wait for that. Safe to repeat."""
        self.interrupt()
        self._process.wait()
        self._line.close()
