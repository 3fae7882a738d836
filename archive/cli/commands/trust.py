"""`luutru trust`: the trust store."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name

trust = LazyGroup("trust", lazy={"list": f"{__name__}:listed", "add": f"{__name__}:add"}, help=words("trust.help"))


@command("list", group="trust")
def listed(speak: Speaker) -> int:
    """See the message `trust_list.help`."""
    with Archive.opened() as archive:
        for entry in archive.trust.list():
            row = entry.as_json()
            speak.line(row, f"{row['sha256'][:16]}…  {row['role']:<12} {row['not_after']}  {row['subject']}")
    return int(ExitCode.OK)


@command("add", group="trust")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--operator", key="option.operator", default=operator_name)
def add(speak: Speaker, files: tuple[Path, ...], operator: str) -> int:
    """See the message `trust_add.help`."""
    with Archive.opened() as archive:
        answer = archive.add_trust(files, operator=operator)
        for word, entries in (("added", answer.added), ("already", answer.already)):
            for entry in entries:
                speak.line(
                    {"status": word, **entry.as_json()},
                    speak.text(f"trust_add.{word}", subject=entry.as_json()["subject"]),
                )
        archive.seal()
    return int(ExitCode.OK)
