"""What may stand below an authority, whatever the time (RFC 5280, section 6.1)."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest
from cryptography import x509

from archive.demo.pki import Shape, Subject, new_authority, new_credential
from archive.preservation.signatures.certificates import Certificate, certificate
from archive.preservation.signatures.path_constraints import judge_constraints
from tests.fixtures.pki import LONG, SIGNED, Corpus

SPAN = (SIGNED - LONG, SIGNED + LONG)
POLICY, OTHER, ANY = "1.3.6.1.4.1.99999.5.1", "1.3.6.1.4.1.99999.5.2", "2.5.29.32.0"
Extensions = Sequence[tuple[x509.ExtensionType, bool]]


def path(corpus: Corpus, above: Extensions, below: Extensions) -> tuple[Certificate, ...]:
    """Somebody under an authority with extensions, under the root."""
    authority = new_authority(Subject("CA"), corpus.pki.root, SPAN, number=500, shape=Shape(extensions=tuple(above)))
    person = new_credential(
        Subject("Người"), authority, SPAN, number=501, elliptic=True, shape=Shape(extensions=tuple(below))
    )
    return certificate(person.certificate), certificate(authority.der), certificate(corpus.pki.root.der)


def permitting(*names: x509.GeneralName) -> Extensions:
    return [(x509.NameConstraints(list(names), None), True)]


def excluding(*names: x509.GeneralName) -> Extensions:
    return [(x509.NameConstraints(None, list(names)), True)]


def called(*names: x509.GeneralName) -> Extensions:
    return [(x509.SubjectAlternativeName(names), False)]


def network(text: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_network(text))


def address(text: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_address(text))


DNS, MAIL, URI = x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier


@pytest.mark.parametrize(
    ("base", "name", "inside"),
    [
        (DNS("gov.vn"), DNS("gov.vn"), True),
        (DNS("gov.vn"), DNS("kienson.GOV.vn"), True),
        (DNS("gov.vn"), DNS("notgov.vn"), False),
        (DNS(".gov.vn"), DNS("a.gov.vn"), True),
        (MAIL("gov.vn"), MAIL("minh@gov.vn"), True),
        (MAIL("gov.vn"), MAIL("minh@kienson.gov.vn"), False),
        (MAIL(".gov.vn"), MAIL("minh@kienson.gov.vn"), True),
        (MAIL("minh@gov.vn"), MAIL("minh@gov.vn"), True),
        (MAIL("minh@gov.vn"), MAIL("hong@gov.vn"), False),
        (URI("gov.vn"), URI("https://gov.vn/van-ban"), True),
        (URI("gov.vn"), URI("https://x@gov.vn:8443/van-ban"), True),
        (URI("gov.vn"), URI("https://evil.example/gov.vn"), False),
        (URI(".gov.vn"), URI("ldap://ca.gov.vn"), True),
        (network("10.1.0.0/16"), address("10.1.2.3"), True),
        (network("10.1.0.0/16"), address("10.2.2.3"), False),
        (network("2001:db8::/32"), address("2001:db8::1"), True),
        (network("2001:db8::/32"), address("10.1.2.3"), False),
    ],
)
def test_names_of_every_kind_are_held_against_constraints(
    corpus: Corpus, base: x509.GeneralName, name: x509.GeneralName, inside: bool
) -> None:
    allowed = judge_constraints(path(corpus, permitting(base), called(name)))
    assert allowed.passed is inside
    refused = judge_constraints(path(corpus, excluding(base), called(name)))
    assert refused.passed is not inside
    assert {allowed.subindication, refused.subindication} == {None, "CHAIN_CONSTRAINTS_FAILURE"}


def test_a_constraint_on_one_kind_says_nothing_of_others(corpus: Corpus) -> None:
    assert judge_constraints(path(corpus, permitting(DNS("gov.vn")), called(MAIL("minh@example.com")))).passed


def test_a_constraint_on_names_that_are_not_compared_stops_the_path(corpus: Corpus) -> None:
    base = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x01x")
    outcome = judge_constraints(path(corpus, permitting(base), called(base)))
    assert outcome.subindication == "CHAIN_CONSTRAINTS_FAILURE"
    assert "not understood" in outcome.reasons[0]


def policies(*dotted: str) -> tuple[x509.ExtensionType, bool]:
    found = [x509.PolicyInformation(x509.ObjectIdentifier(one), None) for one in dotted]
    return x509.CertificatePolicies(found), False


def demanding(explicit: int | None = 0, mapping: int | None = None) -> tuple[x509.ExtensionType, bool]:
    return x509.PolicyConstraints(require_explicit_policy=explicit, inhibit_policy_mapping=mapping), True


@pytest.mark.parametrize(
    ("above", "below", "passes"),
    [
        ([policies(POLICY)], [policies(OTHER)], True),
        ([policies(POLICY), demanding()], [policies(POLICY)], True),
        ([policies(POLICY), demanding()], [policies(OTHER)], False),
        ([policies(POLICY), demanding()], [], False),
        ([policies(ANY), demanding()], [policies(OTHER)], True),
        ([policies(POLICY), demanding()], [policies(ANY)], True),
        ([policies(POLICY), demanding(), (x509.InhibitAnyPolicy(0), True)], [policies(ANY)], False),
        ([policies(POLICY), demanding(explicit=5)], [], True),
    ],
)
def test_a_policy_that_an_authority_demands_must_be_left_at_the_end(
    corpus: Corpus, above: Extensions, below: Extensions, passes: bool
) -> None:
    outcome = judge_constraints(path(corpus, above, below))
    assert outcome.passed is passes
    assert passes or outcome.subindication == "CHAIN_CONSTRAINTS_FAILURE"
