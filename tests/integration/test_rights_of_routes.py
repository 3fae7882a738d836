"""Every route, asked by nobody and by each role, for things of each label, of the person's agencies and of others'.

What is expected is written down here by hand, from what was promised of the roles, and not taken from the policy:
anonymous 401, the wrong role 403, what may not be seen 404 as if it were not there. A route that nobody listed fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.auth.people import READS_UP_TO, Grant, Label, Role
from archive.catalogue.labels import Labelled
from archive.catalogue.places import Place
from archive.composition import Archive
from archive.settings import load_settings
from metadata.findings import Finding
from metadata.rules import message
from tests.generators.labelled import labelled_delivery
from tests.generators.people import person, signed_in, token

pytestmark = pytest.mark.xdist_group("rights-of-routes")

ROOT, OWN, FOREIGN = "H49", "H49.64", "X01"
DOUBLED, OTHER = "Y02", "Y03"
"""Where doubles are handed in: nobody who lists or counts sees them, in whatever order the tests run."""

# Who may call: a archivist, r reader, u auditor, h head of archive, m administrator, * everybody signed in,
# + everybody. What it is called for: d dossier, f document (file), s delivery, j job, l label of a dossier,
# k label of a document, g agency, w the whole archive, o somebody's open upload, - nothing in particular;
# ~ behind it: what is asked for need not be there (nothing to correct, no such export).
ROUTES = """
GET     /api/v1/openapi.json                                            *      -
GET     /api/v1/health/live                                             +      -
GET     /api/v1/health/ready                                            +      -
POST    /api/v1/submissions                                             a      g
GET     /api/v1/submissions                                             auh    -
GET     /api/v1/submissions/{submission_id}                             auh    s
GET     /api/v1/submissions/{submission_id}/events                      auh    s
GET     /api/v1/submissions/{submission_id}/findings.xlsx               auh    s
GET     /api/v1/submissions/{submission_id}/receipt                     auh    s
GET     /api/v1/submissions/{submission_id}/receipt.html                auh    s
GET     /api/v1/submissions/{submission_id}/statuses                    auh    s
GET     /api/v1/submissions/{submission_id}/lists/dossiers              auh    s
GET     /api/v1/submissions/{submission_id}/lists/minutes               auh    s
POST    /api/v1/submissions/{submission_id}/approval                    h      s
POST    /api/v1/submissions/{submission_id}/return                      h      s
POST    /api/v1/submissions/{submission_id}/resubmission                a      s~
PUT     /api/v1/submissions/{submission_id}/files/{path:path}           a      o
HEAD    /api/v1/submissions/{submission_id}/files/{path:path}           a      o
POST    /api/v1/submissions/{submission_id}/commit                      a      o
DELETE  /api/v1/submissions/{submission_id}                             a      o
OPTIONS /api/v1/submissions/{submission_id}/uploads                     a      o
POST    /api/v1/submissions/{submission_id}/uploads                     a      o
OPTIONS /api/v1/submissions/{submission_id}/uploads/{file_id}           a      o
HEAD    /api/v1/submissions/{submission_id}/uploads/{file_id}           a      o
PATCH   /api/v1/submissions/{submission_id}/uploads/{file_id}           a      o
POST    /api/v1/submissions/{submission_id}/uploads/{file_id}           a      o
DELETE  /api/v1/submissions/{submission_id}/uploads/{file_id}           a      o
GET     /api/v1/jobs                                                    auh    -
GET     /api/v1/jobs/{job_id}                                           auh    j
POST    /api/v1/jobs/{job_id}/cancellation                              ah     j
POST    /api/v1/jobs/{job_id}/retry                                     ah     j
GET     /api/v1/dossiers                                                aruh   -
GET     /api/v1/dossiers/{package_id}                                   aruh   d
GET     /api/v1/dossiers/{package_id}/lists/documents                   aruh   d
GET     /api/v1/documents                                               aruh   -
GET     /api/v1/documents/{package_id}/{ordinal}                        aruh   f
GET     /api/v1/documents/{package_id}/{ordinal}/files/{name:path}      aruh   f
HEAD    /api/v1/documents/{package_id}/{ordinal}/files/{name:path}      aruh   f
GET     /api/v1/documents/{package_id}/{ordinal}/pages/{page}/text      aruh   f
PUT     /api/v1/documents/{package_id}/{ordinal}/pages/{page}/text      a      f
GET     /api/v1/documents/{package_id}/{ordinal}/pages/{page}/text/versions aruh f
GET     /api/v1/documents/{package_id}/{ordinal}/pages/{page}/text/versions/{number} aruh f
GET     /api/v1/documents/{package_id}/{ordinal}/pages/{page}/picture   aruh   f
GET     /api/v1/documents/{package_id}/{ordinal}/pages/{page}/marks     aruh   f
GET     /api/v1/text-reviews                                            a      -
GET     /text-review                                                    a      -
GET     /text-review/{package_id}/{ordinal}/{number}                    a      f
POST    /text-review/{package_id}/{ordinal}/{number}                    a      f
GET     /api/v1/documents/{package_id}/{ordinal}/hits                   aruh   f
GET     /api/v1/search                                                  aruh   -
GET     /api/v1/search/places                                           aruh   -
GET     /api/v1/search/suggest                                          aruh   -
GET     /api/v1/documents/{package_id}/{ordinal}/similar                aruh   f
POST    /api/v1/search/exports                                          aruh   -~
GET     /api/v1/signatures                                              aruh   f
POST    /api/v1/signatures                                              aruh   f
GET     /api/v1/evidence-records                                        auh    -
GET     /api/v1/evidence-records/{package_id}/{ordinal}                 aruh   f
GET     /api/v1/evidence-records/{package_id}/{ordinal}/proof           aruh   f
HEAD    /api/v1/evidence-records/{package_id}/{ordinal}/proof           aruh   f
GET     /api/v1/exports                                                 aruh   -
POST    /api/v1/exports                                                 aruh   d
GET     /api/v1/exports/{export_id}                                     aruh   -~
GET     /api/v1/exports/{export_id}/file                                aruh   -~
HEAD    /api/v1/exports/{export_id}/file                                aruh   -~
GET     /api/v1/exports/{export_id}/files                               aruh   -~
DELETE  /api/v1/exports/{export_id}                                     aruh   -~
GET     /api/v1/authorities                                             auhm   -
GET     /api/v1/authorities/{kind}                                      auhm   -
PUT     /api/v1/authorities/{kind}                                      hm     w
GET     /api/v1/templates                                               *      -
GET     /api/v1/templates/{profile_id}                                  *      -
HEAD    /api/v1/templates/{profile_id}                                  *      -
POST    /api/v1/profile-conversions                                     a      w
GET     /api/v1/profile-conversions/{job_id}                            a      -~
GET     /api/v1/profile-conversions/{job_id}/{result}                   a      -~
HEAD    /api/v1/profile-conversions/{job_id}/{result}                   a      -~
GET     /exports                                                        aruh   -
GET     /exports/progress                                               aruh   -
POST    /exports                                                        aruh   -~
POST    /exports/{export_id}/drop                                       aruh   -~
GET     /evidence                                                       auh    -
GET     /evidence/plan                                                  auh    -
GET     /evidence/{name}                                                auh    -~
GET     /trust                                                          auh    -
GET     /audit                                                          uhm    -
GET     /audit/verification                                             uhm    w
POST    /audit/verification                                             uhm    w
GET     /audit/{number}                                                 uhm    -~
GET     /doctor                                                         uhm    w
POST    /doctor                                                         uhm    w
POST    /api/v1/fixity-checks                                           uhm    w
GET     /api/v1/audit-events                                            uhm    -
GET     /api/v1/audit-events/lines                                      uhm    w
GET     /api/v1/agencies                                                *      -
POST    /api/v1/agencies                                                m      w
PATCH   /api/v1/agencies/{code}                                         m      g
GET     /api/v1/users/{login}/grants                                    uhm    g
PUT     /api/v1/users/{login}/grants                                    m      g
DELETE  /api/v1/users/{login}/grants                                    m      g~
PUT     /api/v1/dossiers/{package_id}/label                             hm     l
PUT     /api/v1/documents/{package_id}/{ordinal}/label                  hm     k
PUT     /api/v1/fonds/label                                             hm     g~
GET     /api/v1/rights/pending                                          uhm    -
POST    /api/v1/rights/{change_id}/confirmation                         hm     g
GET     /api/v1/users                                                   m      w
GET     /api/v1/users/{login}                                           m      w
POST    /api/v1/users                                                   m      w
POST    /api/v1/users/{login}/lock                                      m      w
POST    /api/v1/users/{login}/unlock                                    m      w
POST    /api/v1/users/{login}/reset                                     m      w
GET     /api/v1/users/{login}/sessions                                  m      w
DELETE  /api/v1/users/{login}/sessions                                  m      w
DELETE  /api/v1/users/{login}/sessions/{session_id}                     m      w
GET     /api/v1/users/{login}/tokens                                    m      w
DELETE  /api/v1/users/{login}/tokens/{token_id}                         m      w
GET     /api/v1/me                                                      *      -
GET     /api/v1/me/sessions                                             *      -
DELETE  /api/v1/me/sessions                                             *      -
DELETE  /api/v1/me/sessions/{session_id}                                *      -
GET     /api/v1/me/tokens                                               *      -
POST    /api/v1/me/tokens                                               *      -
DELETE  /api/v1/me/tokens/{token_id}                                    *      -
GET     /api/v1/me/searches                                             aruh   -
POST    /api/v1/me/searches                                             aruh   -
GET     /api/v1/me/searches/{search_id}                                 aruh   -~
PATCH   /api/v1/me/searches/{search_id}                                 aruh   -~
DELETE  /api/v1/me/searches/{search_id}                                 aruh   -~
GET     /                                                               *      -
GET     /help                                                           *      -
GET     /how-to-check                                                   *      -
GET     /preferences                                                    +      -
GET     /holding                                                        aruh   -
GET     /search                                                         aruh   -
POST    /search/exports                                                 aruh   -~
POST    /search/saved                                                   aruh   -~
POST    /search/saved/names                                             aruh   -~
POST    /search/saved/remove                                            aruh   -~
GET     /dossiers/{package_id}                                          aruh   d
GET     /dossiers/{package_id}/events                                   aruh   d
GET     /documents/{package_id}/{ordinal}                               aruh   f
GET     /documents/{package_id}/{ordinal}/text                          aruh   f
GET     /documents/{package_id}/{ordinal}/similar                       aruh   f
GET     /documents/{package_id}/{ordinal}/signatures                    aruh   f
GET     /documents/{package_id}/{ordinal}/signatures/history            aruh   f
GET     /documents/{package_id}/{ordinal}/signatures/revisions          aruh   f~
GET     /documents/{package_id}/{ordinal}/signatures/revisions/{number}.pdf aruh f~
POST    /documents/{package_id}/{ordinal}/signatures/replay             aruh   f
POST    /documents/{package_id}/{ordinal}/signatures/report             aruh   f
GET     /deliveries                                                     auh    -
POST    /deliveries                                                     a      -
GET     /deliveries/{submission_id}/correction                          a      s~
POST    /deliveries/{submission_id}/correction                          a      s~
POST    /deliveries/uploads/{submission_id}/discard                     a      o
GET     /deliveries/{submission_id}                                     auh    s
GET     /deliveries/{submission_id}/progress                            auh    s
POST    /deliveries/{submission_id}/approval                            h      s
POST    /deliveries/{submission_id}/return                              h      s
POST    /deliveries/{submission_id}/retry                               ah     s
GET     /sign-in                                                        +      -
POST    /sign-in                                                        +      -
GET     /sign-in/provider                                               +      -
GET     /sign-in/provider/callback                                      +      -
POST    /sign-in/provider/logout                                        +      -
GET     /sign-in/second-factor                                          *      -
POST    /sign-in/second-factor                                          *      -
POST    /sign-out                                                       *      -
GET     /account                                                        *      -
GET     /account/password                                               *      -
POST    /account/password                                               *      -
GET     /account/second-factor                                          *      -
POST    /account/second-factor                                          *      -
POST    /account/second-factor/codes                                    *      -
POST    /account/second-factor/remove                                   *      -
POST    /account/sessions/end                                           *      -
POST    /account/sessions/{session_id}/end                              *      -
POST    /account/tokens                                                 *      -
POST    /account/tokens/{token_id}/revoke                               *      -
GET     /administration                                                 *      -
GET     /administration/people                                          uhm    -
POST    /administration/people                                          m      w
GET     /administration/people/{login}                                  uhm    g
POST    /administration/people/{login}/lock                             m      w
POST    /administration/people/{login}/unlock                           m      w
POST    /administration/people/{login}/reset                            m      w
POST    /administration/people/{login}/sessions/end                     m      w
POST    /administration/people/{login}/sessions/{session_id}/end        m      w
POST    /administration/people/{login}/tokens/{token_id}/revoke         m      w
POST    /administration/people/roles/give                               m      g
POST    /administration/people/roles/take                               m      g~
GET     /administration/agencies                                        uhm    -
POST    /administration/agencies                                        m      w
GET     /administration/agencies/{code}                                 uhm    g
POST    /administration/agencies/{code}                                 m      g
GET     /administration/labels                                          uhm    -
POST    /administration/labels                                          hm     l
GET     /administration/changes                                         uhm    -
POST    /administration/changes/{change_id}/confirm                     hm     g
GET     /administration/policy                                          uhm    -
GET     /administration/jobs                                            auh    -
GET     /administration/jobs/rows                                       auh    -
GET     /administration/jobs/{job_id}                                   auh    j
POST    /administration/jobs/{job_id}/retry                             ah     j
POST    /administration/jobs/{job_id}/cancel                            ah     j
"""

LETTERS = {
    "a": Role.ARCHIVIST,
    "r": Role.READER,
    "u": Role.AUDITOR,
    "h": Role.HEAD,
    "m": Role.ADMINISTRATOR,
}
READS = {
    Role.ARCHIVIST: {Label.PUBLIC, Label.INTERNAL, Label.RESTRICTED},
    Role.READER: {Label.PUBLIC, Label.INTERNAL},
    Role.AUDITOR: set(Label),
    Role.HEAD: set(Label),
    Role.ADMINISTRATOR: set(),
}
"""What each role reads where a grant says nothing else."""

SLOW = frozenset({"/api/v1/signatures", "/documents/{package_id}/{ordinal}/signatures/replay"})
"""Judge signatures in a worker: what is allowed is called once a role."""


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    who: str
    told: str

    @property
    def what(self) -> str:
        return self.told.removesuffix("~")

    @property
    def roles(self) -> set[Role]:
        return set(Role) if self.who in "*+" else {LETTERS[letter] for letter in self.who}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


LISTED = [Route(*line.split()) for line in ROUTES.strip().splitlines()]


@dataclass(frozen=True)
class Held:
    """One dossier with one document, and the delivery that brought it."""

    package_id: str
    submission_id: str
    job_id: str
    label: Label
    file: str = "rep1/x.pdf"


@dataclass
class World:
    archive: Archive
    application: FastAPI
    client: TestClient
    held: dict[Label, Held]
    foreign: Held
    mixed: Held
    upload: str
    change: str
    known: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def headers(self, role: Role, agency: str) -> Mapping[str, str]:
        login = f"{role.value}.{agency.lower()}"
        if login not in self.known:
            self.known[login] = signed_in(self.archive, login, (Grant(role, agency, READS_UP_TO[role]),))
        return self.known[login]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("rights")
    told = {"LUUTRU_HOME": str(folder / "home"), "LUUTRU_WORKERS": "1", "LUUTRU_AGENCY": OWN}
    options = load_settings(told | {"LUUTRU_SERVE__REQUESTS_A_MINUTE": "1000000", "LC_ALL": "C.UTF-8"})
    Archive.make(options)
    with Archive(options) as archive:
        for code, parent in ((ROOT, ""), (OWN, ROOT), (FOREIGN, "")):
            archive.rights.put_agency(code, parent=parent, by="test")
        deliveries = {
            "public": (OWN, ("Công khai", "Công khai")),
            "internal": (OWN, ("", "")),
            "restricted": (OWN, ("Hạn chế", "")),
            "confidential": (OWN, ("Hạn chế", "")),
            "mixed": (OWN, ("", "", "Hạn chế")),
            "foreign": (FOREIGN, ("", "")),
        }
        made = {}
        for name, (agency, modes) in deliveries.items():
            path = labelled_delivery(folder / name, f"HS.{name}", *modes)
            made[name] = archive.submissions.open(path, operator="ai.do", agency=agency)
        archive.work_off(list(made.values()))
        closed = Labelled.of_place(Place(_held(archive, made["confidential"]).package_id))
        archive.rights.label(closed, Label.CONFIDENTIAL, "for the test", by="test")
        archive.indexing.catch_up()
        person(archive, "someone", ())
        change = archive.rights.grant("someone", Role.READER, OWN, by="test")["change"]
        application = make_application(archive)
        sender = signed_in(archive, "sender", (Grant(Role.ARCHIVIST, OWN, Label.RESTRICTED),))
        held = {name: _held(archive, submission_id) for name, submission_id in made.items()}
        by_label = {label: held[label.value] for label in Label}
        with TestClient(application, base_url="http://127.0.0.1", follow_redirects=False) as client:
            opened = client.post("/api/v1/submissions", json={"name": "x"}, headers=dict(sender)).json()
            upload = opened["submission_id"]
            yield World(archive, application, client, by_label, held["foreign"], held["mixed"], upload, change)


def _held(archive: Archive, submission_id: str) -> Held:
    (job,) = archive.journal.of_submission(submission_id)
    assert job.result is not None
    assert job.result.value == "archived", (job.findings, job.error)
    label = archive.catalogue.labels(job.package_id)[1]
    (record,) = archive.catalogue.records(job.package_id)
    name = record.documents[0].originals[0].path.rsplit("/", maxsplit=1)[-1]
    return Held(job.package_id, submission_id, job.id, label, f"rep1/{name}")


# ------------------------------------------------------------ asking


def _request(world: World, route: Route, thing: Held, agency: str) -> tuple[str, dict[str, Any]]:
    """Address and body of a call that does no harm if it is let through."""
    submission = world.upload if route.what == "o" else thing.submission_id
    places = {
        "{submission_id}": submission,
        "{package_id}": thing.package_id,
        "{ordinal}": "1",
        "{job_id}": thing.job_id,
        "{name:path}": thing.file,
        "{export_id}": "00000000-0000-4000-8000-000000000000",
        "{kind}": "fonds",
        "{profile_id}": "tt-05-2025",
        "{result}": "report",
        "{number}": "1",
        "{path:path}": "a.pdf",
        "{file_id}": "0" * 32,
        "{page}": "1",
        "{code}": agency,
        "{login}": "someone",
        "{change_id}": world.change,
        "{session_id}": "00000000-0000-4000-8000-000000000000",
        "{token_id}": "00000000-0000-4000-8000-000000000000",
        "{search_id}": "00000000-0000-4000-8000-000000000000",
    }
    path = route.path
    for name, value in places.items():
        path = path.replace(name, value)
    label = {"label": thing.label.value, "reason": "as it is"}
    someone = {"login": "someone", "role": "reader", "agency": agency}
    # Of a page that nobody has seen: who is let through is told that it is another one by now.
    unseen = {"json": {"confirmed": True}, "headers": {"If-Match": '"x"'}}
    bodies: dict[tuple[str, str], dict[str, Any]] = {
        ("PUT", "/api/v1/documents/{package_id}/{ordinal}/pages/{page}/text"): unseen,
        ("POST", "/text-review/{package_id}/{ordinal}/{number}"): {"data": {"do": "confirm", "tag": "x"}},
        ("POST", "/api/v1/submissions"): {"json": {"name": "x"}, "params": {"agency": OWN}},
        ("GET", "/api/v1/documents"): {"params": {"code": thing.package_id}},
        ("GET", "/api/v1/documents/{package_id}/{ordinal}/hits"): {"params": {"q": "báo cáo"}},
        ("GET", "/api/v1/documents/{package_id}/{ordinal}/pages/{page}/marks"): {"params": {"q": "báo cáo"}},
        ("GET", "/api/v1/signatures"): {"params": {"package_id": thing.package_id, "ordinal": 1}},
        ("POST", "/api/v1/signatures"): {"json": {"package_id": thing.package_id, "ordinal": 1}},
        ("POST", "/api/v1/fixity-checks"): {"json": {"ids": [thing.package_id]}},
        ("POST", "/api/v1/submissions/{submission_id}/return"): {"json": {"reason": "no"}},
        ("POST", "/api/v1/submissions/{submission_id}/resubmission"): {"json": {"reason": "no", "corrections": []}},
        ("POST", "/deliveries/{submission_id}/return"): {"data": {"reason": "no"}},
        ("POST", "/administration/people"): {"data": {"login": "new.person"}},
        ("POST", "/administration/people/roles/give"): {"data": someone},
        ("POST", "/administration/people/roles/take"): {"data": {**someone, "role": "auditor"}},
        ("POST", "/administration/agencies"): {"data": {"code": "Z09"}},
        ("POST", "/administration/labels"): {"data": {"id": thing.package_id, **label}},
        ("POST", "/api/v1/agencies"): {"json": {"code": "Z09"}},
        ("PATCH", "/api/v1/agencies/{code}"): {"json": {}},
        ("POST", "/api/v1/exports"): {"json": {"id": thing.package_id, "as": "original"}},
        ("POST", "/api/v1/profile-conversions"): {"json": {"from": "02-2019", "to": "05-2025"}},
        ("PUT", "/api/v1/authorities/{kind}"): {"content": b"x"},
        ("PUT", "/api/v1/users/{login}/grants"): {"json": {"role": "reader", "agency": agency}},
        ("DELETE", "/api/v1/users/{login}/grants"): {"params": {"role": "auditor", "agency": agency}},
        ("PUT", "/api/v1/dossiers/{package_id}/label"): {"json": label},
        ("PUT", "/api/v1/documents/{package_id}/{ordinal}/label"): {"json": label},
        ("PUT", "/api/v1/fonds/label"): {"json": {"agency": agency, "fonds": "none", **label}},
        ("POST", "/api/v1/users"): {"json": {"login": "new.person", "name": "New"}},
        ("POST", "/api/v1/users/{login}/reset"): {"json": {}},
        ("POST", "/api/v1/me/tokens"): {"json": {"name": "x"}},
        ("POST", "/api/v1/me/searches"): {"json": {"name": "x", "search": {"q": "x"}}},
        ("POST", "/api/v1/search/exports"): {"json": {"q": "khongcodauhet", "as": "xlsx"}},
    }
    more = bodies.get((route.method, route.path), {})
    if "/lists/" in path:
        more = {"params": {"format": "xlsx"}}
    if "/uploads" in path:
        more = {"headers": {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Offset": "0"}}
    return path, more


def _ask(world: World, route: Route, thing: Held, agency: str, headers: Mapping[str, str]) -> Any:  # noqa: ANN401 - a response
    path, more = _request(world, route, thing, agency)
    more = {**more, "headers": {**more.get("headers", {}), **headers}}
    return world.client.request(route.method, path, **more)


# ------------------------------------------------------------ promises


def test_every_route_is_listed(world: World) -> None:
    known = {(route.method, route.path) for route in LISTED}
    there = set()
    for found in iter_route_contexts(world.application.routes):
        methods = getattr(found, "methods", None)
        if methods is None:
            assert found.path == "/static", "a mount that nobody listed"
            continue
        there |= {(method, found.path) for method in methods}
    # FastAPI's own route of the schema answers HEAD too.
    there -= {("HEAD", "/api/v1/openapi.json")}
    assert there == known


@pytest.mark.parametrize("route", LISTED, ids=str)
def test_nobody_is_told_anything(world: World, route: Route) -> None:
    answer = _ask(world, route, world.held[Label.PUBLIC], OWN, {})
    if route.who == "+":
        assert answer.status_code not in {401, 500}
    elif route.path.startswith("/api/"):
        assert answer.status_code == 401
        assert route.method == "HEAD" or answer.json()["code"] == "api.unauthenticated"
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("route", [route for route in LISTED if route.who != "+"], ids=str)
def test_each_role_may_what_was_promised_and_sees_what_it_may(world: World, route: Route) -> None:
    for role in Role:
        near, far = world.headers(role, ROOT), world.headers(role, FOREIGN)
        things = world.held.values() if route.what in "dfsjlk" else [world.held[Label.PUBLIC]]
        asked = False
        for thing in things:
            expected = _expected(route, role, thing)
            if expected == "ok" and route.path in SLOW and asked:
                continue
            asked = asked or expected == "ok"
            answer = _ask(world, route, thing, OWN, near)
            _check(route, answer, expected, (role.value, thing.label.value))
        expected = _abroad(route, role)
        answer = _ask(world, route, world.held[Label.PUBLIC], OWN, far)
        _check(route, answer, expected, (role.value, "of another agency"))


def _expected(route: Route, role: Role, thing: Held) -> str:
    """For who has the role over the agency above the thing's."""
    if role not in route.roles:
        return "role"
    if route.who == "*":
        return "any"
    if route.what in "dfsj" and thing.label not in READS[role]:
        return "hidden"
    if route.what == "o":
        return "hidden"
    if route.what == "w":
        return "role"
    return "ok"


