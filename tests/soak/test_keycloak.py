"""Sign-in by Keycloak itself: its groups and roles, a wrong password, a disabled account, signing out."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.composition import Archive
from archive.settings import load_settings
from tests.fixtures.oidc import CLIENT, Issuer
from tests.generators.people import csrf

pytestmark = [pytest.mark.soak, pytest.mark.server, pytest.mark.xdist_group("keycloak")]

BASE = "http://127.0.0.1:9"


def test_people_of_keycloak_come_in_with_their_roles_and_agencies(keycloak: Issuer, tmp_path: Path) -> None:
    settings = load_settings(
        {
            "LUUTRU_HOME": str(tmp_path / "home"),
            "LUUTRU_WORKERS": "1",
            "LUUTRU_AUTH__OIDC__ISSUER": keycloak.url,
            "LUUTRU_AUTH__OIDC__CLIENT_ID": CLIENT,
            "LUUTRU_AUTH__OIDC__CLIENT_SECRET": keycloak.client_secret,
            "LUUTRU_AUTH__OIDC__RULES": (
                '[{"has": ["archivist", "/H49/{agency}"], "role": "archivist", "agency": "{agency}"},'
                ' {"has": ["reader", "/{agency}"], "role": "reader", "agency": "{agency}"}]'
            ),
        }
    )
    Archive.make(settings)
    with (
        Archive(settings) as archive,
        closing(TestClient(make_application(archive), base_url=BASE, follow_redirects=False)) as browser,
    ):
        for login, role, agency in (("lan", "archivist", "H49.64"), ("minh", "reader", "H49")):
            browser.get("/sign-in")
            gone = browser.get("/sign-in/provider").headers["location"]
            answer = browser.get(keycloak.sign_in(gone, login).removeprefix(BASE))
            assert answer.status_code == 303, answer.text
            me = browser.get("/api/v1/me").json()
            assert [(grant["role"], grant["agency"]) for grant in me["grants"]] == [(role, agency)]
            assert me["login"] == login
        token = csrf(browser.get("/account").text)
        out = browser.post("/sign-out", data={"csrf": token})
        there = re.search(r'href="(http://127[^"]+)"', out.text)
        assert there
        ended = httpx2.get(there[1].replace("&amp;", "&"), trust_env=False)
        assert (ended.status_code, ended.headers.get("location")) == (302, f"{BASE}/sign-in")
        for login, password in (("lan", "wrong"), ("khoa", "Luu-Tru-2025")):
            gone = browser.get("/sign-in/provider").headers["location"]
            with pytest.raises(AssertionError):
                keycloak.sign_in(gone, login, password)
