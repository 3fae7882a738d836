"""Accounts: who there is, what is kept of their passwords and second factors. Not a copy: storage does not hold it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from archive.auth.people import Grant, Label, Role
from archive.catalogue.database import Database
from archive.catalogue.tables import known_browsers, old_passwords, people, recovery_codes
from metadata.errors import NotFoundError

ACTIVE, LOCKED = "active", "locked"


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account."""

    id: str
    login: str
    name: str
    status: str
    """`active` or `locked`."""

    locked_why: str
    """`tries`, `administrator` or `idle`."""

    locked_until: str
    """RFC 3339; empty: until an administrator ends it."""

    failures: int
    password: str
    """argon2id; empty: none, the person comes from a provider."""

    password_at: str
    must_change: bool
    factor: str
    """Sealed secret of the second factor; empty: none."""

    factor_at: str
    factor_step: int
    """Last step of the second factor that was used."""

    subject: str | None
    """Issuer and subject at the provider."""

    given: tuple[Grant, ...]
    """What the provider's groups give, or the making of the home gave."""

    seen_at: str
    created_at: str
    provider_at: str
    """When the provider vouched last; empty: never."""

    @property
    def has_factor(self) -> bool:
        """Whether a second factor is set up."""
        return bool(self.factor)


class PeopleRows:
    """Entries and queries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, connection: sa.Connection) -> int:
        """How many accounts there are."""
        return int(connection.execute(sa.select(sa.func.count()).select_from(people)).scalar_one())

    def by_id(self, person_id: str, connection: sa.Connection | None = None) -> Account:
        """The account.

        Raises:
            NotFoundError: there is none.
        """
        found = self._one(people.c.id == person_id, connection)
        if found is None:
            raise NotFoundError(person_id)
        return found

    def by_login(self, login: str, connection: sa.Connection | None = None) -> Account | None:
        """The account of that login (in the spelling that is kept), or None."""
        return self._one(people.c.login == login, connection)

    def by_subject(self, subject: str, connection: sa.Connection | None = None) -> Account | None:
        """The account that a provider's person uses, or None."""
        return self._one(people.c.subject == subject, connection)

    def several(self, logins: Sequence[str]) -> list[Account]:
        """The accounts of some logins, by login."""
        query = sa.select(people).where(people.c.login.in_(logins)).order_by(people.c.login)
        with self._database.reading() as connection:
            return [_account(row) for row in connection.execute(query)]

    def page(self, limit: int, after: str = "") -> list[Account]:
        """Accounts by login."""
        query = sa.select(people).where(people.c.login > after).order_by(people.c.login).limit(limit)
        with self._database.reading() as connection:
            return [_account(row) for row in connection.execute(query)]

    def _one(self, condition: sa.ColumnElement[bool], connection: sa.Connection | None) -> Account | None:
        query = sa.select(people).where(condition)
        if connection is not None:
            row = connection.execute(query).first()
        else:
            with self._database.reading() as own:
                row = own.execute(query).first()
        return _account(row) if row is not None else None

    # ------------------------------------------------------------ browsers from which they signed in

    def knows_browser(self, person_id: str, secret: str, since: str) -> bool:
        """Whether the person signed in by the browser that holds the secret of this digest, at `since` or later."""
        query = sa.select(known_browsers.c.seen_at).where(
            _browser(person_id, secret), known_browsers.c.seen_at >= since
        )
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def know_browser(self, connection: sa.Connection, person_id: str, secret: str, at: str) -> None:
        """The person signed in by this browser; its wrong tries are forgiven."""
        known = known_browsers.update().where(_browser(person_id, secret)).values(seen_at=at, failures=0)
        if not connection.execute(known).rowcount:
            row = {"person_id": person_id, "secret": secret, "seen_at": at, "failures": 0}
            connection.execute(known_browsers.insert().values(**row))

    def count_browser_failure(self, connection: sa.Connection, person_id: str, secret: str) -> int:
        """One more wrong try by a browser that is known; how many there are, 0: it is not known any more."""
        query = known_browsers.update().where(_browser(person_id, secret))
        query = query.values(failures=known_browsers.c.failures + 1)
        return int(connection.execute(query.returning(known_browsers.c.failures)).scalar() or 0)

    def forget_browsers(self, connection: sa.Connection, person_id: str, secret: str | None = None) -> None:
        """Forget one browser of a person, or all."""
        own = known_browsers.c.person_id == person_id if secret is None else _browser(person_id, secret)
        connection.execute(known_browsers.delete().where(own))

    def sweep_browsers(self, stale: str) -> None:
        """Forget browsers by which nobody signed in since `stale`."""
        with self._database.transaction() as connection:
            connection.execute(known_browsers.delete().where(known_browsers.c.seen_at < stale))

    # ------------------------------------------------------------ changes, each in the caller's transaction

    def add(self, connection: sa.Connection, *, login: str, name: str, at: str, **more: Any) -> str:  # noqa: ANN401 - columns
        """A new account; its identifier.

        Raises:
            sqlalchemy.exc.IntegrityError: the login or subject is taken.
        """
        person_id = str(uuid4())
        given = more.pop("given", ())
        values = {"id": person_id, "login": login, "name": name, "status": ACTIVE, "created_at": at}
        connection.execute(people.insert().values(**values, given=written_of(given), **more))
        return person_id

    def change(self, connection: sa.Connection, person_id: str, **columns: Any) -> None:  # noqa: ANN401 - columns
        """Set columns of an account."""
        if "given" in columns:
            columns["given"] = written_of(columns["given"])
        connection.execute(people.update().where(people.c.id == person_id).values(**columns))

    def count_failure(self, connection: sa.Connection, person_id: str) -> int:
        """One more wrong try; how many there are."""
        query = people.update().where(people.c.id == person_id).values(failures=people.c.failures + 1)
        return int(connection.execute(query.returning(people.c.failures)).scalar_one())

    def use_step(self, connection: sa.Connection, person_id: str, step: int) -> bool:
        """Mark a step of the second factor as used; False: it, or a later one, was used meanwhile."""
        query = people.update().where(people.c.id == person_id, people.c.factor_step < step).values(factor_step=step)
        return connection.execute(query).rowcount == 1

    # ------------------------------------------------------------ passwords of before, recovery codes

    def passwords_before(self, person_id: str, most: int) -> list[str]:
        """The newest `most` passwords of before."""
        query = (
            sa.select(old_passwords.c.password)
            .where(old_passwords.c.person_id == person_id)
            .order_by(old_passwords.c.id.desc())
            .limit(most)
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def remember_password(self, connection: sa.Connection, person_id: str, password: str, most: int) -> None:
        """Keep a password of before; of the older ones only `most` stay."""
        connection.execute(old_passwords.insert().values(person_id=person_id, password=password))
        kept = (
            sa.select(old_passwords.c.id)
            .where(old_passwords.c.person_id == person_id)
            .order_by(old_passwords.c.id.desc())
            .limit(most)
        )
        stale = old_passwords.c.id.not_in(list(connection.execute(kept).scalars()))
        connection.execute(old_passwords.delete().where(old_passwords.c.person_id == person_id, stale))

    def give_codes(self, connection: sa.Connection, person_id: str, digests: Iterable[str]) -> None:
        """Recovery codes in the place of those of before."""
        connection.execute(recovery_codes.delete().where(recovery_codes.c.person_id == person_id))
        rows = [{"person_id": person_id, "code": digest} for digest in digests]
        if rows:
            connection.execute(recovery_codes.insert(), rows)

    def use_code(self, connection: sa.Connection, person_id: str, digest: str, at: str) -> bool:
        """Use a recovery code up; False: there is no such code, or it was used before."""
        query = recovery_codes.update().where(
            recovery_codes.c.person_id == person_id, recovery_codes.c.code == digest, recovery_codes.c.used_at == ""
        )
        return connection.execute(query.values(used_at=at)).rowcount == 1

    def codes_left(self, person_id: str) -> int:
        """Recovery codes that are not used yet."""
        query = (
            sa.select(sa.func.count())
            .select_from(recovery_codes)
            .where(recovery_codes.c.person_id == person_id, recovery_codes.c.used_at == "")
        )
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())


def _browser(person_id: str, secret: str) -> sa.ColumnElement[bool]:
    return (known_browsers.c.person_id == person_id) & (known_browsers.c.secret == secret)


def _account(row: sa.Row[Any]) -> Account:
    said = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's columns
    said["must_change"] = bool(said["must_change"])
    said["given"] = grants_of(said["given"])
    return Account(**said)


def grants_of(written: Iterable[Sequence[str]]) -> tuple[Grant, ...]:
    """Grants as they are kept."""
    return tuple(Grant(Role(role), agency, Label(up_to)) for role, agency, up_to in written)


def written_of(grants: Iterable[Grant]) -> list[list[str]]:
    """How grants are kept."""
    return [[grant.role.value, grant.agency, grant.up_to.value] for grant in grants]
