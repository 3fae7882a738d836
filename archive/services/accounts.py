"""What every use case of people leans on: who an account is, what it may, whether it is locked, what is recorded."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from archive.auth.credentials import digest
from archive.auth.passwords import BROWSER_DAYS, IDLE_DAYS, LOCKED, MAX_FAILURES
from archive.auth.people import EVERYWHERE, Grant, Person, Role, Via, common
from archive.auth.settings import AuthSettings
from archive.catalogue.database import Transaction
from archive.catalogue.people import LOCKED as IS_LOCKED
from archive.catalogue.people import Account, PeopleRows, grants_of
from archive.catalogue.sessions import SessionRows, Token
from archive.catalogue.trail import AuditTrail
from metadata.events import EventOutcome, EventType
from metadata.time import Clock, from_rfc3339, rfc3339

STAFF = frozenset({Role.ARCHIVIST, Role.HEAD})
"""Who hands in, manages or approves."""


TRIES = "tries"
"""Why an account is locked: wrong passwords or codes. It ends no session and no token."""


def login_of(written: str) -> str:
    """The spelling in which a login is kept."""
    return unicodedata.normalize("NFKC", written).strip().casefold()


def rights_of(grants: tuple[Grant, ...]) -> str:
    """A digest by which one knows whether somebody's rights have changed."""
    said = sorted(f"{grant.role}|{grant.agency}|{grant.up_to}" for grant in grants)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Visitor:
    """The browser or program at the other end."""

    address: str = ""
    agent: str = ""
    browser: str = ""
    """Secret by which a browser is known whose person signed in before; empty: it brought none."""


class Granting(Protocol):
    """Where grants are kept (`archive.catalogue.grants`)."""

    def __call__(self, person_ids: Sequence[str]) -> Mapping[str, tuple[Grant, ...]]:
        """All grants of some accounts."""
        ...