def _abroad(route: Route, role: Role) -> str:
    """For who has the role over another agency only."""
    if role not in route.roles:
        return "role"
    if route.who == "*":
        return "any"
    if route.what in "dfsjlkgo":
        return "hidden"
    return "role" if route.what == "w" else "ok"


def _check(route: Route, answer: Any, expected: str, told: tuple[str, ...]) -> None:  # noqa: ANN401 - a response
    status = answer.status_code
    told = (str(route), *told)
    assert status < 500, (told, answer.text[-900:])
    if expected == "ok":
        refused = status in {401, 403} or (status == 404 and not route.told.endswith("~"))
        assert not refused, (told, status, answer.text[:500])
        assert not answer.headers.get("location", "").startswith("/sign-in"), told
    if expected == "role":
        assert status == 403, (told, status, answer.text[:500])
    if expected == "hidden":
        assert status == 404, (told, status, answer.text[:500])
    if expected == "any":
        assert status != 401, (told, status)


OBJECTS = [route for route in LISTED if route.what in "dfsj" and route.method != "HEAD"]


@pytest.mark.parametrize("route", OBJECTS, ids=str)
def test_what_may_not_be_seen_is_answered_as_what_is_not_there(world: World, route: Route) -> None:
    role = next(role for role in Role if role in route.roles)
    headers = world.headers(role, FOREIGN)
    nothing = "00000000-0000-4000-8000-00000000dead"
    thing = world.held[Label.PUBLIC]
    hidden = _ask(world, route, thing, OWN, headers)
    absent = _ask(world, route, Held(nothing, nothing, nothing, Label.PUBLIC, thing.file), OWN, headers)
    same = hidden.text
    for own in (thing.package_id, thing.submission_id, thing.job_id):
        same = same.replace(own, nothing)
    assert (hidden.status_code, same) == (absent.status_code, absent.text)


