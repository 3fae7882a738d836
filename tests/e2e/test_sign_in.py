"""Signing in as people do, in a real Chromium: password, second factor and tokens without a script; by a provider."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from archive.auth import totp
from archive.auth.passwords import Passwords
from tests.fixtures.axe import Violations
from tests.fixtures.browser import OpenPage
from tests.fixtures.oidc import CLIENT, SECRET, free_port, oidc_provider
from tests.fixtures.served import Served, start, stop
from tests.generators.people import HOMES, of_home, person

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

FIRST, OWN = "Tạm-Thời-2026-a", "Kho lưu trữ 2026!"


def newcomer(served: Served, login: str) -> None:
    """Somebody with a first password that has to be changed."""
    with of_home(served.home) as archive:
        account = person(archive, login)
        with archive.trail.transaction() as connection:
            kept = Passwords().hashed(FIRST)
            rows = archive.desk.accounts.rows
            rows.change(connection, account.id, password=kept, must_change=1, factor="", factor_step=0)


def signs_in(page: Page, login: str, password: str) -> None:
    page.get_by_label("Tên đăng nhập").fill(login)
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Đăng nhập", exact=True).click()


def test_a_newcomer_gets_in_without_any_script_and_comes_back_with_both_factors(
    served: Served, open_page: OpenPage
) -> None:
    newcomer(served, "hoa.moi")
    page = open_page(f"{served.url}/search?q=giao", login="", expected="401", java_script_enabled=False)
    signs_in(page, "hoa.moi", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("Không đăng nhập được")
    signs_in(page, "hoa.moi", FIRST)
    page.get_by_label("Mật khẩu hiện tại").fill(FIRST)
    page.get_by_label("Mật khẩu mới", exact=True).fill(OWN)
    page.get_by_label("Nhập lại mật khẩu mới").fill(OWN)
    page.get_by_role("button", name="Đổi mật khẩu").click()
    expect(page.get_by_role("heading", name="Xác thực lần hai")).to_be_visible()
    expect(page.get_by_role("img", name="Mã QR")).to_be_visible()
    secret = re.sub(r"\s", "", page.locator("code").first.inner_text())
    page.get_by_label("Mã 6 số").fill(totp.code_at(secret, totp.step_of(time.time())))
    page.get_by_role("button", name="Bật xác thực lần hai").click()
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="Tôi đã cất các mã").click()
    expect(page).to_have_url(re.compile(r"/search\?q=giao$"))
    page.goto(f"{served.url}/account")
    page.get_by_label("Dùng cho việc gì").fill("nộp hằng đêm")
    page.get_by_role("checkbox", name="nộp hồ sơ").check()
    # The step that switched the factor on is used up; an app whose clock is fast already shows the next one.
    page.locator("#token-code").fill(totp.code_at(secret, totp.step_of(time.time()) + 1))
    page.get_by_role("button", name="Tạo khóa").click()
    expect(page.get_by_role("status")).to_contain_text("luutru_")
    page.goto(f"{served.url}/account")
    expect(page.locator("main")).not_to_contain_text(re.compile(r"luutru_\w{40}"))
    page.get_by_role("button", name="Đăng xuất").first.click()
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    signs_in(page, "hoa.moi", OWN)
    page.get_by_label(re.compile("Mã 6 số")).fill(codes[0])
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page).to_have_url(f"{served.url}/")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_on_the_way_in(
    served: Served, open_page: OpenPage, violations: Violations, width: int, scheme: str
) -> None:
    login = f"axe.{scheme}"
    newcomer(served, login)
    page = open_page(f"{served.url}/", width, login="", expected="status of 4", color_scheme=scheme)
    found = violations(page)
    signs_in(page, login, "wrong")
    found += violations(page)
    signs_in(page, login, FIRST)
    page.get_by_label("Mật khẩu hiện tại").fill(FIRST)
    page.get_by_label("Mật khẩu mới", exact=True).fill("abcdefghijkl")
    page.get_by_label("Nhập lại mật khẩu mới").fill("abcdefghijkl")
    page.get_by_role("button", name="Đổi mật khẩu").click()
    expect(page.get_by_role("alert")).to_contain_text("thiếu chữ hoa")
    found += violations(page)
    page.get_by_label("Mật khẩu hiện tại").fill(FIRST)
    page.get_by_label("Mật khẩu mới", exact=True).fill(OWN)
    page.get_by_label("Nhập lại mật khẩu mới").fill(OWN)
    page.get_by_role("button", name="Đổi mật khẩu").click()
    secret = re.sub(r"\s", "", page.locator("code").first.inner_text())
    found += violations(page)
    page.get_by_label("Mã 6 số").fill(totp.code_at(secret, totp.step_of(time.time())))
    page.get_by_role("button", name="Bật xác thực lần hai").click()
    expect(page.locator(".codes li")).to_have_count(10)
    found += violations(page)
    page.goto(f"{served.url}/account/second-factor")
    found += violations(page)
    page.goto(f"{served.url}/account")
    page.get_by_role("button", name="Đăng xuất").first.click()
    signs_in(page, login, OWN)
    page.get_by_label(re.compile("Mã 6 số")).fill("000000")
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.get_by_role("alert")).to_contain_text("Mã không đúng")
    found += violations(page)
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture(scope="module")
def with_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose people sign in at a provider; its address."""
    port = free_port()
    process, url = start(
        tmp_path_factory.mktemp("oidc") / "home",
        LUUTRU_AUTH__OIDC__ISSUER=f"http://127.0.0.1:{port}",
        LUUTRU_AUTH__OIDC__CLIENT_ID=CLIENT,
        LUUTRU_AUTH__OIDC__CLIENT_SECRET=SECRET,
        LUUTRU_AUTH__OIDC__NAME="SSO tỉnh",
        LUUTRU_AUTH__OIDC__RULES='[{"has": ["archivist"], "role": "archivist", "agency": "H49.64"}]',
    )
    with oidc_provider(port, url, f"{url}/sign-in/provider/logout"):
        yield url
    stop(process)


