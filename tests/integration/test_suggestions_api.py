"""Suggestions from pages are accepted over HTTP as on the command line, on a server of this test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.served import Served, client_of, start, stop, zipped
from tests.integration.test_suggestions import CODE, KEYS, delivered

pytestmark = [pytest.mark.xdist_group("cli-suggestions"), pytest.mark.server]


def test_blanks_are_filled_only_where_whoever_hands_in_agreed(tmp_path: Path) -> None:
    folder = delivered(tmp_path / "delivery")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    process, url = start(tmp_path / "home")
    try:
        with client_of(tmp_path / "home", url) as client:
            served = Served(url, tmp_path / "home", process.pid, client)
            answer = client.post(
                "/api/v1/submissions",
                params={"name": "a.zip", "accept_suggestions": "true"},
                content=zipped(files),
                headers={"Content-Type": "application/zip"},
            )
            assert answer.status_code == 202, answer.text
            (line,) = served.settled(answer.json()["submission_id"])["dossiers"]
            assert (line["status"], line["file_code"]) == ("archived", CODE)
            shown = client.get(f"/api/v1/dossiers/{line['package_id']}").json()
            assert shown["documents"][1]["number"] == "223/QĐ-UBND"
            (event,) = (entry for entry in shown["events"] if entry["type"] == "metadata extraction")
            assert event["detail"].count('"ordinal": 2') == len(KEYS)
    finally:
        stop(process)
