"""Looking through the trail, newest events first: by day, who, kind and object; bounded, however long it is.

Only number and subject have an index. Events lie in the order of their numbers and nearly in that of their time, so
days are found by halving, and what no index helps with is looked for in a bounded stretch, which the answer names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from archive.auth.policy import Scope
from archive.catalogue.database import Database
from archive.catalogue.tables import audit_events
from archive.catalogue.visibility import events_within

STRETCH = 100_000
"""Events that are looked through for one page."""

_STEP = 10_000
_DISORDER = 1_000
"""By how many numbers an event may stand away from its time: it has the time at which it was made, not kept."""


@dataclass(frozen=True, slots=True)
class TrailQuestion:
    """What is looked for; empty: whatever."""

    since: str = ""
    """RFC 3339, this instant included."""

    until: str = ""
    """RFC 3339, this instant excluded."""

    agent: str = ""
    """As recorded: `person:LOGIN`, or the program."""

    kind: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class TrailPage:
    """A part of the answer."""

    events: Sequence[Mapping[str, Any]]
    """Newest first, each with its `sha256`."""

    following: int | None
    """Go on before this number; None: there is no more."""

    reached: str
    """Time of the event down to which was looked without finding enough; empty: the page is full, or all was seen."""


@dataclass(frozen=True, slots=True)
class OneEvent:
    """One event with where it lies."""

    body: Mapping[str, Any]
    sha256: str
    segment: str
    """Of the sealed trail; empty: it is not sealed yet."""


class TrailSearch:
    """Reads the database's copy; judges nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def one(self, number: int, *, within: Scope) -> OneEvent | None:
        """The event of that number; None: there is none, or it may not be seen."""
        columns = (audit_events.c.body, audit_events.c.sha256, audit_events.c.segment, audit_events.c.sealed)
        query = sa.select(*columns).where(audit_events.c.number == number, events_within(within))
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else OneEvent(row.body, row.sha256 or "", row.segment if row.sealed else "")

    def page(self, asked: TrailQuestion, *, limit: int, within: Scope, before: int | None = None) -> TrailPage:
        """The newest events that fit, those before number `before`; of no agency only for who sees all."""
        place = audit_events.c.number
        condition = sa.and_(place > 0, events_within(within), *_conditions(asked))
        with self._database.reading() as connection:
            last = connection.execute(sa.select(sa.func.max(place))).scalar() or 0
            high = last if before is None else min(before - 1, last)
            low = 0
            if asked.until:
                high = min(high, _first_at(connection, asked.until, last) + _DISORDER)
            if asked.since:
                low = max(_first_at(connection, asked.since, last) - _DISORDER, 0)
            step, stretch = (last, last) if asked.subject else (_STEP, STRETCH)
            bottom = max(low, high - stretch)
            rows: list[Any] = []
            top = high
            while top > bottom and len(rows) <= limit:
                under = max(top - step, bottom)
                query = sa.select(place, audit_events.c.body, audit_events.c.sha256)
                query = query.where(condition, place <= top, place > under).order_by(place.desc())
                rows += connection.execute(query.limit(limit + 1 - len(rows))).all()
                top = under
            reached = _time_of(connection, bottom + 1) if bottom > low and len(rows) <= limit else ""
        events = [{**row.body, "sha256": row.sha256} for row in rows[:limit]]
        if len(rows) > limit:
            return TrailPage(events, rows[limit - 1].number, "")
        return TrailPage(events, bottom + 1 if bottom > low else None, reached)


def _conditions(asked: TrailQuestion) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if asked.since:
        found.append(audit_events.c.at >= asked.since)
    if asked.until:
        found.append(audit_events.c.at < asked.until)
    if asked.kind:
        found.append(audit_events.c.type == asked.kind)
    if asked.subject:
        found.append(audit_events.c.subject == asked.subject)
    if asked.agent:
        found.append(audit_events.c.body["agent"].as_string() == asked.agent)
    return found


def _time_of(connection: sa.Connection, number: int) -> str:
    """Time of the first event from that number on."""
    query = sa.select(audit_events.c.at).where(audit_events.c.number >= number).order_by(audit_events.c.number)
    return str(connection.execute(query.limit(1)).scalar() or "")


def _first_at(connection: sa.Connection, at: str, last: int) -> int:
    """Number of about the first event that was made at `at` or later; behind the last where there is none."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        if (_time_of(connection, middle) or at) < at:
            low = middle + 1
        else:
            high = middle
    return low
