"""The pages of the administration, as each role sees and uses them, on a home with two trees of agencies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.event import listen

from archive.api.application import make_application
from archive.auth.people import EVERYWHERE, Grant, Label, Role
from archive.catalogue.duties import NEVER, DutyKind, Owed
from archive.catalogue.entering import StoredVersion
from archive.catalogue.journal import DossierStatus, JobStatus
from archive.catalogue.labels import Labelled
from archive.catalogue.places import Place
from archive.composition import Archive
from archive.settings import load_settings
from metadata.messages import text
from tests.generators.held_2019 import record
from tests.generators.people import cookie, csrf, person, signed_in

pytestmark = pytest.mark.xdist_group("administration")

ROOT, OWN, FOREIGN = "H49", "H49.64", "X01"
ADMINISTRATOR, SECOND = "quan.tri", "phu.trach"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    home = tmp_path_factory.mktemp("administration") / "home"
    told = {"LUUTRU_HOME": str(home), "LUUTRU_WORKERS": "1", "LUUTRU_AGENCY": OWN}
    options = load_settings(told | {"LUUTRU_SERVE__REQUESTS_A_MINUTE": "1000000"})
    Archive.make(options)
    with Archive(options) as made:
        for code, name, parent in (
            (ROOT, "Tỉnh Quảng Ninh", ""),
            (OWN, "Sở Nội vụ", ROOT),
            (FOREIGN, "Cơ quan khác", ""),
        ):
            made.rights.put_agency(code, name, parent, by="test")
        person(made, ADMINISTRATOR, (Grant(Role.ADMINISTRATOR, EVERYWHERE, Label.INTERNAL),))
        person(made, SECOND, (Grant(Role.HEAD, EVERYWHERE, Label.CONFIDENTIAL),))
        yield made


@pytest.fixture(scope="module")
def application(archive: Archive) -> FastAPI:
    return make_application(archive)


class Browser:
    """A signed-in browser without script: sends forms as the page has them, its token included."""

    def __init__(self, application: FastAPI, cookies: Mapping[str, str]) -> None:
        self.client = TestClient(
            application, base_url="http://127.0.0.1", cookies=dict(cookies), headers={"Accept-Language": "vi"}
        )
        self.page = ""

    def open(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path, follow_redirects=False)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:500])
        self.page = unescape(answer.text)
        return self.page

    def send(self, action: str, status: int = 200, **fields: str) -> str:
        """Send the form with this action, its hidden fields with it; the page on which it ends."""
        forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"[^>]*>(.*?)</form>', self.page, re.DOTALL)
        (inside, *_) = [body for said, body in forms if said == action and _has(body, fields)]
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', inside))
        assert hidden["csrf"]
        answer = self.client.post(action, data={**hidden, **fields}, follow_redirects=True)
        assert answer.status_code == status, (action, answer.status_code, answer.text[-900:])
        self.page = unescape(answer.text)
        return self.page


def _has(body: str, fields: Mapping[str, str]) -> bool:
    """Whether it is the form for these fields: what is hidden in it is as told."""
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body))
    return all(hidden.get(name, value) == value for name, value in fields.items())


NewBrowser = Callable[..., Browser]


@pytest.fixture(scope="module")
def browser(archive: Archive, application: FastAPI) -> NewBrowser:
    def of(login: str, *grants: Grant) -> Browser:
        return Browser(application, cookie(archive, login, grants))

    return of


def said(key: str, **values: object) -> str:
    return text(f"administration.{key}", "vi", **values)


# ------------------------------------------------------------ who sees what


@pytest.mark.parametrize(
    ("role", "sections"),
    [
        (Role.ARCHIVIST, {"jobs"}),
        (Role.AUDITOR, {"people", "agencies", "labels", "changes", "policy", "jobs"}),
        (Role.HEAD, {"people", "agencies", "labels", "changes", "policy", "jobs"}),
        (Role.ADMINISTRATOR, {"people", "agencies", "labels", "changes", "policy"}),
    ],
)
def test_each_role_has_its_parts_and_no_other_opens(browser: NewBrowser, role: Role, sections: set[str]) -> None:
    everyone = {"people", "agencies", "labels", "changes", "policy", "jobs"}
    window: Browser = browser(f"vai.{role}", Grant(role, EVERYWHERE, Label.INTERNAL))
    page = window.open("/administration")
    assert set(re.findall(r'href="/administration/([a-z]+)"', page)) == sections
    assert 'href="/administration"' in window.open("/")
    for section in everyone:
        window.open(f"/administration/{section}", 200 if section in sections else 403)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_the_list_of_people_asks_no_more_for_many_than_for_few(
    archive: Archive, browser: NewBrowser, role: Role
) -> None:
    window: Browser = browser(f"dem.{role}", Grant(role, EVERYWHERE, Label.INTERNAL))
    asked: list[str] = []

    def statements(page: str) -> int:
        asked.clear()
        window.open(page)
        return len([statement for statement in asked if statement.startswith("SELECT")])

    for number in range(3):
        person(archive, f"dem.it.{number}", (Grant(Role.READER, OWN, Label.INTERNAL),))
    for number in range(30):
        person(archive, f"dem.nhieu.{number:02}", (Grant(Role.READER, OWN, Label.INTERNAL),))
    window.open("/administration/people?q=dem.it")
    listen(archive.database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    few, many = statements("/administration/people?q=dem.it"), statements("/administration/people?q=dem.nhieu")
    assert "dem.nhieu.29" in window.page
    assert 0 < many <= few


def test_a_reader_has_no_administration(browser: NewBrowser) -> None:
    window: Browser = browser("doc.gia", Grant(Role.READER, EVERYWHERE, Label.INTERNAL))
    assert 'href="/administration"' not in window.open("/")
    window.open("/administration", 403)


def test_who_manages_a_subtree_sees_only_what_is_granted_there(archive: Archive, browser: NewBrowser) -> None:
    person(archive, "nguoi.trong", (Grant(Role.READER, OWN, Label.INTERNAL),))
    person(
        archive,
        "nguoi.hai.noi",
        (Grant(Role.READER, OWN, Label.INTERNAL), Grant(Role.AUDITOR, FOREIGN, Label.INTERNAL)),
    )
    person(archive, "nguoi.ngoai", (Grant(Role.READER, FOREIGN, Label.INTERNAL),))
    person(archive, "nguoi.khong")
    window: Browser = browser("quan.tri.so", Grant(Role.ADMINISTRATOR, ROOT, Label.INTERNAL))
    page = window.open("/administration/people")
    assert "nguoi.trong" in page
    assert "nguoi.hai.noi" in page
    for hidden in ("nguoi.ngoai", "nguoi.khong", SECOND, f'/{ADMINISTRATOR}"', said("people.add")):
        assert hidden not in page, hidden
    one = window.open("/administration/people/nguoi.hai.noi")
    assert text("rights.role.reader", "vi") in one
    roles = one.partition('id="roles"')[2].partition("</table>")[0]
    assert text("rights.role.auditor", "vi") not in roles
    for secret in (said("people.sessions"), said("people.tokens"), said("people.reset")):
        assert secret not in one, secret
    there = window.open("/administration/people/nguoi.ngoai", 404)
    assert there.replace("nguoi.ngoai", "x") == window.open("/administration/people/khong.co.ai", 404).replace(
        "khong.co.ai", "x"
    )
    tree = window.open("/administration/agencies")
    assert OWN in tree
    assert FOREIGN not in tree
    window.open(f"/administration/agencies/{FOREIGN}", 404)
    answer = window.client.post("/administration/people/nguoi.trong/lock", data=_csrf(window))
    assert answer.status_code == 403
    assert archive.desk.people.told(archive.desk.people.account("nguoi.trong"))["status"] == "active"
    # A role over what they manage they may give, over anything else not.
    window.open("/administration/people")
    page = window.send("/administration/people/roles/give", login="nguoi.khong", role="reader", agency=OWN)
    assert said("done.granted") in page
    fields = {"login": "nguoi.khong", "role": "reader", "agency": FOREIGN, **_csrf(window)}
    assert window.client.post("/administration/people/roles/give", data=fields).status_code == 404
    fields |= {"agency": "*"}
    assert window.client.post("/administration/people/roles/give", data=fields).status_code == 403


def _csrf(window: Browser) -> dict[str, str]:
    return {"csrf": csrf(window.page if 'name="csrf"' in window.page else window.open("/account"))}


# ------------------------------------------------------------ accounts


def test_an_account_from_its_first_day_to_its_lock(archive: Archive, browser: NewBrowser) -> None:
    window: Browser = browser(ADMINISTRATOR)
    window.open("/administration/people")
    page = window.send("/administration/people", 201, login="Hoa.Le", name="Lê Thị Hoa <b>")
    secret = re.search(r'class="secret"><code>([^<]+)</code>', page)
    assert secret
    page = window.open("/administration/people/hoa.le")
    assert secret[1] not in page
    assert "Lê Thị Hoa <b>" in page
    assert said("people.no_role") in page
    page = window.send("/administration/people/roles/give", login="hoa.le", role="archivist", agency=OWN, up_to="")
    assert said("done.granted") in page
    assert said("people.waits") in page
    page = window.send("/administration/people/hoa.le/lock")
    assert said("done.locked") in page
    assert said("people.why_administrator") in page
    assert "hoa.le" in window.open("/administration/people?state=locked")
    assert "hoa.le" not in window.open("/administration/people?state=active")
    assert "hoa.le" in window.open("/administration/people?q=Thị+Hoa&role=archivist")
    assert "hoa.le" not in window.open("/administration/people?q=hoa&role=auditor")
    window.open("/administration/people/hoa.le")
    assert said("done.unlocked") in window.send("/administration/people/hoa.le/unlock")
    page = window.send("/administration/people/hoa.le/reset", factor="1")
    again = re.search(r'class="secret"><code>([^<]+)</code>', page)
    assert again
    assert again[1] != secret[1]
    assert said("people.reset_waits") in page
    page = window.send("/administration/people/roles/take", login="hoa.le", role="archivist", agency=OWN)
    assert said("done.revoked") in page
    assert archive.rights.granted("hoa.le") == []


def test_what_is_refused_says_why_and_keeps_what_was_written(browser: NewBrowser) -> None:
    window: Browser = browser(ADMINISTRATOR)
    window.open("/administration/people")
    page = window.send("/administration/people", 409, login=SECOND, name="Trùng Tên")
    assert said("refused.login_taken") in page
    assert 'value="Trùng Tên"' in page
    page = window.send("/administration/people", 422, login="không hợp lệ", name="")
    assert said("refused.login") in page
    assert said("refused.kept") in page
    page = window.send("/administration/people/roles/give", 422, login="khong.ai.ca", role="reader", agency=OWN)
    assert said("refused.no_such_person") in page
    assert 'value="khong.ai.ca"' in page
    page = window.send(
        "/administration/people/roles/give", 422, login=SECOND, role="administrator", agency=OWN, up_to="confidential"
    )
    assert said("refused.role") in page


def test_nobody_does_to_themselves_what_needs_another(archive: Archive, browser: NewBrowser) -> None:
    window: Browser = browser(ADMINISTRATOR)
    page = window.open(f"/administration/people/{ADMINISTRATOR}")
    assert said("people.oneself") in page
    assert 'action="/administration/people/quan.tri/lock"' not in page
    token = _csrf(window)
    for action in ("lock", "reset", "sessions/end"):
        assert window.client.post(f"/administration/people/{ADMINISTRATOR}/{action}", data=token).status_code == 403
    fields = {"login": ADMINISTRATOR, "role": "head", "agency": "*", **token}
    assert window.client.post("/administration/people/roles/give", data=fields).status_code == 403
    assert [row["role"] for row in archive.rights.granted(ADMINISTRATOR)] == ["administrator"]


def test_sessions_and_tokens_of_others_are_seen_and_ended(archive: Archive, browser: NewBrowser) -> None:
    account = person(archive, "co.ma", (Grant(Role.READER, OWN, Label.INTERNAL),))
    made = archive.desk.people.make_token(account, "Phần mềm <quét>", by="test", days=30, scopes=["read"])
    other: Browser = browser("co.ma")
    other.open("/search")
    window: Browser = browser(ADMINISTRATOR)
    page = window.open("/administration/people/co.ma")
    assert "Phần mềm <quét>" in page
    assert made.token.hint in page
    assert made.secret not in page
    assert text("auth.scope.read", "vi") in page
    page = window.send(f"/administration/people/co.ma/tokens/{made.token.id}/revoke")
    assert said("done.token_revoked") in page
    assert said("people.over_token") in page
    assert not archive.desk.people.is_good(account, archive.desk.people.tokens(account)[0])
    (session,) = archive.desk.people.sessions(account)
    page = window.send(f"/administration/people/co.ma/sessions/{session.id}/end")
    assert said("done.sessions_ended") in page
    assert said("people.no_session") in page
    other.open("/search", 303)
    # The same over HTTP, by a program of the administrator's.
    program = TestClient(other.client.app, base_url="http://127.0.0.1", headers=dict(signed_in(archive, ADMINISTRATOR)))
    again = archive.desk.people.make_token(account, "Lần nữa", by="test", days=30, scopes=["read"])
    browser("co.ma").open("/search")
    base = "/api/v1/users/co.ma"
    told = program.get(f"{base}/tokens").json()["items"]
    assert [(line["name"], line["good"]) for line in told] == [("Lần nữa", True), ("Phần mềm <quét>", False)]
    assert again.secret not in str(told)
    (line,) = program.get(f"{base}/sessions").json()["items"]
    assert program.delete(f"{base}/sessions/{line['id']}").status_code == 204
    assert program.delete(f"{base}/tokens/{again.token.id}").status_code == 204
    assert program.get(f"{base}/sessions").json()["items"] == []
    assert not any(line["good"] for line in program.get(f"{base}/tokens").json()["items"])
    assert program.delete(f"{base}/sessions").status_code == 204
    assert program.delete(f"/api/v1/users/{ADMINISTRATOR}/sessions").status_code == 403


# ------------------------------------------------------------ the second person


def test_a_change_is_confirmed_by_who_may_and_tells_the_others_why_not(
    archive: Archive, application: FastAPI, browser: NewBrowser
) -> None:
    person(archive, "moi.cap", ())
    change = archive.rights.grant("moi.cap", Role.HEAD, OWN, by=ADMINISTRATOR)["change"]
    window: Browser = browser(ADMINISTRATOR)
    page = window.open("/administration/changes")
    own = _item(page, "moi.cap")
    assert text("rights.why.own_change", "vi") in own
    assert f"/administration/changes/{change}/confirm" not in page
    assert window.client.post(f"/administration/changes/{change}/confirm", data=_csrf(window)).status_code == 403
    gains: Browser = Browser(application, cookie(archive, "moi.cap"))
    assert text("rights.why.own_gain", "vi") in _item(gains.open("/administration/changes"), "moi.cap")
    second: Browser = browser(SECOND)
    page = second.open("/administration/changes")
    assert "moi.cap" in page
    page = second.send(f"/administration/changes/{change}/confirm")
    assert said("done.confirmed") in page
    assert change not in page
    assert archive.rights.rows.change(change).confirmed_by == SECOND
    far: Browser = browser("quan.tri.khac", Grant(Role.ADMINISTRATOR, FOREIGN, Label.INTERNAL))
    archive.rights.grant("moi.cap", Role.READER, OWN, by=ADMINISTRATOR)
    assert "moi.cap" not in far.open("/administration/changes")


def _item(page: str, login: str) -> str:
    return next(part for part in page.split('<li class="card"')[1:] if f"/people/{login}" in part)


# ------------------------------------------------------------ agencies


def test_agencies_are_added_renamed_and_moved_as_far_as_one_manages(archive: Archive, browser: NewBrowser) -> None:
    window: Browser = browser(ADMINISTRATOR)
    window.open("/administration/agencies")
    page = window.send("/administration/agencies", code="H49.70", name="Sở Y tế", parent=ROOT)
    assert said("done.agency_added") in page
    assert "Sở Y tế" in page
    page = window.send("/administration/agencies/H49.70", name="Sở Y tế mới", parent=ROOT)
    assert said("done.agency_renamed") in page
    page = window.send("/administration/agencies/H49.70", name="Sở Y tế mới", parent=OWN)
    assert said("done.agency_moved") in page
    assert said("agencies.event_moved") in page
    assert archive.permits.sights.path("H49.70") == (ROOT, OWN, "H49.70")
    window.open(f"/administration/agencies/{OWN}")
    page = window.send(f"/administration/agencies/{OWN}", 422, name="Sở Nội vụ", parent="H49.70")
    assert said("refused.agency_circle") in page
    window.open("/administration/agencies")
    page = window.send("/administration/agencies", 422, code="H49.70", name="Lần nữa", parent="")
    assert said("refused.agency_known") in page
    assert 'value="Lần nữa"' in page
    assert said("refused.agency_code") in window.send("/administration/agencies", 422, code="a/b", name="", parent="")
    some: Browser = browser("quan.tri.tinh", Grant(Role.ADMINISTRATOR, ROOT, Label.INTERNAL))
    some.open("/administration/agencies")
    for code in (FOREIGN, "X99"):
        page = some.send("/administration/agencies", 422, code=code, name="", parent=ROOT)
        assert said("refused.agency_of_others") in page, "whether a code is taken elsewhere is not told"
    part: Browser = browser("quan.tri.y.te", Grant(Role.ADMINISTRATOR, "H49.70", Label.INTERNAL))
    page = part.open("/administration/agencies/H49.70")
    assert "Tỉnh Quảng Ninh" not in page
    page = part.send("/administration/agencies/H49.70", name="Y tế", parent=OWN)
    assert said("done.agency_renamed") in page
    fields = {"name": "Y tế", "parent": "", **_csrf(part)}
    assert part.client.post("/administration/agencies/H49.70", data=fields).status_code == 403
    assert archive.permits.sights.path("H49.70") == (ROOT, OWN, "H49.70")


# ------------------------------------------------------------ labels


@pytest.fixture(scope="module")
def dossier(archive: Archive) -> str:
    """A dossier with two documents, entered as a stored package is."""
    made = record(77, 2).model_copy(update={"agency": OWN})
    archive.catalogue.enter([(made, StoredVersion(made.package_id, "v1", "0" * 128))], "2026-01-01T00:00:00.000Z")
    return made.dossier_id


def test_a_label_is_changed_with_its_reason_and_its_history_stays(
    archive: Archive, dossier: str, browser: NewBrowser
) -> None:
    window: Browser = browser(ADMINISTRATOR)
    page = window.open(f"/administration/labels?id={dossier}")
    assert "Hồ sơ về việc số 77" not in page, "administrators read no content"
    reason = "Có thông tin cá nhân <script>"
    page = window.send("/administration/labels", label="restricted", reason=reason)
    assert said("done.labelled") in page
    assert reason in page
    page = window.send("/administration/labels", 422, label="public", reason="  ")
    assert said("refused.label_reason") in page
    page = window.send("/administration/labels", label="public", reason="Đã hết thời hạn")
    assert said("done.labelled_wider") in page
    assert page.index("Đã hết thời hạn") < page.index(reason)
    on = Labelled.of_place(Place(dossier))
    assert archive.rights.target_of(on).label is Label.PUBLIC
    window.open(f"/administration/labels?id={dossier}/2")
    window.send("/administration/labels", label="confidential", reason="Đang thanh tra")
    assert archive.rights.target_of(Labelled.of_place(Place(dossier, 2))).label is Label.CONFIDENTIAL
    page = window.open("/administration/labels")
    assert "H49.64.2012.00077/2" in page
    auditor: Browser = browser("kiem.tra", Grant(Role.AUDITOR, ROOT, Label.CONFIDENTIAL))
    page = auditor.open(f"/administration/labels?id={dossier}")
    assert "Đã hết thời hạn" in page
    link = f'href="/administration/labels?id={dossier}"'
    assert link in auditor.open(f"/dossiers/{dossier}"), "the label leads to where it is told why"
    reader: Browser = browser("doc.gia", Grant(Role.READER, ROOT, Label.INTERNAL))
    assert link not in reader.open(f"/dossiers/{dossier}")
    assert 'name="reason"' not in page
    far: Browser = browser("kiem.tra.khac", Grant(Role.AUDITOR, FOREIGN, Label.CONFIDENTIAL))
    assert said("refused.no_such_thing") in far.open(f"/administration/labels?id={dossier}", 422)
    assert "H49.64.2012.00077" not in far.open("/administration/labels")


# ------------------------------------------------------------ policy


def test_every_row_of_the_policy_has_its_source_and_the_settings_are_those_in_force(browser: NewBrowser) -> None:
    window: Browser = browser(ADMINISTRATOR)
    page = window.open("/administration/policy")
    assert page.count("QCVN 12:2026/BCA") > 10
    assert said("setting.idle_administrators_value", value=5) in page
    assert said("setting.approval_same") in page
    assert "imprint-sha1" in page
    assert "Dịch vụ cấp dấu thời gian trong nước" in page
    assert "SHA-256 <code>" in page
    english = window.client.get("/administration/policy?lang=en").text
    assert "Vietnamese time-stamp services" in english


# ------------------------------------------------------------ jobs


@pytest.fixture
def jobs(archive: Archive, request: pytest.FixtureRequest) -> dict[str, str]:
    """A delivery of this test's own, with a job in each state; nobody works them off."""
    name = re.sub(r"\W+", "-", request.node.name)[:40]
    states: dict[str, dict[str, Any]] = {
        "waiting": {},
        "running": {"status": "running", "stage": "text", "done": 1, "total": 4},
        "stored": {"status": "running", "stage": "store"},
        "fault": {
            "status": JobStatus.FAULT.value,
            "result": DossierStatus.FAULT.value,
            "stage": "pdfa",
            "error": {"code": "tool.missing", "detail": "soffice <không có>"},
        },
        "held": {"result": DossierStatus.AWAITING_APPROVAL.value, "stage": "package"},
    }
    work = [
        {
            "id": f"{name}-{state}",
            "position": number,
            "file_code": f"{name}.{state}",
            "package_id": f"{name}-p{number}",
            "documents": 1,
            "label": Label.INTERNAL.rank,
        }
        for number, state in enumerate(states, start=1)
    ]
    row = {"id": name, "agency": OWN, "path": "/x", "operator": "ai.do", "reader": "folder", "profile": "02-2019"}
    archive.journal.open_submission({**row, "findings": [], "ignored": [], "label": Label.INTERNAL.rank}, work)
    for state, values in states.items():
        if values:
            archive.journal.update(f"{name}-{state}", **values)
    return {state: f"{name}-{state}" for state in states}


