"""The audit trail: events durable in the database before the action counts, chained, sealed into segments in storage.

Rows are never changed but for the name of the segment that holds them. Each
event has the next number and names the digest of the one before; both are
given in the transaction that keeps it, behind a lock on the head of the
chain, so that there is no gap and no fork, whoever writes (ADR 0261).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import uuid4

import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.tables import audit_events, audit_head
from archive.catalogue.trail_rows import HEAD, append, head_after, missing, row, sealed_lines
from archive.version import AGENT
from metadata.audit_chain import (
    EMPTY,
    NOTHING,
    ChainDocumentError,
    ChainHead,
    SegmentHeading,
    canonical,
    linked,
)
from metadata.errors import ArchiveError
from metadata.events import AuditEvent, EventOutcome, EventType
from metadata.time import Clock, from_rfc3339, rfc3339

_MOST_SHOWINGS = 50
_TIME = len("20261129t005159173z")
"""Characters of the time at the beginning of a segment's name."""

_NO_PUNCTUATION = str.maketrans("", "", "-:.")
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


class TrailDamagedError(ArchiveError):
    """A copy of the trail holds something that is no event: `audit verify` names every such place."""

    code: ClassVar[str] = "audit.damaged"
    retryable: ClassVar[bool] = False

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")


class TrailBehindError(ArchiveError):
    """Storage has sealed events that the database does not know: it was put back from an older copy.

    Nothing is sealed, so that no second end comes into being; a rebuild of the catalogue takes over what it lacks.
    """

    code: ClassVar[str] = "audit.behind"
    retryable: ClassVar[bool] = False

    def __init__(self, segment: str) -> None:
        super().__init__(f"segment {segment}")


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

    def of_days(self, first: date, last: date) -> Iterator[S]:
        """Segments whose first event is of these days, UTC."""
        ...

    def lines(self, segment: S) -> Iterator[bytes]:
        """The lines of a segment."""
        ...


