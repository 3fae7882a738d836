"""Mutated signed files: both readers agree wherever both know, and a change in signed bytes never passes."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest

from tests.fixtures.pki import Corpus
from tests.generators.mutations import NAMES, covering, files, judged, mutations

EACH = 100
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
