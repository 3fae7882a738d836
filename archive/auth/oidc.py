"""One OpenID provider: discovery, authorization code with PKCE, ID tokens, sign-out.

Source: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0, Back-Channel Logout 1.0; RFC 7636 (PKCE),
RFC 9207 (issuer in the answer), RFC 8176 (`amr`). Authlib writes the requests and judges the claims, joserfc the
signatures; the network is asked through a port, at the issuer's own address and nowhere else.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from archive.auth.credentials import new_session
from archive.auth.errors import ProviderRefusedError, ProviderUnreachableError
from archive.auth.settings import OidcSettings
from metadata.time import Clock

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures with public keys only: a shared secret or none would let anybody sign."""

_METADATA_SECONDS = 3600.0
_KEYS_AGAIN_SECONDS = 60.0
"""An unknown key is asked for again at most once in this time, whoever sends unknown keys."""

_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_SECONDS = 300
_MOST_TOKEN = 64 << 10


class Asking(Protocol):
    """Asks the provider over the network."""

    def __call__(self, url: str, form: bytes | None, headers: Mapping[str, str]) -> bytes:
        """The body of an answer of status 200; with `form` it is posted.

        Raises:
            ProviderUnreachableError: no usable answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Going:
    """A person on the way to the provider."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for."""

    subject: str
    """Issuer and subject."""

    login: str
    name: str
    groups: frozenset[str]
    factor: bool
    """Whether the provider asked for a second factor."""

    session: str
    """The provider's own session; empty: it does not say."""

    id_token: str


