"""`luutru ingest`: take submissions and wait for the result."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from archive.cli.answers import say_answers
from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.progress import JobsProgress
from archive.cli.reading import Said, reading_of, reading_options
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from metadata.errors import ArchiveError


@command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--wait/--no-wait", key="ingest.wait", default=True)
@option("--agency", key="option.agency")
@reading_options
@option("--operator", key="option.operator", default=operator_name)
def ingest(
    speak: Speaker,
    paths: tuple[Path, ...],
    wait: bool,
    agency: str | None,
    operator: str,
    **said: Unpack[Said],
) -> int:
    """See the message `ingest.help`."""
    codes: list[ExitCode] = []
    reading = reading_of(said)
    with Archive.opened() as archive:
        submissions: list[str] = []
        for path in paths:
            try:
                submissions.append(
                    archive.submissions.open(path.absolute(), operator=operator, agency=agency, reading=reading)
                )
            except ArchiveError as error:
                speak.failed(path, error)
                codes.append(code_of(error))
        with JobsProgress(speak) as progress:
            if wait:
                archive.work_off(submissions, progress.tell)
            else:
                archive.receive_only(submissions, progress.tell)
        codes += [say_answers(speak, archive.submissions.answers(submission_id)) for submission_id in submissions]
        archive.seal()
    return gravest(codes)