def test_jobs_are_listed_by_state_and_given_up_with_a_reason(
    archive: Archive, jobs: dict[str, str], browser: NewBrowser
) -> None:
    window: Browser = browser("luu.tru", Grant(Role.ARCHIVIST, ROOT, Label.RESTRICTED))
    page = window.open("/administration/jobs")
    assert all(f"/administration/jobs/{job_id}" in page for job_id in jobs.values())
    page = window.open("/administration/jobs?state=fault")
    assert jobs["fault"] in page
    assert jobs["running"] not in page
    page = window.open(f"/administration/jobs/{jobs['fault']}")
    assert said("problem.tool_missing") in page
    assert "soffice <không có>" in page
    for state in ("waiting", "running", "fault"):
        window.open(f"/administration/jobs/{jobs[state]}")
        page = window.send(f"/administration/jobs/{jobs[state]}/cancel", reason=f"Nộp nhầm {state}")
        assert said("done.cancelled") in page
        assert f"Nộp nhầm {state}" in page
        assert archive.job(jobs[state]).status is JobStatus.CANCELLED
    for state, why in (("stored", "stored"), ("held", "held"), ("fault", "ended")):
        page = window.open(f"/administration/jobs/{jobs[state]}")
        assert said(f"not_cancelled.{why}") in page
        answer = window.client.post(f"/administration/jobs/{jobs[state]}/cancel", data=_csrf(window))
        assert answer.status_code == 409
        assert said(f"not_cancelled.{why}") in unescape(answer.text)
    assert archive.job(jobs["stored"]).status is JobStatus.RUNNING
    answer = window.client.post(f"/administration/jobs/{jobs['stored']}/retry", data=_csrf(window))
    assert answer.status_code == 409
    assert said("refused.not_retried") in unescape(answer.text)
    assert text("web.state.cancelled", "vi") in window.open(f"/deliveries/{archive.job(jobs['fault']).submission_id}")


