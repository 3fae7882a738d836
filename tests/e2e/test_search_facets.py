"""Facets of the search page in a real Chromium: chosen, added, taken away, gone back from; by phone, without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from archive.auth.people import Grant, Label, Role
from tests.fixtures.axe import Violations
from tests.fixtures.browser import OpenPage
from tests.fixtures.served import Filled
from tests.generators.people import of_home, person

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

_BOTH = 'q="to+trinh+cua+so"+OR+"bao+cao+ket+qua+giao"'
"""Finds the two documents of the sample delivery, a scan and a born-digital one, and nothing that others bring."""

DIGITAL, SCAN = "văn bản điện tử, không qua nhận dạng", "tốt (tin cậy từ 95 %)"


def values(page: Page, facet: str) -> Locator:
    """The values of a facet, which is opened if it is closed."""
    details = page.locator(".facets details", has=page.get_by_text(facet, exact=True))
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    return details.locator("li")


@pytest.mark.parametrize(("width", "script"), [(1280, True), (390, False)])
def test_values_are_chosen_added_and_taken_away_and_the_counts_follow(
    handed_in: Filled, open_page: OpenPage, violations: Violations, width: int, script: bool
) -> None:
    page = open_page(f"{handed_in.served.url}/search?{_BOTH}", width=width, java_script_enabled=script)
    page.get_by_role("link", name="Thu hẹp theo loại").click()
    expect(page.locator(".total")).to_have_text("2 văn bản")
    expect(values(page, "Năm ban hành")).to_have_text(["2021 2"])
    quality = values(page, "Chất lượng nhận dạng chữ")
    expect(quality).to_have_count(2)
    quality.get_by_role("link", name=DIGITAL).click()
    expect(page.locator(".total")).to_have_text("1 văn bản")
    expect(page.locator(".hits h2")).to_have_text(["Báo cáo kết quả giao đất"])
    expect(values(page, "Năm ban hành")).to_have_text(["2021 1"])
    expect(quality.filter(has_text=SCAN)).to_contain_text("1")
    expect(quality.locator("[aria-current]")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if script:
        assert violations(page) == []
    quality.get_by_role("link", name=SCAN).click()
    expect(page.locator(".total")).to_have_text("2 văn bản")
    expect(quality.locator("[aria-current]")).to_have_count(2)
    page.go_back()
    expect(page.locator(".total")).to_have_text("1 văn bản")
    page.locator("#q").press("Enter")
    expect(page.locator(".hits h2")).to_have_text(["Báo cáo kết quả giao đất"])
    quality.get_by_role("link", name="Bỏ chọn").click()
    expect(page.locator(".total")).to_have_text("2 văn bản")
    expect(page.locator(".facets [aria-current]")).to_have_count(0)
    # A facet of which nothing is chosen is closed again.
    values(page, "Chất lượng nhận dạng chữ").get_by_role("link", name=SCAN).click()
    expect(page.locator(".hits h2")).to_have_text(["Tờ trình của Sở Nội vụ"])
    page.get_by_role("link", name="Bỏ mọi lựa chọn").click()
    expect(page.locator(".total")).to_have_text("2 văn bản")


def test_a_document_beside_the_list_leaves_what_was_chosen(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/search?{_BOTH}&chosen=quality=born_digital&facets=1", width=1440)
    page.locator(".hits h2 a").click()
    expect(page.locator("#beside-title")).to_have_text("Báo cáo kết quả giao đất")
    page.wait_for_url("**open=*")
    expect(page.locator(".facets [aria-current]")).to_have_count(1)
    page.go_back()
    expect(page.locator("#beside")).to_be_hidden()
    values(page, "Chất lượng nhận dạng chữ").get_by_role("link", name=SCAN).click()
    expect(page.locator(".hits h2")).to_have_count(2)
    expect(page.locator("#beside")).to_be_hidden()


def test_a_reader_of_another_agency_sees_no_count_of_what_is_not_theirs(handed_in: Filled, open_page: OpenPage) -> None:
    with of_home(handed_in.served.home) as archive:
        archive.rights.put_agency("H50.99", parent="", by="test")
        person(archive, "nga.khac", (Grant(Role.READER, "H50.99", Label.INTERNAL),))
    for chosen in ("", "&chosen=quality=born_digital&chosen=year=2021&chosen=agency=H49.64"):
        page = open_page(f"{handed_in.served.url}/search?{_BOTH}&facets=1{chosen}", login="nga.khac")
        expect(page.locator(".empty")).to_be_visible()
        expect(page.locator(".hits, .total")).to_have_count(0)
        # What was chosen can be dropped, so it stands there; nothing else does, and it counts nothing.
        expect(page.locator(".facets li")).to_have_count(3 if chosen else 0)
        assert set(page.locator(".facets li .quiet").all_text_contents()) == ({"0"} if chosen else set())
