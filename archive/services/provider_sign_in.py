"""Signing in by way of an OpenID provider: accounts come into being, and get roles and agencies by their groups."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from archive.auth.credentials import digest
from archive.auth.errors import ProviderRefusedError
from archive.auth.mapping import grants_of
from archive.auth.oidc import Provider, Vouched
from archive.auth.people import Grant
from archive.auth.sealing import Seal
from archive.catalogue.people import Account
from archive.catalogue.sessions import ProviderRequest, Session
from archive.services.accounts import Accounts, Visitor, login_of
from archive.services.signing_in import Opened, SigningIn
from metadata.events import EventOutcome, EventType
from metadata.time import from_rfc3339

_GOOD_MINUTES = 10
"""How long a person may take at the provider."""

_UNSAFE = re.compile(r"[^a-z0-9._@-]+")
_MOST_LOGIN = 64
_PURPOSE = "provider-token"


class ProviderSignIn:
    """Lets people in for whom the provider vouches."""

    def __init__(self, accounts: Accounts, signing_in: SigningIn, provider: Provider, seal: Seal) -> None:
        self._accounts = accounts
        self._rows = accounts.rows
        self._signing_in = signing_in
        self._seal = seal
        self.provider = provider

    def going(self, *, browser: str, following: str, redirect_uri: str) -> str:
        """Where a browser goes to sign in.

        Args:
            browser: Secret of a cookie: only this browser may come back.
            following: Page to go on with.
            redirect_uri: Where it comes back.
        """
        going = self.provider.going(redirect_uri)
        self._accounts.sessions.remember(
            ProviderRequest(
                state=digest(going.state),
                browser=digest(browser),
                nonce=going.nonce,
                verifier=going.verifier,
                following=following,
                created_at=self._accounts.at(),
            )
        )
        return going.url

    def back(
        self, answer: Mapping[str, str], *, browser: str, redirect_uri: str, visitor: Visitor
    ) -> tuple[Opened, str]:
        """Let in who came back; the session, and the page to go on with.

        Raises:
            ProviderRefusedError: another browser went, it took too long, or the answer is not to be believed.
            ProviderUnreachableError: the provider did not answer.
            SignInRefusedError: the account is locked.
        """
        try:
            asked = self._asked(answer.get("state", ""), browser)
            vouched = self.provider.vouched(
                _code(answer),
                nonce=asked.nonce,
                verifier=asked.verifier,
                redirect_uri=redirect_uri,
                issuer=answer.get("iss"),
            )
        except ProviderRefusedError as error:
            with self._accounts.trail.transaction() as connection:
                detail = {"way": "provider", "why": error.why}
                refused = EventOutcome.REJECTED
                self._accounts.tell(
                    connection, EventType.SIGN_IN, None, outcome=refused, detail=detail, visitor=visitor
                )
            raise
        opened = self._signing_in.by_provider(
            self._account(vouched),
            visitor,
            factor=vouched.factor,
            provider_session=vouched.session,
            provider_token=self._seal.closed(vouched.id_token, _PURPOSE),
        )
        return opened, asked.following

    def out_url(self, session: Session, back_to: str) -> str | None:
        """Where the browser ends the provider's session too; None: the session is not of the provider, or it cannot."""
        if not session.provider_token:
            return None
        return self.provider.out_url(self._seal.opened(session.provider_token, _PURPOSE), back_to)

    def ended(self, logout_token: str) -> int:
        """End what the provider says is ended; how many sessions.

        Raises:
            ProviderRefusedError: the provider does not say so.
        """
        session, subject = self.provider.ended(logout_token)
        with self._accounts.trail.transaction() as connection:
            if session:
                ended = self._accounts.sessions.end_at_provider(connection, session)
                account = None
            else:
                account = self._rows.by_subject(subject, connection)
                ended = self._accounts.sessions.end_all(connection, account.id) if account else 0
            detail = {"why": "ended at the provider", "sessions": str(ended)}
            self._accounts.tell(connection, EventType.SIGN_OUT, account, detail=detail)
        return ended

    # ------------------------------------------------------------ parts

    def _asked(self, state: str, browser: str) -> ProviderRequest:
        asked = self._accounts.sessions.recall(digest(state))
        if asked is None:
            raise ProviderRefusedError("nobody went with this state, or came back before")
        if not browser or asked.browser != digest(browser):
            raise ProviderRefusedError("another browser came back")
        if (self._accounts.now() - from_rfc3339(asked.created_at)).total_seconds() > _GOOD_MINUTES * 60:
            raise ProviderRefusedError("it took too long")
        return asked

    def _account(self, vouched: Vouched) -> Account:
        """The person's account, made or brought up to what the provider says now."""
        given = grants_of(vouched.groups, self.provider.settings.rules)
        with self._accounts.trail.transaction() as connection:
            account = self._rows.by_subject(vouched.subject, connection)
            if account is None:
                person_id = self._rows.add(
                    connection,
                    login=self._free_login(vouched, lambda login: self._rows.by_login(login, connection) is None),
                    name=vouched.name[:200] or vouched.login[:200],
                    at=self._accounts.at(),
                    subject=vouched.subject,
                    given=given,
                )
                account = self._rows.by_id(person_id, connection)
                detail = {"what": "made by the provider", "rights": _told(given)}
                self._accounts.tell(connection, EventType.ACCOUNT_CHANGE, account, detail=detail)
            elif account.given != given:
                self._rows.change(connection, account.id, given=given)
                detail = {"what": "rights by the provider", "rights": _told(given), "before": _told(account.given)}
                self._accounts.tell(connection, EventType.ACCOUNT_CHANGE, account, detail=detail)
            return self._rows.by_id(account.id, connection)

    def _free_login(self, vouched: Vouched, is_free: Callable[[str], bool]) -> str:
        """A login that nobody has: who has an account with a password here keeps it, whatever the provider says."""
        plain = _UNSAFE.sub("-", login_of(vouched.login)).strip("._@-")[:_MOST_LOGIN] or "person"
        host = self.provider.settings.issuer.split("/")[2].partition(":")[0]
        for login in (plain, f"{plain[:30]}@{host}"[:_MOST_LOGIN], f"{plain[:30]}-{digest(vouched.subject)[:12]}"):
            if is_free(login):
                return login
        raise ProviderRefusedError("no login is free")


def _code(answer: Mapping[str, str]) -> str:
    if "code" not in answer:
        msg = f"the provider says {answer.get('error', 'nothing')[:100]}"
        raise ProviderRefusedError(msg)
    return answer["code"]


def _told(grants: tuple[Grant, ...]) -> str:
    return " ".join(f"{grant.role}@{grant.agency}:{grant.up_to}" for grant in grants)
