"""What `doctor` says of trust, time-stamping and evidence: what is missing is told before it is too late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive.composition import Archive
from archive.composition.evidencing import evidence
from archive.services.doctor import CheckStatus
from archive.settings import Settings
from tests.fixtures.pki import LONG, SIGNED
from tests.fixtures.pki_servers import PkiServers

OK, WARN, FAIL = CheckStatus.OK, CheckStatus.WARN, CheckStatus.FAIL
OF_EVIDENCE = ("trust", "tsa", "evidence", "revocation")


def health(archive: Archive) -> dict[str, tuple[CheckStatus, str]]:
    return {check.name: (check.status, check.message) for check in archive.doctor.checks() if check.name in OF_EVIDENCE}


@pytest.fixture
def bare(tmp_path: Path, pki_servers: PkiServers) -> Iterator[Archive]:
    """The embedded default: nothing trusted, nobody asked."""
    settings = Settings(home=tmp_path / "bare", workers=1)
    Archive.make(settings)
    with Archive(settings, pki_servers.clock) as made:
        yield made


def test_the_embedded_default_says_what_it_lacks(bare: Archive) -> None:
    found = health(bare)
    assert found["trust"][0] is FAIL
    assert found["tsa"] == (WARN, "tsa_absent")
    assert found["revocation"][0] is WARN


def test_with_trust_and_an_authority_all_is_well_until_a_renewal_is_due_and_then_missed(
    trusting_home: Archive, pki_servers: PkiServers
) -> None:
    (batch,) = evidence(trusting_home).build()
    assert batch.stamp is not None
    found = health(trusting_home)
    assert {found[name][0] for name in ("trust", "tsa", "evidence")} == {OK}
    end = SIGNED + LONG
    pki_servers.clock.at = end - timedelta(days=150)
    assert health(trusting_home)["evidence"] == (WARN, "evidence_due")
    pki_servers.clock.at = end - timedelta(days=1)
    assert health(trusting_home)["evidence"] == (FAIL, "evidence_missed")


def test_a_trust_store_that_cannot_be_read_fails_and_evidence_with_it(trusting_home: Archive) -> None:
    for file in (trusting_home.home.path / "trust").rglob("*"):
        if file.is_file():
            file.write_bytes(b"junk")
    found = health(trusting_home)
    assert (found["trust"][0], found["evidence"][0]) == (FAIL, FAIL)
