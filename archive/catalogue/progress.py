"""How far submissions are, for many that are watched at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.tables import jobs

_MOST_RUNNING = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """What has become of a submission so far."""

    version: str
    """Another one whenever a job of it has changed."""

    states: Mapping[str, int]
    """Dossiers by state, as `Journal.tally` counts them."""

    running: tuple[Mapping[str, Any], ...] = ()
    """Some of the dossiers that a machine works on: code, stage, and how much of how much."""

    @property
    def moving(self) -> bool:
        """Whether a machine still has something to do."""
        return bool(self.states.keys() & {"waiting", "running"})


def progress_of(database: Database, submission_ids: Collection[str]) -> dict[str, Progress]:
    """Progress by submission; without those that are not there. Two queries, however many are asked about.

    Raises:
        DatabaseFaultError: the database failed.
    """
    word = sa.case(
        (jobs.c.result.is_not(None), jobs.c.result),
        (jobs.c.same_as.is_not(None), "already"),
        else_=jobs.c.status,
    )
    mine = jobs.c.submission_id.in_(list(submission_ids))
    counted = (
        sa.select(jobs.c.submission_id, word, sa.func.count(), sa.func.max(jobs.c.updated_at), sa.func.sum(jobs.c.done))
        .where(mine)
        .group_by(jobs.c.submission_id, word)
        .order_by(jobs.c.submission_id, word)
    )
    columns = (jobs.c.submission_id, jobs.c.file_code, jobs.c.stage, jobs.c.done, jobs.c.total)
    running = sa.select(*columns).where(mine, jobs.c.status == "running").order_by(jobs.c.position)
    states: dict[str, dict[str, int]] = {}
    versions: dict[str, list[str]] = {}
    works: dict[str, list[Mapping[str, Any]]] = {}
    with database.reading() as connection:
        for submission_id, state, count, updated, done in connection.execute(counted):
            states.setdefault(submission_id, {})[state] = count
            versions.setdefault(submission_id, []).append(f"{state}:{count}:{updated}:{done}")
        for submission_id, code, stage, done, total in connection.execute(running.limit(_MOST_RUNNING * 50)):
            work = {"file_code": code, "stage": stage, "done": done, "total": total}
            works.setdefault(submission_id, []).append(work)
    return {
        submission_id: Progress(
            "|".join(versions[submission_id]), counts, tuple(works.get(submission_id, ())[:_MOST_RUNNING])
        )
        for submission_id, counts in states.items()
    }
