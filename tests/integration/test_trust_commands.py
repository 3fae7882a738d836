"""`luutru trust` and `luutru jobs` as somebody calls them who is in a hurry; a defect of ours has the fault's code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.fixtures.homes import CommandLine
from tests.generators.deliveries import Made, PaperMill


def test_a_file_that_is_no_certificate_keeps_no_other_from_being_added(tmp_path: Path, mill: PaperMill) -> None:
    command = CommandLine(tmp_path / "home")
    command.json("init")
    (tmp_path / "note.pem").write_text("thu moi")
    answer = command.run("trust", "add", tmp_path / "note.pem", mill.trust(tmp_path / "trust"), "--json")
    assert answer.code == 2
    assert [row["status"] for row in answer.lines] == ["added"]
    assert "note.pem" in answer.err
    assert len(command.json("trust", "list")) == 1
    assert command.run("trust", "policy", tmp_path / "note.pem", "--default").code == 2


def test_a_damaged_store_is_cured_as_the_check_says(tmp_path: Path, mill: PaperMill) -> None:
    command = CommandLine(tmp_path / "home")
    command.json("init")
    root = mill.trust(tmp_path / "trust")
    command.json("trust", "add", root)
    (command.home / "trust" / "current").write_text("0" * 64)
    (failed,) = command.json("trust", "check", "--lang", "en", code=4)
    assert "move it away" in failed["detail"]
    assert command.run("trust", "add", root).code == 4
    (command.home / "trust").rename(tmp_path / "away")
    command.json("trust", "add", root)
    assert {row["status"] for row in command.json("trust", "check")} == {"ok"}


def test_what_waits_for_something_from_outside_holds_neither_wait_nor_watch(
    new_home: Callable[..., CommandLine], deliver: Callable[..., Made]
) -> None:
    command = new_home()
    command.json("ingest", deliver(documents=1).path)
    for flag in ("--wait", "--watch"):
        rows = command.json("jobs", flag)
        assert {row["kind"]: row["status"] for row in rows} == {"ingest": "done", "evidence": "waiting"}
        assert "revocation" in next(row["error"] for row in rows if row["kind"] == "evidence")


def test_a_defect_of_ours_is_a_fault_told_with_its_place() -> None:
    code = (
        "import sys; from archive.cli import main; "
        "main._WHERE['broken'] = 'json:nothing'; sys.argv = ['luutru', 'broken']; main.main()"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (4, "")
    assert "AttributeError" in answer.stderr.splitlines()[-1]
