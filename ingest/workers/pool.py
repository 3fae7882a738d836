"""The pool: tasks wait in one line, a thread per process hands them over; a breach costs a process, never the pool."""

from __future__ import annotations

import atexit
import json
import queue
import shutil
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from ingest.ports import Answer, Limits
from ingest.workers.errors import UnknownTaskError, WorkerFaultError, WorkersClosedError, from_message
from ingest.workers.isolation import named_in, probe
from ingest.workers.processes import ProcessTable
from ingest.workers.scratch import PoolFolder, hand_over
from ingest.workers.worker import BreachError, Terms, Worker
from metadata.errors import ArchiveError, ToolUnreadableError

TASK_HOMES = ("ingest.engines", "archive.preservation.signatures")
"""The packages whose functions may run in a worker."""

TASKS_PER_PROCESS = 200
ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class _Job:
    task: str
    arguments: Mapping[str, Any]
    limits: Limits
    deposit: Path | None
    future: Future[Answer]


class WorkerPool:
    """`size` spawned processes that run one task at a time each; see `ingest.ports.Workers`.

    Processes start with their first task and stay warm; each gives way to a
    fresh one after `tasks_per_process` tasks or any breach. Tasks are taken in
    the order in which they were handed in.

    Args:
        size: Processes that work at the same time.
        scratch_root: Folder for the scratch folders, on the disk of the quarantine
            (outputs are then moved, not copied). What a killed pool left in it is removed.
        isolate: None takes bubblewrap where it is allowed; True insists; False goes without.
        hidden: Files and folders that no worker may see (settings, databases). What does not
            exist when a process starts cannot be hidden from it: prefer folders. Needs bubblewrap.
        homes: Packages whose functions are tasks.
        tasks_per_process: A fresh process after this many tasks.
        attempts: How often a task that breaches a limit or kills its process is tried in all.
        rests_after: A process without a task for so long ends; the next task starts a fresh one. None: it waits.

    Raises:
        WorkerFaultError: the scratch folder cannot be used, or `isolate=True` and bubblewrap refuses.
    """

    def __init__(  # noqa: PLR0913 - one place that starts processes, all of it set by composition
        self,
        size: int,
        scratch_root: Path,
        *,
        isolate: bool | None = None,
        hidden: Sequence[Path] = (),
        homes: tuple[str, ...] = TASK_HOMES,
        tasks_per_process: int = TASKS_PER_PROCESS,
        attempts: int = ATTEMPTS,
        rests_after: timedelta | None = None,
    ) -> None:
        try:
            self._folder = PoolFolder(scratch_root.resolve())
        except OSError as error:
            msg = f"the scratch folder {scratch_root} cannot be used: {error}"
            raise WorkerFaultError(msg) from error
        self._isolation = probe(self._folder.path / "probe", wanted=isolate)
        if isolate and self._isolation.kind != "bubblewrap":
            self._folder.remove()
            msg = f"bubblewrap does not work here: {self._isolation.reason}"
            raise WorkerFaultError(msg)
        self._terms = Terms(homes, self._isolation, tuple(hidden), ProcessTable())
        self._tasks_per_process = tasks_per_process
        self._attempts = attempts
        self._rests_after = rests_after.total_seconds() if rests_after else None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._workers: dict[int, Worker] = {}
        self._rooms = 0
        self._threads = [
            threading.Thread(target=self._serve, args=(slot,), name=f"worker-{slot}", daemon=True)
            for slot in range(size)
        ]
        for thread in self._threads:
            thread.start()
        atexit.register(self.close)

    @property
    def size(self) -> int:
        """See `Workers.size`."""
        return len(self._threads)

    @property
    def isolation(self) -> Literal["bubblewrap", "rlimits"]:
        """What shuts the processes in; `rlimits`: limits and a process group, but the network and all files."""
        return self._isolation.kind

    @property
    def isolation_reason(self) -> str:
        """Why it is not bubblewrap; empty when it is."""
        return self._isolation.reason

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
    ) -> Future[Answer]:
        """See `Workers.submit`. An argument that is not JSON-able is a `TypeError` here, not later."""
        future: Future[Answer] = Future()
        module = task.partition(":")[0]
        if not any(module == home or module.startswith(f"{home}.") for home in self._terms.homes):
            future.set_exception(UnknownTaskError(task))
            return future
        plain: dict[str, Any] = json.loads(json.dumps(dict(arguments)))
        with self._lock:
            if self._closed.is_set():
                future.set_exception(WorkersClosedError())
            else:
                self._jobs.put(_Job(task, plain, limits, deposit, future))
        return future

    def _serve(self, slot: int) -> None:
        """The life of one thread: it starts processes itself, for they end when the thread that started them does."""
        while (job := self._next(slot)) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                job.future.set_result(self._answer(slot, job))
            except ArchiveError as error:
                job.future.set_exception(error)
            except OSError as error:
                fault = WorkerFaultError(f"{job.task}: {error}")
                fault.__cause__ = error
                job.future.set_exception(fault)
            except Exception as error:  # noqa: BLE001 - the thread must live on, and the future carries the defect
                job.future.set_exception(error)
            del job

    def _next(self, slot: int) -> _Job | None:
        """The next task, None at the end; a process that waits too long for it is let go."""
        try:
            return self._jobs.get(timeout=self._rests_after)
        except queue.Empty:
            self._dismiss(slot)
            return self._jobs.get()

    def _answer(self, slot: int, job: _Job) -> Answer:
        breach = BreachError("crash", "")
        for _ in range(self._attempts):
            try:
                return self._attempt(slot, job)
            except BreachError as error:
                breach = error
        return Answer(breach=breach.breach, detail=breach.detail)

    def _attempt(self, slot: int, job: _Job) -> Answer:
        worker, room = self._worker(slot, job)
        scratch = room / f"task-{worker.tasks}"
        scratch.mkdir()
        try:
            message = worker.run(job.task, job.arguments, job.limits, scratch)
            if "error" in message:
                raise from_message(message["error"])
            value = message.get("value")
            if not isinstance(value, dict) or not isinstance(value.get("outputs") or {}, dict):
                raise ToolUnreadableError(job.task, f"answered {value!r:.200}")
            outputs = hand_over(job.task, scratch, value.pop("outputs", None) or {}, job.deposit)
            worker.tidy()
            return Answer(value=value, outputs=outputs)
        except (BreachError, WorkersClosedError, WorkerFaultError):
            self._dismiss(slot)
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _worker(self, slot: int, job: _Job) -> tuple[Worker, Path]:
        worker = self._workers.get(slot)
        shown = named_in(job.arguments) if self._isolation.kind == "bubblewrap" else frozenset[Path]()
        if worker is not None and (
            worker.tasks >= self._tasks_per_process or not worker.usable or not shown <= worker.shown
        ):
            self._dismiss(slot)
            worker = None
        if worker is None:
            with self._lock:
                if self._closed.is_set():
                    raise WorkersClosedError
                self._rooms += 1
                worker = Worker(self._folder.path / f"w{self._rooms}", self._terms, shown)
                self._workers[slot] = worker
        return worker, worker.room

    def _dismiss(self, slot: int) -> None:
        with self._lock:
            worker = self._workers.pop(slot, None)
        if worker is not None:
            worker.end()
            shutil.rmtree(worker.room, ignore_errors=True)

    def close(self) -> None:
        """End all processes at once; what is not done yet fails with `WorkersClosedError`. Safe to repeat."""
        with self._lock:
            if self._closed.is_set():
                return
            self._closed.set()
            running = list(self._workers.values())
        for worker in running:
            worker.interrupt()
        with suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None and job.future.set_running_or_notify_cancel():
                    job.future.set_exception(WorkersClosedError())
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(timeout=30)
        for slot in range(len(self._threads)):
            self._dismiss(slot)
        self._folder.remove()
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
