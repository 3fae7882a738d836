"""Server-sent events of a real server: states as they change, nothing twice, nobody holds up the end of the server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from archive.auth.people import EVERYWHERE, Role
from archive.catalogue.tables import jobs
from archive.demo.drawing import scanned_pdf
from archive.demo.papers import Make
from tests.fixtures.served import Filled, Served, client_of, paper, sample_files, start, stop, zipped
from tests.generators.people import cookie, of_home, signed_in

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

ZIP = {"Content-Type": "application/zip"}


def _events(served: Served, href: str, seen: str = "") -> list[dict[str, Any]]:
    """All events up to the end of the stream."""
    found: list[dict[str, Any]] = []
    headers = {"Last-Event-ID": seen} if seen else {}
    with served.client.stream("GET", f"{href}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        entry: dict[str, Any] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name in {"id", "event"}:
                entry[name] = value
            elif name == "data":
                entry |= json.loads(value)
            elif not line and entry:
                found.append(entry)
                entry = {}
    return found


def test_a_delivery_is_followed_from_its_first_stage_to_its_end(served: Served) -> None:
    scan = paper(Make.SCAN, "TTr-SNV")
    files = {
        name.replace("a/", "sk/"): data.replace(b"2021.0", b"2041.0").replace(b"a/", b"sk/")
        for name, data in sample_files().items()
    }
    # Files of its own, and enough to read: what was brought before is refused at once, and a short way is not seen.
    files |= {name: data + b"\n% sk" for name, data in files.items() if name.endswith(".pdf")}
    files["sk/tờ trình số 47.pdf"] = scanned_pdf(scan, 41)
    handed = served.client.post("/api/v1/submissions?name=sự kiện.zip", content=zipped(files), headers=ZIP).json()
    heard = _events(served, handed["href"])
    assert [event["event"] for event in heard[:-1]] == ["progress"] * (len(heard) - 1)
    assert heard[-1]["event"] == "settled"
    assert heard[-1]["moving"] is False
    assert len({event["id"] for event in heard}) == len(heard)
    assert any(work["stage"] for event in heard for work in event["running"])
    assert _events(served, handed["href"], heard[-1]["id"]) == []
    assert [event["event"] for event in _events(served, handed["href"])] == ["settled"]


def test_what_nobody_knows_has_no_events(handed_in: Filled) -> None:
    answer = handed_in.served.client.get("/api/v1/submissions/00000000-0000-0000-0000-000000000000/events")
    assert (answer.status_code, answer.json()["code"]) == (404, "archive.not_found")


def _left_after(url: str, href: str, program: Mapping[str, str], done: Callable[[], object]) -> tuple[float, list[str]]:
    """Seconds until an open stream ends after `done`, and what it said meanwhile."""
    with httpx2.Client(base_url=url, headers=program, timeout=60) as client:  # noqa: SIM117 - one line would be too long
        with client.stream("GET", f"{href}/events") as answer:
            assert answer.status_code == 200
            lines = answer.iter_lines()
            while not next(lines).startswith("data:"):
                pass
            done()
            since = time.monotonic()
            rest = [line for line in lines if line]
            return time.monotonic() - since, rest


def test_a_stream_ends_with_the_session_the_token_and_the_right(tmp_path: Path) -> None:
    home = tmp_path / "home"
    process, url = start(home)
    try:
        with client_of(home, url) as client, of_home(home) as archive:
            files = {name: data for name, data in sample_files().items() if not name.startswith("b/")}
            href = client.post("/api/v1/submissions?name=x.zip", content=zipped(files), headers=ZIP).json()["href"]
            with client.stream("GET", f"{href}/events") as answer:
                list(answer.iter_lines())
            with archive.database.transaction() as connection:
                # As if a machine had much to do for it.
                connection.execute(jobs.update().values(status="running"))
            desk, people = archive.desk, archive.desk.people
            by_token, by_right = signed_in(archive, "theo.doi.1"), signed_in(archive, "theo.doi.2")
            by_session = {"Cookie": "; ".join(f"{name}={told}" for name, told in cookie(archive, "theo.doi.3").items())}
            first, second, third = (people.account(f"theo.doi.{number}") for number in (1, 2, 3))

            def taken() -> None:
                with archive.trail.transaction() as connection:
                    for role in Role:
                        desk.granting.take(connection, second.id, role, EVERYWHERE)

            ways: list[tuple[Mapping[str, str], Callable[[], object]]] = [
                (by_token, lambda: people.revoke_token(first, people.tokens(first)[0].id, by="test")),
                (by_right, taken),
                (by_session, lambda: people.end_sessions(third, by="test")),
            ]
            for program, done in ways:
                seconds, rest = _left_after(url, href, program, done)
                assert seconds < 10
                assert rest == [], "cut off, not settled"
    finally:
        stop(process)


def test_a_server_that_is_told_to_end_does_not_wait_for_those_who_follow(tmp_path: Path) -> None:
    process, url = start(tmp_path / "home")
    with client_of(tmp_path / "home", url) as client:
        files = {name: data for name, data in sample_files().items() if not name.startswith("b/")}
        handed = client.post("/api/v1/submissions?name=x.zip", content=zipped(files), headers=ZIP).json()
        with client.stream("GET", f"{handed['href']}/events") as answer:
            lines = answer.iter_lines()
            while not next(lines).startswith("data:"):
                pass
            stop(process)
            rest = list(lines)
    # The stream came to its own end; a server that loses patience cuts it off.
    assert all(line == "" or line.startswith((":", "id:", "event:", "data:")) for line in rest)
