"""What people do about their own accounts: change the password, set up and take away the second factor."""

from __future__ import annotations

from datetime import timedelta

from archive.auth import totp
from archive.auth.credentials import digest, new_recovery_code
from archive.auth.errors import FactorDueError, FactorRefusedError, SignInRefusedError, WeakPasswordError
from archive.auth.passwords import HISTORY, Passwords, broken_rules
from archive.auth.sealing import Seal
from archive.catalogue.database import Transaction
from archive.catalogue.people import Account
from archive.catalogue.sessions import Session
from archive.services.accounts import Accounts, Visitor
from archive.services.signing_in import PROVIDER_FACTOR, purpose
from metadata.events import EventOutcome, EventType
from metadata.time import from_rfc3339

RECOVERY_CODES = 10
_FRESH = timedelta(minutes=10)
"""How long a second factor that the provider asked for counts as just shown."""


def set_password(
    accounts: Accounts, connection: Transaction, account: Account, kept: str, *, must_change: bool
) -> None:
    """Put a password into force; the one before is remembered, so that it does not come again."""
    if account.password:
        accounts.rows.remember_password(connection, account.id, account.password, HISTORY - 1)
    at = accounts.at()
    accounts.rows.change(connection, account.id, password=kept, password_at=at, must_change=int(must_change))


def drop_factor(accounts: Accounts, connection: Transaction, account: Account) -> None:
    """Take the second factor and its recovery codes away."""
    accounts.rows.change(connection, account.id, factor="", factor_at="", factor_step=0)
    accounts.rows.give_codes(connection, account.id, ())