def comes_in(page: Page, login: str) -> None:
    page.get_by_role("link", name="Đăng nhập bằng SSO tỉnh").click()
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]").click()


def test_a_session_that_is_ended_at_the_provider_is_ended_here(with_provider: str, open_page: OpenPage) -> None:
    """Back-channel logout: the provider tells the server itself."""
    page = open_page(f"{with_provider}/deliveries", login="", expected="Failed to load resource")
    comes_in(page, "lan")
    expect(page).to_have_url(f"{with_provider}/deliveries")
    with of_home(HOMES[with_provider]) as archive:
        account = archive.desk.people.account("lan")
        (session,) = archive.desk.people.sessions(account)
    page.goto(f"{session.provider_session.split()[0]}/session/end")
    page.locator("button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(f"{with_provider}/deliveries")
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()


def test_a_person_comes_in_by_the_provider_and_goes_out_there_too(with_provider: str, open_page: OpenPage) -> None:
    page = open_page(
        f"{with_provider}/deliveries", login="", expected="Failed to load resource"
    )  # its fonts are elsewhere
    comes_in(page, "lan")
    expect(page).to_have_url(f"{with_provider}/deliveries")
    expect(page.locator("header, .top").first).to_be_visible()
    page.goto(f"{with_provider}/account")
    expect(page.locator("main")).to_contain_text("Lưu trữ viên · H49.64")
    page.get_by_role("button", name="Đăng xuất").first.click()
    page.wait_for_url(re.compile(r"/session/end"))
    page.locator("button[type=submit]").first.click()
    expect(page).to_have_url(f"{with_provider}/sign-in")
    page.goto(f"{with_provider}/deliveries")
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
