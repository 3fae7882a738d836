"""The byte readers under a coverage-guided fuzzer (atheris), ten minutes in all.

`SOAK_FUZZ_SECONDS` chooses another time, `SOAK_FUZZ_FOLDER` a folder in which
the corpus grows from run to run and the inputs that broke a reader are left.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.generators.byte_targets import TARGETS, seeds

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

SECONDS = int(os.environ.get("SOAK_FUZZ_SECONDS", "600"))
SCRIPT = Path(__file__).with_name("fuzz_byte_readers.py")
MEMORY_MIB = 1024
SLOWEST_SECONDS = 10
"""An input that takes longer is a finding: no file may hold a worker up."""


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_but_facts_and_named_errors_comes_out(target: str, tmp_path: Path) -> None:
    kept = Path(os.environ.get("SOAK_FUZZ_FOLDER") or tmp_path) / target
    corpus, broken = kept / "corpus", kept / "broken"
    for folder in (corpus, broken):
        folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(data for kinds in seeds().values() for data in kinds):
        (corpus / f"seed-{number}").write_bytes(data)
    arguments = [
        f"-max_total_time={max(1, SECONDS // len(TARGETS))}",
        f"-artifact_prefix={broken}/",
        f"-rss_limit_mb={MEMORY_MIB}",
        f"-timeout={SLOWEST_SECONDS}",
        "-max_len=16384",
        "-print_final_stats=1",
        str(corpus),
    ]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), target, *arguments],
        capture_output=True,
        check=False,
        timeout=SECONDS + 600,
        text=True,
        errors="replace",
    )
    told = done.stderr[-6000:] + done.stdout[-2000:]
    assert done.returncode == 0, told
    assert not list(broken.iterdir()), told
    runs = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    assert runs is not None, told
    # A fuzzer that does nothing finds nothing.
    assert int(runs[1]) > len(list(seeds())), told
    print(f"{target}: {runs[1]} inputs")
