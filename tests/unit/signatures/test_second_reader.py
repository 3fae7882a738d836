"""The second reader answers plainly and never raises; contradictions are found, known defects named."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.preservation.signatures.second_reader import read, read_again
from archive.preservation.signatures.second_reader_answers import (
    KNOWN_DEFECTS,
    Disagreement,
    Reading,
    Readings,
    compare,
)
from tests.corpus.hostile_signed import CHOKING, SHADOWS, SIGNATURES
from tests.fixtures.pki import Corpus

GOOD = Reading("A", integrity=True, signer="aa", coverage="whole-file")
FILE = Readings((GOOD,), 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tep.pdf"


def test_it_reads_integrity_signer_and_coverage_on_its_own(corpus: Corpus, path: Path) -> None:
    path.write_bytes(corpus.blta)
    found = read_again(path)
    leader = x509.load_der_x509_certificate(corpus.leader.certificate).fingerprint(hashes.SHA256()).hex()
    assert found.count == 2
    assert found.signatures[0] == Reading("ChuKy1", integrity=True, signer=leader, coverage="whole-revision")
    assert (found.signatures[1].integrity, found.signatures[1].coverage) == (True, "whole-file")


def test_a_changed_byte_breaks_the_integrity_that_it_tells(corpus: Corpus, path: Path) -> None:
    path.write_bytes(corpus.blt.replace(b"/Helv 10 Tf", b"/Helv 11 Tf", 1))
    assert [one.integrity for one in read_again(path).signatures] == [False]


def test_an_unsigned_file_has_no_signature_and_is_counted(corpus: Corpus, path: Path) -> None:
    path.write_bytes(corpus.base)
    assert read_again(path) == Readings((), 0)


def test_an_unknown_kind_is_counted_and_nothing_said_of_it(corpus: Corpus, path: Path) -> None:
    """pyHanko's own list of signatures drops it with a line in a log."""
    pdf = corpus.signed(sub_filter="adbe.pkcs7.detached")
    path.write_bytes(pdf.replace(b"/adbe.pkcs7.detached", b"/adbe.pkcs7.embedded"))
    found = read_again(path)
    assert found.count == 1
    assert (found.signatures[0].integrity, found.signatures[0].why) == (None, "sub-filter")


def test_a_locked_file_is_said_to_be_locked(corpus: Corpus, path: Path) -> None:
    with pikepdf.open(io.BytesIO(corpus.signed())) as plain:
        plain.save(path, encryption=pikepdf.Encryption(owner="chu", user="bimat"))
    assert read_again(path) == Readings(why="locked")


