"""Rules of the house that no ready-made linter knows."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.version import VERSION
from metadata.errors import ArchiveError
from metadata.messages import catalogue

ROOT = Path(__file__).parents[2]
ROOMS = ("archive", "ingest", "search", "storage", "metadata")
PROCESSES = ("ingest/engines/", "ingest/workers/", "search/backends/analysts.py")
ENVIRONMENT = ("archive/settings.py", "archive/cli/speech.py", "ingest/engines/", "ingest/workers/")


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_outside_programs_are_only_run_by_engines_and_workers() -> None:
    guilty = [
        name
        for name, tree in _modules()
        if _imports(tree) & {"subprocess", "multiprocessing"} and not name.startswith((*PROCESSES, "archive/demo/"))
    ]
    assert guilty == []


def _named(path: Path) -> set[str]:
    """Modules that a file imports, and names that it imports from them, with their dots."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_pages_that_measure_are_known_to_the_bench_alone() -> None:
    """What reading is tuned on is never what it is measured on: nobody else may import the measuring layouts."""
    measuring = "bench.extract_pages"
    places = [path for room in (*ROOMS, "bench", "tests") for path in (ROOT / room).rglob("*.py")]
    users = {path.relative_to(ROOT).as_posix() for path in places if measuring in _named(path)}
    assert users == {"bench/extract.py"}


def test_the_environment_is_read_in_one_place() -> None:
    guilty = []
    for name, tree in _modules():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or node.attr not in {"environ", "getenv"}:
                continue
            if not name.startswith(ENVIRONMENT):
                guilty.append(f"{name}:{node.lineno}")
    assert guilty == []


def test_no_module_is_a_drawer_for_everything() -> None:
    names = {Path(name).stem for name, _ in _modules()}
    assert not names & {"utils", "helpers", "common", "manager", "misc", "util"}


def test_every_fault_has_a_code_of_its_own() -> None:
    def below(kind: type[ArchiveError]) -> Iterator[type[ArchiveError]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    for name, _ in _modules():
        if name.endswith("errors.py"):
            __import__(name.removesuffix(".py").replace("/", "."))
    for kind in below(ArchiveError):
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
    for name, tree in _modules():
        if not name.startswith("archive/cli/"):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"say", "text", "words"} and isinstance(node.args[0].value, str):
                key = node.args[0].value
                assert f"cli.{key}" in known or key in known, f"{name}:{node.lineno} {key}"


def test_the_program_knows_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION


@pytest.mark.parametrize("lock", ["luutru.lock", "test.lock"])
def test_locks_have_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert "--hash=sha256:" in text
    assert "://" not in text
