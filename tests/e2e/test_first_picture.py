"""The first picture of a document in a real Chromium: seen before the viewer is there, marked, without script too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.fixtures.axe import Violations
from tests.fixtures.browser import OpenPage
from tests.fixtures.served import ONLY_IN_THE_SCAN, Filled

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

_QUERY = ONLY_IN_THE_SCAN.replace(" ", "+")
_SHARE_OF_INK = """async image => {
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight), ink = canvas.getContext("2d");
  ink.drawImage(image, 0, 0);
  const data = ink.getImageData(0, 0, canvas.width, canvas.height).data;
  let dark = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] < 90) dark += 1;
  return dark / (data.length / 4);
}"""


def _document(filled: Filled, ordinal: int, more: str = "") -> str:
    return f"{filled.served.url}/documents/{filled.package_id}/{ordinal}{more}"


def _looks(filled: Filled, login: str) -> list[str]:
    """What that person was shown of the dossier, oldest first."""
    found: list[str] = []
    after = 0
    while True:
        asked: dict[str, str | int] = {"type": "access", "subject": filled.package_id, "limit": 200, "after": after}
        items = filled.served.client.get("/api/v1/audit-events", params=asked).json()["items"]
        if not items:
            return found
        after = items[-1]["seq"]
        found += [event["detail"]["what"] for event in items if event["agent"] == f"person:{login}"]


class _Held:
    """Files of the archive, kept from the viewer until they are let go."""

    def __init__(self, page: Page) -> None:
        self.waiting: list[Route] = []
        self._held = True
        self._page = page
        page.route("**/files/**", self._hold)

    def _hold(self, route: Route) -> None:
        if self._held:
            self.waiting.append(route)
        else:
            route.continue_()

    def asked_for(self) -> None:
        """The viewer has asked for one and waits; or the test ends in time."""
        while not self.waiting:
            self._page.wait_for_timeout(20)

    def let_go(self) -> None:
        self._held = False
        for route in self.waiting:
            route.continue_()


def _box(page: Page, selector: str) -> dict[str, float]:
    box = page.locator(selector).bounding_box()
    assert box
    return {name: box[name] for name in ("x", "y", "width", "height")}


def test_the_page_is_seen_and_marked_before_the_viewer_is_there_and_nothing_moves_when_it_comes(
    handed_in: Filled, open_page: OpenPage
) -> None:
    page = open_page(f"{handed_in.served.url}/help", width=1440)
    held = _Held(page)
    page.goto(_document(handed_in, 1, f"?q={_QUERY}&page=1"))
    image = page.locator("#page-1 img.ahead")
    assert 0.001 < image.evaluate(_SHARE_OF_INK) < 0.3
    expect(page.locator("#page-1 .hit.here")).to_have_count(1)
    held.asked_for()
    expect(page.locator("#page-1 canvas")).to_have_count(0)
    before = _box(page, "#page-1 .sheet"), _box(page, "#page-1 .hit.here")
    held.let_go()
    page.locator("#viewer[data-ready=yes]").wait_for()
    page.locator("#page-1[data-drawn] canvas").wait_for()
    expect(image).to_have_count(0)
    after = _box(page, "#page-1 .sheet"), _box(page, "#page-1 .hit.here")
    for one, other in zip(before, after, strict=True):
        assert other == pytest.approx(one, abs=2)


def test_the_page_that_is_asked_for_stays_where_it_is_when_those_above_it_come(
    handed_in: Filled, open_page: OpenPage
) -> None:
    page = open_page(f"{handed_in.served.url}/help", width=1440)
    held = _Held(page)
    page.goto(_document(handed_in, 2, "?page=2"))
    image = page.locator("#page-2 img.ahead")
    assert 0.001 < image.evaluate(_SHARE_OF_INK) < 0.3
    expect(page.locator("#page")).to_have_value("2")
    before = _box(page, "#page-2 .sheet")
    held.let_go()
    page.locator("#viewer[data-ready=yes]").wait_for()
    page.locator("#page-2[data-drawn] canvas").wait_for()
    expect(page.locator("#page-1")).to_have_count(1)
    assert _box(page, "#page-2 .sheet") == pytest.approx(before, abs=2)
    expect(page.locator("#page")).to_have_value("2")


def test_a_window_that_is_resized_while_the_file_comes_gets_the_page_itself(
    handed_in: Filled, open_page: OpenPage
) -> None:
    page = open_page(f"{handed_in.served.url}/help", width=390)
    held = _Held(page)
    page.goto(_document(handed_in, 1))
    before = page.locator("#page-1").evaluate("leaf => leaf.style.width")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator("#page-1")).not_to_have_attribute("style", re.compile(f"width: {before}"))
    page.evaluate("() => new Promise(seen => requestAnimationFrame(() => requestAnimationFrame(seen)))")
    held.asked_for()
    held.let_go()
    page.locator("#viewer[data-ready=yes]").wait_for()
    page.locator("#page-1[data-drawn] canvas").wait_for()


def test_a_window_that_changes_in_height_alone_draws_nothing_anew(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(_document(handed_in, 1), width=390)
    canvas = page.locator("#page-1[data-drawn] canvas")
    canvas.wait_for()
    page.locator("#viewer[data-ready=yes]").wait_for()
    canvas.evaluate("drawn => { drawn.dataset.first = 'yes'; }")
    for width, height, left in ((390, 700, 1), (800, 700, 0)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(600)
        expect(page.locator("#page-1 canvas[data-first]")).to_have_count(left)


def test_pages_are_read_with_their_marks_without_script(
    handed_in: Filled, open_page: OpenPage, violations: Violations
) -> None:
    address = _document(handed_in, 1, f"?q={_QUERY}")
    page = open_page(address, width=1280, java_script_enabled=False)
    picture, marks = page.locator("#page-1 img.ahead"), page.locator("#page-1 img.marks")
    expect(picture).to_have_js_property("complete", True)
    expect(marks).to_have_js_property("complete", True)
    assert picture.bounding_box() == marks.bounding_box()
    page.goto(_document(handed_in, 2))
    expect(page.locator("#page-1 img.marks")).to_have_count(0)
    page.get_by_role("link", name="Sau →").click()
    assert page.url.endswith("?page=2")
    expect(page.locator("#page-2 img.ahead")).to_have_js_property("complete", True)
    assert page.locator("#page-2 img.ahead").get_attribute("alt") == "Trang 2"


def test_a_browser_that_cannot_run_the_viewer_keeps_the_picture(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/help", expected="")
    page.route("**/pdf.worker.min.mjs", lambda route: route.abort())
    page.goto(_document(handed_in, 1))
    page.locator("#viewer[data-ready=yes]").wait_for()
    expect(page.locator("#viewer .note")).to_have_count(1)
    assert 0.001 < page.locator("#page-1 img.ahead").evaluate(_SHARE_OF_INK) < 0.3


def test_one_read_with_its_picture_is_one_look_at_the_file(handed_in: Filled, open_page: OpenPage) -> None:
    login = "doc.mot.lan"
    page = open_page(_document(handed_in, 2), width=1280, login=login)
    page.locator("#page-1[data-drawn] canvas").wait_for()
    page.locator("#viewer[data-ready=yes]").wait_for()
    looks = [what for what in _looks(handed_in, login) if what != "verdicts"]
    assert looks == ["record", "file"]
