"""Receipts of large deliveries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.holdings import Catalogue
from archive.catalogue.journal import Journal
from archive.services.receipts import Receipts
from metadata.findings import Finding
from tests.fakes.clock import StandingClock

DOSSIERS, FINDINGS = 200, 25


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    url = f"sqlite:///{tmp_path / 'catalogue.sqlite'}"
    upgrade(url)
    database = Database(engine_of(url))
    Catalogue(database, StandingClock()).add_agency("H49", "Tỉnh")
    yield Journal(database, StandingClock())
    database.close()


@pytest.mark.timeout(60)
def test_a_receipt_over_thousands_of_findings_names_each_once_and_in_order(tmp_path: Path, journal: Journal) -> None:
    """Comparing each with each took a delivery of 5,000 documents more than half an hour after all was stored."""
    row = {
        "id": "submission",
        "agency": "H49",
        "path": "/x",
        "operator": "lan",
        "reader": "folder",
        "profile": "02-2019",
        "findings": [],
        "ignored": [],
    }
    work = [
        {"id": f"job-{n}", "position": n, "file_code": f"H49.{n}", "package_id": f"package-{n}"}
        for n in range(DOSSIERS)
    ]
    journal.open_submission(row, work)
    shared = Finding(rule="MET-002", subject="dossier.rights")
    for n in range(DOSSIERS):
        own = [Finding(rule="MET-002", subject=f"{n}.{m}") for m in range(FINDINGS)]
        journal.update(f"job-{n}", findings=[finding.model_dump(mode="json") for finding in (shared, *own)])
    receipt = json.loads(Receipts(tmp_path / "receipts", journal, StandingClock()).issue("submission").read_bytes())
    subjects = [finding["subject"] for finding in receipt["findings"]]
    assert subjects == ["dossier.rights", *(f"{n}.{m}" for n in range(DOSSIERS) for m in range(FINDINGS))]
