"""The journal of jobs: what is waiting, running and done, and which dossier codes are taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum, unique
from typing import Any

import sqlalchemy as sa

from archive.auth.policy import ALL, Scope
from archive.catalogue.database import Database
from archive.catalogue.entering import addition_code
from archive.catalogue.tables import claims, jobs, packages, submissions
from archive.catalogue.visibility import jobs_within, submissions_within
from metadata.errors import NotFoundError
from metadata.findings import Finding
from metadata.time import Clock, rfc3339


@unique
class JobStatus(StrEnum):
    """Words of the contract."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REJECTED = "rejected"
    FAULT = "fault"
    CANCELLED = "cancelled"


@unique
class DossierStatus(StrEnum):
    """What has become of a dossier; words of the contract."""

    ARCHIVED = "archived"
    AWAITING_APPROVAL = "awaiting_approval"
    RETURNED = "returned"
    REJECTED = "rejected"
    FAULT = "fault"
    RECEIVED = "received"


FINAL = frozenset({JobStatus.DONE, JobStatus.REJECTED, JobStatus.FAULT, JobStatus.CANCELLED})
ENDED = FINAL - {JobStatus.FAULT}
"""Nothing will be done for such a job any more, unless it is handed in anew."""

_ENDED = tuple(sorted(status.value for status in ENDED))


@dataclass(frozen=True, slots=True)
class Job:
    """One dossier on its way, as the journal knows it."""

    id: str
    submission_id: str
    agency: str
    kind: str
    position: int
    file_code: str
    package_id: str
    status: JobStatus
    result: DossierStatus | None
    stage: str | None
    done: int
    total: int
    documents: int
    findings: tuple[Finding, ...]
    error: Mapping[str, str] | None
    attempt: int
    approvals: tuple[str, ...]
    same_as: str | None
    created_at: str
    updated_at: str
    label: int | None = None
    """Rank of the strictest label of what it brings; None: nobody has told, so it is as closed as can be."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds a dossier code of an agency."""

    agency: str
    file_code: str
    fingerprint: str
    job_id: str
    submission_id: str
    package_id: str


