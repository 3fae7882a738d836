"""Mutated signed files: both readers agree wherever both know, and a change in signed bytes never passes."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.preservation.signatures.pdf_bytes import FileBytes
from archive.preservation.signatures.pdf_facts_json import facts_document, facts_of
from archive.preservation.signatures.pdf_reading import read_bytes
from tests.corpus.hostile_signed import SHADOWS
from tests.fixtures.pki import Corpus
from tests.generators.examples import examples
from tests.generators.mutations import NAMES, covering, files, judged, mutations

EACH = 60
"""Mutations of each file; `make soak` tries many more, and others each time."""


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_file_is_read_alike_by_both_readers_and_never_passes(
    corpus: Corpus, tmp_path: Path, name: str
) -> None:
    pdf = files(corpus)[name]
    path = tmp_path / "tep.pdf"
    path.write_bytes(pdf)
    whole = judged(corpus, path)
    assert whole.passed() == len(whole.ours.signatures) == whole.theirs.count
    said = 0
    for mutation in islice(mutations(pdf, random.Random(4)), EACH):  # noqa: S311 - a repeatable sequence is wanted
        path.write_bytes(mutation.of(pdf))
        found = judged(corpus, path)
        # At most what no changed byte belongs to may still pass.
        assert found.passed() <= whole.passed() - covering(pdf, mutation), mutation
        assert found.contradictions() == [], mutation
        said += sum(1 for one in found.theirs.signatures if one.integrity is not None)
    # A second reader that says nothing would agree with everything.
    assert said > EACH // 4


PIECES = st.binary(max_size=20) | st.sampled_from(
    [
        *(b"endobj", b"endstream", b"stream\n", b"xref\n", b"trailer", b"startxref\n9\n%%EOF", b"%%EOF"),
        *(b"<<", b">>", b"[", b"]", b"(", b")", b"<", b"null", b" 0 R", b"/Prev 0", b"/Kids [2 0 R]"),
        *(b"/ByteRange [0 1 2 3]", b"/ByteRange [" + b"0 " * 99, b"/Length 99999999", b"/Size 99999999", b"obj"),
    ]
)


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_cut_put_in_or_doubled_ends_with_facts(corpus: Corpus, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from([*NAMES, "page-added", "javascript"]))
    made = files(corpus)[start] if start in NAMES else corpus.once(start, lambda: SHADOWS[start].make(corpus))
    pdf = bytearray(made)
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(pdf)))
        end = place + data.draw(st.integers(0, 30) | st.integers(0, len(pdf)))
        pdf[place:end] = data.draw(PIECES) + (pdf[place:end] if data.draw(st.booleans()) else b"")
    facts = read_bytes(FileBytes(bytes(pdf)))
    assert facts.size == len(pdf)
    assert facts_of(facts_document(facts)) == facts
    assert not any(field.range and field.problem for field in facts.fields)
