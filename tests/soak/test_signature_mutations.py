"""Ten thousand mutations of signed files. `SOAK_MUTATIONS` and `SOAK_SEED` choose others; each run tells its seed."""

from __future__ import annotations

import os
import random
from itertools import islice
from pathlib import Path

import pytest

from tests.fixtures.pki import Corpus
from tests.generators.mutations import NAMES, covering, files, judged, mutations

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

MUTATIONS = int(os.environ.get("SOAK_MUTATIONS", "10000"))
SEED = int(os.environ.get("SOAK_SEED", str(random.SystemRandom().randrange(1 << 32))))


@pytest.mark.parametrize("name", NAMES)
def test_thousands_of_changed_files_are_read_alike_and_never_pass(
    corpus: Corpus, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pdf = files(corpus)[name]
    path = tmp_path / "tep.pdf"
    with capsys.disabled():
        # Told before a mutation may end this process.
        print(f"SOAK_SEED={SEED} {name}", flush=True)
    wrong = []
    chance = random.Random(f"{SEED} {name}")  # noqa: S311 - a repeatable sequence is wanted
    path.write_bytes(pdf)
    whole = judged(corpus, path).passed()
    for mutation in islice(mutations(pdf, chance), MUTATIONS // len(NAMES)):
        path.write_bytes(mutation.of(pdf))
        found = judged(corpus, path)
        if found.passed() > whole - covering(pdf, mutation) or found.contradictions():
            wrong.append((mutation, found.passed(), found.contradictions()))
    assert wrong == []
