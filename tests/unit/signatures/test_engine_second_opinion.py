"""Two readers of one file: what they agree on stands, what they contradict each other on is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.second_opinion import kept_opinion, with_second_opinion
from archive.preservation.signatures.second_reader_answers import Reading, Readings
from archive.preservation.signatures.verdicts import FileJudgement
from ingest.ports import Answer
from metadata.verdicts import Indication, PlainWord, SignatureVerdict
from tests.fakes.clocks import SteppingClock
from tests.fakes.second_readers import OtherReader
from tests.fixtures.pki import TODAY, Corpus

OPEN, PASSED = Indication.INDETERMINATE, Indication.TOTAL_PASSED


def judged(corpus: Corpus, tmp_path: Path, data: bytes, says: Answer) -> tuple[SignatureVerdict, ...]:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    clock = SteppingClock(TODAY, timedelta(0))
    return Judge(OtherReader(says), corpus.trust, clock).judgements([path])[0].verdicts


def answer(*readings: Reading, count: int | None = None) -> Answer:
    return Answer(Readings(readings, len(readings) if count is None else count).document())


def test_what_both_say_stands_in_the_verdict(corpus: Corpus) -> None:
    (verdict,) = corpus.judge(corpus.blt, second_reader=True)
    assert verdict.indication is PASSED
    said = verdict.second_reader
    assert (said["reader"], said["integrity"], said["coverage"], said["count"]) == (
        "pyHanko",
        "holds",
        "whole-revision",
        "1",
    )
    assert len(said["signer"]) == 64


@pytest.mark.parametrize(
    ("theirs", "about"),
    [
        (Reading("ChuKy1", integrity=False), "integrity: this engine says holds, pyHanko says broken"),
        (Reading("ChuKy1", signer="ab" * 32), "signer"),
        (Reading("ChuKy1", coverage="partial"), "coverage: this engine says whole-revision, pyHanko says partial"),
    ],
)
def test_a_contradiction_leaves_the_signature_open_with_both_answers(
    corpus: Corpus, tmp_path: Path, theirs: Reading, about: str
) -> None:
    (verdict,) = judged(corpus, tmp_path, corpus.blt, answer(theirs))
    assert (verdict.indication, verdict.subindication, verdict.plain) == (OPEN, "GENERIC", PlainWord.INSUFFICIENT)
    assert verdict.reasons[0].startswith(f"second-reader: {about}")


def test_another_number_of_signatures_leaves_all_of_them_open(corpus: Corpus, tmp_path: Path) -> None:
    verdicts = judged(corpus, tmp_path, corpus.blta, answer(Reading("ChuKy1", integrity=True), count=3))
    assert {v.indication for v in verdicts} == {OPEN}
    assert all(v.reasons[0].startswith("second-reader: count: this engine says 2") for v in verdicts)


def test_a_signature_that_we_call_false_and_the_other_calls_good_is_open(corpus: Corpus, tmp_path: Path) -> None:
    pdf = bytearray(corpus.blt)
    pdf[pdf.index(b"stream") + 10] ^= 1
    (verdict,) = judged(corpus, tmp_path, bytes(pdf), answer(Reading("ChuKy1", integrity=True)))
    assert (verdict.indication, verdict.subindication) == (OPEN, "GENERIC")
    assert any(r.startswith("hash") for r in verdict.reasons)


@pytest.mark.parametrize("says", [Answer(breach="cpu"), Answer(Readings(why="PdfReadError").document())])
def test_a_second_reader_that_could_not_say_contradicts_nothing(corpus: Corpus, tmp_path: Path, says: Answer) -> None:
    (verdict,) = judged(corpus, tmp_path, corpus.blt, says)
    assert verdict.indication is PASSED
    assert verdict.second_reader["count"] == "unknown"
    assert verdict.second_reader["file"] in {"limit-breached-cpu", "PdfReadError"}


def test_a_known_defect_of_the_second_reader_is_named_and_decides_nothing() -> None:
    ours = Reading("Ky", integrity=False, why="attribute-order")
    verdict = {"field": "Ky", "reasons": ["attribute-order: …"], "indication": "INDETERMINATE", "plain": "insufficient"}
    verdict |= {"subindication": "SIG_CONSTRAINTS_FAILURE", "changed_after": []}
    judgement = FileJudgement((verdict,), readings=Readings((ours,), 1))
    (told,) = with_second_opinion(judgement, Readings((Reading("Ky", integrity=True),), 1)).verdicts
    assert told["subindication"] == "SIG_CONSTRAINTS_FAILURE"
    assert told["reasons"][0] == "second-reader-defect: integrity: pyHanko says holds (attribute-order)"


def test_the_kept_answers_give_the_same_verdict_again_without_the_second_reader(corpus: Corpus) -> None:
    theirs = Readings((Reading("A", integrity=False, why="x y"), Reading("A", coverage="partial"), Reading("B")), 3)
    ours = Readings((Reading("A", integrity=True), Reading("A", coverage="whole-file"), Reading("B")), 3)
    base = {"reasons": ["r"], "indication": "TOTAL_PASSED", "subindication": None, "plain": "valid"}
    verdicts = tuple({**base, "field": name, "changed_after": []} for name in ("A", "A", "B"))
    judgement = FileJudgement(verdicts, readings=ours)
    told = with_second_opinion(judgement, theirs)
    kept = kept_opinion(told.verdicts)
    assert kept is not None
    assert with_second_opinion(judgement, kept).verdicts == told.verdicts
    assert kept_opinion(verdicts) is None
    assert with_second_opinion(replace(judgement, readings=None), theirs).verdicts == verdicts
