"""kill -9 before every step by which a correction leaves its process: nothing lost, nothing doubled, nothing half."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.composition import Archive
from archive.composition.correcting import settle_texts, text_changes, text_corrections
from archive.settings import load_settings
from search.ports import SearchRequest
from tests.generators.doubtful_pages import LINES, keep

_ROOT = Path(__file__).parents[2]
_FIRST_STEP, _MOST_STEPS = 3, 40
"""Before: files of the version are put one by one, all alike."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    home = tmp_path_factory.mktemp("killed") / "home"
    settings = load_settings({"LUUTRU_HOME": str(home), "LUUTRU_AGENCY": "H49.64", "LUUTRU_WORKERS": "1"})
    Archive.make(settings)
    with Archive(settings) as made:
        yield made


@pytest.fixture(scope="module")
def killer() -> Iterator[subprocess.Popen[str]]:
    """Corrects in processes that are killed (`tests.faults.correcting`)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LUUTRU_")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.correcting"],
        cwd=_ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def correct(killer: subprocess.Popen[str], *order: object) -> bool:
    """In a process of its own; whether it lived to the end."""
    assert killer.stdin is not None
    assert killer.stdout is not None
    killer.stdin.write(json.dumps([str(part) for part in order]) + "\n")
    killer.stdin.flush()
    said = killer.stdout.readline().strip()
    assert said in {"0", "-9"}, said
    return said == "0"


def test_a_correction_killed_at_any_step_is_done_wholly_or_not_at_all(
    archive: Archive, killer: subprocess.Popen[str], tmp_path: Path
) -> None:
    kept = keep(archive, tmp_path / "room", ((LINES,),))
    texts, changes = text_corrections(archive), text_changes(archive)
    now, made, outcomes = "đựng", 0, []
    for steps in range(_FIRST_STEP, _MOST_STEPS):
        new = f"dựng{steps}"
        lived = correct(killer, archive.home.path, kept.package_id, now, new, steps)
        # Another process comes: what `serve`, `worker` and `ingest` do when they start, and every few seconds.
        settle_texts(archive)
        archive.indexing.catch_up()
        done = new in texts.state(kept.package_id, 1, 1).text.text
        assert done or not lived
        outcomes.append(done)
        made += done
        other = now if done else new
        now = new if done else now
        _is_whole(archive, kept.package_id, made)
        assert changes.known(kept.package_id).version == f"v{made + 1}"
        assert _finds(archive, now)
        assert not _finds(archive, other)
        if lived:
            break
    else:
        pytest.fail("it never lived to the end")
    # Before its inventory stands, a version is not there; from then on it is.
    assert outcomes == sorted(outcomes)
    assert 0 < outcomes.count(False) < len(outcomes)
    answer = archive.rebuilding.rebuild()
    assert (answer.lost, answer.not_in_ledger, answer.unreadable) == ([], [], {})
    _is_whole(archive, kept.package_id, made)


def _is_whole(archive: Archive, package_id: str, made: int) -> None:
    """Bytes, versions, ledger, trail and history tell of the same acts."""
    assert archive.fixity.check(package_id).ok
    versions = [version.name for version in archive.packages.versions(package_id)]
    assert versions == [f"v{number}" for number in range(1, made + 2)]
    lines = [line.version for day in archive.ledger.days() for line in archive.ledger.lines(day)]
    assert sorted(lines) == sorted(versions)
    told = [event for event in archive.trail.of([package_id]) if event["type"] == "metadata modification"]
    assert [event["detail"]["version"] for event in told] == versions[1:]
    assert len(text_corrections(archive).state(package_id, 1, 1).history) == made


def _finds(archive: Archive, word: str) -> bool:
    answer = archive.indexing.search(SearchRequest(f'"{word}"'))
    # Where a word is nowhere, what resembles it is found, and that is said.
    return bool(answer.hits) and not answer.notes
