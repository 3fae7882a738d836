"""Random kills while documents go in. `SOAK_KILLS` and `SOAK_SEED` choose others; each run tells its seed."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.backends.s3 import S3Store
from storage.settings import S3Settings
from tests.fixtures.homes import CommandLine, made_home
from tests.generators.deliveries import Made, PaperMill, make_delivery
from tests.integration.test_crashes import counted, kill_all

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

KILLS = int(os.environ.get("SOAK_KILLS", "200"))
SEED = int(os.environ.get("SOAK_SEED", str(random.SystemRandom().randrange(1 << 32))))
LONGEST_SECONDS = 8.0


def killed_while_it_goes_in(command: CommandLine, made: Made, kills: int) -> int:
    """Start, kill after a random time, start again, `kills` times; how many kills met a living process."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable sequence is wanted
    print(f"seed {SEED}")
    met = 0
    for number in range(kills):
        # The delivery is handed in again now and then, as a person would who saw it die.
        words: tuple[object, ...] = ("ingest", made.path) if number % 4 == 0 else ("jobs", "--wait")
        process = command.start(*words, "--json")
        try:
            process.communicate(timeout=chance.uniform(0.1, LONGEST_SECONDS))
        except subprocess.TimeoutExpired:
            kill_all(process)
            met += 1
        else:
            assert process.returncode == 0, process.args
    return met


def finished(command: CommandLine, made: Made) -> None:
    lines = command.json("ingest", made.path)
    assert {line["status"] for line in lines} == {"archived"}, lines
    assert sum(line["documents"] for line in lines) == made.documents
    assert {line["status"] for line in command.json("jobs", "--wait")} == {"done"}


def test_two_hundred_documents_survive_two_hundred_kills(tmp_path: Path, mill: PaperMill) -> None:
    command = made_home(tmp_path / "home", mill)
    made = make_delivery(tmp_path / "giao-nop", mill, dossiers=40, documents=5)
    assert killed_while_it_goes_in(command, made, KILLS) > KILLS // 4
    finished(command, made)
    counted(command, 200, 40)


@pytest.mark.server
def test_documents_survive_kills_on_s3_as_well(
    tmp_path: Path, mill: PaperMill, s3_bucket: Callable[[], S3Settings]
) -> None:
    bucket = s3_bucket()
    assert bucket.endpoint
    assert bucket.access_key
    assert bucket.secret_key
    command = made_home(
        tmp_path / "home",
        mill,
        LUUTRU_STORAGE__BACKEND="s3",
        LUUTRU_STORAGE__S3__ENDPOINT=bucket.endpoint,
        LUUTRU_STORAGE__S3__BUCKET=bucket.bucket,
        LUUTRU_STORAGE__S3__REGION=bucket.region,
        LUUTRU_STORAGE__S3__ACCESS_KEY=bucket.access_key,
        LUUTRU_STORAGE__S3__SECRET_KEY=bucket.secret_key.get_secret_value(),
    )
    made = make_delivery(tmp_path / "giao-nop", mill, dossiers=4, documents=2)
    kills = max(3, KILLS // 10)
    assert killed_while_it_goes_in(command, made, kills) >= 1
    finished(command, made)
    counted(command, 8, 4, S3Store(bucket))
