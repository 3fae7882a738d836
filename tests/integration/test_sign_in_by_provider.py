"""Sign-in by a real OpenID provider (npm oidc-provider): groups become rights, nothing is believed twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.api.cookies import SESSION
from archive.auth.people import Label, Role
from archive.composition import Archive
from archive.settings import load_settings
from tests.fakes.clock import StandingClock
from tests.fixtures.oidc import CLIENT, Issuer, free_port, oidc_provider
from tests.generators.people import csrf, person

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("oidc")]

BASE = "http://127.0.0.1:9"
RULES = (
    '[{"has": ["archivist", "/H49/{agency}"], "role": "archivist", "agency": "{agency}"},'
    ' {"has": ["reader"], "role": "reader", "agency": "H49", "up_to": "public"},'
    ' {"has": ["administrator"], "role": "administrator"}]'
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with oidc_provider(free_port(), BASE) as made:
        yield made


def opened(tmp_path: Path, issuer: Issuer, **more: str) -> Archive:
    settings = {
        "LUUTRU_HOME": str(tmp_path / "home"),
        "LUUTRU_WORKERS": "1",
        "LUUTRU_AUTH__OIDC__ISSUER": issuer.url,
        "LUUTRU_AUTH__OIDC__CLIENT_ID": CLIENT,
        "LUUTRU_AUTH__OIDC__CLIENT_SECRET": issuer.client_secret,
        "LUUTRU_AUTH__OIDC__NAME": "SSO tỉnh",
        "LUUTRU_AUTH__OIDC__RULES": RULES,
    }
    made = load_settings(settings | more)
    Archive.make(made)
    return Archive(made)


@pytest.fixture
def archive(tmp_path: Path, issuer: Issuer) -> Iterator[Archive]:
    with opened(tmp_path, issuer) as archive:
        yield archive


def browser_of(archive: Archive) -> TestClient:
    return TestClient(make_application(archive), base_url=BASE, follow_redirects=False)


@pytest.fixture
def browser(archive: Archive) -> Iterator[TestClient]:
    with closing(browser_of(archive)) as browser:
        yield browser


def gone(browser: TestClient, following: str = "") -> str:
    """Where the sign-in page sends a browser."""
    page = browser.get("/sign-in", params={"next": following} if following else {})
    assert "SSO tỉnh" in page.text
    link = re.search(r'href="(/sign-in/provider[^"]*)"', page.text)
    assert link
    answer = browser.get(link[1].replace("&amp;", "&"))
    assert answer.status_code == 303
    return str(answer.headers["location"])


def back(browser: TestClient, issuer: Issuer, login: str, following: str = "") -> Any:  # noqa: ANN401 - a response
    return browser.get(issuer.sign_in(gone(browser, following), login).removeprefix(BASE))


def why(archive: Archive) -> list[str]:
    """Reasons of refused sign-ins, as the trail keeps them for operators."""
    return [event["detail"]["why"] for event in archive.trail.of(["sign-in"]) if event["outcome"] == "rejected"]


def test_groups_of_the_provider_become_roles_and_agencies(
    archive: Archive, browser: TestClient, issuer: Issuer
) -> None:
    answer = back(browser, issuer, "lan", "/search?q=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=1")
    me = browser.get("/api/v1/me").json()
    assert (me["login"], me["name"], me["provider"]) == ("lan", "Lan Nguyễn Thị", True)
    assert me["grants"] == [{"role": "archivist", "agency": "H49.64", "up_to": "restricted"}]
    account = archive.desk.people.account("lan")
    types = [event["type"] for event in archive.trail.of([account.id])]
    assert types == ["account change", "sign-in"]
    assert account.password == ""


def test_what_was_asked_carries_pkce_state_and_nonce(browser: TestClient, issuer: Issuer) -> None:
    asked = parse_qs(urlsplit(gone(browser)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert min(len(asked[name][0]) for name in ("code_challenge", "state", "nonce")) == 43
    assert asked["redirect_uri"] == [f"{BASE}/sign-in/provider/callback"]


def test_an_answer_counts_once_and_in_the_browser_that_went(
    archive: Archive, browser: TestClient, issuer: Issuer
) -> None:
    address = issuer.sign_in(gone(browser), "lan").removeprefix(BASE)
    with closing(browser_of(archive)) as other:
        refused = other.get(address)
        assert (refused.status_code, SESSION in other.cookies) == (401, False)
    assert browser.get(address).status_code == 401, "used up by the wrong browser: nobody may try twice"
    good = issuer.sign_in(gone(browser), "lan").removeprefix(BASE)
    assert browser.get(good).status_code == 303
    browser.cookies.delete(SESSION)
    assert browser.get(good).status_code == 401
    assert why(archive) == [
        "another browser came back",
        "nobody went with this state, or came back before",
        "nobody went with this state, or came back before",
    ]


def test_a_code_of_another_sign_in_is_refused_by_its_verifier(
    archive: Archive, browser: TestClient, issuer: Issuer
) -> None:
    """Code injection: the attacker's code with the state of the victim."""
    stolen = parse_qs(urlsplit(issuer.sign_in(gone(browser), "minh")).query)["code"][0]
    mine = parse_qs(urlsplit(gone(browser)).query)["state"][0]
    answer = browser.get("/sign-in/provider/callback", params={"code": stolen, "state": mine})
    assert answer.status_code == 401
    assert "400" in why(archive)[-1]


