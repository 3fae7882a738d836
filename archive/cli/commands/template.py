"""`luutru template`: the workbook that people fill in before they deliver."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.clock import SystemClock
from archive.reports.templates import write_template
from metadata.digests import digests_of_file
from metadata.profiles import PROFILES


@command("template")
@option("--profile", "profile_id", key="template.profile", type=click.Choice(PROFILES), default=PROFILES[1])
@option(
    "-o",
    "--output",
    key="template.output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=False),
)
def template(speak: Speaker, profile_id: str, output: Path) -> int:
    """See the message `template.help`."""
    if output.exists():
        raise click.BadParameter(str(output), param_hint="-o")
    write_template(output.absolute(), profile_id, speak.language, created=SystemClock().now())
    digests = digests_of_file(output)
    line = {"path": str(output), "sha256": digests.sha256, "bytes": digests.size_bytes, "profile": profile_id}
    speak.line(line, speak.text("template.written", path=output))
    return int(ExitCode.OK)