def test_a_file_that_it_cannot_read_is_could_not_say(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7\n" + b"\0" * 500)
    found = read_again(path)
    assert (found.count, found.signatures) == (None, ())
    assert found.why


# The bombs are read again in real workers: tests/integration/test_hostile_signed.py.
CHEAP = [name for name in CHOKING if not name.startswith(("fifty", "gibibyte", "three-thousand", "bomb"))]


@pytest.mark.parametrize("name", [*SIGNATURES, *CHEAP, "appended-without-references", "catalog-replaced"])
def test_no_hostile_file_makes_it_raise(corpus: Corpus, path: Path, name: str) -> None:
    path.write_bytes({**SIGNATURES, **CHOKING, **SHADOWS}[name].make(corpus))
    document = read(scratch=path.parent, source=str(path))
    assert Readings.of(json.loads(json.dumps(document))).document() == document


# ------------------------------------------------------------ contradictions


def test_equal_answers_contradict_nothing() -> None:
    assert compare(FILE, FILE) == ()


@pytest.mark.parametrize(
    ("theirs", "about"),
    [
        (Readings((replace(GOOD, integrity=False),), 1), "integrity"),
        (Readings((replace(GOOD, signer="bb"),), 1), "signer"),
        (Readings((replace(GOOD, coverage="partial"),), 1), "coverage"),
        (Readings((replace(GOOD, coverage="unclear"),), 1), "coverage"),
        (Readings((GOOD,), 2), "count"),
    ],
)
def test_each_difference_is_found_and_nothing_excuses_it(theirs: Readings, about: str) -> None:
    (found,) = compare(FILE, theirs)
    assert (found.about, found.known) == (about, "")
    assert found.field == ("" if about == "count" else "A")


@pytest.mark.parametrize(
    "theirs",
    [
        Readings((replace(GOOD, integrity=None),), 1),
        Readings((replace(GOOD, signer=None, coverage=None),), 1),
        Readings((replace(GOOD, coverage="whole-revision"),), 1),
        Readings((), None, "PdfReadError"),
        Readings((replace(GOOD, field="B", integrity=False),), 1),
    ],
)
def test_what_is_not_said_contradicts_nothing(theirs: Readings) -> None:
    assert compare(FILE, theirs) == ()
    assert compare(theirs, FILE) == ()


def test_our_own_doubt_about_coverage_claims_nothing() -> None:
    assert compare(Readings((replace(GOOD, coverage="unclear"),), 1), FILE) == ()


def test_a_known_defect_is_named_and_still_told() -> None:
    """RFC 5652, 5.4: what counts is the DER encoding of the signed attributes, not the order in which they came."""
    ours = Readings((replace(GOOD, integrity=False, why="attribute-order"),), 1)
    (found,) = compare(ours, FILE)
    assert found == Disagreement("A", "integrity", "broken", "holds", "attribute-order")


def test_more_fields_than_we_judge_are_no_contradiction_of_numbers() -> None:
    (found,) = compare(Readings((GOOD,), 51, "too-many"), Readings((GOOD,), 300))
    assert found == Disagreement("", "count", "51", "300", "more-than-are-judged")


def test_a_field_without_a_name_is_passed_over_by_pyhanko_and_judged_by_us(corpus: Corpus, path: Path) -> None:
    path.write_bytes(corpus.signed().replace(b"/T (ChuKy1)", b"/1 (ChuKy1)"))
    theirs = read_again(path)
    assert theirs.count == 0
    ours = Readings((replace(GOOD, field=""),), 1)
    assert [d.known for d in compare(ours, theirs)] == ["nameless-field"]
    assert [d.known for d in compare(FILE, theirs)] == [""]


def test_every_known_defect_has_its_reason() -> None:
    assert all(len(defect.reason) > 40 for defect in KNOWN_DEFECTS)


def test_two_fields_of_one_name_are_compared_in_their_order() -> None:
    other = replace(GOOD, integrity=False)
    assert compare(Readings((GOOD, other), 2), Readings((GOOD, other), 2)) == ()
    assert len(compare(Readings((GOOD, other), 2), Readings((other, GOOD), 2))) == 2


answers = st.builds(
    Reading,
    st.sampled_from(["A", "B", "Ô ký"]),
    st.none() | st.booleans(),
    st.none() | st.sampled_from(["aa", "bb"]),
    st.none() | st.sampled_from(["whole-file", "whole-revision", "partial", "unclear"]),
    st.sampled_from(["", "attribute-order", "byte-range"]),
)
files = st.builds(Readings, st.lists(answers, max_size=4).map(tuple), st.none() | st.integers(0, 9), st.just(""))


@settings(max_examples=50)
@given(ours=files)
def test_answers_survive_being_written_down_and_agree_with_themselves(ours: Readings) -> None:
    assert Readings.of(json.loads(json.dumps(ours.document()))) == ours
    assert compare(ours, ours) == ()


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"signatures": [], "count": "1", "why": ""},
        {"signatures": [{"field": 1}], "count": 1, "why": ""},
        {"signatures": [{"field": "A", "integrity": "yes"}], "count": 1, "why": ""},
        {"signatures": [{"field": "A", "other": 1}], "count": 1, "why": ""},
        {"signatures": 7, "count": 1, "why": ""},
    ],
)
def test_what_is_no_answer_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no answers of a reader"):
        Readings.of(document)
