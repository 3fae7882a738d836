"""The pages of one's own account: password, second factor, sessions, tokens."""

from __future__ import annotations

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from archive.api.access import archive_of
from archive.api.people import known_of, session_given, visitor_of
from archive.api.problems import title_of
from archive.api.rights import may
from archive.auth import totp
from archive.auth.errors import FactorDueError, FactorRefusedError, SignInRefusedError, WeakPasswordError
from archive.auth.passwords import MIN_CHARACTERS
from archive.auth.policy import SCOPES, Action
from archive.catalogue.sessions import Session
from archive.services.signing_in import WHOLE
from archive.web.forms import fields_of
from archive.web.language import language_of
from archive.web.sign_in import following, led_on, shown
from metadata.errors import UsageError

router = APIRouter(prefix="/account", include_in_schema=False, dependencies=[may(Action.ACCOUNT)])

_BAD = 422
_DAYS = (7, 30, 90, 365)
"""Lives of a token that are offered."""


def session_of(request: Request) -> Session:
    """The browser's session.

    Raises:
        UsageError: a program with a token asks for a page about sessions.
    """
    session = known_of(request).session
    if session is None:
        raise UsageError("only in a browser")
    return session


@router.get("")
def account(request: Request) -> Response:
    """Sessions, tokens, second factor."""
    return _account(request)


def _account(request: Request, status: int = 200, *, token: str = "", refused: str = "") -> Response:
    desk = archive_of(request).desk
    here = session_of(request)
    account = desk.accounts.rows.by_id(here.person_id)
    most = desk.accounts.settings.token_days
    return shown(
        request,
        "account.html",
        status,
        account=desk.people.told(account),
        here=here.id,
        sessions=desk.people.sessions(account),
        asks_code=account.has_factor,
        vouched_days=desk.accounts.settings.provider_token_days if account.subject is not None else 0,
        tokens=[(one, desk.people.is_good(account, one)) for one in desk.people.tokens(account)],
        codes_left=desk.own.codes_left(account),
        scopes=list(SCOPES),
        days=[days for days in _DAYS if days <= most] or [most],
        token=token,
        refused=refused,
    )


# ---------------------------------------------------------------- password


@router.get("/password")
def password(request: Request) -> Response:
    """Ask for a new password."""
    return _password(request, request.query_params.get("next", ""))


def _password(request: Request, target: str, status: int = 200, *, refused: list[str] | None = None) -> Response:
    return shown(
        request,
        "password.html",
        status,
        target=following(target),
        must=session_of(request).stage != WHOLE,
        refused=refused or [],
        least=MIN_CHARACTERS,
    )


@router.post("/password")
async def password_changed(request: Request) -> Response:
    """Set a new password; the session goes on with a new secret, all others end."""
    said = await fields_of(request)
    desk = archive_of(request).desk
    session = session_of(request)
    target = said.get("next", "")
    if said.get("new", "") != said.get("again", ""):
        return _password(request, target, _BAD, refused=["password.differ"])
    try:
        await run_in_threadpool(
            desk.own.change_password, session, said.get("old", ""), said.get("new", ""), visitor_of(request)
        )
    except SignInRefusedError:
        return _password(request, target, _BAD, refused=["password.old"])
    except WeakPasswordError as error:
        return _password(request, target, _BAD, refused=[f"password.{rule}" for rule in error.rules])
    opened = await run_in_threadpool(desk.signing_in.advance, session, visitor_of(request))
    return led_on(request, opened, target or "/account")


# ---------------------------------------------------------------- second factor


@router.get("/second-factor")
def factor(request: Request) -> Response:
    """Show what an application has to learn."""
    return _factor(request, request.query_params.get("next", ""))


def _factor(request: Request, target: str, status: int = 200, *, refused: bool = False) -> Response:
    desk = archive_of(request).desk
    session = session_of(request)
    account = desk.accounts.rows.by_id(session.person_id)
    values = {"target": following(target), "refused": refused, "must": session.stage != WHOLE}
    if account.has_factor:
        return shown(request, "factor.html", status, secret="", picture="", since=account.factor_at, **values)
    secret, address = desk.own.waiting_factor(session)
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    picture = Markup(totp.picture(address))  # noqa: S704 - drawn here, of squares
    return shown(request, "factor.html", status, secret=grouped, picture=picture, since="", **values)