class Provider:
    """What is known of one provider. May be called from many threads."""

    def __init__(self, settings: OidcSettings, ask: Asking, clock: Clock) -> None:
        self.settings = settings
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    # ------------------------------------------------------------ there and back

    def going(self, redirect_uri: str) -> Going:
        """Begin a sign-in.

        Raises:
            ProviderUnreachableError: the provider does not tell where.
        """
        state, nonce, verifier = new_session(), new_session(), new_session()
        url: str = prepare_grant_uri(  # type: ignore[no-untyped-call]  # Authlib has no types
            self._endpoint("authorization_endpoint"),
            self.settings.client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=list(self.settings.scopes),
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),  # type: ignore[no-untyped-call]  # as above
            code_challenge_method="S256",
        )
        return Going(url, state, nonce, verifier)

    def vouched(self, code: str, *, nonce: str, verifier: str, redirect_uri: str, issuer: str | None) -> Vouched:
        """Exchange the code that came back for who it is.

        Args:
            code: As it came back.
            nonce: Of `going`.
            verifier: Of `going`.
            redirect_uri: As in `going`.
            issuer: `iss` of the answer, where there was one.

        Raises:
            ProviderRefusedError: what came cannot be believed.
            ProviderUnreachableError: the provider gave no usable answer.
        """
        if issuer is not None and issuer != self.settings.issuer:
            raise ProviderRefusedError("another issuer answered")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        answer = self._token(form)
        id_token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(id_token, str) or len(id_token) > _MOST_TOKEN:
            raise ProviderRefusedError("no ID token")
        signed = self._signed(id_token)
        params = {"nonce": nonce, "client_id": self.settings.client_id, "access_token": access_token}
        claims = CodeIDToken(signed.claims, signed.header, self._options(), params)
        try:
            now = int(self._clock.now().timestamp())
            claims.validate(now, self.settings.clock_skew_seconds)  # type: ignore[no-untyped-call]  # as above
        except JoseError as error:
            msg = f"ID token: {error}"
            raise ProviderRefusedError(msg) from error
        return self._person(claims, id_token)

    def out_url(self, id_token: str, back_to: str) -> str | None:
        """Where the browser ends its session at the provider; None: the provider has no such place."""
        if not self._described().get("end_session_endpoint"):
            return None
        said = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back_to}
        if id_token:
            said["id_token_hint"] = id_token
        return f"{self._endpoint('end_session_endpoint')}?{urlencode(said)}"

    def ended(self, logout_token: str) -> tuple[str, str]:
        """Which session (`sid`) or subject the provider ended; the other one is empty.

        Raises:
            ProviderRefusedError: no logout token of the provider.
        """
        signed = self._signed(logout_token[:_MOST_TOKEN])
        claims = signed.claims
        now, skew = self._clock.now().timestamp(), self.settings.clock_skew_seconds
        audience = claims.get("aud")
        told = claims.get("iat")
        if (
            claims.get("iss") != self.settings.issuer
            or self.settings.client_id not in (audience if isinstance(audience, list) else [audience])
            or _LOGOUT not in (claims.get("events") or {})
            or "nonce" in claims
            or not isinstance(told, (int, float))
            or not now - _LOGOUT_SECONDS - skew <= told <= now + skew
            or (isinstance(claims.get("exp"), (int, float)) and claims["exp"] < now - skew)
        ):
            raise ProviderRefusedError("logout token")
        session, subject = claims.get("sid"), claims.get("sub")
        if session:
            return self.session_of(str(session)), ""
        if subject:
            return "", self.subject_of(str(subject))
        raise ProviderRefusedError("logout token of nobody")

    def subject_of(self, subject: str) -> str:
        """How a subject is kept."""
        return f"{self.settings.issuer} {subject}"

    def session_of(self, session: str) -> str:
        """How a session at the provider is kept."""
        return f"{self.settings.issuer} {session}"[:300]

    # ------------------------------------------------------------ parts

    def _options(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }

    def _person(self, claims: Mapping[str, Any], id_token: str) -> Vouched:
        groups: set[str] = set()
        for name in self.settings.group_claims:
            value = claims.get(name)
            groups |= {str(entry) for entry in (value if isinstance(value, list) else [value]) if entry}
        subject, session = str(claims["sub"]), claims.get("sid")
        methods = claims.get("amr")
        return Vouched(
            self.subject_of(subject),
            str(claims.get(self.settings.login_claim) or subject),
            str(claims.get("name") or ""),
            frozenset(groups),
            bool(set(methods if isinstance(methods, list) else ()) & set(self.settings.factor_methods)),
            self.session_of(str(session)) if session else "",
            id_token,
        )

    def _token(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        client, secret = self.settings.client_id, self.settings.client_secret
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        ways = self._described().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        body = dict(form)
        if "client_secret_basic" in ways:
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            body |= {"client_id": client, "client_secret": secret}
        answer = self._ask(self._endpoint("token_endpoint"), urlencode(body).encode(), headers)
        return _json(answer)

    def _signed(self, token: str) -> jwt.Token:
        """A token whose signature is the provider's; a key that is not known yet is asked for once."""
        for again in (False, True):
            keys = self._key_set(again=again)
            try:
                return jwt.decode(token, keys, algorithms=list(ALGORITHMS), registry=jws.JWSRegistry())
            except InvalidKeyIdError as error:
                if again:
                    raise ProviderRefusedError("signed with a key that the provider does not have") from error
            except (JoseError, ValueError) as error:
                msg = f"token: {type(error).__name__}"
                raise ProviderRefusedError(msg) from error
        raise ProviderRefusedError("token")

    def _key_set(self, *, again: bool) -> KeySet:
        now = self._clock.now().timestamp()
        with self._lock:
            known = self._keys
            fresh = known is not None and now - known[0] < (_KEYS_AGAIN_SECONDS if again else _METADATA_SECONDS)
            if known is not None and fresh:
                return known[1]
        try:
            keys = KeySet.import_key_set(_json(self._ask(self._endpoint("jwks_uri"), None, {})))  # type: ignore[arg-type]
        except (JoseError, KeyError, TypeError) as error:
            raise ProviderUnreachableError("its keys cannot be read") from error
        with self._lock:
            self._keys = (now, keys)
        return keys

    def _endpoint(self, name: str) -> str:
        url = self._described().get(name)
        if not isinstance(url, str) or _origin(url) != _origin(self.settings.issuer):
            msg = f"{name} is not at the issuer's address"
            raise ProviderUnreachableError(msg)
        return url

    def _described(self) -> Mapping[str, Any]:
        now = self._clock.now().timestamp()
        with self._lock:
            if self._metadata is not None and now - self._metadata[0] < _METADATA_SECONDS:
                return self._metadata[1]
        url = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        found: Mapping[str, Any] = OpenIDProviderMetadata(_json(self._ask(url, None, {})))
        if found.get("issuer") != self.settings.issuer:
            raise ProviderUnreachableError("it calls itself otherwise")
        with self._lock:
            self._metadata = (now, found)
        return found


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _json(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProviderUnreachableError("it answers no JSON") from error
    if not isinstance(found, dict):
        raise ProviderUnreachableError("it answers no JSON object")
    return found
