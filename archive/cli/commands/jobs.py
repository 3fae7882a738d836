"""`luutru jobs`: what is running, waiting, stuck."""

from __future__ import annotations

import time

import click

from archive.catalogue.journal import FINAL, Job, JobStatus
from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.progress import JobsProgress
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from archive.services.lines import job_line

_LISTED = 200


@command("jobs")
@click.argument("job_id", required=False)
@option("--wait", key="jobs.wait", is_flag=True)
@option("--watch", key="jobs.watch", is_flag=True)
@option("--retry", key="jobs.retry", metavar="ID")
@option("--cancel", key="jobs.cancel", metavar="ID")
@option("--reason", key="jobs.reason", metavar="TEXT", default="")
def jobs(  # noqa: PLR0913 - one for each option of the contract
    speak: Speaker, job_id: str | None, *, wait: bool, watch: bool, retry: str | None, cancel: str | None, reason: str
) -> int:
    """See the message `jobs.help`."""
    with Archive.opened() as archive:
        if retry is not None:
            with JobsProgress(speak) as progress:
                archive.retry([archive.job(retry)], progress.tell)
            archive.seal()
            found = [archive.job(retry)]
        elif cancel is not None:
            from archive.composition.cancelling import cancelling  # noqa: PLC0415 - exports take a quarter second

            found = [cancelling(archive).cancel(archive.job(cancel), by=operator_name(), reason=reason)]
            archive.seal()
        else:
            if wait:
                with JobsProgress(speak) as progress:
                    archive.wait_until_idle(progress.tell)
            found = [archive.job(job_id)] if job_id else _recent(archive)
        for job in found:
            speak.line(job_line(job), _words(speak, job))
        while watch and any(_moves(job) for job in found):
            time.sleep(1)
            again = [archive.job(job.id) for job in found]
            for before, job in zip(found, again, strict=True):
                if job.updated_at != before.updated_at:
                    speak.line(job_line(job), _words(speak, job))
            found = again
    return int(ExitCode.OK)


def _recent(archive: Archive) -> list[Job]:
    """Dossiers on their way, then what is stored and waits for something from outside."""
    return [*archive.journal.recent(_LISTED), *archive.duties.recent(_LISTED)]


def _moves(job: Job) -> bool:
    """Whether a machine has something to do for it; not while it waits for a person or for something from outside."""
    if job.kind == "ingest":
        return job.status not in FINAL and job.result is None
    return job.status is JobStatus.RUNNING


def _words(speak: Speaker, job: Job) -> str:
    status = speak.text(f"job.{job.status.value}")
    if job.kind != "ingest":
        status = f"{status} ({speak.text(f'job.{job.kind}')})"
    stage = speak.text(f"stage.{job.stage}") if job.stage else ""
    error = f" — {job.error['code']}: {job.error['detail']}" if job.error else ""
    return f"{job.id}  {status:<12} {stage:<14} {job.done}/{job.total}  {job.file_code}{error}"
