"""`luutru check`: everything that `ingest` would refuse, stored nowhere."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.answers import say_answers
from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.speech import Speaker
from archive.composition import Archive
from metadata.errors import ArchiveError


@command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--sheet-only", key="check.sheet_only", is_flag=True)
@option("--agency", key="option.agency")
def check(speak: Speaker, paths: tuple[Path, ...], sheet_only: bool, agency: str | None) -> int:
    """See the message `check.help`."""
    codes: list[ExitCode] = []
    with Archive.opened(need_home=False) as archive:
        for path in paths:
            try:
                answers = archive.submissions.check(path.absolute(), agency=agency, sheet_only=sheet_only)
                codes.append(say_answers(speak, answers))
            except ArchiveError as error:
                speak.say("failed", what=path, why=error)
                codes.append(code_of(error))
    return gravest(codes)
