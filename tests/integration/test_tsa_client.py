"""The client for time-stamp authorities against a running one, honest and hostile."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest

from archive.preservation.fetching import Caps, HttpFetcher
from archive.preservation.timestamps.believing import Believing
from archive.preservation.timestamps.client import TsaClient, TsaTerms, TsaUnavailableError
from archive.preservation.timestamps.tokens import Token, read_token
from tests.fixtures.pki import TODAY, Corpus
from tests.fixtures.pki_servers import OTHER_POLICY, PkiServers

DIGEST = hashlib.sha256(b"goc cua cay").digest()
TERMS = TsaTerms(caps=Caps(max_bytes=64 << 10, seconds=60.0))
HASTY = TsaTerms(caps=Caps(max_bytes=64 << 10, seconds=1.0))


def client(servers: PkiServers, *paths: str, terms: TsaTerms = TERMS, why: str = "") -> TsaClient:
    numbers = itertools.count(2**63 + 11)

    def judge(token: Token) -> str:
        assert token.imprint
        return why

    return TsaClient(
        [servers.address(path) for path in paths],
        HttpFetcher(),
        servers.clock,
        nonce=lambda: next(numbers),
        judge=judge,
        terms=terms,
    )


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_token_is_for_the_digest_that_was_asked_and_comes_as_received(
    pki_servers: PkiServers, algorithm: str
) -> None:
    digest = hashlib.new(algorithm, b"x").digest()
    token = read_token(client(pki_servers, "tsa").stamp(digest, algorithm))
    assert (token.algorithm, token.imprint, token.time) == (algorithm, digest, TODAY)
    assert token.nonce == 2**63 + 11
    assert token.signer.der == pki_servers.pki.stamper.certificate


@pytest.mark.parametrize(
    ("manner", "word"),
    [
        ("wrong-nonce", "nonce"),
        ("wrong-imprint", "imprint"),
        ("wrong-usage", "usage"),
        ("wrong-clock", "time"),
        ("declined", "status"),
        ("garbage", "unreadable"),
        ("error", "refused"),
        ("redirect", "redirected"),
        ("drip", "too-slow"),
        ("huge", "too-large"),
        ("huge-told", "too-large"),
        ("cut", "broken"),
        ("zipped", "broken"),
        ("nowhere", "refused"),
    ],
)
def test_no_answer_of_a_hostile_authority_is_taken_and_the_reason_is_named(
    pki_servers: PkiServers, manner: str, word: str
) -> None:
    with pytest.raises(TsaUnavailableError) as caught:
        client(pki_servers, f"tsa/{manner}", terms=HASTY if manner == "drip" else TERMS).stamp(DIGEST)
    assert caught.value.reasons[pki_servers.address(f"tsa/{manner}")].startswith(f"{word}: ")
    assert caught.value.retryable
    assert pki_servers.asked["/elsewhere"] == 0
    assert pki_servers.sent_bytes < 32 << 20


def test_the_next_authority_is_asked_when_the_first_gives_nothing(pki_servers: PkiServers) -> None:
    token = read_token(client(pki_servers, "tsa/error", "tsa/wrong-nonce", "tsa").stamp(DIGEST))
    assert token.imprint == DIGEST
    assert [pki_servers.asked[path] for path in ("/tsa/error", "/tsa/wrong-nonce", "/tsa")] == [1, 1, 1]


def test_each_authority_that_failed_is_named_with_its_reason(pki_servers: PkiServers) -> None:
    with pytest.raises(TsaUnavailableError) as caught:
        client(pki_servers, "tsa/error", "tsa/declined").stamp(DIGEST)
    first, second = caught.value.reasons.values()
    assert "500" in first
    assert "không phục vụ" in second
    assert all(url in str(caught.value) for url in caught.value.reasons)


def test_without_an_authority_the_fault_says_what_to_configure(pki_servers: PkiServers) -> None:
    with pytest.raises(TsaUnavailableError, match="LUUTRU_EVIDENCE__TSA"):
        client(pki_servers).stamp(DIGEST)


def test_a_policy_that_was_not_asked_for_is_refused(pki_servers: PkiServers) -> None:
    terms = TsaTerms(policies=("1.3.6.1.4.1.4711.1",), caps=TERMS.caps)
    assert read_token(client(pki_servers, "tsa", terms=terms).stamp(DIGEST)).policy == "1.3.6.1.4.1.4711.1"
    with pytest.raises(TsaUnavailableError, match=OTHER_POLICY):
        client(pki_servers, "tsa/wrong-policy", terms=terms).stamp(DIGEST)


def test_a_token_of_an_authority_that_is_not_believed_is_refused(pki_servers: PkiServers) -> None:
    with pytest.raises(TsaUnavailableError, match="not-believed: no anchor"):
        client(pki_servers, "tsa", why="no anchor").stamp(DIGEST)


def test_a_token_of_an_expired_certificate_is_refused(pki_servers: PkiServers) -> None:
    pki_servers.clock.at = TODAY + timedelta(days=9000)
    with pytest.raises(TsaUnavailableError, match="outside the validity"):
        client(pki_servers, "tsa").stamp(DIGEST)


@pytest.mark.parametrize(("algorithm", "size"), [("sha1", 20), ("md5", 16), ("sha256", 31)])
def test_nothing_is_asked_for_a_digest_that_cannot_last(pki_servers: PkiServers, algorithm: str, size: int) -> None:
    with pytest.raises(ValueError, match="may be stamped"):
        client(pki_servers, "tsa").stamp(bytes(size), algorithm)
    assert pki_servers.asked["/tsa"] == 0


def test_an_authority_that_nobody_answers_for_is_unreachable(pki_servers: PkiServers) -> None:
    with pytest.raises(TsaUnavailableError, match="unreachable"):
        client(pki_servers, "http://127.0.0.1:1/tsa").stamp(DIGEST)


@pytest.fixture
def believing(pki_servers: PkiServers, corpus: Corpus) -> Callable[..., TsaClient]:
    """A client that believes only authorities under given anchors, by the engine's judgement."""

    def made(path: str, *anchors: bytes, answers: tuple[bytes, ...] = ()) -> TsaClient:
        judge = Believing(corpus.trusting(*anchors), pki_servers.clock, answers=lambda: answers)
        urls = [pki_servers.address(path)]
        return TsaClient(urls, HttpFetcher(), pki_servers.clock, nonce=lambda: 7, judge=judge, terms=TERMS)

    return made


