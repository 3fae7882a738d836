"""People: who one is, one's own sessions and tokens; accounts, for administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from archive.api.access import Cursor, Limit, cursor_after, cursor_parts, page_of
from archive.api.lines import ROOT
from archive.api.people import known_of, visitor_of
from archive.api.problems import ApiError
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.catalogue.people import Account
from archive.catalogue.sessions import Session, Token
from archive.composition.people import FrontDesk
from archive.services.people import Made, People, grants_told
from metadata.errors import NotFoundError

router = APIRouter()

Oneself = Annotated[Asking, may(Action.ACCOUNT)]
Managing = Annotated[Asking, may(Action.PEOPLE_MANAGE)]
_ONCE = {"Cache-Control": "no-store"}
"""Of answers with a secret: nobody keeps them, `Idempotency-Key` neither."""

_MADE: dict[int | str, dict[str, Any]] = {409: {"description": "`auth.login_taken`"}}


class NewToken(BaseModel):
    """A token to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    """What it is for."""

    days: Annotated[int, Field(ge=1, le=366)]
    """How long it is good; the settings allow no more than they say."""

    scopes: list[str] | None = None
    """What it is narrowed to; None: all that the person may when it is made, and may still when it is used."""

    code: Annotated[str, Field(max_length=20)] = ""
    """Of the second factor, where the person has one."""


class NewPerson(BaseModel):
    """An account to be made."""

    model_config = ConfigDict(extra="forbid")

    login: Annotated[str, Field(min_length=2, max_length=64)]
    name: Annotated[str, Field(max_length=200)] = ""


class Reset(BaseModel):
    """What is reset beside the password."""

    model_config = ConfigDict(extra="forbid")

    second_factor: bool = False


# ---------------------------------------------------------------- oneself


def _desk(asking: Asking) -> FrontDesk:
    return asking.archive.desk


def _own(request: Request, asking: Asking) -> tuple[Account, Session]:
    """The account of who sits at a browser; a token that was lost must not make others or end sessions."""
    session = known_of(request).session
    if session is None:
        raise ApiError("api.forbidden", "only in a session of a browser, or by `luutru user` on the server")
    return _desk(asking).accounts.rows.by_id(session.person_id), session


def _token_line(people: People, account: Account, token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "hint": token.hint,
        "scopes": token.scopes,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "used_at": token.used_at,
        "good": people.is_good(account, token),
    }


@router.get("/me", tags=["me"])
def me(request: Request, asking: Oneself) -> dict[str, Any]:
    """Who asks, with roles and what the token is narrowed to."""
    known = known_of(request)
    desk = _desk(asking)
    told = desk.people.told(desk.accounts.rows.by_id(known.person.id))
    scopes = None if known.person.scopes is None else sorted(known.person.scopes)
    return told | {"via": known.person.via, "scopes": scopes, "grants": grants_told(known.person.grants)}


@router.get("/me/tokens", tags=["me"])
def tokens(request: Request, asking: Oneself) -> dict[str, Any]:
    """One's own API tokens, the newest first; never the tokens themselves. A token knows only of itself."""
    people = _desk(asking).people
    known = known_of(request)
    account = people.accounts.rows.by_id(known.person.id)
    found = [one for one in people.tokens(account) if known.token is None or one.id == known.token.id]
    return {"items": [_token_line(people, account, token) for token in found], "next": None}


@router.post("/me/tokens", status_code=201, tags=["me"])
def make_token(request: Request, response: Response, asking: Oneself, said: NewToken) -> dict[str, Any]:
    """A new API token for who shows the second factor; `token` is told this once."""
    account, session = _own(request, asking)
    desk = _desk(asking)
    made = desk.tokens.make(
        session, said.name, days=said.days, scopes=said.scopes, code=said.code, visitor=visitor_of(request)
    )
    response.headers.update(_ONCE)
    return _token_line(desk.people, account, made.token) | {"token": made.secret}


@router.delete("/me/tokens/{token_id}", status_code=204, tags=["me"])
def revoke_token(request: Request, asking: Oneself, token_id: str) -> Response:
    """Revoke a token; again: nothing more happens. A token ends itself and no other."""
    people = _desk(asking).people
    known = known_of(request)
    if known.token is not None and known.token.id != token_id:
        raise NotFoundError(token_id)
    account = people.accounts.rows.by_id(known.person.id)
    people.revoke_token(account, token_id, by=account.login)
    return Response(status_code=204)


@router.get("/me/sessions", tags=["me"])
def sessions(request: Request, asking: Oneself) -> dict[str, Any]:
    """One's own sessions, the last used first."""
    account, here = _own(request, asking)
    items = [_session_line(one) | {"here": one.id == here.id} for one in _desk(asking).people.sessions(account)]
    return {"items": items, "next": None}


def _session_line(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "created_at": session.created_at,
        "seen_at": session.seen_at,
        "ends_at": session.ends_at,
        "address": session.address,
        "agent": session.agent,
    }