# ------------------------------------------------------------ lists, counts, hits


def test_lists_and_searches_show_and_count_what_may_be_seen(world: World) -> None:
    seen = {
        Role.READER: {Label.PUBLIC, Label.INTERNAL},
        Role.ARCHIVIST: {Label.PUBLIC, Label.INTERNAL, Label.RESTRICTED},
        Role.HEAD: set(Label),
    }
    for role, labels in seen.items():
        headers = dict(world.headers(role, ROOT))
        ids = {world.held[label].package_id for label in labels} | {world.mixed.package_id}
        listed = world.client.get("/api/v1/dossiers", headers=headers).json()["items"]
        assert {row["package_id"] for row in listed} == ids, role
        documents = 2 if Label.RESTRICTED in labels else 1
        assert next(r for r in listed if r["package_id"] == world.mixed.package_id)["documents"] == documents
        found = world.client.get("/api/v1/search", params={"q": "mật danh", "limit": 100}, headers=headers).json()
        assert found["total"] == len(found["items"]) == len(labels) + documents, role
        assert {hit["package_id"] for hit in found["items"]} == ids
        page = world.client.get("/search", params={"q": "mật danh"}, headers=headers).text
        for label in Label:
            assert (f"HS.{label.value}" in page) is (label in labels), (role, label)
        home = world.client.get("/", headers=headers).text
        assert "HS.foreign" not in home
        for label in set(Label) - labels:
            assert f"HS.{label.value}" not in home
        codes = {row["code"] for row in world.client.get("/api/v1/agencies", headers=headers).json()["items"]}
        assert codes == {ROOT, OWN}
    abroad = dict(world.headers(Role.READER, FOREIGN))
    assert world.client.get("/api/v1/search", params={"q": "mật danh"}, headers=abroad).json()["total"] == 1
    assert [row["package_id"] for row in world.client.get("/api/v1/dossiers", headers=abroad).json()["items"]] == [
        world.foreign.package_id
    ]


