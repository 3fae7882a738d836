"""A time-stamp token on its own: what evidence records and clients of time-stamp authorities ask the engine."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest

from archive.preservation.signatures.engine import Existence, World, judge_token, material_of
from archive.preservation.signatures.signing import time_stamper
from tests.corpus.signature_cases_stamps import server
from tests.fixtures.pki import EXPIRED, LONG, SIGNED, TODAY, Corpus

DAY = timedelta(days=1)
DATA = b"goc cua cay bam"


def digest(name: str) -> bytes:
    return hashlib.new(name, DATA).digest()


def token_of(corpus: Corpus, *, end: datetime = SIGNED + LONG, at: datetime = SIGNED) -> bytes:
    return time_stamper(server(corpus, end=end), at)(digest("sha256"), "sha256")


def world(corpus: Corpus, *answers: bytes, at: datetime = TODAY, existence: Existence | None = None) -> World:
    known = existence or Existence()
    return World.of(at=at, anchors=[corpus.pki.root.der], answers=answers, existence=known)


def test_a_token_under_fresh_lists_proves_its_time_and_names_what_it_leans_on(corpus: Corpus) -> None:
    token, lists = token_of(corpus), corpus.pki.lists(TODAY - DAY)
    verdict = judge_token(token, digest, world(corpus, *lists))
    assert (verdict.outcome.passed, verdict.proves, verdict.intact) == (True, SIGNED, True)
    assert verdict.signer is not None
    assert verdict.used.tokens == {token}
    assert {corpus.pki.root.der, corpus.pki.stamping.der, verdict.signer.der} == verdict.used.certificates
    about = {hashlib.sha256(lists[0]).hexdigest(), hashlib.sha256(lists[2]).hexdigest()}
    assert verdict.used.sources == about, "the lists of the root and of the authority for time-stamps"
    assert verdict.used.wanted == frozenset()


def test_a_token_of_which_nothing_is_known_proves_nothing_and_names_whom_to_ask_about(corpus: Corpus) -> None:
    verdict = judge_token(token_of(corpus), digest, world(corpus))
    assert (verdict.outcome.subindication, verdict.proves, verdict.intact) == ("TRY_LATER", None, True)
    assert verdict.signer is not None
    assert verdict.used.wanted == {
        (verdict.signer.der, corpus.pki.stamping.der),
        (corpus.pki.stamping.der, corpus.pki.root.der),
    }


def test_a_token_of_an_expired_server_lives_by_the_proof_that_covers_it(corpus: Corpus) -> None:
    token, lists = token_of(corpus, end=EXPIRED), corpus.pki.lists(SIGNED + DAY)
    assert judge_token(token, digest, world(corpus, *lists)).outcome.subindication == "OUT_OF_BOUNDS_NOT_REVOKED"
    names = [hashlib.sha256(data).hexdigest() for data in (token, *lists)]
    covered = Existence.recorded(dict.fromkeys(names, EXPIRED - DAY), "archive-time-stamp")
    verdict = judge_token(token, digest, world(corpus, *lists, existence=covered))
    assert verdict.proves == SIGNED
    assert verdict.proof is not None
    assert (verdict.proof.time, verdict.proof.source) == (EXPIRED - DAY, "archive-time-stamp")
    assert verdict.control == EXPIRED
    late = Existence.recorded(dict.fromkeys(names, EXPIRED + DAY))
    assert not judge_token(token, digest, world(corpus, *lists, existence=late)).outcome.passed


@pytest.mark.parametrize("cover", [SIGNED - DAY, SIGNED - timedelta(minutes=6)])
def test_a_token_that_is_proven_to_be_older_than_it_says_is_out_of_order(corpus: Corpus, cover: datetime) -> None:
    token, lists = token_of(corpus), corpus.pki.lists(SIGNED - 2 * DAY)
    covered = Existence.recorded({hashlib.sha256(token).hexdigest(): cover})
    verdict = judge_token(token, digest, world(corpus, *lists, existence=covered))
    assert verdict.outcome.subindication == "TIMESTAMP_ORDER_FAILURE"


def test_a_token_for_other_bytes_is_a_broken_digest_whatever_is_trusted(corpus: Corpus) -> None:
    verdict = judge_token(token_of(corpus), lambda name: hashlib.new(name, b"x").digest(), world(corpus))
    assert (verdict.outcome.subindication, verdict.outcome.failed, verdict.intact) == ("HASH_FAILURE", True, False)


def test_an_imprint_that_nobody_can_compute_is_open(corpus: Corpus) -> None:
    def unknown(name: str) -> bytes:
        raise ValueError(name)

    assert judge_token(token_of(corpus), unknown, world(corpus)).outcome.subindication == "GENERIC"


@pytest.mark.parametrize("data", [b"", b"0\x03\x02\x01\x00", b"junk" * 100])
def test_what_is_no_token_is_a_format_failure_and_brings_nothing(corpus: Corpus, data: bytes) -> None:
    verdict = judge_token(data, digest, world(corpus))
    assert (verdict.outcome.subindication, verdict.outcome.failed) == ("FORMAT_FAILURE", True)
    assert material_of(data) == ((), ())
