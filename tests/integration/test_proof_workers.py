"""Proofs are checked in a real, shut-in worker: large ones have room, a system that fails is no verdict."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archive.preservation.proofs import steps
from archive.preservation.signatures.signing import Signing, sign_pdf
from archive.preservation.trust.sets import TrustSnapshot
from archive.services.proof_checking import ProofChecker
from ingest.ports import Limits
from ingest.workers.pool import WorkerPool
from metadata.errors import UsageError
from tests.fakes.clocks import SteppingClock
from tests.fixtures.pki import TODAY, Corpus
from tests.generators.deliveries import SIGNED, PaperMill
from tests.generators.proofs import signed_proof, unsigned_proof

LARGE = 24 << 20


@pytest.fixture
def checker(worker_pool: WorkerPool, mill: PaperMill, tmp_path: Path) -> ProofChecker:
    anchors = TrustSnapshot.from_folder(mill.trust(tmp_path / "anchors").parent)
    return ProofChecker(worker_pool, anchors, SteppingClock(TODAY + timedelta(days=1), timedelta(0)))


def test_a_large_signed_file_is_read_again(checker: ProofChecker, mill: PaperMill, tmp_path: Path) -> None:
    data = sign_pdf(mill.heavy(9, LARGE), mill.pki.people["leader"], Signing(SIGNED))
    trust = checker.trust
    parts = signed_proof(mill.pki, data, trust, tmp_path, judged_at=TODAY, stamped_at=TODAY)
    path = tmp_path / "large.zip"
    path.write_bytes(parts.zip())
    report = checker.check(path)
    assert report.ok is True, [step.detail for step in report.steps]
    (structure,) = [step for step in report.steps if step.name == steps.STRUCTURE]
    assert structure.said.key == "structure_same"


def test_a_proof_that_breaks_the_limits_is_open_and_no_fault(
    worker_pool: WorkerPool, corpus: Corpus, tmp_path: Path
) -> None:
    class Hasty:
        size = 1

        def submit(self, task, arguments, *, limits, deposit=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - as the port
            short = Limits(cpu_seconds=30, wall_seconds=0.01, memory_mib=limits.memory_mib, output_mib=1)
            return worker_pool.submit(task, arguments, limits=short, deposit=deposit)

    path = tmp_path / "proof.zip"
    path.write_bytes(unsigned_proof(corpus.pki, SIGNED).zip())
    report = ProofChecker(Hasty(), TrustSnapshot(()), SteppingClock(TODAY)).check(path)
    assert (report.ok, [step.said.key for step in report.steps]) == (None, ["limits"])


@pytest.mark.parametrize("what", ["missing.zip", "."])
def test_what_is_no_file_is_a_wrong_call(checker: ProofChecker, tmp_path: Path, what: str) -> None:
    with pytest.raises(UsageError, match="no such file"):
        checker.check(tmp_path / what)
