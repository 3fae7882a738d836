"""A package of TT 05/2025 read and judged: METS, descriptions and PREMIS parsed, every file hashed and compared.

`size` is documents; files are twice as many and the METS, EAD and PREMIS files beside them. METS is what archival
programs write: 3 KB a document, with technical and provenance metadata (PREMIS in METS, three digests), a description,
a `file` that is joined with all of them, and a division. What `check` does before it looks inside single documents
(which costs the same whatever they came in) is measured: the reader in real workers, the rules of metadata, and the
stage `receive` in place, which hashes every byte once and compares all that is claimed.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

from ingest.facts import Received
from ingest.readers.eark.reader import PackageReader
from ingest.stages.receive import Receive
from ingest.work import WorkItem
from ingest.workers.pool import WorkerPool
from metadata.rules import errors_of
from metadata.validation import check_delivery
from tests.fakes.deliveries import no_checks
from tests.fakes.dossiers import StandingClock
from tests.generators.eark_packages import Habits, Package, document_fields

SIZES = (1_000, 10_000)
"""100,000 by `--sizes 1000,10000,100000`: making such a package takes longer than reading it."""

TARGETS = {"seconds": 60.0, "mib": 500.0, "workers_mib": 500.0}
"""Of a METS of 30 MB with 10,000 files; the last two hold at 100,000 as well."""

NAME = "uuid-BENCH"


def prepare(size: int, folder: Path) -> None:
    """An AIP with `size` documents, each described, each in PREMIS, and each with all that METS says of real ones."""
    made = Package(folder / NAME, Habits(kind="AIP", premis=True, full=True))
    made.documents = [document_fields(ordinal) for ordinal in range(1, size + 1)]
    made.dossier["totalDoc"] = str(size)
    made.lay_out().seal()


def measure(size: int, folder: Path) -> dict[str, float]:
    """Seconds of reading, judging and receiving, and what METS weighs."""
    root = folder / NAME
    with tempfile.TemporaryDirectory() as scratch, WorkerPool(2, Path(scratch) / "pool") as pool:
        began = time.perf_counter()
        delivery = PackageReader(pool).read(root, Path(scratch) / "room")
        read = time.perf_counter()
        read_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        (dossier,) = delivery.dossiers
        found = (*delivery.dossier_findings[dossier.file_code], *check_delivery(delivery)[dossier.file_code])
        judged = time.perf_counter()
        item = WorkItem("b", "b", "b", "H49", Path(scratch), delivery, dossier, in_place=True)
        received = Receive(no_checks, StandingClock()).run(item)
        ended = time.perf_counter()
    assert isinstance(received, Received)
    assert received.findings == ()
    assert errors_of(found) == (), [finding.model_dump_json() for finding in errors_of(found)[:5]]
    assert len(dossier.documents) == size
    mets = sum(path.stat().st_size for path in root.rglob("METS.xml"))
    return {
        "seconds": round(ended - began, 2),
        "read_seconds": round(read - began, 2),
        "rules_seconds": round(judged - read, 2),
        "receive_seconds": round(ended - judged, 2),
        "read_mib": read_mib,
        "files": len(received.files),
        "mets_mb": round(mets / 1e6, 1),
    }
