"""API tokens, limits of requests and of bytes, and what the whole server tells strangers."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from archive.api.application import make_application
from archive.api.bodies import Bounded
from archive.api.cookies import SESSION
from archive.api.people import Limits, SignedIn
from archive.auth import totp
from archive.auth.people import Grant, Label, Role
from archive.composition import Archive
from tests.fakes.clock import StandingClock
from tests.generators.people import EVERYTHING, cookie, signed_in, token
from tests.generators.sign_ins import (
    ADMINISTRATOR,
    BASE,
    PASSWORD,
    READER,
    browser_of,
    events,
    filled,
    has_factor,
    knows_password,
    opened,
    sign_in,
)

pytestmark = pytest.mark.xdist_group("sign-in")


# ---------------------------------------------------------------- tokens


def test_a_token_is_told_once_narrowed_and_ended(archive: Archive, browser: TestClient, clock: StandingClock) -> None:
    browser.cookies.update(dict(cookie(archive, "lan", EVERYTHING)))
    said = {"name": "nộp hằng đêm", "days": 30, "scopes": ["submit"]}
    made = browser.post("/api/v1/me/tokens", json=said, headers={"Origin": BASE}).json()
    program = {"Authorization": f"Bearer {made['token']}"}
    browser.cookies.clear()
    me = browser.get("/api/v1/me", headers=program).json()
    assert (me["via"], me["scopes"]) == ("token", ["submit"])
    assert browser.get("/api/v1/submissions", headers=program).status_code == 200
    assert browser.get("/api/v1/dossiers", headers=program).status_code == 403
    assert browser.get("/api/v1/users", headers=program).status_code == 403
    assert browser.post("/api/v1/me/tokens", json=said, headers=program).status_code == 403, "no token makes tokens"
    (listed,) = browser.get("/api/v1/me/tokens", headers=program).json()["items"]
    assert "token" not in listed
    assert listed["used_at"]
    clock.go(days=31)
    assert browser.get("/api/v1/me", headers=program).status_code == 401


def test_a_revoked_token_is_refused_and_its_use_is_told_once(archive: Archive, browser: TestClient) -> None:
    program = signed_in(archive, "lan", READER)
    account = archive.desk.people.account("lan")
    assert browser.get("/api/v1/me", headers=program).status_code == 200
    (one,) = archive.desk.people.tokens(account)
    assert browser.delete(f"/api/v1/me/tokens/{one.id}", headers=program).status_code == 204
    for _ in range(3):
        assert browser.get("/api/v1/me", headers=program).status_code == 401
    (misuse,) = events(archive, "lan", "token misuse")
    assert (misuse["outcome"], misuse["detail"]["token"]) == ("rejected", one.id)
    assert [event["detail"]["what"] for event in events(archive, "lan", "token change")] == ["made", "revoked"]


def test_tokens_of_a_locked_person_are_refused(archive: Archive, browser: TestClient) -> None:
    program = signed_in(archive, "lan", READER)
    archive.desk.people.lock("lan", by="test")
    assert browser.get("/api/v1/me", headers=program).status_code == 401
    archive.desk.people.unlock("lan", by="test")
    assert browser.get("/api/v1/me", headers=program).status_code == 200


def test_what_is_no_token_is_nobody_even_beside_a_session(archive: Archive, browser: TestClient) -> None:
    good = token(archive, "lan", READER)
    browser.cookies.update(dict(cookie(archive, "lan", READER)))
    for told in (
        f"Bearer {good[:-1]}x",
        f"Basic {good}",
        "Bearer",
        f"Bearer  {good} {good}",
        "Bearer luutru_" + "x" * 49,
        "Bearer " + "é" * 60,
        "Bearer " + "x" * 60_000,
    ):
        assert browser.get("/api/v1/me", headers={b"Authorization": told.encode()}).status_code == 401, told[:40]
    twice = [("Authorization", f"Bearer {good}"), ("Authorization", f"Bearer {good}")]
    assert browser.get("/api/v1/me", headers=twice).status_code == 401


# ---------------------------------------------------------------- limits


def test_ten_megabytes_of_form_are_refused(archive: Archive, browser: TestClient) -> None:
    browser.get("/sign-in")
    huge = b"login=" + b"x" * (10 << 20)
    answer = browser.post("/sign-in", content=huge, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413
    many = "&".join(f"a{number}=1" for number in range(5000))
    answer = browser.post("/sign-in", content=many, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code in {400, 403}


def test_an_address_that_tries_too_often_waits(blank_home: Path, tmp_path: Path, clock: StandingClock) -> None:
    with opened(blank_home, tmp_path / "home", clock, LUUTRU_SERVE__SIGN_INS_A_MINUTE="6") as archive:
        knows_password(archive, "lan")
        with closing(browser_of(archive)) as browser:
            for number in range(6):
                assert sign_in(browser, f"guess{number}", "x").status_code == 401
            late = sign_in(browser, "lan")
            assert (late.status_code, late.headers["Retry-After"]) == (429, "10")
            clock.go(seconds=10)
            assert sign_in(browser, "lan").status_code == 303


def test_a_person_who_asks_too_often_waits_and_others_do_not(
    blank_home: Path, tmp_path: Path, clock: StandingClock
) -> None:
    with opened(blank_home, tmp_path / "home", clock, LUUTRU_SERVE__REQUESTS_A_MINUTE="60") as archive:
        busy, calm = signed_in(archive, "lan", READER), signed_in(archive, "minh", READER)
        with closing(browser_of(archive)) as browser:
            said = [browser.get("/api/v1/me", headers=busy).status_code for _ in range(61)]
            assert said == [200] * 60 + [429]
            assert browser.get("/api/v1/me", headers=calm).status_code == 200
            assert browser.get("/api/v1/health/live").status_code == 200
            refused = browser.get("/api/v1/me", headers=busy)
            assert (refused.json()["code"], refused.headers["Retry-After"]) == ("auth.too_often", "1")


def test_nobody_sends_more_in_a_day_than_allowed(archive: Archive, browser: TestClient, clock: StandingClock) -> None:
    program = signed_in(archive, "lan", EVERYTHING)
    account = archive.desk.people.account("lan")
    sessions = archive.desk.accounts.sessions
    upload = browser.post("/api/v1/submissions", headers=program).json()
    assert browser.put(f"{upload['files']}a.bin", content=bytes(1 << 20), headers=program).status_code == 201
    day = clock.now().date().isoformat()
    assert sessions.sent(account.id, day) == 1 << 20
    sessions.note_sent(account.id, day, (500 << 30) - (3 << 20))
    assert browser.put(f"{upload['files']}b.bin", content=bytes(1 << 20), headers=program).status_code == 201
    refused = browser.put(f"{upload['files']}c.bin", content=bytes(2 << 20), headers=program)
    assert (refused.status_code, refused.json()["code"]) == (429, "auth.too_often")

    def endless() -> Iterator[bytes]:
        for _ in range(8):
            yield bytes(1 << 20)

    assert browser.put(f"{upload['files']}d.bin", content=endless(), headers=program).status_code == 429
    clock.go(days=1)
    assert browser.put(f"{upload['files']}c.bin", content=bytes(2 << 20), headers=program).status_code == 201


@pytest.mark.parametrize("told", [True, False], ids=["length", "chunked"])
def test_many_small_files_are_much(archive: Archive, browser: TestClient, clock: StandingClock, told: bool) -> None:
    program = signed_in(archive, "lan", EVERYTHING)
    account = archive.desk.people.account("lan")
    sessions = archive.desk.accounts.sessions
    sessions.note_sent(account.id, clock.now().date().isoformat(), (500 << 30) - (2 << 20))
    upload = browser.post("/api/v1/submissions", headers=program).json()

    def sent(number: int) -> int:
        body = bytes(64 << 10)
        address = f"{upload['files']}{number}.bin"
        return browser.put(address, content=body if told else iter((body,)), headers=program).status_code

    said = [sent(number) for number in range(60)]
    assert said[:30] == [201] * 30
    assert said[-10:] == [429] * 10, "what is left of the day is two MiB, 32 of them"
    clock.go(days=1)
    assert sent(60) == 201


def test_one_persons_idempotency_key_is_not_anothers(archive: Archive, browser: TestClient) -> None:
    said = {"name": "một"}
    one = browser.post(
        "/api/v1/submissions", json=said, headers={"Idempotency-Key": "k", **signed_in(archive, "lan", EVERYTHING)}
    )
    two = browser.post(
        "/api/v1/submissions", json=said, headers={"Idempotency-Key": "k", **signed_in(archive, "minh", EVERYTHING)}
    )
    assert (one.status_code, two.status_code) == (201, 201)
    assert "Idempotency-Replayed" not in two.headers
    assert one.json()["submission_id"] != two.json()["submission_id"]


def test_what_is_told_once_is_told_to_no_key_again(archive: Archive, browser: TestClient) -> None:
    headers = {"Idempotency-Key": "k", **signed_in(archive, "manager", EVERYTHING)}
    made = browser.post("/api/v1/users", json={"login": "moi"}, headers=headers)
    reset = browser.post("/api/v1/users/moi/reset", json={}, headers={**headers, "Idempotency-Key": "r"})
    secrets = {made.json()["password"], reset.json()["password"]}
    assert (made.status_code, reset.status_code) == (201, 200)
    assert made.headers["Cache-Control"] == reset.headers["Cache-Control"] == "no-store"
    again = browser.post("/api/v1/users", json={"login": "moi"}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "auth.login_taken")
    answers = (archive.home.work / "idempotency").glob("*.json")
    kept = [base64.b64decode(json.loads(one.read_bytes())["body"]) for one in answers]
    assert not [secret for secret in secrets if secret.encode() in b"".join(kept)]


# ---------------------------------------------------------------- the whole server


def _paths(application: FastAPI) -> Iterator[tuple[str, str]]:
    for found in iter_route_contexts(application.routes):
        yield from ((method, str(found.path)) for method in sorted(getattr(found, "methods", None) or ()))


def test_nothing_but_health_and_sign_in_answers_a_stranger(archive: Archive) -> None:
    application = make_application(archive)
    free = set()
    with closing(TestClient(application, base_url=BASE, follow_redirects=False)) as stranger:
        for method, path in (*_paths(application), ("GET", "/api/v1/openapi.json"), ("GET", "/nowhere")):
            answer = stranger.request(method, re.sub(r"\{[^}]+\}", "x", path))
            if path.startswith("/api/"):
                closed = answer.status_code == 401
            elif method in {"GET", "HEAD"}:
                closed = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
            else:
                closed = answer.status_code in {303, 403}
            if not closed:
                free.add(path)
    assert free == {
        "/api/v1/health/live",
        "/api/v1/health/ready",
        "/sign-in",
        "/sign-in/provider",
        "/sign-in/provider/callback",
        "/sign-in/provider/logout",
        "/preferences",
    }


def test_over_tls_cookies_are_bound_to_the_host_and_browsers_told_to_stay(
    blank_home: Path, tmp_path: Path, clock: StandingClock
) -> None:
    with opened(blank_home, tmp_path / "home", clock, LUUTRU_SERVE__HOSTS='["kho.example.vn"]') as archive:
        knows_password(archive, "lan")
        with closing(browser_of(archive, "https://kho.example.vn")) as browser:
            answer = sign_in(browser, "lan")
            (given,) = [line for line in answer.headers.get_list("set-cookie") if "session" in line]
            assert given.startswith(f"__Host-{SESSION}=")
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(given.split("; "))
            assert "Domain" not in given
            assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
            secret = browser.cookies[f"__Host-{SESSION}"]
            browser.cookies.clear()
            plain = browser.get("/api/v1/me", headers={"Cookie": f"{SESSION}={secret}"})
            assert plain.status_code == 401, "a cookie that another server of the domain may have planted"
            assert browser.get("/sign-in", headers={"Host": "evil.example"}).status_code == 403
            page = browser.get("/sign-in")
            assert page.headers["Cache-Control"] == "no-store"
            assert "unsafe-inline" not in page.headers["Content-Security-Policy"]


def test_a_form_that_comes_drop_by_drop_is_not_waited_for(archive: Archive) -> None:
    asked: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(0 if not asked else 0.02)
        asked.append({"type": "http.request", "body": b"login=a&" if len(asked) < 1000 else b"", "more_body": True})
        return asked[-1]

    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/sign-in",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/x-www-form-urlencoded")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "app": make_application(archive),
    }

    async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError(scope)

    asyncio.run(
        Bounded(SignedIn(nobody, archive=archive, limits=Limits(archive.settings.serve, archive.clock)), patience=0.2)(
            scope, receive, send
        )
    )
    assert [message["status"] for message in told if message["type"] == "http.response.start"] == [408]
    assert len(asked) < 100


def test_forms_are_bounded_before_they_are_looked_into(archive: Archive) -> None:
    order: list[object] = [middleware.cls for middleware in make_application(archive).user_middleware]
    assert order.index(Bounded) < order.index(SignedIn)


def test_the_database_holds_no_secret(archive: Archive, browser: TestClient, clock: StandingClock) -> None:
    knows_password(archive, "lan")
    secret = has_factor(archive, "lan")
    program = token(archive, "lan")
    sign_in(browser, "lan")
    filled(browser, "/sign-in/second-factor", code=totp.code_at(secret, totp.step_of(clock.now().timestamp())))
    session = browser.cookies[SESSION]
    source = sqlite3.connect(archive.home.database / "catalogue.sqlite")
    dump = "\n".join(source.iterdump())
    source.close()
    assert "lan" in dump
    for what in (PASSWORD, secret, program, session):
        assert what not in dump


def test_administrators_manage_accounts_over_http(archive: Archive, browser: TestClient) -> None:
    chief = signed_in(archive, "quan", ADMINISTRATOR)
    part = signed_in(archive, "phan", (Grant(Role.ADMINISTRATOR, "H49", Label.INTERNAL),))
    assert browser.get("/api/v1/users", headers=part).status_code in {403, 404}, "accounts belong to no agency"
    made = browser.post("/api/v1/users", json={"login": "Hoa", "name": "Hoa"}, headers=chief)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/users/hoa")
    assert made.json()["must_change_password"]
    assert browser.post("/api/v1/users", json={"login": "hoa"}, headers=chief).status_code == 409
    assert browser.post("/api/v1/users", json={"login": "Hoa <b>"}, headers=chief).status_code == 400
    first = made.json()["password"]
    assert sign_in(browser, "hoa", first).status_code == 303
    browser.cookies.clear()
    token = archive.desk.people.make_token(archive.desk.people.account("hoa"), "taken", by="hoa", days=30).secret
    program = {"Authorization": f"Bearer {token}"}
    assert browser.get("/api/v1/me", headers=program).status_code == 200
    again = browser.post("/api/v1/users/hoa/reset", json={}, headers=chief).json()
    assert browser.get("/api/v1/me", headers=program).status_code == 401
    assert sign_in(browser, "hoa", first).status_code == 401
    assert sign_in(browser, "hoa", again["password"]).status_code == 303
    browser.cookies.clear()
    assert browser.post("/api/v1/users/hoa/lock", headers=chief).json()["status"] == "locked"
    assert sign_in(browser, "hoa", again["password"]).status_code == 401
    assert browser.post("/api/v1/users/hoa/unlock", headers=chief).json()["status"] == "active"
    logins = [entry["login"] for entry in browser.get("/api/v1/users?limit=2", headers=chief).json()["items"]]
    assert logins == ["hoa", "phan"]
    assert browser.get("/api/v1/users/nobody", headers=chief).status_code == 404
