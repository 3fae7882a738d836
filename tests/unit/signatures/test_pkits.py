"""NIST's PKITS, the public judge of path validation: nothing invalid passes; what is not applied is known by name."""

from __future__ import annotations

import pytest
from cryptography import x509

from archive.preservation.signatures.certificates import certificate
from archive.preservation.signatures.crl_reading import RevocationList
from archive.preservation.signatures.revocation_reading import read_revocation
from tests.corpus.path_suite import files, judged
from tests.generators.certificate_facts import by_library, ours

INDIRECT = frozenset(
    {
        *(f"ValidIDPwithindirectCRLTest{n}EE" for n in (22, 24, 25)),
        *(f"ValidcRLIssuerTest{n}EE" for n in (28, 29, 30, 33)),
    }
)
"""Lists that speak of other issuers' certificates (ADR 0202)."""

SOME_REASONS = frozenset({"ValidonlySomeReasonsTest18EE", "ValidonlySomeReasonsTest19EE"})
"""Several lists that are complete only together (ADR 0202)."""

DSA = frozenset({"ValidDSASignaturesTest4EE", "ValidDSAParameterInheritanceTest5EE"})
"""An algorithm without arithmetic here (ADR 0201)."""

MAPPED = frozenset(
    {
        *(f"ValidPolicyMappingTest{n}EE" for n in (1, 3, 5, 6, 9, 11, 12, 13, 14)),
        *(f"ValidinhibitPolicyMappingTest{n}EE" for n in (2, 4)),
        "ValidSelfIssuedinhibitPolicyMappingTest7EE",
    }
)
"""Policies that are mapped where one is demanded."""

NO_POLICY_LEFT = frozenset(f"DifferentPoliciesTest{n}EE" for n in (4, 5, 7, 8, 9, 12))
"""PKITS, 4.8: with whatever settings no policy is left where one is demanded."""


def test_nothing_that_is_invalid_passes() -> None:
    found = dict(judged("Invalid"))
    assert len(found) > 110
    assert [name for name, verdict in found.items() if verdict.outcome.passed] == []


def test_all_that_is_valid_passes_but_what_is_not_applied() -> None:
    found = dict(judged("Valid"))
    assert len(found) > 85
    refused = {name for name, verdict in found.items() if not verdict.outcome.passed}
    assert refused == INDIRECT | SOME_REASONS | DSA | MAPPED


def test_where_a_policy_is_demanded_and_none_is_left_nothing_passes() -> None:
    found = {name: v for name, v in judged("") if not name.startswith(("Valid", "Invalid"))}
    assert {name for name, verdict in found.items() if not verdict.outcome.passed} == NO_POLICY_LEFT


def test_a_revoked_certificate_is_told_as_revoked() -> None:
    found = dict(judged("InvalidRevoked"))
    assert found["InvalidRevokedEETest3EE"].outcome.subindication == "REVOKED_NO_POE"
    assert found["InvalidRevokedCATest2EE"].outcome.subindication == "REVOKED_CA_NO_POE"


def test_every_certificate_is_read_as_the_library_reads_it() -> None:
    unread = set()
    for name, der in files()["certs"].items():
        try:
            expected = by_library(der)
        except ValueError:
            unread.add(name)
            assert certificate(der).name
            continue
        assert ours(certificate(der)) == expected, name
    # Keys that take their parameters from their issuer's.
    assert unread == {"DSAParametersInheritedCACert", "ValidDSAParameterInheritanceTest5EE"}


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_every_list_is_read_as_the_library_reads_it() -> None:
    for name, der in files()["crls"].items():
        found = read_revocation(der)
        expected = x509.load_der_x509_crl(der)
        assert isinstance(found, RevocationList), name
        assert (found.this_update, found.next_update) == (expected.last_update_utc, expected.next_update_utc)
        assert found.issuer == expected.issuer.public_bytes()
        assert found.tbs == expected.tbs_certlist_bytes
        assert set(found.positions) == {e.serial_number for e in expected}
        for entry in expected:
            said = found.entry(entry.serial_number)
            assert said is not None
            assert said.revoked_at == entry.revocation_date_utc
            reasons = [e.value for e in entry.extensions if isinstance(e.value, x509.CRLReason)]
            assert said.reason == (reasons[0].reason.value if reasons else "")