@router.post("/second-factor")
async def factor_confirmed(request: Request) -> Response:
    """Put the second factor into force and show its recovery codes, once."""
    said = await fields_of(request)
    desk = archive_of(request).desk
    session = session_of(request)
    target = said.get("next", "")
    try:
        codes = await run_in_threadpool(
            desk.own.confirm_factor, session, said.get("code", "")[:20], visitor_of(request)
        )
    except FactorRefusedError:
        return await run_in_threadpool(_factor, request, target, _BAD, refused=True)
    opened = await run_in_threadpool(desk.signing_in.advance, session, visitor_of(request))
    answer = shown(request, "codes.html", codes=codes, target=following(target))
    return session_given(answer, request, opened.secret, opened.browser)


@router.post("/second-factor/codes")
async def codes_anew(request: Request) -> Response:
    """New recovery codes in the place of the old ones."""
    said = await fields_of(request)
    desk = archive_of(request).desk
    try:
        codes = await run_in_threadpool(
            desk.own.new_codes, session_of(request), said.get("code", "")[:20], visitor_of(request)
        )
    except FactorRefusedError:
        return await run_in_threadpool(_factor, request, "", _BAD, refused=True)
    return shown(request, "codes.html", codes=codes, target="/account")


@router.post("/second-factor/remove")
async def factor_removed(request: Request) -> Response:
    """Take the second factor away, for another one."""
    said = await fields_of(request)
    desk = archive_of(request).desk
    session = session_of(request)
    try:
        await run_in_threadpool(desk.own.remove_factor, session, said.get("code", "")[:20], visitor_of(request))
    except FactorRefusedError:
        return await run_in_threadpool(_factor, request, "", _BAD, refused=True)
    opened = await run_in_threadpool(desk.signing_in.advance, session, visitor_of(request))
    return led_on(request, opened, "/account")


# ---------------------------------------------------------------- sessions and tokens


@router.post("/sessions/end")
def others_ended(request: Request) -> Response:
    """End all sessions but this one."""
    desk = archive_of(request).desk
    here = session_of(request)
    account = desk.accounts.rows.by_id(here.person_id)
    desk.people.end_sessions(account, by=account.login, but=here.id)
    return RedirectResponse("/account", 303)


@router.post("/sessions/{session_id}/end")
def session_ended(request: Request, session_id: str) -> Response:
    """End one session."""
    desk = archive_of(request).desk
    here = session_of(request)
    account = desk.accounts.rows.by_id(here.person_id)
    desk.people.end_session(account, session_id, by=account.login)
    answer = RedirectResponse("/sign-in" if session_id == here.id else "/account", 303)
    return session_given(answer, request, "") if session_id == here.id else answer


@router.post("/tokens")
async def token_made(request: Request) -> Response:
    """A new token, shown once."""
    said = await fields_of(request)
    desk = archive_of(request).desk
    days = said.get("days", "")
    scopes = [scope for scope in SCOPES if said.get(f"scope-{scope}")]
    try:
        made = await run_in_threadpool(
            desk.tokens.make,
            session_of(request),
            said.get("name", ""),
            days=int(days) if days.isascii() and days.isdecimal() and len(days) < 6 else 0,  # noqa: PLR2004 - digits
            scopes=scopes,
            code=said.get("code", "")[:20],
            visitor=visitor_of(request),
        )
    except (FactorRefusedError, FactorDueError) as error:
        why = title_of(error.code, language_of(request))
        return await run_in_threadpool(_account, request, _BAD, refused=why)
    except UsageError as error:
        return await run_in_threadpool(_account, request, _BAD, refused=str(error))
    return await run_in_threadpool(_account, request, token=made.secret)


@router.post("/tokens/{token_id}/revoke")
def token_revoked(request: Request, token_id: str) -> Response:
    """Revoke a token."""
    desk = archive_of(request).desk
    account = desk.accounts.rows.by_id(session_of(request).person_id)
    desk.people.revoke_token(account, token_id, by=account.login)
    return RedirectResponse("/account", 303)