def test_an_authority_under_our_anchor_is_believed_before_its_revocation_data_is_there(
    pki_servers: PkiServers, believing: Callable[..., TsaClient]
) -> None:
    root = pki_servers.pki.root.der
    assert read_token(believing("tsa", root).stamp(DIGEST)).imprint == DIGEST
    lists = (pki_servers.crl("root"), pki_servers.crl("stamping"))
    assert read_token(believing("tsa", root, answers=lists).stamp(DIGEST)).imprint == DIGEST


def test_an_authority_under_no_anchor_of_ours_is_not_believed(
    pki_servers: PkiServers, believing: Callable[..., TsaClient]
) -> None:
    with pytest.raises(TsaUnavailableError, match="not-believed: NO_CERTIFICATE_CHAIN_FOUND"):
        believing("tsa", pki_servers.other.root.der).stamp(DIGEST)


def test_a_revoked_authority_is_not_believed(pki_servers: PkiServers, believing: Callable[..., TsaClient]) -> None:
    pki_servers.revoke(pki_servers.pki.stamper, TODAY - timedelta(days=1))
    lists = (pki_servers.crl("root"), pki_servers.crl("stamping"))
    with pytest.raises(TsaUnavailableError, match="not-believed: REVOKED"):
        believing("tsa", pki_servers.pki.root.der, answers=lists).stamp(DIGEST)


@pytest.mark.parametrize("trusted", [True, False])
def test_a_forged_signature_is_refused_with_and_without_trust(
    pki_servers: PkiServers, believing: Callable[..., TsaClient], trusted: bool
) -> None:
    anchors = (pki_servers.pki.root.der,) if trusted else ()
    with pytest.raises(TsaUnavailableError, match="not-believed: signature"):
        believing("tsa/forged", *anchors).stamp(DIGEST)


def test_without_any_trust_a_genuine_token_is_taken_and_can_be_judged_later(
    believing: Callable[..., TsaClient],
) -> None:
    assert read_token(believing("tsa").stamp(DIGEST)).imprint == DIGEST
