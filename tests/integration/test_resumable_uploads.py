"""The tus protocol against a real server: pieces, breaks, kills, lies about lengths and digests."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.fixtures.served import Served, client_of, start, stop

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}


def _opened(client: httpx2.Client, **said: str) -> dict[str, Any]:
    opened: dict[str, Any] = client.post("/api/v1/submissions", json=said).json()
    return opened


def _metadata(path: str) -> str:
    return f"path {base64.b64encode(path.encode()).decode()}"


def _begun(client: httpx2.Client, upload: dict[str, Any], path: str, length: int) -> str:
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": _metadata(path)}
    answer = client.post(upload["uploads"], headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def _sha256(data: bytes) -> str:
    return f"sha256 {base64.b64encode(hashlib.sha256(data).digest()).decode()}"


def _sent(client: httpx2.Client, url: str, offset: int, data: bytes, **more: str) -> httpx2.Response:
    return client.patch(url, content=data, headers={**PIECE, "Upload-Offset": str(offset), **more})


def _offset(client: httpx2.Client, url: str) -> int:
    answer = client.head(url, headers=TUS)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return int(answer.headers["Upload-Offset"])


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _refused(answer: httpx2.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.json()["code"] == code


def test_the_server_says_what_of_the_protocol_it_speaks(served: Served) -> None:
    upload = _opened(served.client)
    answer = served.client.request("OPTIONS", upload["uploads"])
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    extensions = set(answer.headers["Tus-Extension"].split(","))
    assert extensions == {"creation", "creation-with-upload", "checksum", "termination", "expiration"}
    assert answer.headers["Tus-Checksum-Algorithm"].split(",")[0] == "sha256"
    assert int(answer.headers["Tus-Max-Size"]) == 400 << 20
    other = served.client.post(upload["uploads"], headers={"Tus-Resumable": "0.2.2", "Upload-Length": "1"})
    _refused(other, 412, "upload.version")
    assert other.headers["Tus-Version"] == "1.0.0"


def test_a_file_comes_in_pieces_each_with_its_digest_and_is_whole_at_the_end(served: Served) -> None:
    data = os.urandom(300_000)
    upload = _opened(served.client)
    url = _begun(served.client, upload, "đợt/tệp số 1.bin", len(data))
    for start_at in range(0, len(data), 100_000):
        piece = data[start_at : start_at + 100_000]
        answer = _sent(served.client, url, start_at, piece, **{"Upload-Checksum": _sha256(piece)})
        assert answer.status_code == 204
        assert int(answer.headers["Upload-Offset"]) == start_at + len(piece)
        assert answer.headers["Upload-Expires"].endswith("GMT")
    assert _offset(served.client, url) == len(data)
    (file,) = served.client.get(upload["href"]).json()["files"]
    assert file == {"path": "đợt/tệp số 1.bin", "bytes": len(data), "complete": True}
    kept = served.home / "work" / "uploads" / upload["submission_id"] / "files" / "đợt" / "tệp số 1.bin"
    assert kept.read_bytes() == data


def test_all_of_a_small_file_may_come_with_its_creation(served: Served) -> None:
    upload = _opened(served.client)
    for path, data in (("a.txt", b"all at once"), ("empty.txt", b"")):
        headers = {**PIECE, "Upload-Length": str(len(data)), "Upload-Metadata": _metadata(path)}
        answer = served.client.post(upload["uploads"], headers=headers, content=data)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(data)))
    files = served.client.get(upload["href"]).json()["files"]
    assert [(file["path"], file["complete"]) for file in files] == [("a.txt", True), ("empty.txt", True)]


def test_many_files_at_once_do_not_get_into_each_others_way(served: Served) -> None:
    upload = _opened(served.client)

    def send(number: int) -> int:
        headers = {**PIECE, "Upload-Length": "5", "Upload-Metadata": _metadata(f"a/{number}.txt")}
        return served.client.post(upload["uploads"], headers=headers, content=b"%05d" % number).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(200))) == {201}
    files = served.client.get(upload["href"]).json()["files"]
    assert [(file["bytes"], file["complete"]) for file in files] == [(5, True)] * 200


def test_a_piece_that_is_not_what_its_digest_says_is_not_kept(served: Served) -> None:
    upload = _opened(served.client)
    url = _begun(served.client, upload, "a", 10)
    assert _sent(served.client, url, 0, b"01234").status_code == 204
    _refused(_sent(served.client, url, 5, b"5678x", **{"Upload-Checksum": _sha256(b"56789")}), 460, "upload.checksum")
    assert _offset(served.client, url) == 5
    for wrong in ("md5 AAAA", "sha256", "sha256 ???", "sha256 AAAA"):
        answer = _sent(served.client, url, 5, b"56789", **{"Upload-Checksum": wrong})
        assert answer.status_code in {400, 460}, wrong
    assert _offset(served.client, url) == 5
    assert _sent(served.client, url, 5, b"56789", **{"Upload-Checksum": _sha256(b"56789")}).status_code == 204
    kept = served.home / "work" / "uploads" / upload["submission_id"] / "files" / "a"
    assert kept.read_bytes() == b"0123456789"


def test_lies_about_offsets_and_lengths_change_nothing(served: Served) -> None:
    upload = _opened(served.client)
    url = _begun(served.client, upload, "a", 10)
    assert _sent(served.client, url, 0, b"0123").status_code == 204
    for offset in (3, 5, 10, 11, 10**17):
        answer = _sent(served.client, url, offset, b"")
        _refused(answer, 409, "upload.conflict")
        assert answer.headers["Upload-Offset"] == "4"
    for written in ("-1", "4.0", "", "9" * 30, "0x4"):
        answer = served.client.patch(url, content=b"4", headers={**PIECE, "Upload-Offset": written})
        _refused(answer, 400, "api.invalid")
    _refused(_sent(served.client, url, 4, b"4567890"), 413, "upload.length")
    # Without a length of the body only the bytes tell; those that fit are kept, as the protocol wants.
    endless = served.client.patch(url, content=iter([b"456", b"789x"]), headers={**PIECE, "Upload-Offset": "4"})
    _refused(endless, 413, "upload.length")
    assert _offset(served.client, url) == 10
    for headers in (
        {"Upload-Metadata": _metadata("b")},
        {"Upload-Length": "-3", "Upload-Metadata": _metadata("b")},
        {"Upload-Length": "3"},
        {"Upload-Length": "3", "Upload-Metadata": "path ???"},
        {"Upload-Length": "3", "Upload-Metadata": f"path {base64.b64encode(bytes([255, 254])).decode()}"},
    ):
        _refused(served.client.post(upload["uploads"], headers={**TUS, **headers}), 400, "api.invalid")
    large = {**TUS, "Upload-Length": str(401 << 20), "Upload-Metadata": _metadata("b")}
    _refused(served.client.post(upload["uploads"], headers=large), 413, "upload.too_large")
    _refused(served.client.patch(url, content=b"x", headers={**TUS, "Upload-Offset": "10"}), 415, "api.media_type")


@pytest.mark.parametrize(
    "path",
    [
        "../a",
        "a/../../b",
        "/etc/passwd",
        "a//b",
        "a\\..\\b",
        "a\0b",
        "a\x07b",
        "x" * 300,
        "\u202ea",
        "CON",
        "a/aux.pdf",
    ],
)
def test_a_path_that_nobody_could_open_or_that_leaves_the_upload_is_refused(served: Served, path: str) -> None:
    upload = _opened(served.client)
    headers = {**TUS, "Upload-Length": "1", "Upload-Metadata": _metadata(path)}
    _refused(served.client.post(upload["uploads"], headers=headers), 400, "upload.path")
    assert served.client.get(upload["href"]).json()["files"] == []


def test_a_file_is_given_up_and_so_is_a_whole_upload(served: Served) -> None:
    upload = _opened(served.client)
    url = _begun(served.client, upload, "a", 10)
    _sent(served.client, url, 0, b"0123")
    assert served.client.delete(url, headers=TUS).status_code == 204
    assert served.client.head(url, headers=TUS).status_code == 404
    _refused(served.client.delete(url, headers=TUS), 404, "archive.not_found")
    assert served.client.delete(upload["href"]).status_code == 204
    assert served.client.get(upload["href"]).status_code == 404
    assert not (served.home / "work" / "uploads" / upload["submission_id"]).exists()


def test_the_same_choice_of_files_is_gone_on_with_and_cannot_be_handed_in_half(served: Served) -> None:
    upload = _opened(served.client, name="đợt", fingerprint="f" * 64)
    url = _begun(served.client, upload, "a", 10)
    _sent(served.client, url, 0, b"0123")
    again = served.client.post("/api/v1/submissions", json={"name": "đợt", "fingerprint": "f" * 64})
    assert (again.status_code, again.json()["submission_id"]) == (200, upload["submission_id"])
    (file,) = served.client.get(upload["href"]).json()["files"]
    assert (file["bytes"], file["length"], file["complete"]) == (4, 10, False)
    assert url.endswith(file["resumable"])
    half = served.client.post(upload["commit"])
    assert (half.status_code, half.json()["code"]) == (409, "upload.conflict")
    served.client.delete(upload["href"])


def test_those_whose_line_lets_only_post_through_say_what_they_mean(served: Served) -> None:
    upload = _opened(served.client)
    url = _begun(served.client, upload, "a", 4)
    headers = {**PIECE, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert served.client.post(url, content=b"0123", headers=headers).status_code == 204
    assert _offset(served.client, url) == 4
    _refused(served.client.post(url, headers={**TUS, "X-HTTP-Method-Override": "TRACE"}), 405, "api.method")


def test_a_broken_connection_costs_nothing_but_what_was_under_way(served: Served) -> None:
    upload = _opened(served.client)
    data = os.urandom(3 << 20)
    url = _begun(served.client, upload, "a", len(data))
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        head = (
            f"PATCH {url} HTTP/1.1\r\nHost: {host}:{port}\r\n{served.lines}Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        )
        head += f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(data)}\r\n\r\n"
        line.sendall(head.encode() + data[: 2 << 20])
        time.sleep(0.3)
    reached = _settled(served.client, url)
    assert 0 < reached <= 2 << 20
    assert _sent(served.client, url, reached, data[reached:]).status_code == 204
    kept = served.home / "work" / "uploads" / upload["submission_id"] / "files" / "a"
    assert kept.read_bytes() == data


def _settled(client: httpx2.Client, url: str) -> int:
    for _ in range(100):
        if (reached := _offset(client, url)) > 0:
            return reached
        time.sleep(0.05)
    return 0


def test_a_folder_of_many_files_is_not_taken_for_a_flood(tmp_path: Path) -> None:
    process, url = start(tmp_path / "home", LUUTRU_SERVE__REQUESTS_A_MINUTE="60")
    with client_of(tmp_path / "home", url) as client:
        upload = _opened(client)
        for number in range(100):
            headers = {**PIECE, "Upload-Length": "1", "Upload-Metadata": _metadata(f"{number}.txt")}
            assert client.post(upload["uploads"], headers=headers, content=b"x").status_code == 201
        assert {client.get("/api/v1/me").status_code for _ in range(100)} == {200, 429}
    stop(process)


def test_what_was_told_as_come_is_there_after_the_server_was_killed(tmp_path: Path) -> None:
    """Killed in the middle of a piece: what was answered stays, the piece is sent again, the digest is right."""
    home = tmp_path / "home"
    data = os.urandom(6 << 20)
    process, url = start(home)
    with client_of(home, url) as client:
        upload = _opened(client)
        file = _begun(client, upload, "lớn.bin", len(data))
        assert _sent(client, file, 0, data[: 2 << 20]).status_code == 204
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line:
            asks = f"Authorization: {client.headers['Authorization']}\r\n"
            head = f"PATCH {file} HTTP/1.1\r\nHost: {host}:{port}\r\n{asks}Tus-Resumable: 1.0.0\r\n"
            head += f"Upload-Offset: {2 << 20}\r\nContent-Type: application/offset+octet-stream\r\n"
            line.sendall(f"{head}Content-Length: {4 << 20}\r\n\r\n".encode() + data[2 << 20 : 3 << 20])
            part = home / "work" / "uploads" / upload["submission_id"] / "resumable"
            deadline = time.monotonic() + 20
            while next(part.glob("*.part")).stat().st_size <= 2 << 20 and time.monotonic() < deadline:
                time.sleep(0.02)
            answering = psutil.Process(process.pid).children()
            os.kill(process.pid, signal.SIGKILL)
            # The line is held until nobody is left who could see it close, and keep what came of the piece.
            process.wait()
            deadline = time.monotonic() + 20
            while any(map(_lives, answering)):
                assert time.monotonic() < deadline
                time.sleep(0.02)
    if process.stderr is not None:
        process.stderr.close()
    process, url = start(home)
    with client_of(home, url) as client:
        assert _offset(client, file) == 2 << 20
        rest = data[2 << 20 :]
        assert _sent(client, file, 2 << 20, rest, **{"Upload-Checksum": _sha256(rest)}).status_code == 204
    stop(process)
    root = home / "work" / "uploads" / upload["submission_id"]
    assert (root / "files" / "lớn.bin").read_bytes() == data
    assert hashlib.sha256(data).hexdigest() in (root / "digests.jsonl").read_text(encoding="utf-8")
