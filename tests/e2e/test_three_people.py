"""The three for whom all this is, in one story: an archivist and who approves, a reader, an auditor; and a stranger."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from archive.auth.people import Grant, Label, Role
from archive.demo.drawing import scanned_pdf
from archive.demo.papers import Make
from archive.preservation.signatures.signing import Signing, sign_pdf
from tests.fixtures.axe import Violations
from tests.fixtures.browser import OpenPage
from tests.fixtures.pki import SIGNED, Corpus
from tests.fixtures.served import HEADINGS, Served, client_of, paper, start, stop
from tests.generators.people import cookie, of_home, person

pytestmark = [pytest.mark.xdist_group("served"), pytest.mark.server]

OWN, OTHER, CODE = "H49.64", "X01", "H49.64.33.2021.47"
TITLE = "Tờ trình về kho lưu trữ"
_SLOW = 120_000
PEOPLE = {
    "thu.luutruvien": Grant(Role.ARCHIVIST, OWN, Label.RESTRICTED),
    "hoa.phutrach": Grant(Role.HEAD, OWN, Label.CONFIDENTIAL),
    "nam.docgia": Grant(Role.READER, OWN, Label.INTERNAL),
    "mai.kiemtra": Grant(Role.AUDITOR, OWN, Label.CONFIDENTIAL),
    "an.noikhac": Grant(Role.READER, OTHER, Label.CONFIDENTIAL),
}


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on which nobody approves what they handed in, with one person for each role."""
    home = tmp_path_factory.mktemp("people") / "home"
    process, url = start(home, LUUTRU_INTAKE__APPROVAL="separate")
    with of_home(home) as archive:
        archive.catalogue.add_agency(OTHER, "Cơ quan khác")
        for login, grant in PEOPLE.items():
            person(archive, login, (grant,))
    with client_of(home, url) as client:
        yield Served(url, home, process.pid, client)
    stop(process)


def _delivery(folder: Path, corpus: Corpus) -> Path:
    """A signed scan, with a day in the list that is in no calendar."""
    whole = paper(Make.SCAN, "TTr-SNV")
    scan = scanned_pdf(whole.model_copy(update={"pages": whole.pages[:1], "seal": False, "tilt": 0.0}), 11)
    row = (CODE, "Hồ sơ kho lưu trữ", "01/01/2021", "31/12/2021", 1, TITLE, "31/02/2021", "a/47.pdf", "47", "TTr-SNV")
    stream = io.StringIO()
    csv.writer(stream).writerows([(*HEADINGS, "Số của văn bản", "Ký hiệu của văn bản"), row])
    (folder / "a").mkdir(parents=True)
    (folder / "muc-luc.csv").write_bytes(stream.getvalue().encode("utf-8-sig"))
    (folder / "a" / "47.pdf").write_bytes(sign_pdf(scan, corpus.leader, Signing(SIGNED, stamper=corpus.stamper())))
    return folder


def test_a_delivery_is_corrected_approved_found_read_and_proven_and_a_stranger_sees_nothing(
    agency: Served, corpus: Corpus, open_page: OpenPage, violations: Violations, tmp_path: Path
) -> None:
    submission, package = _handed_in(agency, open_page, _delivery(tmp_path / "đợt 47", corpus))
    _found_and_read(agency, open_page, violations, package)
    _replayed(agency, open_page, package)
    _unknown_to_others(agency, submission, package)


