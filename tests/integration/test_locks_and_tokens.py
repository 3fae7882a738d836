"""What strangers cannot do to a person by trying, and what a token never gains."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.api.cookies import BROWSER, SESSION
from archive.auth import totp
from archive.auth.people import Grant, Label, Role
from archive.catalogue import migrations
from archive.composition import Archive
from tests.fakes.clock import StandingClock
from tests.generators.people import EVERYTHING, cookie, csrf, person, signed_in
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

HERE = {"Origin": BASE}


@pytest.fixture
def stranger(archive: Archive) -> Iterator[TestClient]:
    with closing(browser_of(archive)) as browser:
        yield browser


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def made(browser: TestClient, **said: Any) -> Any:  # noqa: ANN401 - a response
    return browser.post("/api/v1/me/tokens", json={"name": "x", "days": 30} | said, headers=HERE)


def code(secret: str, clock: StandingClock) -> str:
    return totp.code_at(secret, totp.step_of(clock.now().timestamp()))


# ---------------------------------------------------------------- locks


def test_wrong_tries_of_a_stranger_end_neither_sessions_nor_tokens(
    archive: Archive, browser: TestClient, stranger: TestClient
) -> None:
    knows_password(archive, "lan")
    program = signed_in(archive, "lan")
    sign_in(browser, "lan")
    for _ in range(6):
        assert sign_in(stranger, "lan", "wrong").status_code == 401
    assert archive.desk.people.told(archive.desk.people.account("lan"))["locked_why"] == "tries"
    assert browser.get("/api/v1/me").status_code == 200
    assert browser.get("/account").status_code == 200
    assert stranger.get("/api/v1/me", headers=program).status_code == 200
    archive.desk.people.lock("lan", by="quan")
    assert browser.get("/api/v1/me").status_code == 401
    assert stranger.get("/api/v1/me", headers=program).status_code == 401


def test_a_browser_that_was_in_before_gets_in_while_strangers_have_locked_the_account(
    archive: Archive, browser: TestClient, stranger: TestClient, clock: StandingClock
) -> None:
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    known = browser.cookies[BROWSER]
    browser.cookies.delete(SESSION)
    for _ in range(5):
        sign_in(stranger, "lan", "wrong")
    assert sign_in(stranger, "lan").status_code == 401
    assert sign_in(browser, "lan", "wrong").status_code == 401
    assert sign_in(browser, "lan").status_code == 303
    assert browser.cookies[BROWSER] == known, "it is known already"
    assert sign_in(stranger, "lan").status_code == 401, "for everybody else it stays locked"
    assert archive.desk.people.told(archive.desk.people.account("lan"))["status"] == "locked"
    browser.cookies.delete(SESSION)
    clock.go(days=181)
    archive.desk.people.unlock("lan", by="quan")
    for _ in range(5):
        sign_in(stranger, "lan", "wrong")
    assert sign_in(browser, "lan").status_code == 401, "it was known half a year ago"


def test_a_known_browser_has_five_tries_and_is_known_no_more(
    archive: Archive, browser: TestClient, stranger: TestClient
) -> None:
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    browser.cookies.delete(SESSION)
    for _ in range(4):
        sign_in(browser, "lan", "wrong")
    assert sign_in(stranger, "lan").status_code == 303, "its tries are its own"
    sign_in(browser, "lan", "wrong")
    assert sign_in(browser, "lan").status_code == 401
    stranger.cookies.clear()
    assert sign_in(stranger, "lan").status_code == 401, "five wrong tries lock, whoever made them"
    assert [event["detail"]["why"] for event in events(archive, "lan", "account lock")] == ["tries"]


def test_a_known_browser_is_known_for_its_own_person_and_by_nothing_that_was_not_given(
    archive: Archive, browser: TestClient, stranger: TestClient
) -> None:
    for login in ("lan", "minh"):
        knows_password(archive, login)
    sign_in(browser, "minh")
    browser.cookies.delete(SESSION)
    stranger.cookies.set(BROWSER, "A" * 43, domain="127.0.0.1")
    for _ in range(5):
        sign_in(stranger, "lan", "wrong")
    assert sign_in(stranger, "lan").status_code == 401
    assert sign_in(browser, "lan").status_code == 401
    with closing(sqlite3.connect(archive.home.database / "catalogue.sqlite")) as source:
        assert browser.cookies[BROWSER] not in "\n".join(source.iterdump())


def test_an_administrators_lock_and_reset_forget_browsers(
    archive: Archive, browser: TestClient, stranger: TestClient
) -> None:
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    browser.cookies.delete(SESSION)
    archive.desk.people.lock("lan", by="quan")
    archive.desk.people.unlock("lan", by="quan")
    for _ in range(5):
        sign_in(stranger, "lan", "wrong")
    assert sign_in(browser, "lan").status_code == 401
    archive.desk.people.unlock("lan", by="quan")
    assert sign_in(browser, "lan").status_code == 303
    browser.cookies.delete(SESSION)
    password = archive.desk.people.reset("lan", by="quan").password
    for _ in range(5):
        sign_in(stranger, "lan", "wrong")
    assert sign_in(browser, "lan", password).status_code == 401


def test_codes_of_the_second_factor_are_not_guessed_while_the_account_is_locked(
    archive: Archive, browser: TestClient, stranger: TestClient, clock: StandingClock
) -> None:
    knows_password(archive, "lan")
    secret = has_factor(archive, "lan")
    sign_in(browser, "lan")
    for _ in range(5):
        sign_in(stranger, "lan", "wrong")
    assert filled(browser, "/sign-in/second-factor", code=code(secret, clock)).status_code == 401
    clock.go(hours=13)
    browser.cookies.clear()
    sign_in(browser, "lan")
    assert filled(browser, "/sign-in/second-factor", code=code(secret, clock)).status_code == 303


def test_who_guesses_within_a_session_loses_it_and_no_other_one(
    archive: Archive, browser: TestClient, stranger: TestClient
) -> None:
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    sign_in(stranger, "lan")
    stranger.cookies.delete(BROWSER)
    new = "Một mật khẩu khác 9"
    for tried in range(5):
        answer = filled(stranger, "/account/password", old="wrong", new=new, again=new)
        assert answer.status_code == 422, tried
    assert stranger.get("/api/v1/me").status_code == 401
    assert browser.get("/api/v1/me").status_code == 200
    browser.cookies.delete(BROWSER)
    assert filled(browser, "/account/password", old=PASSWORD, new=new, again=new).status_code == 422, "locked"


def test_people_without_a_password_are_locked_out_by_nobody(archive: Archive, stranger: TestClient) -> None:
    account = person(archive, "sso", READER)
    with archive.trail.transaction() as connection:
        archive.desk.accounts.rows.change(connection, account.id, password="")
    for _ in range(6):
        assert sign_in(stranger, "sso", "wrong").status_code == 401
    assert archive.desk.people.told(archive.desk.people.account("sso"))["status"] == "active"


def test_a_network_of_ipv6_addresses_tries_as_one(blank_home: Path, tmp_path: Path, clock: StandingClock) -> None:
    with opened(blank_home, tmp_path / "six", clock, LUUTRU_SERVE__SIGN_INS_A_MINUTE="6") as archive:
        application = make_application(archive)

        def tried(address: str) -> int:
            client = TestClient(application, base_url="https://127.0.0.1", client=(address, 1), follow_redirects=False)
            with closing(client) as browser:
                return int(sign_in(browser, "guess", "x").status_code)

        assert [tried(f"2001:db8:1:2::{number}") for number in range(1, 8)] == [401] * 6 + [429]
        assert tried("2001:db8:1:3::1") == 401


# ---------------------------------------------------------------- what a token may


def test_a_token_asks_for_the_second_factor_of_who_has_one(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    knows_password(archive, "lan")
    secret = has_factor(archive, "lan")
    sign_in(browser, "lan")
    shown = code(secret, clock)
    filled(browser, "/sign-in/second-factor", code=shown)
    for wrong in ("", "000000", shown):
        assert made(browser, code=wrong).json()["code"] == "auth.factor", "the one of the sign-in is used up"
    clock.go(seconds=30)
    assert made(browser, name=" ", code=code(secret, clock)).status_code == 400
    assert made(browser, code=code(secret, clock)).status_code == 201, "what is refused uses no code up"
    assert made(browser, code=code(secret, clock)).status_code == 401
    page = browser.get("/account").text
    assert 'name="code"' in page
    clock.go(seconds=30)
    said = {"name": "x", "days": "30", "scope-read": "1"}
    assert "luutru_" in sent(browser, "/account/tokens", said | {"code": code(secret, clock)}).text
    refused = sent(browser, "/account/tokens", said | {"code": "123456"})
    assert (refused.status_code, "Mã xác thực lần hai không đúng" in refused.text) == (422, True)


def sent(browser: TestClient, path: str, said: dict[str, str]) -> Any:  # noqa: ANN401 - a response
    form = csrf(browser.get("/account").text)
    return browser.post(path, data={"csrf": form} | said)


def test_a_second_factor_of_the_provider_is_fresh_for_ten_minutes(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    browser.cookies.update(dict(cookie(archive, "quan", READER)))
    assert made(browser).status_code == 201
    for _ in range(3):
        clock.go(minutes=4)
        assert browser.get("/api/v1/me").status_code == 200
    refused = made(browser)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.factor_due")


def test_who_becomes_administrator_during_a_session_sets_a_second_factor_up_first(
    archive: Archive, browser: TestClient
) -> None:
    knows_password(archive, "lan")
    sign_in(browser, "lan")
    assert made(browser).status_code == 201, "a reader needs none"
    account = archive.desk.people.account("lan")
    with archive.trail.transaction() as connection:
        archive.desk.granting.give(connection, account.id, ADMINISTRATOR[0], by="test", at=archive.desk.accounts.at())
    assert made(browser).status_code == 401
    assert browser.get("/").headers["location"] == "/account/second-factor"


def test_a_token_gains_no_role_that_is_given_later_and_loses_what_is_taken(
    archive: Archive, browser: TestClient
) -> None:
    archive.rights.put_agency("H49", "Sở", by="test")
    archive.rights.put_agency("H49.64", "Phòng", "H49", by="test")
    then = (Grant(Role.READER, "H49", Label.INTERNAL), Grant(Role.ARCHIVIST, "H49.64", Label.INTERNAL))
    program = signed_in(archive, "lan", then)
    account = archive.desk.people.account("lan")
    desk = archive.desk

    def grants() -> set[tuple[str, str, str]]:
        told = browser.get("/api/v1/me", headers=program).json()["grants"]
        return {(one["role"], one["agency"], one["up_to"]) for one in told}

    def give(role: Role, agency: str, up_to: Label) -> None:
        with archive.trail.transaction() as connection:
            desk.granting.give(connection, account.id, Grant(role, agency, up_to), by="test", at=desk.accounts.at())

    before = {("reader", "H49", "internal"), ("archivist", "H49.64", "internal")}
    assert grants() == before
    give(Role.ADMINISTRATOR, "*", Label.INTERNAL)
    give(Role.READER, "*", Label.CONFIDENTIAL)
    give(Role.ARCHIVIST, "H49", Label.CONFIDENTIAL)
    assert grants() == before
    assert browser.get("/api/v1/users", headers=program).status_code == 403
    give(Role.READER, "H49", Label.PUBLIC)
    with archive.trail.transaction() as connection:
        desk.granting.take(connection, account.id, Role.READER, "*")
        desk.granting.take(connection, account.id, Role.ARCHIVIST, "H49")
    assert grants() == {("reader", "H49", "public"), ("archivist", "H49.64", "internal")}
    give(Role.READER, "H49.64", Label.INTERNAL)
    with archive.trail.transaction() as connection:
        desk.granting.take(connection, account.id, Role.READER, "H49")
        desk.granting.take(connection, account.id, Role.ARCHIVIST, "H49.64")
    assert grants() == {("reader", "H49.64", "internal")}, "what is left of the larger one"


def test_a_token_ends_itself_and_no_other_and_makes_nobody_larger(archive: Archive, browser: TestClient) -> None:
    wide = signed_in(archive, "lan", EVERYTHING)
    people = archive.desk.people
    account = people.account("lan")
    narrow = bearer(people.make_token(account, "hẹp", by="lan", days=3, scopes=["manage"]).secret)
    other = next(one for one in people.tokens(account) if one.name != "hẹp")
    own = next(one for one in people.tokens(account) if one.name == "hẹp")
    listed = browser.get("/api/v1/me/tokens", headers=narrow).json()["items"]
    assert [one["id"] for one in listed] == [own.id]
    assert browser.delete(f"/api/v1/me/tokens/{other.id}", headers=narrow).status_code == 404
    for done in ("reset", "lock"):
        refused = browser.post(f"/api/v1/users/LAN/{done}", json={"second_factor": True}, headers=narrow)
        assert (refused.status_code, refused.json()["code"]) == (403, "rights.refused"), done
    assert browser.get("/api/v1/me", headers=wide).status_code == 200
    assert browser.delete(f"/api/v1/me/tokens/{own.id}", headers=narrow).status_code == 204
    assert browser.get("/api/v1/me", headers=narrow).status_code == 401


def test_tokens_of_before_keep_what_their_person_may_when_the_home_is_upgraded(
    archive: Archive, browser: TestClient, tmp_path: Path
) -> None:
    program = signed_in(archive, "lan", READER)
    account = archive.desk.people.account("lan")
    with archive.trail.transaction() as connection:
        archive.desk.accounts.rows.change(
            connection, account.id, subject="https://sso lan", seen_at="2026-11-20T00:00:00Z"
        )
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("sqlalchemy.url", str(archive.database.engine.url))
    command.downgrade(config, "0009")
    command.upgrade(config, "head")
    assert archive.desk.people.account("lan").provider_at == "2026-11-20T00:00:00Z"
    (one,) = archive.desk.people.tokens(account)
    assert one.grants == [["reader", "*", "public"]]
    assert browser.get("/api/v1/me", headers=program).status_code == 200


def test_tokens_of_a_providers_people_end_when_it_vouches_no_more(
    archive: Archive, browser: TestClient, clock: StandingClock
) -> None:
    account = person(archive, "lan", READER)
    program = bearer(archive.desk.people.make_token(account, "x", by="lan", days=300).secret)
    with archive.trail.transaction() as connection:
        archive.desk.accounts.rows.change(connection, account.id, subject="https://sso lan", password="")
    browser.cookies.update(dict(cookie(archive, "lan", READER)))
    browser.cookies.clear()
    for _ in range(3):
        clock.go(days=10)
        assert browser.get("/api/v1/me", headers=program).status_code == 200
    clock.go(seconds=1)
    assert browser.get("/api/v1/me", headers=program).status_code == 401
