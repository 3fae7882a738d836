"""Section `bridge`: a holding of TT 02/2019 converted to TT 05/2025 as one job, report and workbook written.

The size is the number of documents, 50 a dossier. No file is read: there is none.
"""

from __future__ import annotations

import time
from pathlib import Path

from archive.catalogue.described import Described
from archive.catalogue.duties import Duties
from archive.catalogue.trail import AuditTrail
from archive.services.conversion import Ends
from archive.services.conversion_jobs import ConversionJobs, Order
from tests.fakes.clock import StandingClock
from tests.generators.held_2019 import fill, new_catalogue, new_database

SIZES = (1_000, 10_000, 100_000)
TARGETS = {"seconds_a_document": 1 / 200}
A_DOSSIER = 50


def prepare(size: int, folder: Path) -> None:
    """The catalogue of such a holding."""
    database = new_database(folder)
    fill(new_catalogue(database), size // A_DOSSIER, A_DOSSIER)
    database.close()


def measure(size: int, folder: Path) -> dict[str, float]:
    """Convert it, to the finished report."""
    database = new_database(folder)
    clock = StandingClock()
    jobs = ConversionJobs(
        catalogue=new_catalogue(database),
        described=Described(database),
        duties=Duties(database, clock),
        trail=AuditTrail(database, clock),
        root=folder / "conversions",
        clock=clock,
    )
    began = time.perf_counter()
    ended = jobs.run(jobs.order(Order(Ends("02-2019", "05-2025"), (), "", "vi")))
    seconds = time.perf_counter() - began
    database.close()
    if ended.counts.documents_in != size or not ended.counts.equal:
        msg = f"{ended.counts.documents_in} documents in, {ended.counts.documents_out} out, of {size}"
        raise SystemExit(msg)
    return {
        "seconds": round(seconds, 3),
        "documents_a_second": round(size / seconds, 1),
        "seconds_a_document": round(seconds / size, 6),
        "notes": ended.counts.losses + ended.counts.doubts,
    }
