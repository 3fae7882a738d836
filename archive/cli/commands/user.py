"""`luutru user`: accounts of people. Passwords and tokens are printed once and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from archive.auth.policy import SCOPES
from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from metadata.errors import ArchiveError

_RIGHTS = "archive.cli.commands.user_rights"
_PAGE = 200
_TOKEN_DAYS = 90

user = LazyGroup(
    "user",
    lazy={
        "add": f"{__name__}:add",
        "list": f"{__name__}:listed",
        "lock": f"{__name__}:lock",
        "unlock": f"{__name__}:unlock",
        "reset": f"{__name__}:reset",
        "token": f"{__name__}:token",
        "grant": f"{_RIGHTS}:grant",
        "revoke": f"{_RIGHTS}:revoke",
        "grants": f"{_RIGHTS}:grants",
    },
    help=words("user.help"),
)


@command("add", group="user")
@click.argument("login")
@option("--name", key="user_add.name", default="")
@option("--operator", key="option.operator", default=operator_name)
def add(speak: Speaker, login: str, name: str, operator: str) -> int:
    """See the message `user_add.help`."""
    with Archive.opened() as archive:
        made = archive.desk.people.add(login, name, by=operator)
        line = {"login": made.account.login, "id": made.account.id, "status": "made", "password": made.password}
        speak.line(line, speak.text("user_add.made", login=made.account.login, password=made.password))
        archive.seal()
    return int(ExitCode.OK)


@command("list", group="user")
def listed(speak: Speaker) -> int:
    """See the message `user_list.help`."""
    with Archive.opened() as archive:
        people, after = archive.desk.people, ""
        while found := people.listed(_PAGE, after):
            for told in people.told_each(found):
                roles = ", ".join(f"{grant['role']}@{grant['agency']}" for grant in told["grants"])
                speak.line(told, f"{told['login']:<20} {told['status']:<8} {told['name']:<30} {roles}")
            after = found[-1].login
    return int(ExitCode.OK)


@command("lock", group="user")
@click.argument("logins", nargs=-1, required=True)
@option("--operator", key="option.operator", default=operator_name)
def lock(speak: Speaker, logins: tuple[str, ...], operator: str) -> int:
    """See the message `user_lock.help`."""
    with Archive.opened() as archive:
        return _each(speak, archive, logins, "locked", lambda login: archive.desk.people.lock(login, by=operator))


@command("unlock", group="user")
@click.argument("logins", nargs=-1, required=True)
@option("--operator", key="option.operator", default=operator_name)
def unlock(speak: Speaker, logins: tuple[str, ...], operator: str) -> int:
    """See the message `user_unlock.help`."""
    with Archive.opened() as archive:
        return _each(speak, archive, logins, "unlocked", lambda login: archive.desk.people.unlock(login, by=operator))


def _each(speak: Speaker, archive: Archive, logins: Iterable[str], status: str, do: Callable[[str], object]) -> int:
    codes = [ExitCode.OK]
    for login in logins:
        try:
            do(login)
        except ArchiveError as error:
            speak.failed(login, error)
            codes.append(code_of(error))
        else:
            speak.line({"login": login, "status": status}, speak.text(f"user_lock.{status}", login=login))
    archive.seal()
    return int(gravest(codes))


@command("reset", group="user")
@click.argument("login")
@option("--factor", key="user_reset.factor", is_flag=True)
@option("--operator", key="option.operator", default=operator_name)
def reset(speak: Speaker, login: str, factor: bool, operator: str) -> int:
    """See the message `user_reset.help`."""
    with Archive.opened() as archive:
        made = archive.desk.people.reset(login, by=operator, factor=factor)
        line = {"login": made.account.login, "id": made.account.id, "status": "reset", "password": made.password}
        speak.line(line, speak.text("user_add.made", login=made.account.login, password=made.password))
        archive.seal()
    return int(ExitCode.OK)


@command("token", group="user")
@click.argument("login")
@option("--name", key="user_token.name", required=True)
@option("--days", key="user_token.days", type=int, default=_TOKEN_DAYS, show_default=True)
@option("--scope", "scopes", key="user_token.scope", multiple=True, type=click.Choice(list(SCOPES)))
@option("--operator", key="option.operator", default=operator_name)
def token(speak: Speaker, login: str, name: str, days: int, scopes: tuple[str, ...], operator: str) -> int:
    """See the message `user_token.help`."""
    with Archive.opened() as archive:
        people = archive.desk.people
        made = people.make_token(people.account(login), name, by=operator, days=days, scopes=scopes or None)
        line = {
            "login": login,
            "id": made.token.id,
            "name": made.token.name,
            "scopes": made.token.scopes,
            "expires_at": made.token.expires_at,
            "token": made.secret,
        }
        speak.line(line, made.secret)
        archive.seal()
    return int(ExitCode.OK)
