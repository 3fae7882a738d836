"""Whose a session or a token is: asked by every request, so one query more is one too many."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from archive.auth.credentials import digest, is_session, is_token, new_session
from archive.auth.people import Grant, Person
from archive.catalogue.people import Account
from archive.catalogue.sessions import Session, Token
from archive.services.accounts import Accounts, Visitor, rights_of
from archive.services.signing_in import ENROL, OWING_MINUTES, PROVIDER_FACTOR, WHOLE
from metadata.errors import NotFoundError
from metadata.events import EventOutcome, EventType
from metadata.time import from_rfc3339, rfc3339

_SEEN = timedelta(seconds=20)
"""How exactly it is known when a session was last used."""

_USED = timedelta(minutes=1)
_GRACE = timedelta(seconds=60)
"""How long the secret before a rotation is good: for requests that were under way."""

_ROTATED = ("rights", "seen_at", "stage", "ends_at", "secret", "before", "before_until")
"""Columns of a session that change with the rights of its person."""

_ONE_MISUSE = timedelta(minutes=10)
_MOST_MISUSES = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """Who asks."""

    person: Person
    session: Session | None = None
    """None: a token."""

    token: Token | None = None
    """By which a program asks; None: a browser does."""

    fresh: str = ""
    """A new secret that the browser has to be given: the person's rights have changed."""

    @property
    def whole(self) -> bool:
        """Whether nothing is owed: second factor, new password."""
        return self.session is None or self.session.stage == WHOLE


class Identifying:
    """Knows people by what their browser or program sends. May be called from many threads."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._misused: OrderedDict[str, datetime] = OrderedDict()
        self._lock = threading.Lock()

    def by_session(self, secret: str, *, quiet: bool = False) -> Known | None:
        """The person of a session's secret; None: there is no such session, or it is over.

        Args:
            secret: As the cookie brought it.
            quiet: The page asked by itself, which is no sign that anybody is there.
        """
        if not is_session(secret):
            return None
        now = self._accounts.now()
        session = self._accounts.sessions.by_secret(digest(secret), rfc3339(now))
        if session is None:
            return None
        account = self._account(session.person_id)
        if account is None:
            return None
        person = self._accounts.person(account, "session")
        if self._is_over(session, person.grants, now):
            with self._accounts.trail.transaction() as connection:
                self._accounts.sessions.end(connection, session.id, account.id)
                self._accounts.tell(connection, EventType.SIGN_OUT, account, detail={"why": "over"})
            return None
        fresh = ""
        if session.stage == WHOLE and session.rights != rights_of(person.grants):
            session, fresh = self._rotated(session, account, person.grants, now)
        if not fresh and not quiet and now - from_rfc3339(session.seen_at) > _SEEN:
            self._accounts.sessions.seen(session.id, rfc3339(now))
        return Known(person, session, fresh=fresh)

    def by_token(self, token: str, visitor: Visitor) -> Known | None:
        """The person of an API token, narrowed to its scopes; None: there is no such token, or it is good no more."""
        if not is_token(token):
            return None
        found = self._accounts.sessions.token(digest(token))
        if found is None:
            return None
        now = self._accounts.now()
        account = self._account(found.person_id)
        if account is None or not self._accounts.is_good(account, found):
            self._tell_misuse(found, visitor, now)
            return None
        if not found.used_at or now - from_rfc3339(found.used_at) > _USED:
            self._accounts.sessions.used(found, rfc3339(now))
        return Known(self._accounts.holder(account, found), token=found)

    def again(self, known: Known) -> Person | None:
        """The person of a request that goes on for long, as of now; None: the session or token is over.

        Nothing changes by asking: the answer has gone out, and the browser can be given no new secret.
        """
        account = self._account(known.person.id)
        if account is None:
            return None
        if known.token is not None:
            token = self._accounts.sessions.token(known.token.secret)
            good = token is not None and self._accounts.is_good(account, token)
            return self._accounts.holder(account, token) if token is not None and good else None
        session = self._accounts.sessions.by_id(known.session.id) if known.session is not None else None
        person = self._accounts.person(account, "session")
        if session is None or session.stage != WHOLE or self._is_over(session, person.grants, self._accounts.now()):
            return None
        return person

    def _account(self, person_id: str) -> Account | None:
        try:
            account = self._accounts.rows.by_id(person_id)
        except NotFoundError:
            return None
        return None if self._accounts.is_closed(account) else account

    def _is_over(self, session: Session, grants: tuple[Grant, ...], now: datetime) -> bool:
        idle = now - from_rfc3339(session.seen_at)
        return from_rfc3339(session.ends_at) <= now or (session.stage == WHOLE and idle > self._accounts.idle(grants))

    def _rotated(
        self, session: Session, account: Account, grants: tuple[Grant, ...], now: datetime
    ) -> tuple[Session, str]:
        """The session under a new secret; whose new rights ask for a second factor owes one from now on."""
        fresh = new_session()
        owes = self._accounts.needs_factor(grants) and not account.has_factor and session.way != PROVIDER_FACTOR
        changed = replace(
            session,
            rights=rights_of(grants),
            seen_at=rfc3339(now),
            stage=ENROL if owes else WHOLE,
            ends_at=min(session.ends_at, self._accounts.at(minutes=OWING_MINUTES)) if owes else session.ends_at,
            secret=digest(fresh),
            before=session.secret,
            before_until=rfc3339(now + _GRACE),
        )
        columns = {name: getattr(changed, name) for name in _ROTATED}
        with self._accounts.trail.transaction() as connection:
            # Of requests that come at the same time one gets the new secret; the others go on with the old one.
            done = self._accounts.sessions.replace(connection, session, **columns)
        return changed, fresh if done else ""

    def _tell_misuse(self, token: Token, visitor: Visitor, now: datetime) -> None:
        with self._lock:
            before = self._misused.get(token.id)
            if before is not None and now - before < _ONE_MISUSE:
                return
            self._misused[token.id] = now
            while len(self._misused) > _MOST_MISUSES:
                self._misused.popitem(last=False)
        account = self._accounts.rows.by_id(token.person_id)
        with self._accounts.trail.transaction() as connection:
            self._accounts.tell(
                connection,
                EventType.TOKEN_MISUSE,
                account,
                outcome=EventOutcome.REJECTED,
                detail={
                    "token": token.id,
                    "why": "revoked" if token.revoked_at else "locked, unused for long, not vouched for, or expired",
                },
                visitor=visitor,
            )
