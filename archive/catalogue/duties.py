"""Duties: work on what is stored already that waits for something from outside, such as revocation data.

They are shown among the jobs. Nothing is lost with them: what a package lacks
can be read from its verdicts, so a rebuilt catalogue has its duties again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique
from typing import Any

import sqlalchemy as sa

from archive.auth.policy import ALL, Scope
from archive.catalogue.database import Database
from archive.catalogue.journal import Job, JobStatus
from archive.catalogue.tables import duties
from archive.catalogue.visibility import packages_within
from metadata.errors import NotFoundError
from metadata.events import derived_id
from metadata.time import Clock, rfc3339

NEVER = "9999-12-31T00:00:00.000Z"
"""Due when somebody wakes it: nothing that this machine does by itself could help."""

ABANDONED = timedelta(hours=1)
"""A duty that has been running for so long was left behind by a process that died."""


@unique
class DutyKind(StrEnum):
    """What waits."""

    EVIDENCE = "evidence"
    """Evidence still missing: revocation data of certificates that are still valid."""

    REJUDGE = "rejudge"
    """Judged without usable trust: to be judged again when trust is back."""

    CONVERSION = "conversion"
    """Descriptions of the holding to be converted from one circular to another; of no single dossier."""

    EXPORT = "export"
    """Something of a dossier that was asked for over HTTP, to be made and fetched."""


JUDGING = (DutyKind.EVIDENCE, DutyKind.REJUDGE)
"""What is worked off by judging again, when its time has come."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A dossier that something is owed to."""

    kind: DutyKind
    package_id: str
    submission_id: str
    agency: str
    file_code: str
    total: int
    """Files that are concerned."""

    why: str
    key: str = ""
    """Tells it from others of its kind and dossier; empty: there is but one."""


_ENDED = (JobStatus.DONE.value, JobStatus.CANCELLED.value)


