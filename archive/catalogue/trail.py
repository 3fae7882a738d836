"""The audit trail: events durable in the database before the action counts, sealed into segments in storage.

Rows are never changed but for the name of the segment that holds them. The
hash chain and time-stamps over segments come with the evidence records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.tables import audit_events
from archive.version import AGENT
from metadata.events import AuditEvent, EventOutcome, EventType
from metadata.time import Clock, rfc3339

_NO_PUNCTUATION = str.maketrans("", "", "-:.")

SEGMENT_EVENTS = 5000
"""Most events in one segment."""


class Segment(Protocol):
    """A sealed segment."""

    @property
    def name(self) -> str:
        """Its name; sorts by time."""
        ...


S = TypeVar("S", bound=Segment)


class SegmentStore(Protocol[S]):
    """Where sealed segments are kept (`storage.segments`)."""

    def write(self, year: int, name: str, lines: Sequence[bytes]) -> S:
        """Write a segment once; the same again is a no-op."""
        ...

    def segments(self) -> Iterator[S]:
        """All segments, oldest first."""
        ...

    def lines(self, segment: S) -> Iterator[bytes]:
        """The lines of a segment."""
        ...


class AuditTrail:
    """Records what is done and decided."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def event(
        self,
        kind: EventType,
        subject: str,
        *,
        agency: str = "",
        outcome: EventOutcome = EventOutcome.SUCCESS,
        **more: Any,  # noqa: ANN401 - the event's own optional fields, checked by its model
    ) -> AuditEvent:
        """A new event at this instant, not yet recorded."""
        more.setdefault("id", str(uuid4()))
        more.setdefault("agent", AGENT)
        more["detail"] = dict(sorted(more.get("detail", {}).items()))
        return AuditEvent(
            type=kind,
            at=rfc3339(self._clock.now()),
            clock=self._clock.source,
            subject=subject,
            agency=agency,
            outcome=outcome,
            **more,
        )

    def transaction(self) -> AbstractContextManager[sa.Connection]:
        """A transaction in which an event and the change that it is about are kept together."""
        return self._database.transaction()

    def record(self, event: AuditEvent, connection: sa.Connection | None = None) -> None:
        """Keep `event`, durable on return (or with the transaction of `connection`); the same id again is a no-op.

        Raises:
            DatabaseFaultError: it could not be kept, so the action must not count.
        """
        if connection is None:
            with self._database.transaction() as own:
                self.record(event, own)
            return
        known = connection.execute(sa.select(audit_events.c.seq).where(audit_events.c.id == event.id)).first()
        if known is None:
            connection.execute(
                audit_events.insert().values(
                    id=event.id,
                    at=event.at,
                    type=event.type.value,
                    subject=event.subject,
                    body=event.model_dump(mode="json"),
                    sealed=0,
                )
            )

    def seal(self, segments: SegmentStore[S]) -> int:
        """Write all events that stand in no segment yet into segments; how many events.

        The name of a segment is given to its rows before it is written, so a
        crash in between writes the same segment again, never other content.
        """
        sealed = 0
        while True:
            self._plan()
            with self._database.transaction() as connection:
                segment = connection.execute(
                    sa.select(audit_events.c.segment)
                    .where(audit_events.c.segment.is_not(None), audit_events.c.sealed == 0)
                    .order_by(audit_events.c.seq)
                    .limit(1)
                ).scalar()
                if segment is None:
                    return sealed
                bodies = (
                    connection.execute(
                        sa.select(audit_events.c.body)
                        .where(audit_events.c.segment == segment)
                        .order_by(audit_events.c.seq)
                    )
                    .scalars()
                    .all()
                )
            segments.write(int(bodies[0]["at"][:4]), segment, [_line(body) for body in bodies])
            with self._database.transaction() as connection:
                connection.execute(audit_events.update().where(audit_events.c.segment == segment).values(sealed=1))
            sealed += len(bodies)

    def _plan(self) -> None:
        with self._database.transaction() as connection:
            planned = connection.execute(
                sa.select(audit_events.c.seq)
                .where(audit_events.c.segment.is_not(None), audit_events.c.sealed == 0)
                .limit(1)
            ).first()
            if planned is not None:
                return
            rows = connection.execute(
                sa.select(audit_events.c.seq, audit_events.c.at, audit_events.c.id)
                .where(audit_events.c.segment.is_(None))
                .order_by(audit_events.c.seq)
                .limit(SEGMENT_EVENTS)
            ).all()
            if rows:
                # Named by time and first event, not by row number: a restored database counts rows anew.
                name = f"{rows[0].at.translate(_NO_PUNCTUATION).lower()}-{rows[0].id[:8]}"
                connection.execute(
                    audit_events.update()
                    .where(audit_events.c.segment.is_(None), audit_events.c.seq <= rows[-1].seq)
                    .values(segment=name)
                )

    def of(self, subjects: Sequence[str]) -> list[Mapping[str, Any]]:
        """Events about any of `subjects`, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                sa.select(audit_events.c.body)
                .where(audit_events.c.subject.in_(subjects))
                .order_by(audit_events.c.at, audit_events.c.seq)
            )
            # Through the model, so that an event answers the same whether it was recorded or restored.
            return [AuditEvent.model_validate(body).model_dump(mode="json") for body in rows.scalars()]

    def restore(self, segments: SegmentStore[S]) -> int:
        """Fill the database again from the sealed segments alone; how many events were missing."""
        restored = 0
        with self._database.transaction() as connection:
            known = set(connection.execute(sa.select(audit_events.c.id)).scalars())
            for segment, line in ((found, line) for found in segments.segments() for line in segments.lines(found)):
                event = AuditEvent.model_validate_json(line)
                if event.id in known:
                    continue
                known.add(event.id)
                restored += 1
                connection.execute(
                    audit_events.insert().values(
                        id=event.id,
                        at=event.at,
                        type=event.type.value,
                        subject=event.subject,
                        body=event.model_dump(mode="json"),
                        segment=segment.name,
                        sealed=1,
                    )
                )
        return restored


def _line(body: Mapping[str, Any]) -> bytes:
    import orjson  # noqa: PLC0415 - canonical and fast; only sealing needs it

    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
