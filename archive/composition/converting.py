"""Conversions between the circulars, wired; what an interrupted process left of them is taken up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from archive.catalogue.described import Described
from archive.errors import ConversionRunningError
from archive.services.conversion_jobs import ConversionJobs
from metadata.errors import ArchiveError

if TYPE_CHECKING:
    from archive.composition.installation import Installation

FOLDER = "conversions"


def conversion_jobs(archive: Installation) -> ConversionJobs:
    """Conversions of the holding of `archive`."""
    return ConversionJobs(
        catalogue=archive.catalogue,
        described=Described(archive.database),
        duties=archive.duties,
        trail=archive.trail,
        root=archive.home.path / FOLDER,
        clock=archive.clock,
    )


def work_conversions(archive: Installation, stopped: Callable[[], bool] = lambda: False) -> int:
    """Go on with conversions whose process died; how many. One question to the database when there is none."""
    jobs = conversion_jobs(archive)
    worked = 0
    for job_id in jobs.left():
        if stopped():
            break
        try:
            jobs.go_on(job_id, lambda _: None, stopped)
            worked += 1
        except ConversionRunningError:
            continue
        except ArchiveError:
            # It stands in the job, for whoever looks; what else this process does goes on.
            continue
    return worked
