"""`luutru jobs`: what is running, waiting, stuck."""

from __future__ import annotations

import time

import click

from archive.catalogue.journal import FINAL, Job
from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.progress import JobsProgress
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.services.lines import job_line

_LISTED = 200


@command("jobs")
@click.argument("job_id", required=False)
@option("--wait", key="jobs.wait", is_flag=True)
@option("--watch", key="jobs.watch", is_flag=True)
@option("--retry", key="jobs.retry", metavar="ID")
def jobs(speak: Speaker, job_id: str | None, wait: bool, watch: bool, retry: str | None) -> int:
    """See the message `jobs.help`."""
    with Archive.opened() as archive:
        if retry is not None:
            with JobsProgress(speak) as progress:
                archive.retry([archive.job(retry)], progress.tell)
            archive.seal()
            found = [archive.job(retry)]
        else:
            if wait:
                with JobsProgress(speak) as progress:
                    archive.wait_until_idle(progress.tell)
            found = [archive.job(job_id)] if job_id else _recent(archive)
        for job in found:
            speak.line(job_line(job), _words(speak, job))
        while watch and any(job.status not in FINAL for job in found):
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


def _words(speak: Speaker, job: Job) -> str:
    status = speak.text(f"job.{job.status.value}")
    if job.kind != "ingest":
        status = f"{status} ({speak.text(f'job.{job.kind}')})"
    stage = speak.text(f"stage.{job.stage}") if job.stage else ""
    error = f" — {job.error['code']}: {job.error['detail']}" if job.error else ""
    return f"{job.id}  {status:<12} {stage:<14} {job.done}/{job.total}  {job.file_code}{error}"