class AuditTrail:
    """Records what is done and decided."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._goes_on = False

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
            TrailDamagedError: its number is taken by a row that was not recorded here.
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
                rows.append(row(body, head))
        if rows:
            try:
                append(connection, rows, head)
            except sa.exc.IntegrityError as error:
                # Numbers are given behind the lock: somebody else's hand has taken this one.
                raise TrailDamagedError("database", str(error.orig)) from error

    def begin(self, segments: SegmentStore[S]) -> None:
        """Let the chain begin, or go on where the sealed segments end when the database is new. Safe to repeat.

        Raises:
            TrailForkedError: see `restore`.
        """
        with self._database.reading() as connection:
            empty = connection.execute(sa.select(audit_events.c.seq).limit(1)).first() is None
        if empty:
            # What is damaged is told by a rebuild; until then nothing is sealed beside it.
            self.restore(segments, {})
        self.record_all([])

    def _locked_head(self, connection: sa.Connection) -> ChainHead:
        """The head, which nobody else can move until the transaction ends."""
        query = sa.select(audit_head).where(audit_head.c.id == HEAD).with_for_update()
        found = connection.execute(query).first()
        if found is None:
            connection.execute(audit_head.insert().values(id=HEAD, seq=EMPTY.seq, sha256=EMPTY.sha256, at=EMPTY.at))
            return EMPTY
        return ChainHead(found.seq, found.sha256, found.at)

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
        append(connection, [row(body, head)], head)
        return head

    # ------------------------------------------------------------ sealing

    def seal(self, segments: SegmentStore[S]) -> int:
        """Write all events that stand in no segment yet into segments; how many events.

        The name of a segment is given to its rows before it is written, so a
        crash in between writes the same segment again, never other content.

        Raises:
            TrailDamagedError: a row holds what is no event.
            TrailBehindError: storage has more of the trail than the database.
        """
        if not self._goes_on:
            # Once a process: a database is not put back under one that runs.
            self._must_go_on(segments)
            self._goes_on = True
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
                query = sa.select(audit_events.c.body).where(audit_events.c.segment == segment)
                with _readable("database"):
                    bodies = connection.execute(query.order_by(audit_events.c.seq)).scalars().all()
                    year, lines = int(bodies[0]["at"][:4]), sealed_lines(bodies)
            segments.write(year, segment, lines)
            with self._database.transaction() as connection:
                connection.execute(audit_events.update().where(audit_events.c.segment == segment).values(sealed=1))
            sealed += len(bodies)

    def _must_go_on(self, segments: SegmentStore[S]) -> None:
        """Compare the segments since the last one that the database knows with what it knows."""
        name = audit_events.c.segment
        with self._database.reading() as connection:
            newest = connection.execute(sa.select(sa.func.max(name)).where(audit_events.c.sealed == 1)).scalar()
            oldest = connection.execute(sa.select(sa.func.min(audit_events.c.at))).scalar()
        try:
            # Of 20261129t005159173z-ca157221 or 2026-11-29T00:51:59.173Z.
            first = date.fromisoformat(str(newest)[:8] if newest else str(oldest)[:10])
        except ValueError:
            return
        for segment in segments.of_days(first, self._clock.now().date() + timedelta(days=1)):
            told = audit_events.c.subject == damaged_subject(segment.name)
            with self._database.reading() as connection:
                known = connection.execute(sa.select(name).where((name == segment.name) | told).limit(1)).first()
            if known is None:
                raise TrailBehindError(segment.name)

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
            found = connection.execute(sa.select(audit_head).where(audit_head.c.id == HEAD)).first()
        return EMPTY if found is None else ChainHead(found.seq, found.sha256, found.at)

    def of(self, subjects: Sequence[str]) -> list[Mapping[str, Any]]:
        """Events about any of `subjects`, oldest first; not who looked at them."""
        with self._database.reading() as connection:
            rows = connection.execute(
                sa.select(audit_events.c.body)
                .where(audit_events.c.subject.in_(subjects), audit_events.c.type != EventType.ACCESS.value)
                .order_by(audit_events.c.at, audit_events.c.seq)
            )
            # Through the model, so that an event answers the same whether it was recorded or restored.
            with _readable("database"):
                return [AuditEvent.model_validate(body).body() for body in rows.scalars()]

    def showings(self, subject: str, since: datetime) -> list[Mapping[str, Any]]:
        """Events since (not at) a time that tell that something of `subject` was shown, newest first; some dozens."""
        with self._database.reading() as connection:
            rows = connection.execute(
                sa.select(audit_events.c.body)
                .where(
                    audit_events.c.subject == subject,
                    audit_events.c.type == EventType.ACCESS.value,
                    audit_events.c.at > rfc3339(since),
                )
                .order_by(audit_events.c.seq.desc())
                .limit(_MOST_SHOWINGS)
            )
            return list(rows.scalars())

    # ------------------------------------------------------------ rebuilding

    def restore(self, segments: SegmentStore[S], damaged: dict[str, str] | None = None) -> int:
        """Fill the database again from the sealed segments alone, to the letter; how many events were missing.

        What the database has recorded and nobody has sealed yet comes after what is
        sealed: a database that was put back from an older copy has gone on from
        there, and its events get new numbers behind those that it had forgotten.

        Args:
            segments: What is sealed.
            damaged: Learns the segments that cannot be read to their end, with the reason; what stands before the
                damage is taken, and their numbers stay free. None: the first one is an error.

        Raises:
            TrailForkedError: the database has sealed other events under the numbers of these.
            TrailDamagedError: a segment, or what the database has not sealed yet, holds what is no event.
        """
        try:
            with self._database.transaction() as connection:
                with _readable("database"):
                    waiting, head = self._taken_back(connection, self._locked_head(connection))
                known = set(connection.execute(sa.select(audit_events.c.id)).scalars())
                before = len(known)
                newest = sa.select(sa.func.max(audit_events.c.at)).where(audit_events.c.sealed == 1)
                last = connection.execute(sa.select(sa.func.max(audit_events.c.number))).scalar() or 0
                lost = _Lost(str(connection.execute(newest).scalar() or ""), left_free=head.seq > last)
                for segment in segments.segments():
                    rows: list[dict[str, Any]] = []
                    why = _taken(segments, segment, known, rows)
                    if why is not None:
                        if damaged is None:
                            raise why
                        damaged[segment.name] = str(why)
                    head = lost.after(segments, segment, head_after(rows, head), whole=why is None)
                    if rows:
                        append(connection, rows, head)
                if lost.beyond(head) != head:
                    head = lost.beyond(head)
                    append(connection, [], head)
                restored = len(known) - before - sum(body["id"] in known for body in waiting)
                fresh = []
                for plain in (body for body in waiting if body["id"] not in known):
                    body, head = linked(AuditEvent.model_validate(plain).body(), head)
                    fresh.append(row(body, head))
                if fresh:
                    append(connection, fresh, head)
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


def damaged_subject(segment: str) -> str:
    """What an event is about that tells that a rebuild went on without this segment."""
    return f"segment:{segment}"


def _taken(segments: SegmentStore[S], segment: S, known: set[str], rows: list[dict[str, Any]]) -> ArchiveError | None:
    """Put what is new of a segment into `rows`; the error where it breaks.

    Raises:
        ArchiveError: the store failed; repeating may help.
    """
    try:
        with _readable(f"segment {segment.name}"):
            missing(segments.lines(segment), segment.name, known, rows)
    except ArchiveError as error:
        if error.retryable:
            raise
        return error
    return None


@dataclass(slots=True)
class _Lost:
    """How far the chain reached in segments at its end that cannot be read: their numbers are given to nobody else.

    Otherwise a segment that comes back from a backup would meet other events under its numbers.
    """

    known: str
    """Time of the newest sealed event that the database had; what is older lies behind it."""

    left_free: bool
    """Whether the head lies behind the last event: numbers were left free before."""

    _last: ChainHead = EMPTY
    _unknown: int = 0

    def after(self, segments: SegmentStore[S], segment: S, head: ChainHead, *, whole: bool) -> ChainHead:
        """The head once a segment was read."""
        if whole or segment.name[:_TIME] <= self.known.translate(_NO_PUNCTUATION).lower():
            self._last, self._unknown = EMPTY, 0
            return head
        heading = _heading_of(segments, segment)
        if heading is None:
            self._unknown += 1
        else:
            self._last = ChainHead(heading.last, heading.last_sha256, head.at)
        return head

    def beyond(self, head: ChainHead) -> ChainHead:
        """The head behind everything that may have stood in them."""
        if self._last.seq > head.seq:
            head = self._last
        if self._unknown and not self.left_free:
            return ChainHead(head.seq + self._unknown * SEGMENT_EVENTS, NOTHING, head.at)
        return head


def _heading_of(segments: SegmentStore[S], segment: S) -> SegmentHeading | None:
    try:
        return SegmentHeading.of_line(next(iter(segments.lines(segment)), b""))
    except (ArchiveError, ChainDocumentError):
        return None


@contextmanager
def _readable(place: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError) as error:
        raise TrailDamagedError(place, str(error)[:300]) from error


def _plain(value: str) -> str:
    """Text that JSON and UTF-8 can hold, cut."""
    return str(value).encode(errors="backslashreplace").decode()[:LONGEST_DETAIL]
