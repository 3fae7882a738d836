"""Accounts: made, locked, unlocked and reset by administrators; tokens and sessions of people."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from archive.auth.credentials import digest, new_password, new_token
from archive.auth.errors import LoginTakenError
from archive.auth.passwords import Passwords
from archive.auth.people import EVERYWHERE, Grant
from archive.auth.policy import SCOPES
from archive.catalogue.database import Transaction
from archive.catalogue.people import ACTIVE, Account, written_of
from archive.catalogue.rights import RESET, RightsRows
from archive.catalogue.sessions import Session, Token
from archive.services.accounts import Accounts, login_of
from archive.services.own_account import drop_factor, set_password
from metadata.errors import NotFoundError, UsageError
from metadata.events import EventType

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}[a-z0-9]")
_MOST_NAME = 200
_HINT_LETTERS = 12
_MOST_TOKENS = 50


@dataclass(frozen=True, slots=True)
class Made:
    """An account with a password that is told once."""

    account: Account
    password: str


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token that is told once."""

    token: Token
    secret: str


class People:
    """What is done to accounts. `by` is always the login of who does it."""

    def __init__(self, accounts: Accounts, passwords: Passwords, changes: RightsRows) -> None:
        self.accounts = accounts
        self._changes = changes
        self._rows = accounts.rows
        self._passwords = passwords

    # ------------------------------------------------------------ finding

    def account(self, login: str) -> Account:
        """The account of that login.

        Raises:
            NotFoundError: there is none.
        """
        found = self._rows.by_login(login_of(login))
        if found is None:
            raise NotFoundError(login)
        return found

    def listed(self, limit: int, after: str = "") -> list[Account]:
        """Accounts by login."""
        return self._rows.page(limit, after)

    def several(self, logins: Sequence[str]) -> list[Account]:
        """Those of some logins that are there, by login."""
        return self._rows.several(logins)

    def told(self, account: Account) -> dict[str, Any]:
        """What is told of an account: nothing of its secrets."""
        return self.told_each([account])[0]

    def told_each(self, accounts: Sequence[Account]) -> list[dict[str, Any]]:
        """The same of several accounts, in their order."""
        granted = self.accounts.grants_each(accounts)
        return [self._told(account, granted[account.id]) for account in accounts]

    def _told(self, account: Account, grants: tuple[Grant, ...]) -> dict[str, Any]:
        locked = account.locked_why if self.accounts.is_locked(account) else ""
        # Closed at the next try to sign in; told already.
        locked = locked or ("idle" if self.accounts.is_forgotten(account) else "")
        return {
            "id": account.id,
            "login": account.login,
            "name": account.name,
            "status": "locked" if locked else ACTIVE,
            "locked_why": locked,
            "locked_until": account.locked_until,
            "second_factor": account.has_factor,
            "second_factor_due": self.accounts.needs_factor(grants)
            and not account.has_factor
            and bool(account.password),
            "must_change_password": account.must_change,
            "provider": account.subject is not None,
            "seen_at": account.seen_at,
            "created_at": account.created_at,
            "grants": grants_told(grants),
        }

    # ------------------------------------------------------------ by administrators

    def add(self, login: str, name: str, *, by: str, given: Sequence[Grant] = ()) -> Made:
        """A new account with a password for the first sign-in, which must be changed there.

        Raises:
            UsageError: no login that can be kept.
            LoginTakenError: somebody has it.
        """
        with self.accounts.trail.transaction() as connection:
            return self._add(connection, login, name, by=by, given=given)

    def first(self, *, by: str, entitle: Callable[[Transaction, str], None]) -> Made | None:
        """The first administrator (`admin`), where there is nobody yet; None: there is somebody.

        Args:
            by: By whom.
            entitle: Gives the account its grants, in the same transaction.
        """
        with self.accounts.trail.transaction() as connection:
            # Asked inside the transaction, which lets one writer in: two calls at once make one administrator.
            if self._rows.count(connection):
                return None
            made = self._add(connection, "admin", "Quản trị", by=by, given=())
            entitle(connection, made.account.id)
            return made

    def _add(self, connection: Transaction, login: str, name: str, *, by: str, given: Sequence[Grant]) -> Made:
        kept = login_of(login)
        if not _LOGIN.fullmatch(kept):
            raise UsageError("login: 2 to 64 of a-z 0-9 . _ @ -, beginning and ending with a letter or digit")
        if self._rows.by_login(kept, connection) is not None:
            raise LoginTakenError(kept)
        password = new_password()
        person_id = self._rows.add(
            connection,
            login=kept,
            name=printable(name)[:_MOST_NAME] or kept,
            at=self.accounts.at(),
            given=given,
            password=self._passwords.hashed(password),
            password_at=self.accounts.at(),
            must_change=1,
        )
        account = self._rows.by_id(person_id, connection)
        self.accounts.tell(connection, EventType.ACCOUNT_CHANGE, account, by=by, detail={"what": "made"})
        return Made(account, password)

    def lock(self, login: str, *, by: str) -> Account:
        """Lock an account until an administrator unlocks it; its sessions end, its tokens are refused."""
        account = self.account(login)
        with self.accounts.trail.transaction() as connection:
            self.accounts.lock(connection, account, why="administrator", by=by)
        return self.account(login)

    def unlock(self, login: str, *, by: str) -> Account:
        """Let somebody in again."""
        account = self.account(login)
        with self.accounts.trail.transaction() as connection:
            columns = {"status": ACTIVE, "locked_why": "", "locked_until": "", "failures": 0}
            # Who was forgotten is not forgotten again at once.
            self._rows.change(connection, account.id, seen_at=self.accounts.at(), **columns)
            self.accounts.tell(connection, EventType.ACCOUNT_UNLOCK, account, by=by)
        return self.account(login)

    def reset(self, login: str, *, by: str, factor: bool = False) -> Made:
        """A new password, to be changed at the next sign-in; sessions end, API tokens are revoked.

        It alarms until a second person confirms it; until then its person confirms nothing.

        Args:
            login: Of whom.
            by: By whom.
            factor: Take the second factor away too: the person has lost it and the recovery codes.

        Raises:
            UsageError: the person comes from a provider and has no password here.
        """
        account = self.account(login)
        if not account.password:
            raise UsageError("this person signs in at the provider and has no password here")
        password = new_password()
        kept = self._passwords.hashed(password)
        with self.accounts.trail.transaction() as connection:
            set_password(self.accounts, connection, account, kept, must_change=True)
            self.accounts.sessions.end_all(connection, account.id)
            self._rows.forget_browsers(connection, account.id)
            # Whoever may have had the password may have made tokens with it.
            self.accounts.sessions.revoke(connection, account.id, self.accounts.at())
            what = "password reset"
            if factor:
                drop_factor(self.accounts, connection, account)
                what = "password and second factor reset"
            self.accounts.tell(connection, EventType.ACCOUNT_CHANGE, account, by=by, detail={"what": what})
            # Whoever knows the new password can be that person.
            told = {"agency": EVERYWHERE, "what": what}
            subject, now = f"person/{account.login}", self.accounts.at()
            self._changes.alarm(connection, RESET, subject, told, by=by, at=now)
        return Made(self.account(login), password)

    # ------------------------------------------------------------ tokens

    def make_token(
        self, account: Account, name: str, *, by: str, days: int, scopes: Sequence[str] | None = None
    ) -> MadeToken:
        """A new API token of a person.

        Args:
            account: Whose.
            name: What for, in the words of who makes it.
            by: By whom.
            days: How long it is good; at most as the settings allow.
            scopes: What it is narrowed to (`archive.auth.policy.SCOPES`); None: all that the person may.

        Raises:
            UsageError: see `judge_token`.
        """
        said = self.judge_token(account, name, days=days, scopes=scopes)
        secret = new_token()
        with self.accounts.trail.transaction() as connection:
            token_id = self.accounts.sessions.add_token(
                connection,
                secret=digest(secret),
                person_id=account.id,
                name=said,
                hint=secret[:_HINT_LETTERS],
                scopes=None if scopes is None else sorted(set(scopes)),
                created_at=self.accounts.at(),
                expires_at=self.accounts.at(days=days),
                grants=written_of(self.accounts.grants(account)),
            )
            detail = {
                "what": "made",
                "token": token_id,
                "scopes": "all" if scopes is None else " ".join(sorted(scopes)),
            }
            self.accounts.tell(connection, EventType.TOKEN_CHANGE, account, by=by, detail=detail)
        made = self.accounts.sessions.token(digest(secret))
        if made is None:
            raise NotFoundError(token_id)
        return MadeToken(made, secret)

    def judge_token(self, account: Account, name: str, *, days: int, scopes: Sequence[str] | None) -> str:
        """The name of a token that may be made.

        Raises:
            UsageError: too long, an unknown scope, no name, or too many tokens.
        """
        most = self.accounts.settings.token_days
        if not 1 <= days <= most:
            msg = f"days: 1 to {most}"
            raise UsageError(msg)
        unknown = sorted(set(scopes or ()) - set(SCOPES))
        if unknown or scopes == []:
            msg = f"scopes: {', '.join(unknown) or 'none'}; known: {', '.join(SCOPES)}"
            raise UsageError(msg)
        said = printable(name)[:_MOST_NAME]
        if not said:
            raise UsageError("name: what the token is for")
        good = [one for one in self.accounts.sessions.tokens_of(account.id) if self.is_good(account, one)]
        if len(good) >= _MOST_TOKENS:
            msg = f"{_MOST_TOKENS} tokens are good already; revoke some"
            raise UsageError(msg)
        return said

    def is_good(self, account: Account, token: Token) -> bool:
        """See `Accounts.is_good`."""
        return self.accounts.is_good(account, token)

    def tokens(self, account: Account) -> list[Token]:
        """Tokens of a person, the newest first."""
        return self.accounts.sessions.tokens_of(account.id)

    def revoke_token(self, account: Account, token_id: str, *, by: str) -> None:
        """Revoke one token of a person; again: nothing more happens.

        Raises:
            NotFoundError: the person has no such token.
        """
        if all(token.id != token_id for token in self.tokens(account)):
            raise NotFoundError(token_id)
        with self.accounts.trail.transaction() as connection:
            if self.accounts.sessions.revoke(connection, account.id, self.accounts.at(), token_id):
                detail = {"what": "revoked", "token": token_id}
                self.accounts.tell(connection, EventType.TOKEN_CHANGE, account, by=by, detail=detail)

    # ------------------------------------------------------------ sessions

    def sessions(self, account: Account) -> list[Session]:
        """Sessions of a person that have not ended, the last used first."""
        at = self.accounts.at()
        return [one for one in self.accounts.sessions.of_person(account.id) if one.ends_at > at]

    def end_session(self, account: Account, session_id: str, *, by: str) -> None:
        """End one session of a person.

        Raises:
            NotFoundError: the person has no such session.
        """
        with self.accounts.trail.transaction() as connection:
            done = self.accounts.sessions.end(connection, session_id, account.id)
            if done:
                self.accounts.tell(connection, EventType.SIGN_OUT, account, by=by, detail={"why": "ended"})
        if not done:
            raise NotFoundError(session_id)

    def end_sessions(self, account: Account, *, by: str, but: str = "") -> int:
        """End the sessions of a person, but for one; how many."""
        with self.accounts.trail.transaction() as connection:
            ended = self.accounts.sessions.end_all(connection, account.id, but=but)
            detail = {"why": "ended", "sessions": str(ended)}
            self.accounts.tell(connection, EventType.SIGN_OUT, account, by=by, detail=detail)
        return ended


def grants_told(grants: Sequence[Grant]) -> list[dict[str, str]]:
    """Grants as programs are told them."""
    return [{"role": grant.role.value, "agency": grant.agency, "up_to": grant.reads_up_to.value} for grant in grants]


def printable(text: str) -> str:
    """Without signs that nobody sees and no database has to understand."""
    return "".join(letter for letter in text if letter.isprintable()).strip()
