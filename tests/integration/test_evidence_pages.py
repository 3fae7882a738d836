"""The pages of evidence, trust, trail and system, asked by each role on a home with time-stamped batches."""

from __future__ import annotations

import hashlib
import re
import time
from datetime import timedelta
from html import unescape

import pytest

from archive.auth.people import EVERYWHERE, Role
from metadata.messages import text
from metadata.time import VIETNAM
from tests.fixtures.stamped import OWN, Stamped

pytestmark = pytest.mark.xdist_group("stamped")


def read(stamped: Stamped, address: str, role: Role = Role.AUDITOR, agency: str = EVERYWHERE, status: int = 200) -> str:
    """The page as the person sees it, its words alone."""
    answer = stamped.client.get(address, headers=stamped.headers(role, agency) | {"Accept-Language": "vi"})
    assert answer.status_code == status, answer.text[-600:]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2])).split())


# ------------------------------------------------------------ evidence


def test_batches_are_listed_with_what_one_sees_of_them(stamped: Stamped) -> None:
    whole = read(stamped, "/evidence")
    assert all(name in whole for name in (stamped.both, stamped.foreign, stamped.own, stamped.renewal))
    assert text("evidence.covers", "vi", count=3) in whole
    assert "Máy chủ cấp dấu thời gian dùng thử" in whole
    part = read(stamped, "/evidence", Role.HEAD, OWN)
    assert stamped.both in part
    assert stamped.foreign not in part
    assert text("evidence.covers", "vi", count=2) in part
    assert text("evidence.partial", "vi") in part


def test_a_batch_tells_its_chain_and_its_dossiers(stamped: Stamped) -> None:
    whole = read(stamped, f"/evidence/{stamped.both}")
    assert text("evidence.held", "vi", documents=9, dossiers=3) in whole
    assert text("evidence.link.renewal", "vi") in whole
    assert all(f"HS.{name}" in whole for name in ("open", "closed", "other"))
    part = read(stamped, f"/evidence/{stamped.both}", Role.ARCHIVIST, OWN)
    assert text("evidence.held", "vi", documents=5, dossiers=2) in part
    assert "HS.other" not in part
    for name in (stamped.foreign, "2020-01-01-1"):
        read(stamped, f"/evidence/{name}", Role.HEAD, OWN, status=404)
    renewal = read(stamped, f"/evidence/{stamped.renewal}", Role.HEAD, OWN)
    assert stamped.own in renewal
    assert stamped.foreign not in renewal


def test_the_calendar_says_what_the_command_line_says(stamped: Stamped) -> None:
    planned = list(stamped.archive.evidencing.plan(10))
    page = read(stamped, "/evidence/plan")
    assert page.count(text("evidence.step.renewal", "vi")) == len(planned) > 0
    assert text("evidence.plan.documents", "vi", documents=20, batches=3) in page
    assert f"{planned[0].end:%d/%m/%Y}" in page or f"{planned[0].end:%m/%Y}" in page
    part = read(stamped, "/evidence/plan", Role.ARCHIVIST, OWN)
    assert text("evidence.plan.documents", "vi", documents=11, batches=2) in part


def test_a_long_plan_comes_page_by_page_and_ends(stamped: Stamped) -> None:
    planned = list(stamped.archive.evidencing.plan(100))
    assert len(planned) < 60, "one authority of five years: pages are tried by starting later"
    first = read(stamped, "/evidence/plan?years=100")
    rest = read(stamped, f"/evidence/plan?years=100&from={len(planned) - 1}")
    step = text("evidence.step.renewal", "vi")
    assert (first.count(step), rest.count(step)) == (len(planned), 1)


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("if=broken&name=SHA-256", "evidence.step.rehash"),
        ("if=broken&name=SHA-256&since=2030-01-01", "evidence.step.rehash"),
        ("if=broken&name=ROT13", "evidence.plan.wrong_digest"),
        ("if=ends&name=CN=Không ai&since=2030-01-01", "evidence.plan.wrong_authority"),
        ("if=broken&name=SHA-256&since=2030-02-31", "evidence.plan.wrong_day"),
    ],
)
def test_what_if_is_asked_on_the_page(stamped: Stamped, query: str, key: str) -> None:
    assert text(key, "vi") in read(stamped, f"/evidence/plan?{query}")


def test_what_if_an_authority_ends_or_is_revoked(stamped: Stamped) -> None:
    (signer, *_) = stamped.archive.evidencing.signers()
    ends = read(stamped, f"/evidence/plan?if=ends&name={signer}&since=2027-06-01")
    assert "01/06/2027" in ends
    assert text("evidence.step.renewal", "vi") in ends
    assert text("evidence.plan.wrong_day", "vi") in read(stamped, f"/evidence/plan?if=ends&name={signer}")
    revoked = read(stamped, f"/evidence/plan?if=revoked&name={signer}", Role.HEAD, OWN)
    assert text("evidence.step.restamp", "vi") in revoked
    assert stamped.own in revoked
    assert stamped.foreign not in revoked


# ------------------------------------------------------------ the system


def test_the_state_of_the_system_is_what_doctor_says_to_who_sees_everything(stamped: Stamped) -> None:
    page = read(stamped, "/doctor", Role.ADMINISTRATOR)
    for check in stamped.archive.doctor.checks():
        assert text(f"doctor.check.{check.name}", "vi") in page, check
    read(stamped, "/doctor", Role.ADMINISTRATOR, OWN, status=403)
    places = stamped.client.get("/", headers=stamped.headers(Role.ADMINISTRATOR, OWN)).text
    assert 'href="/doctor"' not in places
    assert 'href="/doctor"' in stamped.client.get("/", headers=stamped.headers(Role.ADMINISTRATOR, EVERYWHERE)).text