def test_deliveries_and_jobs_are_listed_as_far_as_they_may_be_seen(world: World) -> None:
    headers = dict(world.headers(Role.ARCHIVIST, ROOT))
    closed = world.held[Label.CONFIDENTIAL]
    ids = {row["submission_id"] for row in world.client.get("/api/v1/submissions", headers=headers).json()["items"]}
    assert world.held[Label.RESTRICTED].submission_id in ids
    assert not ids & {closed.submission_id, world.foreign.submission_id}
    jobs = {row["job_id"] for row in world.client.get("/api/v1/jobs", headers=headers).json()["items"]}
    assert world.held[Label.RESTRICTED].job_id in jobs
    assert not jobs & {closed.job_id, world.foreign.job_id}
    page = world.client.get("/deliveries", headers=headers).text
    assert world.held[Label.RESTRICTED].submission_id in page
    assert closed.submission_id not in page


def test_a_dossier_is_told_without_the_documents_that_may_not_be_seen(world: World) -> None:
    path = f"/api/v1/dossiers/{world.mixed.package_id}"
    whole = world.client.get(path, headers=dict(world.headers(Role.HEAD, ROOT))).json()
    part = world.client.get(path, headers=dict(world.headers(Role.READER, ROOT))).json()
    assert [document["ordinal"] for document in whole["documents"]] == [1, 2]
    assert whole["sources"]
    assert [document["ordinal"] for document in part["documents"]] == [1]
    assert not part["sources"], "the sheet describes all documents"
    assert not part["events"]
    hidden = f"/api/v1/documents/{world.mixed.package_id}/2"
    assert world.client.get(hidden, headers=dict(world.headers(Role.READER, ROOT))).status_code == 404


