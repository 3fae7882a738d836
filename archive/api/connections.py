"""Who is at the other end of a connection, and whether it is safe: straight, or by a proxy that is listed."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import IPvAnyNetwork
from starlette.datastructures import Headers
from starlette.types import Scope

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_IPV6_PREFIX = 64
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Connection:
    """How a request came."""

    address: str
    """Of the browser or program; empty: from this machine without an address."""

    scheme: str
    here: bool
    """Whether it came from this machine by no proxy: nobody in between can listen."""

    @property
    def secure(self) -> bool:
        """Whether nobody could listen."""
        return self.scheme == "https" or self.here


def connection_of(scope: Scope, proxies: Sequence[IPvAnyNetwork]) -> Connection:
    """The connection of a request; what a proxy says of it counts only where that proxy is in `proxies`."""
    headers = Headers(scope=scope)
    peer = _address(scope["client"][0] if scope.get("client") else "")
    scheme = str(scope.get("scheme", "http"))
    forwarded = [part.strip() for line in headers.getlist("x-forwarded-for") for part in line.split(",")]
    if peer is None or not forwarded or not _is_in(peer, proxies):
        # A proxy that nobody listed may stand on this machine and have come by a line that can be listened to.
        return Connection(str(peer or ""), scheme, (peer is None or peer.is_loopback) and not forwarded)
    told = headers.getlist("x-forwarded-proto")
    # The last word is that of the proxy in front of us; whatever stands before it a visitor may have written.
    scheme = "https" if told and told[-1].rsplit(",", maxsplit=1)[-1].strip().lower() == "https" else "http"
    for written in reversed(forwarded):
        address = _address(written)
        if address is None:
            break
        if not _is_in(address, proxies):
            return Connection(str(address), scheme, here=False)
    return Connection(str(peer), scheme, here=False)


def neighbourhood(address: str) -> str:
    """By what an address is counted: itself, of IPv6 its /64, which is the least that anybody is given."""
    found = _address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))
    return address


def is_known_host(host: str, hosts: Sequence[str], scheme: str) -> bool:
    """Whether `host`, as a `Host` header says it, is this machine's own name or one of the configured ones."""
    return is_loopback(host) or host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ":")) in hosts


def is_loopback(host: str) -> bool:
    """Whether `host`, with or without port, names this machine and nothing else."""
    if "@" in host or "/" in host:
        return False
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _address(written: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(written.strip("[]"))
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _is_in(address: _Address, networks: Sequence[IPvAnyNetwork]) -> bool:
    return any(address in network for network in networks)
