"""How the pages look and are used: all judged by axe, by keyboard, without script, on paper."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from playwright.sync_api import Browser, Page, Request, expect

from archive.auth.people import EVERYWHERE, Grant, Label, Role
from archive.catalogue.labels import Labelled
from archive.catalogue.places import Place
from archive.composition import Archive
from archive.web.pages import make_pages
from metadata.messages import text
from tests.fixtures.axe import Violations
from tests.fixtures.browser import OpenPage, sign_in
from tests.fixtures.pki import Corpus, with_page_content
from tests.fixtures.served import GOOD, HEADINGS, ONLY_IN_THE_SCAN, Filled, Served, zipped
from tests.generators.people import SECOND, WORKER, cookie, of_home, person

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

SCREENS = os.environ.get("SCREENS_FOLDER", "")
"""Where pictures of the pages are kept; empty: none is taken."""

WIDTHS = (1440, 390)
THEMES = ("light", "dark")
_DRAWN = """async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}"""
"""Ends when what was asked for is on the screen."""

WAITING = "thao.nguyen"
"""Whose roles wait for a second person."""

SIGNED = "H49.64.33.2022.09"
"""A dossier with a signed document and one that was changed after signing."""

PAGES = {
    "sign-in": "/sign-in",
    "home": "/",
    "deliveries": "/deliveries",
    "delivery": "/deliveries/{submission}",
    "correction": "/deliveries/{submission}/correction",
    "holding": "/holding",
    "holding-documents": "/holding?agency=H49.64&fonds=-&show=documents&sort=-issued",
    "search-empty": "/search",
    "search": f"/search?q={ONLY_IN_THE_SCAN.replace(' ', '+')}",
    "search-none": "/search?q=khongcogi",
    "search-beside": "/search?q=giao&open={package}/2",
    "dossier": "/dossiers/{package}",
    "dossier-events": "/dossiers/{package}/events",
    "document": "/documents/{package}/1?q=am+moc",
    "document-signed": "/documents/{signed}/1",
    "document-similar": "/documents/{package}/2/similar",
    "text": "/documents/{package}/2/text?q=giao",
    "signature-history": "/documents/{signed}/1/signatures/history",
    "signature-revisions": "/documents/{signed}/2/signatures/revisions",
    "verdicts": "/documents/{signed}/1/signatures",
    "exports": "/exports",
    "help": "/help",
    "how-to-check": "/how-to-check",
    "account": "/account",
    "account-password": "/account/password",
    "administration": "/administration",
    "people": "/administration/people",
    "person": "/administration/people/{login}",
    "agencies": "/administration/agencies",
    "agency": "/administration/agencies/{agency}",
    "labels": "/administration/labels",
    "label": "/administration/labels?id={package}",
    "changes": "/administration/changes",
    "policy": "/administration/policy",
    "jobs": "/administration/jobs",
    "job": "/administration/jobs/{job}",
    "not-found": "/documents/{package}/77",
}
"""Every page, by the name of its picture."""

SEEN_ELSEWHERE = {
    "/account/second-factor": "tests of signing in",
    "/sign-in/second-factor": "tests of signing in: only between the two steps",
    "/sign-in/provider": "a redirect",
    "/sign-in/provider/callback": "a redirect",
    "/deliveries/{submission_id}/progress": "a part of the delivery's page",
    "/documents/{package_id}/{ordinal}/signatures/revisions/{number}.pdf": "no page: a file",
    "/text-review": "tests of the text review, where pages are in doubt",
    "/text-review/{package_id}/{ordinal}/{number}": "tests of the text review",
    "/administration/jobs/rows": "a part of the page of jobs",
    "/audit": "tests of evidence, on a home with a time-stamp authority",
    "/audit/verification": "a part of the page of the trail",
    "/audit/{number}": "tests of evidence, on a home with a time-stamp authority",
    "/doctor": "the same",
    "/evidence": "tests of evidence, on a home with a time-stamp authority",
    "/evidence/plan": "the same",
    "/evidence/{name}": "the same",
    "/exports/progress": "a part of the page of exports",
    "/preferences": "a redirect",
    "/trust": "tests of evidence, on a home with a time-stamp authority",
}
"""Addresses that people do not look at for themselves, or that other tests look at."""


@pytest.fixture(scope="module")
def signed(handed_in: Filled, corpus: Corpus) -> str:
    """A dossier with a document that is signed and archived, and one that was written over after signing."""
    title = "Hồ sơ có chữ ký số,01/01/2022,31/12/2022"
    rows = [
        ",".join(HEADINGS),
        f"{SIGNED},{title},1,Quyết định đã ký,02/03/2022,s/ky.pdf",
        f"{SIGNED},{title},2,Quyết định bị sửa sau khi ký,02/03/2022,s/sua.pdf",
    ]
    blta = corpus.blta
    served = handed_in.served
    files = {"muc-luc.csv": "\n".join(rows).encode("utf-8-sig"), "s/ky.pdf": blta, "s/sua.pdf": with_page_content(blta)}
    answer = served.client.post(
        "/api/v1/submissions?name=Đợt ký.zip",
        content=zipped(files),
        headers={"Content-Type": "application/zip", "Idempotency-Key": "signed"},
    )
    assert answer.status_code == 202, answer.text
    said = served.settled(answer.json()["submission_id"])
    (line,) = said["dossiers"]
    assert line["status"] == "archived", said
    return str(line["package_id"])


@pytest.fixture(scope="module")
def addresses(handed_in: Filled, signed: str) -> dict[str, str]:
    told = {
        "package": handed_in.package_id,
        "signed": signed,
        "submission": handed_in.submission["submission_id"],
        "job": handed_in.submission["jobs"][0]["job_id"],
        "agency": "H49.64",
        "login": WAITING,
    }
    with of_home(handed_in.served.home) as archive:
        something_waits(archive, handed_in.package_id)
    return {name: handed_in.served.url + address.format(**told) for name, address in PAGES.items()}


def something_waits(archive: Archive, package_id: str) -> None:
    """Changes of rights that wait for a second person, an account with a token, a label with its reason."""
    account = person(archive, WAITING, ())
    person(archive, SECOND)
    archive.rights.grant(WAITING, Role.ARCHIVIST, "H49.64", by=SECOND)
    archive.rights.grant(WAITING, Role.READER, EVERYWHERE, Label.RESTRICTED, by=WORKER)
    archive.desk.people.make_token(account, "Phần mềm quét", by=WAITING, days=30, scopes=["submit", "read"])
    on = Labelled.of_place(Place(package_id, 2))
    archive.rights.label(on, Label.INTERNAL, "Rà soát mức độ tiếp cận năm 2026", by=SECOND)


def settled(page: Page) -> None:
    """Wait until what the page draws by itself is there."""
    if page.locator(".viewer[data-view]").count():
        page.locator(".viewer[data-ready=yes]").wait_for(timeout=60_000)
        page.locator(".leaf[data-drawn], .leaf details[open] .text").first.wait_for(timeout=60_000)
    if page.locator("[hx-trigger=load]").count():
        page.locator("#line").wait_for(timeout=60_000)
    if page.locator(".compare").count():
        page.locator(".compare[data-ready=yes]").wait_for(timeout=60_000)
    page.evaluate(_DRAWN)


def keep_picture(page: Page, name: str) -> None:
    """For people who look at the pages, where somebody said in which folder."""
    if SCREENS:
        page.screenshot(path=Path(SCREENS) / f"{name}.png", full_page=True)


def test_every_page_is_looked_at() -> None:
    """A page that nobody listed above fails here."""
    application = FastAPI(openapi_url=None)
    make_pages(application)
    paths = {
        str(route.path)
        for route in iter_route_contexts(application.routes)
        if "GET" in (getattr(route, "methods", None) or ())
    }
    shown = {as_pattern(re.sub(r"\?.*", "", address)) for address in PAGES.values()}
    unseen = {path for path in paths if as_pattern(path) not in shown}
    assert unseen == SEEN_ELSEWHERE.keys()
    assert as_pattern("/documents/{package}/77") in {as_pattern(path) for path in paths}


def as_pattern(path: str) -> str:
    """A path with a star for each part that differs from thing to thing."""
    return "/".join("*" if re.fullmatch(r"\{.+\}|\d+", part) else part for part in path.split("/"))


def test_axe_finds_nothing_on_any_page(addresses: dict[str, str], chromium: Browser, violations: Violations) -> None:
    look_at(addresses, chromium, violations, (1440, "light"), then=(390, "dark"))


@pytest.mark.soak
@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (390, "light"), (390, "dark")])
def test_axe_finds_nothing_in_the_other_looks(
    addresses: dict[str, str], chromium: Browser, violations: Violations, width: int, theme: str
) -> None:
    look_at(addresses, chromium, violations, (width, theme))


def look_at(
    addresses: dict[str, str],
    chromium: Browser,
    violations: Violations,
    how: tuple[int, str],
    *,
    then: tuple[int, str] | None = None,
    home: str = "home",
) -> None:
    """Judge each page and keep its picture.

    Args:
        how: Width and theme.
        then: The same page, not loaded again, in another width and theme: no style of ours asks for more than these.
        home: The page from which the others are signed in to.
    """
    width, theme = how
    wrong: dict[str, list[str]] = {}
    phone = {"is_mobile": True, "has_touch": True} if width < 600 else {}
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        reduced_motion="reduce",
        color_scheme=theme,  # type: ignore[arg-type]  # playwright's own words
        **phone,  # type: ignore[arg-type]  # the same
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.on("pageerror", lambda error: wrong.setdefault(page.url, []).append(str(error)))
    for name, address in addresses.items():
        if name == home:
            sign_in(page, address)
        page.goto(address)
        for look in (how, then) if then else (how,):
            if then:
                page.set_viewport_size({"width": look[0], "height": 900})
                page.emulate_media(color_scheme=look[1])  # type: ignore[arg-type]  # playwright's own words
            settled(page)
            keep_picture(page, f"{name}-{look[0]}-{look[1]}")
            found = [f"{look}: {one}" for one in violations(page, again=look is then)]
            over = page.evaluate("document.documentElement.scrollWidth") - look[0]
            wrong.setdefault(name, []).extend([*found, *([f"{look}: {over} px too wide"] if over > 0 else [])])
    context.close()
    assert {name: found for name, found in wrong.items() if found} == {}


def test_pages_are_light_before_the_viewer_comes(addresses: dict[str, str], chromium: Browser, served: Served) -> None:
    """At most 300 KB over the line, everything of a first visit counted, the scripts and pages of the viewer not."""
    for name in ("home", "search", "holding", "document", "deliveries"):
        context = chromium.new_context()
        page = context.new_page()
        sent: list[int] = []

        def count(request: Request, sent: list[int] = sent) -> None:
            if not re.search(r"/pdfjs/|/api/v1/documents/", request.url):
                sizes = request.sizes()
                sent.append(sizes["responseBodySize"] + sizes["responseHeadersSize"])

        page.on("requestfinished", count)
        sign_in(page, served.url)
        page.goto(addresses[name], wait_until="networkidle")
        context.close()
        assert 10_000 < sum(sent) < 300_000, (name, sent)


def test_a_list_is_walked_by_keyboard_and_a_hit_opens_beside_it(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/search?q=giao", width=1440)
    page.keyboard.press("j")
    first = page.locator(".hits h2 a").first
    expect(first).to_be_focused()
    page.keyboard.press("k")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("#viewer[data-ready=yes]").wait_for()
    expect(first).to_have_attribute("aria-current", "true")
    assert page.locator(".hits > li").count() >= 1
    title = first.inner_text()
    expect(page.locator("#beside h2")).to_have_text(title)
    # Sent to a colleague, the address shows the same.
    other = open_page(page.url, width=1440)
    other.locator("#viewer[data-ready=yes]").wait_for()
    expect(other.locator("#beside h2")).to_have_text(title)
    expect(other.locator(".hits h2 a").first).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.locator("#beside")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("main input[type=search]")).to_be_focused()
    page.keyboard.type("j?")
    expect(page.locator("main input[type=search]")).to_have_value("j?")


def test_keys_are_told_and_can_be_turned_off(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/holding")
    page.keyboard.press("?")
    dialogue = page.get_by_role("dialog", name="Phím tắt")
    expect(dialogue).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialogue).to_be_hidden()
    page.keyboard.press("?")
    with page.expect_navigation():
        dialogue.get_by_role("link", name="Tắt phím tắt").click()
    expect(page).to_have_url(f"{handed_in.served.url}/holding")
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("document.activeElement === document.body")


def test_dark_and_dense_are_chosen_once_and_kept(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/search?q=giao&year=2021", color_scheme="light")
    bright = background(page)
    page.locator("summary", has_text="Hiển thị").click()
    with page.expect_navigation():
        page.get_by_role("link", name="Tối", exact=True).click()
    assert "q=giao" in page.url
    assert "year=2021" in page.url
    assert background(page) < 60 < bright
    page.locator("summary", has_text="Hiển thị").click()
    with page.expect_navigation():
        page.get_by_role("link", name="Gọn", exact=True).click()
    page.goto(f"{handed_in.served.url}/holding")
    assert background(page) < 60
    assert page.locator("html").get_attribute("data-density") == "compact"
    page.emulate_media(media="print")
    assert background(page) > 200
    expect(page.get_by_role("navigation", name="Điều hướng chính")).to_be_hidden()


def background(page: Page) -> int:
    """Brightness of the paper, 0 to 255."""
    colour = page.locator("html").evaluate("page => getComputedStyle(page).backgroundColor")
    return int(re.findall(r"\d+", colour)[0])


def test_the_tree_leads_down_and_the_address_says_the_list(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/holding", width=1440)
    tree = page.get_by_role("navigation", name="Cây kho lưu trữ")
    tree.get_by_role("link", name="Chưa rõ phông").click()
    tree.get_by_role("link", name="Năm 2021").click()
    expect(page.locator("tbody tr", has_text=GOOD)).to_have_count(1)
    counts = tree.get_by_role("link", name="Năm 2021").locator(".tally").inner_text()
    expect(page.locator(".listhead .total")).to_contain_text(f"trong {counts.split()[0]}")
    for link in ("Văn bản", "Ngày ban hành"):
        with page.expect_navigation():
            page.get_by_role("link", name=link, exact=link == "Văn bản").click()
    days = page.locator("tbody td[data-label='Ngày ban hành']").all_inner_texts()
    assert days == sorted(days, key=lambda day: day.split("/")[::-1])
    assert len(days) >= 2
    with page.expect_navigation():
        page.get_by_role("link", name="Ngày ban hành").click()
    assert page.locator("tbody td[data-label='Ngày ban hành']").all_inner_texts() == days[::-1]
    page.get_by_text("Lọc và chọn cột").click()
    page.get_by_label("Mã văn bản").check()
    page.get_by_label("Cơ quan ban hành").uncheck()
    page.get_by_label("Tiêu đề, trích yếu có chứa").fill("Báo cáo")
    with page.expect_navigation():
        page.get_by_role("button", name="Áp dụng").click()
    expect(page.locator("tbody tr", has_not_text="Báo cáo")).to_have_count(0)
    expect(page.locator("tbody tr").first).to_be_visible()
    heads = page.locator("thead th").all_inner_texts()
    assert any("Mã văn bản" in head for head in heads)
    assert not any("Cơ quan ban hành" in head for head in heads)
    same = open_page(page.url, width=1440)
    assert same.locator("thead th").all_inner_texts() == heads


def test_what_is_selected_leaves_as_jobs_and_is_fetched(handed_in: Filled, signed: str, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/exports", width=1440)
    done, listed = page.locator("tbody .state.done").count(), page.locator("tbody tr").count()
    page.goto(f"{handed_in.served.url}/holding?agency=H49.64&fonds=-")
    page.keyboard.press("j")
    while not page.evaluate("document.activeElement.closest('tr')"):
        page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-count]")).to_have_text("1")
    page.get_by_label("Chọn cả trang").check()
    rows = page.locator("tbody tr").count()
    expect(page.locator("[data-count]")).to_have_text(str(rows))
    page.get_by_label("Lấy các mục đã chọn ra dạng").select_option("original")
    page.get_by_role("button", name="Lấy ra").click()
    expect(page.locator(".notice")).to_contain_text(f"Đã ghi {rows} yêu cầu")
    expect(page.locator("tbody .state.done")).to_have_count(done + rows, timeout=60_000)
    with page.expect_download() as waiting:
        page.locator("tr", has_text=GOOD).first.get_by_role("link", name="Tải về").click()
    with zipfile.ZipFile(waiting.value.path()) as packed:
        sent = {name.rpartition("/")[2]: packed.read(name) for name in packed.namelist()}
    assert sent["tờ trình số 47.pdf"] == handed_in.files["a/tờ trình số 47.pdf"]
    page.locator("tr", has_text=GOOD).first.get_by_role("button", name="Xóa").click()
    expect(page.locator("tbody tr")).to_have_count(listed + rows - 1)


def test_everything_is_readable_without_script(handed_in: Filled, signed: str, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="vi-VN", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    url = handed_in.served.url
    sign_in(page, url)
    page.goto(url)
    page.get_by_role("searchbox").fill(ONLY_IN_THE_SCAN)
    page.get_by_role("button", name="Tìm").click()
    page.locator(".hits h2 a").first.click()
    expect(page).to_have_url(re.compile(r"/documents/"))
    page.get_by_role("link", name="Chữ của toàn văn bản").first.click()
    expect(page.locator(".pagetext mark").first).to_have_text("ẩm")
    page.goto(f"{url}/documents/{signed}/1")
    expect(page.locator(".signature").first).to_contain_text("EN 319 102-1")
    page.get_by_role("link", name="Xem chữ ký qua thời gian").click()
    expect(page.locator(".timeline li").first).to_be_visible()
    page.get_by_role("button", name="Kiểm tra lại ngay").click()
    expect(page.locator(".replayed.good")).to_contain_text("Giống hệt kết quả khi tiếp nhận")
    page.goto(f"{url}/help")
    expect(page.locator("main")).to_contain_text("xuống, lên trong danh sách")
    context.close()


def test_a_verdict_is_replayed_on_the_page_of_its_document(handed_in: Filled, signed: str, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/documents/{signed}/1", width=1440)
    line = page.locator(".timeline li")
    expect(line.first).to_be_visible()
    told = line.all_inner_texts()
    order = [
        next(at for at, text in enumerate(told) if word in text) for word in ("tự khai", "Kho tiếp nhận", "Hôm nay")
    ]
    assert order == sorted(order)
    page.get_by_role("button", name="Kiểm tra lại ngay").click()
    expect(page.locator(".replayed.good")).to_contain_text("Giống hệt", timeout=60_000)
    assert page.url.endswith(f"/documents/{signed}/1")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Báo cáo ETSI (XML)").click()
    assert b"ValidationReport" in Path(waiting.value.path()).read_bytes()
    page.get_by_role("button", name="Chữ bên cạnh").click()
    expect(page.locator(".texted .leaf .text").first).to_be_visible()


def test_what_was_added_after_signing_is_seen_on_the_page(
    handed_in: Filled, signed: str, corpus: Corpus, open_page: OpenPage
) -> None:
    """The file as signed is the first bytes of the file as received, and what was written over it later is marked."""
    served = handed_in.served
    page = open_page(f"{served.url}/documents/{signed}/2/signatures/revisions", width=1440)
    page.locator(".compare[data-ready=yes]").wait_for(timeout=60_000)
    expect(page.locator(".compare [role=status]")).to_have_text("1 trong 1 trang có khác.")
    expect(page.locator(".pair.differs canvas")).to_have_count(2)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Tệp lúc ký").click()
    before = Path(waiting.value.path()).read_bytes()
    whole = with_page_content(corpus.blta)
    assert whole.startswith(before)
    assert len(before) < len(corpus.blta) < len(whole)
    assert before.rstrip().endswith(b"%%EOF")
    page.goto(f"{served.url}/documents/{signed}/1/signatures/revisions")
    page.locator(".compare[data-ready=yes]").wait_for(timeout=60_000)
    expect(page.locator(".compare [role=status]")).to_have_text("0 trong 1 trang có khác.")
    assert served.client.get(f"/documents/{signed}/2/signatures/revisions/77.pdf").status_code == 404


def test_a_page_that_is_not_there_says_so_in_the_frame(handed_in: Filled, open_page: OpenPage) -> None:
    page = open_page(f"{handed_in.served.url}/documents/{handed_in.package_id}/77", expected="404")
    expect(page.get_by_role("link", name="Về trang chủ")).to_be_visible()
    expect(page.get_by_role("navigation", name="Điều hướng chính")).to_be_visible()


@pytest.mark.parametrize(
    ("role", "places", "waits", "waits_not"),
    [
        (Role.READER, {"/", "/holding", "/search", "/exports"}, set(), {"findings", "evidence_missing"}),
        (
            Role.ARCHIVIST,
            {
                "/",
                "/deliveries",
                "/holding",
                "/search",
                "/exports",
                "/text-review",
                "/evidence",
                "/trust",
                "/administration",
            },
            {"findings", "evidence_missing"},
            {"rights"},
        ),
        (
            Role.HEAD,
            {
                "/",
                "/deliveries",
                "/holding",
                "/search",
                "/exports",
                "/evidence",
                "/audit",
                "/doctor",
                "/trust",
                "/administration",
            },
            {"findings", "evidence_missing"},
            {"doubtful"},
        ),
        (
            Role.AUDITOR,
            {
                "/",
                "/deliveries",
                "/holding",
                "/search",
                "/exports",
                "/evidence",
                "/audit",
                "/doctor",
                "/trust",
                "/administration",
            },
            {"findings", "evidence_missing"},
            {"doubtful", "rights"},
        ),
    ],
)
def test_home_and_places_are_those_of_the_role(
    handed_in: Filled, signed: str, role: Role, places: set[str], waits: set[str], waits_not: set[str]
) -> None:
    served = handed_in.served
    everywhere = (Grant(role, EVERYWHERE, Label.CONFIDENTIAL),)
    with of_home(served.home) as archive:
        own = cookie(archive, f"home.{role}", everywhere)
    page = httpx2.get(f"{served.url}/", cookies=dict(own), headers={"Accept-Language": "vi"}).text
    nav = page.partition('class="places"')[2].partition("</nav>")[0]
    assert set(re.findall(r'href="([^"]+)"', nav)) == places
    said = page.partition('id="waits"')[2].partition("</section>")[0]
    for word in waits:
        assert text(f"home.wait.{word}", "vi") in said, word
    for word in waits_not:
        assert text(f"home.wait.{word}", "vi") not in said, word
    assert (text("web.home.recent_deliveries", "vi") in page) == (role is not Role.READER)


def test_a_reader_of_another_agency_sees_nothing_not_even_a_count(handed_in: Filled, signed: str) -> None:
    served = handed_in.served
    with of_home(served.home) as archive:
        archive.catalogue.add_agency("X01", "Cơ quan khác")
        own = cookie(archive, "nguoi.khac", (Grant(Role.READER, "X01", Label.CONFIDENTIAL),))
    with httpx2.Client(base_url=served.url, cookies=dict(own), headers={"Accept-Language": "vi"}) as client:
        for address in ("/", "/holding", "/holding?show=documents", "/search?q=giao"):
            page = client.get(address).text
            assert "H49" not in page, address
            assert "Tờ trình" not in page, address
            assert not re.search(r"[1-9]\d* (hồ sơ|văn bản)", page), address
        # Asked for by its code, an agency of others is one that there is not.
        there, nowhere = (client.get(f"/holding?agency={code}").text for code in ("H49.64", "Z99.99"))
        assert there.replace("H49.64", "Z99.99") == nowhere
        beside = client.get(f"/search?q=giao&open={handed_in.package_id}/2").text
        assert text("web.search.not_there", "vi") in beside
        assert client.get(f"/documents/{handed_in.package_id}/1").status_code == 404
        assert client.get(f"/documents/{signed}/2/signatures/revisions").status_code == 404


def test_a_choice_leads_nowhere_else(handed_in: Filled) -> None:
    with of_home(handed_in.served.home) as archive:
        kept = cookie(archive, WORKER)
    answer = httpx2.get(
        f"{handed_in.served.url}/preferences?theme=dark&back=//elsewhere.example/",
        cookies=dict(kept),
        follow_redirects=False,
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "luutru-theme=dark" in answer.headers["set-cookie"]
