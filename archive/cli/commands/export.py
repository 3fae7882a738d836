"""`luutru export`: take originals, PDF/A copies, text or packages out."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from archive.services.dissemination import ExportKind


@command("export")
@click.argument("identifier", metavar="ID")
@option("--as", "kind", key="export.kind", required=True, type=click.Choice([kind.value for kind in ExportKind]))
@option("-o", "--output", "target", key="export.output", required=True, type=click.Path(path_type=Path))
@option("--operator", key="option.operator", default=operator_name)
def export(speak: Speaker, identifier: str, kind: str, target: Path, operator: str) -> int:
    """See the message `export.help`."""
    with Archive.opened() as archive:
        for file in archive.dissemination.export(identifier, ExportKind(kind), target, operator=operator):
            refused = file.more.get("detail") if file.more.get("refused") else None
            words = file.path or refused or speak.text("export.no_pdfa", original=file.more.get("original", ""))
            flavour = f"  PDF/A-{file.more['flavour']}" if file.more.get("flavour") else ""
            speak.line(file.as_json(), f"{words}{flavour}  {file.sha256 or ''}")
        archive.seal()
    return int(ExitCode.OK)