def test_a_narrowed_token_does_no_more_than_it_was_narrowed_to(world: World) -> None:
    grants = (Grant(Role.ARCHIVIST, ROOT, Label.RESTRICTED),)
    secret = token(world.archive, "narrow", grants, scopes=["submit"])
    headers = {"Authorization": f"Bearer {secret}"}
    assert world.client.get("/api/v1/submissions", headers=headers).status_code == 200
    refused = world.client.get("/api/v1/dossiers", headers=headers)
    assert refused.status_code == 403
    assert refused.json()["code"] == "rights.refused"


def test_rights_are_given_labelled_and_confirmed_over_http(world: World) -> None:
    person(world.archive, "new.reader", ())
    headers = dict(signed_in(world.archive, "new.reader", ()))
    granter = dict(world.headers(Role.ADMINISTRATOR, ROOT))
    thing = world.held[Label.INTERNAL]
    assert world.client.get(f"/api/v1/dossiers/{thing.package_id}", headers=headers).status_code == 403
    grant = {"role": "reader", "agency": OWN, "up_to": "internal"}
    given = world.client.put("/api/v1/users/new.reader/grants", json=grant, headers=granter).json()
    assert given["status"] == "granted"
    assert world.client.get(f"/api/v1/dossiers/{thing.package_id}", headers=headers).status_code == 403, "gained"
    headers = dict(signed_in(world.archive, "new.reader", ()))
    shown = world.client.get(f"/api/v1/dossiers/{thing.package_id}", headers=headers)
    assert (shown.status_code, shown.json()["label"]) == (200, "internal")

    own = world.client.put(f"/api/v1/users/administrator.{ROOT.lower()}/grants", json=grant, headers=granter)
    assert own.status_code == 403, "nobody gives rights to themselves"
    waiting = world.client.get("/api/v1/rights/pending?limit=200", headers=granter).json()["items"]
    mine = next(change for change in waiting if change["id"] == given["change"])
    assert mine["confirmable"] is False
    assert world.client.post(mine["href"], headers=granter).status_code == 403, "who made the change"
    head = dict(world.headers(Role.HEAD, ROOT))
    assert world.client.post(mine["href"], headers=head).json()["confirmed_by"] == f"head.{ROOT.lower()}"
    waiting = world.client.get("/api/v1/rights/pending?limit=200", headers=granter).json()["items"]
    assert given["change"] not in {change["id"] for change in waiting}

    said = {"label": "restricted", "reason": "holds names"}
    path = f"/api/v1/documents/{world.mixed.package_id}/1"
    assert world.client.get(path, headers=headers).status_code == 200
    assert world.client.put(f"{path}/label", json=said, headers=head).json()["effective"] == "restricted"
    assert world.client.get(path, headers=headers).status_code == 404
    found = world.client.get("/api/v1/search", params={"q": "mật danh", "limit": 100}, headers=headers).json()
    assert world.mixed.package_id not in {hit["package_id"] for hit in found["items"]}
    said = {"label": "public", "reason": "a mistake"}
    back = world.client.put(f"{path}/label", json=said, headers=head).json()
    assert back["effective"] == "internal", "never more open than its dossier"
    world.archive.indexing.catch_up()


