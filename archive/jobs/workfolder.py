"""The work folder of a job: dossier, quarantine, facts; a crash leaves the old or the new, never half."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from archive.durable import faults_of, write_durably
from archive.errors import WorkFolderFaultError
from ingest.facts import Fact
from metadata.compact_lines import LinesBrokenError, lines_of, model_of
from metadata.descriptions import Delivery

M = TypeVar("M", bound=BaseModel)


class WorkFolder:
    """Files of one job below the home's `work/`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether anything is there."""
        return self.path.is_dir()

    def write_delivery(self, delivery: Delivery) -> None:
        """Keep the part of the delivery that this job is about."""
        write_durably(self.path / "delivery.json", lines_of(delivery))

    def delivery(self) -> Delivery:
        """The part of the delivery that this job is about.

        Raises:
            WorkFolderFaultError: it is lost or unreadable.
        """
        found = self._read(self.path / "delivery.json", Delivery)
        if found is None:
            msg = f"{self.path}: delivery.json is lost"
            raise WorkFolderFaultError(msg)
        return found

    def write_fact(self, stage: str, fact: Fact) -> None:
        """Keep what `stage` gave."""
        write_durably(self._fact_path(stage), lines_of(fact))

    def fact(self, stage: str, kind: type[M]) -> M | None:
        """What `stage` gave, or None when it has not."""
        return self._read(self._fact_path(stage), kind)

    @contextmanager
    def alone(self, *, wait: bool = True) -> Iterator[bool]:
        """Hold the job for this process: a second one waits, and then finds the work done; or is told False at once.

        A folder that is gone has nothing to protect.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            yield True
            return
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Remove everything; safe to repeat."""
        with faults_of(self.path):
            shutil.rmtree(self.path, ignore_errors=True)

    def _fact_path(self, stage: str) -> Path:
        return self.path / "facts" / f"{stage}.json"

    @staticmethod
    def _read(path: Path, kind: type[M]) -> M | None:
        try:
            with path.open("rb") as lines:
                return model_of(kind, lines)
        except FileNotFoundError:
            return None
        except OSError as error:
            msg = f"{path}: {error}"
            raise WorkFolderFaultError(msg) from error
        except ValidationError as error:
            msg = f"{path} is not readable as {kind.__name__}: {error.error_count()} errors"
            raise WorkFolderFaultError(msg) from error
        except LinesBrokenError as error:
            msg = f"{path} is not readable as {kind.__name__}: {error}"
            raise WorkFolderFaultError(msg) from error


@contextmanager
def receiving(work_root: Path) -> Iterator[None]:
    """Held while folders are below `work_root` whose jobs are not in the journal yet; several may hold it.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    with _lock(work_root) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


def sweep(work_root: Path, needed: Callable[[], Collection[str]], needed_rooms: Callable[[], Collection[str]]) -> None:
    """Remove work folders that nobody needs: left by a kill before the job was in the journal, or after it ended.

    Not while a delivery is being received: its folders have no jobs yet. The next start sweeps again.

    Args:
        work_root: The home's `work/`.
        needed: Gives the identifiers of the jobs whose folders stay.
        needed_rooms: Gives the identifiers of the submissions whose rooms stay.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    with _lock(work_root) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        for folder, kept in (("jobs", needed()), ("rooms", needed_rooms())):
            for path in (work_root / folder).glob("*"):
                if path.name not in kept:
                    WorkFolder(path).remove()


@contextmanager
def _lock(work_root: Path) -> Iterator[int]:
    path = work_root / "receiving.lock"
    with faults_of(path):
        work_root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
