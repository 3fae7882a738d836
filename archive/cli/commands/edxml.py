"""`luutru edxml`: answering messages of the national document exchange."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.speech import Speaker
from archive.composition import Archive
from metadata.edxml import STATUS_WORDS
from metadata.errors import ArchiveError

edxml = LazyGroup("edxml", lazy={"status": f"{__name__}:status"}, help=words("edxml.help"))


@command("status", group="edxml")
@click.argument("ids", nargs=-1, required=True, metavar="SUBMISSION_ID...")
@option("-o", "--output", "target", key="edxml_status.output", required=True, type=click.Path(path_type=Path))
def status(speak: Speaker, ids: tuple[str, ...], target: Path) -> int:
    """See the message `edxml_status.help`."""
    codes: list[ExitCode] = []
    with Archive.opened() as archive:
        for submission_id in ids:
            try:
                codes.append(_written(speak, archive, submission_id, target))
            except ArchiveError as error:
                speak.failed(submission_id, error)
                codes.append(code_of(error))
    return gravest(codes)


def _written(speak: Speaker, archive: Archive, submission_id: str, target: Path) -> ExitCode:
    count = 0
    place = 0 if speak.language == "vi" else 1
    for path, answer in archive.statuses.write(submission_id, target):
        count += 1
        said = f"{answer.code.value} {STATUS_WORDS[answer.code][place]}  {answer.about.label}  {path}"
        speak.line(answer.as_json(submission_id) | {"path": str(path)}, said)
    if not count:
        speak.say("edxml_status.nothing", what=submission_id)
    return ExitCode.OK
