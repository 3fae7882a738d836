"""Reading in a real Chromium: what happened to a dossier and before it, opened event by event."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.axe import Violations
from tests.fixtures.browser import OpenPage
from tests.fixtures.served import ONLY_IN_THE_SCAN, Filled, Served, sample_files, zipped
from tests.generators.roda import make_aip

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]


@pytest.fixture(scope="module")
def from_roda(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A dossier that another archive kept before."""
    folder = make_aip(
        tmp_path_factory.mktemp("roda") / "aip",
        {"rep1": {"a.pdf": sample_files()["a/bao-cao.pdf"] + b"\n% kept by others"}},
        original="rep1",
    )
    files = {path.relative_to(folder.parent).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    answer = served.client.post(
        "/api/v1/submissions?name=Kho cũ.zip",
        content=zipped({name: Path(path).read_bytes() for name, path in files.items()}),
        headers={"Content-Type": "application/zip", "Idempotency-Key": "from another archive"},
    )
    assert answer.status_code == 202, answer.text
    (line,) = served.settled(answer.json()["submission_id"])["dossiers"]
    assert line["status"] == "archived", line
    return str(line["package_id"])


def test_what_former_keepers_tell_stands_beside_our_events_and_opens(
    served: Served, from_roda: str, open_page: OpenPage, violations: Violations
) -> None:
    page = open_page(f"{served.url}/dossiers/{from_roda}", width=1440)
    page.get_by_role("heading", name="Lịch sử trước khi vào kho này").click()
    before = page.locator(".card", has_text="kho này không xác nhận")
    scan = before.locator(".events li", has_text="Quét mã độc").first
    expect(scan).to_be_visible()
    expect(scan.locator(".fields")).to_be_hidden()
    scan.locator("summary").click()
    expect(scan.locator(".fields")).to_contain_text("Kể trong tệp")
    assert violations(page) == []
    page.goto(f"{served.url}/dossiers/{from_roda}/events?of=before")
    expect(page.locator(".events li", has_text="Bắt đầu tiếp nhận").first).to_be_visible()
    assert page.locator(".events li", has_text="Đóng gói").count() == 0


def test_an_event_opens_into_its_detail_without_scripts(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(
        f"{handed_in.served.url}/documents/{handed_in.package_id}/1",
        width=390,
        java_script_enabled=False,
    )
    page.get_by_role("heading", name="Sự kiện bảo quản").click()
    event = page.locator(".events li", has_text="Chuyển PDF/A").last
    event.locator("summary").click()
    expect(event.locator(".fields")).to_contain_text("flavour")
    expect(event.locator(".fields")).to_contain_text("representations/rep1/data/")
    assert page.locator(".events li", has_text="Lịch sử trước").count() == 0
    page.goto(f"{handed_in.served.url}/dossiers/{handed_in.package_id}/events")
    expect(page.locator("h1")).to_have_text("Sự kiện bảo quản")
    stored = page.locator(".events li", has_text="Đóng gói").first
    stored.locator("summary").click()
    expect(stored.locator(".fields")).to_contain_text("information package creation")


def test_a_page_is_turned_with_its_marks_and_zoomed_by_keys(handed_in: Filled, open_page: OpenPage) -> None:
    address = f"{handed_in.served.url}/documents/{handed_in.package_id}/1?q={ONLY_IN_THE_SCAN.replace(' ', '+')}"
    page = open_page(address, width=1440)
    page.locator("#viewer[data-ready=yes]").wait_for()
    sheet = page.locator("#page-1 .sheet")
    before, mark = sheet.bounding_box(), _middle(page)
    assert before
    assert before["height"] > before["width"]
    page.get_by_role("button", name="Xoay trang").click()
    page.locator("#page-1[data-drawn]").wait_for()
    after, turned = sheet.bounding_box(), _middle(page)
    assert after
    assert after["width"] == pytest.approx(before["width"], abs=2)
    assert after["height"] == pytest.approx(after["width"] * before["width"] / before["height"], rel=0.02)
    # A quarter to the right: what stood at (x, y) stands at (1 - y, x).
    assert turned == pytest.approx((1 - mark[1], mark[0]), abs=0.01)
    for _ in range(3):
        page.keyboard.press("r")
    assert _middle(page) == pytest.approx(mark, abs=0.01)
    page.keyboard.press("+")
    wide = sheet.bounding_box()
    assert wide
    assert wide["width"] == pytest.approx(before["width"] * 1.25, abs=3)
    page.keyboard.press("0")
    again = sheet.bounding_box()
    assert again
    assert again["width"] == pytest.approx(before["width"], abs=2)


def _middle(page: Page) -> tuple[float, float]:
    """Where the middle of the mark that is shown stands on its sheet, from its upper left corner, in shares."""
    x, y = page.locator(".hit.here").first.evaluate(
        """mark => {
          const box = mark.getBoundingClientRect(), sheet = mark.closest(".sheet").getBoundingClientRect();
          return [(box.left + box.width / 2 - sheet.left) / sheet.width,
                  (box.top + box.height / 2 - sheet.top) / sheet.height];
        }"""
    )
    return x, y


def test_thumbnails_come_when_they_are_asked_for_and_the_address_tells_the_page(
    handed_in: Filled, open_page: OpenPage, violations: Violations
) -> None:
    address = f"{handed_in.served.url}/documents/{handed_in.package_id}/2"
    page = open_page(address, width=390, is_mobile=True, has_touch=True)
    loaded: list[str] = []
    page.on("request", lambda asked: loaded.append(asked.url))
    page.locator("#viewer[data-ready=yes]").wait_for()
    assert not any("strip.js" in url for url in loaded)
    page.get_by_role("button", name="Trang thu nhỏ").click()
    strip = page.get_by_role("navigation", name="Các trang thu nhỏ")
    expect(strip.get_by_role("button")).to_have_count(2)
    expect(strip.locator("canvas")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    strip.get_by_role("button", name="Trang 2").click()
    expect(strip.locator("[aria-current]")).to_have_text("2")
    expect(page.locator("#page")).to_have_value("2")
    page.wait_for_url("**/2?page=2")
    sent = open_page(page.url)
    sent.locator("#viewer[data-ready=yes]").wait_for()
    expect(sent.locator("#page")).to_have_value("2")
    expect(sent.locator("#page-2")).to_be_in_viewport()
    page.get_by_role("button", name="Trang thu nhỏ").click()
    expect(strip).to_be_hidden()
    strip_of_a_scan = f"{handed_in.served.url}/search?q=giao&open={handed_in.package_id}/2&at=2"
    beside = open_page(strip_of_a_scan, width=1440)
    beside.locator("#viewer[data-ready=yes]").wait_for()
    beside.locator("#page").fill("1")
    beside.locator("#page").press("Enter")
    beside.wait_for_url(lambda url: "at=" not in url and "open=" in url)
