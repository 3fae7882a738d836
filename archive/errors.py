"""Faults of the application itself."""

from __future__ import annotations

from typing import ClassVar

from metadata.errors import ArchiveError, UsageError
from metadata.messages import every_text


class NewerHomeError(UsageError):
    """The home was made by a newer version; using it could destroy what this one does not know."""

    code: ClassVar[str] = "home.newer"

    def __init__(self, *, found: int, known: int, program: str) -> None:
        self.found = found
        self.known = known
        super().__init__(f"home has format {found}, luutru {program} knows format {known}")


class OlderHomeError(UsageError):
    """The home was made by an older version and has not been upgraded yet."""

    code: ClassVar[str] = "home.older"

    def __init__(self, *, found: int, known: int, program: str) -> None:
        self.found = found
        self.known = known
        super().__init__(f"home has format {found}, luutru {program} works with format {known}: run `luutru init`")


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


class EndedJobError(UsageError):
    """A job that has ended for good cannot be tried again."""

    code: ClassVar[str] = "job.ended"

    def __init__(self, job_id: str, status: str) -> None:
        self.job_id, self.status = job_id, status
        super().__init__(f"job {job_id} is {status}: there is nothing to try again")


class CancelledJobError(UsageError):
    """Somebody cancelled the job while it was worked on."""

    code: ClassVar[str] = "job.cancelled"

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"job {job_id} was cancelled; nothing of it is kept")


class NotCancelledError(UsageError):
    """A job cannot be given up any more, or not in this way."""

    code: ClassVar[str] = "job.not_cancelled"

    def __init__(self, why: str) -> None:
        self.why = why
        """Key of a message: `administration.not_cancelled.…`."""
        super().__init__(every_text(f"administration.not_cancelled.{why}"))


class BaseUnderWayError(ArchiveError):
    """A supplement or replacement came before the dossier that it adds to was stored; repeat it when that is done."""

    code: ClassVar[str] = "job.base_under_way"

    def __init__(self, file_code: str, job_id: str) -> None:
        self.file_code = file_code
        self.job_id = job_id
        super().__init__(f"dossier {file_code!r} is not stored yet (job {job_id}); repeat when it is")


class ConversionRunningError(UsageError):
    """Another process works on the same conversion."""

    code: ClassVar[str] = "conversion.running"

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"job {job_id} is being worked on by another process")


class MissingDeliveryError(UsageError):
    """Nothing lies where the delivery is said to be."""

    code: ClassVar[str] = "delivery.missing"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


class UnknownDeliveryError(UsageError):
    """A file that is no delivery by itself: a spreadsheet that nobody called a register, a picture."""

    code: ClassVar[str] = "delivery.unknown"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)
