"""`Idempotency-Key`: the same key answers as the first time, also after a restart."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.api.busy import Busy
from archive.api.problems import ApiError, problem
from archive.api.rights import PERSON
from archive.auth.people import Person
from archive.durable import write_durably
from archive.services.accounts import rights_of
from metadata.time import Clock

KEPT_SECONDS = 7 * 24 * 3600
MAX_KEY = 255
_MAX_BODY_BYTES = 1 << 20


class Idempotency:
    """Keeps answers to POST requests that carry a key, below `folder`."""

    def __init__(self, application: ASGIApp, folder: Path) -> None:
        self._application = application
        self._folder = folder
        self._busy = Busy(folder / "busy")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        key = headers.get("idempotency-key")
        person: Person | None = scope.get(PERSON)
        if key is None or scope["method"] != "POST" or person is None:
            # What strangers are told (a session, when they sign in) is nobody else's.
            await self._application(scope, receive, send)
            return
        # Two people may think of the same key, and one must not be told what the other was.
        name = hashlib.sha256(f"{person.id}\n{key}".encode()).hexdigest()
        call = _call(scope, headers, person)
        if not key or len(key) > MAX_KEY:
            await _refused(scope, "api.invalid", f"Idempotency-Key: 1 to {MAX_KEY} characters")(scope, receive, send)
            return
        kept = await run_in_threadpool(self._kept, name)
        if kept is None:
            if not self._busy.take(name):
                why = "the first call with this Idempotency-Key is still running"
                await _refused(scope, "api.key_busy", why)(scope, receive, send)
                return
            try:
                # Another process may have kept it a moment ago.
                kept = await run_in_threadpool(self._kept, name)
                if kept is None:
                    await self._first(name, call, scope, receive, send)
                    return
            finally:
                self._busy.give_back(name)
        if kept["call"] != call:
            why = "this Idempotency-Key belongs to another call"
            await _refused(scope, "api.key_reused", why)(scope, receive, send)
        else:
            await _again(kept)(scope, receive, send)

    async def _first(self, name: str, call: str, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = bytearray()

        async def keep(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                # As the route gave it: what stands in front adds to it that nothing says may be kept.
                start = {**message, "headers": list(message.get("headers", ()))}
            else:
                body.extend(message.get("body", b"")[: _MAX_BODY_BYTES + 1 - len(body)])
                if not message.get("more_body") and _may_be_kept(start) and len(body) <= _MAX_BODY_BYTES:
                    # Kept before it is sent: a client that loses the answer asks again and gets this one.
                    await run_in_threadpool(self._keep, name, call, start, bytes(body))
            await send(message)

        await self._application(scope, receive, keep)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _kept(self, name: str) -> dict[str, Any] | None:
        with suppress(FileNotFoundError, ValueError):
            kept: dict[str, Any] = json.loads(self._path(name).read_bytes())
            return kept
        return None

    def _keep(self, name: str, call: str, start: Message, body: bytes) -> None:
        kept = {
            "call": call,
            "status": start["status"],
            "headers": [[key.decode("latin-1"), value.decode("latin-1")] for key, value in start.get("headers", ())],
            "body": base64.b64encode(body).decode(),
        }
        write_durably(self._path(name), json.dumps(kept).encode())


def sweep(folder: Path, clock: Clock) -> None:
    """Forget answers older than a week."""
    now = clock.now().timestamp()
    for path in folder.glob("*.json"):
        with suppress(FileNotFoundError):
            if now - path.stat().st_mtime > KEPT_SECONDS:
                path.unlink()


def _may_be_kept(start: Message) -> bool:
    """Not a fault, whose repeat may succeed; not what is told once (passwords, tokens), which is written nowhere."""
    said = Headers(raw=list(start.get("headers", ())))
    told_once = "no-store" in said.get("cache-control", "") or "set-cookie" in said
    return not told_once and int(start["status"]) < HTTPStatus.INTERNAL_SERVER_ERROR


def _call(scope: Scope, headers: Headers, person: Person) -> str:
    """What the call is: who may less or more by now, or comes with another token, makes another one."""
    said = [scope["method"], scope["path"], scope["query_string"].decode("latin-1")]
    said += [headers.get("content-length", ""), headers.get("content-type", "")]
    said += [rights_of(person.grants), "all" if person.scopes is None else " ".join(sorted(person.scopes))]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _refused(scope: Scope, code: str, why: str) -> Response:
    return problem(Request(scope), ApiError(code, why))


def _again(kept: dict[str, Any]) -> Response:
    answer = Response(base64.b64decode(kept["body"]), kept["status"])
    answer.raw_headers = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in kept["headers"]]
    answer.headers["Idempotency-Replayed"] = "true"
    return answer
