"""Wires proofs: made from an installation, checked without one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from archive.clock import SystemClock
from archive.preservation.trust.sets import TrustSnapshot
from archive.services.proof_checking import ProofChecker
from metadata.time import Clock

if TYPE_CHECKING:
    from archive.composition.installation import Installation
    from archive.services.proofs import Proofs
    from archive.services.replaying import Replaying


@contextmanager
def proof_checker(trust: Path | None, clock: Clock | None = None) -> Iterator[ProofChecker]:
    """A checker of proofs: no home, no settings, no network.

    Args:
        trust: Folder with the auditor's anchors; None: he brings none.
        clock: None takes the machine's.

    Raises:
        UsageError: `trust` is no readable folder.
    """
    from ingest.workers.pool import WorkerPool  # noqa: PLC0415 - a wrong call should not wait for it

    snapshot = TrustSnapshot.from_folder(trust) if trust is not None else TrustSnapshot(())
    with tempfile.TemporaryDirectory(prefix="luutru-verify-") as scratch, WorkerPool(1, Path(scratch)) as pool:
        yield ProofChecker(pool, snapshot, clock or SystemClock())


def replaying(archive: Installation, *, operator: str = "") -> Replaying:
    """Judging again what the installation holds.

    Args:
        archive: What holds it.
        operator: Who is told, for the trail; empty: who runs this process.
    """
    from archive.composition.validating import verdicts_shown  # noqa: PLC0415 - the same
    from archive.services.replaying import Replaying  # noqa: PLC0415 - checking a proof needs none of it

    return Replaying(
        archive.catalogue,
        archive.stored,
        archive.evidence,
        archive.workers,
        archive.home.scratch,
        lambda record, ordinal: verdicts_shown(archive, record, ordinal, operator=operator),
    )


def proofs(archive: Installation) -> Proofs:
    """Making proofs of what the installation holds."""
    from archive.composition.evidencing import evidence  # noqa: PLC0415 - the same
    from archive.services.proofs import Proofs  # noqa: PLC0415 - the same

    return Proofs(archive.stored, archive.evidence, evidence(archive), archive.trust, archive.home.scratch)
