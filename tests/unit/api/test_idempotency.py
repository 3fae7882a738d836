"""The same key answers the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI, Response
from starlette.datastructures import Headers
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from archive.api.idempotency import Idempotency, sweep
from archive.api.rights import PERSON
from archive.auth.people import Grant, Label, Person, Role
from archive.clock import SystemClock


class _Known:
    """Signs in whom the header `X-Who` names: a role, with `.` the scope of a token; `nobody`."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        role, _, token = Headers(scope=scope).get("x-who", "archivist").partition(".")
        grants = () if role == "nobody" else (Grant(Role(role), "H49.64", Label.INTERNAL),)
        person = Person("1", "lan", "Lan", grants, frozenset({token}) if token else None)
        await self._application({**scope, PERSON: None if role == "nobody" else person}, receive, send)


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    application = FastAPI()
    application.state.calls = 0

    @application.post("/count/{status}")
    def count(status: int) -> Response:
        application.state.calls += 1
        return Response(f"{application.state.calls}", status, {"X-Called": "yes"})

    @application.post("/secret")
    def secret() -> Response:
        application.state.calls += 1
        return Response(f"secret {application.state.calls}", 201, {"Cache-Control": "no-store"})

    application.add_middleware(Idempotency, folder=tmp_path / "answers")
    application.add_middleware(_Known)
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


def test_what_is_told_once_is_never_written_down(client: TestClient, tmp_path: Path) -> None:
    first = client.post("/secret", headers={"Idempotency-Key": "a"})
    assert (first.status_code, first.text) == (201, "secret 1")
    assert not list((tmp_path / "answers").glob("*.json"))
    assert not (tmp_path / "answers" / "busy").read_bytes()
    assert client.post("/secret", headers={"Idempotency-Key": "a"}).text == "secret 2"


def test_nobody_is_told_what_nobody_was_told(client: TestClient, tmp_path: Path) -> None:
    strangers = client.post("/count/201", headers={"Idempotency-Key": "a", "X-Who": "nobody"})
    assert strangers.text == "1"
    assert not list((tmp_path / "answers").glob("*.json"))
    assert not (tmp_path / "answers" / "busy").read_bytes()
    again = client.post("/count/201", headers={"Idempotency-Key": "a", "X-Who": "nobody"})
    assert again.text == "2"


def test_an_answer_is_not_told_again_to_who_may_less_by_now(client: TestClient) -> None:
    client.post("/count/201", headers={"Idempotency-Key": "a", "X-Who": "archivist"})
    for told in ("reader", "archivist.read"):
        answer = client.post("/count/201", headers={"Idempotency-Key": "a", "X-Who": told})
        assert (answer.status_code, answer.json()["code"]) == (409, "api.key_reused")
    assert client.post("/count/201", headers={"Idempotency-Key": "a", "X-Who": "archivist"}).text == "1"


def test_young_answers_stay(client: TestClient, tmp_path: Path) -> None:
    client.post("/count/201", headers={"Idempotency-Key": "a"})
    sweep(tmp_path / "answers", SystemClock())
    assert client.post("/count/201", headers={"Idempotency-Key": "a"}).text == "1"
