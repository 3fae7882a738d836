"""`luutru approve` and `luutru return`: the decision on a submission that awaits approval."""

from __future__ import annotations

import click

from archive.catalogue.journal import Job
from archive.cli.answers import say_answers
from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.progress import JobsProgress
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from metadata.errors import ArchiveError


@command("approve")
@click.argument("ids", nargs=-1, required=True)
@option("--operator", key="option.operator", default=operator_name)
def approve(speak: Speaker, ids: tuple[str, ...], operator: str) -> int:
    """See the message `approve.help`."""
    codes: list[ExitCode] = []
    with Archive.opened() as archive:
        decided: list[str] = []
        approved: list[Job] = []
        for submission_id in ids:
            try:
                approved += archive.submissions.approve(submission_id, operator=operator)
                decided.append(submission_id)
            except ArchiveError as error:
                speak.failed(submission_id, error)
                codes.append(code_of(error))
        with JobsProgress(speak) as progress:
            archive.retry(approved, progress.tell)
        codes += [say_answers(speak, archive.submissions.answers(submission_id)) for submission_id in decided]
        archive.seal()
    return gravest(codes)


@command("return")
@click.argument("ids", nargs=-1, required=True)
@option("--reason", key="return.reason", required=True)
@option("--operator", key="option.operator", default=operator_name)
def give_back(speak: Speaker, ids: tuple[str, ...], reason: str, operator: str) -> int:
    """See the message `return.help`."""
    codes: list[ExitCode] = []
    with Archive.opened() as archive:
        for submission_id in ids:
            try:
                archive.submissions.give_back(submission_id, operator=operator, reason=reason)
                codes.append(say_answers(speak, archive.submissions.answers(submission_id)))
            except ArchiveError as error:
                speak.failed(submission_id, error)
                codes.append(code_of(error))
        archive.seal()
    return gravest(codes)
