"""Sessions, API tokens and sign-ins under way at a provider. Only digests of their secrets are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.tables import people, provider_requests, sessions, tokens, upload_days


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of one person."""

    id: str
    secret: str
    before: str
    """Digest of the secret before the last rotation, good until `before_until` for requests under way."""

    before_until: str
    person_id: str
    stage: str
    """`second-factor`, `enrol`, `change-password` or `whole`."""

    way: str
    """`password` or `provider`."""

    rights: str
    """Digest of the person's grants when the secret was made."""

    created_at: str
    seen_at: str
    ends_at: str
    address: str
    agent: str
    waiting_factor: str
    """Sealed secret of a second factor that is being set up."""

    provider_session: str
    provider_token: str
    """Sealed ID token, which the provider wants to see again at sign-out."""


@dataclass(frozen=True, slots=True)
class Token:
    """One API token."""

    id: str
    secret: str
    person_id: str
    name: str
    hint: str
    """Its first letters."""

    scopes: list[str] | None
    created_at: str
    expires_at: str
    used_at: str
    revoked_at: str
    grants: list[list[str]]
    """What its person might do when it was made (`archive.catalogue.people.grants_of`)."""


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """A sign-in that went to the provider."""

    state: str
    browser: str
    nonce: str
    verifier: str
    following: str
    """Page to go on with."""

    created_at: str


