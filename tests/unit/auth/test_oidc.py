"""What is believed of a provider: every way in which an ID token or a logout token can lie is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from archive.auth.errors import ProviderRefusedError, ProviderUnreachableError
from archive.auth.oidc import Provider, Vouched
from archive.auth.settings import OidcSettings
from tests.fakes.clock import StandingClock

ISSUER = "https://sso.example.vn/realms/kho"
BACK = "https://kho.example.vn/sign-in/provider/callback"
RSA = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
EC = ECKey.generate_key("P-256", {"kid": "two"})
STRANGER = RSAKey.generate_key(2048, {"kid": "one"})
_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Answers:
    """The provider's side, behind the port."""

    def __init__(self) -> None:
        self.clock = StandingClock()
        self.keys: list[RSAKey | ECKey] = [RSA, EC]
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "end_session_endpoint": f"{ISSUER}/out",
        }
        self.answer: Any = {}
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.forms: list[dict[str, list[str]]] = []
        settings = {"issuer": ISSUER, "client_id": "kho", "client_secret": "s:e/c+ret"}
        self.provider = Provider(OidcSettings.model_validate(settings), self, self.clock)

    def __call__(self, url: str, form: bytes | None, headers: Mapping[str, str]) -> bytes:
        self.asked.append((url, headers))
        if url.endswith("openid-configuration"):
            return json.dumps(self.metadata).encode()
        if url.endswith("/keys"):
            return json.dumps(KeySet(list(self.keys)).as_dict(private=False)).encode()
        self.forms.append(parse_qs((form or b"").decode()))
        return json.dumps(self.answer).encode() if not isinstance(self.answer, bytes) else self.answer

    def claims(self, **more: object) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        said = {"iss": ISSUER, "sub": "42", "aud": "kho", "iat": now, "exp": now + 300, "nonce": "n", **more}
        return {name: value for name, value in said.items() if value is not None}

    def vouched(self, token: object, issuer: str | None = None) -> Vouched:
        self.answer = {"id_token": token, "access_token": "a", "token_type": "Bearer"}
        return self.provider.vouched("code", nonce="n", verifier="v", redirect_uri=BACK, issuer=issuer)


def signed(claims: dict[str, Any], key: Any = RSA, alg: str = "RS256", **header: Any) -> str:  # noqa: ANN401 - any key
    return jwt.encode({"alg": alg, "kid": key.kid, **header}, claims, key, algorithms=[alg])


def by_hand(header: dict[str, str], claims: dict[str, Any]) -> str:
    """What joserfc refuses to make: nothing as signature, or a MAC with the public key as its secret."""
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
    mac = hmac.new(RSA.as_pem(private=False), head + b"." + body, hashlib.sha256).digest()
    tail = base64.urlsafe_b64encode(mac).rstrip(b"=") if header["alg"] == "HS256" else b""
    return (head + b"." + body + b"." + tail).decode()


@pytest.fixture
def answers() -> Answers:
    return Answers()


def test_who_is_vouched_for_is_told_with_groups_and_factor(answers: Answers) -> None:
    claims = answers.claims(
        preferred_username="lan", name="Lan", groups=["/H49", "/H49/a"], roles="archivist", amr=["pwd", "otp"], sid="s1"
    )
    found = answers.vouched(signed(claims))
    assert (found.subject, found.login, found.name) == (f"{ISSUER} 42", "lan", "Lan")
    assert found.groups == {"/H49", "/H49/a", "archivist"}
    assert found.factor
    assert found.session == f"{ISSUER} s1"
    assert answers.vouched(signed(answers.claims(amr=["pwd"]))).factor is False
    assert answers.vouched(signed(answers.claims(), EC, "ES256")).login == "42"


def test_the_client_proves_itself_as_the_provider_wants(answers: Answers) -> None:
    answers.vouched(signed(answers.claims()))
    headers = next(headers for url, headers in answers.asked if url.endswith("/token"))
    assert headers["Authorization"] == "Basic a2hvOnMlM0FlJTJGYyUyQnJldA=="
    assert answers.forms[-1]["code_verifier"] == ["v"]
    posting = Answers()
    posting.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    posting.vouched(signed(posting.claims()))
    assert posting.forms[-1]["client_secret"] == ["s:e/c+ret"]


