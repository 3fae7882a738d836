"""Durable workflows: one a dossier, one step a stage, on DBOS. The only home of dbos.

DBOS journals which step of which job has ended. A process that dies leaves its
workflows "pending" under its own name; every executor holds a lock on a file of
its name while it lives, so that any other finds out at once who is dead and
takes the work over. Stages are repeatable, so a falsely declared death costs
time, never truth.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from dbos import DBOS, DBOSConfig, SetWorkflowID

from archive.catalogue.database import jobs_engine_of
from archive.catalogue.journal import Job, JobStatus, Journal
from archive.errors import JobStoppedError
from archive.jobs.queue import is_under_way, once_more
from archive.jobs.runner import Runner, Step
from archive.memory import share_memory_between_threads
from archive.version import VERSION
from ingest.pipeline import ORDER

QUEUE = "ingest"
POLL_SECONDS = 0.1
REAP_SECONDS = 5.0
APPLICATION = "luutru-1"
"""Workflows are only taken over by programs of the same application version: change it when the steps change."""

_runner: Runner | None = None
_stopped: dict[str, str] = {}
"""Jobs whose end could not be written into the journal (its disk is full), with the reason."""


@DBOS.step()
def _stage(job_id: str, attempt: int, name: str) -> str:
    """Run one stage; `attempt` is there so that a retried job has steps of its own."""
    if _runner is None:
        msg = f"no runner for attempt {attempt} of {job_id}"
        raise RuntimeError(msg)
    return _runner.run(job_id, name).value


@DBOS.step()
def _finish(job_id: str) -> None:
    if _runner is None:
        raise RuntimeError(job_id)
    _runner.finish(job_id)


@DBOS.workflow(max_recovery_attempts=1000)
def _dossier(job_id: str, attempt: int) -> str:
    try:
        for name in ORDER:
            step = _stage(job_id, attempt, name)
            if step != Step.NEXT.value:
                return step
        _finish(job_id)
    except Exception as error:
        _stopped[job_id] = f"{type(error).__name__}: {error}"
        raise
    return "archived"


class Executor:
    """Works off the queue in this process, and takes over what dead processes left."""

    def __init__(self, url: str, run_folder: Path, runner: Runner, journal: Journal, *, concurrency: int) -> None:
        self._url = url
        self._run_folder = run_folder
        self._runner = runner
        self._journal = journal
        self._concurrency = concurrency
        self._name = f"executor-{uuid4()}"
        self._lock: int | None = None
        self._stop = threading.Event()
        self._reaper: threading.Thread | None = None
        self._recovering = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Launch the engine, take over the dead's work, queue what was never queued."""
        global _runner  # noqa: PLW0603 - DBOS finds workflows by module, so their runner is the module's
        _runner = self._runner
        share_memory_between_threads()
        self._lock = _hold(self._run_folder / f"{self._name}.lock")
        sweep_locks(self._run_folder)
        self._runner.sweep()
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        config: DBOSConfig = {
            "name": "luutru",
            "system_database_url": self._url,
            "system_database_engine": jobs_engine_of(self._url),
            "executor_id": self._name,
            "application_version": APPLICATION,
            "log_level": "CRITICAL",
        }
        if self._url.startswith("sqlite"):
            config["use_listen_notify"] = False
        DBOS(config=config)
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=self._concurrency, polling_interval_sec=POLL_SECONDS)
        self.recover()
        self._reaper = threading.Thread(target=self._reap, name="reaper", daemon=True)
        self._reaper.start()

    def stop(self) -> None:
        """End: running steps of this process are left to whoever starts next."""
        self._stop.set()
        if self._reaper is not None:
            self._reaper.join()
        DBOS.destroy(workflow_completion_timeout_sec=0)
        if self._lock is not None:
            with contextlib.suppress(OSError):
                (self._run_folder / f"{self._name}.lock").unlink()
            os.close(self._lock)

    def enqueue(self, job: Job) -> None:
        """Queue a job's attempt; the same attempt again is a no-op."""
        with SetWorkflowID(f"{job.id}:{job.attempt}"):
            DBOS.enqueue_workflow(QUEUE, _dossier, job.id, job.attempt)

    def recover(self) -> int:
        """Take over the workflows of dead processes and queue jobs that nobody works on; how many."""
        # Two at once would find the same jobs, and the second one think that an attempt of the first was over.
        with self._recovering:
            return self._recover()

    def _recover(self) -> int:
        pending = DBOS.list_workflows(status=["PENDING", "ENQUEUED"], load_input=False, load_output=False)
        alive = {name for name in {found.executor_id for found in pending if found.executor_id} if self._lives(name)}
        dead = {found.executor_id for found in pending if found.status == "PENDING"} - alive - {self._name, None}
        if dead:
            # Private, and therefore the version is pinned and a test kills processes; without the
            # commercial conductor an executor recovers only its own workflows.
            DBOS._recover_pending_workflows([name for name in dead if name])  # noqa: SLF001
        under_way = {found.workflow_id for found in pending}
        lost = [
            job
            for job in self._journal.with_status(JobStatus.WAITING, JobStatus.RUNNING)
            if job.result is None and f"{job.id}:{job.attempt}" not in under_way and self._runner.folder(job.id).exists
        ]
        for job in lost:
            if DBOS.get_workflow_status(f"{job.id}:{job.attempt}") is not None:
                self._journal.update(job.id, attempt=job.attempt + 1)
            self.enqueue(self._journal.job(job.id))
        return len(dead) + len(lost)

    def retry(self, job: Job) -> Job:
        """Queue a job that ended in a fault, or was held and then approved, once more."""
        again = once_more(self._journal, job)
        self.enqueue(again)
        return again

    def wait(self, job_ids: Sequence[str], tell: Callable[[Sequence[Job]], None] | None = None) -> None:
        """Return when none of the jobs is running or waiting for a machine.

        Raises:
            JobStoppedError: one stopped and the journal could not be told; nobody would ever see it end.
        """
        left = set(job_ids)
        while left:
            # Nothing here grows with the jobs that only wait: asking for each of thousands cost more than their work.
            ended = left - self._journal.under_way()
            self._tell_of_stopped(left - ended)
            if tell is not None:
                running = [job for job in self._journal.with_status(JobStatus.RUNNING) if job.id in left]
                tell([*running, *(self._journal.job(job_id) for job_id in sorted(ended))])
            left -= ended
            if left:
                time.sleep(POLL_SECONDS)

    @staticmethod
    def _tell_of_stopped(job_ids: set[str]) -> None:
        for job_id in sorted(job_ids & _stopped.keys()):
            msg = f"{job_id}: {_stopped.pop(job_id)}"
            raise JobStoppedError(msg)

    def wait_until_idle(self, tell: Callable[[Sequence[Job]], None] | None = None) -> None:
        """Return when no job of the home is running or waiting for a machine."""
        while True:
            self.recover()
            busy = [job for job in self._journal.with_status(JobStatus.WAITING, JobStatus.RUNNING) if is_under_way(job)]
            busy = [job for job in busy if self._runner.folder(job.id).exists]
            if not busy:
                return
            self.wait([job.id for job in busy], tell)

    def _reap(self) -> None:
        while not self._stop.wait(REAP_SECONDS):
            try:
                self.recover()
            except Exception as error:  # noqa: BLE001 - a busy database must not end the reaper; it tries again
                logging.getLogger("luutru.jobs").warning("recover_failed", extra={"error": type(error).__name__})

    def _lives(self, name: str) -> bool:
        if name == self._name:
            return True
        try:
            descriptor = os.open(self._run_folder / f"{name}.lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(descriptor)


def sweep_locks(run_folder: Path) -> None:
    """Remove the locks that dead processes left behind."""
    for path in run_folder.glob("executor-*.lock"):
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)


def _hold(path: Path) -> int:
    """Make the lock file and hold it; it gets its name only when held, so that nobody takes it for a dead one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}")
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, f"{os.getpid()} {VERSION}\n".encode())
    new.rename(path)
    return descriptor
