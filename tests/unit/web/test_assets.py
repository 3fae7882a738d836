"""Static files: one address for each build, compressed as the browser takes it, and nothing else of the disk."""

from __future__ import annotations

import gzip
import hashlib

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive.web.assets import PREFIX, STATIC, StaticFiles, asset, tree_digest

client = TestClient(Starlette(routes=[Mount(PREFIX, StaticFiles())]))


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "gzip"),
        ("br, GZIP; q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("br", None),
        ("", None),
    ],
)
def test_a_file_comes_compressed_where_that_is_taken(accepted: str, coding: str | None) -> None:
    with client.stream("GET", asset("style.css"), headers={"Accept-Encoding": accepted}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert (gzip.decompress(sent) if coding else sent) == (STATIC / "style.css").read_bytes()
    assert answer.headers["content-type"] == "text/css; charset=utf-8"


def test_an_address_with_the_digest_is_kept_for_ever_and_one_without_is_asked_for_again() -> None:
    lasting, plain = client.get(asset("app.js")), client.get("/static/app.js")
    assert lasting.content == plain.content
    assert "immutable" in lasting.headers["cache-control"]
    assert "no-cache" in plain.headers["cache-control"]
    again = client.get("/static/app.js", headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_digest_is_that_of_every_static_file() -> None:
    lines = "".join(
        f"{path.relative_to(STATIC).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in sorted(STATIC.rglob("*"), key=lambda path: path.relative_to(STATIC).as_posix())
        if path.is_file()
    )
    assert tree_digest() == hashlib.sha256(lines.encode()).hexdigest()[:12]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../rendering.py",
        "/static/%2e%2e/rendering.py",
        "/static/vendor",
        "/static/0123456789ab/app.js",
        "/static//etc/passwd",
        "/static/",
    ],
)
def test_nothing_else_is_served(path: str) -> None:
    assert client.get(path, follow_redirects=False).status_code == 404


def test_nobody_writes() -> None:
    assert client.post("/static/app.js").status_code == 405