def test_another_issuer_in_the_answer_is_refused(archive: Archive, browser: TestClient, issuer: Issuer) -> None:
    address = issuer.sign_in(gone(browser), "lan").removeprefix(BASE)
    answer = browser.get(re.sub(r"iss=[^&]+", "iss=http%3A%2F%2Fevil.example", address))
    assert answer.status_code == 401
    assert why(archive) == ["another issuer answered"]


def test_rights_follow_the_groups_at_each_sign_in_and_the_session_changes(
    tmp_path: Path, issuer: Issuer, archive: Archive, browser: TestClient
) -> None:
    back(browser, issuer, "minh")
    (grant,) = archive.desk.people.account("minh").given
    assert (grant.role, grant.agency, grant.up_to) == (Role.READER, "H49", Label.PUBLIC)
    with opened(tmp_path, issuer, LUUTRU_AUTH__OIDC__RULES='[{"has": ["reader"], "role": "auditor"}]') as later:
        with closing(browser_of(later)) as again:
            back(again, issuer, "minh")
        account = later.desk.people.account("minh")
        assert [grant.role for grant in account.given] == [Role.AUDITOR]
        changed = [event["detail"] for event in later.trail.of([account.id]) if event["type"] == "account change"]
        assert changed[-1]["before"] == "reader@H49:public"
    before = browser.cookies[SESSION]
    assert browser.get("/api/v1/me").json()["grants"][0]["role"] == "auditor"
    assert browser.cookies[SESSION] != before


def test_who_fits_no_rule_may_do_nothing(tmp_path: Path, issuer: Issuer) -> None:
    with opened(tmp_path, issuer, LUUTRU_AUTH__OIDC__RULES="[]") as archive, closing(browser_of(archive)) as browser:
        back(browser, issuer, "lan")
        assert browser.get("/api/v1/me").json()["grants"] == []
        assert browser.get("/api/v1/dossiers").status_code == 403


def test_an_administrator_without_a_second_factor_at_the_provider_sets_one_up_here(
    browser: TestClient, issuer: Issuer
) -> None:
    answer = back(browser, issuer, "quan")
    assert answer.headers["location"] == "/account/second-factor"
    assert browser.get("/api/v1/me").status_code == 401


def test_a_name_of_the_provider_never_takes_over_an_account_with_a_password(
    archive: Archive, browser: TestClient, issuer: Issuer
) -> None:
    mine = person(archive, "admin")
    back(browser, issuer, "admin")
    assert archive.desk.people.account("admin").id == mine.id
    assert archive.desk.people.account("admin").subject is None
    assert archive.desk.people.account("admin@127.0.0.1").subject == f"{issuer.url} admin"


