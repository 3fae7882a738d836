"""The search page in a real Chromium: a list of what it finds is ordered and fetched, searches are kept by name."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.fixtures.browser import OpenPage
from tests.fixtures.served import ONLY_IN_THE_SCAN, Filled

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]


def test_what_is_found_is_taken_along_as_a_list(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/search?q={ONLY_IN_THE_SCAN.replace(' ', '+')}", login="lan.danhsach")
    page.get_by_label("Lập danh sách kết quả dạng").select_option("xlsx")
    page.get_by_role("button", name="Lập danh sách").click()
    expect(page.locator(".notice")).to_have_text("Đã ghi một yêu cầu lập danh sách 1 văn bản tìm được.")
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("Excel (.xlsx)")
    expect(row.locator(".state.done")).to_be_visible(timeout=60_000)
    expect(row).to_contain_text("Trong danh sách có 1 văn bản.")
    with page.expect_download() as waiting:
        row.get_by_role("link", name="Tải về").click()
    assert re.fullmatch(r"ket-qua-tim-kiem-\d{8}-\d{4}[.]xlsx", waiting.value.suggested_filename)
    sheet = openpyxl.load_workbook(io.BytesIO(waiting.value.path().read_bytes())).worksheets[0]
    last = [cell.value for cell in list(sheet.iter_rows())[-1]]
    assert last[4] == "Tờ trình của Sở Nội vụ"
    assert last[8] == 1
    assert "ẩm" in str(last[9])
    row.get_by_role("link", name="Danh sách 1 văn bản tìm được").click()
    expect(page.locator(".hits li")).to_have_count(1)


@pytest.mark.parametrize("script", [True, False])
def test_a_search_is_kept_by_name_and_opened_again(handed_in: Filled, open_page: OpenPage, script: bool) -> None:
    url = handed_in.served.url
    page = open_page(
        f"{url}/search?q=giao&year=2021&sort=-date", login=f"lan.luu.{script}".lower(), java_script_enabled=script
    )
    page.get_by_text("Tìm kiếm đã lưu").first.click()
    page.get_by_label("Tên tìm kiếm").fill("Giao đất 2021")
    page.get_by_role("button", name="Lưu tìm kiếm này").click()
    expect(page.locator("#q")).to_have_value("giao")
    page.goto(f"{url}/")
    page.get_by_role("link", name="Giao đất 2021").click()
    expect(page).to_have_url(f"{url}/search?q=giao&year=2021&sort=-date")
    expect(page.locator(".hits li").first).to_be_visible()
    page.get_by_text("Tìm kiếm đã lưu").first.click()
    page.get_by_text("Đổi tên, xóa").click()
    page.get_by_label("Tên mới của “Giao đất 2021”").fill("Giao đất")
    page.get_by_role("button", name="Lưu tên mới").click()
    page.get_by_text("Tìm kiếm đã lưu").first.click()
    expect(page.get_by_role("link", name="Giao đất", exact=True)).to_be_visible()
    page.get_by_text("Đổi tên, xóa").click()
    page.get_by_role("button", name="Xóa tìm kiếm “Giao đất”").click()
    page.get_by_text("Tìm kiếm đã lưu").first.click()
    expect(page.get_by_text("Chưa có tìm kiếm nào được lưu")).to_be_visible()