# ------------------------------------------------------------ the trail


def test_reads_of_closed_documents_and_refusals_are_events(world: World) -> None:
    closed = world.held[Label.RESTRICTED].package_id
    world.client.get(f"/api/v1/documents/{closed}/1", headers=dict(world.headers(Role.ARCHIVIST, ROOT)))
    looked = _events(world, "access", subject=closed)
    assert f"person:archivist.{ROOT.lower()}" in {event["agent"] for event in looked}
    reader = signed_in(world.archive, "curious", (Grant(Role.READER, ROOT, Label.INTERNAL),))
    world.client.get(f"/api/v1/documents/{closed}/1", headers=dict(reader))
    world.client.get("/api/v1/audit-events", headers=dict(reader))
    events = _events(world, "access refusal")
    mine = [event for event in events if event["agent"] == "person:curious"]
    assert {event["detail"]["why"] for event in mine} == {"outside", "role"}
    assert closed not in str(mine), "the trail does not tell that it is there either"


def test_no_browser_keeps_a_closed_file(world: World) -> None:
    headers = dict(world.headers(Role.HEAD, ROOT))
    kept = {}
    for label, held in world.held.items():
        address = f"/api/v1/documents/{held.package_id}/1/files/{held.file}"
        whole = world.client.get(address, headers=headers)
        part = world.client.get(address, headers=headers | {"Range": "bytes=0-9"})
        assert (whole.status_code, part.status_code) == (200, 206)
        kept[label] = {whole.headers["Cache-Control"], part.headers["Cache-Control"]}
    asked, never = {"private, no-cache"}, {"private, no-store"}
    assert [kept[label] for label in Label] == [asked, asked, never, never]


