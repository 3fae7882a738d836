"""Who asks: every request has a person or is sent to sign in, but for the few addresses that are open.

A session (cookie of a browser) or an API token (`Authorization: Bearer`) names the person. What a browser's page
sends must bring the token of its form; what its scripts send to the API must come from a page of this server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.api import cookies
from archive.api.answers import answer_of
from archive.api.connections import neighbourhood
from archive.api.forms import Peeked, form_token_of
from archive.api.guard import SAFE_METHODS
from archive.api.problems import ApiError, from_exception, problem
from archive.api.rights import PERSON
from archive.auth.credentials import form_token, is_form_token, is_session
from archive.auth.errors import TooOftenError
from archive.auth.people import Person
from archive.auth.throttle import Rate, Throttle
from archive.services.accounts import Visitor
from archive.services.identifying import Known
from archive.services.signing_in import CHANGE, ENROL, FACTOR
from metadata.errors import ArchiveError
from metadata.time import Clock

if TYPE_CHECKING:
    from archive.composition import Archive
    from archive.settings import ServeSettings

KNOWN = "luutru.known"
"""Key of an ASGI scope: `Known`, or None."""

FORM_TOKEN = "luutru.form_token"  # noqa: S105 - a key
"""Key of an ASGI scope: what the forms of a page have to bring back; empty: the page has none."""

SIGN_IN = "/sign-in"
_OPEN_BELOW = ("/static/", "/api/v1/health/")
_OPEN = frozenset(
    {SIGN_IN, "/sign-in/provider", "/sign-in/provider/callback", "/sign-in/provider/logout", "/preferences"}
)
_ONLY_PROVIDERS = "/sign-in/provider/logout"
"""Called by the provider itself, which has no page of ours; its token is its proof."""

_OWED = {FACTOR: "/sign-in/second-factor", CHANGE: "/account/password", ENROL: "/account/second-factor"}
"""Where a session that owes something may go, beside signing out."""

_SIGN_OUT = "/sign-out"
SENDING = re.compile(r"/api/v1/submissions/[^/]+/(?:uploads|files)(?:/|$)")
"""Files of an open upload: a folder of 10,000 is not made to wait; how much one may send is bounded by the day."""

_QUIET = ("/progress", "/events")
"""Ends of addresses that pages ask by themselves."""


@dataclass(frozen=True, slots=True)
class _Refused(Exception):  # noqa: N818 - an answer
    answer: Response


def known_of(request: Request) -> Known:
    """Who asks, with the session.

    Raises:
        ApiError: nobody signed in.
    """
    known: Known | None = request.scope.get(KNOWN)
    if known is None:
        raise unauthenticated()
    return known


def person_of(request: Request) -> Person:
    """Who asks.

    Raises:
        ApiError: nobody signed in.
    """
    return known_of(request).person


def visitor_of(request: Request) -> Visitor:
    """The browser at the other end."""
    browser = cookies.sent(request.headers, cookies.BROWSER, request.url.scheme)
    return Visitor(
        request.client.host if request.client else "",
        request.headers.get("user-agent", ""),
        browser if is_session(browser) else "",
    )


def unauthenticated() -> ApiError:
    """Nobody signed in."""
    return ApiError(
        "api.unauthenticated", "sign in, or send an API token", {"WWW-Authenticate": 'Bearer realm="luutru"'}
    )


class Limits:
    """How often people and addresses may ask.

    Made before a server forks, they hold for all of its processes together.
    """

    def __init__(self, serve: ServeSettings, clock: Clock) -> None:
        def seconds() -> float:
            return clock.now().timestamp()

        self.requests = Throttle(Rate(serve.requests_a_minute, serve.requests_a_minute), seconds)
        """Of somebody who signed in."""

        self.strangers = Throttle(Rate(serve.requests_a_minute, serve.requests_a_minute), seconds)
        self.sign_ins = Throttle(Rate(serve.sign_ins_a_minute, serve.sign_ins_a_minute), seconds)
        """Of an address."""


class SignedIn:
    """Lets nobody in who is not known.

    Args:
        application: What comes next.
        archive: Whose people.
        limits: How often they may ask.
    """

    def __init__(self, application: ASGIApp, archive: Archive, limits: Limits) -> None:
        self._application = application
        self._limits = limits
        # Made here once: a first use by several threads at the same time would make it several times.
        self._identifying = archive.desk.identifying

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        request = Request(scope)
        body = Peeked(receive)
        try:
            known = await self._known(request)
            self._count(request, known)
            secret = self._form_secret(request, known)
            self._admit(request, known)
            await self._check_form(request, known, secret, body)
        except _Refused as refused:
            await refused.answer(scope, body.receive, send)
            return
        except ArchiveError as error:
            await answer_of(scope, error)(scope, body.receive, send)
            return
        except HTTPException as error:
            # Of a form that is too large, or comes too slowly (`archive.api.bodies`).
            await answer_of(scope, from_exception(error))(scope, body.receive, send)
            return
        except ClientDisconnect:
            return
        seen = {
            PERSON: known.person if known else None,
            KNOWN: known,
            FORM_TOKEN: form_token(secret) if secret else "",
            "state": scope.get("state", {}) | {"person": known.person if known else None},
        }
        await self._application({**scope, **seen}, body.receive, self._giving(scope, known, send))

    # ------------------------------------------------------------ who

    async def _known(self, request: Request) -> Known | None:
        told = request.headers.getlist("authorization")
        if told:
            scheme, _, token = told[0].partition(" ")
            known = None
            if len(told) == 1 and scheme.lower() == "bearer":
                known = await run_in_threadpool(self._identifying.by_token, token.strip(), visitor_of(request))
            if known is None and not _is_open(_path(request)):
                self._count(request, None)
                raise unauthenticated()
            return known
        secret = _session_secret(request)
        if not secret:
            return None
        quiet = _path(request).endswith(_QUIET)
        return await run_in_threadpool(self._identifying.by_session, secret, quiet=quiet)

    def _count(self, request: Request, known: Known | None) -> None:
        path = _path(request)
        if path.startswith(_OPEN_BELOW) or (known is not None and SENDING.match(path)):
            return
        address = neighbourhood(request.client.host if request.client else "")
        if request.method == "POST" and path in {SIGN_IN, _OWED[FACTOR]}:
            wait = self._limits.sign_ins.wait_of(address)
        elif known is not None:
            wait = self._limits.requests.wait_of(known.person.id)
        else:
            wait = self._limits.strangers.wait_of(address)
        if wait:
            raise TooOftenError(wait)

    def _admit(self, request: Request, known: Known | None) -> None:
        path = _path(request)
        if _is_open(path):
            return
        if known is None:
            raise _Refused(_to_sign_in(request))
        if known.whole:
            return
        owed = _OWED[known.session.stage] if known.session else SIGN_IN
        if path in {owed, _SIGN_OUT}:
            return
        if path.startswith("/api/"):
            raise _Refused(problem(request, ApiError("api.unauthenticated", "the sign-in is not complete")))
        raise _Refused(RedirectResponse(owed, 303))

    # ------------------------------------------------------------ forms

    def _form_secret(self, request: Request, known: Known | None) -> str:
        """What the tokens of forms are made from: the session's secret, or before there is one a cookie of its own."""
        if known is not None and known.session is not None:
            return known.fresh or _session_secret(request)
        return cookies.sent(request.headers, cookies.FORM, request.url.scheme)

    async def _check_form(self, request: Request, known: Known | None, secret: str, body: Peeked) -> None:
        path = _path(request)
        by_token = known is not None and known.session is None
        if request.method in SAFE_METHODS or by_token or path == _ONLY_PROVIDERS:
            return
        if path.startswith("/api/"):
            # The guard has refused every other origin; who tells none is no browser of today.
            if "origin" not in request.headers and request.headers.get("sec-fetch-site") != "same-origin":
                raise ApiError(
                    "api.forbidden", "a session may only be used by this server's pages; programs use tokens"
                )
            return
        sent = await form_token_of(request.headers, body)
        # A form that was shown before the rights of its person changed brings the token of the secret of then.
        secrets = {secret, _session_secret(request) if known else secret} - {""}
        if not any(is_form_token(one, sent) for one in secrets):
            raise ApiError("auth.form", "open the page again, and send it once more")

    # ------------------------------------------------------------ the way back

    def _giving(self, scope: Scope, known: Known | None, send: Send) -> Send:
        """Give the browser the new secret of its session, where there is one."""
        if known is None or not known.fresh:
            return send
        fresh = cookies.header(cookies.SESSION, known.fresh, scope["scheme"])

        async def give(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                name = cookies.name_of(cookies.SESSION, scope["scheme"])
                # A sign-out, or a sign-in anew, has said already what becomes of the cookie.
                if not any(line.startswith(f"{name}=") for line in headers.getlist("set-cookie")):
                    headers.append("Set-Cookie", fresh)
            await send(message)

        return give


def _path(request: Request) -> str:
    """The path by which routes are found: of an address that is put together anew, `%3F` would end it."""
    return str(request.scope["path"])


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def _session_secret(request: Request) -> str:
    return cookies.sent(request.headers, cookies.SESSION, request.url.scheme)


def _to_sign_in(request: Request) -> Response:
    if _path(request).startswith("/api/"):
        return problem(request, unauthenticated())
    if request.headers.get("hx-request"):
        # A part of a page: the whole page has to go, not its part.
        shown = urlsplit(request.headers.get("hx-current-url", ""))
        return Response(status_code=401, headers={"HX-Redirect": _asking(shown.path, shown.query)})
    if request.method not in SAFE_METHODS:
        return RedirectResponse(SIGN_IN, 303)
    return RedirectResponse(_asking(_path(request), request.url.query), 303)


def _asking(path: str, query: str) -> str:
    following = f"{path}?{query}" if query else path
    return SIGN_IN if following in {"", "/"} else f"{SIGN_IN}?next={quote(following, safe='/')}"


def session_given(answer: Response, request: Request, secret: str, browser: str = "") -> Response:
    """Give the browser a session, or with an empty secret take it away.

    Args:
        answer: What is answered.
        request: Of the browser.
        secret: Of the session.
        browser: What the browser is known by from now on; empty: as it is.
    """
    answer.headers.append("Set-Cookie", cookies.header(cookies.SESSION, secret, request.url.scheme))
    if browser:
        answer.headers.append("Set-Cookie", cookies.header(cookies.BROWSER, browser, request.url.scheme))
    return answer
