"""The trail over HTTP: every look leaves an event before its answer ends, and the whole trail can be followed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from metadata.audit_chain import NOTHING
from tests.fixtures.served import Filled

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]


def last(handed_in: Filled) -> int:
    lines = handed_in.served.client.get("/api/v1/audit-events/lines").text.splitlines()
    return int(json.loads(lines[-1])["seq"])


def looks(handed_in: Filled, after: int) -> list[dict[str, str]]:
    """What the accesses after an event were of."""
    said = handed_in.served.client.get(
        "/api/v1/audit-events",
        params={"after": after, "type": "access", "subject": handed_in.package_id, "limit": 200},
    ).json()
    return [event["detail"] for event in said["items"]]


def document(handed_in: Filled) -> dict[str, Any]:
    found: dict[str, Any] = handed_in.served.client.get(f"/api/v1/documents/{handed_in.package_id}/1").json()
    return found


LOOKS: dict[str, tuple[Callable[[str], str], dict[str, str]]] = {
    "dossier": (lambda package: f"/api/v1/dossiers/{package}", {"what": "record"}),
    "document": (lambda package: f"/api/v1/documents/{package}/2", {"what": "record", "ordinal": "2"}),
    "verdicts at intake": (
        lambda package: f"/api/v1/signatures?package_id={package}&ordinal=2",
        {"what": "verdicts", "ordinal": "2"},
    ),
    "page of a dossier": (lambda package: f"/dossiers/{package}", {"what": "record"}),
    "page of a document": (lambda package: f"/documents/{package}/2", {"what": "record", "ordinal": "2"}),
}


@pytest.mark.parametrize(("path", "expected"), LOOKS.values(), ids=LOOKS.keys())
def test_every_way_to_look_leaves_an_event(
    handed_in: Filled, path: Callable[[str], str], expected: dict[str, str]
) -> None:
    before = last(handed_in)
    assert handed_in.served.client.get(path(handed_in.package_id)).status_code == 200
    assert looks(handed_in, before) == [expected]


def test_bytes_that_are_handed_out_leave_an_event_with_their_digest(handed_in: Filled) -> None:
    file = document(handed_in)["files"][0]
    before = last(handed_in)
    client = handed_in.served.client
    assert hashlib.sha256(client.get(file["href"]).content).hexdigest() == file["sha256"]
    assert looks(handed_in, before) == [{"what": "file", "ordinal": "1", "file": file["sha256"]}]
    before = last(handed_in)
    assert client.head(file["href"]).status_code == 200
    assert client.get(file["href"], headers={"If-None-Match": f'"{file["sha256"]}"'}).status_code == 304
    assert looks(handed_in, before) == [], "nothing was handed out"


def test_a_file_that_is_read_in_pieces_is_one_look(handed_in: Filled) -> None:
    file = document(handed_in)["files"][1]
    before = last(handed_in)
    for start in (0, 100, 200):
        answer = handed_in.served.client.get(file["href"], headers={"Range": f"bytes={start}-{start + 99}"})
        assert answer.status_code == 206
    look = {"what": "file", "ordinal": "1", "file": file["sha256"]}
    # Another test may have had a piece of it a moment ago: then this is still the same look.
    assert looks(handed_in, before) in ([look], [])
    assert look in looks(handed_in, 0)


def test_what_is_not_there_leaves_no_event(handed_in: Filled) -> None:
    before = last(handed_in)
    assert handed_in.served.client.get(f"/api/v1/documents/{handed_in.package_id}/77").status_code == 404
    assert looks(handed_in, before) == []


def test_the_lines_can_be_followed_from_the_first_to_the_last(handed_in: Filled) -> None:
    answer = handed_in.served.client.get("/api/v1/audit-events/lines")
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    previous = NOTHING
    lines = answer.content.splitlines()
    for number, line in enumerate(lines, start=1):
        event = json.loads(line)
        assert (event["seq"], event["previous"]) == (number, previous)
        previous = hashlib.sha256(line).hexdigest()
    rest = handed_in.served.client.get("/api/v1/audit-events/lines", params={"after": 2}).content.splitlines()
    assert rest[: len(lines) - 2] == lines[2:]


def test_events_come_by_page_in_the_order_of_the_chain(handed_in: Filled) -> None:
    client = handed_in.served.client
    first = client.get("/api/v1/audit-events", params={"limit": 2}).json()
    second = client.get("/api/v1/audit-events", params={"limit": 2, "cursor": first["next"]}).json()
    assert [event["seq"] for event in (*first["items"], *second["items"])] == [1, 2, 3, 4]
    assert second["items"][0]["previous"] == first["items"][1]["sha256"]
    about = client.get("/api/v1/audit-events", params={"subject": handed_in.package_id}).json()["items"]
    assert {event["subject"] for event in about} == {handed_in.package_id}


def test_no_event_names_a_file_of_the_delivery_or_a_place_on_this_machine(handed_in: Filled) -> None:
    trail = handed_in.served.client.get("/api/v1/audit-events/lines").text
    assert str(handed_in.served.home) not in trail
    for name in handed_in.files:
        # With its ending: a kind of report (`muc-luc-ho-so`) begins as the list of the delivery is called.
        assert name.rpartition("/")[2] not in trail