class Duties:
    """Reads and writes duties; one a kind and dossier, but for exports, of which there may be many."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def owe(self, owed: Owed, *, due_at: str | None = None) -> str:
        """Open a duty; its identifier. One that is open stays as it is, a finished one is opened anew.

        Args:
            owed: What.
            due_at: When it is first tried, RFC 3339 or `NEVER`; None: at once.
        """
        name = derived_id("duty", owed.kind.value, owed.package_id, *filter(None, [owed.key]))
        now = rfc3339(self._clock.now())
        fresh = {
            "status": JobStatus.WAITING.value,
            "done": 0,
            "total": owed.total,
            "error": {"code": f"{owed.kind.value}.waiting", "detail": owed.why[:2000]},
            "attempt": 1,
            "due_at": due_at or now,
            "updated_at": now,
        }
        with self._database.transaction() as connection:
            status = connection.execute(sa.select(duties.c.status).where(duties.c.id == name)).scalar()
            if status is None:
                connection.execute(
                    duties.insert().values(
                        id=name,
                        kind=owed.kind.value,
                        package_id=owed.package_id,
                        submission_id=owed.submission_id,
                        agency=owed.agency,
                        file_code=owed.file_code,
                        created_at=now,
                        **fresh,
                    )
                )
            elif status in _ENDED:
                connection.execute(duties.update().where(duties.c.id == name).values(**fresh))
        return name

    def take(self, duty_id: str) -> Job | None:
        """Make a duty this process's; None where another has it, or it is done.

        Raises:
            NotFoundError: there is none.
        """
        now = self._clock.now()
        abandoned = (duties.c.status == JobStatus.RUNNING.value) & (duties.c.updated_at < rfc3339(now - ABANDONED))
        free = duties.c.status.in_([JobStatus.WAITING.value, JobStatus.FAULT.value]) | abandoned
        with self._database.transaction() as connection:
            taken = connection.execute(
                duties.update()
                .where(duties.c.id == duty_id, free)
                .values(status=JobStatus.RUNNING.value, updated_at=rfc3339(now))
            )
        return self.duty(duty_id) if taken.rowcount else None

    def hold(self, duty_id: str) -> Job:
        """Make a duty this process's without asking: for kinds whose work has a lock of its own.

        Raises:
            NotFoundError: there is none.
        """
        self._update(duty_id, status=JobStatus.RUNNING.value, error=None)
        return self.duty(duty_id)

    def told(self, duty_id: str, done: int) -> bool:
        """How far it is; also keeps others from taking it for abandoned. False: somebody cancelled it."""
        return self._update(duty_id, done=done)

    def wait(self, duty: Job, *, until: str, code: str, why: str) -> None:
        """Put a duty back: it is tried again at `until` (RFC 3339, or `NEVER`)."""
        self._update(
            duty.id,
            status=JobStatus.WAITING.value,
            attempt=duty.attempt + 1,
            due_at=until,
            error={"code": code, "detail": why[:2000]},
        )

    def fault(self, duty: Job, *, code: str, why: str) -> None:
        """A duty met a fault that does not go away by itself: it is tried again when somebody says so."""
        self._update(duty.id, status=JobStatus.FAULT.value, error={"code": code, "detail": why[:2000]})

    def finish(self, duty: Job) -> None:
        """Nothing is owed any more."""
        self._update(duty.id, status=JobStatus.DONE.value, done=duty.total, error=None, due_at=NEVER)

    def wake(self, kind: DutyKind, *, sleeping_only: bool = False) -> int:
        """Make waiting duties due at once, because something new is at hand; how many.

        Args:
            kind: Which ones.
            sleeping_only: Only those that wait for somebody to do so.
        """
        where = (duties.c.kind == kind.value) & (duties.c.status == JobStatus.WAITING.value)
        now = rfc3339(self._clock.now())
        where &= (duties.c.due_at == NEVER) if sleeping_only else (duties.c.due_at > now)
        with self._database.transaction() as connection:
            return connection.execute(duties.update().where(where).values(due_at=now)).rowcount

    def cancel(self, duty_id: str, connection: sa.Connection, *, reason: str) -> bool:
        """Cancel a duty, for good; False: it is done, or cancelled already."""
        values = {"status": JobStatus.CANCELLED.value, "due_at": NEVER, "updated_at": rfc3339(self._clock.now())}
        query = duties.update().where(duties.c.id == duty_id, duties.c.status.not_in(_ENDED))
        query = query.values(error={"code": "job.cancelled", "detail": reason}, **values)
        return connection.execute(query).rowcount == 1

    def make_due(self, duty_id: str) -> Job:
        """Take a duty up as soon as possible, also one that met a fault.

        Raises:
            NotFoundError: there is none.
        """
        open_ones = duties.c.status.in_([JobStatus.WAITING.value, JobStatus.FAULT.value])
        now = rfc3339(self._clock.now())
        with self._database.transaction() as connection:
            connection.execute(
                duties.update()
                .where(duties.c.id == duty_id, open_ones)
                .values(status=JobStatus.WAITING.value, due_at=now, updated_at=now)
            )
        return self.duty(duty_id)

    def due(self, limit: int) -> list[Job]:
        """Duties of judging whose time has come, those that wait longest first."""
        now = self._clock.now()
        waits = (duties.c.status == JobStatus.WAITING.value) & (duties.c.due_at <= rfc3339(now))
        left = (duties.c.status == JobStatus.RUNNING.value) & (duties.c.updated_at < rfc3339(now - ABANDONED))
        judging = duties.c.kind.in_([kind.value for kind in JUDGING])
        query = sa.select(duties).where(judging, waits | left).order_by(duties.c.due_at, duties.c.id)
        return self._read(query.limit(limit))

    def unfinished(self, kind: DutyKind) -> list[Job]:
        """Duties of a kind that are neither done nor cancelled, the oldest first."""
        open_ones = (duties.c.kind == kind.value) & duties.c.status.not_in(_ENDED)
        return self._read(sa.select(duties).where(open_ones).order_by(duties.c.created_at, duties.c.id))

    def duty(self, duty_id: str) -> Job:
        """One duty, as a job.

        Raises:
            NotFoundError: there is none.
        """
        found = self._read(sa.select(duties).where(duties.c.id == duty_id))
        if not found:
            raise NotFoundError(duty_id)
        return found[0]

    def some(self, duty_ids: Sequence[str]) -> list[Job]:
        """Those of some duties that there are, as jobs, in this order."""
        found = {duty.id: duty for duty in self._read(sa.select(duties).where(duties.c.id.in_(duty_ids)))}
        return [found[name] for name in duty_ids if name in found]

    def recent(
        self,
        limit: int,
        after: tuple[str, str] | None = None,
        kind: DutyKind | None = None,
        *,
        within: Scope = ALL,
    ) -> list[Job]:
        """Newest duties first; `after` is `created_at` and `id` of the last one seen."""
        query = sa.select(duties).where(packages_within(within, duties.c.package_id))
        query = query.order_by(duties.c.created_at.desc(), duties.c.id).limit(limit)
        if kind is not None:
            query = query.where(duties.c.kind == kind.value)
        if after is not None:
            at, last = after
            query = query.where((duties.c.created_at < at) | ((duties.c.created_at == at) & (duties.c.id > last)))
        return self._read(query)

    def open_counts(self) -> dict[str, int]:
        """Duties that are neither done nor cancelled, by kind."""
        query = sa.select(duties.c.kind, sa.func.count()).where(duties.c.status.not_in(_ENDED))
        with self._database.reading() as connection:
            return {str(kind): int(count) for kind, count in connection.execute(query.group_by(duties.c.kind))}

    def of_package(self, package_id: str) -> list[Job]:
        """Duties of a dossier."""
        return self._read(sa.select(duties).where(duties.c.package_id == package_id).order_by(duties.c.kind))

    def _update(self, duty_id: str, **values: Any) -> bool:  # noqa: ANN401 - columns of several types
        mine = (duties.c.id == duty_id) & (duties.c.status != JobStatus.CANCELLED.value)
        with self._database.transaction() as connection:
            query = duties.update().where(mine).values(updated_at=rfc3339(self._clock.now()), **values)
            return connection.execute(query).rowcount == 1

    def _read(self, query: sa.Select[Any]) -> list[Job]:
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(query)]


def _job(row: sa.Row[Any]) -> Job:
    said = row._mapping  # noqa: SLF001 - SQLAlchemy's documented accessor
    shared: Sequence[str] = (
        *("id", "kind", "package_id", "submission_id", "agency", "file_code"),
        *("done", "total", "error", "attempt", "created_at", "updated_at"),
    )
    return Job(
        **{name: said[name] for name in shared},
        position=0,
        status=JobStatus(said["status"]),
        result=None,
        stage=None,
        documents=0,
        findings=(),
        approvals=(),
        same_as=None,
    )
