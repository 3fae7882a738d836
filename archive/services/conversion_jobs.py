"""A conversion of stored dossiers, or of the whole holding, as one job that goes on where it was interrupted.

Every converted dossier is a line in the job's folder before the next one is
read; the job itself is a duty, shown among the jobs. Whoever holds the lock of
the folder works on it, so that a process that died holds nobody up.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from archive.auth.policy import ALL
from archive.catalogue.described import Described
from archive.catalogue.duties import NEVER, Duties, DutyKind, Owed
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import Job, JobStatus
from archive.catalogue.trail import AuditTrail
from archive.durable import alone, faults_of, write_durably
from archive.errors import CancelledJobError, ConversionRunningError
from archive.reports.conversions import Counts, write_converted, write_report
from archive.services.conversion import ConvertedDossier, Ends, converted
from metadata.errors import ArchiveError, NotFoundError
from metadata.events import EventType, derived_id
from metadata.time import Clock

SYNCED_EVERY = 50
"""Dossiers between two points to which an interrupted conversion goes back at most."""

_BATCH = 200
_LINES, _ORDER, _LOCK = "lines.jsonl", "job.json", "lock"
REPORT, WORKBOOK = "bao-cao-chuyen-doi.xlsx", "du-lieu-da-chuyen-doi.xlsx"


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for."""

    ends: Ends
    dossier_ids: tuple[str, ...]
    """Empty: the whole holding."""

    folder: str
    """Where report and workbook go; empty: into the job's own folder."""

    language: str
    run: str = ""
    """Tells this run of the order from an earlier one."""

    @property
    def name(self) -> str:
        """The same order has the same name."""
        return derived_id(
            "conversion", self.ends.source, self.ends.target, self.folder, self.language, *self.dossier_ids
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """A conversion that has ended."""

    job_id: str
    counts: Counts
    report: Path
    workbook: Path


@dataclass(frozen=True, slots=True)
class ConversionJobs:
    """Makes and works off conversions."""

    catalogue: Catalogue
    described: Described
    duties: Duties
    trail: AuditTrail
    root: Path
    """Folder of the jobs' folders."""

    clock: Clock

    def order(self, wanted: Order) -> str:
        """Open the job, durable on return; its identifier. One that is not done goes on as it was ordered."""
        total = len(wanted.dossier_ids) or self.catalogue.counts(within=ALL)["dossiers"]
        label = f"{wanted.ends.source} → {wanted.ends.target}"
        open_ones = {job.id for job in self.duties.unfinished(DutyKind.CONVERSION)}
        job_id = self.duties.owe(Owed(DutyKind.CONVERSION, wanted.name, "", "", label, total, "ordered"), due_at=NEVER)
        folder = self.root / job_id
        if job_id not in open_ones:
            # Its end may have been written down and its folder left by a process that died in between.
            _forget(folder)
        if not (folder / _ORDER).exists():
            said = {
                "run": str(uuid4()),
                "from": wanted.ends.source,
                "to": wanted.ends.target,
                "dossiers": list(wanted.dossier_ids),
                "folder": wanted.folder,
                "language": wanted.language,
            }
            write_durably(folder / _ORDER, json.dumps(said, ensure_ascii=False).encode())
        return job_id

    def run(self, job_id: str, tell: Callable[[ConvertedDossier], None] | None = None) -> Ended:
        """Work the job off from where it stands.

        Args:
            job_id: As `order` gave it.
            tell: Told of every dossier, those of an earlier attempt first.

        Raises:
            NotFoundError: nothing of it is left to be done.
            ConversionRunningError: another process is at it.
            CancelledJobError: somebody cancelled it; nothing of it is kept.
            ArchiveError: the system failed; the job goes on when it is run again.
        """
        ended = self.go_on(job_id, tell or (lambda _: None), lambda: False)
        if ended is None:
            msg = f"{job_id} stopped though nobody asked for it"
            raise RuntimeError(msg)
        return ended

    def go_on(self, job_id: str, tell: Callable[[ConvertedDossier], None], stopped: Callable[[], bool]) -> Ended | None:
        """As `run`, until `stopped` says so between two dossiers: then None, and the job can be taken up again."""
        folder = self.root / job_id
        with _alone(folder / _LOCK, job_id):
            if not (folder / _ORDER).exists():
                raise NotFoundError(job_id)
            wanted = _read_order(folder / _ORDER)
            duty = self.duties.hold(job_id)
            try:
                return self._run(folder, wanted, duty, tell, stopped)
            except CancelledJobError:
                _forget(folder)
                raise
            except ArchiveError as error:
                self.duties.fault(duty, code=error.code, why=str(error))
                raise

    def clear_cancelled(self, job_id: str) -> None:
        """Clear away what a cancelled conversion left; a process that is at it does so itself between two dossiers."""
        with suppress(ConversionRunningError), _alone(self.root / job_id / _LOCK, job_id):
            _forget(self.root / job_id)

    def _goes_on(self, duty: Job, done: int) -> None:
        if not self.duties.told(duty.id, done):
            raise CancelledJobError(duty.id)

    def left(self) -> list[str]:
        """Jobs that are neither done nor worked on by a living process."""
        return [
            job.id
            for job in self.duties.unfinished(DutyKind.CONVERSION)
            if job.status is not JobStatus.FAULT and (self.root / job.id / _ORDER).exists() and self._free(job.id)
        ]

    def _free(self, job_id: str) -> bool:
        try:
            with _alone(self.root / job_id / _LOCK, job_id):
                return True
        except ConversionRunningError:
            return False

    def _run(
        self,
        folder: Path,
        wanted: Order,
        duty: Job,
        tell: Callable[[ConvertedDossier], None],
        stopped: Callable[[], bool],
    ) -> Ended | None:
        lines = folder / _LINES
        done = 0
        last: ConvertedDossier | None = None
        _cut_to_whole_lines(lines)
        for last in _read_lines(lines):
            done += 1
            tell(last)
        with _Lines(lines) as kept:
            for row in self._rows(wanted, last, done):
                if stopped():
                    return None
                found = self._converted(row, wanted.ends)
                kept.add(found)
                done += 1
                tell(found)
                if done % SYNCED_EVERY == 0:
                    kept.sync()
                    self._goes_on(duty, done)
        return self._finish(folder, wanted, duty, done)

    def _finish(self, folder: Path, wanted: Order, duty: Job, done: int) -> Ended:
        self._goes_on(duty, done)
        place = Path(wanted.folder) if wanted.folder else folder
        with faults_of(place):
            place.mkdir(parents=True, exist_ok=True)
        lines, created = folder / _LINES, self.clock.now()
        report, workbook = place / REPORT, place / WORKBOOK
        write_converted(workbook, lambda: _read_lines(lines), wanted.ends, created=created)
        counts = write_report(
            report, lambda: _read_lines(lines), wanted.ends, created=created, language=wanted.language
        )
        self.trail.record(
            self.trail.event(
                EventType.PROFILE_CONVERSION,
                duty.id,
                id=derived_id("conversion", duty.id, wanted.run),
                detail={
                    "from": wanted.ends.source,
                    "to": wanted.ends.target,
                    "dossiers": f"{counts.dossiers_in}/{counts.dossiers_out}",
                    "documents": f"{counts.documents_in}/{counts.documents_out}",
                    "losses": str(counts.losses),
                    "doubts": str(counts.doubts),
                },
            )
        )
        self.duties.finish(duty)
        # A finished job is told by its report; the same order is worked off anew.
        _forget(folder)
        return Ended(duty.id, counts, report, workbook)

    # ------------------------------------------------------------ dossiers

    def _rows(self, wanted: Order, last: ConvertedDossier | None, done: int) -> Iterator[Mapping[str, Any]]:
        if wanted.dossier_ids:
            for dossier_id in wanted.dossier_ids[done:]:
                yield self.catalogue.dossier(dossier_id)
            return
        after = last.cursor if last else None
        while batch := self.catalogue.dossiers(_BATCH, after, within=ALL):
            yield from batch
            after = _cursor(batch[-1])

    def _converted(self, row: Mapping[str, Any], ends: Ends) -> ConvertedDossier:
        dossier_id = str(row["package_id"])
        found = converted(self.described.parts(dossier_id), ends)
        return found.model_copy(
            update={"package_id": dossier_id, "documents_in": row["documents"], "cursor": _cursor(row)}
        )


def _forget(folder: Path) -> None:
    with faults_of(folder):
        (folder / _LINES).unlink(missing_ok=True)
        (folder / _ORDER).unlink(missing_ok=True)


def _cursor(row: Mapping[str, Any]) -> str:
    return f"{row['stored_at']}|{row['package_id']}"


def _read_order(path: Path) -> Order:
    with faults_of(path):
        said = json.loads(path.read_bytes())
    return Order(Ends(said["from"], said["to"]), tuple(said["dossiers"]), said["folder"], said["language"], said["run"])


def _read_lines(path: Path) -> Iterator[ConvertedDossier]:
    if not path.exists():
        return
    with faults_of(path), path.open("rb") as stream:
        for line in stream:
            yield ConvertedDossier.model_validate_json(line)


def _cut_to_whole_lines(path: Path) -> None:
    """Half a line is what a killed process left: its dossier is converted again."""
    if not path.exists():
        return
    with faults_of(path), path.open("r+b") as stream:
        end = 0
        for line in stream:
            end += len(line) if line.endswith(b"\n") else 0
        stream.truncate(end)


class _Lines:
    """Appends converted dossiers; on the disk when it is left, and at every `sync` between."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with faults_of(path):
            self._stream = path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.sync()
        finally:
            self._stream.close()

    def add(self, found: ConvertedDossier) -> None:
        with faults_of(self._path):
            self._stream.write(found.model_dump_json().encode() + b"\n")

    def sync(self) -> None:
        with faults_of(self._path):
            self._stream.flush()
            os.fsync(self._stream.fileno())


@contextmanager
def _alone(path: Path, job_id: str) -> Iterator[None]:
    """Hold the lock at `path`; whoever dies lets go of it."""
    with alone(path) as mine:
        if not mine:
            raise ConversionRunningError(job_id)
        yield
