"""Homes of tests that sign in, and what people do at the sign-in: forms filled, passwords and factors set."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path
from typing import Any, Literal

from argon2 import PasswordHasher
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.auth import totp
from archive.auth.people import Grant, Label, Role
from archive.composition import Archive
from archive.settings import load_settings
from tests.fakes.clock import StandingClock
from tests.generators.people import person

BASE = "http://127.0.0.1"
PASSWORD = "Kho lưu trữ 2026!"
READER = (Grant(Role.READER, "*", Label.PUBLIC),)
ADMINISTRATOR = (Grant(Role.ADMINISTRATOR, "*", Label.INTERNAL),)


class Hasher(PasswordHasher):
    """Cheap, and counts."""

    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - as its base calls it
        self.verified += 1
        return super().verify(hash, password)


def opened(blank_home: Path, home: Path, clock: StandingClock, **settings: str) -> Archive:
    """A copy of a new home at `home`, whose passwords are cheap to hash."""
    shutil.copytree(blank_home, home)
    made = load_settings({"LUUTRU_HOME": str(home), "LUUTRU_WORKERS": "1", **settings})
    archive = Archive(made, clock)
    archive.desk.own._passwords._hasher = Hasher(time_cost=1, memory_cost=64, parallelism=1)
    return archive


def browser_of(archive: Archive, base: str = BASE) -> TestClient:
    return TestClient(make_application(archive), base_url=base, follow_redirects=False)


def knows_password(archive: Archive, login: str, grants: tuple[Grant, ...] = READER) -> None:
    """An account with `PASSWORD`."""
    desk = archive.desk
    account = person(archive, login, grants)
    with archive.trail.transaction() as connection:
        kept = desk.own._passwords.hashed(PASSWORD)
        desk.accounts.rows.change(connection, account.id, password=kept, password_at=desk.accounts.at())


def has_factor(archive: Archive, login: str) -> str:
    """Set a second factor up; its secret."""
    desk = archive.desk
    secret = totp.new_secret()
    account = desk.people.account(login)
    with archive.trail.transaction() as connection:
        sealed = desk.own._seal.closed(secret, f"factor:{account.id}")
        desk.accounts.rows.change(connection, account.id, factor=sealed, factor_at=desk.accounts.at())
    return secret


def filled(browser: TestClient, path: str, **values: str) -> Any:  # noqa: ANN401 - a response
    """Open a page and send its form."""
    page = browser.get(path)
    assert page.status_code == 200, page.headers
    hidden = {
        name: html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    }
    return browser.post(path.partition("?")[0], data=hidden | values)


def sign_in(browser: TestClient, login: str, password: str = PASSWORD, path: str = "/sign-in") -> Any:  # noqa: ANN401 - as above
    return filled(browser, path, login=login, password=password)


def events(archive: Archive, login: str, kind: str) -> list[dict[str, Any]]:
    account = archive.desk.people.account(login)
    return [dict(event) for event in archive.trail.of([account.id]) if event["type"] == kind]
