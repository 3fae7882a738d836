"""`luutru user grant|revoke|grants`: who has which role over which agencies."""

from __future__ import annotations

import click

from archive.auth.people import EVERYWHERE, Label, Role
from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name

_ROLES = click.Choice([role.value for role in Role])


@command("grant", group="user")
@click.argument("login")
@click.argument("role", type=_ROLES)
@option("--agency", key="user_grant.agency", default=EVERYWHERE)
@option("--up-to", "up_to", key="user_grant.up_to", type=click.Choice([label.value for label in Label]))
@option("--operator", key="option.operator", default=operator_name)
def grant(speak: Speaker, login: str, role: str, agency: str, up_to: str | None, operator: str) -> int:
    """See the message `user_grant.help`."""
    with Archive.opened() as archive:
        label = Label(up_to) if up_to else None
        line = archive.rights.grant(login, Role(role), agency, label, by=operator)
        speak.line(line, speak.text(f"user_grant.{line['status']}", login=login, role=role, agency=agency))
        archive.seal()
    return int(ExitCode.OK)


@command("revoke", group="user")
@click.argument("login")
@click.argument("role", type=_ROLES)
@option("--agency", key="user_grant.agency", default=EVERYWHERE)
@option("--operator", key="option.operator", default=operator_name)
def revoke(speak: Speaker, login: str, role: str, agency: str, operator: str) -> int:
    """See the message `user_revoke.help`."""
    with Archive.opened() as archive:
        line = archive.rights.revoke(login, Role(role), agency, by=operator)
        speak.line(line, speak.text("user_revoke.revoked", login=login, role=role, agency=agency))
        archive.seal()
    return int(ExitCode.OK)


@command("grants", group="user")
@click.argument("login")
def grants(speak: Speaker, login: str) -> int:
    """See the message `user_grants.help`."""
    with Archive.opened() as archive:
        for row in archive.rights.granted(login):
            speak.line(row, f"{row['role']:<14} {row['agency']:<20} {row['up_to']:<13} {row['at'][:10]}  {row['by']}")
    return int(ExitCode.OK)
