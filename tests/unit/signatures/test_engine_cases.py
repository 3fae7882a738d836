"""Every class of signature gets its verdict, its sub-indication and its reason (`tests/corpus/signature_case.py`)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from archive.demo.pki import new_pki
from archive.preservation.signatures.adapter import SHARED_FROM_BYTES, Judge
from archive.preservation.signatures.crl_reading import RevocationList
from archive.preservation.signatures.engine import Existence, World, default_policy, judge_pdf
from archive.preservation.signatures.pdf_bytes import FileBytes
from archive.preservation.signatures.pdf_facts_json import facts_of
from archive.preservation.signatures.revocation_reading import RevocationUnreadableError, read_revocation
from archive.preservation.signatures.xml_facts_json import is_xml_facts, xml_facts_of
from archive.preservation.signatures.xml_judging import judge_xml
from ingest.ports import Judgement
from metadata.time import from_rfc3339
from metadata.verdicts import SignatureVerdict
from tests.corpus.signature_case import Case, Prepared, all_cases
from tests.corpus.verdict_table import COMMAND, rows_in, rows_of
from tests.fakes.clocks import SteppingClock
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki import LONG, REVOKED, SIGNED, TODAY, Corpus

CASES = tuple(all_cases())
TABLE = rows_in((Path(__file__).parents[3] / "docs" / "verdicts.md").read_text(encoding="utf-8"))
SEAL = ("judged_at", "trust_set", "policy", "engine")


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_each_class_gets_its_verdict_and_gets_it_again_from_what_is_kept(corpus: Corpus, case: Case) -> None:
    made = case.make(corpus)
    judgement = corpus.judgement(made.data, **made.known())
    verdicts = judgement.verdicts
    assert len(verdicts) == len(case.expected), verdicts
    for verdict, expected in zip(verdicts, case.expected, strict=True):
        assert expected.misses(verdict) == [], verdict
    assert _again(corpus, made, judgement) == _unsealed(judgement)
    assert rows_of(case, made.at.year, verdicts) == TABLE.get(case.name), f"run: {COMMAND}"


def _is_list(data: bytes) -> bool:
    try:
        return isinstance(read_revocation(data), RevocationList)
    except RevocationUnreadableError:
        return False


def _unsealed(judgement: Judgement) -> list[dict[str, object]]:
    """As the engine gives them: without who judged when, and without the second reader."""
    plain = dict.fromkeys(SEAL, "")
    return [v.model_copy(update=plain).model_dump(mode="json") for v in judgement.verdicts]


def _again(corpus: Corpus, made: Prepared, judgement: Judgement) -> list[dict[str, object]]:
    """The verdicts from facts and bundle alone, the bundle in another order, with neither PDF reader nor task."""
    trust = made.trust or corpus.trust
    if not judgement.facts:
        found = corpus.judgement(made.data, **{**made.known(), "revocation": judgement.objects[::-1]})
        return _unsealed(found)
    known = Existence.known_since(trust.known_since())
    proven = Existence.recorded({name: from_rfc3339(when) for name, when in made.proofs.items()})
    world = World.of(
        at=made.at,
        anchors=trust.anchors(),
        intermediates=trust.intermediates(),
        answers=judgement.objects[::-1],
        existence=known.joined(proven),
        policy=made.policy or default_policy(),
    )
    if is_xml_facts(judgement.facts):
        found_again, _ = judge_xml(xml_facts_of(judgement.facts), world, hashlib.sha256(made.data).hexdigest())
    else:
        found_again, _ = judge_pdf(facts_of(judgement.facts), FileBytes(made.data), world)
    return [SignatureVerdict.model_validate(v).model_dump(mode="json") for v in found_again.verdicts]


@pytest.mark.parametrize("case", [c for c in CASES if c.group in ("levels", "changes", "stamps")], ids=lambda c: c.name)
def test_the_second_reader_agrees_on_what_both_claim_to_know(corpus: Corpus, case: Case) -> None:
    made = case.make(corpus)
    for verdict in corpus.judgement(made.data, **made.known(), second_reader=True).verdicts:
        assert not any(r.startswith("second-reader") for r in verdict.reasons), verdict.reasons
        if verdict.field is not None:
            assert verdict.second_reader["integrity"] in {"holds", "broken"}


def test_a_bundle_holds_what_was_looked_at_and_nothing_that_was_only_handed_in(corpus: Corpus) -> None:
    strange = new_pki(SIGNED - LONG, SIGNED + LONG)
    useful, useless = corpus.pki.issuing.list_of(TODAY), strange.issuing.list_of(TODAY)
    objects = corpus.judgement(corpus.blt, revocation=[useful, useless, b"junk"]).objects
    assert {corpus.leader.certificate, corpus.pki.issuing.der, corpus.pki.root.der, useful} <= set(objects)
    assert not {useless, b"junk"} & set(objects)
    lists = [o for o in objects if _is_list(o)]
    assert len(lists) == 4, "one of each authority in the file, one handed in"
    assert len(objects) == len(set(objects)) == 4 + 5 + 1, "lists, certificates, the time-stamp"


def test_certificates_of_whose_revocation_nothing_is_known_are_named_with_their_issuers(corpus: Corpus) -> None:
    judgement = corpus.judgement(corpus.signed())
    assert set(judgement.wanted) == {
        (corpus.leader.certificate, corpus.pki.issuing.der),
        (corpus.pki.issuing.der, corpus.pki.root.der),
    }
    assert corpus.judgement(corpus.blt).wanted == ()


def test_trust_and_lists_too_large_for_every_task_are_read_once_and_judged_alike(
    corpus: Corpus, tmp_path: Path
) -> None:
    serials = dict.fromkeys(range(10_000, 14_000), (REVOKED, x509.ReasonFlags.unspecified))
    lists = [corpus.pki.issuing.list_of(TODAY, serials), *corpus.other_lists(TODAY)]
    assert sum(map(len, lists)) > SHARED_FROM_BYTES
    paths = [tmp_path / f"{number}.pdf" for number in range(3)]
    for path, data in zip(paths, (corpus.blt, corpus.signed(), corpus.base), strict=True):
        path.write_bytes(data)
    clock = SteppingClock(TODAY, timedelta(0))
    judge = Judge(InlineWorkers(), corpus.trust, clock, second_reader=False)
    large = judge.judgements(paths, revocation=lists)
    small = judge.judgements(paths, revocation=[corpus.pki.issuing.list_of(TODAY), *corpus.other_lists(TODAY)])
    assert [[v.indication for v in j.verdicts] for j in large] == [[v.indication for v in j.verdicts] for j in small]
    assert lists[0] in large[0].objects
    assert large[2].verdicts == ()
