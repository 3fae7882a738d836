"""What the operator's validation policy says holds for evidence as well: digests, plans, tokens of authorities."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive.composition import Archive
from archive.composition.evidencing import authorities, evidence, evidence_world
from archive.composition.trusting import trust_service
from archive.preservation.evidence.authorities import NoAuthorityError
from archive.preservation.evidence.planning import Why
from archive.preservation.signatures.policy import Policy, default_policy
from archive.preservation.trust.sets import TrustStoreDamagedError

SOON = "2027-03-01T00:00:00.000Z"
LONG_AGO = "2020-01-01T00:00:00.000Z"


def adopt(archive: Archive, folder: Path, **ends: str) -> Policy:
    """Put a policy into force under which digests end on other days."""
    content = json.loads(default_policy().document)
    for name, end in ends.items():
        content["digest"][name]["until"] = end
    file = folder / "policy.json"
    file.write_bytes(Policy.of_content(content).document)
    return trust_service(archive).adopt_policy(file, operator="lan")


def test_evidence_is_judged_and_planned_by_the_policy_in_force(trusting_home: Archive, tmp_path: Path) -> None:
    assert evidence_world(trusting_home).policy == default_policy()
    assert evidence(trusting_home).algorithm() == "sha256"
    (stamped,) = evidence(trusting_home).build()
    assert stamped.stamp is not None
    assert evidence(trusting_home).due() == ()
    adopted = adopt(trusting_home, tmp_path, sha256=SOON)
    assert evidence_world(trusting_home).policy == adopted
    service = evidence(trusting_home)
    assert service.algorithm() == "sha512"
    assert {(task.why, task.algorithm) for task in service.due()} == {(Why.ALGORITHM_ENDS, "sha512")}
    (finding,) = service.verify([])
    assert finding.ok
    adopt(trusting_home, tmp_path, sha256=LONG_AGO)
    (finding,) = evidence(trusting_home).verify([])
    assert not finding.ok


def test_an_authority_whose_digest_the_policy_has_given_up_is_not_believed(
    trusting_home: Archive, tmp_path: Path
) -> None:
    assert authorities(trusting_home).stamp(bytes(32), "sha256")
    adopt(trusting_home, tmp_path, sha256=LONG_AGO)
    with pytest.raises(NoAuthorityError, match="not-believed: CRYPTO_CONSTRAINTS_FAILURE"):
        authorities(trusting_home).stamp(bytes(32), "sha256")


def test_evidence_is_not_judged_by_another_policy_when_the_one_in_force_cannot_be_read(
    trusting_home: Archive, tmp_path: Path
) -> None:
    adopted = adopt(trusting_home, tmp_path, sha256=SOON)
    (kept,) = trusting_home.home.path.rglob(f"policies/{adopted.sha256}")
    kept.write_bytes(b"{}")
    with pytest.raises(TrustStoreDamagedError, match="digest"):
        evidence_world(trusting_home)