def _handed_in(agency: Served, open_page: OpenPage, folder: Path) -> tuple[str, str]:
    """An archivist hands in, corrects, hands in again; the head of archive approves. Submission and package."""
    page = open_page(f"{agency.url}/deliveries", width=1440, login="thu.luutruvien")
    page.locator("#folder").set_input_files(folder)
    page.wait_for_url("**/deliveries/*-*")
    expect(page.locator(".finding.error", has_text="MET-020")).to_contain_text("31/02/2021", timeout=_SLOW)
    page.get_by_role("link", name="Đính chính và nộp lại").click()
    page.locator(".cell", has_text="31/02/2021").get_by_label("Giá trị đúng").fill("28/02/2021")
    page.get_by_label("Lý do (bắt buộc)").fill("Gõ nhầm ngày")
    page.get_by_role("button", name="Nộp lại").click()
    page.wait_for_url("**/deliveries/*-*")
    expect(page.locator(".overall")).to_contain_text("Chờ duyệt", timeout=_SLOW)
    expect(page.get_by_role("button", name="Duyệt lưu trữ")).to_have_count(0)
    head = open_page(page.url, width=390, login="hoa.phutrach", is_mobile=True, has_touch=True)
    head.get_by_text("Các giá trị đã đính chính").click()
    expect(head.locator(".corrections")).to_contain_text("Gõ nhầm ngày")
    assert _fits(head)
    head.get_by_role("button", name="Duyệt lưu trữ").click()
    kept = head.locator(".delivered", has_text=CODE)
    expect(kept.locator(".state")).to_have_text("Đã lưu", timeout=_SLOW)
    package = kept.get_by_role("link").first.get_attribute("href")
    assert package
    return page.url.rpartition("/")[2], package.rpartition("/")[2]


def _found_and_read(agency: Served, open_page: OpenPage, violations: Violations, package: str) -> None:
    """By half a number, on the telephone and on the desk; the words are seen on the signed scan itself."""
    for width, half in ((390, "47 ttr"), (1440, "47/TTr")):
        more = {"is_mobile": True, "has_touch": True} if width == 390 else {}
        page = open_page(f"{agency.url}/", width=width, login="nam.docgia", **more)
        page.locator("#q").fill(half)
        page.locator("#q").press("Enter")
        hit = page.locator(".hits li").first
        expect(hit).to_contain_text("47/TTr-SNV")
        assert _fits(page)
        hit.get_by_role("link", name=TITLE).click()
        page.locator("#viewer[data-ready=yes]").wait_for()
        assert package in page.url
        page.locator("#within").fill("am moc")
        page.locator("#within").press("Enter")
        page.locator("#viewer[data-ready=yes]").wait_for()
        expect(page.locator(".hit.here").first).to_be_in_viewport()
        assert page.locator("#hit").inner_text().startswith("1/")
        assert _fits(page)
        assert violations(page) == []
    page.goto(f"{agency.url}/documents/{package}/1")
    expect(page.locator(".files .rep1 .kind")).to_have_text("Bản chứng cứ")


def _replayed(agency: Served, open_page: OpenPage, package: str) -> None:
    page = open_page(f"{agency.url}/documents/{package}/1", width=1440, login="mai.kiemtra")
    expect(page.locator(".timeline li").first).to_be_visible()
    page.get_by_role("button", name="Kiểm tra lại ngay").click()
    expect(page.locator(".replayed.good")).to_contain_text("Giống hệt", timeout=_SLOW)


def _unknown_to_others(agency: Served, submission: str, package: str) -> None:
    """Neither listed nor counted, found or suggested; addresses answer as those of nothing do."""
    with of_home(agency.home) as archive:
        own = dict(cookie(archive, "an.noikhac"))
    with httpx2.Client(base_url=agency.url, cookies=own, headers={"Accept-Language": "vi"}) as client:
        for address in ("/", "/holding", "/holding?show=documents", "/search?q=47+ttr", "/search?q=am+moc", "/exports"):
            page = client.get(address)
            assert page.status_code == 200, address
            said = page.text.replace('value="47 ttr"', "").replace('value="am moc"', "")
            for told in (OWN, CODE, TITLE, package, "47/TTr"):
                assert told not in said, (address, told)
            assert not re.search(r"[1-9]\d* (hồ sơ|văn bản|kết quả)", said), address
        assert client.get(f"/api/v1/search?q={TITLE}").json()["total"] == 0
        for address in (
            f"/documents/{package}/1",
            f"/dossiers/{package}",
            f"/documents/{package}/1/signatures/history",
        ):
            assert client.get(address).status_code == 404, address
        assert client.get(f"/deliveries/{submission}").status_code in {403, 404}


def _fits(page: Page) -> bool:
    """Nothing scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