def test_a_locked_account_is_not_let_in_by_the_provider(archive: Archive, browser: TestClient, issuer: Issuer) -> None:
    back(browser, issuer, "lan")
    archive.desk.people.lock("lan", by="test")
    assert browser.get("/api/v1/me").status_code == 401
    assert back(browser, issuer, "lan").status_code == 401


def test_new_keys_of_the_provider_are_asked_for_once(tmp_path: Path) -> None:
    port = free_port()
    with oidc_provider(port, BASE) as issuer, opened(tmp_path, issuer) as archive:
        with closing(browser_of(archive)) as browser:
            assert back(browser, issuer, "lan").status_code == 303
        provider = archive.desk.provider
        assert provider is not None
        asked: list[str] = []
        real = provider.provider._ask

        def counted(url: str, form: bytes | None, headers: Any) -> bytes:  # noqa: ANN401 - as the port
            asked.append(urlsplit(url).path)
            return real(url, form, headers)

        provider.provider._ask = counted
        clock = StandingClock(archive.clock.now())
        provider.provider._clock = clock
        issuer_closes = issuer
    # The same issuer comes back with other keys, as after a rotation.
    with oidc_provider(port, BASE) as issuer:
        assert issuer.url == issuer_closes.url
        with Archive(archive.settings) as archive, closing(browser_of(archive)) as browser:
            again = archive.desk.provider
            assert again is not None
            again.provider._keys = provider.provider._keys
            again.provider._metadata = provider.provider._metadata
            again.provider._ask = counted
            clock.go(minutes=2)
            again.provider._clock = clock
            asked.clear()
            assert back(browser, issuer, "lan").status_code == 303
            assert asked.count("/jwks") == 1
            forged = jwt.encode({"alg": "RS256", "kid": "nobody's"}, {"iss": issuer.url}, RSAKey.generate_key(2048))
            for _ in range(5):
                refused = browser.post("/sign-in/provider/logout", data={"logout_token": forged})
                assert refused.status_code == 403
            assert asked.count("/jwks") == 1, "unknown keys make us ask no more often than once a minute"


def test_signing_out_leads_to_the_provider_and_back(archive: Archive, browser: TestClient, issuer: Issuer) -> None:
    back(browser, issuer, "lan")
    page = browser.get("/account")
    token = csrf(page.text)
    answer = browser.post("/sign-out", data={"csrf": token})
    there = re.search(r'href="(http://127[^"]+)"', answer.text)
    assert there
    asked = parse_qs(urlsplit(there[1].replace("&amp;", "&")).query)
    assert asked["post_logout_redirect_uri"] == [f"{BASE}/sign-in"]
    assert asked["client_id"] == [CLIENT]
    assert asked["id_token_hint"][0].count(".") == 2
    assert browser.get("/api/v1/me").status_code == 401


def test_the_provider_is_asked_at_its_own_address_only(tmp_path: Path, issuer: Issuer) -> None:
    with opened(tmp_path, issuer) as archive:
        provider = archive.desk.provider
        assert provider is not None
        provider.provider._metadata = (
            archive.clock.now().timestamp(),
            {"issuer": issuer.url, "authorization_endpoint": "http://127.0.0.1:1/auth"},
        )
        with closing(browser_of(archive)) as browser:
            browser.get("/sign-in")
            assert browser.get("/sign-in/provider").status_code == 503


def test_a_provider_that_is_away_is_a_fault_and_passwords_go_on(tmp_path: Path) -> None:
    nobody = Issuer(f"http://127.0.0.1:{free_port()}", "x")
    with opened(tmp_path, nobody) as archive, closing(browser_of(archive)) as browser:
        assert browser.get("/sign-in").status_code == 200
        assert browser.get("/sign-in/provider").status_code == 503
