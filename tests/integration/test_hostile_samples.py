"""Real documents of the Vietnamese state go through the first look without an error (extra suite)."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.checks import NothingHeld
from ingest.engines.siegfried import SiegfriedIdentifier
from ingest.facts import Received, Validated
from ingest.stages.identify import Identify
from ingest.stages.receive import Receive
from ingest.stages.validate import Validate
from ingest.workers.pool import WorkerPool
from tests.fakes.deliveries import delivered, no_checks, none_measured
from tests.fakes.dossiers import StandingClock

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="../shared/samples is absent: the real documents were not tried"
)


def test_real_documents_are_taken_in(worker_pool: WorkerPool, tmp_path: Path) -> None:
    names = sorted(path.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("*/*"))
    item = delivered(SAMPLES, tmp_path / "work", names)
    received = Receive(no_checks, StandingClock()).run(item)
    assert isinstance(received, Received)
    item = item.having(received)
    item = item.having(Identify(SiegfriedIdentifier(worker_pool)).run(item))
    answer = Validate(worker_pool, None, no_checks, none_measured, NothingHeld()).run(item)
    assert isinstance(answer, Validated), answer
    assert {(finding.rule, finding.subject) for finding in answer.findings} == {
        ("ING-031", "legacy/tcvn3-decision-2003.doc"),
        # Scans of one bit, as the Government's portal publishes them.
        ("DIG-004", "pdf/qd-222-2025-signed-scan.pdf"),
        ("DIG-004", "pdf/signed-scan-4-pages.pdf"),
    }
    looks = answer.inspections
    assert looks["pdf/qd-222-2025-signed-scan.pdf"].pages == 28
    assert looks["pdf/qd-222-2025-signed-scan.pdf"].signatures == 1
    assert looks["pdf/gazette-extract-signature-remnant.pdf"].signatures == 1
    assert looks["pdf/circular-2021-born-digital.pdf"].signatures == 0