def test_what_a_browser_kept_is_worth_nothing_without_the_right_to_read_it(world: World) -> None:
    held = world.held[Label.PUBLIC]
    address = f"/api/v1/documents/{held.package_id}/1/files/{held.file}"
    grant = Grant(Role.READER, "*", Label.PUBLIC)
    headers = dict(signed_in(world.archive, "moved.away", (grant,)))
    tag = {"If-None-Match": world.client.get(address, headers=headers).headers["ETag"]}
    assert world.client.get(address, headers=headers | tag).status_code == 304
    account = world.archive.desk.people.account("moved.away")
    with world.archive.trail.transaction() as connection:
        world.archive.desk.granting.take(connection, account.id, grant.role, grant.agency)
    gone = world.client.get(address, headers=headers | tag)
    assert gone.status_code == 403
    assert gone.headers["Cache-Control"] == "no-store"


def _events(world: World, kind: str, **more: str) -> list[dict[str, Any]]:
    """Events of that type, as an auditor of the whole archive reads them."""
    headers = dict(signed_in(world.archive, "watching", (Grant(Role.AUDITOR, "*", Label.CONFIDENTIAL),)))
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        params = {"type": kind, "limit": "200", **more, **cursor}
        page = world.client.get("/api/v1/audit-events", params=params, headers=headers).json()
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = {"cursor": page["next"]}


