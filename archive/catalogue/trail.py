"""The audit trail: events durable in the database before the action counts, chained, sealed into segments in storage.

Rows are never changed but for the name of the segment that holds them. Each
event has the next number and names the digest of the one before; both are
given in the transaction that keeps it, behind a lock on the head of the
chain, so that there is no gap and no fork, whoever writes (ADR 0261).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import uuid4

import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.tables import audit_events, audit_head
from archive.version import AGENT
from metadata.audit_chain import EMPTY, ChainHead, Link, SegmentHeading, canonical, linked
from metadata.errors import ArchiveError
from metadata.events import AuditEvent, EventOutcome, EventType
from metadata.time import Clock, from_rfc3339, rfc3339

_NO_PUNCTUATION = str.maketrans("", "", "-:.")
_HEAD = 1

SEGMENT_EVENTS = 5000
"""Most events in one segment."""

SEAL_EVENTS = 500
SEAL_AFTER = timedelta(minutes=5)
"""A long-lived process seals when so many events wait, or the first has waited so long."""

_UNSEALED = audit_events.c.sealed == sa.literal_column("0")
"""Written out, not bound: only so is the index over what is not sealed used."""

LONGEST_SUBJECT = 400
"""Characters, as its column has."""

LONGEST_DETAIL = 500
"""Characters of one value in an event's detail: identifiers, counts and versions are shorter."""


