"""`luutru export`: take originals, PDF/A copies, text or packages out."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.dissemination.outgoing import E_ARK_VERSIONS, CopyForm, Exported, ExportKind, Options, Shape
from archive.operators import operator_name


@command("export")
@click.argument("identifier", metavar="ID")
@option("--as", "kind", key="export.kind", required=True, type=click.Choice([kind.value for kind in ExportKind]))
@option("-o", "--output", "target", key="export.output", required=True, type=click.Path(path_type=Path))
@option(
    "--profile", key="export.profile", type=click.Choice([shape.value for shape in Shape]), default=Shape.TT05.value
)
@option("--eark-version", key="export.eark_version", type=click.Choice(E_ARK_VERSIONS), default=E_ARK_VERSIONS[0])
@option("--request", "request_file", key="export.request", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@option("--request-field", "request_fields", key="export.request_field", multiple=True, metavar="NAME=VALUE")
@option("--copies", key="export.copies", type=click.Choice([form.value for form in CopyForm]))
@option("--authentication-field", key="export.authentication_field", multiple=True, metavar="NAME=VALUE")
@option("--operator", key="option.operator", default=operator_name)
def export(speak: Speaker, identifier: str, kind: str, target: Path, operator: str, **how: Any) -> int:  # noqa: ANN401
    """See the message `export.help`."""
    from archive.dissemination.request_files import request_of  # noqa: PLC0415 - only a DIP has one

    request = request_of(how["request_file"], how["request_fields"])
    options = Options(
        shape=Shape(how["profile"]),
        eark_version=how["eark_version"],
        request=request,
        copies=CopyForm(how["copies"]) if how["copies"] else None,
        authentication=request_of(None, how["authentication_field"]),
    )
    with Archive.opened() as archive:
        leaving = archive.dissemination.export(identifier, ExportKind(kind), target, operator=operator, options=options)
        heard = True
        for file in leaving:
            heard = heard and _heard(speak, file)
        archive.seal()
    return int(ExitCode.OK)


def _heard(speak: Speaker, file: Exported) -> bool:
    """Whether somebody still listens: whoever reads one line and goes away wants the export all the same."""
    try:
        _say(speak, file)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _say(speak: Speaker, file: Exported) -> None:
    refused = file.more.get("detail") if file.more.get("refused") else None
    words = file.path or refused or _missing(speak, file.more)
    flavour = f"  PDF/A-{file.more['flavour']}" if file.more.get("flavour") else ""
    speak.line(file.as_json(), f"{words}{flavour}  {file.sha256 or ''}")
    if left_out := file.more.get("left_out"):
        speak.say("export.left_out", path=file.path, names=", ".join(left_out))
    if in_remarks := file.more.get("in_remarks"):
        speak.say("export.in_remarks", path=file.path, names=", ".join(in_remarks))
    if losses := file.more.get("losses"):
        speak.say("export.losses", path=file.path, losses=losses)
    if file.path and file.more.get("pages") and file.more.get("flavour") is None:
        speak.say("export.not_measured", path=file.path, detail=file.more.get("detail", ""))


def _missing(speak: Speaker, more: dict[str, Any]) -> str:
    """Why there is a line and no file."""
    if "not_copied" in more:
        return speak.text("export.not_copied", **{key: more[key] for key in ("document", "original", "not_copied")})
    if "reason" in more:
        return speak.text("export.not_in_book", **{key: more[key] for key in ("document", "original", "reason")})
    return speak.text("export.no_pdfa", original=more.get("original", ""))