class Journal:
    """Reads and writes jobs, submissions and claims."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # ------------------------------------------------------------ submissions and jobs

    def open_submission(self, row: Mapping[str, Any], work: Sequence[Mapping[str, Any]]) -> None:
        """Keep a submission and its jobs in one transaction."""
        now = rfc3339(self._clock.now())
        with self._database.transaction() as connection:
            connection.execute(submissions.insert().values(received_at=now, clock=self._clock.source, **row))
            for entry in work:
                connection.execute(
                    jobs.insert().values(
                        submission_id=row["id"],
                        agency=row["agency"],
                        kind="ingest",
                        status=JobStatus.WAITING.value,
                        findings=[],
                        created_at=now,
                        updated_at=now,
                        **{"approvals": [], **entry},
                    )
                )

    def submission(self, submission_id: str) -> Mapping[str, Any]:
        """The row of a submission.

        Raises:
            NotFoundError: there is none.
        """
        with self._database.reading() as connection:
            row = connection.execute(sa.select(submissions).where(submissions.c.id == submission_id)).first()
        if row is None:
            raise NotFoundError(submission_id)
        return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented accessor

    def submissions(self, limit: int, before: str | None = None, *, within: Scope) -> list[Mapping[str, Any]]:
        """Newest submissions first; `before` is a cursor `received_at|id` of the last one seen."""
        query = sa.select(submissions).where(submissions_within(within))
        query = query.order_by(submissions.c.received_at.desc(), submissions.c.id).limit(limit)
        if before is not None:
            at, _, last = before.partition("|")
            query = query.where(
                (submissions.c.received_at < at) | ((submissions.c.received_at == at) & (submissions.c.id > last))
            )
        with self._database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - as above

    def job(self, job_id: str) -> Job:
        """One job.

        Raises:
            NotFoundError: there is none.
        """
        found = self._jobs(jobs.c.id == job_id)
        if not found:
            raise NotFoundError(job_id)
        return found[0]

    def some(self, job_ids: Sequence[str]) -> list[Job]:
        """Those of some jobs that there are, in this order."""
        found = {job.id: job for job in self._jobs(jobs.c.id.in_(job_ids))}
        return [found[name] for name in job_ids if name in found]

    def under_way(self) -> set[str]:
        """Identifiers of all jobs for which a machine still has something to do; cheap, for those who ask often."""
        waiting = jobs.c.status.in_([JobStatus.WAITING.value, JobStatus.RUNNING.value]) & jobs.c.result.is_(None)
        with self._database.reading() as connection:
            return set(connection.execute(sa.select(jobs.c.id).where(waiting)).scalars())

    def knows(self, job_id: str) -> bool:
        """Whether there is such a job."""
        return bool(self._jobs(jobs.c.id == job_id))

    def unfinished(self) -> set[str]:
        """Identifiers of the jobs that may still be taken up."""
        return self._unfinished(jobs.c.id)

    def unfinished_submissions(self) -> set[str]:
        """Identifiers of the submissions of which a job may still be taken up."""
        return self._unfinished(jobs.c.submission_id)

    def has_unfinished(self, submission_id: str) -> bool:
        """Whether a job of the submission may still be taken up."""
        query = sa.select(jobs.c.id).where(jobs.c.submission_id == submission_id, jobs.c.status.not_in(_ENDED))
        with self._database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def _unfinished(self, column: sa.Column[str]) -> set[str]:
        with self._database.reading() as connection:
            return set(connection.execute(sa.select(column).where(jobs.c.status.not_in(_ENDED))).scalars())

    def of_submission(self, submission_id: str) -> list[Job]:
        """Jobs of a submission, in the order of its dossiers."""
        return self._jobs(jobs.c.submission_id == submission_id)

    def page_of_submission(self, submission_id: str, first: int, limit: int) -> list[Job]:
        """Some jobs of a submission, in the order of its dossiers: a large one is not read whole to show a part."""
        query = sa.select(jobs).where(jobs.c.submission_id == submission_id)
        query = query.order_by(jobs.c.position, jobs.c.id).offset(first).limit(limit)
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(query)]

    def tally(self, submission_ids: Sequence[str]) -> dict[str, dict[str, tuple[int, int]]]:
        """Dossiers and documents of submissions by state.

        A state is the result, `already` for one that is held from an earlier delivery, `cancelled`,
        or the status of the job where there is no result yet.
        """
        word = sa.case(
            (jobs.c.status == JobStatus.CANCELLED.value, jobs.c.status),
            (jobs.c.result.is_not(None), jobs.c.result),
            (jobs.c.same_as.is_not(None), "already"),
            else_=jobs.c.status,
        )
        query = (
            sa.select(jobs.c.submission_id, word, sa.func.count(), sa.func.sum(jobs.c.documents))
            .where(jobs.c.submission_id.in_(submission_ids))
            .group_by(jobs.c.submission_id, word)
            .order_by(word)
        )
        found: dict[str, dict[str, tuple[int, int]]] = {submission_id: {} for submission_id in submission_ids}
        with self._database.reading() as connection:
            for submission_id, state, count, documents in connection.execute(query):
                found[submission_id][state] = (count, documents)
        return found

    def with_status(self, *wanted: JobStatus) -> list[Job]:
        """Jobs that are in one of the states, oldest first."""
        return self._jobs(jobs.c.status.in_([status.value for status in wanted]))

    def of_package(self, package_id: str) -> list[Job]:
        """Jobs that made or are making a package."""
        return self._jobs(jobs.c.package_id == package_id)

    def recent(self, limit: int, after: str | None = None, *, within: Scope = ALL) -> list[Job]:
        """Newest jobs first; `after` is a cursor `created_at|position|id` of the last one seen."""
        query = sa.select(jobs).where(jobs_within(within))
        query = query.order_by(jobs.c.created_at.desc(), jobs.c.position, jobs.c.id).limit(limit)
        if after is not None:
            at, position, last = after.split("|")
            same_time = jobs.c.created_at == at
            query = query.where(
                (jobs.c.created_at < at)
                | (same_time & (jobs.c.position > int(position)))
                | (same_time & (jobs.c.position == int(position)) & (jobs.c.id > last))
            )
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(query)]

    def counts(self, *, within: Scope) -> dict[str, int]:
        """Number of jobs by result, or by status where there is none yet, or the job was cancelled."""
        cancelled = jobs.c.status == JobStatus.CANCELLED.value
        word = sa.case((cancelled, jobs.c.status), else_=sa.func.coalesce(jobs.c.result, jobs.c.status))
        query = sa.select(word, sa.func.count()).where(jobs_within(within)).group_by(word)
        with self._database.reading() as connection:
            return {str(state): int(count) for state, count in connection.execute(query)}

    def _jobs(self, condition: sa.ColumnElement[bool]) -> list[Job]:
        query = sa.select(jobs).where(condition).order_by(jobs.c.created_at, jobs.c.position)
        with self._database.reading() as connection:
            return [_job(row) for row in connection.execute(query)]

    def update(self, job_id: str, connection: sa.Connection | None = None, **values: Any) -> None:  # noqa: ANN401
        """Change columns of a job; one that was cancelled stays as it is."""
        if connection is None:
            with self._database.transaction() as own:
                self.update(job_id, own, **values)
            return
        self._change(connection, jobs.c.id == job_id, values)

    def _change(self, connection: sa.Connection, which: sa.ColumnElement[bool], values: Mapping[str, Any]) -> bool:
        query = jobs.update().where(which, jobs.c.status != JobStatus.CANCELLED.value)
        return connection.execute(query.values(updated_at=rfc3339(self._clock.now()), **values)).rowcount == 1

    # ------------------------------------------------------------ cancelling

    def enter(self, job_id: str, stage: str) -> bool:
        """Note that a stage begins, unless the job was cancelled: then False, and it must not."""
        values = {"status": JobStatus.RUNNING.value, "stage": stage, "done": 0, "total": 0}
        with self._database.transaction() as connection:
            return self._change(connection, jobs.c.id == job_id, values)

    def goes_on(self, job_id: str, connection: sa.Connection) -> bool:
        """Whether the job was not cancelled; nobody cancels it before the end of the transaction."""
        return self._change(connection, jobs.c.id == job_id, {})

    def cancel(self, job_id: str, connection: sa.Connection, *, beyond: Sequence[str], reason: str) -> bool:
        """Cancel a job and give back what it holds, in one step; False: it is decided, held or too far.

        Args:
            job_id: The job.
            connection: Inside a transaction.
            beyond: Stages from whose beginning on something of it may be stored.
            reason: In the words of who cancels; may be empty.
        """
        open_ones = jobs.c.status.in_([JobStatus.WAITING.value, JobStatus.RUNNING.value, JobStatus.FAULT.value])
        undecided = jobs.c.result.is_(None) | (jobs.c.result == DossierStatus.FAULT.value)
        near = jobs.c.stage.is_(None) | jobs.c.stage.not_in(beyond)
        unstored = jobs.c.package_id.not_in(sa.select(packages.c.id))
        values = {
            "status": JobStatus.CANCELLED.value,
            "result": DossierStatus.RETURNED.value,
            "error": {"code": "job.cancelled", "detail": reason},
        }
        which = (jobs.c.id == job_id) & open_ones & undecided & near & unstored
        done = self._change(connection, which, values)
        if done:
            connection.execute(claims.delete().where(claims.c.job_id == job_id))
        return done

    # ------------------------------------------------------------ claims

    def claim(self, wanted: Claim) -> Claim:
        """Take the dossier code for `wanted.job_id`, or tell who holds it; decided by the database, once."""
        with self._database.transaction() as connection:
            holder = connection.execute(
                sa.select(claims).where(claims.c.agency == wanted.agency, claims.c.file_code == wanted.file_code)
            ).first()
            if holder is not None:
                return Claim(*holder)
            connection.execute(
                claims.insert().values(
                    agency=wanted.agency,
                    file_code=wanted.file_code,
                    fingerprint=wanted.fingerprint,
                    job_id=wanted.job_id,
                    submission_id=wanted.submission_id,
                    package_id=wanted.package_id,
                )
            )
            return wanted

    def claim_addition(self, wanted: Claim, dossier_id: str, decide: Callable[[Sequence[str]], bool]) -> Claim | None:
        """Take `wanted.file_code` if `decide` agrees; nobody else claims for the same dossier meanwhile.

        Args:
            wanted: With the code of an addition to the dossier.
            dossier_id: The stored dossier.
            decide: Called with the jobs of other additions that are claimed and not stored yet.

        Returns:
            Who holds the code already, if anybody.
        """
        with self._database.transaction() as connection:
            # SQLite lets one writer in anyway; elsewhere those who add to the same dossier wait for each other here.
            dossier = sa.select(packages.c.id).where(packages.c.id == dossier_id)
            connection.execute(dossier.with_for_update())
            own = (claims.c.agency == wanted.agency) & (claims.c.file_code == wanted.file_code)
            holder = connection.execute(sa.select(claims).where(own)).first()
            if holder is not None:
                return Claim(*holder)
            others = sa.select(claims.c.job_id).where(
                claims.c.agency == wanted.agency,
                claims.c.file_code.startswith(addition_code(dossier_id, ""), autoescape=True),
                claims.c.package_id.not_in(sa.select(packages.c.id)),
                claims.c.job_id != "",
            )
            if decide(list(connection.execute(others).scalars())):
                connection.execute(claims.insert().values(**asdict(wanted)))
            return None

    def holder(self, agency: str, file_code: str) -> Claim | None:
        """Who holds the code, if anybody."""
        with self._database.reading() as connection:
            row = connection.execute(
                sa.select(claims).where(claims.c.agency == agency, claims.c.file_code == file_code)
            ).first()
        return None if row is None else Claim(*row)

    def under_way_before(self, job_id: str) -> str | None:
        """An earlier job for the same code of the same agency that is still on its way; None: there is none."""
        other = jobs.alias()
        query = (
            sa.select(other.c.id)
            .join(jobs, sa.and_(jobs.c.agency == other.c.agency, jobs.c.file_code == other.c.file_code))
            .where(
                jobs.c.id == job_id,
                other.c.id != job_id,
                other.c.created_at <= jobs.c.created_at,
                other.c.status.in_((JobStatus.WAITING.value, JobStatus.RUNNING.value)),
            )
            .order_by(other.c.created_at)
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalars().first()

    def release(self, job_id: str) -> None:
        """Give back what a rejected or returned job holds; a stored dossier is never given back."""
        with self._database.transaction() as connection:
            stored = sa.select(packages.c.id)
            connection.execute(claims.delete().where(claims.c.job_id == job_id, claims.c.package_id.not_in(stored)))


def _job(row: sa.Row[Any]) -> Job:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented accessor
    values["status"] = JobStatus(values["status"])
    values["result"] = DossierStatus(values["result"]) if values["result"] else None
    values["findings"] = tuple(Finding.model_validate(entry) for entry in values["findings"])
    values["approvals"] = tuple(values["approvals"])
    return Job(**values)
