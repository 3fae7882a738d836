"""clamd for real: what it finds, and that it never counts as clean when it could not say."""

from __future__ import annotations

import socket
import threading
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.engines.clamd import ClamdScanner, ScannerRefusedError, ScannerUnreachableError
from ingest.ports import MalwareScanner
from metadata.errors import ToolUnreadableError, UsageError

pytestmark = pytest.mark.server


@pytest.fixture
def scanner(clamd_socket: str) -> ClamdScanner:
    return ClamdScanner(clamd_socket)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_clean_file_is_clean_and_eicar_is_found(scanner: MalwareScanner, tmp_path: Path, eicar: bytes) -> None:
    assert scanner.scan(written(tmp_path / "sạch.pdf", b"%PDF-1.4 clean")) is None
    assert (scanner.scan(written(tmp_path / "bẩn.pdf", eicar)) or "").startswith("Test.Eicar")


def test_eicar_is_found_inside_a_document(scanner: ClamdScanner, tmp_path: Path, eicar: bytes) -> None:
    path = tmp_path / "x.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("word/document.xml", "<x/>")
        container.writestr("word/embeddings/a.bin", eicar)
    assert (scanner.scan(path) or "").startswith("Test.Eicar")


def test_an_empty_file_ends_no_stream_too_early(scanner: ClamdScanner, tmp_path: Path) -> None:
    assert scanner.scan(written(tmp_path / "empty", b"")) is None


def test_over_the_stream_limit_is_a_fault_with_clamds_own_words(scanner: ClamdScanner, tmp_path: Path) -> None:
    path = tmp_path / "big"
    with path.open("wb") as stream:
        stream.truncate(210 << 20)
    with pytest.raises(ScannerRefusedError, match="size limit exceeded"):
        scanner.scan(path)


def test_too_much_to_scan_is_told_as_a_limit(scanner: ClamdScanner, tmp_path: Path) -> None:
    inner = b"x" * 100
    for depth in range(16):
        path = tmp_path / f"{depth}.zip"
        with zipfile.ZipFile(path, "w") as container:
            container.writestr("inner.zip", inner)
        inner = path.read_bytes()
    assert (scanner.scan(path) or "").startswith("Heuristics.Limits")


def test_the_versions_of_engine_and_signatures_are_told(scanner: ClamdScanner) -> None:
    tool = scanner.tool()
    assert tool.name == "clamd"
    assert tool.version[0].isdigit()


def test_a_scanner_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path / "x", b"x")
    for address in (str(tmp_path / "absent.sock"), "127.0.0.1:1"):
        with pytest.raises(ScannerUnreachableError) as fault:
            ClamdScanner(address).scan(path)
        assert fault.value.address == address


@pytest.mark.parametrize("address", ["", "clamd", "localhost:", ":3310", "host:port"])
def test_an_address_that_is_neither_socket_nor_port_is_refused_at_once(address: str) -> None:
    with pytest.raises(UsageError):
        ClamdScanner(address)


@pytest.fixture
def liar(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that reads the question and answers what the test wants, over TCP."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            line, _ = server.accept()
            with line:
                line.settimeout(10)
                data = b""
                while not data.endswith(b"\0\0\0\0"):
                    data += line.recv(4096)
                line.sendall(request.param)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize("liar", [b"stream: MAYBE\0", b"OK\0", b"stream: OK but\0"], indirect=True)
def test_an_answer_that_cannot_be_read_is_a_fault(liar: str, tmp_path: Path) -> None:
    with pytest.raises(ToolUnreadableError):
        ClamdScanner(liar, timedelta(seconds=10)).scan(written(tmp_path / "x", b"x"))


@pytest.mark.parametrize("liar", [b""], indirect=True)
def test_no_answer_is_a_fault(liar: str, tmp_path: Path) -> None:
    with pytest.raises(ScannerUnreachableError):
        ClamdScanner(liar, timedelta(seconds=10)).scan(written(tmp_path / "x", b"x"))


@pytest.mark.parametrize("liar", [b"stream: Win.Test FOUND\0"], indirect=True)
def test_over_tcp_the_protocol_is_the_same(liar: str, tmp_path: Path) -> None:
    assert ClamdScanner(liar, timedelta(seconds=10)).scan(written(tmp_path / "x", b"x")) == "Win.Test"
