"""Handing jobs in: to this process, which works them off, or to the one beside it that does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from archive.catalogue.journal import Job, JobStatus, Journal


class WorkQueue(Protocol):
    """Takes jobs that a machine shall work on."""

    def enqueue(self, job: Job) -> None:
        """Queue a job's attempt; the same attempt again is a no-op."""
        ...

    def retry(self, job: Job) -> Job:
        """Queue a job that ended in a fault, or was held and then approved, once more."""
        ...


@dataclass(frozen=True, slots=True)
class QueueBeside:
    """The queue of another process of the same server.

    The journal is what is handed over: the other process takes up whatever waits there and nobody works on. A call
    that it never hears costs the seconds until it looks by itself.
    """

    journal: Journal
    call: Callable[[], None]
    """Wakes it."""

    def enqueue(self, job: Job) -> None:
        """See `WorkQueue.enqueue`."""
        del job
        self.call()

    def retry(self, job: Job) -> Job:
        """See `WorkQueue.retry`."""
        again = once_more(self.journal, job)
        self.call()
        return again


def once_more(journal: Journal, job: Job) -> Job:
    """The job as one that waits for its next attempt."""
    journal.update(job.id, status=JobStatus.WAITING.value, result=None, error=None, attempt=job.attempt + 1)
    return journal.job(job.id)


def is_under_way(job: Job) -> bool:
    """Whether a machine still has something to do for `job`."""
    return job.status in {JobStatus.WAITING, JobStatus.RUNNING} and job.result is None