def test_who_only_looks_has_no_buttons_and_another_agency_sees_no_job(
    jobs: dict[str, str], browser: NewBrowser
) -> None:
    auditor: Browser = browser("xem.viec", Grant(Role.AUDITOR, ROOT, Label.CONFIDENTIAL))
    page = auditor.open(f"/administration/jobs/{jobs['fault']}")
    assert "/cancel" not in page
    assert "/retry" not in page
    answer = auditor.client.post(f"/administration/jobs/{jobs['fault']}/cancel", data=_csrf(auditor))
    assert answer.status_code == 403
    far: Browser = browser("viec.khac", Grant(Role.ARCHIVIST, FOREIGN, Label.CONFIDENTIAL))
    assert jobs["fault"] not in far.open("/administration/jobs")
    assert said("jobs.count", count=0) in far.open("/administration")
    far.open(f"/administration/jobs/{jobs['fault']}", 404)


def test_what_completes_evidence_is_tried_again_and_never_given_up(
    archive: Archive, dossier: str, browser: NewBrowser
) -> None:
    owed = Owed(DutyKind.EVIDENCE, dossier, "", OWN, "H49.64.2012.00077", 1, "CRL chưa có")
    name = archive.duties.owe(owed, due_at=NEVER)
    window: Browser = browser("du.bang.chung", Grant(Role.HEAD, EVERYWHERE, Label.CONFIDENTIAL))
    assert name in window.open("/administration/jobs?kind=evidence")
    page = window.open(f"/administration/jobs/{name}")
    assert "CRL chưa có" in page
    assert said("not_cancelled.owed") in page
    answer = window.client.post(f"/administration/jobs/{name}/cancel", data=_csrf(window))
    assert answer.status_code == 409
    window.open(f"/administration/jobs/{name}")
    assert said("done.retried") in window.send(f"/administration/jobs/{name}/retry")


def test_no_form_is_taken_without_its_token(archive: Archive, browser: NewBrowser) -> None:
    person(archive, "khong.bi.khoa")
    window: Browser = browser(ADMINISTRATOR)
    assert window.client.post("/administration/people/khong.bi.khoa/lock").status_code == 403
    assert archive.desk.people.told(archive.desk.people.account("khong.bi.khoa"))["status"] == "active"
