"""`luutru authority`: tables of agencies, fonds and places of the store."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from metadata.authorities.entries import AuthorityKind
from metadata.dates import read_date
from metadata.rules import message

_KINDS = click.Choice([kind.value for kind in AuthorityKind])

authority = LazyGroup(
    "authority",
    lazy={"import": f"{__name__}:import_table", "list": f"{__name__}:listed"},
    help=words("authority.help"),
)


@command("import", group="authority")
@click.argument("kind", type=_KINDS)
@click.argument("file", type=click.Path(path_type=Path))
@option("--operator", key="option.operator", default=operator_name)
def import_table(speak: Speaker, kind: str, file: Path, operator: str) -> int:
    """See the message `authority_import.help`."""
    with Archive.opened() as archive:
        answer = archive.authorities.import_table(AuthorityKind(kind), file, operator=operator)
        row = answer.as_json(speak.language)
        counts = {name: row[name] for name in ("version", "added", "changed", "closed", "same")}
        for finding in answer.findings:
            speak.say("authority_import.finding", rule=finding.rule, message=message(finding, speak.language))
        speak.line(row, speak.text(f"authority_import.{answer.status}", file=file.name, **counts))
        archive.seal()
    return int(ExitCode.REJECTED if answer.status == "rejected" else ExitCode.OK)


@command("list", group="authority")
@click.argument("kind", type=_KINDS)
@option("--at", "at", key="authority_list.at")
@option("--all", "every", key="authority_list.all", is_flag=True)
def listed(speak: Speaker, kind: str, at: str | None, every: bool) -> int:
    """See the message `authority_list.help`."""
    day = read_date(at).date if at else None
    if at and day is None:
        raise click.UsageError(words("authority_list.no_day").format(written=at))
    with Archive.opened() as archive:
        for entry in archive.authorities.listed(AuthorityKind(kind), at=day, every=every):
            times = f"{entry.valid_from or '…'}–{entry.valid_to or '…'}"
            mark = f"  ✗ {entry.closed_at[:10]}" if entry.closed_at else ""
            speak.line(entry.model_dump(mode="json"), f"{entry.code:<24} {entry.name}  ({times}){mark}")
    return int(ExitCode.OK)
