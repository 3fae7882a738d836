"""Who there is, page by page: all accounts, or only those who hold a role within a scope."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from archive.auth.policy import Scope
from archive.catalogue.database import Database
from archive.catalogue.people import LOCKED
from archive.catalogue.tables import grants, people
from archive.catalogue.visibility import of_agencies


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is empty lets everybody through."""

    words: str = ""
    """Stand in the login or in the name."""

    role: str = ""
    locked: bool | None = None
    now: str = ""
    """The present instant, RFC 3339: a lock may have ended."""

    stale: str = ""
    """Who was not seen since then is closed at the next try to sign in."""


class Roster:
    """Queries of accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def logins(self, wanted: Wanted, limit: int, after: str = "", *, within: Scope | None = None) -> list[str]:
        """Logins in their order.

        Args:
            wanted: Which.
            limit: How many at most.
            after: The last one seen.
            within: Only who holds a role there that people granted; None: everybody.
        """
        query = sa.select(people.c.login).where(people.c.login > after, *_conditions(wanted))
        if within is not None:
            held = sa.select(grants.c.id).where(grants.c.person_id == people.c.id, of_agencies(within, grants.c.agency))
            query = query.where(held.exists())
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(people.c.login).limit(limit)).scalars())

    def count(self, wanted: Wanted) -> int:
        """How many accounts there are."""
        query = sa.select(sa.func.count()).select_from(people).where(*_conditions(wanted))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.words:
        # The catalogue of accounts is small: letters of Vietnamese are compared as they are typed, in either case.
        said = [wanted.words, wanted.words.lower(), wanted.words.title()]
        found.append(
            sa.or_(
                people.c.login.contains(wanted.words.casefold(), autoescape=True),
                *(people.c.name.contains(each, autoescape=True) for each in dict.fromkeys(said)),
            )
        )
    if wanted.role:
        granted = sa.select(grants.c.id).where(grants.c.person_id == people.c.id, grants.c.role == wanted.role)
        given = sa.cast(people.c.given, sa.Text).contains(f'"{wanted.role}"', autoescape=True)
        found.append(granted.exists() | given)
    if wanted.locked is not None:
        shut = (people.c.status == LOCKED) & ((people.c.locked_until == "") | (people.c.locked_until > wanted.now))
        seen = sa.case((people.c.seen_at == "", people.c.created_at), else_=people.c.seen_at)
        closed = shut | (seen < wanted.stale)
        found.append(closed if wanted.locked else sa.not_(closed))
    return found
