"""What a long-lived process owes beside answers: the index, the trail, exports, uploads that nobody needs any more."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from archive.api import idempotency
from archive.composition import Archive
from archive.composition.exporting import ExportDuty, export_jobs
from archive.composition.submitting import is_packed
from archive.services.resubmissions import Resubmissions
from archive.services.upload_rooms import Bounds
from archive.services.uploads import Uploads
from metadata.errors import ArchiveError

SWEEP_SECONDS = 10.0
"""How often uploads that are received are cleared away."""

_log = logging.getLogger("luutru.api")


class Beside(Protocol):
    """The process of the same server that does all this, and works jobs off, as those know it that answer."""

    def jobs(self) -> None:
        """Tell it that jobs wait."""
        ...

    def exports(self) -> None:
        """Tell it that exports wait."""
        ...


class Upkeep:
    """The duties of one installation, and what they share with the answers."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.answers = archive.home.work / "idempotency"
        """Folder of answers that are given again."""

        self.uploads = Uploads(
            archive.home.uploads,
            submissions=archive.submissions,
            journal=archive.journal,
            runner=archive.runner,
            clock=archive.clock,
            bounds=Bounds(
                max_file_bytes=archive.settings.serve.max_upload_mib << 20,
                unfinished=timedelta(days=archive.settings.intake.unfinished_days),
                refused=timedelta(days=archive.settings.intake.refused_days),
            ),
        )
        self.resubmissions = Resubmissions(
            self.uploads,
            archive.journal,
            archive.home.receipts / "corrected",
            archive.trail,
            archive.clock,
            is_packed,
        )
        self.exporting = ExportDuty(export_jobs(archive))

    @contextmanager
    def kept_up(self) -> Iterator[None]:
        """Do all of it in the background."""
        stop = threading.Event()
        duties = (self._archive.keep_up, self._clear, self.exporting.keep_up)
        threads = [threading.Thread(target=_persist, args=(duty, stop), daemon=True) for duty in duties]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _clear(self, stop: threading.Event) -> None:
        while not stop.wait(SWEEP_SECONDS):
            # First what follows which: files that were handed in again need not wait any longer.
            self.resubmissions.settle()
            self.uploads.sweep()
            idempotency.sweep(self.answers, self._archive.clock)
            self._archive.desk.accounts.sweep()


def _persist(duty: Callable[[threading.Event], None], stop: threading.Event) -> None:
    """A duty that met a fault is taken up again: nothing of it is lost, only late."""
    while not stop.is_set():
        try:
            duty(stop)
        except (ArchiveError, OSError) as error:
            _log.warning("duty_failed", extra={"error": type(error).__name__})
            stop.wait(SWEEP_SECONDS)
