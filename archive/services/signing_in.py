"""Signing in and out: password, second factor, recovery code, provider.

Nobody who fails learns whether the account exists, is locked or has another password: the answer is the same, and so
is the work done for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from archive.auth import totp
from archive.auth.credentials import digest, new_session, recovery_code
from archive.auth.errors import FactorRefusedError, SignInRefusedError
from archive.auth.passwords import Passwords, is_due
from archive.auth.people import Grant, Role
from archive.auth.sealing import Seal
from archive.catalogue.database import Transaction
from archive.catalogue.people import ACTIVE, Account
from archive.catalogue.sessions import Session
from archive.services.accounts import Accounts, Visitor, login_of, rights_of
from metadata.events import EventOutcome, EventType
from metadata.time import from_rfc3339

FACTOR, CHANGE, ENROL, WHOLE = "second-factor", "change-password", "enrol", "whole"
"""How far a session is: the person still owes a second factor, a new password, the setting up of one, or nothing."""

PASSWORD, PROVIDER, PROVIDER_FACTOR = "password", "provider", "provider+factor"
"""How a session began; a provider may have asked for a second factor itself."""

OWING_MINUTES = 15
"""How long a session lives that is not whole yet."""

_MOST_AGENT = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """A session as its browser gets to know it."""

    secret: str
    stage: str
    browser: str = ""
    """A secret by which the browser will be known; empty: it has one, or the person is not in yet."""


class SigningIn:
    """Lets people in."""

    def __init__(self, accounts: Accounts, passwords: Passwords, seal: Seal) -> None:
        self._accounts = accounts
        self._rows = accounts.rows
        self._passwords = passwords
        self._seal = seal

    # ------------------------------------------------------------ the ways in

    def by_password(self, login: str, password: str, visitor: Visitor) -> Opened:
        """Open a session for who knows the password; it may still owe something (`Opened.stage`).

        Raises:
            SignInRefusedError: not let in, for whatever reason.
        """
        account = self._usable(self._rows.by_login(login_of(login)), visitor)
        kept = account.password if account is not None else ""
        if not self._passwords.matches(kept or None, password) or account is None:
            self._failed(self._rows.by_login(login_of(login)), visitor, "password")
            raise SignInRefusedError
        again = self._passwords.hashed(password) if self._passwords.is_outdated(kept) else None
        with self._accounts.trail.transaction() as connection:
            # Other tries may have locked it while this one was computed.
            account = self._rows.by_id(account.id, connection)
            if self._accounts.may_try(account, visitor) and account.password == kept:
                if again is not None:
                    self._rows.change(connection, account.id, password=again)
                return self._open(connection, account, visitor)
        raise SignInRefusedError

    def by_factor(self, session: Session, code: str, visitor: Visitor) -> Opened:
        """Go on with a code of the second factor.

        Raises:
            FactorRefusedError: wrong, used before, or the account was locked.
        """
        account = self._owing(session)
        secret = self._seal.opened(account.factor, purpose(account))
        step = totp.matching_step(secret, code, now=self._accounts.now().timestamp(), used=account.factor_step)
        if step is not None:
            with self._accounts.trail.transaction() as connection:
                account = self._rows.by_id(account.id, connection)
                if self._accounts.may_try(account, visitor) and self._rows.use_step(connection, account.id, step):
                    return self._on(connection, session, account, visitor, "factor")
        self._failed(account, visitor, "factor")
        raise FactorRefusedError

    def by_recovery_code(self, session: Session, written: str, visitor: Visitor) -> Opened:
        """Go on with a recovery code, which is used up by it.

        Raises:
            FactorRefusedError: wrong, used before, or the account was locked.
        """
        account = self._owing(session)
        with self._accounts.trail.transaction() as connection:
            account = self._rows.by_id(account.id, connection)
            kept = digest(recovery_code(written))
            if self._accounts.may_try(account, visitor) and self._rows.use_code(
                connection, account.id, kept, self._accounts.at()
            ):
                return self._on(connection, session, account, visitor, "recovery-code")
        self._failed(account, visitor, "recovery-code")
        raise FactorRefusedError

    def by_provider(self, account: Account, visitor: Visitor, *, factor: bool, **provider: str) -> Opened:
        """Open a session for whom the provider vouches.

        Args:
            account: Of the person.
            visitor: From where.
            factor: Whether the provider asked for a second factor.
            provider: `provider_session` and `provider_token` of the session.

        Raises:
            SignInRefusedError: the account is locked.
        """
        found = self._usable(account)
        if found is None:
            self._refused(account, visitor, "provider")
            raise SignInRefusedError
        with self._accounts.trail.transaction() as connection:
            way = PROVIDER_FACTOR if factor else PROVIDER
            if account.subject is not None:
                self._rows.change(connection, account.id, provider_at=self._accounts.at())
            return self._open(connection, found, visitor, way=way, **provider)

    # ------------------------------------------------------------ going on, going out

    def advance(self, session: Session, visitor: Visitor) -> Opened:
        """Look again what the session owes, after the person has done something about it; its secret changes."""
        with self._accounts.trail.transaction() as connection:
            account = self._rows.by_id(session.person_id, connection)
            return self._on(connection, session, account, visitor, "")

    def out(self, session: Session, visitor: Visitor) -> None:
        """End a session."""
        with self._accounts.trail.transaction() as connection:
            account = self._rows.by_id(session.person_id, connection)
            if self._accounts.sessions.end(connection, session.id, account.id):
                self._accounts.tell(connection, EventType.SIGN_OUT, account, visitor=visitor)

    # ------------------------------------------------------------ parts

    def _usable(self, account: Account | None, guessing: Visitor | None = None) -> Account | None:
        """The account, if anybody may sign in to it; one that was forgotten is closed by the way.

        Args:
            account: Whose.
            guessing: From where somebody tries a password; None: a provider vouches, there is nothing to guess.
        """
        if account is None or self._accounts.is_closed(account):
            return None
        if guessing is not None and not self._accounts.may_try(account, guessing):
            return None
        if self._accounts.is_forgotten(account):
            with self._accounts.trail.transaction() as connection:
                self._accounts.lock(connection, account, why="idle")
            return None
        return account

    def _owing(self, session: Session) -> Account:
        if session.stage != FACTOR:
            raise FactorRefusedError
        return self._rows.by_id(session.person_id)

    def _failed(self, account: Account | None, visitor: Visitor, what: str) -> None:
        """As much is written for who does not exist as for who does, so that time does not tell."""
        self._refused(
            account, visitor, what, guessed=account is not None and (what != "password" or bool(account.password))
        )

    def _refused(self, account: Account | None, visitor: Visitor, what: str, *, guessed: bool = False) -> None:
        with self._accounts.trail.transaction() as connection:
            self._accounts.tell(
                connection,
                EventType.SIGN_IN,
                account,
                outcome=EventOutcome.REJECTED,
                detail={"way": what},
                visitor=visitor,
            )
            if account is not None and guessed:
                self._accounts.count_failure(connection, account, visitor)

    def _open(
        self,
        connection: Transaction,
        account: Account,
        visitor: Visitor,
        *,
        way: str = PASSWORD,
        **provider: str,
    ) -> Opened:
        secret = new_session()
        stage = self._stage(account, way, passed=False)
        self._accounts.sessions.add(
            connection,
            secret=digest(secret),
            person_id=account.id,
            stage=stage,
            way=way,
            rights=rights_of(self._accounts.grants(account)),
            created_at=self._accounts.at(),
            seen_at=self._accounts.at(),
            ends_at=self._ends(stage),
            address=visitor.address,
            agent=visitor.agent[:_MOST_AGENT],
            **provider,
        )
        if stage != FACTOR:
            self._entered(connection, account, visitor, way)
        return Opened(secret, stage, self._known(connection, account, visitor, way, stage))

    def _on(self, connection: Transaction, session: Session, account: Account, visitor: Visitor, what: str) -> Opened:
        secret = new_session()
        stage = self._stage(account, session.way, passed=True)
        there = self._accounts.sessions.change(
            connection,
            session.id,
            secret=digest(secret),
            before="",
            stage=stage,
            rights=rights_of(self._accounts.grants(account)),
            seen_at=self._accounts.at(),
            # Who is whole already gains no time by changing a password.
            ends_at=session.ends_at if session.stage == WHOLE else self._ends(stage),
        )
        if not there:
            raise SignInRefusedError
        if what:
            self._entered(connection, account, visitor, f"{session.way}+{what}")
        return Opened(secret, stage, self._known(connection, account, visitor, session.way, stage))

    def _entered(self, connection: Transaction, account: Account, visitor: Visitor, way: str) -> None:
        columns = {"status": ACTIVE, "locked_why": "", "locked_until": "", "failures": 0}
        if self._accounts.is_locked(account):
            # In by a known browser or a provider: for everybody else it stays locked.
            columns = {}
        self._rows.change(connection, account.id, seen_at=self._accounts.at(), **columns)
        self._accounts.tell(connection, EventType.SIGN_IN, account, detail={"way": way}, visitor=visitor)

    def _known(self, connection: Transaction, account: Account, visitor: Visitor, way: str, stage: str) -> str:
        """Know the browser of who is in by password from now on; the new secret that it is given for that."""
        if way != PASSWORD or stage != WHOLE:
            return ""
        fresh = "" if self._accounts.knows(account, visitor) else new_session()
        self._rows.know_browser(connection, account.id, digest(fresh or visitor.browser), self._accounts.at())
        return fresh

    def _stage(self, account: Account, way: str, *, passed: bool) -> str:
        grants = self._accounts.grants(account)
        vouched = way == PROVIDER_FACTOR
        if account.has_factor and not (passed or vouched):
            return FACTOR
        if way == PASSWORD and (account.must_change or self._is_old(account, grants)):
            return CHANGE
        if self._accounts.needs_factor(grants) and not (account.has_factor or vouched):
            return ENROL
        return WHOLE

    def _is_old(self, account: Account, grants: tuple[Grant, ...]) -> bool:
        administers = any(grant.role is Role.ADMINISTRATOR for grant in grants)
        return administers and is_due(from_rfc3339(account.password_at), self._accounts.now())

    def _ends(self, stage: str) -> str:
        if stage == WHOLE:
            return self._accounts.at(hours=self._accounts.settings.session_hours)
        return self._accounts.at(minutes=OWING_MINUTES)


def purpose(account: Account) -> str:
    """For what the secret of a second factor is sealed."""
    return f"factor:{account.id}"
