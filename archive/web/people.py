"""The pages of people: who there is, what they may, whether they are let in; accounts are managed here.

Who manages the whole archive sees accounts; everybody else who may see rights sees those who hold a role in the
agencies that are theirs to look into, and only these roles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.api.routes.people import accounts_of, others_of
from archive.api.routes.rights import grantable, target_over
from archive.auth.errors import LoginTakenError
from archive.auth.people import EVERYWHERE, Label, Role
from archive.auth.policy import Action, scope_of
from archive.catalogue.people import Account
from archive.catalogue.roster import Wanted
from archive.composition.administering import roster
from archive.services.people import printable
from archive.web.administration import BAD, Refused, address, agency_names, back, manages_people, shown
from archive.web.forms import fields_of
from metadata.errors import NotFoundError, UsageError

router = APIRouter(prefix="/administration/people", include_in_schema=False)

Looking = Annotated[Asking, may(Action.RIGHTS_READ)]
Managing = Annotated[Asking, may(Action.PEOPLE_MANAGE)]
Granting = Annotated[Asking, may(Action.RIGHTS_MANAGE)]
Words = Annotated[str, Query(max_length=200)]
_LISTED = 50
_CREATED, _TAKEN = 201, 409


@router.get("")
def listed(
    request: Request, asking: Looking, q: Words = "", role: Words = "", state: Words = "", after: Words = ""
) -> Response:
    """People by login."""
    return _listed(request, asking, Sought(q, role, state, after))


class Sought:
    """What the address asks for; words that mean nothing are left out."""

    def __init__(self, words: str = "", role: str = "", state: str = "", after: str = "") -> None:
        self.words, self.after = printable(words), printable(after)
        self.role = role if role in set(Role) else ""
        self.state = state if state in {"active", "locked"} else ""


def _listed(
    request: Request, asking: Asking, sought: Sought, status: int = 200, refused: Refused | None = None
) -> Response:
    accounts = asking.archive.desk.accounts
    manages = manages_people(asking)
    wanted = Wanted(
        sought.words,
        sought.role,
        None if not manages or not sought.state else sought.state == "locked",
        accounts.at(),
        accounts.at(days=-_idle_days()),
    )
    scope = scope_of(asking.person, Action.RIGHTS_READ)
    found = roster(asking.archive).logins(wanted, _LISTED + 1, sought.after, within=None if manages else scope)
    logins = found[:_LISTED]
    return shown(
        request,
        asking,
        "people.html",
        status,
        refused=refused,
        rows=_rows(asking, asking.archive.desk.people.several(logins), manages=manages),
        following=logins[-1] if len(found) > _LISTED else "",
        sought=sought,
        manages=manages,
        provider=asking.archive.settings.auth.oidc is not None,
        **_granting(asking),
    )


def _idle_days() -> int:
    from archive.auth.passwords import IDLE_DAYS  # noqa: PLC0415 - loads the hasher

    return IDLE_DAYS


def _granting(asking: Asking) -> dict[str, Any]:
    """What a form needs that gives roles."""
    scope = scope_of(asking.person, Action.RIGHTS_MANAGE)
    return {
        "grants_roles": bool(scope.areas),
        "areas": asking.archive.catalogue.agencies(within=scope) if scope.areas else [],
        "whole": scope.everything,
        "roles": [role.value for role in Role],
        "labels": [label.value for label in Label],
        "names": agency_names(asking),
    }


def _rows(asking: Asking, accounts: Sequence[Account], *, manages: bool) -> list[dict[str, Any]]:
    """Accounts and their roles, as far as who asks may look; many are asked for at once."""
    people = asking.archive.desk.people
    told = people.told_each(accounts) if manages else [{"login": each.login, "name": each.name} for each in accounts]
    held = _held(asking, accounts, manages=manages)
    return [row | {"grants": held[account.id]} for account, row in zip(accounts, told, strict=True)]


def _held(asking: Asking, accounts: Sequence[Account], *, manages: bool) -> dict[str, list[dict[str, Any]]]:
    """Roles of each of some people: since when, by whom, and whether they wait for confirmation."""
    rights = asking.archive.rights
    granted = rights.granted_each([account.id for account in accounts])
    waiting = rights.rows.unconfirmed([f"person/{account.login}" for account in accounts])

    @cache
    def may_look(agency: str) -> bool:
        return bool(asking.may(Action.RIGHTS_READ, target_over(asking, agency)))

    def of(account: Account) -> list[dict[str, Any]]:
        waits = waiting[f"person/{account.login}"]
        rows: list[dict[str, Any]] = [
            {**row, "waits": (row["role"], row["agency"]) in waits, "provider": False}
            for row in granted[account.id]
            if may_look(row["agency"])
        ]
        if manages:
            given = ({"role": one.role.value, "agency": one.agency, "up_to": one.up_to.value} for one in account.given)
            rows += [{**one, "at": "", "by": "", "waits": False, "provider": True} for one in given]
        return rows

    return {account.id: of(account) for account in accounts}


# ------------------------------------------------------------ one person


@router.get("/{login}")
def person(request: Request, asking: Looking, login: str) -> Response:
    """One person."""
    return _person(request, asking, login)


def _person(
    request: Request,
    asking: Asking,
    login: str,
    status: int = 200,
    *,
    secret: str = "",
    refused: Refused | None = None,
) -> Response:
    account, manages = _seen(asking, login), manages_people(asking)
    people = asking.archive.desk.people
    more: Mapping[str, Any] = {}
    if manages:
        more = {
            "sessions": people.sessions(account),
            "tokens": [(one, people.is_good(account, one)) for one in people.tokens(account)],
            "reset_waits": asking.archive.rights.rows.is_reset(f"person/{account.login}"),
            "has_password": bool(account.password),
        }
    answer = shown(
        request,
        asking,
        "person.html",
        status,
        refused=refused,
        account=_rows(asking, [account], manages=manages)[0],
        manages=manages,
        oneself=account.login == asking.login,
        secret=secret,
        **_granting(asking),
        **more,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _seen(asking: Asking, login: str) -> Account:
    """The account, if who asks may know of it.

    Raises:
        NotFoundError: there is none, or none that holds a role where they may look.
    """
    permits = asking.archive.permits
    try:
        account = asking.archive.desk.people.account(login)
    except NotFoundError:
        raise permits.absent(asking.person, Action.RIGHTS_READ, login) from None
    if not manages_people(asking) and not _held(asking, [account], manages=False)[account.id]:
        raise permits.absent(asking.person, Action.RIGHTS_READ, login)
    return account


# ------------------------------------------------------------ accounts


@router.post("")
async def add(request: Request, asking: Managing) -> Response:
    """A new account; its password for the first sign-in is shown this once."""
    said = await fields_of(request)
    people = await run_in_threadpool(accounts_of, asking)
    try:
        made = await run_in_threadpool(people.add, said.get("login", ""), said.get("name", ""), by=asking.login)
    except LoginTakenError:
        return await run_in_threadpool(_listed, request, asking, Sought(), _TAKEN, Refused("login_taken", said))
    except UsageError:
        return await run_in_threadpool(_listed, request, asking, Sought(), BAD, Refused("login", said))
    return await run_in_threadpool(_person, request, asking, made.account.login, _CREATED, secret=made.password)


@router.post("/{login}/lock")
def lock(asking: Managing, login: str) -> Response:
    """Lock an account: sessions end, tokens are refused."""
    others_of(asking, login).lock(login, by=asking.login)
    return back(address("people", login), "locked")


@router.post("/{login}/unlock")
def unlock(asking: Managing, login: str) -> Response:
    """Let somebody in again."""
    accounts_of(asking).unlock(login, by=asking.login)
    return back(address("people", login), "unlocked")


@router.post("/{login}/reset")
async def reset(request: Request, asking: Managing, login: str) -> Response:
    """A new password for one sign-in, shown this once; it alarms until a second person confirms it."""
    said = await fields_of(request)
    people = await run_in_threadpool(others_of, asking, login)
    try:
        made = await run_in_threadpool(people.reset, login, by=asking.login, factor=bool(said.get("factor")))
    except UsageError:
        return await run_in_threadpool(_person, request, asking, login, BAD, refused=Refused("no_password"))
    return await run_in_threadpool(_person, request, asking, login, secret=made.password)


@router.post("/{login}/sessions/end")
def sessions_ended(asking: Managing, login: str) -> Response:
    """End all sessions of a person."""
    people = others_of(asking, login)
    people.end_sessions(people.account(login), by=asking.login)
    return back(address("people", login), "sessions_ended")


@router.post("/{login}/sessions/{session_id}/end")
def session_ended(asking: Managing, login: str, session_id: str) -> Response:
    """End one session of a person."""
    people = others_of(asking, login)
    people.end_session(people.account(login), session_id, by=asking.login)
    return back(address("people", login), "sessions_ended")


@router.post("/{login}/tokens/{token_id}/revoke")
def token_revoked(asking: Managing, login: str, token_id: str) -> Response:
    """Revoke a token of a person."""
    people = others_of(asking, login)
    people.revoke_token(people.account(login), token_id, by=asking.login)
    return back(address("people", login), "token_revoked")


# ------------------------------------------------------------ roles


@router.post("/roles/give")
async def role_given(request: Request, asking: Granting) -> Response:
    """Give a role; it is in force at once and alarms until a second person confirms it."""
    said = await fields_of(request)

    def give(login: str, role: Role, agency: str) -> str:
        label = said.get("up_to", "")
        up_to = Label(label) if label in set(Label) else None
        return str(asking.archive.rights.grant(login, role, agency, up_to, by=asking.login)["status"])

    return await run_in_threadpool(_changed, request, asking, said, give)


@router.post("/roles/take")
async def role_taken(request: Request, asking: Granting) -> Response:
    """Take a role away; that alarms too."""
    said = await fields_of(request)

    def take(login: str, role: Role, agency: str) -> str:
        return str(asking.archive.rights.revoke(login, role, agency, by=asking.login)["status"])

    return await run_in_threadpool(_changed, request, asking, said, take)


def _changed(
    request: Request, asking: Asking, said: Mapping[str, str], change: Callable[[str, Role, str], str]
) -> Response:
    login, agency = said.get("login", "").strip().casefold(), said.get("agency", "") or EVERYWHERE
    grantable(asking, login, agency)
    try:
        done = change(login, Role(said.get("role", "")), agency)
    except NotFoundError:
        return _listed(request, asking, Sought(), BAD, Refused("no_such_person", said))
    except (UsageError, ValueError):
        return _listed(request, asking, Sought(), BAD, Refused("role", said))
    account = asking.archive.desk.people.account(login)
    visible = manages_people(asking) or bool(_held(asking, [account], manages=False)[account.id])
    return back(address("people", login) if visible else address("people"), done)