def test_an_agency_that_is_not_ones_own_is_answered_as_one_that_nobody_knows(world: World) -> None:
    headers = dict(world.headers(Role.ARCHIVIST, FOREIGN))
    told = []
    for code in (OWN, "NOWHERE"):
        answer = world.client.post("/api/v1/submissions", params={"agency": code}, json={"name": "x"}, headers=headers)
        told.append((answer.status_code, answer.text.replace(code, "")))
    assert told[0] == told[1]
    assert told[0][0] == 404


def test_the_whole_holding_is_converted_only_by_who_may_read_all_of_it(world: World) -> None:
    said = {"from": "02-2019", "to": "05-2025"}
    told = {}
    for label in Label:
        headers = signed_in(world.archive, f"whole.{label}", (Grant(Role.ARCHIVIST, "*", label),))
        told[label] = world.client.post("/api/v1/profile-conversions", json=said, headers=dict(headers)).status_code
    assert told == {**dict.fromkeys(Label, 403), Label.CONFIDENTIAL: 202}


@pytest.fixture(scope="module")
def doubled(world: World, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Brings a dossier and a restricted one of which doubles will come; the id of the restricted one."""
    ids = []
    for code in (DOUBLED, OTHER):
        world.archive.rights.put_agency(code, parent="", by="test")
    for code, mode in (("HS.once", ""), ("HS.closed", "Hạn chế")):
        folder = labelled_delivery(tmp_path_factory.mktemp("doubled") / code, code, mode, "")
        ids.append(world.archive.submissions.open(folder, operator="ai.do", agency=DOUBLED))
    world.archive.work_off(ids)
    return _held(world.archive, ids[1]).package_id


@pytest.mark.usefixtures("doubled")
def test_findings_name_no_double_that_another_agency_holds(world: World, tmp_path: Path) -> None:
    told = {}
    for agency in (DOUBLED, OTHER):
        # The bytes are those of the dossier that both hold; only one of them is the delivery's own agency.
        folder = labelled_delivery(tmp_path / agency, "HS.once", "", "")
        sheet = folder / "muc-luc.csv"
        sheet.write_bytes(sheet.read_bytes().replace(b"HS.once,", f"HS.double.{agency},".encode()))
        submission_id = world.archive.submissions.open(folder, operator="ai.do", agency=agency)
        world.archive.work_off([submission_id])
        (job,) = world.archive.journal.of_submission(submission_id)
        told[agency] = [finding.values["place"] for finding in job.findings if finding.rule == "ING-050"]
    assert told == {DOUBLED: ["HS.once/1"], OTHER: []}


@pytest.mark.parametrize(
    ("login", "reads", "mode", "named"),
    [
        ("small", Label.INTERNAL, "Hạn chế", False),
        ("large", Label.RESTRICTED, "", False),
        ("grand", Label.RESTRICTED, "Hạn chế", True),
    ],
    ids=["who sends may not see it", "who reads what is sent may not", "both may"],
)
def test_findings_name_no_double_that_their_readers_may_not_see(  # noqa: PLR0917 - four words of a case
    world: World, doubled: str, tmp_path: Path, login: str, reads: Label, mode: str, named: bool
) -> None:
    """The bytes, and the code, of a dossier that is restricted."""
    archive = world.archive
    signed_in(archive, login, (Grant(Role.ARCHIVIST, DOUBLED, reads),))
    found: dict[str, list[Finding]] = {"ING-050": [], "SUB-001": []}
    for code in (f"HS.again.{login}", "HS.closed"):
        folder = labelled_delivery(tmp_path / code, "HS.closed", mode, mode)
        sheet = folder / "muc-luc.csv"
        sheet.write_bytes(sheet.read_bytes().replace(b"HS.closed,", f"{code},".encode()))
        if code == "HS.closed":
            (folder / "1.pdf").write_bytes((folder / "1.pdf").read_bytes() + login.encode())
        submission_id = archive.submissions.open(folder, operator=login, agency=DOUBLED)
        archive.work_off([submission_id])
        (job,) = archive.journal.of_submission(submission_id)
        for finding in job.findings:
            found.get(finding.rule, []).append(finding)
    double = next(one for one in found["ING-050"] if one.values["place"] == ("HS.closed/1" if named else ""))
    (taken,) = found["SUB-001"]
    assert taken.values == {"package_id": doubled if named else ""}
    for language, words in (("vi", "không được xem"), ("en", "may not see")):
        assert (words in message(double, language)) is not named
        assert (doubled in message(taken, language)) is named
        assert ("HS.closed/1" in str(found)) is named
