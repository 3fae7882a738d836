"""Signing in by password and second factor: what must work, and who is not let in."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from archive.api.cookies import SESSION
from archive.auth import totp
from archive.composition import Archive
from tests.fakes.clock import StandingClock
from tests.generators.people import csrf, person, signed_in
from tests.generators.sign_ins import (
    ADMINISTRATOR,
    PASSWORD,
    READER,
    Hasher,
    browser_of,
    events,
    filled,
    has_factor,
    knows_password,
    sign_in,
)

pytestmark = pytest.mark.xdist_group("sign-in")


# ---------------------------------------------------------------- the way in


def test_the_first_administrator_changes_the_password_sets_a_factor_up_and_is_in(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    made = archive.desk.first(by="init")
    assert made is not None
    assert archive.desk.first(by="init") is None, "nothing is made where there is somebody"
    assert sign_in(browser, "ADMIN ", made.password).headers["location"] == "/account/password"
    assert browser.get("/").headers["location"] == "/account/password", "nothing else before"
    assert browser.get("/api/v1/me").status_code == 401
    weak = filled(browser, "/account/password", old=made.password, new="ngắn", again="ngắn")
    assert (weak.status_code, "ngắn hơn 12 ký tự" in weak.text) == (422, True)
    assert filled(browser, "/account/password", old=made.password, new=PASSWORD, again="x").status_code == 422
    done = filled(browser, "/account/password", old=made.password, new=PASSWORD, again=PASSWORD)
    assert done.headers["location"] == "/account/second-factor"
    assert browser.get("/").headers["location"] == "/account/second-factor"
    page = browser.get("/account/second-factor").text
    secret = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert secret
    assert "<svg" in page
    assert filled(browser, "/account/second-factor", code="000000").status_code == 422
    code = totp.code_at(secret[1].replace(" ", ""), totp.step_of(clock.now().timestamp()))
    codes = re.findall(r"<li><code>([0-9A-Z-]+)</code>", filled(browser, "/account/second-factor", code=code).text)
    assert len(set(codes)) == 10
    me = browser.get("/api/v1/me").json()
    assert (me["login"], me["via"], me["second_factor"]) == ("admin", "session", True)
    browser.cookies.clear()
    assert sign_in(browser, "admin").headers["location"] == "/sign-in/second-factor"
    assert browser.get("/").headers["location"] == "/sign-in/second-factor"
    assert filled(browser, "/sign-in/second-factor", code=code).status_code == 401, "the code that set it up is used"
    assert filled(browser, "/sign-in/second-factor", code=codes[0].lower().replace("-", " ")).status_code == 303
    assert browser.get("/api/v1/me").status_code == 200


def test_signing_in_leads_on_to_where_one_wanted_to_go(archive: Archive, browser: TestClient) -> None:
    knows_password(archive, "lan")
    asked = browser.get("/search?q=222&year=2021")
    assert asked.headers["location"] == "/sign-in?next=/search%3Fq%3D222%26year%3D2021"
    assert sign_in(browser, "lan", path=asked.headers["location"]).headers["location"] == "/search?q=222&year=2021"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/%0d%0aSet-Cookie:x=1\r\nX: y",
        "javascript:alert(1)",
        "/\t/evil.example",
        "http:evil.example",
        "/sign-in",
        "@evil.example",
    ],
)
def test_nobody_is_led_to_another_server(archive: Archive, browser: TestClient, target: str) -> None:
    knows_password(archive, "lan")
    page = browser.get("/sign-in", params={"next": target})
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    answer = browser.post("/sign-in", data=hidden | {"login": "lan", "password": PASSWORD, "next": target})
    assert answer.headers["location"] == "/"
    assert browser.get("/sign-in", params={"next": target}).headers["location"] == "/"


def test_signing_out_ends_the_session_for_who_kept_the_cookie_too(archive: Archive, browser: TestClient) -> None:
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    kept = browser.cookies[SESSION]
    form = csrf(browser.get("/account").text)
    assert browser.post("/sign-out", data={"csrf": form}).headers["location"] == "/sign-in"
    assert SESSION not in browser.cookies
    browser.cookies.set(SESSION, kept)
    assert browser.get("/api/v1/me").status_code == 401


# ---------------------------------------------------------------- who is not let in


def test_nobody_learns_who_has_an_account(archive: Archive, browser: TestClient) -> None:
    """The same words and status, and one hash computed: the account may exist, be locked or have no password."""
    knows_password(archive, "lan")
    knows_password(archive, "khoa")
    archive.desk.people.lock("khoa", by="test")
    account = person(archive, "sso", READER)
    with archive.trail.transaction() as connection:
        archive.desk.accounts.rows.change(connection, account.id, password="")
    hasher = archive.desk.own._passwords._hasher
    assert isinstance(hasher, Hasher)
    answers = set()
    for login, password in (("lan", "x"), ("nobody", "x"), ("khoa", PASSWORD), ("sso", ""), ("nobody", "y" * 5000)):
        before = hasher.verified
        answer = sign_in(browser, login, password)
        assert hasher.verified == before + 1, login
        text = re.sub(r'value="[^"]*"', "", answer.text)
        answers.add((answer.status_code, text, tuple(sorted(answer.headers.keys()))))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 401
    for event in archive.trail.of(["sign-in"]):
        assert "nobody" not in str(event), "what was typed as a login may have been a password"


def test_five_wrong_tries_lock_for_twelve_hours(archive: Archive, browser: TestClient, clock: StandingClock) -> None:
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    old = browser.cookies[SESSION]
    browser.cookies.clear()
    for _ in range(5):
        assert sign_in(browser, "lan", "wrong").status_code == 401
    assert sign_in(browser, "lan").status_code == 401, "the right password opens no locked account"
    browser.cookies.set(SESSION, old)
    assert browser.get("/api/v1/me").status_code == 200, "or a stranger could put anybody out"
    browser.cookies.clear()
    (lock,) = events(archive, "lan", "account lock")
    assert lock["detail"]["why"] == "tries"
    clock.go(hours=11, minutes=59)
    assert sign_in(browser, "lan").status_code == 401
    clock.go(minutes=2)
    assert sign_in(browser, "lan").status_code == 303
    assert archive.desk.people.account("lan").failures == 0


def test_an_administrator_unlocks_before(archive: Archive, browser: TestClient) -> None:
    knows_password(archive, "lan")
    for _ in range(5):
        sign_in(browser, "lan", "wrong")
    archive.desk.people.unlock("lan", by="quan")
    assert sign_in(browser, "lan").status_code == 303
    assert events(archive, "lan", "account unlock")[0]["agent"] == "person:quan"


def test_wrong_codes_count_as_wrong_tries_and_the_password_forgives_none(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    knows_password(archive, "lan")
    has_factor(archive, "lan")
    for tried in range(5):
        browser.cookies.clear()
        assert sign_in(browser, "lan").headers["location"] == "/sign-in/second-factor", tried
        assert filled(browser, "/sign-in/second-factor", code="000000").status_code == 401
    browser.cookies.clear()
    assert sign_in(browser, "lan").status_code == 401
    clock.go(hours=13)
    assert sign_in(browser, "lan").status_code == 303


def test_a_code_counts_once_also_in_two_sessions(archive: Archive, clock: StandingClock) -> None:
    knows_password(archive, "lan")
    secret = has_factor(archive, "lan")
    code = totp.code_at(secret, totp.step_of(clock.now().timestamp()))
    with closing(browser_of(archive)) as one, closing(browser_of(archive)) as two:
        sign_in(one, "lan")
        sign_in(two, "lan")
        assert filled(one, "/sign-in/second-factor", code=code).status_code == 303
        assert filled(two, "/sign-in/second-factor", code=code).status_code == 401
        clock.go(seconds=30)
        later = totp.code_at(secret, totp.step_of(clock.now().timestamp()))
        assert filled(two, "/sign-in/second-factor", code=later).status_code == 303


def test_a_recovery_code_counts_once(archive: Archive, browser: TestClient, clock: StandingClock) -> None:
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    page = browser.get("/account/second-factor").text
    secret = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert secret
    code = totp.code_at(secret[1].replace(" ", ""), totp.step_of(clock.now().timestamp()))
    codes = re.findall(r"<li><code>([0-9A-Z-]+)</code>", filled(browser, "/account/second-factor", code=code).text)
    for expected in (303, 401):
        browser.cookies.clear()
        sign_in(browser, "lan")
        assert filled(browser, "/sign-in/second-factor", code=codes[3]).status_code == expected


def test_who_is_forgotten_for_forty_five_days_is_closed(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    browser.cookies.clear()
    clock.go(days=46)
    assert sign_in(browser, "lan").status_code == 401
    assert events(archive, "lan", "account lock")[0]["detail"]["why"] == "idle"
    clock.go(days=400)
    assert sign_in(browser, "lan").status_code == 401, "time does not open it again"
    archive.desk.people.unlock("lan", by="quan")
    assert sign_in(browser, "lan").status_code == 303


def test_a_program_that_goes_on_keeps_its_account_and_one_that_stops_loses_it(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    program = signed_in(archive, "may", READER)
    account = archive.desk.people.account("may")
    with archive.trail.transaction() as connection:
        archive.desk.accounts.rows.change(connection, account.id, created_at=archive.desk.accounts.at(days=-40))
    assert browser.get("/api/v1/me", headers=program).status_code == 200
    clock.go(days=20)
    assert browser.get("/api/v1/me", headers=program).json()["status"] == "active"
    made = archive.desk.people.make_token(archive.desk.people.account("may"), "later", by="test", days=300).secret
    clock.go(days=46)
    assert browser.get("/api/v1/me", headers={"Authorization": f"Bearer {made}"}).status_code == 401
    told = archive.desk.people.told(archive.desk.people.account("may"))
    assert (told["status"], told["locked_why"]) == ("locked", "idle")
    archive.desk.people.unlock("may", by="quan")
    assert browser.get("/api/v1/me", headers={"Authorization": f"Bearer {made}"}).status_code == 200


def test_an_administrators_password_is_changed_every_two_months(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    knows_password(archive, "quan", ADMINISTRATOR)
    secret = has_factor(archive, "quan")

    def goes_to() -> str:
        browser.cookies.clear()
        sign_in(browser, "quan")
        code = totp.code_at(secret, totp.step_of(clock.now().timestamp()))
        return str(filled(browser, "/sign-in/second-factor", code=code).headers["location"])

    clock.go(days=30)
    assert goes_to() == "/"
    clock.go(days=31)
    assert goes_to() == "/account/password"
    same = filled(browser, "/account/password", old=PASSWORD, new=PASSWORD, again=PASSWORD)
    assert "10 lần gần đây" in same.text


def test_none_of_the_last_ten_passwords_comes_again(archive: Archive, browser: TestClient) -> None:
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    present = PASSWORD
    for number in range(10):
        new = f"Mật khẩu số {number} X!"
        assert filled(browser, "/account/password", old=present, new=new, again=new).status_code == 303
        again = filled(browser, "/account/password", old=new, new=PASSWORD, again=PASSWORD)
        assert again.status_code == (422 if number < 9 else 303), number
        present = new


def test_wrong_old_passwords_lock_too(archive: Archive, browser: TestClient) -> None:
    """Who finds an open browser does not get to guess."""
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    for _ in range(5):
        filled(browser, "/account/password", old="wrong", new="Mật khẩu khác 1!", again="Mật khẩu khác 1!")
    assert archive.desk.people.told(archive.desk.people.account("lan"))["status"] == "locked"
    assert browser.get("/account/password").headers["location"].startswith("/sign-in")
