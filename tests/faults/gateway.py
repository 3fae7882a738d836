"""A gateway before a real HTTP server that misbehaves as told: once for each entry of `plan`, then no more.

`throttle` answers 503 SlowDown, `busy` 429 as Elasticsearch does; `lose` passes the request on and drops the
answer; `cut` passes the answer on and closes the connection half-way through its body; `flip` changes a bit of
the body; `hang` never answers.
The request goes on as it came, Host header too, so that its signature stays valid.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_BUSY = b'{"error":{"type":"es_rejected_execution_exception","reason":"full"},"status":429}'
_THROTTLED = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"


class Gateway:
    """`endpoint` is to be used instead of the server's; `requests` lists what came, with its fault."""

    def __init__(self, target: str) -> None:
        self.plan: list[tuple[str, str]] = []
        """Pairs of method (`LIST` for a GET that lists) and fault; the first that fits a request is used up by it."""
        self.requests: list[tuple[str, str, str]] = []
        self.lock = threading.Lock()
        self.closing = threading.Event()
        address = urlsplit(target)
        assert address.hostname
        assert address.port
        self.target = (address.hostname, address.port)
        self.endpoint = ""

    def fault_for(self, method: str, path: str) -> str:
        if method == "GET" and ("uploads" in path or "list-type" in path):
            method = "LIST"
        with self.lock:
            for index, (of_method, fault) in enumerate(self.plan):
                if of_method == method:
                    del self.plan[index]
                    self.requests.append((method, path, fault))
                    return fault
            self.requests.append((method, path, ""))
            return ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gateway: Gateway

    def log_message(self, *_: object) -> None:
        """Be silent."""

    def _handle(self) -> None:
        if self.headers.get("Expect", "").lower() == "100-continue":
            pass  # the base class has said 100 already
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        fault = self.gateway.fault_for(self.command, self.path)
        if fault == "hang":
            self.gateway.closing.wait(30)
            self.close_connection = True
            return
        if fault == "throttle":
            self._answer(503, [("Content-Type", "application/xml")], _THROTTLED)
            return
        if fault == "busy":
            self._answer(429, [("Content-Type", "application/json")], _BUSY)
            return
        connection = http.client.HTTPConnection(*self.gateway.target, timeout=30)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in {"connection", "expect"}:
                    connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if fault == "lose":
            self.close_connection = True
            return
        if fault == "flip":
            data = bytes([data[0] ^ 1]) + data[1:]
        self._answer(answer.status, answer.getheaders(), data, cut=fault == "cut")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle  # noqa: N815 - http.server wants these names

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes, *, cut: bool = False) -> None:
        self.send_response_only(status)
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        for name, value in headers:
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        length = lengths[0] if self.command == "HEAD" and lengths else str(len(data))
        if status not in {204, 304}:
            self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = self.close_connection or cut


@contextmanager
def gateway_to(target: str) -> Iterator[Gateway]:
    """A gateway on a free loopback port, gone when the block ends."""
    gateway = Gateway(target)

    class Handler(_Handler):
        pass

    Handler.gateway = gateway
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gateway.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
