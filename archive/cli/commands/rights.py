"""`luutru rights`: changes of rights that wait for a second person."""

from __future__ import annotations

import click

from archive.auth.people import LOCAL_OPERATOR
from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from archive.services.rights import told_of

rights = LazyGroup(
    "rights", lazy={"pending": f"{__name__}:pending", "confirm": f"{__name__}:confirm"}, help=words("rights.help")
)
_PAGE = 500


@command("pending", group="rights")
def pending(speak: Speaker) -> int:
    """See the message `rights_pending.help`."""
    after = ""
    with Archive.opened() as archive:
        while page := archive.rights.pending(_PAGE, after):
            for change in page:
                said = speak.text("rights_pending.change", kind=change.kind, subject=change.subject, by=change.by)
                speak.line(told_of(change), f"{change.id}  {change.at[:10]}  {said}")
            after = f"{page[-1].at}|{page[-1].id}"
    return int(ExitCode.OK)


@command("confirm", group="rights")
@click.argument("changes", nargs=-1, required=True)
@option("--operator", key="option.operator", default=operator_name)
def confirm(speak: Speaker, changes: tuple[str, ...], operator: str) -> int:
    """See the message `rights_confirm.help`."""
    with Archive.opened() as archive:
        for change_id in changes:
            change = archive.rights.confirm(change_id, LOCAL_OPERATOR(operator))
            speak.line(told_of(change), speak.text("rights_confirm.done", change=change_id, by=change.confirmed_by))
        archive.seal()
    return int(ExitCode.OK)
