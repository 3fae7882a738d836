"""Settings of sign-in. They may make stricter what the regulation asks for, never looser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from archive.auth.people import EVERYWHERE, Label, Role

Address = Annotated[str, Field(pattern=r"^https?://[^\s/@]+(/[^\s#]*)?$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GroupRule(_Part):
    """Who has all these groups at the provider holds this role."""

    has: Annotated[tuple[str, ...], Field(min_length=1)]
    """Values of the claims; in one of them `{agency}` stands for a part without `/`, and is put into `agency`."""

    role: Role
    agency: str = EVERYWHERE
    """Code, `*` (the whole archive), or `{agency}`."""

    up_to: Label | None = None
    """Most closed label that may be read; None: what the role gives."""

    @model_validator(mode="after")
    def _agency_is_found(self) -> GroupRule:
        marks = sum(value.count("{agency}") for value in self.has)
        if marks > 1 or ("{agency}" in self.agency and marks == 0):
            msg = "{agency} stands in one of `has`, once, where `agency` names it"
            raise ValueError(msg)
        return self


class OidcSettings(_Part):
    """An OpenID provider (Keycloak, an agency's single sign-on)."""

    issuer: Address
    """Exactly as the provider calls itself; nothing else is asked over the network."""

    client_id: Annotated[str, Field(min_length=1)]
    client_secret: Annotated[str, Field(min_length=1, repr=False)]
    name: str = "SSO"
    """What the button of the sign-in page says."""

    scopes: tuple[str, ...] = ("openid", "profile")
    login_claim: str = "preferred_username"
    group_claims: tuple[str, ...] = ("groups", "roles")
    """Claims of the ID token whose values `rules` look at."""

    rules: tuple[GroupRule, ...] = ()
    """Roles and agencies by groups (JSON list of objects). None: who signs in may do nothing."""

    factor_methods: tuple[str, ...] = ("mfa", "otp", "hwk", "swk", "sms", "fpt", "face")
    """Values of `amr` (RFC 8176) that count as a second factor; without one the archive asks for its own."""

    clock_skew_seconds: Annotated[int, Field(ge=0, le=300)] = 60

    @model_validator(mode="after")
    def _nobody_listens(self) -> OidcSettings:
        host = urlsplit(self.issuer).hostname or ""
        if not self.issuer.startswith("https:") and host != "localhost" and not host.startswith("127."):
            msg = "issuer: https, or a provider on this machine"
            raise ValueError(msg)
        if "openid" not in self.scopes:
            msg = "scopes: openid is one of them"
            raise ValueError(msg)
        return self


class AuthSettings(_Part):
    """How people sign in."""

    second_factor: Literal["administrators", "all"] = "administrators"
    """Who must have one."""

    idle_minutes_administrators: Annotated[int, Field(ge=1, le=5)] = 5
    idle_minutes_staff: Annotated[int, Field(ge=1, le=15)] = 15
    """Of who hands in, manages or approves."""

    idle_minutes: Annotated[int, Field(ge=1, le=15)] = 15
    """Of everybody else."""

    session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    """Longest life of a session, however busy."""

    token_days: Annotated[int, Field(ge=1, le=366)] = 365
    """Longest life of an API token."""

    provider_token_days: Annotated[int, Field(ge=1, le=366)] = 30
    """So long after the last sign-in at the provider the API tokens of its people are good: whoever is removed there
    cannot sign in any more, and nobody tells us."""

    key_file: Path | None = None
    """Key that seals second factors (32 bytes, made when missing); None: `keys/sign-in.key` in the home."""

    oidc: OidcSettings | None = None
