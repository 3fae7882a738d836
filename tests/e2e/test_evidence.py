"""Evidence in Chromium, on a server with a time-stamp authority: a verdict judged again, its proof taken away."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from archive.auth.people import EVERYWHERE, Grant, Label, Role
from archive.clock import SystemClock
from archive.composition import Archive
from archive.settings import load_settings
from metadata.messages import text
from tests.e2e.test_looks import look_at
from tests.fixtures.axe import Violations
from tests.fixtures.browser import OpenPage
from tests.fixtures.homes import CommandLine
from tests.fixtures.pki import Corpus
from tests.fixtures.pki_servers import PkiServers
from tests.fixtures.served import HEADINGS, Served, client_of, start, stop, zipped
from tests.fixtures.stamped import trusted
from tests.generators.people import of_home, person

pytestmark = [pytest.mark.xdist_group("evidence-pages"), pytest.mark.server]

_SECONDS = 120
CODE = "H49.64.33.2026.77"


@dataclass(frozen=True)
class Proving:
    """A server that asks an authority, with one signed document in a stamped batch and one that is not stamped yet."""

    served: Served
    package_id: str
    batch: str
    anchors: Path
    """What an auditor trusts."""


def hand_in(served: Served, code: str, data: bytes) -> str:
    title = f"Hồ sơ có chữ ký {code},01/01/2022,31/12/2022"
    rows = [",".join(HEADINGS), f"{code},{title},1,Quyết định đã ký,02/03/2022,s/ky.pdf"]
    answer = served.client.post(
        "/api/v1/submissions?name=Đợt ký.zip",
        content=zipped({"muc-luc.csv": "\n".join(rows).encode("utf-8-sig"), "s/ky.pdf": data}),
        headers={"Content-Type": "application/zip", "Idempotency-Key": code},
    )
    assert answer.status_code == 202, answer.text
    (line,) = served.settled(answer.json()["submission_id"])["dossiers"]
    assert line["status"] == "archived", line
    return str(line["package_id"])


def stamped_by(client: httpx2.Client, count: int) -> None:
    """Wait until there are so many time-stamps."""
    deadline = time.monotonic() + _SECONDS
    while len([line for line in client.get("/api/v1/evidence-records").json()["items"] if line["time"]]) < count:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def proving(tmp_path_factory: pytest.TempPathFactory, corpus: Corpus, _pki_servers: PkiServers) -> Iterator[Proving]:
    folder = tmp_path_factory.mktemp("proving")
    home = folder / "home"
    _pki_servers.reset()
    _pki_servers.clock.at = SystemClock().now()
    options = load_settings({"LUUTRU_HOME": str(home), "LUUTRU_WORKERS": "1", "LUUTRU_AGENCY": "H49.64"})
    Archive.make(options)
    with Archive(options) as archive:
        trusted(archive, _pki_servers, folder)
        person(archive, "quan.tri", (Grant(Role.ADMINISTRATOR, EVERYWHERE, Label.PUBLIC),))
    anchors = folder / "anchors"
    anchors.mkdir()
    (anchors / "root.der").write_bytes(_pki_servers.pki.root.der)
    told = {"LUUTRU_EVIDENCE__TSA": json.dumps([_pki_servers.address("tsa")])}
    process, url = start(home, **told)
    try:
        with client_of(home, url) as client:
            served = Served(url, home, process.pid, client)
            # The server makes a batch by itself once it runs, and then not for hours: what comes now waits for ours.
            stamped_by(client, 1)
            package_id = hand_in(served, CODE, corpus.blta)
            (batch,) = CommandLine(home, told).json("evidence", "build")
            assert batch["status"] == "stamped"
            hand_in(served, f"{CODE}.2", corpus.blta + b"\n")
            yield Proving(served, package_id, batch["batch"], anchors)
    finally:
        stop(process)


def test_a_verdict_is_replayed_and_its_proof_is_checked_elsewhere(
    proving: Proving, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(f"{proving.served.url}/documents/{proving.package_id}/1", width=1440)
    page.locator("#line").wait_for()
    expect(page.locator("#line")).to_contain_text(text("times.evidence", "vi"))
    page.get_by_role("button", name=text("times.replay", "vi")).click()
    expect(page.locator("#replayed")).to_contain_text(text("times.same", "vi"), timeout=60_000)
    with page.expect_download() as waiting:
        page.get_by_role("link", name=text("times.take", "vi")).click()
    proof = tmp_path / "proof.zip"
    waiting.value.save_as(proof)
    # Elsewhere: no home of ours, the auditor's own anchors.
    elsewhere = CommandLine(tmp_path / "nowhere")
    *_, said = elsewhere.json("verify", proof, "--trust", proving.anchors)
    assert said["ok"] is True, said
    assert not (tmp_path / "nowhere").exists()


def test_a_batch_is_looked_up_from_the_list_with_its_chain(proving: Proving, open_page: OpenPage) -> None:
    page = open_page(f"{proving.served.url}/evidence", width=1440)
    expect(page.locator(".judged")).to_contain_text(text("evidence.pending", "vi", documents=1, dossiers=1))
    page.get_by_role("link", name=proving.batch).click()
    expect(page.locator(".timeline")).to_contain_text(text("evidence.link.batch", "vi"))
    page.get_by_role("link", name=f"Hồ sơ có chữ ký {CODE}", exact=True).click()
    expect(page).to_have_url(f"{proving.served.url}/dossiers/{proving.package_id}")


def test_what_if_is_asked_without_a_script(proving: Proving, open_page: OpenPage) -> None:
    page = open_page(f"{proving.served.url}/evidence/plan", java_script_enabled=False)
    page.locator("select[name=if]").select_option("broken")
    page.get_by_label("Từ ngày").fill("2031-05-01")
    page.get_by_role("button", name="Tính thử").click()
    expect(page.get_by_role("status")).to_contain_text("SHA-256")
    expect(page.locator(".judged").first).to_contain_text(text("evidence.step.rehash", "vi"))
    expect(page.locator(".judged").first).to_contain_text("01/05/2031")


def test_the_trail_is_checked_while_one_watches(proving: Proving, open_page: OpenPage) -> None:
    page = open_page(f"{proving.served.url}/audit", width=1440)
    page.get_by_role("button", name=text("audit.verify.start", "vi")).click()
    expect(page.locator("#verification")).to_contain_text(text("audit.verify.ok", "vi"), timeout=60_000)
    expect(page.locator("#verification")).to_contain_text("lan.luutru")
    page.get_by_label("Loại sự kiện").select_option(label="Thay đổi tập tin cậy, chính sách")
    page.get_by_role("button", name="Lọc", exact=True).click()
    page.locator("tbody tr td a").first.click()
    expect(page.locator("main h1")).to_have_text("Thay đổi tập tin cậy, chính sách")


def test_the_system_is_examined_on_demand(proving: Proving, open_page: OpenPage) -> None:
    page = open_page(f"{proving.served.url}/doctor", width=1440)
    expect(page.locator("main")).to_contain_text(text("doctor.check.factors", "vi"))
    page.get_by_role("button", name=text("doctor.again", "vi")).click()
    expect(page).to_have_url(f"{proving.served.url}/doctor")
    with of_home(proving.served.home) as archive:
        names = [probe.name for probe in archive.doctor.probes()]
    expect(page.locator(".judged > li")).to_have_count(len(names))


def test_axe_finds_nothing_on_pages_of_evidence(proving: Proving, chromium: Browser, violations: Violations) -> None:
    with of_home(proving.served.home) as archive:
        number = archive.trail.head().seq
    addresses = {
        "evidence-home": "/",
        "evidence": "/evidence",
        "evidence-batch": f"/evidence/{proving.batch}",
        "evidence-plan": "/evidence/plan?years=30",
        "evidence-what-if": "/evidence/plan?if=broken&name=SHA-256&since=2031-05-01",
        "trust": "/trust",
        "audit": "/audit",
        "audit-event": f"/audit/{number}",
        "doctor": "/doctor",
    }
    pages = {name: proving.served.url + path for name, path in addresses.items()}
    look_at(pages, chromium, violations, (1440, "light"), then=(390, "dark"), home="evidence-home")