@router.delete("/me/sessions/{session_id}", status_code=204, tags=["me"])
def end_session(request: Request, asking: Oneself, session_id: str) -> Response:
    """End one of one's own sessions."""
    account, _ = _own(request, asking)
    _desk(asking).people.end_session(account, session_id, by=account.login)
    return Response(status_code=204)


@router.delete("/me/sessions", status_code=204, tags=["me"])
def end_sessions(request: Request, asking: Oneself) -> Response:
    """End all of one's own sessions but this one."""
    account, here = _own(request, asking)
    _desk(asking).people.end_sessions(account, by=account.login, but=here.id)
    return Response(status_code=204)


# ---------------------------------------------------------------- accounts


def accounts_of(asking: Asking) -> People:
    """Accounts belong to no agency: who manages only a part of the archive could make more of itself through them."""
    asking.everything()
    return asking.archive.desk.people


def others_of(asking: Asking, login: str) -> People:
    """The same for what nobody does to themselves."""
    people = accounts_of(asking)
    if people.account(login).login == asking.login:
        raise ApiError("rights.refused", "nobody does this to themselves: /account, or `luutru user` on the server")
    return people


def _made_line(people: People, made: Made) -> dict[str, Any]:
    return people.told(made.account) | {"password": made.password}


@router.get("/users", tags=["users"])
def users(asking: Managing, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Accounts by login."""
    people = accounts_of(asking)
    parts = cursor_parts(cursor, parts=1)
    rows = people.listed(limit + 1, parts[0] if parts else "")
    told = {account.id: line for account, line in zip(rows, people.told_each(rows), strict=True)}
    return page_of(rows, limit, lambda account: told[account.id], lambda account: cursor_after(account.login))


@router.post("/users", status_code=201, tags=["users"], responses=_MADE)
def add(asking: Managing, said: NewPerson, response: Response) -> dict[str, Any]:
    """A new account; its `password` for the first sign-in is told this once. Roles: `PUT …/grants`."""
    people = accounts_of(asking)
    made = people.add(said.login, said.name, by=asking.login)
    response.headers.update(_ONCE)
    response.headers["Location"] = f"{ROOT}/users/{made.account.login}"
    return _made_line(people, made)


@router.get("/users/{login}", tags=["users"])
def user(asking: Managing, login: str) -> dict[str, Any]:
    """One account."""
    people = accounts_of(asking)
    return people.told(people.account(login))


@router.post("/users/{login}/lock", tags=["users"])
def lock(asking: Managing, login: str) -> dict[str, Any]:
    """Lock an account: its sessions end, its tokens are refused. Nobody locks themselves out."""
    people = others_of(asking, login)
    return people.told(people.lock(login, by=asking.login))


@router.post("/users/{login}/unlock", tags=["users"])
def unlock(asking: Managing, login: str) -> dict[str, Any]:
    """Let somebody in again."""
    people = accounts_of(asking)
    return people.told(people.unlock(login, by=asking.login))


@router.post("/users/{login}/reset", tags=["users"])
def reset(asking: Managing, login: str, said: Reset, response: Response) -> dict[str, Any]:
    """A new `password`, told this once and to be changed at the next sign-in; sessions end.

    Of oneself nobody: whoever found a token or an open browser would be that person for good.
    """
    people = others_of(asking, login)
    response.headers.update(_ONCE)
    return _made_line(people, people.reset(login, by=asking.login, factor=said.second_factor))


# ---------------------------------------------------------------- sessions and tokens of others


@router.get("/users/{login}/sessions", tags=["users"])
def sessions_of(asking: Managing, login: str) -> dict[str, Any]:
    """Sessions of a person, the last used first."""
    people = accounts_of(asking)
    found = people.sessions(people.account(login))
    return {"items": [_session_line(one) for one in found], "next": None}


@router.delete("/users/{login}/sessions", status_code=204, tags=["users"])
def end_sessions_of(asking: Managing, login: str) -> Response:
    """End all sessions of somebody else."""
    people = others_of(asking, login)
    people.end_sessions(people.account(login), by=asking.login)
    return Response(status_code=204)


@router.delete("/users/{login}/sessions/{session_id}", status_code=204, tags=["users"])
def end_session_of(asking: Managing, login: str, session_id: str) -> Response:
    """End one session of somebody else."""
    people = others_of(asking, login)
    people.end_session(people.account(login), session_id, by=asking.login)
    return Response(status_code=204)


@router.get("/users/{login}/tokens", tags=["users"])
def tokens_of(asking: Managing, login: str) -> dict[str, Any]:
    """API tokens of a person, the newest first; never the tokens themselves."""
    people = accounts_of(asking)
    account = people.account(login)
    return {"items": [_token_line(people, account, token) for token in people.tokens(account)], "next": None}


@router.delete("/users/{login}/tokens/{token_id}", status_code=204, tags=["users"])
def revoke_token_of(asking: Managing, login: str, token_id: str) -> Response:
    """Revoke a token of somebody else; again: nothing more happens."""
    people = others_of(asking, login)
    people.revoke_token(people.account(login), token_id, by=asking.login)
    return Response(status_code=204)
