"""The broker against running servers of our own PKI, honest and hostile; parsing as in the real pool's tasks."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from archive.demo.pki import Authority
from archive.preservation.fetching import HttpFetcher
from archive.preservation.signatures.certificates import certificate
from archive.preservation.signatures.collecting import issuer_key
from archive.preservation.signatures.signing import Credential
from archive.preservation.trust.addresses import AllowList
from archive.preservation.trust.broker import BrokerTerms, Collected, RevocationBroker
from archive.preservation.trust.cache import RevocationCache
from ingest.workers.pool import WorkerPool
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki import TODAY
from tests.fixtures.pki_servers import PkiServers

HASTY = {"seconds_each": 1.0}
Make = Callable[..., RevocationBroker]


@pytest.fixture
def make(pki_servers: PkiServers, tmp_path: Path) -> Make:
    """Brokers over one cache; without words everything of the servers is allowed."""

    def made(*, allow: tuple[str, ...] | None = None, **terms: object) -> RevocationBroker:
        places = (f"{pki_servers.url}/",) if allow is None else allow
        return RevocationBroker(
            InlineWorkers(),
            RevocationCache(tmp_path / "cache"),
            HttpFetcher(),
            pki_servers.clock,
            nonce=lambda length: hashlib.sha256(str(pki_servers.asked).encode()).digest()[:length],
            terms=BrokerTerms(AllowList(places), **terms),  # type: ignore[arg-type]
            scratch=tmp_path / "scratch",
        )

    return made


def pair(person: Credential, issuer: Authority) -> tuple[bytes, bytes]:
    return person.certificate, issuer.der


def reasons(found: Collected) -> str:
    assert len(found.missing) == 1
    return " | ".join(found.missing[0].reasons)


def test_a_list_is_fetched_once_for_all_certificates_of_its_issuer(pki_servers: PkiServers, make: Make) -> None:
    people = [pki_servers.person() for _ in range(3)]
    found = make().collect([pair(person, pki_servers.pki.issuing) for person in people])
    assert found.objects == (pki_servers.crl("issuing"),)
    assert found.missing == ()
    assert pki_servers.asked == {"/crl/issuing": 1}
    again = make().collect([pair(people[0], pki_servers.pki.issuing)])
    assert again.objects == found.objects
    assert pki_servers.asked == {"/crl/issuing": 1}


def test_an_answer_is_asked_for_where_there_is_no_list(pki_servers: PkiServers, make: Make) -> None:
    person = pki_servers.person(crl="crl/issuing/error")
    pki_servers.revoke(person)
    (answer,) = make().collect([pair(person, pki_servers.pki.issuing)]).objects
    read = ocsp.load_der_ocsp_response(answer)
    assert read.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert read.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    make().collect([pair(person, pki_servers.pki.issuing)])
    assert pki_servers.asked["/ocsp/issuing"] == 1


def test_nothing_leaves_the_machine_without_the_operators_list(pki_servers: PkiServers, make: Make) -> None:
    person = pki_servers.person()
    found = make(allow=()).collect([pair(person, pki_servers.pki.issuing)])
    assert found.objects == ()
    assert "not-allowed" in reasons(found)
    assert not found.missing[0].again
    assert pki_servers.asked == {}


@pytest.mark.parametrize(
    "named",
    [
        "{url}@evil.invalid/crl/issuing",
        "{url}.evil.invalid/crl/issuing",
        "{url}/crl/../elsewhere",
        "{url}/crl/%2e%2e/elsewhere",
        "{url}/elsewhere",
        "ftp://127.0.0.1/crl/issuing",
        "file:///etc/passwd",
        "http://localhost:{port}/crl/issuing",
        "http://127.0.0.1/crl/issuing",
        "{url}/crlx/issuing",
        "{url}\\@evil.invalid/crl",
    ],
)
def test_an_address_that_only_looks_allowed_is_not_asked(pki_servers: PkiServers, make: Make, named: str) -> None:
    port = pki_servers.url.rsplit(":", 1)[1]
    person = pki_servers.person(crl=named.format(url=pki_servers.url, port=port), answers=None)
    found = make(allow=(f"{pki_servers.url}/crl",)).collect([pair(person, pki_servers.pki.issuing)])
    assert "not-allowed" in reasons(found)
    assert pki_servers.asked == {}


@pytest.mark.parametrize(
    ("manner", "word"),
    [
        ("stale", "stale"),
        ("future", "future"),
        ("other-issuer", "other-issuer"),
        ("garbage", "unreadable"),
        ("error", "refused"),
        ("redirect", "redirected"),
        ("drip", "too-slow"),
        ("huge", "too-large"),
        ("huge-told", "too-large"),
        ("cut", "broken"),
        ("zipped", "broken"),
    ],
)
def test_no_hostile_list_is_taken_and_the_reason_is_named(
    pki_servers: PkiServers, make: Make, manner: str, word: str
) -> None:
    person = pki_servers.person(crl=f"crl/issuing/{manner}", answers=None)
    found = make(list_bytes=1 << 20, **HASTY if manner == "drip" else {}).collect(
        [pair(person, pki_servers.pki.issuing)]
    )
    assert found.objects == ()
    assert reasons(found).startswith(f"{word}: ")
    assert found.missing[0].again
    assert pki_servers.asked["/elsewhere"] == 0
    assert make().known() == ()


@pytest.mark.parametrize(
    ("manner", "word"),
    [
        ("wrong-nonce", "nonce"),
        ("stale", "stale"),
        ("other-issuer", "other-issuer"),
        ("other-serial", "other-issuer"),
        ("try-later", "status"),
        ("garbage", "unreadable"),
        ("error", "refused"),
        ("redirect", "redirected"),
        ("drip", "too-slow"),
        ("huge", "too-large"),
    ],
)
def test_no_hostile_answer_is_taken_and_the_reason_is_named(
    pki_servers: PkiServers, make: Make, manner: str, word: str
) -> None:
    person = pki_servers.person(crl=None, answers=f"ocsp/issuing/{manner}")
    found = make(answer_bytes=1 << 20, **HASTY if manner == "drip" else {}).collect(
        [pair(person, pki_servers.pki.issuing)]
    )
    assert found.objects == ()
    assert reasons(found).startswith(f"{word}: ")
    assert pki_servers.asked["/elsewhere"] == 0


def test_an_answer_without_our_nonce_counts_by_its_dates(pki_servers: PkiServers, make: Make) -> None:
    """RFC 5019: responders that make their answers beforehand cannot give back a nonce."""
    person = pki_servers.person(crl=None, answers="ocsp/issuing/no-nonce")
    assert len(make().collect([pair(person, pki_servers.pki.issuing)]).objects) == 1


def test_a_list_of_four_hundred_mebibytes_costs_no_more_than_the_cap(pki_servers: PkiServers, make: Make) -> None:
    person = pki_servers.person(crl="crl/issuing/huge", answers=None)
    make(list_bytes=1 << 20).collect([pair(pki_servers.person(), pki_servers.pki.issuing)])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    make(list_bytes=4 << 20).collect([pair(person, pki_servers.pki.issuing)])
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 64 << 10
    assert pki_servers.sent_bytes < 64 << 20


def test_an_address_that_failed_is_left_alone_for_a_while_and_then_asked_again(
    pki_servers: PkiServers, make: Make
) -> None:
    person = pki_servers.person(answers=None)
    pki_servers.failing = {"crl/issuing"}
    asked = [pair(person, pki_servers.pki.issuing)]
    assert "refused" in reasons(make().collect(asked))
    assert "waiting: failed 1 times" in reasons(make().collect(asked))
    assert pki_servers.asked["/crl/issuing"] == 1
    pki_servers.failing = set()
    pki_servers.clock.at += timedelta(minutes=6)
    assert len(make().collect(asked).objects) == 1


def test_a_call_ends_in_time_however_many_addresses_drip(pki_servers: PkiServers, make: Make) -> None:
    people = [pki_servers.person(crl=f"crl/issuing/{n}/drip", answers=None) for n in range(6)]
    pairs = [pair(person, pki_servers.pki.issuing) for person in people]
    found = make(seconds_each=0.3, seconds_total=0.5).collect(pairs)
    assert len(found.missing) == 6
    assert sum("not reached within the time" in " ".join(m.reasons) for m in found.missing) >= 3


def test_an_older_list_that_still_holds_does_not_replace_a_newer_one(pki_servers: PkiServers, make: Make) -> None:
    """Whoever wants a revocation forgotten plays an old list back, with its true signature."""
    person = pki_servers.person(answers=None)
    asked = [pair(person, pki_servers.pki.issuing)]
    pki_servers.crl_life = timedelta(days=60)
    pki_servers.clock.at -= timedelta(days=12)
    older = pki_servers.crl("issuing")
    pki_servers.clock.at = TODAY
    pki_servers.revoke(person)
    broker = make()
    (newer,) = broker.collect(asked).objects
    (held,) = broker.cache.lists()
    number = f"{x509.load_der_x509_crl(older).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number:040x}"
    date = x509.load_der_x509_crl(older).last_update_utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    back = replace(held, sha256=hashlib.sha256(older).hexdigest(), number=number, this_update=date)
    assert not broker.cache.put(back, older)
    assert broker.collect(asked).objects == (newer,)


def test_a_stale_list_is_fetched_anew(pki_servers: PkiServers, make: Make) -> None:
    asked = [pair(pki_servers.person(answers=None), pki_servers.pki.issuing)]
    (first,) = make().collect(asked).objects
    pki_servers.clock.at += timedelta(days=8)
    assert make().known() == ()
    (second,) = make().collect(asked).objects
    assert second != first
    assert make().known() == (second,)


def test_a_list_from_before_the_certificate_is_no_evidence_about_it(pki_servers: PkiServers, make: Make) -> None:
    make().collect([pair(pki_servers.person(answers=None), pki_servers.pki.issuing)])
    pki_servers.clock.at += timedelta(days=2)
    span = (pki_servers.clock.at - timedelta(days=1), pki_servers.clock.at + timedelta(days=300))
    young = pki_servers.person(answers=None, span=span)
    (found,) = make().collect([pair(young, pki_servers.pki.issuing)]).objects
    assert x509.load_der_x509_crl(found).last_update_utc >= span[0]


def test_a_certificate_that_has_expired_is_missing_for_good_and_its_list_is_fetched_once(
    pki_servers: PkiServers, make: Make
) -> None:
    span = (TODAY - timedelta(days=900), TODAY - timedelta(days=30))
    old = [pair(pki_servers.person(answers=None, span=span), pki_servers.pki.issuing) for _ in range(3)]
    found = make().collect(old)
    assert len(found.missing) == 3
    assert all("expired: " in " ".join(m.reasons) and not m.again for m in found.missing)
    assert pki_servers.asked["/crl/issuing"] == 1


def test_what_needs_no_data_is_passed_over(pki_servers: PkiServers, make: Make) -> None:
    root, issuing = pki_servers.pki.root, pki_servers.pki.issuing
    person = pki_servers.person()
    pairs = [(root.der, root.der), (person.certificate, root.der), (b"junk", issuing.der), (b"", b"")]
    assert make().collect(pairs) == Collected()
    assert pki_servers.asked == {}


def test_a_certificate_without_addresses_is_missing_and_says_so(pki_servers: PkiServers, make: Make) -> None:
    found = make().collect([pair(pki_servers.person(crl=None, answers=None), pki_servers.pki.issuing)])
    assert "no-address" in reasons(found)
    assert not found.missing[0].again


def test_a_cache_file_that_was_altered_is_asked_for_again(pki_servers: PkiServers, make: Make) -> None:
    asked = [pair(pki_servers.person(answers=None), pki_servers.pki.issuing)]
    (first,) = make().collect(asked).objects
    cache = make().cache
    cache.path(cache.lists()[0]).write_bytes(first[:-1])
    assert make().known() == ()
    assert make().collect(asked).objects == (first,)
    assert pki_servers.asked["/crl/issuing"] == 2


def test_known_can_be_asked_for_some_issuers_alone(pki_servers: PkiServers, make: Make) -> None:
    pki = pki_servers.pki
    pairs = [
        pair(pki_servers.person(), pki.issuing),
        pair(pki_servers.person(crl="crl/root", issuer=pki.root), pki.root),
    ]
    assert len(make().collect(pairs).objects) == 2
    assert len(make().known()) == 2
    assert make().known([issuer_key(certificate(pki.root.der))]) == (pki_servers.crl("root"),)
    assert make().known([]) == ()


def test_issuers_in_use_are_remembered_with_how_they_answer(pki_servers: PkiServers, make: Make) -> None:
    asked = [pair(pki_servers.person(answers=None), pki_servers.pki.issuing)]
    make().collect(asked)
    (use,) = make().cache.uses()
    assert (use.why, use.expected, use.answered_at) == ("", True, "2026-11-28T00:00:00.000Z")
    pki_servers.failing = {"crl/issuing"}
    pki_servers.clock.at += timedelta(days=9)
    make().collect(asked)
    (use,) = make().cache.uses()
    assert "503" in use.why
    assert use.answered_at == "2026-11-28T00:00:00.000Z"


def test_an_authority_with_longer_lists_may_have_a_cap_of_its_own(pki_servers: PkiServers, make: Make) -> None:
    asked = [pair(pki_servers.person(answers=None), pki_servers.pki.issuing)]
    assert "too-large" in reasons(make(list_bytes=100).collect(asked))
    pki_servers.clock.at += timedelta(minutes=6)
    broker = make(list_bytes=100, list_bytes_by_host={"127.0.0.1": 10_000})
    assert broker.collect(asked).objects == (pki_servers.crl("issuing"),)


def test_shut_in_workers_can_read_what_was_fetched_and_what_is_kept(
    pki_servers: PkiServers, worker_pool: WorkerPool, tmp_path: Path
) -> None:
    """The tasks run in the real pool, without network, as they do in the archive."""
    span = (TODAY - timedelta(days=900), TODAY - timedelta(days=30))
    old = pki_servers.person(answers=None, span=span)
    people = [pki_servers.person(answers=None), pki_servers.person(crl=None), old]
    broker = RevocationBroker(
        worker_pool,
        RevocationCache(tmp_path / "cache"),
        HttpFetcher(),
        pki_servers.clock,
        nonce=lambda length: bytes(range(length)),
        terms=BrokerTerms(AllowList([pki_servers.url + "/"])),
        scratch=tmp_path / "scratch",
    )
    found = broker.collect([pair(person, pki_servers.pki.issuing) for person in people])
    assert pki_servers.crl("issuing") in found.objects
    assert [missing.reasons[0].split(":")[0] for missing in found.missing] == ["expired"]


def test_a_newer_list_is_looked_for_though_the_one_at_hand_holds_for_a_year(
    pki_servers: PkiServers, make: Make
) -> None:
    pki_servers.crl_life = timedelta(days=365)
    person = pki_servers.person(answers=None)
    asked = [pair(person, pki_servers.pki.issuing)]
    (first,) = make().collect(asked).objects
    pki_servers.clock.at += timedelta(hours=13)
    pki_servers.revoke(person)
    (second,) = make().collect(asked).objects
    assert second != first
    assert pki_servers.asked["/crl/issuing"] == 2
    pki_servers.failing = {"crl/issuing"}
    pki_servers.clock.at += timedelta(hours=13)
    assert make().collect(asked).objects == (second,), "what holds is used where nothing newer is to be had"
    assert make().collect(asked).missing == ()


def test_answers_that_no_longer_hold_are_forgotten_when_they_are_many(pki_servers: PkiServers, make: Make) -> None:
    people = [pki_servers.person(crl=None) for _ in range(4)]
    broker = make()
    broker.collect([pair(person, pki_servers.pki.issuing) for person in people[:3]])
    pki_servers.clock.at += timedelta(days=2)
    broker.collect([pair(people[3], pki_servers.pki.issuing)])
    assert len(broker.cache.answers()) == 4
    key = broker.cache.answers()[0].issuer_key
    assert broker.cache.thin_out(key, pki_servers.clock.at, most=4) == 0
    assert broker.cache.thin_out(key, pki_servers.clock.at, most=3) == 3
    assert len(broker.cache.answers()) == 1
    assert len(broker.known()) == 1


def part_of_the_list(servers: PkiServers, path: str) -> bytes:
    """A list for those certificates alone that name its own address."""
    issuing = servers.pki.issuing
    place = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(servers.address(path))],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuing.certificate.subject)
        .last_update(servers.clock.at)
        .next_update(servers.clock.at + timedelta(days=7))
        .add_extension(x509.CRLNumber(5), critical=False)
        .add_extension(place, critical=True)
    )
    return builder.sign(issuing.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_lists_in_parts_are_kept_apart_and_speak_of_their_own_certificates(pki_servers: PkiServers, make: Make) -> None:
    paths = ["crl/part-1", "crl/part-2"]
    people = [pki_servers.person(crl=path, answers=None) for path in paths]
    pki_servers.bodies = {path: part_of_the_list(pki_servers, path) for path in paths}
    asked = [pair(person, pki_servers.pki.issuing) for person in people]
    for _ in range(2):
        assert set(make().collect(asked).objects) == set(pki_servers.bodies.values())
    assert dict(pki_servers.asked) == {"/crl/part-1": 1, "/crl/part-2": 1}
    swapped = pki_servers.person(crl="crl/part-3", answers=None)
    pki_servers.bodies["crl/part-3"] = pki_servers.bodies["crl/part-1"]
    assert "scope: " in reasons(make().collect([pair(swapped, pki_servers.pki.issuing)]))
