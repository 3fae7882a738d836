"""Bad input by the web: endless, slow, huge, forged; each refused with a problem document, nothing half-stored."""

from __future__ import annotations

import base64
import re
import select
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from http.cookies import SimpleCookie
from pathlib import Path

import httpx2
import pytest
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.composition import Archive
from archive.settings import load_settings
from tests.fixtures.served import Filled, Served
from tests.generators.people import cookie, csrf, signed_in
from tests.generators.sign_ins import BASE, browser_of

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

HIDDEN = "\u202exslx.fdp\u2066\u0007\u0000"
"""Turned round, isolated, rung and ended."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    home = tmp_path_factory.mktemp("hostile") / "home"
    said = {"LUUTRU_HOME": str(home), "LUUTRU_WORKERS": "1", "LUUTRU_SERVE__REQUESTS_A_MINUTE": "1000000"}
    options = load_settings(said)
    Archive.make(options)
    with Archive(options) as archive:
        yield archive


@pytest.fixture(scope="module")
def client(archive: Archive) -> Iterator[TestClient]:
    with closing(browser_of(archive)) as client:
        client.headers.update(signed_in(archive))
        yield client


def line_to(served: Served) -> socket.socket:
    host, port = served.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), 20)


def head(served: Served, path: str, *more: str) -> bytes:
    host = served.url.removeprefix("http://")
    token = served.client.headers["Authorization"]
    lines = (f"POST {path} HTTP/1.1", f"Host: {host}", f"Authorization: {token}", *more)
    return "\r\n".join((*lines, "", "")).encode()


def answer_of(line: socket.socket) -> bytes:
    try:
        return line.recv(4096)
    except (ConnectionResetError, BrokenPipeError):
        return b""


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    "path", ["/api/v1/me/tokens", "/api/v1/exports", "/api/v1/fixity-checks", "/api/v1/submissions", "/api/v1/users"]
)
def test_an_endless_body_of_json_is_refused_after_a_few_mebibytes(client: TestClient, path: str) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'{"name": "'
        while sent < 64 << 20:
            sent += 1 << 20
            yield b"x" * (1 << 20)

    answer = client.post(path, content=endless(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")
    assert answer.json()["code"] == "api.too_large"


def test_a_real_server_refuses_an_endless_body_while_it_comes(served: Served) -> None:
    with line_to(served) as line:
        line.sendall(head(served, "/api/v1/exports", "Content-Type: application/json", f"Content-Length: {10 << 30}"))
        sent = 0
        while sent < 64 << 20 and not select.select([line], [], [], 0)[0]:
            sent += line.send(b" " * (1 << 20))
        answer = answer_of(line)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 "), answer[:100]
    assert sent < 64 << 20


@pytest.mark.parametrize(
    "more",
    [
        ("Content-Length: -1",),
        ("Content-Length: 1e3",),
        ("Content-Length: 3", "Content-Length: 4"),
        ("Content-Length: 3", "Transfer-Encoding: chunked, identity"),
        ("Transfer-Encoding: gzip",),
    ],
)
def test_lengths_that_contradict_each_other_are_refused(served: Served, more: tuple[str, ...]) -> None:
    """Or a proxy in front would see another request than we do."""
    with line_to(served) as line:
        line.sendall(head(served, "/api/v1/exports", "Content-Type: application/json", *more) + b"{}\n\n")
        answer = answer_of(line)
    assert answer == b"" or re.match(rb"HTTP/1.1 (400|501) ", answer), answer


def test_who_sends_less_than_was_told_changes_nothing(served: Served) -> None:
    before = served.client.get("/api/v1/exports").json()["items"]
    with line_to(served) as line:
        line.sendall(head(served, "/api/v1/exports", "Content-Type: application/json", "Content-Length: 100") + b"{}")
        line.shutdown(socket.SHUT_WR)
        assert b" 20" not in answer_of(line)[:13]
    assert served.client.get("/api/v1/exports").json()["items"] == before


def test_slow_clients_hold_up_nobody(served: Served) -> None:
    with ExitStack() as stack:
        for number in range(60):
            line = stack.enter_context(line_to(served))
            if number % 2:
                line.sendall(b"GET /api/v1/health/live HTTP/1.1\r\nX-Slow: ")
            else:
                line.sendall(head(served, "/api/v1/exports", "Content-Type: application/json", "Content-Length: 9"))
        begun = time.monotonic()
        with httpx2.Client(base_url=served.url, headers=dict(served.client.headers), timeout=60) as other:
            assert other.get("/api/v1/me").status_code == 200
        assert time.monotonic() - begun < 20


def test_a_form_of_ten_thousand_parts_is_refused_and_nothing_of_it_kept(archive: Archive, client: TestClient) -> None:
    part = '--b\r\nContent-Disposition: form-data; name="files"; filename="a/{}.pdf"\r\n\r\nx\r\n'
    # Files, until there would be some to keep, and then choices of none, as browsers send them.
    more = '--b\r\nContent-Disposition: form-data; name="files"; filename=""\r\n\r\n\r\n'
    with closing(browser_of(archive)) as browser:
        browser.cookies.update(dict(cookie(archive)))
        form = csrf(browser.get("/account").text)
        first = f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{form}\r\n'
        parts = [(part if number < 100 else more).format(number) for number in range(10_000)]
        body = first + "".join(parts) + "--b--\r\n"
        kind = {"Content-Type": "multipart/form-data; boundary=b", "Origin": BASE}
        answer = browser.post("/deliveries", content=body.encode(), headers=kind)
    assert answer.status_code == 429, "refused for something else"
    assert client.get("/api/v1/submissions").json()["items"] == []
    assert list(archive.home.uploads.rglob("*.pdf")) == []


# ---------------------------------------------------------------- names and words


@pytest.mark.parametrize(
    "path",
    [
        "../a.pdf",
        "a/../../b.pdf",
        "..%2f..%2fb.pdf",
        "/etc/passwd",
        "a\\..\\..\\b.pdf",
        "C:/b.pdf",
        f"a/{HIDDEN}.pdf",
        "a\r\nX: y/b.pdf",
        "." * 300,
        "a/" * 200 + "b",
    ],
)
def test_a_name_that_leads_elsewhere_or_hides_is_refused_or_kept_below(
    archive: Archive, client: TestClient, path: str
) -> None:
    upload = client.post("/api/v1/submissions", json={"name": "x"}).json()
    before = {found for found in archive.home.path.rglob("*") if "database" not in found.parts}
    said = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": f"path {_base64(path)}"}
    answer = client.post(upload["uploads"], headers=said)
    after = {found for found in archive.home.path.rglob("*") if "database" not in found.parts} - before
    room = archive.home.uploads / upload["submission_id"]
    assert all(room in found.parents for found in after), after
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert not [found for found in after if found.is_file() and found.stat().st_size and found.suffix == ".pdf"]
    assert "\u202e" not in answer.text
    assert client.delete(upload["href"]).status_code in {200, 204}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


HTML = "<script>alert(1)</script><b onmouseover=alert(1)>&amp;\"'"


def test_words_of_people_are_text_on_every_page_that_shows_them(archive: Archive, client: TestClient) -> None:
    """Names of people, tokens, agencies, reasons, deliveries, queries."""
    people = archive.desk.people
    account = people.add("hoa", HTML, by="test").account
    people.make_token(account, HTML, by="test", days=1)
    archive.rights.put_agency("X9", HTML, by="test")
    client.post("/api/v1/submissions", json={"name": HTML})
    with closing(browser_of(archive)) as browser:
        browser.cookies.update(dict(cookie(archive, "hoa")))
        shown = 0
        for page in _pages(archive):
            for query in ("", f"?q={HTML}&next={HTML}&name={HTML}&agency=X9&p={HTML}&code={HTML}"):
                answer = browser.get(page + query)
                assert "<script>alert" not in answer.text, page
                assert "<b onmouseover" not in answer.text, page
                assert answer.status_code < 500, (page, query)
                shown += "&lt;script&gt;alert" in answer.text
        assert shown >= 3


def _pages(archive: Archive) -> list[str]:
    """Addresses of pages that name nothing."""
    application = make_application(archive)
    found = [context.path for context in iter_route_contexts(application.routes) if "GET" in (context.methods or ())]
    return sorted(path for path in found if path and "{" not in path and not path.startswith("/api/"))


# ---------------------------------------------------------------- headers and cookies of every page


def test_every_page_takes_all_power_away_from_what_is_not_ours(archive: Archive) -> None:
    pages = _pages(archive)
    assert len(pages) > 12
    with closing(browser_of(archive, "https://127.0.0.1")) as browser:
        secure = {f"__Host-{name}": value for name, value in cookie(archive, "kim").items()}
        browser.cookies.update(secure)
        for path in (*pages, "/nowhere", "/api/v1/me", "/api/v1/nowhere", "/documents/x/1"):
            answer = browser.get(path)
            told = answer.headers
            policy = _policy(told["Content-Security-Policy"])
            assert policy["default-src"] == {"'none'"}, path
            assert policy["frame-ancestors"] == policy["base-uri"] == {"'none'"}, path
            assert policy["form-action"] == {"'self'"}, path
            assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"} & set().union(*policy.values())
            assert told["X-Content-Type-Options"] == "nosniff", path
            assert told["Referrer-Policy"] == "same-origin", path
            assert told["Cross-Origin-Opener-Policy"] == told["Cross-Origin-Resource-Policy"] == "same-origin", path
            assert "max-age=63072000" in told["Strict-Transport-Security"], path
            assert "server" not in told, path
            kept = told["Cache-Control"]
            assert "no-store" in kept or "no-cache" in kept, (path, kept)
            _look_at_cookies(answer, path)


def _policy(said: str) -> dict[str, set[str]]:
    parts = (part.split() for part in said.split(";") if part.strip())
    return {name: set(values) for name, *values in parts}


def _look_at_cookies(answer: httpx2.Response, path: str) -> None:
    for line in answer.headers.get_list("set-cookie"):
        (morsel,) = SimpleCookie(line).values()
        if not morsel.key.startswith("__Host-luutru"):
            # How one likes the pages to look: no secret.
            continue
        assert (morsel["httponly"], morsel["secure"], morsel["path"], morsel["domain"]) == (True, True, "/", ""), path
        assert morsel["samesite"] in {"Lax", "Strict"}, path


def test_a_document_with_script_is_a_download_without_power(handed_in: Filled) -> None:
    client = handed_in.served.client
    package = client.get(f"/api/v1/dossiers/{handed_in.package_id}").json()
    address = f"/api/v1/documents/{handed_in.package_id}/1"
    files = [one["href"] for one in client.get(address).json()["files"]]
    assert files, package
    for href in files:
        told = client.get(href).headers
        assert told["Content-Disposition"].startswith("attachment;")
        assert told["Content-Security-Policy"].startswith("sandbox")
        assert "allow-scripts" not in told["Content-Security-Policy"]
        assert told["X-Content-Type-Options"] == "nosniff"


# ---------------------------------------------------------------- addresses


def test_a_query_of_many_kilobytes_is_a_wrong_call(client: TestClient) -> None:
    for path in ("/api/v1/search", "/api/v1/dossiers", "/search", "/holding", "/sign-in"):
        for name in ("q", "next", "cursor"):
            answer = client.get(path, params={name: "x" * 20_000})
            assert (answer.status_code, answer.json()["code"]) == (400, "api.invalid"), path
            assert len(answer.content) < 1000, path
        long = client.get(path, params={"q": "x" * 4000})
        assert long.status_code < 500, path


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../luutru.toml",
        "/static/%2e%2e/%2e%2e/luutru.toml",
        "/static/..%5c..%5cluutru.toml",
        "/api/v1/health/../me",
        "/static/%2e%2e/api/v1/me",
        "//evil.example/%2e%2e",
        "/api/v1/documents/..%2f..%2f/1/files/..%2f..%2fluutru.toml",
        "/sign-in%00",
        "/api/v1/health/live/%2e%2e/%2e%2e/me",
    ],
)
def test_no_way_of_writing_an_address_leads_past_the_door(served: Served, path: str) -> None:
    host = served.url.removeprefix("http://")
    with line_to(served) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := answer_of(line):
            answer += piece
    status = int(answer.split(b" ", 2)[1])
    assert status in {303, 307, 400, 401, 404}, answer[:200]
    location = re.search(rb"(?im)^location: *(\S+)", answer)
    assert location is None or location[1].startswith(b"/sign-in"), location


def test_an_error_tells_nothing_of_the_machine(client: TestClient, archive: Archive) -> None:
    tried: list[tuple[str, str, Mapping[str, str]]] = [
        ("GET", "/api/v1/documents/x/1/files/x", {}),
        ("GET", "/api/v1/dossiers?cursor=" + "%00" * 10, {}),
        ("GET", "/api/v1/submissions/%F0%9F/events", {}),
        ("POST", "/api/v1/exports", {"Content-Type": "application/json"}),
        ("PUT", "/api/v1/authorities/fonds", {"Content-Type": "text/csv"}),
        ("PATCH", "/api/v1/agencies/%00", {"Content-Type": "application/json"}),
    ]
    for method, path, headers in tried:
        answer = client.request(method, path, content=b'{"a": \x00', headers=headers)
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
        for secret in ("Traceback", str(archive.home.path), ".py", "sqlite", str(Path.home())):
            assert secret not in answer.text, (path, secret)
