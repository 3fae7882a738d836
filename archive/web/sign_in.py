"""The pages of signing in and out."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from archive.api import cookies
from archive.api.access import archive_of
from archive.api.people import KNOWN, known_of, session_given, visitor_of
from archive.api.rights import may
from archive.auth.credentials import form_token, new_session
from archive.auth.errors import (
    FactorRefusedError,
    ProviderRefusedError,
    ProviderUnreachableError,
    SignInRefusedError,
)
from archive.auth.policy import Action
from archive.catalogue.sessions import Session
from archive.services.identifying import Known
from archive.services.provider_sign_in import ProviderSignIn
from archive.services.signing_in import CHANGE, ENROL, FACTOR, WHOLE, Opened
from archive.web.forms import fields_of
from archive.web.language import language_of
from archive.web.preferences import own_path
from archive.web.rendering import page
from metadata.errors import NotFoundError
from metadata.messages import text

router = APIRouter(include_in_schema=False)

_NEXT = 2000
_MOST_ANSWER = 4000
_CALLBACK = "/sign-in/provider/callback"
_UNAUTHORIZED = 401
Following = Annotated[str, Query(alias="next", max_length=_NEXT)]
_STAGES = {FACTOR: "/sign-in/second-factor", CHANGE: "/account/password", ENROL: "/account/second-factor"}


def shown(request: Request, template: str, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - as `page`
    """A page about sign-in; `a` of its template is a message of `auth`."""
    language = language_of(request)
    return page(request, template, status, a=lambda key, **more: text(f"auth.{key}", language, **more), **values)


def following(said: str) -> str:
    """Where to go on after signing in: a page of this server that is not about sign-in, else the first one."""
    path = own_path(said[:_NEXT])
    return "/" if path.startswith(("/sign-", "/account/password", "/account/second-factor")) else path


def led_on(request: Request, opened: Opened, said: str) -> Response:
    """On to what the session owes, or to where the person wanted to go."""
    target = following(said)
    if opened.stage != WHOLE:
        query = f"?{urlencode({'next': target})}" if target != "/" else ""
        target = f"{_STAGES[opened.stage]}{query}"
    return session_given(RedirectResponse(target, 303), request, opened.secret, opened.browser)


@router.get("/sign-in", dependencies=[may(Action.OPEN)])
def sign_in(request: Request, said: Following = "") -> Response:
    """Ask for login and password."""
    known: Known | None = request.scope.get(KNOWN)
    if known is not None and known.session is not None and known.whole:
        return RedirectResponse(following(said), 303)
    return _form(request, following(said))


def _form(
    request: Request, target: str, status: int = 200, *, login: str = "", refused: bool | str = False
) -> Response:
    provider = archive_of(request).settings.auth.oidc
    kept = cookies.sent(request.headers, cookies.FORM, request.url.scheme)
    secret = kept or new_session()
    request.scope["luutru.form_token"] = form_token(secret)
    answer = shown(
        request,
        "sign-in.html",
        status,
        target=target,
        login=login,
        refused=refused,
        provider=provider.name if provider else "",
    )
    if not kept:
        answer.headers.append("Set-Cookie", cookies.header(cookies.FORM, secret, request.url.scheme))
    return answer


@router.post("/sign-in", dependencies=[may(Action.OPEN)])
async def signed_in(request: Request) -> Response:
    """Let in, or ask again."""
    said = await fields_of(request)
    desk = archive_of(request).desk
    visitor = visitor_of(request)
    login, password = said.get("login", "")[:200], said.get("password", "")
    try:
        opened = await run_in_threadpool(desk.signing_in.by_password, login, password, visitor)
    except SignInRefusedError:
        return _form(request, following(said.get("next", "")), _UNAUTHORIZED, login=login, refused=True)
    await _end_former(request)
    return led_on(request, opened, said.get("next", ""))


async def _end_former(request: Request) -> None:
    """A browser has one session: the one before ends when another begins."""
    known: Known | None = request.scope.get(KNOWN)
    if known is not None and known.session is not None:
        desk = archive_of(request).desk
        await run_in_threadpool(desk.signing_in.out, known.session, visitor_of(request))


@router.get("/sign-in/second-factor", dependencies=[may(Action.ACCOUNT)])
def second_factor(request: Request, said: Following = "") -> Response:
    """Ask for the second factor."""
    known = known_of(request)
    if known.session is None or known.session.stage != FACTOR:
        return RedirectResponse(following(said), 303)
    return shown(request, "second-factor.html", target=following(said), refused=False)


@router.post("/sign-in/second-factor", dependencies=[may(Action.ACCOUNT)])
async def second_factor_given(request: Request) -> Response:
    """Go on with a code of the second factor or a recovery code."""
    said = await fields_of(request)
    known = known_of(request)
    signing_in = archive_of(request).desk.signing_in
    code = said.get("code", "")[:100].strip()
    if known.session is None or known.session.stage != FACTOR:
        return RedirectResponse("/", 303)
    digits = "".join(code.split())
    way = signing_in.by_factor if digits.isdecimal() else signing_in.by_recovery_code
    try:
        opened = await run_in_threadpool(way, known.session, code, visitor_of(request))
    except FactorRefusedError:
        return shown(request, "second-factor.html", _UNAUTHORIZED, target=following(said.get("next", "")), refused=True)
    return led_on(request, opened, said.get("next", ""))


@router.post("/sign-out", dependencies=[may(Action.ACCOUNT)])
def sign_out(request: Request) -> Response:
    """End the session, here and where the provider has one."""
    known = known_of(request)
    desk = archive_of(request).desk
    there = None
    if known.session is not None:
        desk.signing_in.out(known.session, visitor_of(request))
        there = _end_there(request, known.session)
    # Browsers follow no redirect from a form to another server where the policy of pages is as strict as ours.
    answer = shown(request, "signed-out.html", there=there) if there else RedirectResponse("/sign-in", 303)
    return session_given(answer, request, "")


def _end_there(request: Request, session: Session) -> str | None:
    provider = archive_of(request).desk.provider
    if provider is None:
        return None
    try:
        return provider.out_url(session, f"{_here(request)}/sign-in")
    except ProviderUnreachableError:
        return None


def _here(request: Request) -> str:
    """This server as the browser calls it; the guard has checked the name."""
    return f"{request.url.scheme}://{request.headers['host']}"


def _provider(request: Request) -> ProviderSignIn:
    provider = archive_of(request).desk.provider
    if provider is None:
        raise NotFoundError("provider")
    return provider


@router.get("/sign-in/provider", dependencies=[may(Action.OPEN)])
def to_provider(request: Request, said: Following = "") -> Response:
    """Off to the provider."""
    kept = cookies.sent(request.headers, cookies.FORM, request.url.scheme)
    browser = kept or new_session()
    url = _provider(request).going(
        browser=browser, following=following(said), redirect_uri=f"{_here(request)}{_CALLBACK}"
    )
    answer = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
    if not kept:
        answer.headers.append("Set-Cookie", cookies.header(cookies.FORM, browser, request.url.scheme))
    return answer


@router.get(_CALLBACK, dependencies=[may(Action.OPEN)])
async def from_provider(request: Request) -> Response:
    """Back from the provider."""
    provider = _provider(request)
    browser = cookies.sent(request.headers, cookies.FORM, request.url.scheme)
    answer = {name: value[:_MOST_ANSWER] for name, value in request.query_params.items()}
    try:
        opened, target = await run_in_threadpool(
            provider.back,
            answer,
            browser=browser,
            redirect_uri=f"{_here(request)}{_CALLBACK}",
            visitor=visitor_of(request),
        )
    except ProviderRefusedError:
        name = provider.provider.settings.name
        refused = text("auth.sign_in.provider_refused", language_of(request), name=name)
        return await run_in_threadpool(_form, request, "/", _UNAUTHORIZED, refused=refused)
    except SignInRefusedError:
        return await run_in_threadpool(_form, request, "/", _UNAUTHORIZED, refused=True)
    await _end_former(request)
    return led_on(request, opened, target)


@router.post("/sign-in/provider/logout", dependencies=[may(Action.OPEN)])
async def ended_at_provider(request: Request) -> Response:
    """The provider itself tells that a session is over (back-channel logout)."""
    provider = _provider(request)
    said = await fields_of(request)
    await run_in_threadpool(provider.ended, said.get("logout_token", ""))
    return Response(status_code=200, headers={"Cache-Control": "no-store"})
