"""The box of the search in a real Chromium: what may be meant is offered, by keys and by pointer."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.fixtures.axe import Violations
from tests.fixtures.browser import OpenPage
from tests.fixtures.served import Filled

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]


@pytest.mark.parametrize("path", ["/", "/search"])
def test_a_suggestion_is_chosen_by_keys_and_finds_its_document(
    handed_in: Filled, open_page: OpenPage, path: str
) -> None:
    page = open_page(f"{handed_in.served.url}{path}")
    box = page.get_by_role("combobox", name="Tìm trong tài liệu")
    box.press_sequentially("to trinh cua so noi")
    options = page.get_by_role("listbox", name="Gợi ý").get_by_role("option")
    expect(options.first).to_contain_text("Tờ trình của Sở Nội vụ")
    expect(options.first.locator("em").first).to_have_text("Tờ")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page.locator(".hits li").first).to_contain_text("Tờ trình của Sở Nội vụ")
    expect(page.locator("#q")).to_have_value('"Tờ trình của Sở Nội vụ"')


def test_suggestions_close_and_leave_what_was_typed(
    handed_in: Filled, open_page: OpenPage, violations: Violations
) -> None:
    page = open_page(f"{handed_in.served.url}/search")
    box = page.locator("#q")
    box.press_sequentially("to trinh")
    options = page.get_by_role("listbox", name="Gợi ý").get_by_role("option")
    expect(options.first).to_be_visible()
    assert violations(page) == []
    box.press("Escape")
    expect(options.first).to_be_hidden()
    expect(box).to_have_value("to trinh")
    expect(box).to_be_focused()
    box.press_sequentially(" c")
    options.first.click()
    expect(page.locator(".hits li").first).to_contain_text("Tờ trình")


def test_a_better_spelling_is_a_link_to_what_it_finds(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/search?q=to+trihn", java_script_enabled=False)
    page.get_by_role("link", name="tờ trình", exact=True).click()
    expect(page.locator("#q")).to_have_value("tờ trình")
    expect(page.locator(".hits li").first).to_contain_text("Tờ trình")