def test_the_system_is_examined_again_on_demand(stamped: Stamped) -> None:
    headers = stamped.headers(Role.ADMINISTRATOR, EVERYWHERE)
    before = stamped.client.get("/doctor", headers=headers).text
    kept = stamped.client.get("/doctor", headers=headers).text
    assert _times(before) == _times(kept)
    answer = stamped.client.post("/doctor", headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/doctor")
    assert stamped.application.state.doctor_rounds.last(timedelta(minutes=1)) is not None


def _times(page: str) -> list[str]:
    return re.findall(r'<time datetime="([^"]+)"', page.partition("<main")[2])


# ------------------------------------------------------------ the trail


def events(stamped: Stamped, query: str, role: Role = Role.AUDITOR, agency: str = EVERYWHERE) -> list[int]:
    """Numbers of the events on a page."""
    answer = stamped.client.get(f"/audit?{query}", headers=stamped.headers(role, agency))
    assert answer.status_code == 200, answer.text[-600:]
    return [int(number) for number in re.findall(r'<a href="/audit/(\d+)"', answer.text)]


def test_the_trail_is_looked_through_by_kind_who_object_and_day(stamped: Stamped) -> None:
    newest = events(stamped, "")
    assert newest == sorted(newest, reverse=True)
    assert len(newest) == 50
    older = events(stamped, f"before={newest[-1]}")
    assert older[0] == newest[-1] - 1
    batches = events(stamped, "type=evidence+batch")
    assert len(batches) == 3
    assert events(stamped, f"subject=evidence:{stamped.own}") == batches[:1]
    assert events(stamped, "type=trust+change&who=lan")
    assert events(stamped, "type=trust+change&who=ai.do") == []
    today = stamped.archive.clock.now().astimezone(VIETNAM).date()
    assert batches[0] in events(stamped, f"type=evidence+batch&from={today}&to={today}")
    assert events(stamped, f"to={today - timedelta(days=2)}") == []
    assert text("audit.wrong_day", "vi") in read(stamped, "/audit?from=2026-02-31")


def test_each_sees_the_events_of_their_agencies(stamped: Stamped) -> None:
    own = stamped.packages["late"]
    foreign = stamped.packages["apart"]
    assert events(stamped, f"subject={own}", Role.HEAD, OWN)
    assert events(stamped, f"subject={foreign}", Role.HEAD, OWN) == []
    assert events(stamped, "type=evidence+batch", Role.HEAD, OWN) == []
    (number, *_) = events(stamped, f"subject={foreign}")
    read(stamped, f"/audit/{number}", Role.HEAD, OWN, status=404)
    read(stamped, "/audit/99999999", status=404)
    page = read(stamped, "/audit", Role.HEAD, OWN)
    assert text("audit.partial", "vi") in page
    assert text("audit.verify.start", "vi") not in page
    for method in ("GET", "POST"):
        answer = stamped.client.request(method, "/audit/verification", headers=stamped.headers(Role.HEAD, OWN))
        assert answer.status_code == 403


def test_one_event_is_shown_in_whole_with_its_place_in_the_chain(stamped: Stamped) -> None:
    (number, *_) = events(stamped, f"subject={stamped.packages['late']}")
    answer = stamped.client.get(f"/audit/{number}", headers=stamped.headers(Role.AUDITOR, EVERYWHERE)).text
    (line,) = re.findall(r'<pre class="line">(.+?)</pre>', answer)
    digest = hashlib.sha256(unescape(line).encode()).hexdigest()
    assert f"<code>{digest}</code>" in answer
    following = stamped.client.get(f"/audit/{number + 1}", headers=stamped.headers(Role.AUDITOR, EVERYWHERE)).text
    assert f"<code>{digest}</code>" in following
    assert f'href="/dossiers/{stamped.packages["late"]}"' in answer
    admin = stamped.client.get(f"/audit/{number}", headers=stamped.headers(Role.ADMINISTRATOR, EVERYWHERE)).text
    assert f'href="/dossiers/{stamped.packages["late"]}"' not in admin, "an administrator opens no dossier"


def test_the_whole_trail_is_checked_from_the_page_and_that_is_an_event(stamped: Stamped) -> None:
    headers = stamped.headers(Role.AUDITOR, EVERYWHERE)
    answer = stamped.client.post("/audit/verification", headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/audit#verification")
    deadline = time.monotonic() + 60
    while 'hx-trigger="load delay' in stamped.client.get("/audit/verification", headers=headers).text:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    page = read(stamped, "/audit")
    assert text("audit.verify.ok", "vi") in page
    assert stamped.own in page, "the youngest batch has the youngest head"
    (number, *_) = events(stamped, "subject=audit&type=fixity+check")
    told = read(stamped, f"/audit/{number}")
    assert "breaks: 0" in told
    assert f"{Role.AUDITOR.value}.all.usual" in told


# ------------------------------------------------------------ trust


def test_trust_tells_its_age_what_ends_and_how_fresh_lists_are(stamped: Stamped) -> None:
    page = read(stamped, "/trust", Role.ARCHIVIST, OWN)
    snapshot = stamped.archive.trust.snapshot()
    assert snapshot.trust_set() in page
    for entry in snapshot.certificates:
        assert entry.sha256 in page
    assert page.count(text("trust.imported", "vi")) == 2
    assert text("trust.stale", "vi") not in page
    assert text("trust.check.age", "vi") in page
    assert text("trust.in_force", "vi") in page
    for check in stamped.archive.trusting.checks():
        assert text(f"cli.trust_check.{check.message}", "vi", **check.values) in page
    read(stamped, "/trust", Role.READER, OWN, status=403)
