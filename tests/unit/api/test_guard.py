"""Until people sign in, only this machine's own pages speak to the archive."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from archive.api.guard import is_loopback, refusal


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1:8000", True),
        ("localhost", True),
        ("[::1]:8000", True),
        ("127.8.8.8", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example:8000", False),
        ("localhost.evil.example", False),
        ("192.168.1.5:8000", False),
        ("evil@127.0.0.1", False),
        ("", False),
        ("[::1", False),
    ],
)
def test_only_names_of_this_machine_are_answered(host: str, own: bool) -> None:
    assert is_loopback(host) is own


@pytest.mark.parametrize(
    ("method", "more", "refused"),
    [
        ("POST", {}, False),
        ("POST", {"origin": "http://127.0.0.1:8000"}, False),
        ("POST", {"origin": "http://127.0.0.1:9000"}, True),
        ("PUT", {"origin": "null"}, True),
        ("DELETE", {"sec-fetch-site": "cross-site"}, True),
        ("POST", {"sec-fetch-site": "same-site"}, True),
        ("POST", {"sec-fetch-site": "same-origin"}, False),
        ("GET", {"sec-fetch-site": "cross-site"}, False),
    ],
)
def test_pages_of_other_sites_may_follow_links_but_not_write(method: str, more: dict[str, str], refused: bool) -> None:
    headers = Headers({"host": "127.0.0.1:8000"} | more)
    assert (refusal(method, headers) is not None) is refused


def test_two_host_headers_are_refused() -> None:
    headers = Headers(raw=[(b"host", b"127.0.0.1"), (b"host", b"evil.example")])
    assert refusal("GET", headers)
    assert refusal("GET", Headers({}))
