"""The command line: every show and every export is an event, or it did not happen."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.homes import GOOD, CommandLine, Filled

pytestmark = pytest.mark.xdist_group("cli-home")


def events(filled: Filled, after: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in filled.command.run("audit", "export", "--after", after).out.splitlines()]


def test_show_and_export_leave_events_with_the_account(filled: Filled, tmp_path: Path) -> None:
    last = events(filled)[-1]["seq"]
    filled.command.json("show", f"{GOOD}.002", "--operator", "lan")
    filled.command.json("export", GOOD, "--as", "text", "-o", tmp_path / "out", "--operator", "minh")
    found = [(event["type"], event["agent"], event["subject"], event["detail"]) for event in events(filled, last)]
    assert found == [
        ("access", "person:lan", filled.package_id, {"what": "record", "ordinal": "2"}),
        ("dissemination", "person:minh", filled.package_id, {"kind": "text", "ordinal": ""}),
    ]


@pytest.mark.parametrize("command", ["validate", "replay"])
def test_verdicts_that_are_told_leave_an_event(filled: Filled, command: str) -> None:
    last = events(filled)[-1]["seq"]
    filled.command.json("signatures", command, f"{filled.package_id}/1")
    (found,) = [event for event in events(filled) if event["seq"] > last and event["type"] == "access"]
    assert (found["subject"], found["detail"]) == (filled.package_id, {"what": "verdicts", "ordinal": "1"})


def test_what_is_shown_does_not_tell_who_else_looked(filled: Filled) -> None:
    filled.command.json("show", GOOD, "--operator", "lan")
    (record,) = filled.command.json("show", GOOD)
    assert "access" not in {event["type"] for event in record["events"]}
    assert "person:lan" not in json.dumps(record["events"])


def test_what_cannot_be_recorded_is_neither_shown_nor_taken_out(filled: Filled, tmp_path: Path) -> None:
    broken = CommandLine(tmp_path / "home", filled.command.settings)
    shutil.copytree(filled.command.home, broken.home)
    (database,) = (path for path in (broken.home / "database").glob("*.sqlite") if path.name != "jobs.sqlite")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DROP TABLE audit_head")
    assert broken.run("search", "ke hoach").code == 0, "what is found is no look yet"
    answer = broken.run("show", GOOD, "--json")
    assert (answer.code, answer.out) == (4, ""), answer
    answer = broken.run("export", f"{GOOD}.001", "--as", "original", "-o", tmp_path / "out.pdf", "--json")
    assert (answer.code, answer.out) == (4, ""), answer
    assert not (tmp_path / "out.pdf").exists()


def test_the_trail_of_a_home_that_was_worked_with_is_whole_and_names_no_file(filled: Filled) -> None:
    (line,) = filled.command.json("audit", "verify")
    assert line["ok"], line
    trail = json.dumps(events(filled), ensure_ascii=False)
    assert str(filled.command.home) not in trail
    assert str(filled.delivery) not in trail
    assert f"{GOOD}.001.pdf" not in trail
