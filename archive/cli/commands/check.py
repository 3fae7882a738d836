"""`luutru check`: everything that `ingest` would refuse, stored nowhere; or how spreadsheets are understood."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Unpack

import click

from archive.cli.answers import say_answers
from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.explanations import say_explanation
from archive.cli.reading import Said, reading_of, reading_options
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.durable import write_durably
from ingest.ports import Reading
from metadata.errors import ArchiveError
from metadata.explanations import SheetExplanation
from metadata.heading_mapping import mapping_toml


@command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--sheet-only", key="check.sheet_only", is_flag=True)
@option("--explain", key="check.explain", is_flag=True)
@option("--save-mapping", key="check.save_mapping", type=click.Path(path_type=Path, dir_okay=False))
@option("--agency", key="option.agency")
@reading_options
def check(
    speak: Speaker,
    paths: tuple[Path, ...],
    sheet_only: bool,
    explain: bool,
    save_mapping: Path | None,
    agency: str | None,
    **said: Unpack[Said],
) -> int:
    """See the message `check.help`."""
    reading = reading_of(said)
    with Archive.opened(need_home=False) as archive:
        if explain or save_mapping:
            return _explain(archive, speak, paths, reading, save_mapping)
        codes: list[ExitCode] = []
        for path in paths:
            try:
                answers = archive.submissions.check(
                    path.absolute(), agency=agency, sheet_only=sheet_only, reading=reading
                )
                codes.append(say_answers(speak, answers))
            except ArchiveError as error:
                speak.failed(path, error)
                codes.append(code_of(error))
    return gravest(codes)


def _explain(
    archive: Archive, speak: Speaker, paths: Iterable[Path], reading: Reading, save_mapping: Path | None
) -> ExitCode:
    """Tell how the spreadsheets are understood; nothing of the delivery is judged."""
    codes: list[ExitCode] = []
    understood: list[SheetExplanation] = []
    for path in paths:
        try:
            found = archive.submissions.explain(path.absolute(), reading=reading)
        except ArchiveError as error:
            speak.failed(path, error)
            codes.append(code_of(error))
            continue
        for sheet in found:
            say_explanation(speak, path, sheet)
        understood += [sheet for sheet in found if sheet.heading_rows and not sheet.hidden]
        codes.append(ExitCode.OK if any(sheet.heading_rows for sheet in found) else ExitCode.REJECTED)
    if save_mapping is not None and understood:
        write_durably(save_mapping.absolute(), mapping_toml(sheet.mapping() for sheet in understood).encode())
        speak.say("check.mapping_saved", path=save_mapping)
    return gravest(codes)
