"""The administration in a real browser: without script, by two people, to the first sign-in of a third."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.browser import OpenPage, sign_in
from tests.fixtures.served import Filled, Served
from tests.generators.people import SECOND, WORKER

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]


def plain(chromium: Browser, served: Served, login: str) -> Page:
    """A browser without script in which `login` has signed in; empty: nobody."""
    context = chromium.new_context(java_script_enabled=False, locale="vi-VN", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    if login:
        sign_in(page, served.url, login)
    return page


def test_a_person_is_added_entitled_confirmed_and_signs_in(handed_in: Filled, chromium: Browser) -> None:
    served = handed_in.served
    login = f"moi.{uuid4().hex[:8]}"
    page = plain(chromium, served, WORKER)
    page.goto(f"{served.url}/administration/people")
    add = page.get_by_role("region", name="Thêm người dùng")
    add.get_by_label("Tên đăng nhập").fill(login)
    add.get_by_label("Họ và tên").fill("Đỗ Minh Mới")
    add.get_by_role("button", name="Thêm người dùng").click()
    secret = page.locator(".secret code").inner_text()
    page.goto(f"{served.url}/administration/people?q={login}")
    page.get_by_role("link", name="Đỗ Minh Mới").click()
    expect(page.locator(".secret")).to_have_count(0)
    page.get_by_text("Cấp vai trò").first.click()
    page.get_by_role("combobox", name="Vai trò").select_option("reader")
    page.get_by_role("button", name="Cấp vai trò").click()
    expect(page.get_by_role("status")).to_contain_text("cảnh báo đến khi người thứ hai xác nhận")
    page.goto(f"{served.url}/administration/changes")
    own = page.locator(".changes li", has_text=login)
    expect(own).to_contain_text("cần người thứ hai")
    expect(own.get_by_role("button")).to_have_count(0)
    second = plain(chromium, served, SECOND)
    second.goto(f"{served.url}/administration/changes")
    second.locator(".changes li", has_text=login).get_by_role("button", name="Xác nhận").click()
    expect(second.locator(".notice")).to_have_text("Đã xác nhận thay đổi.")
    expect(second.locator(".changes li", has_text=login)).to_have_count(0)
    third = plain(chromium, served, "")
    third.goto(f"{served.url}/sign-in")
    third.get_by_label("Tên đăng nhập").fill(login)
    third.get_by_label("Mật khẩu").fill(secret)
    third.get_by_role("button", name="Đăng nhập", exact=True).click()
    expect(third).to_have_url(re.compile("/account/password"))
    for one in (page, second, third):
        one.context.close()


def test_the_parts_are_walked_by_keyboard_and_script_breaks_no_promise(handed_in: Filled, open_page: OpenPage) -> None:
    """Nothing is loaded from elsewhere and no policy is broken: the fixture fails on any error of the console."""
    page = open_page(f"{handed_in.served.url}/administration", width=1280)
    for name in ("Người dùng", "Cơ quan", "Mức độ tiếp cận", "Chờ xác nhận", "Chính sách", "Công việc"):
        page.get_by_role("navigation", name="Các phần quản trị").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.keyboard.press("j")
    expect(page.locator("#jobs tbody a").first).to_be_focused()
