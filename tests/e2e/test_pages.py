"""The pages in a real Chromium: hand in, watch, search, see the hit; two languages, 390 px, by keyboard."""

from __future__ import annotations

import io
from pathlib import Path

import img2pdf
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.fixtures.browser import OpenPage
from tests.fixtures.served import BAD, GOOD, ONLY_IN_THE_SCAN, Filled, Served, sample_files, zipped

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

_SLOW = 90_000
_BRIGHT_AND_DARK = """canvas => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let dark = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] < 90) dark += 1;
  return dark / (data.length / 4);
}"""


def test_a_word_that_stands_only_in_a_scan_is_found_and_seen_on_its_page(
    handed_in: Filled, open_page: OpenPage
) -> None:
    page = open_page(f"{handed_in.served.url}/")
    page.locator("#q").fill(ONLY_IN_THE_SCAN)
    page.get_by_role("button", name="Tìm").click()
    expect(page.locator(".snippet mark").first).to_have_text("ẩm")
    assert f"q={ONLY_IN_THE_SCAN.replace(' ', '+')}" in page.url
    page.get_by_role("link", name="Tờ trình của Sở Nội vụ").first.click()
    page.locator("#viewer[data-ready=yes]").wait_for()
    canvas = page.locator("#page-1 canvas")
    canvas.wait_for()
    assert 0.001 < canvas.evaluate(_BRIGHT_AND_DARK) < 0.3
    here = page.locator(".hit.here").first
    expect(here).to_be_in_viewport()
    assert page.locator("#hit").inner_text().startswith("1/")
    assert _ink_under(page, "#page-1 .hit.here") > 0.03
    page.get_by_role("button", name="Kết quả sau").click()
    assert page.locator("#hit").inner_text().startswith("2/")
    page.get_by_text("Chữ của trang").first.click()
    expect(page.locator("#page-1 .text mark").first).to_have_text("ẩm")


def _ink_under(page: Page, selector: str) -> float:
    """Share of dark points of the drawn page below a mark: the mark lies on a word, not beside it."""
    share: float = page.evaluate(
        """selector => {
          const mark = document.querySelector(selector), sheet = mark.closest(".sheet");
          const canvas = sheet.querySelector("canvas"), ink = canvas.getContext("2d");
          const box = mark.getBoundingClientRect(), whole = sheet.getBoundingClientRect();
          const scale = canvas.width / whole.width;
          const data = ink.getImageData((box.left - whole.left) * scale, (box.top - whole.top) * scale,
            box.width * scale, box.height * scale).data;
          let dark = 0;
          for (let at = 0; at < data.length; at += 4) if (data[at] < 110) dark += 1;
          return dark / (data.length / 4);
        }""",
        selector,
    )
    return share


def test_a_scan_in_jpeg_2000_is_drawn_by_the_vendored_decoder(served: Served, open_page: OpenPage) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (120, 160), (10, 20, 30)).save(picture, "JPEG2000")
    page = open_page(f"{served.url}/")
    colour = page.evaluate(
        """async data => {
          const pdfjs = await import("/static/vendor/pdfjs/pdf.min.mjs");
          pdfjs.GlobalWorkerOptions.workerSrc = "/static/vendor/pdfjs/pdf.worker.min.mjs";
          const wasmUrl = "/static/vendor/pdfjs/wasm/";
          const pdf = await pdfjs.getDocument({ data: new Uint8Array(data), wasmUrl, isEvalSupported: false }).promise;
          const first = await pdf.getPage(1), viewport = first.getViewport({ scale: 1 });
          const canvas = document.createElement("canvas");
          Object.assign(canvas, { width: viewport.width, height: viewport.height });
          const canvasContext = canvas.getContext("2d");
          await first.render({ canvas, canvasContext, viewport }).promise;
          return [...canvasContext.getImageData(viewport.width / 2, viewport.height / 2, 1, 1).data];
        }""",
        list(img2pdf.convert(picture.getvalue())),  # type: ignore[no-untyped-call]  # it has no types
    )
    assert all(abs(seen - told) < 12 for seen, told in zip(colour[:3], (10, 20, 30), strict=True)), colour


