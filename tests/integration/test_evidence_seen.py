"""Who sees which batches of evidence, and which counts."""

from __future__ import annotations

from typing import Any

import pytest

from archive.auth.people import EVERYWHERE, Label, Role
from tests.fixtures.stamped import FOREIGN, OWN, Stamped

pytestmark = pytest.mark.xdist_group("stamped")

_WHO = [
    (Role.HEAD, OWN, None, {"both": 2 + 5, "own": 1 + 6}),
    (Role.ARCHIVIST, OWN, Label.INTERNAL, {"both": 1 + 2, "own": 1 + 6}),
    (Role.AUDITOR, FOREIGN, None, {"both": 1 + 4, "foreign": 1 + 5}),
    (Role.HEAD, "X99", None, {}),
]


def _lines(stamped: Stamped, headers: dict[str, str], limit: int = 200) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": limit}
    while True:
        answer = stamped.client.get("/api/v1/evidence-records", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        params["cursor"] = answer.json()["next"]


@pytest.mark.parametrize(("role", "agency", "up_to", "leaves"), _WHO)
def test_a_batch_shows_and_counts_what_one_may_see(
    stamped: Stamped, role: Role, agency: str, up_to: Label | None, leaves: dict[str, int]
) -> None:
    if agency == "X99":
        stamped.archive.rights.put_agency("X99", parent="", by="test")
    headers = stamped.headers(role, agency, up_to)
    names = {"both": stamped.both, "foreign": stamped.foreign, "own": stamped.own}
    for limit in (200, 1):
        lines = {line["batch"]: line for line in _lines(stamped, headers, limit)}
        assert {name: lines[names[name]]["leaves"] for name in leaves} == leaves
        renewal = {stamped.renewal} if leaves else set()
        assert set(lines) == {names[name] for name in leaves} | renewal
        if leaves:
            assert lines[stamped.renewal]["covers"] == lines[stamped.renewal]["leaves"] == len(leaves)


def test_who_sees_everything_sees_all_batches_with_all_leaves(stamped: Stamped) -> None:
    lines = _lines(stamped, stamped.headers(Role.AUDITOR, EVERYWHERE))
    index, _ = stamped.archive.evidencing.stamping.index()
    assert [(line["batch"], line["leaves"]) for line in lines] == [(e.name, e.leaves) for e in index.stamps]
    assert [line["covers"] for line in lines] == [0, 0, 0, 3]


def test_a_cursor_tells_nothing_of_a_batch_that_one_does_not_see(stamped: Stamped) -> None:
    from archive.api.access import cursor_after  # noqa: PLC0415 - what a caller would have to guess

    headers = stamped.headers(Role.HEAD, OWN)
    told = []
    for name in (stamped.foreign, "2020-01-01-1"):
        answer = stamped.client.get("/api/v1/evidence-records", params={"cursor": cursor_after(name)}, headers=headers)
        told.append(answer.json())
    assert told[0] == told[1]
