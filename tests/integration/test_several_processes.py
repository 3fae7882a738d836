"""A server of several processes: whatever one of them was told, the others know."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import psutil
import pytest

from archive.catalogue.journal import DossierStatus
from tests.fixtures.served import HEADINGS, Served, paper, start, stop
from tests.fixtures.served import client_of as client_of_home
from tests.generators.people import cookie, of_home

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
EACH = 16
"""Calls on lines of their own: that all of them come to the same one of two processes happens once in 32,768 times."""


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of its own, two of whose processes answer, and which closes every line after one answer."""
    home = tmp_path_factory.mktemp("several") / "home"
    process, url = start(home, LUUTRU_SERVE__PROCESSES="2")
    with client_of_home(home, url) as client:
        client.headers["Connection"] = "close"
        yield Served(url, home, process.pid, client)
    stop(process)


def everywhere(ask: Callable[[int], Any]) -> list[Any]:
    """Answers to the same question, asked on lines of their own, four at a time."""
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(ask, range(EACH)))


def delivered(title: str) -> dict[str, bytes]:
    from archive.demo.drawing import digital_pdf  # noqa: PLC0415 - drawing is dear to import
    from archive.demo.papers import Make  # noqa: PLC0415

    report = paper(Make.DIGITAL, "BC-ĐC")
    rows = [("H49.64.33.2021.77", title, "01/01/2021", "31/12/2021", 1, title, "05/04/2021", "a/bao-cao.pdf")]
    sheet = io.StringIO()
    csv.writer(sheet).writerows([HEADINGS, *rows])
    pdf = digital_pdf(report.model_copy(update={"pages": report.pages[:1]}))
    return {"muc-luc.csv": sheet.getvalue().encode("utf-8-sig"), "a/bao-cao.pdf": pdf}


def sent_in_pieces(served: Served, uploads: str, path: str, data: bytes) -> None:
    metadata = f"path {base64.b64encode(path.encode()).decode()}"
    headers = {**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": metadata}
    place = served.client.post(uploads, headers=headers).headers["Location"]
    step = len(data) // 7 + 1
    for offset in range(0, len(data), step):
        piece = data[offset : offset + step]
        digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
        told = {**PIECE, "Upload-Offset": str(offset), "Upload-Checksum": f"sha256 {digest}"}
        answer = served.client.patch(place, content=piece, headers=told)
        assert answer.status_code == 204, answer.text
        asked = served.client.head(place, headers=TUS)
        assert int(asked.headers["Upload-Offset"]) == offset + len(piece)


def test_a_delivery_comes_in_by_both_and_is_found_by_both(several: Served) -> None:
    files = delivered("Hồ sơ qua hai tiến trình")
    opened = several.client.post("/api/v1/submissions", json={"name": "Đợt 2"}).json()
    for path, data in files.items():
        sent_in_pieces(several, opened["uploads"], path, data)
    submission = opened["submission_id"]
    answers = everywhere(lambda _: several.client.post(opened["commit"]))
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    said = several.settled(submission)
    assert [line["status"] for line in said["dossiers"]] == [DossierStatus.ARCHIVED.value]
    assert len(said["jobs"]) == 1
    found = everywhere(lambda _: several.client.get("/api/v1/search", params={"q": "hai tiến trình"}).json()["total"])
    assert set(found) == {1}
    package = said["dossiers"][0]["package_id"]
    kept = several.client.get(f"/api/v1/documents/{package}/1").json()
    assert hashlib.sha256(files["a/bao-cao.pdf"]).hexdigest() in str(kept)


def test_one_key_is_one_submission_however_many_send_it(several: Served) -> None:
    def opened(_: int) -> httpx2.Response:
        headers = {"Idempotency-Key": "one for all"}
        return several.client.post("/api/v1/submissions", json={"name": "Một lần"}, headers=headers)

    answers = everywhere(opened)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["submission_id"] for answer in answers if answer.status_code == 201}) == 1
    again = everywhere(opened)
    assert {answer.status_code for answer in again} == {201}
    assert all(answer.headers["Idempotency-Replayed"] for answer in again)


def test_a_check_of_the_trail_and_a_look_at_the_system_are_told_by_both(several: Served) -> None:
    with of_home(several.home) as archive:
        session = dict(cookie(archive, "kiem.toan"))
    browser = httpx2.Client(base_url=several.url, cookies=session, headers={"Connection": "close"}, timeout=120)
    with browser:
        form = re.search(r'name="csrf" value="([0-9a-f]+)"', browser.get("/audit").text)
        assert form
        assert browser.post("/audit/verification", data={"csrf": form[1]}).status_code == 303
        told = everywhere(lambda _: browser.get("/audit/verification").text)
        assert all("kiem.toan" in text or "hx-trigger" in text for text in told)
        looked = browser.get("/doctor").text
        at = looked.partition("<time")[2].partition(">")[0]
        assert at
        assert all(at in text for text in everywhere(lambda _: browser.get("/doctor").text))


def test_who_is_killed_is_replaced_and_nobody_else_notices(several: Served) -> None:
    watcher = psutil.Process(several.pid)
    answering = {child.pid for child in watcher.children()}
    assert len(answering) == 3
    files = delivered("Hồ sơ nộp khi máy chủ mất từng phần")
    opened = several.client.post("/api/v1/submissions", json={"name": "Đợt 3"}).json()
    url = opened["uploads"]
    sent_in_pieces(several, url, "muc-luc.csv", files["muc-luc.csv"].replace(b"2021.77", b"2021.78"))
    for pid in answering:
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while len({child.pid for child in watcher.children() if child.status() != psutil.STATUS_ZOMBIE} - answering) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert {answer.status_code for answer in everywhere(lambda _: several.client.get("/api/v1/health/live"))} == {200}
    sent_in_pieces(several, url, "a/bao-cao.pdf", files["a/bao-cao.pdf"] + b"\n")
    assert several.client.post(opened["commit"]).status_code == 202
    (line,) = several.settled(opened["submission_id"])["dossiers"]
    assert line["status"] == DossierStatus.ARCHIVED.value, line
