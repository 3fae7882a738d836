"""The trail as the database has it, read row by row: for checking and for handing it out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from archive.auth.policy import ALL, Scope
from archive.catalogue.database import Database
from archive.catalogue.tables import audit_events, audit_head
from archive.catalogue.visibility import events_within
from metadata.audit_chain import EMPTY, ChainHead, canonical

_ROWS = 2000
"""Rows read at once."""


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """One row of the trail."""

    number: int | None
    """Place in the chain; None: recorded before there was one."""

    id: str
    line: bytes
    """Canonical JSON of the event, as a segment holds it."""

    sha256: str | None
    """Digest that was kept when the event was recorded."""

    segment: str | None
    sealed: bool
    columns_agree: bool
    """Whether what is searched by (time, kind, subject, place in the chain) is what the event says."""


class RecordedTrail:
    """Reads events in the order in which they were recorded; holds a few thousand at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> ChainHead:
        """The last event, as the database says."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(audit_head)).first()
        return EMPTY if row is None else ChainHead(row.seq, row.sha256, row.at)

    def chained(self, after: int = 0) -> Iterator[RecordedEvent]:
        """Events of the chain by number, those after `after`."""
        place = audit_events.c.number
        last = after
        while rows := self._rows(place > last, place):
            for row in rows:
                if not isinstance(row.number, int):
                    # SQLite keeps what it was given, and sorts letters behind all numbers.
                    return
                last = row.number
                yield _recorded(row)

    def strays(self, upper: int) -> list[RecordedEvent]:
        """Rows that no reading by number meets: below the first, above `upper`, of no number; 2,000 at most."""
        place = audit_events.c.number
        return [_recorded(row) for row in self._rows((place <= 0) | (place > upper), place.desc())]

    def unchained(self) -> Iterator[RecordedEvent]:
        """Events that were recorded before there was a chain."""
        place = audit_events.c.seq
        last = 0
        while rows := self._rows(audit_events.c.number.is_(None) & (place > last), place):
            for row in rows:
                last = row.seq
                yield _recorded(row)

    def page(
        self, *, after: int, limit: int, subject: str = "", kind: str = "", within: Scope = ALL
    ) -> list[Mapping[str, Any]]:
        """Events of the chain after number `after`, with their place in it; of no agency only for who sees all."""
        condition = (audit_events.c.number > after) & events_within(within)
        if subject:
            condition &= audit_events.c.subject == subject
        if kind:
            condition &= audit_events.c.type == kind
        query = sa.select(audit_events.c.body, audit_events.c.sha256).where(condition)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(audit_events.c.number).limit(limit)).all()
        return [{**row.body, "sha256": row.sha256} for row in rows]

    def last(self, limit: int, *, subject: str, kind: str) -> list[Mapping[str, Any]]:
        """The last events of one kind of a subject, the newest first; whoever asks may see them all."""
        condition = (audit_events.c.subject == subject) & (audit_events.c.type == kind)
        query = sa.select(audit_events.c.body).where(condition, audit_events.c.number.is_not(None))
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(audit_events.c.number.desc()).limit(limit)).scalars())

    def _rows(self, condition: sa.ColumnElement[bool], order: sa.ColumnElement[Any]) -> list[sa.Row[Any]]:
        # The body as the text that it is: a row that somebody broke is a place that is told, not an error.
        columns = [column for column in audit_events.c if column is not audit_events.c.body]
        body = sa.cast(audit_events.c.body, sa.Text).label("body")
        with self._database.reading() as connection:
            query = sa.select(*columns, body).where(condition).order_by(order).limit(_ROWS)
            return list(connection.execute(query))


def _recorded(row: sa.Row[Any]) -> RecordedEvent:
    try:
        kept = json.loads(row.body)
        line = canonical(kept)
    except (ValueError, TypeError, RecursionError):
        kept, line = None, str(row.body).encode(errors="backslashreplace")
    body = kept if isinstance(kept, dict) else {}
    said = (body.get("id"), body.get("at"), body.get("type"), body.get("subject"), body.get("seq"))
    return RecordedEvent(
        number=row.number,
        id=row.id,
        line=line,
        sha256=row.sha256,
        segment=row.segment,
        sealed=bool(row.sealed),
        columns_agree=said == (row.id, row.at, row.type, row.subject, row.number),
    )
