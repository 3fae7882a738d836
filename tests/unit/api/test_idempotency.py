"""The same key answers the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI, Response
from starlette.testclient import TestClient

from archive.api.idempotency import Idempotency, sweep
from archive.clock import SystemClock


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    application = FastAPI()
    application.state.calls = 0

    @application.post("/count/{status}")
    def count(status: int) -> Response:
        application.state.calls += 1
        return Response(f"{application.state.calls}", status, {"X-Called": "yes"})

    application.add_middleware(Idempotency, folder=tmp_path / "answers")
    return TestClient(application, base_url="http://127.0.0.1")


def test_the_same_call_is_done_once_and_answered_twice(client: TestClient) -> None:
    first = client.post("/count/201", headers={"Idempotency-Key": "a"})
    second = client.post("/count/201", headers={"Idempotency-Key": "a"})
    assert (first.status_code, first.text) == (second.status_code, second.text) == (201, "1")
    assert second.headers["X-Called"] == "yes"
    assert second.headers["Idempotency-Replayed"] == "true"
    assert client.post("/count/201", headers={"Idempotency-Key": "b"}).text == "2"
    assert client.post("/count/201").text == "3"


def test_a_key_of_another_call_is_refused(client: TestClient) -> None:
    client.post("/count/201", headers={"Idempotency-Key": "a"})
    answer = client.post("/count/200", headers={"Idempotency-Key": "a"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "api.key_reused"
    assert client.post("/count/201", headers={"Idempotency-Key": "x" * 256}).status_code == 400


def test_a_fault_is_not_kept_so_that_the_repeat_may_succeed(client: TestClient) -> None:
    client.post("/count/503", headers={"Idempotency-Key": "a"})
    assert client.post("/count/503", headers={"Idempotency-Key": "a"}).text == "2"


def test_young_answers_stay(client: TestClient, tmp_path: Path) -> None:
    client.post("/count/201", headers={"Idempotency-Key": "a"})
    sweep(tmp_path / "answers", SystemClock())
    assert client.post("/count/201", headers={"Idempotency-Key": "a"}).text == "1"
