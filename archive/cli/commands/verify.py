"""`luutru verify`: check proofs offline, without a home."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.speech import Speaker
from archive.composition.proving import proof_checker
from archive.preservation.proofs.steps import EXIT_CODES
from archive.preservation.proofs.telling import lines
from metadata.errors import ArchiveError


@command("verify")
@click.argument("proofs", nargs=-1, required=True, metavar="PROOF.zip…", type=click.Path(path_type=Path))
@option("--trust", key="verify.trust", type=click.Path(path_type=Path, exists=True, file_okay=False))
def verify(speak: Speaker, proofs: tuple[Path, ...], trust: Path | None) -> int:
    """See the message `verify.help`."""
    codes: list[ExitCode] = []
    with proof_checker(trust) as checker:
        for warning in checker.warnings:
            speak.say("verify.ignored", what=warning)
        for path in proofs:
            try:
                report = checker.check(path)
            except ArchiveError as error:
                speak.failed(path, error)
                codes.append(code_of(error))
                continue
            for line in lines(report, speak.language, as_json=speak.as_json):
                click.echo(line, file=speak.out)
            codes.append(ExitCode(EXIT_CODES[report.ok]))
    return gravest(codes)
