"""API tokens that people make for themselves, at a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archive.catalogue.sessions import Session
from archive.services.accounts import Visitor
from archive.services.own_account import OwnAccount
from archive.services.people import MadeToken, People


@dataclass(frozen=True, slots=True)
class OwnTokens:
    """Makes tokens for the person of a session."""

    people: People
    own: OwnAccount

    def make(
        self, session: Session, name: str, *, days: int, scopes: Sequence[str] | None, code: str, visitor: Visitor
    ) -> MadeToken:
        """A new token for who shows the second factor now: it lives longer than any session.

        Args:
            session: Of the person.
            name: What for.
            days: How long it is good.
            scopes: What it is narrowed to; None: all that the person may today.
            code: Of the second factor; see `OwnAccount.show_factor`.
            visitor: From where.

        Raises:
            UsageError: see `People.judge_token`; no code is used up.
            FactorDueError, FactorRefusedError: see `OwnAccount.show_factor`.
        """
        account = self.people.accounts.rows.by_id(session.person_id)
        self.people.judge_token(account, name, days=days, scopes=scopes)
        self.own.show_factor(session, code, visitor)
        return self.people.make_token(account, name, by=account.login, days=days, scopes=scopes)
