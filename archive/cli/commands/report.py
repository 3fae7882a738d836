"""`luutru report`: lists and minutes that go with dossiers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from archive.services.listing import ListKind, Told

_WHERE = {
    ListKind.DOSSIERS.value: "archive.cli.commands.report:muc_luc_ho_so",
    ListKind.DOCUMENTS.value: "archive.cli.commands.report:muc_luc_van_ban",
    ListKind.MINUTES.value: "archive.cli.commands.report:bien_ban",
}
report = LazyGroup("report", lazy=_WHERE, help=words("report.help"))

_output = option("-o", "--output", "target", key="report.output", required=True, type=click.Path(path_type=Path))
_operator = option("--operator", key="option.operator", default=operator_name)
_identifiers = click.argument("identifiers", metavar="ID...", nargs=-1, required=True)


def _common(function: Callable[..., int]) -> Callable[..., int]:
    return _identifiers(_output(_operator(function)))


@command(ListKind.DOSSIERS.value, group="report")
@_common
def muc_luc_ho_so(speak: Speaker, identifiers: tuple[str, ...], target: Path, operator: str) -> int:
    """See the message `report_muc-luc-ho-so.help`."""
    return _made(speak, ListKind.DOSSIERS, identifiers, target, operator)


@command(ListKind.DOCUMENTS.value, group="report")
@_common
def muc_luc_van_ban(speak: Speaker, identifiers: tuple[str, ...], target: Path, operator: str) -> int:
    """See the message `report_muc-luc-van-ban.help`."""
    return _made(speak, ListKind.DOCUMENTS, identifiers, target, operator)


@command(ListKind.MINUTES.value, group="report")
@_common
@option("--basis", key="report.basis", default="", metavar="TEXT")
@option("--holding", key="report.holding", default="", metavar="TEXT")
def bien_ban(
    speak: Speaker, identifiers: tuple[str, ...], target: Path, operator: str, basis: str, holding: str
) -> int:
    """See the message `report_bien-ban.help`."""
    return _made(speak, ListKind.MINUTES, identifiers, target, operator, Told(basis, holding))


def _made(
    speak: Speaker,
    kind: ListKind,
    identifiers: tuple[str, ...],
    target: Path,
    operator: str,
    told: Told | None = None,
) -> int:
    from archive.composition.listing import listing  # noqa: PLC0415 - starting is measured

    with Archive.opened() as archive:
        made = listing(archive).write(kind, identifiers, target, operator=operator, told=told)
        archive.seal()
    counts = {"dossiers": made.more["dossiers"], "documents": made.more["documents"]}
    speak.line(made.as_json(), speak.text("report.made", path=made.path, **counts))
    if replaced := made.more.get("replaced"):
        speak.say("report.replaced", count=replaced)
    return int(ExitCode.OK)
