"""`luutru fixity check`: read bytes back and compare."""

from __future__ import annotations

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.progress import JobsProgress
from archive.cli.speech import Speaker
from archive.composition import Archive
from metadata.errors import ArchiveError
from metadata.rules import as_json, message

fixity = LazyGroup("fixity", lazy={"check": f"{__name__}:check"}, help=words("fixity.help"))


@command("check", group="fixity")
@click.argument("ids", nargs=-1)
@option("--all", "everything", key="fixity_check.all", is_flag=True)
@option("--sample", key="fixity_check.sample", type=click.IntRange(1))
def check(speak: Speaker, ids: tuple[str, ...], everything: bool, sample: int | None) -> int:
    """See the message `fixity_check.help`."""
    if not ids and not everything and sample is None:
        raise click.UsageError(speak.text("fixity_check.which"))
    codes: list[ExitCode] = []
    with Archive.opened() as archive, JobsProgress(speak) as progress:
        for done, package_id in enumerate(archive.fixity.choose(ids, everything=everything, sample=sample), start=1):
            try:
                report = archive.fixity.check(package_id)
            except ArchiveError as error:
                speak.failed(package_id, error)
                codes.append(code_of(error))
                continue
            progress.count(speak.text("fixity_check.reading"), done, archive.fixity.total)
            line = {
                "package_id": package_id,
                "location": report.location,
                "files": report.files,
                "bytes": report.bytes_read,
                "ok": report.ok,
                "repaired": 0,
                "findings": [as_json(finding, speak.language) for finding in report.findings],
            }
            shown = [
                f"{package_id}  {report.location}  {report.files}  {report.bytes_read}  {'✓' if report.ok else '✗'}"
            ]
            shown += [f"  {finding.rule} {message(finding, speak.language)}" for finding in report.findings]
            speak.line(line, "\n".join(shown))
            codes.append(ExitCode.OK if report.ok else ExitCode.REJECTED)
        archive.seal()
    return gravest(codes)