class SessionRows:
    """Entries and queries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ------------------------------------------------------------ sessions

    def add(self, connection: sa.Connection, **columns: str) -> str:
        """A new session; its identifier."""
        session_id = str(uuid4())
        connection.execute(sessions.insert().values(id=session_id, **columns))
        return session_id

    def by_secret(self, digest: str, now: str) -> Session | None:
        """The session of a secret, or of the one before it while that is good."""
        query = sa.select(sessions).where(
            sa.or_(
                sessions.c.secret == digest,
                sa.and_(sessions.c.before == digest, sessions.c.before_until > now),
            )
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return Session(**row._mapping) if row is not None else None  # noqa: SLF001 - the documented way to a row's columns

    def by_id(self, session_id: str) -> Session | None:
        """The session; None: it was ended."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(sessions).where(sessions.c.id == session_id)).first()
        return Session(**row._mapping) if row is not None else None  # noqa: SLF001 - the documented way to a row's columns

    def of_person(self, person_id: str) -> list[Session]:
        """Sessions of a person, the last used first."""
        query = sa.select(sessions).where(sessions.c.person_id == person_id).order_by(sessions.c.seen_at.desc())
        with self._database.reading() as connection:
            return [Session(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - as above

    def change(self, connection: sa.Connection, session_id: str, **columns: str) -> bool:
        """Set columns; False: the session was ended meanwhile."""
        return connection.execute(sessions.update().where(sessions.c.id == session_id).values(**columns)).rowcount == 1

    def replace(self, connection: sa.Connection, session: Session, **columns: str) -> bool:
        """Set columns unless the session's secret was replaced or the session ended meanwhile; whether it was done."""
        same = (
            (sessions.c.id == session.id)
            & (sessions.c.secret == session.secret)
            & (sessions.c.rights == session.rights)
        )
        return connection.execute(sessions.update().where(same).values(**columns)).rowcount == 1

    def seen(self, session_id: str, at: str) -> None:
        """The person is there."""
        with self._database.transaction() as connection:
            self.change(connection, session_id, seen_at=at)

    def end(self, connection: sa.Connection, session_id: str, person_id: str) -> bool:
        """End one session of a person; False: there is none."""
        query = sessions.delete().where(sessions.c.id == session_id, sessions.c.person_id == person_id)
        return connection.execute(query).rowcount == 1

    def end_all(self, connection: sa.Connection, person_id: str, but: str = "") -> int:
        """End the sessions of a person, but for one; how many."""
        query = sessions.delete().where(sessions.c.person_id == person_id, sessions.c.id != but)
        return connection.execute(query).rowcount

    def end_at_provider(self, connection: sa.Connection, provider_session: str) -> int:
        """End the sessions that a session at the provider began; how many."""
        query = sessions.delete().where(sessions.c.provider_session == provider_session)
        return connection.execute(query).rowcount

    def sweep(self, now: str, stale: str) -> int:
        """Forget sessions that are over, and sign-ins at the provider begun before `stale`; how many sessions."""
        with self._database.transaction() as connection:
            connection.execute(provider_requests.delete().where(provider_requests.c.created_at < stale))
            return connection.execute(sessions.delete().where(sessions.c.ends_at < now)).rowcount

    # ------------------------------------------------------------ tokens

    def add_token(self, connection: sa.Connection, **columns: Any) -> str:  # noqa: ANN401 - columns
        """A new token; its identifier."""
        token_id = str(uuid4())
        connection.execute(tokens.insert().values(id=token_id, **columns))
        return token_id

    def token(self, digest: str) -> Token | None:
        """The token of a secret, also a revoked or expired one."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(tokens).where(tokens.c.secret == digest)).first()
        return Token(**row._mapping) if row is not None else None  # noqa: SLF001 - the documented way to a row's columns

    def tokens_of(self, person_id: str) -> list[Token]:
        """Tokens of a person, the newest first."""
        query = sa.select(tokens).where(tokens.c.person_id == person_id).order_by(tokens.c.created_at.desc())
        with self._database.reading() as connection:
            return [Token(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - as above

    def used(self, token: Token, at: str) -> None:
        """The token is being used, and so is its person's account."""
        with self._database.transaction() as connection:
            connection.execute(tokens.update().where(tokens.c.id == token.id).values(used_at=at))
            connection.execute(people.update().where(people.c.id == token.person_id).values(seen_at=at))

    def revoke(self, connection: sa.Connection, person_id: str, at: str, token_id: str | None = None) -> int:
        """Revoke one token of a person, or all; how many were good until now."""
        query = tokens.update().where(tokens.c.person_id == person_id, tokens.c.revoked_at == "")
        if token_id is not None:
            query = query.where(tokens.c.id == token_id)
        return connection.execute(query.values(revoked_at=at)).rowcount

    # ------------------------------------------------------------ sign-ins at a provider

    def remember(self, asked: ProviderRequest) -> None:
        """Keep a sign-in that goes to the provider."""
        columns = {name: getattr(asked, name) for name in ProviderRequest.__slots__}
        with self._database.transaction() as connection:
            connection.execute(provider_requests.insert().values(**columns))

    def recall(self, state: str) -> ProviderRequest | None:
        """Take a sign-in that came back: once."""
        query = provider_requests.delete().where(provider_requests.c.state == state).returning(provider_requests)
        with self._database.transaction() as connection:
            row = connection.execute(query).first()
        return ProviderRequest(**row._mapping) if row is not None else None  # noqa: SLF001 - as above

    # ------------------------------------------------------------ what was sent

    def sent(self, person_id: str, day: str) -> int:
        """Bytes that a person has sent on a day."""
        query = sa.select(upload_days.c.size_bytes).where(
            upload_days.c.person_id == person_id, upload_days.c.day == day
        )
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def note_sent(self, person_id: str, day: str, size_bytes: int) -> None:
        """Add to what a person has sent on a day; other days are forgotten."""
        key = (upload_days.c.person_id == person_id) & (upload_days.c.day == day)
        with self._database.transaction() as connection:
            more = upload_days.update().where(key).values(size_bytes=upload_days.c.size_bytes + size_bytes)
            if not connection.execute(more).rowcount:
                row = {"person_id": person_id, "day": day, "size_bytes": size_bytes}
                connection.execute(upload_days.insert().values(**row))
            connection.execute(
                upload_days.delete().where(upload_days.c.person_id == person_id, upload_days.c.day < day)
            )
