"""The provisional judge in real worker processes, and on real documents where they are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.preservation.signatures.adapter import Judge
from archive.preservation.trust.sets import TrustSnapshot
from ingest.ports import Limits
from ingest.workers.pool import WorkerPool
from metadata.verdicts import Indication
from tests.fakes.clocks import SteppingClock
from tests.fixtures.pki import TODAY, Corpus

SHARED = Path(__file__).parents[3] / "shared"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with WorkerPool(1, tmp_path_factory.mktemp("pool")) as workers:
        yield workers


def test_verdicts_come_back_whole_and_in_order(pool: WorkerPool, corpus: Corpus, tmp_path: Path) -> None:
    files = {"a.pdf": corpus.blta, "b.pdf": corpus.base, "c.pdf": corpus.signed(), "d.pdf": b"no pdf"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    judge = Judge(pool, corpus.trust, SteppingClock(TODAY, timedelta(0)))
    verdicts = judge.judge([tmp_path / name for name in files])
    assert [[v.indication.value for v in found] for found in verdicts] == [
        ["TOTAL_PASSED", "TOTAL_PASSED"],
        [],
        ["INDETERMINATE"],
        ["TOTAL_FAILED"],
    ]
    assert {v.trust_set for found in verdicts for v in found} == {corpus.trust.trust_set()}


def test_a_file_that_needs_too_much_is_indeterminate_and_the_next_one_is_judged(
    pool: WorkerPool, corpus: Corpus, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(corpus.blta)
    clock = SteppingClock(TODAY, timedelta(0))
    starved = Judge(pool, corpus.trust, clock, limits=Limits(cpu_seconds=60, wall_seconds=0))
    (verdict,) = starved.judge([tmp_path / "a.pdf"])[0]
    assert verdict.indication is Indication.INDETERMINATE
    assert verdict.reasons[0].startswith("limit-breached")
    assert Judge(pool, corpus.trust, clock).judge([tmp_path / "a.pdf"])[0][0].indication is (Indication.TOTAL_PASSED)


@pytest.mark.skipif(not SHARED.is_dir(), reason="real documents: ../shared is not here")
@pytest.mark.parametrize(
    ("name", "signer", "subindication"),
    [
        ("qd-222-2025-signed-scan.pdf", "CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ", "TRY_LATER"),
        ("signed-scan-4-pages.pdf", "CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ", "TRY_LATER"),
        ("qd-20-2019-signed-born-digital.pdf", "Thủ tướng Chính phủ", "NO_CERTIFICATE_CHAIN_FOUND"),
        ("gazette-extract-signature-remnant.pdf", None, "GENERIC"),
    ],
)
def test_real_documents_are_indeterminate_for_the_right_reason(
    pool: WorkerPool, name: str, signer: str | None, subindication: str
) -> None:
    """No real file carries revocation data, and the archive fetches none by itself."""
    trust = TrustSnapshot.from_folder(SHARED / "trust")
    clock = SteppingClock(datetime(2026, 11, 28, tzinfo=UTC), timedelta(0))
    (verdict,) = Judge(pool, trust, clock).judge([SHARED / "samples" / "pdf" / name])[0]
    assert (verdict.signer, verdict.subindication) == (signer, subindication)
    assert verdict.indication is Indication.INDETERMINATE
