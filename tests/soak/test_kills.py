"""Random kills while documents go in. `SOAK_KILLS` and `SOAK_SEED` choose others; each run tells its seed."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
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
LONGEST_SECONDS = 5.0
DOSSIERS, DOCUMENTS = 10, 4
"""Of one delivery. There are as many deliveries as it takes until so many kills met a living process."""


@dataclass
class Deliveries:
    """Deliveries, each made when it is handed in; they share nothing."""

    folder: Path
    mill: PaperMill
    made: list[Made] = field(default_factory=list)

    def another(self) -> Path:
        number = len(self.made)
        folder = self.folder / f"giao-nop-{number + 1}"
        first = 1 + number * DOSSIERS
        self.made.append(make_delivery(folder, self.mill, dossiers=DOSSIERS, documents=DOCUMENTS, first=first))
        return folder


def killed_while_they_go_in(command: CommandLine, deliveries: Deliveries, kills: int) -> None:
    """Start, kill after a random time, start again, until `kills` kills met a process at work."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable sequence is wanted
    print(f"seed {SEED}")
    path, met, number = deliveries.another(), 0, 0
    while met < kills:
        # The delivery is handed in again now and then, as a person would who saw it die.
        handed_in = number % 4 == 0
        words: tuple[object, ...] = ("ingest", path) if handed_in else ("jobs", "--wait")
        process = command.start(*words, "--json")
        number += 1
        try:
            process.communicate(timeout=chance.uniform(0.1, LONGEST_SECONDS))
        except subprocess.TimeoutExpired:
            kill_all(process)
            met += 1
            continue
        assert process.returncode == 0, process.args
        number = 0
        if handed_in:
            path = deliveries.another()


def finished(command: CommandLine, deliveries: Deliveries) -> tuple[int, int]:
    """Hand all in once more; how many documents and dossiers there have to be."""
    for made in deliveries.made:
        lines = command.json("ingest", made.path)
        assert {line["status"] for line in lines} == {"archived"}, lines
        assert sum(line["documents"] for line in lines) == made.documents
    # Dossiers whose signatures lack revocation data are waited for by nobody: no address may be asked.
    jobs = [line for line in command.json("jobs", "--wait") if line["kind"] == "ingest"]
    assert {line["status"] for line in jobs} == {"done"}
    return sum(made.documents for made in deliveries.made), sum(len(made.codes) for made in deliveries.made)


def test_documents_survive_two_hundred_kills(tmp_path: Path, mill: PaperMill) -> None:
    command = made_home(tmp_path / "home", mill).having(LUUTRU_WORKERS="2")
    deliveries = Deliveries(tmp_path, mill)
    killed_while_they_go_in(command, deliveries, KILLS)
    counted(command, *finished(command, deliveries))


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
    deliveries = Deliveries(tmp_path, mill)
    killed_while_they_go_in(command, deliveries, max(3, KILLS // 10))
    counted(command, *finished(command, deliveries), S3Store(bucket))