@dataclass(frozen=True)
class Accounts:
    """Accounts with what they may."""

    rows: PeopleRows
    sessions: SessionRows
    trail: AuditTrail
    clock: Clock
    settings: AuthSettings
    granted: Granting
    path: Callable[[str], Sequence[str]]
    """Codes from the root of the tree of agencies down to one."""

    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def at(self, **later: float) -> str:
        """The present instant as it is kept, or one that is later by so much (`timedelta`)."""
        return rfc3339(self.now() + timedelta(**later))

    def grants(self, account: Account) -> tuple[Grant, ...]:
        """All that the account may: granted by people, and given by the provider's groups."""
        return self.grants_each([account])[account.id]

    def grants_each(self, accounts: Sequence[Account]) -> dict[str, tuple[Grant, ...]]:
        """The same of several accounts, by their identifiers."""
        granted = self.granted([account.id for account in accounts])
        return {each.id: tuple(dict.fromkeys((*each.given, *granted[each.id]))) for each in accounts}

    def person(self, account: Account, via: Via) -> Person:
        """The account as the policy knows people."""
        return Person(account.id, account.login, account.name, self.grants(account), None, via)

    def holder(self, account: Account, token: Token) -> Person:
        """The same by a token: never more than when it was made, less where roles were taken since."""
        now, then = self.grants(account), grants_of(token.grants)
        held = now if set(now) == set(then) else common(now, then, self._lies_in)
        scopes = None if token.scopes is None else frozenset(token.scopes)
        return Person(account.id, account.login, account.name, held, scopes, "token")

    def is_good(self, account: Account, token: Token) -> bool:
        """Whether a token lets its person in: it is neither revoked nor expired, and the person still known of."""
        alive = not token.revoked_at and token.expires_at > self.at()
        return alive and not self.is_forgotten(account) and not self.is_unvouched(account)

    def _lies_in(self, inner: str, outer: str) -> bool:
        if EVERYWHERE in {inner, outer} or inner == outer:
            return outer in {EVERYWHERE, inner}
        return outer in self.path(inner)

    # ------------------------------------------------------------ rules

    def needs_factor(self, grants: tuple[Grant, ...]) -> bool:
        """Whether who has these grants must have a second factor. Source: QCVN 12:2026/BCA 3.7.2."""
        return self.settings.second_factor == "all" or any(grant.role is Role.ADMINISTRATOR for grant in grants)

    def idle(self, grants: tuple[Grant, ...]) -> timedelta:
        """After how long an unused session ends. Source: QCVN 12:2026/BCA 3.6.2.1.8."""
        roles = {grant.role for grant in grants}
        if Role.ADMINISTRATOR in roles:
            return timedelta(minutes=self.settings.idle_minutes_administrators)
        if roles & STAFF:
            return timedelta(minutes=self.settings.idle_minutes_staff)
        return timedelta(minutes=self.settings.idle_minutes)

    def is_locked(self, account: Account) -> bool:
        """Whether the account is locked at this instant, be it only for who would sign in by password."""
        if account.status != IS_LOCKED:
            return False
        return not account.locked_until or from_rfc3339(account.locked_until) > self.now()

    def is_closed(self, account: Account) -> bool:
        """Whether nobody is let in by whatever way: wrong tries close only what is guessed, for anybody can try."""
        return account.locked_why != TRIES and self.is_locked(account)

    def may_try(self, account: Account, visitor: Visitor) -> bool:
        """Whether password and second factor may be tried: of a known browser whatever others have tried."""
        return not self.is_locked(account) or (not self.is_closed(account) and self.knows(account, visitor))

    def knows(self, account: Account, visitor: Visitor) -> bool:
        """Whether the person signed in by this browser not long ago."""
        secret, since = visitor.browser, self.at(days=-BROWSER_DAYS)
        return bool(secret) and self.rows.knows_browser(account.id, digest(secret), since)

    def is_unvouched(self, account: Account) -> bool:
        """Whether the provider of a person has said nothing of them for so long that their tokens are not good."""
        if account.subject is None:
            return False
        vouched = from_rfc3339(account.provider_at or account.created_at)
        return self.now() - vouched > timedelta(days=self.settings.provider_token_days)

    def is_forgotten(self, account: Account) -> bool:
        """Whether nobody used the account for so long that it is to be closed."""
        return self.now() - from_rfc3339(account.seen_at or account.created_at) > timedelta(days=IDLE_DAYS)

    # ------------------------------------------------------------ changes

    def sweep(self) -> int:
        """Forget sessions that are over, and sign-ins at the provider that nobody finished; how many sessions."""
        self.rows.sweep_browsers(self.at(days=-BROWSER_DAYS))
        return self.sessions.sweep(self.at(), self.at(hours=-1))

    def count_failure(self, connection: Transaction, account: Account, visitor: Visitor) -> bool:
        """One more wrong try; the last one that is allowed locks the account for who would sign in by password.

        A known browser has tries of its own, so that a stranger's do not shut its person out; its last one locks the
        account too, and the browser is known no more.

        Returns:
            Whether it was the last one.
        """
        secret = digest(visitor.browser) if visitor.browser else ""
        tried = self.rows.count_browser_failure(connection, account.id, secret) if secret else 0
        if tried >= MAX_FAILURES:
            self.rows.forget_browsers(connection, account.id, secret)
        elif tried or self.is_locked(account) or self.rows.count_failure(connection, account.id) < MAX_FAILURES:
            return False
        if not self.is_locked(account):
            self.lock(connection, account, why=TRIES, until=rfc3339(self.now() + LOCKED), visitor=visitor)
        return True

    def lock(
        self,
        connection: Transaction,
        account: Account,
        *,
        why: str,
        until: str = "",
        by: str | None = None,
        visitor: Visitor | None = None,
    ) -> None:
        """Lock an account; unless it is for wrong tries, which anybody can make, its sessions end."""
        self.rows.change(connection, account.id, status=IS_LOCKED, locked_why=why, locked_until=until, failures=0)
        if why != TRIES:
            self.sessions.end_all(connection, account.id)
            self.rows.forget_browsers(connection, account.id)
        detail = {"why": why} | ({"until": until} if until else {})
        self.tell(connection, EventType.ACCOUNT_LOCK, account, by=by, detail=detail, visitor=visitor)

    def tell(  # noqa: PLR0913 - all of an event
        self,
        connection: Transaction,
        kind: EventType,
        account: Account | None,
        *,
        by: str | None = None,
        outcome: EventOutcome = EventOutcome.SUCCESS,
        detail: dict[str, str] | None = None,
        visitor: Visitor | None = None,
    ) -> None:
        """Record what was done about an account, in the transaction that does it.

        Args:
            connection: The transaction.
            kind: What.
            account: None: nobody's; what was typed as login may be a password and is not kept.
            by: Login of who did it; None: the person's own doing, or the program's where there is no account.
            outcome: How it ended.
            detail: Identifiers and reasons.
            visitor: From where.
        """
        said = dict(detail or {})
        if account is not None:
            said["login"] = account.login
        if visitor is not None and visitor.address:
            said["address"] = visitor.address
        doer = by or (account.login if account is not None and outcome is EventOutcome.SUCCESS else "")
        more = {"agent": f"person:{doer}"} if doer else {}
        subject = account.id if account is not None else "sign-in"
        self.trail.record(self.trail.event(kind, subject, outcome=outcome, detail=said, **more), connection)