_LIES: dict[str, Callable[[Answers], object]] = {
    "of another issuer": lambda a: signed(a.claims(iss="https://evil.example")),
    "for another client": lambda a: signed(a.claims(aud="other")),
    "for several, authorized for another": lambda a: signed(a.claims(aud=["kho", "other"], azp="other")),
    "for several, authorized for nobody": lambda a: signed(a.claims(aud=["kho", "other"])),
    "of another sign-in": lambda a: signed(a.claims(nonce="other")),
    "without a nonce": lambda a: signed(a.claims(nonce=None)),
    "without a subject": lambda a: signed(a.claims(sub=None)),
    "expired": lambda a: signed(a.claims(exp=int(a.clock.now().timestamp()) - 61)),
    "without an end": lambda a: signed(a.claims(exp=None)),
    "not yet": lambda a: signed(a.claims(nbf=int(a.clock.now().timestamp()) + 90)),
    "made in the future": lambda a: signed(a.claims(iat=int(a.clock.now().timestamp()) + 90)),
    "with the hash of another access token": lambda a: signed(a.claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA")),
    "signed by a stranger": lambda a: signed(a.claims(), STRANGER),
    "signed by nobody": lambda a: by_hand({"alg": "none"}, a.claims()),
    "signed with the public key as a secret": lambda a: by_hand({"alg": "HS256", "kid": "one"}, a.claims()),
    "signed with a key that it brings along": lambda a: signed(
        a.claims(), STRANGER, jwk=STRANGER.as_dict(private=False)
    ),
    "of an unknown key": lambda a: signed(a.claims(), RSAKey.generate_key(2048, {"kid": "three"})),
    "cut": lambda a: signed(a.claims())[:-4],
    "nothing": lambda a: "",
    "no text": lambda a: 7,
    "endless": lambda a: "x" * 100_000,
}


@pytest.mark.parametrize("lie", list(_LIES))
def test_a_token_that_lies_is_refused(answers: Answers, lie: str) -> None:
    assert answers.vouched(signed(answers.claims())).login == "42"
    with pytest.raises(ProviderRefusedError):
        answers.vouched(_LIES[lie](answers))


@pytest.mark.parametrize("away", [-60, 60])
def test_clocks_may_differ_by_a_minute(answers: Answers, away: int) -> None:
    now = int(answers.clock.now().timestamp())
    assert answers.vouched(signed(answers.claims(iat=now + away, exp=now + max(away, -59)))).login == "42"


def test_an_issuer_in_the_answer_is_compared(answers: Answers) -> None:
    assert answers.vouched(signed(answers.claims()), issuer=ISSUER).login == "42"
    with pytest.raises(ProviderRefusedError):
        answers.vouched(signed(answers.claims()), issuer="https://evil.example")


def test_new_keys_are_asked_for_once_a_minute_at_most(answers: Answers) -> None:
    answers.vouched(signed(answers.claims()))
    new = RSAKey.generate_key(2048, {"kid": "three"})

    def keys_asked() -> int:
        return sum(url.endswith("/keys") for url, _ in answers.asked)

    for _ in range(5):
        with pytest.raises(ProviderRefusedError):
            answers.vouched(signed(answers.claims(), new))
    assert keys_asked() == 1, "asked a moment ago"
    answers.keys = [new]
    answers.clock.go(seconds=61)
    assert answers.vouched(signed(answers.claims(), new)).login == "42"
    assert keys_asked() == 2


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"<html>", b"{" * 10_000, b'{"id_token": null}', b'{"error": "invalid_grant"}']
)
def test_what_is_no_answer_is_no_sign_in(answers: Answers, answer: bytes) -> None:
    answers.answer = answer
    with pytest.raises((ProviderRefusedError, ProviderUnreachableError)):
        answers.provider.vouched("code", nonce="n", verifier="v", redirect_uri=BACK, issuer=None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", "https://evil.example"),
        ("token_endpoint", "https://evil.example/token"),
        ("token_endpoint", "http://sso.example.vn/token"),
        ("token_endpoint", "https://sso.example.vn.evil.example/token"),
        ("jwks_uri", None),
    ],
)
def test_a_provider_that_points_elsewhere_is_not_followed(answers: Answers, name: str, value: str | None) -> None:
    answers.metadata[name] = value
    with pytest.raises(ProviderUnreachableError):
        answers.vouched(signed(answers.claims()))
    assert all(url.startswith(ISSUER) for url, _ in answers.asked)


def _logout(answers: Answers, **more: object) -> dict[str, Any]:
    return answers.claims(**{"nonce": None, "sid": "s1", "events": {_EVENT: {}}, "jti": "1", **more})


def test_the_provider_ends_a_session_or_all_of_a_person(answers: Answers) -> None:
    assert answers.provider.ended(signed(_logout(answers))) == (f"{ISSUER} s1", "")
    assert answers.provider.ended(signed(_logout(answers, sid=None))) == ("", f"{ISSUER} 42")


@pytest.mark.parametrize(
    "more",
    [
        {"nonce": "n"},
        {"events": {}},
        {"events": None},
        {"iss": "https://evil.example"},
        {"aud": "other"},
        {"iat": 0},
        {"iat": None},
        {"exp": 1},
        {"sid": None, "sub": None},
    ],
)
def test_a_logout_token_that_lies_ends_nothing(answers: Answers, more: dict[str, Any]) -> None:
    """An ID token (with nonce, without events) must not do as a logout token."""
    with pytest.raises(ProviderRefusedError):
        answers.provider.ended(signed(_logout(answers, **more)))
