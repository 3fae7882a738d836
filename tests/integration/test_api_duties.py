"""Duties over HTTP: listed by kind, shown and made due like jobs; readiness tells of trust."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from archive.api.application import make_application
from archive.catalogue.duties import NEVER, DutyKind, Owed
from archive.composition import Archive
from archive.settings import load_settings
from tests.fixtures.pki import Corpus
from tests.generators.people import signed_in


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    settings = load_settings({"LUUTRU_HOME": str(tmp_path / "home"), "LUUTRU_WORKERS": "1"})
    Archive.make(settings)
    with Archive(settings) as made:
        yield made


@pytest.fixture
def client(archive: Archive) -> TestClient:
    return TestClient(make_application(archive), base_url="http://127.0.0.1", headers=dict(signed_in(archive)))


def owe(archive: Archive, number: int, kind: DutyKind = DutyKind.EVIDENCE) -> str:
    owed = Owed(kind, f"package-{number}", "submission", "H49", f"H49.{number}", 1, "why")
    return archive.duties.owe(owed, due_at=NEVER)


def items(client: TestClient, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        said = client.get(f"/api/v1/jobs?{query}&limit=2{cursor}").json()
        found += said["items"]
        if said["next"] is None:
            return found
        cursor = f"&cursor={said['next']}"


def test_duties_are_listed_by_kind_in_pages_and_shown_like_jobs(archive: Archive, client: TestClient) -> None:
    wanted = {owe(archive, number) for number in range(5)}
    other = owe(archive, 1, DutyKind.REJUDGE)
    assert {item["job_id"] for item in items(client, "kind=evidence")} == wanted
    assert [item["job_id"] for item in items(client, "kind=rejudge")] == [other]
    assert items(client, "kind=ingest") == []
    shown = client.get(f"/api/v1/jobs/{other}").json()
    assert (shown["kind"], shown["status"], shown["error"]) == ("rejudge", "waiting", "rejudge.waiting: why")
    assert client.get("/api/v1/jobs?kind=x").status_code == 400
    assert client.get("/api/v1/jobs?kind=evidence&cursor=x").status_code == 400


def test_a_waiting_duty_is_made_due_by_a_retry(archive: Archive, client: TestClient) -> None:
    name = owe(archive, 1)
    assert archive.duties.due(10) == []
    answer = client.post(f"/api/v1/jobs/{name}/retry")
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    assert [job.id for job in archive.duties.due(10)] == [name]
    assert client.post("/api/v1/jobs/none/retry").status_code == 404


def test_readiness_fails_while_nothing_is_trusted(
    archive: Archive, client: TestClient, tmp_path: Path, corpus: Corpus
) -> None:
    answer = client.get("/api/v1/health/ready")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert {name for name, check in checks.items() if check["status"] == "fail"} == {"trust"}
    assert checks["trust"] == {"status": "fail", "code": "trust.unusable"}, "strangers are told no more"
    (tmp_path / "root.der").write_bytes(corpus.pki.root.der)
    archive.trusting.add([tmp_path / "root.der"], operator="thu")
    assert client.get("/api/v1/health/ready").status_code == 200
