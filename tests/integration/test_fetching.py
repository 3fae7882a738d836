"""The door to the network: proxies, TLS, and what it never does."""

from __future__ import annotations

import datetime as dt
import io
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from archive.preservation.fetching import Caps, FetchError, HttpFetcher, Question

CAPS = Caps(max_bytes=1000, seconds=5.0)


class Recorder(BaseHTTPRequestHandler):
    """Answers everything with what it was asked."""

    protocol_version = "HTTP/1.1"
    server: Recording

    def do_GET(self) -> None:
        said = f"{self.requestline}|{self.headers.get('Host')}|{self.headers.get('Authorization')}".encode()
        self.server.seen.append(self.requestline)
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def do_CONNECT(self) -> None:
        self.server.seen.append(self.requestline)
        self.send_response(502)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests have enough to say."""


class Recording(ThreadingHTTPServer):
    """A server that remembers request lines; may speak TLS."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Recorder)
        self.seen: list[str] = []
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: object) -> None:
        """A client that does not believe us goes away: that is what is tried."""


def served(server: Recording) -> Iterator[Recording]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)


@pytest.fixture
def server() -> Iterator[Recording]:
    yield from served(Recording())


@pytest.fixture
def web_certificate(tmp_path: Path) -> Path:
    """Certificate and key of a web server on loopback, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - OpenSSL looks at the machine's clock
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "web.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return path


@pytest.fixture
def secure_server(web_certificate: Path) -> Iterator[Recording]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(web_certificate)
    yield from served(Recording(context))


def fetched(fetcher: HttpFetcher, url: str) -> str:
    into = io.BytesIO()
    assert fetcher.fetch(Question(url), into, CAPS) == len(into.getvalue())
    return into.getvalue().decode()


def test_without_a_proxy_the_server_itself_is_asked(server: Recording) -> None:
    line = fetched(HttpFetcher(), f"http://127.0.0.1:{server.server_port}/a?b=c")
    assert line == f"GET /a?b=c HTTP/1.1|127.0.0.1:{server.server_port}|None"


def test_through_a_proxy_the_whole_address_is_told_to_it_alone(server: Recording) -> None:
    fetcher = HttpFetcher(proxy=f"http://127.0.0.1:{server.server_port}")
    line = fetched(fetcher, "http://crl.ca.invalid/g2.crl")
    assert line == "GET http://crl.ca.invalid/g2.crl HTTP/1.1|crl.ca.invalid|None"


def test_secure_addresses_go_through_the_proxy_as_a_tunnel(server: Recording) -> None:
    fetcher = HttpFetcher(proxy=f"http://127.0.0.1:{server.server_port}")
    with pytest.raises(FetchError, match="unreachable"):
        fetched(fetcher, "https://tsa.invalid/")
    assert [line.rsplit(" ", 1)[0] for line in server.seen] == ["CONNECT tsa.invalid:443"]


def test_a_web_server_is_believed_by_the_operators_file_and_not_without(
    secure_server: Recording, web_certificate: Path
) -> None:
    url = f"https://127.0.0.1:{secure_server.server_port}/x"
    with pytest.raises(FetchError, match="unreachable"):
        fetched(HttpFetcher(), url)
    assert fetched(HttpFetcher(ca_file=web_certificate), url).startswith("GET /x ")


def test_a_missing_file_of_certificates_is_told(tmp_path: Path, secure_server: Recording) -> None:
    with pytest.raises(FetchError, match=r"nowhere\.pem"):
        fetched(HttpFetcher(ca_file=tmp_path / "nowhere.pem"), f"https://127.0.0.1:{secure_server.server_port}/")


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "http://u:p@127.0.0.1/", "http://127.0.0.1/#x", "http://a b/", "http://x\r\nHost:y/", "x", ""],
)
def test_what_is_no_plain_address_is_never_asked(url: str) -> None:
    with pytest.raises(FetchError, match="address: "):
        fetched(HttpFetcher(), url)


def test_what_the_other_side_says_reaches_no_terminal_as_it_is() -> None:
    told = FetchError("broken", "\x1b]0;x\x07" + "a" * 70_000)
    assert str(told).isprintable()
    assert len(str(told)) < 600


def test_a_proxy_that_is_no_address_is_refused_at_once() -> None:
    with pytest.raises(FetchError):
        HttpFetcher(proxy="socks5://127.0.0.1")