class OwnAccount:
    """Acts for the person of a session."""

    def __init__(self, accounts: Accounts, passwords: Passwords, seal: Seal) -> None:
        self._accounts = accounts
        self._rows = accounts.rows
        self._passwords = passwords
        self._seal = seal

    # ------------------------------------------------------------ one's own password

    def change_password(self, session: Session, old: str, new: str, visitor: Visitor) -> None:
        """Set a new password; all other sessions end.

        Raises:
            SignInRefusedError: the old one is wrong, which counts as a wrong try.
            WeakPasswordError: the new one breaks rules, all of which are named.
        """
        account = self._rows.by_id(session.person_id)
        fits = self._passwords.matches(account.password or None, old)
        if not fits or not self._accounts.may_try(account, visitor):
            self._failed(session, account, visitor, "password")
            raise SignInRefusedError
        broken = broken_rules(new, account.login) or self._known_before(account, new)
        if broken:
            raise WeakPasswordError(broken)
        kept = self._passwords.hashed(new)
        with self._accounts.trail.transaction() as connection:
            set_password(self._accounts, connection, account, kept, must_change=False)
            self._accounts.sessions.end_all(connection, account.id, but=session.id)
            detail = {"what": "password changed"}
            self._accounts.tell(connection, EventType.ACCOUNT_CHANGE, account, detail=detail, visitor=visitor)

    def _known_before(self, account: Account, new: str) -> list[str]:
        before = [account.password, *self._rows.passwords_before(account.id, HISTORY - 1)]
        return ["before"] if any(self._passwords.matches(kept, new) for kept in before) else []

    def _failed(self, session: Session, account: Account, visitor: Visitor, what: str) -> None:
        """Whoever guesses within a session loses it with the last try: nobody else can have made those."""
        with self._accounts.trail.transaction() as connection:
            self._accounts.tell(
                connection,
                EventType.ACCOUNT_CHANGE,
                account,
                outcome=EventOutcome.REJECTED,
                detail={"what": what},
                visitor=visitor,
            )
            if self._accounts.count_failure(connection, account, visitor):
                self._accounts.sessions.end(connection, session.id, account.id)

    # ------------------------------------------------------------ one's own second factor

    def show_factor(self, session: Session, code: str, visitor: Visitor) -> None:
        """Go on only for who shows the second factor now, where they have one or must have one.

        Args:
            session: Of the person.
            code: Of the second factor; nothing where the provider asked for one a few minutes ago.
            visitor: From where.

        Raises:
            FactorDueError: a second factor has to be set up first, or the provider has to ask for it again.
            FactorRefusedError: the code is wrong or was used before.
        """
        account = self._rows.by_id(session.person_id)
        if account.has_factor:
            self._with_factor(session, account, code, visitor)
        elif session.way == PROVIDER_FACTOR:
            if self._accounts.now() - from_rfc3339(session.created_at) > _FRESH:
                raise FactorDueError("sign in at the provider again")
        elif self._accounts.needs_factor(self._accounts.grants(account)):
            raise FactorDueError("set up a second factor first")

    def waiting_factor(self, session: Session) -> tuple[str, str]:
        """The secret of the second factor that is being set up, and its address for applications."""
        account = self._rows.by_id(session.person_id)
        if session.waiting_factor:
            secret = self._seal.opened(session.waiting_factor, purpose(account))
        else:
            secret = totp.new_secret()
            with self._accounts.trail.transaction() as connection:
                sealed = self._seal.closed(secret, purpose(account))
                self._accounts.sessions.change(connection, session.id, waiting_factor=sealed)
        return secret, totp.address(secret, login=account.login, issuer="Lưu Trữ")

    def confirm_factor(self, session: Session, code: str, visitor: Visitor) -> list[str]:
        """Put the second factor that was being set up into force; its recovery codes, told once.

        Raises:
            FactorRefusedError: nothing was being set up, or the code is not of it.
        """
        account = self._rows.by_id(session.person_id)
        if not session.waiting_factor or account.has_factor:
            raise FactorRefusedError
        secret = self._seal.opened(session.waiting_factor, purpose(account))
        step = totp.matching_step(secret, code, now=self._accounts.now().timestamp(), used=0)
        if step is None:
            raise FactorRefusedError
        codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
        with self._accounts.trail.transaction() as connection:
            columns = {"factor": session.waiting_factor, "factor_at": self._accounts.at(), "factor_step": step}
            self._rows.change(connection, account.id, **columns)
            self._rows.give_codes(connection, account.id, map(digest, codes))
            self._accounts.sessions.change(connection, session.id, waiting_factor="")
            self._accounts.sessions.end_all(connection, account.id, but=session.id)
            detail = {"what": "second factor set up"}
            self._accounts.tell(connection, EventType.ACCOUNT_CHANGE, account, detail=detail, visitor=visitor)
        return codes

    def new_codes(self, session: Session, code: str, visitor: Visitor) -> list[str]:
        """Recovery codes in the place of the old ones, told once.

        Raises:
            FactorRefusedError: the code of the second factor is wrong or was used before.
        """
        account = self._rows.by_id(session.person_id)
        codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
        self._with_factor(session, account, code, visitor)
        with self._accounts.trail.transaction() as connection:
            self._rows.give_codes(connection, account.id, map(digest, codes))
            detail = {"what": "recovery codes made"}
            self._accounts.tell(connection, EventType.ACCOUNT_CHANGE, account, detail=detail, visitor=visitor)
        return codes

    def remove_factor(self, session: Session, code: str, visitor: Visitor) -> None:
        """Take one's own second factor away, in order to set up another one.

        Raises:
            FactorRefusedError: the code is wrong or was used before.
        """
        account = self._rows.by_id(session.person_id)
        self._with_factor(session, account, code, visitor)
        with self._accounts.trail.transaction() as connection:
            drop_factor(self._accounts, connection, account)
            self._accounts.sessions.end_all(connection, account.id, but=session.id)
            detail = {"what": "second factor removed"}
            self._accounts.tell(connection, EventType.ACCOUNT_CHANGE, account, detail=detail, visitor=visitor)

    def _with_factor(self, session: Session, account: Account, code: str, visitor: Visitor) -> None:
        step = None
        if account.has_factor and self._accounts.may_try(account, visitor):
            secret = self._seal.opened(account.factor, purpose(account))
            step = totp.matching_step(secret, code, now=self._accounts.now().timestamp(), used=account.factor_step)
        if step is not None:
            with self._accounts.trail.transaction() as connection:
                if self._rows.use_step(connection, account.id, step):
                    return
        self._failed(session, account, visitor, "factor")
        raise FactorRefusedError

    def codes_left(self, account: Account) -> int:
        """How many recovery codes are not used yet."""
        return self._rows.codes_left(account.id)
