"""Deliveries in a real Chromium: mistakes corrected, handed in again, approved by a second person; cuts survived."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect

from archive.auth.people import Grant, Label, Role
from tests.fixtures.axe import Violations
from tests.fixtures.browser import OpenPage
from tests.fixtures.served import HEADINGS, Served, client_of, sample_files, start, stop
from tests.generators.people import SECOND, of_home, person

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

_SLOW = 150_000
_BYTES = 200 << 20
_SLOWLY = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 25 << 20}
FIRST, OTHER = "H49.64.33.2071.01", "H49.64.33.2071.02"


@pytest.fixture(scope="module")
def separate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on which nobody approves what they handed in."""
    home = tmp_path_factory.mktemp("separate") / "home"
    process, url = start(home, LUUTRU_INTAKE__APPROVAL="separate")
    with client_of(home, url) as client:
        yield Served(url, home, process.pid, client)
    stop(process)


def _list(code: str, *rows: tuple[str, ...]) -> bytes:
    stream = io.StringIO()
    title = ("Hồ sơ có lỗi", "01/01/2021", "31/12/2021")
    lines = [(code, *title, number, *row) for number, row in enumerate(rows, start=1)]
    csv.writer(stream).writerows([HEADINGS, *lines])
    return stream.getvalue().encode("utf-8-sig")


def _delivery(folder: Path) -> Path:
    """Two lists: in one a day that does not exist, in the other a path that leads nowhere."""
    digital = sample_files()["a/bao-cao.pdf"]
    files = {
        "muc-luc-1.csv": _list(FIRST, ("Báo cáo thứ nhất", "31/02/2021", "a/1.pdf")),
        "muc-luc-2.csv": _list(OTHER, ("Báo cáo thứ hai", "05/04/2021", "b/sai-ten.pdf")),
        "a/1.pdf": digital,
        "b/2.pdf": digital + b"\n",
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def _settled(page: Page) -> None:
    expect(page.locator(".overall")).to_contain_text("Đã xong", timeout=_SLOW)


def test_mistakes_are_corrected_and_a_second_person_approves(
    separate: Served, open_page: OpenPage, violations: Violations, tmp_path: Path
) -> None:
    page = open_page(f"{separate.url}/deliveries")
    assert violations(page) == []
    page.locator("#folder").set_input_files(_delivery(tmp_path / "đợt có lỗi"))
    page.wait_for_url("**/deliveries/*-*")
    _settled(page)
    for code, rule, wrong in ((FIRST, "MET-020", "31/02/2021"), (OTHER, "READ-010", "b/sai-ten.pdf")):
        told = page.locator(".delivered", has_text=code).locator(".finding.error", has_text=rule)
        expect(told).to_contain_text(wrong)
    assert violations(page) == []
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Danh sách lỗi (XLSX)").click()
    assert waiting.value.suggested_filename == "danh-sach-loi.xlsx"

    page.get_by_role("link", name="Đính chính và nộp lại").click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cell = page.locator(".cell", has_text="31/02/2021")
    cell.get_by_label("Giá trị đúng").fill("28/02/2021")
    anew = tmp_path / "muc-luc-2 sửa.csv"
    anew.write_bytes(_list(OTHER, ("Báo cáo thứ hai", "05/04/2021", "b/2.pdf")))
    page.get_by_label("Bảng kê đã sửa thay cho muc-luc-2.csv").set_input_files(anew)
    page.get_by_label("Lý do (bắt buộc)").fill("Gõ nhầm ngày và tên tệp")
    page.get_by_role("button", name="Nộp lại").click()
    page.wait_for_url("**/deliveries/*-*")
    expect(page.locator(".state.awaiting_approval").first).to_be_visible(timeout=_SLOW)
    expect(page.get_by_role("link", name="lần nộp trước")).to_be_visible()
    expect(page.get_by_text("Chờ người có thẩm quyền khác")).to_be_visible()
    expect(page.get_by_role("button", name="Duyệt lưu trữ")).to_have_count(0)
    assert violations(page) == []

    second = open_page(page.url, login=SECOND)
    second.get_by_text("Các giá trị đã đính chính").click()
    expect(second.locator(".corrections")).to_contain_text("Gõ nhầm ngày và tên tệp")
    second.get_by_role("button", name="Duyệt lưu trữ").click()
    for code in (FIRST, OTHER):
        expect(second.locator(".delivered", has_text=code).locator(".state")).to_have_text("Đã lưu", timeout=_SLOW)
    # Who follows sees it without doing anything.
    page.reload()
    expect(page.locator(".delivered", has_text=FIRST).locator(".state")).to_have_text("Đã lưu", timeout=_SLOW)


def test_an_upload_of_200_megabytes_survives_a_cut_and_a_closed_browser(
    served: Served, open_page: OpenPage, tmp_path: Path
) -> None:
    large = tmp_path / "lớn.bin"
    large.write_bytes(os.urandom(1 << 20) * (_BYTES >> 20))
    page = open_page(f"{served.url}/deliveries", expected="ERR_INTERNET_DISCONNECTED")
    line = _slow_line(page)
    page.locator("#files").set_input_files(large)
    _wait_for(page, 0.2)
    line.send("Network.emulateNetworkConditions", {**_SLOWLY, "offline": True})
    expect(page.locator("#sending")).to_contain_text("đang thử lại", timeout=_SLOW)
    line.send("Network.emulateNetworkConditions", _SLOWLY)
    _wait_for(page, 0.4)
    page.get_by_role("button", name="Tạm dừng").click()
    expect(page.locator("#sending")).to_contain_text("Đã tạm dừng")
    page.close(run_before_unload=False)

    page = open_page(f"{served.url}/deliveries")
    unfinished = page.locator(".open-uploads li", has_text="lớn.bin")
    expect(unfinished).to_have_count(1)
    sent: list[int] = []
    page.on("request", lambda asked: sent.append(int(asked.headers.get("upload-offset", "-1"))))
    page.locator("#files").set_input_files(large)
    page.wait_for_url("**/deliveries/*-*", timeout=_SLOW)
    offsets = [offset for offset in sent if offset >= 0]
    assert min(offsets) >= _BYTES * 0.3
    _settled(page)
    kept = next((served.home / "work" / "uploads").glob("*/*/lớn.bin"))
    with kept.open("rb") as one, large.open("rb") as two:
        assert hashlib.file_digest(one, "sha256").digest() == hashlib.file_digest(two, "sha256").digest()
    kept.unlink()


def _slow_line(page: Page) -> CDPSession:
    """So slow that there is a middle in which to cut it."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", _SLOWLY)
    return line


def _wait_for(page: Page, share: float) -> None:
    page.wait_for_function("share => document.getElementById('sent').value >= share", arg=share, timeout=_SLOW)


@pytest.mark.parametrize(("path", "place"), [("/deliveries", "#drop"), ("/holding", "h1")])
def test_a_file_that_is_dropped_goes_up_and_can_be_cancelled(
    served: Served, open_page: OpenPage, violations: Violations, path: str, place: str
) -> None:
    page = open_page(f"{served.url}{path}")
    before = {upload.name for upload in (served.home / "work" / "uploads").iterdir()}
    _slow_line(page)
    dropped = page.evaluate_handle(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(60 << 20)], "thả vào.bin", { lastModified: 1 }));
          return data;
        }"""
    )
    page.dispatch_event(place, "drop", {"dataTransfer": dropped})
    expect(page.locator("#sending-files li")).to_contain_text("thả vào.bin")
    _wait_for(page, 0.1)
    if path == "/holding":
        dialog = page.get_by_role("dialog", name="Nộp")
        page.keyboard.press("Escape")
        dialog.get_by_role("button", name="Đóng").click()
        expect(dialog).to_be_visible()
        assert violations(page) == []
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as waiting:
        page.get_by_role("button", name="Hủy").click()
    assert waiting.value.status == 204
    expect(page.locator(".sending")).to_be_hidden()
    if path == "/holding":
        dialog.get_by_role("button", name="Đóng").click()
        expect(dialog).to_be_hidden()
    assert {upload.name for upload in (served.home / "work" / "uploads").iterdir()} <= before


