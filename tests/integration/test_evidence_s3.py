"""Evidence on a real S3 server: conditions decide who builds, nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from storage.backends.s3 import S3Store
from storage.settings import S3Settings
from tests.fakes.dossiers import Paper
from tests.fakes.evidence import EvidenceBench, fresh

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("seaweedfs")]


@pytest.fixture
def bench(s3_settings: S3Settings, tmp_path: Path) -> Iterator[EvidenceBench]:
    made = EvidenceBench(tmp_path, first=fresh("Một"), wrap=lambda _: S3Store(s3_settings))
    yield made
    made.close()


def test_built_renewed_and_verified_on_s3(bench: EvidenceBench) -> None:
    package_id = bench.archive("1", [Paper(("a.pdf",), text="Quyết định", signed=True)])
    assert [answer.stamp is not None for answer in bench.evidence().build()] == [True]
    assert list(bench.evidence().build()) == []
    bench.clock.at += timedelta(days=200)
    assert len(list(bench.evidence().renew(everything=True))) == 1
    found = list(bench.evidence().verify((package_id, "2026-11-28-1")))
    assert [finding.ok for finding in found] == [True, True, True]
    index, etag = bench.evidence().stamping.index()
    assert etag is not None
    assert bench.evidence().stamping.rebuilt() == index
