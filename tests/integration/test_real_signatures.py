"""The Government's own signed documents, today and in 2056 (extra suite): open for want of data, and never false."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.preservation.trust.sets import TrustSnapshot
from metadata.verdicts import Indication, PlainWord
from tests.fixtures.pki import TODAY, Corpus

SHARED = Path(__file__).parents[3] / "shared"
pytestmark = pytest.mark.skipif(
    not (SHARED / "trust").is_dir(),
    reason="../shared/samples and ../shared/trust are absent: the Government's signed documents were not judged",
)
SIGNED = ("qd-222-2025-signed-scan.pdf", "signed-scan-4-pages.pdf", "qd-20-2019-signed-born-digital.pdf")
OPEN = Indication.INDETERMINATE
NO_PATH = "NO_CERTIFICATE_CHAIN_FOUND"


@pytest.fixture(scope="module")
def trust() -> TrustSnapshot:
    return TrustSnapshot.from_folder(SHARED / "trust")


def sample(name: str) -> bytes:
    return (SHARED / "samples" / "pdf" / name).read_bytes()


@pytest.mark.parametrize("name", SIGNED)
def test_both_readers_say_the_same_and_what_would_help_is_told(corpus: Corpus, trust: TrustSnapshot, name: str) -> None:
    (verdict,) = corpus.judge(sample(name), trust=trust, second_reader=True)
    assert verdict.second_reader["integrity"] == "holds"
    assert not any(reason.startswith("second-reader") for reason in verdict.reasons), verdict.reasons
    assert verdict.coverage == "whole-file"
    assert verdict.changed_after == ()
    assert (verdict.indication, verdict.plain) == (OPEN, PlainWord.INSUFFICIENT)
    assert verdict.would_help, "it is told what would help"


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize("year", [2031, 2041, 2056])
@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "unrecorded"])
def test_whatever_expires_they_stay_open_and_are_judged_again_alike(
    corpus: Corpus, trust: TrustSnapshot, name: str, year: int, *, recorded: bool
) -> None:
    """Nothing was ever known of revocation: no record of the file makes up for that, and nothing makes it false."""
    data, at = sample(name), datetime(year, 6, 1, tzinfo=UTC)
    proofs = {hashlib.sha256(data).hexdigest(): "2026-11-28T00:00:00.000Z"} if recorded else {}
    first = corpus.judgement(data, trust=trust, at=at, proofs=proofs)
    again = corpus.judgement(data, trust=trust, at=at, proofs=proofs, revocation=first.objects[::-1])
    assert again.verdicts == first.verdicts
    (verdict,) = first.verdicts
    assert (verdict.indication, verdict.plain) == (OPEN, PlainWord.INSUFFICIENT)
    today = corpus.judge(data, trust=trust)[0].subindication
    assert (verdict.subindication == NO_PATH) == (today == NO_PATH)


@pytest.mark.parametrize("name", SIGNED)
def test_a_changed_byte_makes_them_false(corpus: Corpus, trust: TrustSnapshot, name: str) -> None:
    data = bytearray(sample(name))
    place = data.index(b"stream") + 200
    data[place] ^= 1
    (verdict,) = corpus.judge(bytes(data), trust=trust, at=TODAY)
    assert (verdict.indication, verdict.subindication) == (Indication.TOTAL_FAILED, "HASH_FAILURE")


def test_without_trust_the_reason_is_the_empty_store(corpus: Corpus) -> None:
    (verdict,) = corpus.judge(sample(SIGNED[1]), trust=corpus.trusting())
    assert (verdict.indication, verdict.subindication) == (OPEN, NO_PATH)
    assert verdict.reasons[0].startswith("trust-empty")