def test_the_verdicts_on_a_document_are_a_page_to_read_and_print(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/documents/{handed_in.package_id}/1/signatures")
    expect(page.locator("h1").first).to_have_text("Kết quả kiểm tra chữ ký số")
    expect(page.locator("section[lang=vi]")).to_contain_text("Tệp không có chữ ký số.")
    # Its own style is applied: the policy that the server sends is the page's.
    assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none"


def test_a_document_shows_its_copies_and_the_original_is_downloaded_as_received(
    handed_in: Filled, open_page: OpenPage
) -> None:
    page = open_page(f"{handed_in.served.url}/documents/{handed_in.package_id}/1")
    original = page.locator(".files .rep1")
    expect(original.locator(".kind")).to_have_text("Bản chứng cứ")
    expect(page.locator(".files .rep2 small").first).to_contain_text("PDF/A-2")
    with page.expect_download() as waiting:
        original.get_by_role("link").click()
    download = waiting.value
    assert download.suggested_filename == "tờ trình số 47.pdf"
    assert Path(download.path()).read_bytes() == handed_in.files["a/tờ trình số 47.pdf"]
    page.get_by_text("Sự kiện bảo quản").click()
    expect(page.locator(".events")).to_contain_text("Nhận dạng chữ")


def test_a_zip_handed_in_by_a_person_is_watched_until_it_is_done(
    served: Served, open_page: OpenPage, tmp_path: Path
) -> None:
    files = {
        name.replace("a/", "moi/"): data.replace(b"2021.0", b"2031.0").replace(b"a/", b"moi/")
        if name.endswith("csv")
        else data
        for name, data in sample_files().items()
        if "47" not in name
    }
    packed = tmp_path / "đợt mới.zip"
    packed.write_bytes(zipped(files))
    page = open_page(f"{served.url}/deliveries")
    page.locator("#files").set_input_files(packed)
    page.wait_for_url("**/deliveries/*-*")
    expect(page.locator("h1")).to_have_text("đợt mới")
    expect(page.locator(".overall")).to_contain_text("Đã xong", timeout=_SLOW)
    refused = page.locator(".delivered", has_text="2031.02")
    expect(refused.locator(".state")).to_have_text("Bị từ chối")
    expect(refused.locator(".finding.error", has_text="READ-010")).to_contain_text("dòng 5")


def test_a_folder_goes_up_file_by_file_and_is_known(handed_in: Filled, open_page: OpenPage, tmp_path: Path) -> None:
    folder = tmp_path / "giao nộp lại"
    for name, data in handed_in.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    page = open_page(f"{handed_in.served.url}/deliveries")
    page.locator("#folder").set_input_files(folder)
    page.wait_for_url("**/deliveries/*-*")
    expect(page.locator("h1")).to_have_text("giao nộp lại")
    expect(page.locator(".overall")).to_contain_text("Đã xong", timeout=_SLOW)
    expect(page.locator(".delivered", has_text=GOOD).locator(".state")).to_have_text("Đã có từ trước")
    page.locator(".delivered", has_text=GOOD).get_by_role("link").click()
    expect(page.locator("tbody tr")).to_have_count(2)


@pytest.mark.rule("CON-001")
def test_a_zip_that_is_none_is_told_with_its_remedy(served: Served, open_page: OpenPage, tmp_path: Path) -> None:
    broken = tmp_path / "hỏng.zip"
    broken.write_bytes(b"PK\x03\x04 cut")
    page = open_page(f"{served.url}/deliveries")
    page.locator("#files").set_input_files(broken)
    page.wait_for_url("**/deliveries/*-*")
    refused = page.locator(".finding.error", has_text="CON-001")
    expect(refused).to_contain_text("Nén lại")


def test_the_switch_changes_the_language_and_is_remembered(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/deliveries/{handed_in.submission['submission_id']}")
    expect(page.locator(".delivered", has_text=BAD).locator(".state")).to_have_text("Bị từ chối")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Search").click()
    expect(page.get_by_role("button", name="Search")).to_be_visible()
    page.get_by_role("link", name="Tiếng Việt").click()
    expect(page.get_by_role("button", name="Tìm")).to_be_visible()


def test_pages_fit_a_telephone_and_the_keyboard_reaches_the_content(handed_in: Filled, open_page: OpenPage) -> None:
    served = handed_in.served
    addresses = (
        "/",
        f"/search?q={ONLY_IN_THE_SCAN}&year=2021",
        "/deliveries",
        f"/deliveries/{handed_in.submission['submission_id']}",
        f"/dossiers/{handed_in.package_id}",
        f"/documents/{handed_in.package_id}/2?q=đất",
        f"/api/v1/submissions/{handed_in.submission['submission_id']}/receipt.html",
        "/holding?show=documents",
        "/account",
        "/exports",
    )
    page = open_page(f"{served.url}/", width=390, is_mobile=True, has_touch=True)
    for address in addresses:
        page.goto(served.url + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
        sideways = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
        assert page.evaluate(sideways) == 0, address
        assert page.locator("h1").count() == 1
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll("input:not([type=hidden]), select, button, a[href]")]
              .filter(entry => !entry.labels?.length && !entry.getAttribute("aria-label") && !entry.textContent.trim())
              .map(entry => entry.outerHTML)"""
        )
        assert unnamed == [], address
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('content').contains(document.activeElement)")
