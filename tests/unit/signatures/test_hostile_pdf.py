"""Hostile signed files: what must be said of each is said, none is called valid, none ends in an exception."""

from __future__ import annotations

import time

import pytest

from archive.preservation.signatures.pdf_bytes import FileBytes
from archive.preservation.signatures.pdf_facts import PdfFacts
from archive.preservation.signatures.pdf_facts_json import facts_document, facts_of
from archive.preservation.signatures.pdf_reading import read_bytes
from metadata.verdicts import Indication, PlainWord
from tests.corpus.hostile_signed import ALL, CHOKING, FORMS, SHADOWS, SIGNATURES, signed
from tests.fixtures.pki import Corpus

MOST_SECONDS = 20.0
"""CPU time that no file may take, on however busy a machine; ordinary ones take a few milliseconds."""


def problems(facts: PdfFacts) -> list[str]:
    return [facts.problem, *[field.problem for field in facts.fields]]


def test_the_file_that_is_attacked_is_valid_before(corpus: Corpus) -> None:
    verdict = corpus.only(signed(corpus))
    assert (verdict.indication, verdict.plain, verdict.changed_after) == (
        Indication.TOTAL_PASSED,
        PlainWord.VALID,
        (),
    )


@pytest.mark.parametrize("name", ALL)
def test_what_was_done_is_among_the_facts(corpus: Corpus, name: str) -> None:
    attack = ALL[name]
    data = attack.make(corpus)
    before = time.process_time()
    facts = read_bytes(FileBytes(data))
    assert time.process_time() - before < MOST_SECONDS
    if attack.kind:
        told = [(change.kind, change.what) for change in facts.changes]
        assert any(kind == attack.kind and what.startswith(attack.what) for kind, what in told), told
    if attack.problem:
        assert any(problem.startswith(attack.problem) for problem in problems(facts)), problems(facts)
    assert bool(facts.stray) == attack.stray
    assert bool(facts.fields or facts.problem or facts.remnants) != attack.unsigned
    assert facts_of(facts_document(facts)) == facts


@pytest.mark.parametrize("name", [*SHADOWS, *FORMS, *SIGNATURES])
def test_no_file_is_called_valid_after_it_was_attacked(corpus: Corpus, name: str) -> None:
    verdicts = corpus.judge(ALL[name].make(corpus))
    assert verdicts
    # The first signature is the one that was attacked; what a second one covers is its own business.
    assert verdicts[0].plain is not PlainWord.VALID, verdicts[0]


# The costly ones are judged in real workers: tests/integration/test_hostile_signed.py.
CHEAP = [name for name in CHOKING if not name.startswith(("fifty", "two-hundred", "bomb"))]


@pytest.mark.parametrize("name", CHEAP)
def test_files_that_choke_their_reader_are_judged_and_never_valid(corpus: Corpus, name: str) -> None:
    verdicts = corpus.judge(CHOKING[name].make(corpus))
    assert not any(verdict.plain is PlainWord.VALID for verdict in verdicts), verdicts
    assert bool(verdicts) != CHOKING[name].unsigned


@pytest.mark.parametrize("cut", range(0, 40_000, 1999))
def test_a_file_cut_anywhere_is_never_valid(corpus: Corpus, cut: int) -> None:
    data = signed(corpus)[:cut]
    assert not any(verdict.plain is PlainWord.VALID for verdict in corpus.judge(data)) or cut > 34_000
