"""The contracts of .importlinter bite: each is broken once, on a copy of the project, and must say so."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("archive", "ingest", "search", "storage", "metadata")
WRONG = {
    "metadata/wrong_room.py": "import archive.settings\n",
    "storage/wrong_room.py": "import search.ports\n",
    "archive/catalogue/wrong_face.py": "import archive.cli.main\n",
    "ingest/stages/text.py": "\nimport ingest.stages.pdfa\n",
    "ingest/stages/wrong_engine.py": "import ingest.engines.pdfium\n",
    "archive/services/wrong_backend.py": "import storage.backends.s3\n",
    "metadata/wrong_purity.py": "import subprocess\n",
}


def _config() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    return config


def _contracts() -> dict[str, str]:
    config = _config()
    return {
        name.removeprefix("importlinter:contract:"): config[name]["name"]
        for name in config.sections()
        if name.startswith("importlinter:contract:")
    }


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """Whether each contract was kept on a copy in which every one of them is broken."""
    copy = tmp_path_factory.mktemp("copy")
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__", "static", "*.xsd"))
    shutil.copy(ROOT / ".importlinter", copy)
    for path, text in WRONG.items():
        with (copy / path).open("a", encoding="utf-8") as stream:
            stream.write(text)
    vendors = [name.removeprefix("home-") for name in _contracts() if name.startswith("home-")]
    wrong = "\n".join(f"import {vendor}" for vendor in vendors)
    (copy / "ingest" / "wrong_homes.py").write_text(wrong + "\n", encoding="utf-8")
    (copy / "search" / "wrong_homes.py").write_text(wrong + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin", "COLUMNS": "400"},
    )
    flat = re.sub(r"\s+", " ", done.stdout)
    found = {}
    for key, name in _contracts().items():
        match = re.search(re.escape(re.sub(r"\s+", " ", name)) + r" (KEPT|BROKEN)", flat)
        assert match, f"no verdict on {key}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
        found[key] = match[1] == "KEPT"
    return found


@pytest.mark.parametrize("contract", sorted(_contracts()))
def test_a_wrong_import_breaks_the_contract(contract: str, verdicts: dict[str, bool]) -> None:
    assert not verdicts[contract]


def test_the_table_of_homes_in_the_documentation_is_the_one_that_is_checked() -> None:
    table = dict(
        re.findall(r"^\| (\w+) \| (`[^|]+) \|$", (ROOT / "docs" / "architecture.md").read_text("utf-8"), re.MULTILINE)
    )
    documented = {vendor: re.findall(r"`([^`]+)`", homes) for vendor, homes in table.items()}
    config = _config()
    checked = {}
    for name in config.sections():
        if name.startswith("importlinter:contract:home-"):
            homes = re.findall(r"^(\S+)\.\*\* ->", config[name]["ignore_imports"], re.MULTILINE)
            checked[name.removeprefix("importlinter:contract:home-")] = [home.replace(".", "/") for home in homes]
    assert {vendor: homes for vendor, homes in documented.items() if vendor in checked} == checked
