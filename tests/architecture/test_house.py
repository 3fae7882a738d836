"""Rules of the house that no ready-made linter knows."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.version import VERSION
from metadata.errors import ArchiveError
from metadata.messages import catalogue
from tests.architecture.sources import ROOT, below, product

pytestmark = pytest.mark.xdist_group("sources")

PROCESSES = ("ingest/engines/", "ingest/workers/", "search/backends/analysts.py")
ENVIRONMENT = ("archive/settings.py", "archive/cli/speech.py", "ingest/engines/", "ingest/workers/")


def test_outside_programs_are_only_run_by_engines_and_workers() -> None:
    guilty = [
        source.name
        for source in product()
        if source.imports & {"subprocess", "multiprocessing"}
        and not source.name.startswith((*PROCESSES, "archive/demo/"))
    ]
    assert guilty == []


def test_pages_that_measure_are_known_to_the_bench_alone() -> None:
    """What reading is tuned on is never what it is measured on: nobody else may import the measuring layouts."""
    measuring = "bench.extract_pages"
    sources = [*product(), *below("bench"), *below("tests")]
    users = {source.name for source in sources if measuring in source.named}
    assert users == {"bench/extract.py"}


def test_the_environment_is_read_in_one_place() -> None:
    read = [f"{source.name}:{line}" for source in product() for line in source.environment]
    assert [place for place in read if not place.startswith(ENVIRONMENT)] == []
    assert read, "settings are read somewhere"


def test_no_module_is_a_drawer_for_everything() -> None:
    names = {Path(source.name).stem for source in product()}
    assert not names & {"utils", "helpers", "common", "manager", "misc", "util"}


def test_every_fault_has_a_code_of_its_own() -> None:
    def kinds(kind: type[ArchiveError]) -> Iterator[type[ArchiveError]]:
        for child in kind.__subclasses__():
            yield child
            yield from kinds(child)

    for source in product():
        if source.name.endswith("errors.py"):
            __import__(source.name.removesuffix(".py").replace("/", "."))
    for kind in kinds(ArchiveError):
        assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", kind.code), kind


def test_every_message_has_both_languages_with_the_same_places() -> None:
    for key, texts in catalogue().items():
        places = {
            language: {name for _, name, _, _ in string.Formatter().parse(words) if name}
            for language, words in texts.items()
        }
        assert places["vi"] == places["en"], key


def test_every_message_that_the_command_line_names_exists() -> None:
    known = set(catalogue())
    asked = 0
    for source in product():
        if not source.name.startswith("archive/cli/"):
            continue
        for line, called, key in source.calls:
            if called in {"say", "text", "words"}:
                asked += 1
                assert f"cli.{key}" in known or key in known, f"{source.name}:{line} {key}"
    assert asked


def test_the_program_knows_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION


@pytest.mark.parametrize("lock", ["luutru.lock", "test.lock"])
def test_locks_have_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert "--hash=sha256:" in text
    assert "://" not in text
