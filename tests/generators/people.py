"""People for tests: who may do everything, or has one role; signed in as programs (token) or browsers (cookie)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from archive.api.cookies import SESSION
from archive.auth.people import EVERYWHERE, Grant, Label, Role
from archive.catalogue.people import Account
from archive.composition import Archive
from archive.services.accounts import Visitor
from archive.settings import load_settings

EVERYTHING = tuple(Grant(role, EVERYWHERE, Label.CONFIDENTIAL) for role in Role)
WORKER, SECOND = "lan.luutru", "minh.phutrach"
"""Who does everything in tests, and a second person who may as much."""

HOMES: dict[str, Path] = {}
"""Home of each server that was started, by its address: for those who only know that."""


def person(archive: Archive, login: str = WORKER, grants: Sequence[Grant] = EVERYTHING) -> Account:
    """The account of that login, made with these grants where there is none; its password is nobody's."""
    desk = archive.desk
    known = desk.accounts.rows.by_login(login)
    if known is not None:
        return known
    made = desk.people.add(login, login.title(), by="test")
    with archive.trail.transaction() as connection:
        for grant in grants:
            desk.granting.give(connection, made.account.id, grant, by="test", at=desk.accounts.at())
        desk.accounts.rows.change(connection, made.account.id, must_change=0)
    return desk.people.account(login)


def token(archive: Archive, login: str = WORKER, grants: Sequence[Grant] = EVERYTHING, **narrowed: list[str]) -> str:
    """An API token of that person."""
    return archive.desk.people.make_token(
        person(archive, login, grants), "tests", by="test", days=30, **narrowed
    ).secret


def signed_in(archive: Archive, login: str = WORKER, grants: Sequence[Grant] = EVERYTHING) -> Mapping[str, str]:
    """Headers with which that person's program is let in."""
    return {"Authorization": f"Bearer {token(archive, login, grants)}"}


def cookie(archive: Archive, login: str = WORKER, grants: Sequence[Grant] = EVERYTHING) -> Mapping[str, str]:
    """The cookie of a new session of that person's browser, as if a provider had vouched for both factors."""
    opened = archive.desk.signing_in.by_provider(person(archive, login, grants), Visitor("127.0.0.1"), factor=True)
    assert opened.stage == "whole", opened
    return {SESSION: opened.secret}


def csrf(page: str) -> str:
    """The token of the forms of a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


def of_home(home: Path) -> Archive:
    """The installation of a home that another process serves; to be used as a context."""
    return Archive(load_settings({"LUUTRU_HOME": str(home), "LUUTRU_WORKERS": "1"}))
