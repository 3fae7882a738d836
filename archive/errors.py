"""Faults of the application itself."""

from __future__ import annotations

from typing import ClassVar

from metadata.errors import ArchiveError, UsageError


class NewerHomeError(UsageError):
    """The home was made by a newer version; using it could destroy what this one does not know."""

    code: ClassVar[str] = "home.newer"

    def __init__(self, *, found: int, known: int, program: str) -> None:
        self.found = found
        self.known = known
        super().__init__(f"home has format {found}, luutru {program} knows format {known}")


class NoHomeError(UsageError):
    """There is no home yet."""

    code: ClassVar[str] = "home.missing"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"no home at {path}: run `luutru init`")


class SettingsError(UsageError):
    """A setting is misspelt, unknown or impossible."""

    code: ClassVar[str] = "settings.invalid"


class DatabaseFaultError(ArchiveError):
    """The catalogue's database failed."""

    code: ClassVar[str] = "database.fault"


class WorkFolderFaultError(ArchiveError):
    """The work folder could not be written or read (disk full, permissions)."""

    code: ClassVar[str] = "work.fault"


class InterruptedJobError(ArchiveError):
    """A job lost its work folder and cannot go on by itself."""

    code: ClassVar[str] = "job.source_lost"

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"the work folder of job {job_id} is lost; hand the delivery in again")


class JobStoppedError(ArchiveError):
    """A job stopped and not even that could be written down; whoever waits for it must be told."""

    code: ClassVar[str] = "job.stopped"
