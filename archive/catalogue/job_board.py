"""Jobs as people look at them: by kind and state, newest first, of what they may see."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, unique

import sqlalchemy as sa

from archive.auth.policy import Scope
from archive.catalogue.database import Database
from archive.catalogue.duties import NEVER
from archive.catalogue.journal import DossierStatus, JobStatus
from archive.catalogue.tables import duties, jobs
from archive.catalogue.visibility import jobs_within, packages_within


@unique
class State(StrEnum):
    """What a job does, in the words of the page."""

    RUNNING = "running"
    WAITING = "waiting"
    """For a machine, or for something from outside."""

    HELD = "held"
    """For a person's approval."""

    STUCK = "stuck"
    """Waiting or running, and nothing has been heard of it for long."""

    FAULT = "fault"
    DONE = "done"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class JobBoard:
    """Queries of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ingest(
        self, limit: int, after: str = "", *, state: State | None, silent: str, within: Scope
    ) -> list[tuple[str, str]]:
        """Dossiers on their way: identifiers, each with the cursor behind it.

        Args:
            limit: How many at most.
            after: Cursor of the last one seen.
            state: Which; None: all.
            silent: Of what was not heard since then (RFC 3339) is told as stuck.
            within: What may be seen.
        """
        query = sa.select(jobs.c.id, jobs.c.created_at, jobs.c.position).where(jobs_within(within))
        if state is not None:
            query = query.where(_ingest(state, silent))
        if after:
            at, position, last = [*after.split("|"), "", ""][:3]
            number = int(position) if position.isdecimal() and len(position) < 10 else 0  # noqa: PLR2004 - digits
            later = (jobs.c.position > number) | ((jobs.c.position == number) & (jobs.c.id > last))
            query = query.where((jobs.c.created_at < at) | ((jobs.c.created_at == at) & later))
        query = query.order_by(jobs.c.created_at.desc(), jobs.c.position, jobs.c.id).limit(limit)
        with self._database.reading() as connection:
            return [(row.id, f"{row.created_at}|{row.position}|{row.id}") for row in connection.execute(query)]

    def duties(
        self, limit: int, after: str = "", *, kind: str, state: State | None, silent: str, within: Scope
    ) -> list[tuple[str, str]]:
        """The same of work on what is stored, of one kind."""
        query = sa.select(duties.c.id, duties.c.created_at)
        query = query.where(packages_within(within, duties.c.package_id), duties.c.kind == kind)
        if state is not None:
            query = query.where(_duty(state, silent))
        if after:
            at, _, last = after.partition("|")
            query = query.where((duties.c.created_at < at) | ((duties.c.created_at == at) & (duties.c.id > last)))
        query = query.order_by(duties.c.created_at.desc(), duties.c.id).limit(limit)
        with self._database.reading() as connection:
            return [(row.id, f"{row.created_at}|{row.id}") for row in connection.execute(query)]

    def counts(self, *, silent: str, within: Scope) -> Mapping[State, int]:
        """Dossiers on their way by state; what is stuck is counted as waiting or running too."""
        states = (State.RUNNING, State.WAITING, State.HELD, State.STUCK, State.FAULT)
        columns = [sa.func.coalesce(sa.func.sum(sa.case((_ingest(state, silent), 1), else_=0)), 0) for state in states]
        open_ones = jobs.c.status.in_([JobStatus.WAITING.value, JobStatus.RUNNING.value, JobStatus.FAULT.value])
        query = sa.select(*columns).where(open_ones, jobs_within(within))
        with self._database.reading() as connection:
            row = connection.execute(query).one()
        return {state: int(count) for state, count in zip(states, row, strict=True)}


def _ingest(state: State, silent: str) -> sa.ColumnElement[bool]:
    held = sa.func.coalesce(jobs.c.result, "") == DossierStatus.AWAITING_APPROVAL.value
    if state is State.HELD:
        return held
    if state is State.STUCK:
        moving = jobs.c.status.in_([JobStatus.WAITING.value, JobStatus.RUNNING.value])
        return moving & sa.not_(held) & (jobs.c.updated_at < silent)
    return (jobs.c.status == state.value) & sa.not_(held)


def _duty(state: State, silent: str) -> sa.ColumnElement[bool]:
    if state is State.HELD:
        return sa.false()
    if state is State.STUCK:
        overdue = (duties.c.status == JobStatus.WAITING.value) & (duties.c.due_at < silent) & (duties.c.due_at != NEVER)
        return overdue | ((duties.c.status == JobStatus.RUNNING.value) & (duties.c.updated_at < silent))
    return duties.c.status == state.value
