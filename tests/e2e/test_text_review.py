"""The text review in a browser: from doubt to doubt by keyboard, without scripts, on a phone; looked at by axe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.test_looks import keep_picture
from tests.fixtures.axe import Violations
from tests.fixtures.browser import OpenPage, sign_in
from tests.fixtures.served import Served
from tests.generators.doubtful_pages import CLEAR, LINES, Kept, keep
from tests.generators.people import of_home

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]


def put(served: Served, room: Path) -> Kept:
    with of_home(served.home) as archive:
        return keep(archive, room, ((LINES, CLEAR, LINES),), title="Hồ sơ quét mờ năm 2022")


def test_words_in_doubt_are_corrected_by_keyboard_and_the_next_page_comes(
    served: Served, tmp_path: Path, open_page: OpenPage
) -> None:
    kept = put(served, tmp_path / "room")
    page = open_page(f"{served.url}/text-review?dossier={kept.package_id}", width=1440)
    page.get_by_role("link", name="Bắt đầu").click()
    fields = page.locator("input[data-doubt]")
    expect(fields).to_have_count(6)
    expect(fields.first).to_be_focused()
    expect(fields.first).to_have_value("46/QÐ-UBNO")
    expect(page.locator(".scan rect.here")).to_have_attribute("data-doubt", "1")
    page.keyboard.type("45/QĐ-UBND")
    page.keyboard.press("Enter")
    expect(fields.nth(1)).to_be_focused()
    page.keyboard.type("02/03/2022")
    page.keyboard.press("Tab")
    expect(fields.nth(2)).to_be_focused()
    expect(page.locator(".scan rect.here")).to_have_attribute("data-doubt", "3")
    page.keyboard.type("ĐỊNH")
    page.keyboard.press("Enter")
    # The second half of a word that was read as two is taken out.
    page.keyboard.press("Delete")
    page.get_by_label("Lý do").select_option("misread")
    page.locator("input[data-doubt]").last.press("Control+Enter")
    page.wait_for_url(re.compile(rf"/text-review/{kept.package_id}/1/3\?"))
    expect(page.get_by_role("status")).to_contain_text("Đã lưu")
    text = served.client.get(f"/api/v1/documents/{kept.package_id}/1/pages/1/text").json()
    assert text["text"].splitlines()[1:3] == ["Số: 45/QĐ-UBND ngày 02/03/2022", "QUYẾT ĐỊNH"]
    assert text["reviewed"] == "corrected"
    page.get_by_role("button", name="Không có gì để sửa").click()
    page.wait_for_url(re.compile(r"/text-review\?"))
    expect(page.locator("main")).to_contain_text("Không còn trang nào")
    hits = served.client.get("/api/v1/search", params={"q": '"45/QĐ-UBND"', "limit": 100}).json()["items"]
    assert kept.package_id in {hit["package_id"] for hit in hits}
    page.goto(f"{served.url}/documents/{kept.package_id}/1?q=%2245/QĐ-UBND%22")
    page.locator("#viewer[data-ready=yes]").wait_for()
    boxes = page.locator("#page-1 .hit")
    expect(boxes.first).to_be_attached()
    word = next(one for one in kept.pages[0].words if kept.pages[0].text[one.start : one.end] == "46/QÐ-UBNO")
    assert boxes.first.evaluate("box => parseFloat(box.style.left)") == pytest.approx(word.box[0] * 100, abs=0.1)
    expect(page.get_by_role("link", name="Sửa văn bản")).to_be_visible()


def test_without_scripts_the_form_alone_does_it(served: Served, tmp_path: Path, open_page: OpenPage) -> None:
    kept = put(served, tmp_path / "room")
    here = f"{served.url}/text-review/{kept.package_id}/1/1"
    page = open_page(here, java_script_enabled=False)
    picture = page.locator(".scan image")
    expect(picture).to_be_visible()
    expect(page.locator(".cuts svg")).to_have_count(6)
    page.locator("input[data-doubt]").nth(4).fill("duyệt")
    page.get_by_role("button", name="Lưu, sang trang tiếp").click()
    expect(page).to_have_url(re.compile(r"/1/3\?said=corrected"))
    page.goto(here)
    page.locator("summary", has_text="Các phiên bản").click()
    page.get_by_role("button", name="Dùng lại phiên bản 1").click()
    expect(page.get_by_role("status")).to_contain_text("Đã dùng lại")
    expect(page.locator("input[data-doubt]").nth(4)).to_have_value("duyêt")


def test_who_was_slower_loses_nothing_that_was_typed(served: Served, tmp_path: Path, open_page: OpenPage) -> None:
    kept = put(served, tmp_path / "room")
    page = open_page(f"{served.url}/text-review/{kept.package_id}/1/1", expected="412")
    address = f"/api/v1/documents/{kept.package_id}/1/pages/1/text"
    seen = served.client.get(address).headers["etag"]
    assert served.client.put(address, json={"confirmed": True}, headers={"If-Match": seen}).status_code == 200
    page.locator("input[data-doubt]").first.fill("45/QĐ-UBND")
    page.get_by_role("button", name="Lưu, sang trang tiếp").click()
    expect(page.get_by_role("alert")).to_contain_text("45/QĐ-UBND")
    assert served.client.get(address).json()["text"] == kept.pages[0].text


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_and_the_pages_fit(
    served: Served, tmp_path: Path, chromium: Browser, violations: Violations, width: int, theme: str
) -> None:
    kept = put(served, tmp_path / "room")
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        locale="vi-VN",
        reduced_motion="reduce",
        color_scheme=theme,  # type: ignore[arg-type]  # playwright's own words
    )
    page = context.new_page()
    sign_in(page, served.url)
    wrong: dict[str, list[str]] = {}
    pages = {
        "text-reviews": "",
        "text-review": f"/{kept.package_id}/1/1",
        "text-review-whole": f"/{kept.package_id}/1/1?by=text",
    }
    for name, path in pages.items():
        page.goto(f"{served.url}/text-review{path}", wait_until="networkidle")
        keep_picture(page, f"{name}-{width}-{theme}")
        over = page.evaluate("document.documentElement.scrollWidth") - width
        wrong[name] = [*violations(page), *([f"{over} px too wide"] if over > 0 else [])]
    context.close()
    assert {name: found for name, found in wrong.items() if found} == {}