class TrailForkedError(ArchiveError):
    """Database and segments hold different events under the same number: one of them is not the trail."""

    code: ClassVar[str] = "audit.forked"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str) -> None:
        super().__init__(f"the sealed trail and the database's contradict each other: {detail}")


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
        """A new event at this instant, not yet recorded. Values of its detail are cut to `LONGEST_DETAIL`."""
        more.setdefault("id", str(uuid4()))
        more["agent"] = _plain(more.get("agent", AGENT))
        more["detail"] = {name: _plain(value) for name, value in sorted(more.get("detail", {}).items())}
        return AuditEvent(
            type=kind,
            at=rfc3339(self._clock.now()),
            clock=self._clock.source,
            subject=_plain(subject)[:LONGEST_SUBJECT],
            agency=agency,
            outcome=outcome,
            **more,
        )

    def transaction(self) -> AbstractContextManager[sa.Connection]:
        """A transaction in which an event and the change that it is about are kept together."""
        return self._database.transaction()

    # ------------------------------------------------------------ appending

    def record(self, event: AuditEvent, connection: sa.Connection | None = None) -> None:
        """Keep `event`, durable on return (or with the transaction of `connection`); the same id again is a no-op.

        Raises:
            DatabaseFaultError: it could not be kept, so the action must not count.
        """
        self.record_all([event], connection)

    def record_all(self, events: Sequence[AuditEvent], connection: sa.Connection | None = None) -> None:
        """Keep `events` in this order, together; see `record`."""
        if connection is None:
            with self._database.transaction() as own:
                self.record_all(events, own)
            return
        head = self._locked_head(connection)
        if head == EMPTY:
            head = self._begin(connection)
        ids = [event.id for event in events]
        known = set(connection.execute(sa.select(audit_events.c.id).where(audit_events.c.id.in_(ids))).scalars())
        rows = []
        for event in events:
            if event.id not in known:
                known.add(event.id)
                body, head = linked(event.body(), head)
                rows.append(_row(body, head))
        if rows:
            _append(connection, rows, head)

    def begin(self, segments: SegmentStore[S]) -> None:
        """Let the chain begin, or go on where the sealed segments end when the database is new. Safe to repeat.

        Raises:
            TrailForkedError: see `restore`.
        """
        with self._database.reading() as connection:
            empty = connection.execute(sa.select(audit_events.c.seq).limit(1)).first() is None
        if empty:
            self.restore(segments)
        self.record_all([])

    def _locked_head(self, connection: sa.Connection) -> ChainHead:
        """The head, which nobody else can move until the transaction ends."""
        query = sa.select(audit_head).where(audit_head.c.id == _HEAD).with_for_update()
        row = connection.execute(query).first()
        if row is None:
            connection.execute(audit_head.insert().values(id=_HEAD, seq=EMPTY.seq, sha256=EMPTY.sha256, at=EMPTY.at))
            return EMPTY
        return ChainHead(row.seq, row.sha256, row.at)

    def _begin(self, connection: sa.Connection) -> ChainHead:
        """Record the first event: it names what was recorded before there was a chain, by segment and digest."""
        while self._plan_rows(connection):
            pass
        digests: dict[str, Any] = {}
        query = sa.select(audit_events.c.segment, audit_events.c.body).order_by(audit_events.c.seq)
        query = query.execution_options(yield_per=1000)
        for segment, body in connection.execute(query):
            digests.setdefault(segment, hashlib.sha256()).update(canonical(body) + b"\n")
        detail = {name: digest.hexdigest() for name, digest in digests.items()}
        body, head = linked(self.event(EventType.CHAIN_START, "audit", detail=detail).body(), EMPTY)
        _append(connection, [_row(body, head)], head)
        return head

    # ------------------------------------------------------------ sealing

    def seal(self, segments: SegmentStore[S]) -> int:
        """Write all events that stand in no segment yet into segments; how many events.

        The name of a segment is given to its rows before it is written, so a
        crash in between writes the same segment again, never other content.
        """
        sealed = 0
        while True:
            with self._database.transaction() as connection:
                self._plan(connection)
                segment = connection.execute(
                    sa.select(audit_events.c.segment)
                    .where(audit_events.c.segment.is_not(None), _UNSEALED)
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
            segments.write(int(bodies[0]["at"][:4]), segment, _sealed_lines(bodies))
            with self._database.transaction() as connection:
                connection.execute(audit_events.update().where(audit_events.c.segment == segment).values(sealed=1))
            sealed += len(bodies)

    def due(self) -> bool:
        """Whether it is time to seal; each segment is an object in storage for ever, so not every event gets one."""
        with self._database.reading() as connection:
            query = sa.select(sa.func.count(), sa.func.min(audit_events.c.at)).where(_UNSEALED)
            count, oldest = connection.execute(query).one()
        return count >= SEAL_EVENTS or (oldest is not None and self._clock.now() - from_rfc3339(oldest) >= SEAL_AFTER)

    def _plan(self, connection: sa.Connection) -> None:
        self._locked_head(connection)
        query = sa.select(audit_events.c.seq).where(audit_events.c.segment.is_not(None), _UNSEALED)
        planned = connection.execute(query.order_by(audit_events.c.seq).limit(1)).first()
        if planned is None:
            self._plan_rows(connection)

    @staticmethod
    def _plan_rows(connection: sa.Connection) -> bool:
        rows = connection.execute(
            sa.select(audit_events.c.seq, audit_events.c.at, audit_events.c.id)
            .where(audit_events.c.segment.is_(None), _UNSEALED)
            .order_by(audit_events.c.seq)
            .limit(SEGMENT_EVENTS)
        ).all()
        if not rows:
            return False
        # Named by time and first event, not by row number: a restored database counts rows anew.
        name = f"{rows[0].at.translate(_NO_PUNCTUATION).lower()}-{rows[0].id[:8]}"
        connection.execute(
            audit_events.update()
            .where(audit_events.c.segment.is_(None), _UNSEALED, audit_events.c.seq <= rows[-1].seq)
            .values(segment=name)
        )
        return True

    # ------------------------------------------------------------ reading

    def head(self) -> ChainHead:
        """The last event, as the database says."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(audit_head).where(audit_head.c.id == _HEAD)).first()
        return EMPTY if row is None else ChainHead(row.seq, row.sha256, row.at)

    def of(self, subjects: Sequence[str]) -> list[Mapping[str, Any]]:
        """Events about any of `subjects`, oldest first; not who looked at them."""
        with self._database.reading() as connection:
            rows = connection.execute(
                sa.select(audit_events.c.body)
                .where(audit_events.c.subject.in_(subjects), audit_events.c.type != EventType.ACCESS.value)
                .order_by(audit_events.c.at, audit_events.c.seq)
            )
            # Through the model, so that an event answers the same whether it was recorded or restored.
            return [AuditEvent.model_validate(body).body() for body in rows.scalars()]

    # ------------------------------------------------------------ rebuilding

    def restore(self, segments: SegmentStore[S]) -> int:
        """Fill the database again from the sealed segments alone, to the letter; how many events were missing.

        What the database has recorded and nobody has sealed yet comes after what is
        sealed: a database that was put back from an older copy has gone on from
        there, and its events get new numbers behind those that it had forgotten.

        Raises:
            TrailForkedError: the database has sealed other events under the numbers of these.
        """
        try:
            with self._database.transaction() as connection:
                waiting, head = self._taken_back(connection, self._locked_head(connection))
                known = set(connection.execute(sa.select(audit_events.c.id)).scalars())
                before = len(known)
                for segment in segments.segments():
                    rows, head = _missing(segments.lines(segment), segment.name, known, head)
                    if rows:
                        _append(connection, rows, head)
                restored = len(known) - before - sum(body["id"] in known for body in waiting)
                fresh = []
                for plain in (body for body in waiting if body["id"] not in known):
                    body, head = linked(AuditEvent.model_validate(plain).body(), head)
                    fresh.append(_row(body, head))
                if fresh:
                    _append(connection, fresh, head)
        except sa.exc.IntegrityError as error:
            raise TrailForkedError(str(error.orig)) from error
        return restored

    @staticmethod
    def _taken_back(connection: sa.Connection, head: ChainHead) -> tuple[list[Mapping[str, Any]], ChainHead]:
        """Take the chain's events that are not sealed out of the table; they, and the head before them."""
        unsealed = audit_events.c.number.is_not(None) & _UNSEALED
        query = sa.select(audit_events.c.body).where(unsealed).order_by(audit_events.c.number)
        waiting = list(connection.execute(query).scalars())
        if waiting:
            connection.execute(audit_events.delete().where(unsealed))
            head = ChainHead(waiting[0]["seq"] - 1, waiting[0]["previous"], "")
        return waiting, head


def _missing(
    lines: Iterable[bytes], segment: str, known: set[str], head: ChainHead
) -> tuple[list[dict[str, Any]], ChainHead]:
    """Rows of a segment that the database has not, and the head with them; `known` learns their ids."""
    rows = []
    for line in lines:
        row = _restored(line, segment)
        if row is None or row["id"] in known:
            continue
        known.add(row["id"])
        rows.append(row)
        if row["number"] is not None and row["number"] > head.seq:
            head = ChainHead(row["number"], row["sha256"], row["at"])
    return rows, head


def _plain(value: str) -> str:
    """Text that JSON and UTF-8 can hold, cut."""
    return str(value).encode(errors="backslashreplace").decode()[:LONGEST_DETAIL]


def _sealed_lines(bodies: Sequence[Mapping[str, Any]]) -> list[bytes]:
    lines = [canonical(body) for body in bodies]
    first = bodies[0].get("seq")
    return lines if first is None else [SegmentHeading.over(lines, int(first)).line(), *lines]


def _row(body: Mapping[str, Any], head: ChainHead | None) -> dict[str, Any]:
    return {
        "id": body["id"],
        "at": body["at"],
        "type": body["type"],
        "subject": body["subject"],
        "body": body,
        "segment": None,
        "sealed": 0,
        "number": head.seq if head else None,
        "sha256": head.sha256 if head else None,
    }


def _restored(line: bytes, segment: str) -> dict[str, Any] | None:
    """The row of a sealed line; None for the heading of a segment."""
    if SegmentHeading.of_line(line) is not None:
        return None
    event = AuditEvent.model_validate_json(line)
    link = Link.of_line(line) if event.seq is not None else None
    head = ChainHead(link.seq, link.sha256, event.at) if link else None
    return {**_row(json.loads(line), head), "segment": segment, "sealed": 1}


def _append(connection: sa.Connection, rows: Sequence[Mapping[str, Any]], head: ChainHead) -> None:
    connection.execute(audit_events.insert(), [dict(row) for row in rows])
    connection.execute(
        audit_head.update().where(audit_head.c.id == _HEAD).values(seq=head.seq, sha256=head.sha256, at=head.at)
    )