def test_without_scripts_a_delivery_is_handed_in_and_watched(
    served: Served, open_page: OpenPage, tmp_path: Path
) -> None:
    folder = _delivery(tmp_path / "không mã lệnh")
    files = [folder / "muc-luc-1.csv", folder / "a" / "1.pdf"]
    page = open_page(f"{served.url}/deliveries", java_script_enabled=False)
    page.locator("#files").set_input_files(files)
    page.get_by_role("button", name="Nộp", exact=True).click()
    page.wait_for_url("**/deliveries/*-*")
    expect(page.locator(".overall")).to_contain_text("Đã xong", timeout=_SLOW)
    expect(page.locator(".delivered", has_text=FIRST)).to_be_visible()
    page.get_by_role("link", name="Đính chính và nộp lại").click()
    expect(page.get_by_label("Giá trị đúng").first).to_be_visible()


def test_who_may_not_hand_in_drops_nothing(served: Served, open_page: OpenPage) -> None:
    with of_home(served.home) as archive:
        person(archive, "doc.gia", (Grant(Role.READER, "H49.64", Label.INTERNAL),))
    page = open_page(f"{served.url}/holding", login="doc.gia")
    expect(page.locator("#dropping")).to_have_count(0)
    assert page.evaluate(
        "document.querySelector('h1').dispatchEvent(new DragEvent('drop', {cancelable: true, bubbles: true}))"
    )
