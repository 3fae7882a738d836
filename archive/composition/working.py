"""One installation at work: jobs worked off in this process, the index and the trail kept up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from archive.catalogue.duties import DutyKind
from archive.catalogue.journal import ENDED, DossierStatus, Job
from archive.composition.installation import Installation
from archive.errors import BaseUnderWayError, EndedJobError
from archive.jobs.queue import QueueBeside, WorkQueue, is_under_way
from archive.settings import Settings
from metadata.time import Clock

if TYPE_CHECKING:
    from archive.composition.people import FrontDesk
    from archive.jobs.engine import Executor

Tell = Callable[[Sequence[Job]], None]

KEEP_UP_SECONDS = 15.0
"""How often a long-lived process looks whether something waits for the index or for sealing."""


class Archive(Installation):
    """One installation, wired and able to work."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        super().__init__(settings, clock)
        self._executor: Executor | None = None
        self._beside: WorkQueue | None = None

    @cached_property
    def desk(self) -> FrontDesk:
        """People and sign-in."""
        from archive.composition.people import front_desk  # noqa: PLC0415

        return front_desk(self)

    @contextmanager
    def executor(self) -> Iterator[Executor]:
        """This process as a worker of the queue; a second call inside is the same one."""
        if self._executor is not None:
            yield self._executor
            return
        from archive.jobs.engine import Executor  # noqa: PLC0415

        executor = Executor(
            self.settings.jobs_url,
            self.home.run,
            self.runner,
            self.journal,
            concurrency=2 * self.settings.workers + 1,
        )
        with executor:
            self._executor = executor
            try:
                yield executor
            finally:
                self._executor = None

    def works_beside(self, call: Callable[[], None]) -> None:
        """Another process of this server works jobs off; `call` wakes it."""
        self._beside = QueueBeside(self.journal, call)

    @contextmanager
    def queue(self) -> Iterator[WorkQueue]:
        """Where jobs are handed in: to the process beside, else to this one."""
        if self._beside is not None:
            yield self._beside
            return
        with self.executor() as executor:
            yield executor

    def work_off(self, submission_ids: Sequence[str], tell: Tell | None = None) -> None:
        """Work until these submissions are decided, and what others left behind as well."""
        with self.executor() as executor:
            executor.recover()
            jobs = [job for submission_id in submission_ids for job in self.journal.of_submission(submission_id)]
            for job in jobs:
                if is_under_way(job):
                    executor.enqueue(job)
            executor.wait([job.id for job in jobs], tell)
            self._follow(executor, [job.id for job in jobs], tell)
            executor.wait_until_idle(tell)
        self._catch_up()

    def _follow(self, executor: Executor, job_ids: Sequence[str], tell: Tell | None) -> None:
        """A repeated delivery shares the fate of the first one, which may have failed: then it is tried again."""
        for job_id in job_ids:
            job = self.journal.job(job_id)
            if job.error is not None and job.error["code"] == BaseUnderWayError.code:
                # It came together with the dossier that it adds to, which is decided by now.
                executor.wait([executor.retry(job).id], tell)
                continue
            if job.same_as is None:
                continue
            for other in self.journal.of_package(job.same_as):
                if other.same_as is None and other.result is DossierStatus.FAULT:
                    executor.retry(other)
                    executor.wait([other.id], tell)

    def receive_only(self, submission_ids: Sequence[str], tell: Tell | None = None) -> None:
        """Bring the content of these submissions into quarantine and leave the rest to a later process."""
        for submission_id in submission_ids:
            for job in self.journal.of_submission(submission_id):
                self.runner.run(job.id, "receive")
                if tell is not None:
                    tell([self.journal.job(job.id)])

    def job(self, job_id: str) -> Job:
        """A dossier on its way, or a duty.

        Raises:
            NotFoundError: neither.
        """
        return self.journal.job(job_id) if self.journal.knows(job_id) else self.duties.duty(job_id)

    def retry(self, jobs: Sequence[Job], tell: Tell | None = None) -> None:
        """Try jobs again that ended in a fault; a duty that waits is taken up now.

        Raises:
            EndedJobError: one of them is done, refused or cancelled: there is nothing to try again.
        """
        ended = next((job for job in jobs if job.status in ENDED), None)
        if ended is not None:
            raise EndedJobError(ended.id, ended.status.value)
        dossiers = [job for job in jobs if job.kind == "ingest"]
        for duty in jobs:
            if duty.kind == DutyKind.CONVERSION:
                from archive.composition.converting import conversion_jobs  # noqa: PLC0415 - starting is measured

                conversion_jobs(self).run(duty.id)
            elif duty.kind == DutyKind.EXPORT:
                self.duties.make_due(duty.id)
            elif duty not in dossiers:
                from archive.composition.trusting import rejudging  # noqa: PLC0415 - starting is measured

                rejudging(self).work(duty.id)
        if dossiers:
            with self.executor() as executor:
                executor.wait([executor.retry(job).id for job in dossiers], tell)
        self._catch_up()

    def wait_until_idle(self, tell: Tell | None = None) -> None:
        """Return when nothing is running or waiting for a machine; work it off where nobody else does."""
        with self.executor() as executor:
            executor.wait_until_idle(tell)
        from archive.composition.trusting import work_duties  # noqa: PLC0415 - starting is measured

        # Each is judged again once: what then still lacks something from outside waits and holds nobody.
        while work_duties(self):
            pass
        self._catch_up()

    def keep_up(self, stop: threading.Event) -> None:
        """The duties of a long-lived process: index what waits, seal the trail, until `stop`."""
        from archive.composition.evidencing import EvidenceDuty  # noqa: PLC0415 - starting is measured

        evidence = EvidenceDuty(self)
        while not stop.wait(KEEP_UP_SECONDS):
            self._catch_up(stop.is_set)
            evidence.work(stop.is_set)
            if self.trail.due():
                self.seal()
        self.seal()

    def _catch_up(self, stopped: Callable[[], bool] = lambda: False) -> None:
        from archive.composition.trusting import work_duties  # noqa: PLC0415 - starting is measured

        work_duties(self, stopped)
        if self.duties.unfinished(DutyKind.CONVERSION):
            from archive.composition.converting import work_conversions  # noqa: PLC0415 - nearly never needed

            work_conversions(self, stopped)
        if self.duties.unfinished(DutyKind.EXPORT):
            from archive.composition.exporting import work_exports  # noqa: PLC0415 - nearly never needed

            work_exports(self, stopped)
        from archive.composition.correcting import settle_texts  # noqa: PLC0415 - starting is measured

        settle_texts(self)
        from search.errors import SearchFaultError  # noqa: PLC0415

        try:
            self.indexing.catch_up()
        except SearchFaultError:
            # Archived before searchable: the queue stays and the next process tries again.
            return
