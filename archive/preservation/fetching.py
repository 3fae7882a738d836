"""The only door through which the archive asks something of the network for the sake of evidence.

Time-stamps, CRLs and OCSP answers come through here and nothing else does.
Nothing is followed: no redirect, no authentication, no proxy of the
environment, no cookie. Sizes and the whole time are capped while the answer
streams in, because an answer of 400 MiB or one byte a second is a known attack.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import SplitResult, urlsplit

from archive.version import VERSION

CONNECT_SECONDS = 10.0
_PIECE = 1 << 16
_MOST_DETAIL = 500
_PORTS = {"http": 80, "https": 443}


class FetchError(Exception):
    """An address gave no usable answer. A fact about the address, told by a word and a sentence.

    Args:
        word: `unreachable`, `refused`, `redirected`, `too-large`, `too-slow`, `broken` or `address`.
        detail: What exactly.
    """

    def __init__(self, word: str, detail: str) -> None:
        self.word = word
        # Some of it comes from the other side, and is printed on terminals.
        self.detail = "".join(letter if letter.isprintable() else "?" for letter in detail[:_MOST_DETAIL])
        super().__init__(f"{word}: {self.detail}")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one address."""

    url: str
    """`http` or `https`, ASCII, without user name or fragment."""

    body: bytes | None = field(default=None, repr=False)
    """Sent by POST; None: GET."""

    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caps:
    """What one answer may cost."""

    max_bytes: int
    seconds: float
    """From the call to the last byte; the resolver's own time-out comes on top."""


class Fetcher(Protocol):
    """Asks one address."""

    def fetch(self, question: Question, into: BinaryIO, caps: Caps) -> int:
        """Write the answer's body into `into`; how many bytes.

        Raises:
            FetchError: no answer of status 200 within the caps. Whatever was written until then is worthless.
        """
        ...


def split_address(url: str) -> SplitResult:
    """The parts of an address that may be asked.

    Raises:
        FetchError: `address`: another scheme than HTTP, no host, user names, fragments, or letters that
            different readers of addresses read differently.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise FetchError("address", f"{url[:200]!r}: {error}") from error
    plain = url.isascii() and url.isprintable() and not {" ", "\\"} & set(url)
    if parts.scheme not in _PORTS or not parts.hostname or not plain or port == 0:
        raise FetchError("address", f"{url[:200]!r} is no address that may be asked")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise FetchError("address", f"{url[:200]!r} has a user name or a fragment")
    return parts


def port_of(parts: SplitResult) -> int:
    """The port, by the scheme where none is told."""
    return parts.port or _PORTS[parts.scheme]


class HttpFetcher:
    """Implements `Fetcher` over HTTP/1.1.

    Args:
        proxy: `http://host:port` through which everything goes; empty: straight.
        ca_file: Certificates (PEM) of web servers to believe; None: those of the machine. It has nothing to do
            with whom a signature is believed.
    """

    def __init__(self, *, proxy: str = "", ca_file: Path | None = None) -> None:
        self._proxy = split_address(proxy) if proxy else None
        self._ca_file = ca_file

    def fetch(self, question: Question, into: BinaryIO, caps: Caps) -> int:
        """See `Fetcher.fetch`."""
        parts = split_address(question.url)
        with closing(self._connection(parts, caps)) as connection:
            watch = _Watch(connection, caps.seconds)
            try:
                self._ask(connection, parts, question)
                # An answer that ends the connection is taken away from it: the watch holds the line itself.
                watch.line = connection.sock
                # The time may have been up before there was a line to cut.
                watch.check()
                written = _answered(connection.getresponse(), into, question.url, caps.max_bytes)
            except FetchError:
                watch.check()
                raise
            except TimeoutError as error:
                raise FetchError("too-slow", f"{question.url}: nothing came") from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                watch.check()
                raise FetchError(_word(error), f"{question.url}: {type(error).__name__} {error}".strip()) from error
            finally:
                watch.end()
            watch.check()
            return written

    def _connection(self, parts: SplitResult, caps: Caps) -> http.client.HTTPConnection:
        there = self._proxy or parts
        host, port = there.hostname or "", port_of(there)
        timeout = min(CONNECT_SECONDS, caps.seconds)
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=timeout)
        try:
            context = ssl.create_default_context(cafile=str(self._ca_file) if self._ca_file else None)
        except OSError as error:
            raise FetchError("unreachable", f"{self._ca_file}: {error}") from error
        secure = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
        if self._proxy is not None:
            secure.set_tunnel(parts.hostname or "", port_of(parts))
        return secure

    def _ask(self, connection: http.client.HTTPConnection, parts: SplitResult, question: Question) -> None:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        target = question.url if self._proxy is not None and parts.scheme == "http" else path
        headers = {
            # Written by hand: through a proxy the header must still name the server.
            "Host": parts.netloc,
            "User-Agent": f"luutru/{VERSION}",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **question.headers,
        }
        connection.request("GET" if question.body is None else "POST", target, question.body, headers)


def _answered(answer: http.client.HTTPResponse, into: BinaryIO, url: str, max_bytes: int) -> int:
    with answer:
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            raise FetchError("redirected", f"{url} points elsewhere (status {answer.status})")
        if answer.status != HTTPStatus.OK:
            raise FetchError("refused", f"{url} answered {answer.status}")
        if answer.getheader("Content-Encoding", "identity").lower() != "identity":
            raise FetchError("broken", f"{url}: an encoding that was not asked for")
        if answer.length is not None and answer.length > max_bytes:
            raise FetchError("too-large", f"{url}: {answer.length} bytes, at most {max_bytes}")
        return _copied(answer, into, url, max_bytes)


def _copied(answer: http.client.HTTPResponse, into: BinaryIO, url: str, max_bytes: int) -> int:
    written = 0
    announced = answer.length
    while piece := answer.read1(_PIECE):
        written += len(piece)
        if written > max_bytes:
            raise FetchError("too-large", f"{url}: more than {max_bytes} bytes")
        into.write(piece)
    if announced is not None and written != announced:
        raise FetchError("broken", f"{url}: {written} bytes of {announced}")
    return written


def _word(error: Exception) -> str:
    # A web server that is not believed is an OSError and a ValueError at once.
    return "unreachable" if isinstance(error, OSError) else "broken"


class _Watch:
    """Ends a connection when its time is up, however busily the other side drips."""

    def __init__(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._late = threading.Event()
        self.line: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        self._late.set()
        line = self.line or self._connection.sock
        if line is None:
            return
        try:
            # Not the TLS layer's own `shutdown`, which would take away what the reader is reading from.
            socket.socket.shutdown(line, socket.SHUT_RDWR)
        except OSError:
            return

    def check(self) -> None:
        """Raise if the time was up: an answer that was cut may look like a whole one."""
        if self._late.is_set():
            raise FetchError("too-slow", f"no whole answer within {self._seconds:g} s")

    def end(self) -> None:
        self._timer.cancel()
        self._timer.join()
