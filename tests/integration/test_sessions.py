"""Sessions and the forms of pages: whose they are, when they end, and what pages of others cannot send."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from archive.api.cookies import FORM, SESSION
from archive.auth import totp
from archive.auth.people import Grant, Label, Role
from archive.composition import Archive
from tests.fakes.clock import StandingClock
from tests.generators.people import EVERYTHING, cookie, csrf
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
    sign_in,
)

pytestmark = pytest.mark.xdist_group("sign-in")


# ---------------------------------------------------------------- sessions


def test_a_session_that_was_planted_is_not_taken_over(archive: Archive, browser: TestClient) -> None:
    knows_password(archive, "lan")
    planted = "A" * 43
    browser.cookies.set(SESSION, planted)
    sign_in(browser, "lan")
    assert browser.cookies.get(SESSION, domain="127.0.0.1") not in {None, planted}
    with closing(browser_of(archive)) as attacker:
        attacker.cookies.set(SESSION, planted)
        assert attacker.get("/api/v1/me").status_code == 401


def test_every_stage_of_a_sign_in_has_a_secret_of_its_own(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    knows_password(archive, "lan")
    secret = has_factor(archive, "lan")
    sign_in(browser, "lan")
    half = browser.cookies[SESSION]
    filled(browser, "/sign-in/second-factor", code=totp.code_at(secret, totp.step_of(clock.now().timestamp())))
    assert browser.cookies[SESSION] != half
    with closing(browser_of(archive)) as thief:
        thief.cookies.set(SESSION, half)
        assert thief.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("forged", ["", "x", "A" * 43, "A" * 5000, "é" * 43, "'; drop table sessions --", "\x00"])
def test_a_forged_cookie_is_nobody(browser: TestClient, forged: str) -> None:
    answer = browser.get("/api/v1/me", headers={b"Cookie": f"{SESSION}={forged}".encode("utf-8", "replace")})
    assert (answer.status_code, answer.json()["code"]) == (401, "api.unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_two_cookies_that_contradict_each_other_are_nobody(archive: Archive, browser: TestClient) -> None:
    secret = cookie(archive, "lan", READER)[SESSION]
    good = browser.get("/api/v1/me", headers={"Cookie": f"{SESSION}={secret}"})
    assert good.status_code == 200
    both = browser.get("/api/v1/me", headers={"Cookie": f"{SESSION}={'A' * 43}; {SESSION}={secret}"})
    assert both.status_code == 401


@pytest.mark.parametrize(
    ("grants", "minutes"),
    [(ADMINISTRATOR, 5), ((Grant(Role.HEAD, "H49", Label.PUBLIC),), 15), (READER, 15), ((*READER, *ADMINISTRATOR), 5)],
)
def test_an_unused_session_ends(
    archive: Archive, browser: TestClient, clock: StandingClock, grants: tuple[Grant, ...], minutes: int
) -> None:
    """QCVN 12:2026/BCA 3.6.2.1.8."""
    browser.cookies.update(dict(cookie(archive, "lan", grants)))
    for _ in range(4):
        clock.go(minutes=minutes - 1)
        assert browser.get("/api/v1/me").status_code == 200
    clock.go(minutes=minutes + 1)
    assert browser.get("/api/v1/me").status_code == 401
    assert events(archive, "lan", "sign-out")[-1]["detail"]["why"] == "over"


def test_a_page_that_asks_by_itself_keeps_no_session_alive(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    browser.cookies.update(dict(cookie(archive, "lan", EVERYTHING)))
    for _ in range(5):
        clock.go(minutes=1)
        browser.get("/deliveries/00000000-0000-4000-8000-000000000000/progress")
    clock.go(seconds=1)
    assert browser.get("/api/v1/me").status_code == 401


def test_a_session_ends_after_its_longest_life_however_busy(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    browser.cookies.update(dict(cookie(archive, "lan", READER)))
    for _ in range(12 * 6 - 1):
        clock.go(minutes=10)
        assert browser.get("/api/v1/me").status_code == 200
    clock.go(minutes=11)
    assert browser.get("/api/v1/me").status_code == 401


def test_a_change_of_rights_changes_the_secret_and_requests_under_way_go_on(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    old = cookie(archive, "lan", READER)[SESSION]
    browser.cookies.set(SESSION, old, domain="127.0.0.1")
    account = archive.desk.people.account("lan")
    assert "set-cookie" not in browser.get("/api/v1/me").headers
    with archive.trail.transaction() as connection:
        archive.desk.granting.give(connection, account.id, ADMINISTRATOR[0], by="test", at=archive.desk.accounts.at())
    answer = browser.get("/api/v1/me")
    fresh = re.match(rf"{SESSION}=([^;]+)", answer.headers["set-cookie"])
    assert fresh
    assert fresh[1] != old

    def asks(secret: str) -> int:
        with closing(browser_of(archive)) as other:
            return other.get("/api/v1/me", headers={"Cookie": f"{SESSION}={secret}"}).status_code

    assert (asks(old), asks(fresh[1])) == (200, 200)
    clock.go(seconds=61)
    assert (asks(old), asks(fresh[1])) == (401, 200)


def test_people_end_their_own_sessions_and_nobody_elses(archive: Archive, browser: TestClient) -> None:
    other = cookie(archive, "lan", READER)
    foreign = cookie(archive, "minh", READER)
    browser.cookies.update(dict(cookie(archive, "lan", READER)))
    listed = browser.get("/api/v1/me/sessions").json()["items"]
    assert len(listed) == 2
    strange = archive.desk.people.sessions(archive.desk.people.account("minh"))[0].id
    headers = {"Origin": BASE}
    assert browser.delete(f"/api/v1/me/sessions/{strange}", headers=headers).status_code == 404
    there = next(one["id"] for one in listed if not one["here"])
    assert browser.delete(f"/api/v1/me/sessions/{there}", headers=headers).status_code == 204
    for kept, status in ((other, 401), (foreign, 200)):
        with closing(browser_of(archive)) as elsewhere:
            elsewhere.cookies.update(dict(kept))
            assert elsewhere.get("/api/v1/me").status_code == status


# ---------------------------------------------------------------- forms of other pages


def test_a_form_without_the_token_of_its_session_changes_nothing(archive: Archive, browser: TestClient) -> None:
    browser.cookies.update(dict(cookie(archive, "lan", READER)))
    with closing(browser_of(archive)) as other:
        other.cookies.update(dict(cookie(archive, "minh", READER)))
        foreign = csrf(other.get("/account").text)
    for body in ({}, {"csrf": ""}, {"csrf": foreign}, {"csrf": "0" * 64}):
        assert browser.post("/account/sessions/end", data=body).status_code == 403
    own = csrf(browser.get("/account").text)
    assert browser.post("/account/sessions/end", headers={"X-CSRF-Token": own}).status_code == 303
    answer = browser.post("/account/sessions/end", data={"csrf": own}, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


def test_a_form_with_files_brings_the_token_first(archive: Archive, browser: TestClient) -> None:
    browser.cookies.update(dict(cookie(archive, "lan", READER)))
    own = csrf(browser.get("/account").text)

    def posted(*parts: tuple[str, str]) -> int:
        body = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts
        )
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        return browser.post("/account/sessions/end", content=f"{body}--b--\r\n".encode(), headers=headers).status_code

    assert posted(("csrf", own), ("file", "x" * 100_000)) == 303
    assert posted(("file", "x" * 100_000), ("csrf", own)) == 403
    assert posted(("csrf", "0" * 64)) == 403


def test_the_sign_in_form_of_another_browser_signs_nobody_in(archive: Archive, browser: TestClient) -> None:
    """Login CSRF: the attacker's account in the victim's browser."""
    knows_password(archive, "lan")
    with closing(browser_of(archive)) as attacker:
        page = attacker.get("/sign-in").text
    token_of_attacker = csrf(page)
    said = {"csrf": token_of_attacker, "login": "lan", "password": PASSWORD}
    assert browser.post("/sign-in", data=said).status_code == 403
    browser.get("/sign-in")
    assert FORM in browser.cookies
    assert browser.post("/sign-in", data=said).status_code == 403
    assert SESSION not in browser.cookies


def test_a_session_serves_scripts_of_this_server_only(archive: Archive, browser: TestClient) -> None:
    browser.cookies.update(dict(cookie(archive, "lan", READER)))
    said = {"name": "x", "days": 1}
    assert browser.post("/api/v1/me/tokens", json=said).status_code == 403
    assert browser.post("/api/v1/me/tokens", json=said, headers={"Origin": "null"}).status_code == 403
    assert browser.post("/api/v1/me/tokens", json=said, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 201
    assert browser.post("/api/v1/me/tokens", json=said, headers={"Origin": BASE}).status_code == 201
