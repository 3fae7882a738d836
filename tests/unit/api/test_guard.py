"""Only this server's own names, only lines that nobody listens to, and only its own pages may write."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic.networks import IPvAnyNetwork
from starlette.datastructures import Headers

from archive.api.connections import Connection, connection_of, is_known_host, is_loopback, neighbourhood
from archive.api.guard import refusal

HERE = Connection("127.0.0.1", "http", here=True)
SAFE = Connection("192.0.2.7", "https", here=False)
PROXIES = [TypeAdapter(IPvAnyNetwork).validate_python(net) for net in ("10.0.0.0/24", "127.0.0.1")]


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
    ("host", "scheme", "known"),
    [
        ("kho.example.vn", "https", True),
        ("KHO.example.vn:443", "https", True),
        ("kho.example.vn:8443", "https", False),
        ("kho.example.vn.evil.example", "https", False),
        ("kho.example.vn:443", "http", False),
        ("127.0.0.1", "https", True),
    ],
)
def test_names_that_are_configured_are_answered_with_their_port(host: str, scheme: str, known: bool) -> None:
    assert is_known_host(host, ("kho.example.vn",), scheme) is known


@pytest.mark.parametrize(
    ("method", "more", "refused"),
    [
        ("POST", {}, False),
        ("POST", {"origin": "http://127.0.0.1:8000"}, False),
        ("POST", {"origin": "https://127.0.0.1:8000"}, True),
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
    assert (refusal(method, headers, HERE) is not None) is refused


def test_two_host_headers_are_refused() -> None:
    headers = Headers(raw=[(b"host", b"127.0.0.1"), (b"host", b"evil.example")])
    assert refusal("GET", headers, HERE)
    assert refusal("GET", Headers({}), HERE)


def test_a_line_that_can_be_listened_to_is_refused() -> None:
    headers = Headers({"host": "kho.example.vn"})
    assert refusal("GET", headers, SAFE, ("kho.example.vn",)) is None
    plain = Connection("192.0.2.7", "http", here=False)
    assert refusal("GET", headers, plain, ("kho.example.vn",)) == "only by TLS"


def _scope(peer: str | None, *forwarded: str, proto: str = "") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    return {"type": "http", "client": (peer, 1) if peer else None, "scheme": "http", "headers": headers}


@pytest.mark.parametrize(
    ("scope", "address", "secure"),
    [
        (_scope("127.0.0.1"), "127.0.0.1", True),
        (_scope("::ffff:127.0.0.1"), "127.0.0.1", True),
        (_scope("192.0.2.7"), "192.0.2.7", False),
        # Nobody believes what a visitor writes by hand.
        (_scope("192.0.2.7", "127.0.0.1", proto="https"), "192.0.2.7", False),
        (_scope("10.0.0.9", "192.0.2.7", proto="https"), "192.0.2.7", True),
        (_scope("10.0.0.9", "192.0.2.7", proto="http"), "192.0.2.7", False),
        (_scope("10.0.0.9", "192.0.2.7"), "192.0.2.7", False),
        (_scope("10.0.0.9", "127.0.0.1, 192.0.2.7, 10.0.0.8", proto="http, https"), "192.0.2.7", True),
        (_scope("10.0.0.9", "1.2.3.4", "192.0.2.7", proto="https"), "192.0.2.7", True),
        (_scope("10.0.0.9", "nonsense", proto="https"), "10.0.0.9", True),
        # A proxy on this machine that is not listed: who knows how its visitors came.
        (_scope("127.0.0.2", "192.0.2.7", proto="https"), "127.0.0.2", False),
        (_scope("127.0.0.1", "192.0.2.7", proto="https"), "192.0.2.7", True),
    ],
)
def test_only_a_listed_proxy_says_who_came_and_how(scope: dict[str, Any], address: str, secure: bool) -> None:
    connection = connection_of(scope, PROXIES)
    assert (connection.address, connection.secure) == (address, secure)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("10.0.0.1", "10.0.0.2", False),
        ("::ffff:10.0.0.1", "10.0.0.1", False),
        ("", "", True),
    ],
)
def test_whoever_has_a_network_of_addresses_is_counted_as_one(one: str, other: str, same: bool) -> None:
    assert (neighbourhood(one) == neighbourhood(other)) is same
