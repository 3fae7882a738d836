"""Bytes over HTTP."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager, closing
from typing import BinaryIO

import pytest
from fastapi import FastAPI, Request, Response
from starlette.testclient import TestClient

from archive.api.files import Served, disposition, send
from archive.api.guard import Guard
from archive.api.problems import install
from archive.web.errors import error_page

DATA = bytes(range(256)) * 40


def _opened(offset: int, length: int) -> AbstractContextManager[BinaryIO]:
    return closing(io.BytesIO(DATA[offset : offset + length]))


@pytest.fixture
def client() -> TestClient:
    application = FastAPI()
    install(application, error_page)

    @application.api_route("/api/file", methods=["GET", "HEAD"])
    def file(request: Request) -> Response:
        return send(request, Served("tệp.pdf", "application/pdf", len(DATA), "ab" * 32, _opened))

    @application.api_route("/api/empty", methods=["GET", "HEAD"])
    def empty(request: Request) -> Response:
        return send(request, Served("rỗng", "text/plain", 0, "cd" * 32, _opened))

    application.add_middleware(Guard)
    return TestClient(application, base_url="http://127.0.0.1")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=5-", 5, None), ("bytes=-7", -7, None), ("bytes=100-99999999", 100, None)],
)
def test_a_range_gives_exactly_these_bytes(client: TestClient, asked: str, start: int, end: int | None) -> None:
    answer = client.get("/api/file", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == DATA[start:end]
    first = start % len(DATA)
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(DATA)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "items=0-1", "bytes=-", "bytes=a-b"])
def test_a_range_that_is_not_understood_gives_the_whole(client: TestClient, asked: str) -> None:
    answer = client.get("/api/file", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, DATA)


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=9-8", "bytes=-0"])
def test_a_range_outside_is_told_with_the_size(client: TestClient, asked: str) -> None:
    answer = client.get("/api/file", headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"
    assert answer.json()["code"] == "api.range"


def test_what_the_caller_has_is_not_sent_again_and_a_changed_file_is_sent_whole(client: TestClient) -> None:
    etag = client.head("/api/file").headers["ETag"]
    assert client.get("/api/file", headers={"If-None-Match": etag}).status_code == 304
    assert client.get("/api/file", headers={"Range": "bytes=0-1", "If-Range": etag}).status_code == 206
    assert client.get("/api/file", headers={"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200


def test_an_original_is_a_download_that_may_do_nothing_in_the_browser(client: TestClient) -> None:
    answer = client.head("/api/file")
    assert answer.headers["Content-Length"] == str(len(DATA))
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.get("/api/empty").content == b""


def test_a_vietnamese_name_survives_and_a_hostile_one_cannot_leave_its_header() -> None:
    assert disposition("a/Quyết định 5.pdf") == (
        "attachment; filename=\"Quy_t __nh 5.pdf\"; filename*=UTF-8''Quy%E1%BA%BFt%20%C4%91%E1%BB%8Bnh%205.pdf"
    )
    hostile = disposition('x"\r\nSet-Cookie: a=b')
    assert "\r" not in hostile
    assert hostile.count('"') == 2
    assert disposition("../") == "attachment; filename=\"_\"; filename*=UTF-8''"
