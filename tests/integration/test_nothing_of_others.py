"""What one could learn of other agencies and their people by asking: nothing, not even by counting or trying."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from archive.auth.people import EVERYWHERE, READS_UP_TO, Grant, Role
from archive.catalogue.tables import dossiers
from archive.composition import Archive
from archive.settings import load_settings
from metadata.authorities.entries import AuthorityKind
from tests.generators.people import person, signed_in
from tests.generators.sign_ins import browser_of

FONDS = (
    "code,name,archive\nP.H49.64,Phông A,H49\nP.V01,Phông B,V01\nP.held,Phông C,\nP.both,Phông D,V01\n"
    "P.far,Phông E,LTLS\nP.none,Phông F,\n"
)
PLACES = "code,name,parent,archive\nK1,Kho 1,,H49\nK1-1,Giá 1,K1,\nK2,Kho 2,,V01\nK2-1,Giá 2,K2,\nK3,Kho 3,,\n"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    options = load_settings({"LUUTRU_HOME": str(tmp_path_factory.mktemp("others") / "home"), "LUUTRU_WORKERS": "1"})
    Archive.make(options)
    with Archive(options) as archive:
        for code, parent in (("H49", ""), ("H49.64", "H49"), ("V01", ""), ("H49.elsewhere", "V01")):
            archive.rights.put_agency(code, parent=parent, by="test")
        archive.authorities.take(AuthorityKind.FONDS, FONDS.encode(), "fonds.csv", operator="test")
        archive.authorities.take(AuthorityKind.PLACES, PLACES.encode(), "places.csv", operator="test")
        held = (("V01", "P.held"), ("V01", "P.both"), ("H49.64", "P.both"))
        with archive.database.transaction() as connection:
            for number, (agency, fonds) in enumerate(held):
                row = {"agency": agency, "fonds": fonds, "file_code": f"{number}", "title": "x", "documents": 0}
                values = {column.name: "" for column in dossiers.c if not column.nullable} | row
                connection.execute(dossiers.insert().values(**values | {"package_id": f"{number}"}))
        yield archive


@pytest.fixture(scope="module")
def client(archive: Archive) -> Iterator[TestClient]:
    with closing(browser_of(archive)) as browser:
        yield browser


def asking(archive: Archive, role: Role, agency: str) -> dict[str, str]:
    login = f"{role.value}.{agency.lower().replace('*', 'all')}"
    return dict(signed_in(archive, login, (Grant(role, agency, READS_UP_TO[role]),)))


def codes(client: TestClient, kind: str, headers: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get(f"/api/v1/authorities/{kind}", params={"limit": "1", **cursor}, headers=headers).json()
        # The program brings rows of its own.
        found += [row["code"] for row in page["items"] if row["code"][:2] in {"P.", "K1", "K2", "K3"}]
        assert len(page["items"]) == 1, "no page tells by its gaps what was left out"
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def test_fonds_and_places_of_other_agencies_are_not_listed(archive: Archive, client: TestClient) -> None:
    everything = asking(archive, Role.ARCHIVIST, EVERYWHERE)
    assert len(codes(client, "fonds", everything)) == 6
    assert len(codes(client, "places", everything)) == 5
    own = asking(archive, Role.ARCHIVIST, "H49")
    assert codes(client, "fonds", own) == ["P.H49.64", "P.both", "P.far", "P.none"]
    assert codes(client, "places", own) == ["K1", "K1-1", "K3"]
    other = asking(archive, Role.ARCHIVIST, "V01")
    assert codes(client, "fonds", other) == ["P.V01", "P.both", "P.far", "P.held", "P.none"]
    assert codes(client, "places", other) == ["K2", "K2-1", "K3"]


def test_people_who_do_nothing_here_are_told_like_nobody(archive: Archive, client: TestClient) -> None:
    person(archive, "someone", ())
    archive.rights.grant("someone", Role.READER, "V01", by="test")
    part, whole = asking(archive, Role.ADMINISTRATOR, "H49"), asking(archive, Role.ADMINISTRATOR, EVERYWHERE)
    for method, params in (("GET", {}), ("DELETE", {"role": "reader", "agency": "H49"})):
        told = set()
        for login in ("someone", "nobody"):
            answer = client.request(method, f"/api/v1/users/{login}/grants", headers=part, params=params)
            told.add((answer.status_code, answer.text.replace(login, "")))
        assert len(told) == 1, told
        assert next(iter(told))[0] == 404
    assert [row["agency"] for row in client.get("/api/v1/users/someone/grants", headers=whole).json()["items"]] == [
        "V01"
    ]
    person(archive, "idle", ())
    assert client.get("/api/v1/users/idle/grants", headers=whole).json()["items"] == []
    assert client.get("/api/v1/users/nobody/grants", headers=whole).status_code == 404
    archive.rights.grant("someone", Role.READER, "H49.64", by="test")
    assert [row["agency"] for row in client.get("/api/v1/users/someone/grants", headers=part).json()["items"]] == [
        "H49.64"
    ]


def test_what_waits_elsewhere_leaves_no_trace_in_pages_and_cursors(archive: Archive, client: TestClient) -> None:
    part = asking(archive, Role.AUDITOR, "H49")
    for number in range(9):
        agency = "H49.64" if number % 3 == 2 else "V01"
        person(archive, f"waiting{number}", ())
        archive.rights.grant(f"waiting{number}", Role.READER, agency, by="waits")
    hidden = [change for change in archive.rights.pending(200) if change.detail.get("agency") == "V01"]
    assert len(hidden) >= 6
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/api/v1/rights/pending", params={"limit": "1", **cursor}, headers=part).json()
        assert len(page["items"]) == 1
        seen += [row["subject"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
        plain = base64.urlsafe_b64decode(page["next"] + "==").decode()
        assert not any(change.id in plain for change in hidden)
    assert {f"person/waiting{number}" for number in (2, 5, 8)} <= set(seen)
    assert not {f"person/waiting{number}" for number in (0, 1, 3, 4, 6, 7)} & set(seen)


def test_whether_a_code_is_taken_elsewhere_is_not_told_by_trying(archive: Archive, client: TestClient) -> None:
    part = asking(archive, Role.ADMINISTRATOR, "H49")

    def tried(code: str, parent: str = "H49") -> tuple[int, str]:
        answer = client.post("/api/v1/agencies", json={"code": code, "parent": parent}, headers=part)
        return answer.status_code, answer.text.replace(code, "")

    assert tried("V01") == tried("V99")
    assert tried("V01")[0] == 403
    assert tried("V01", "V01")[0] == tried("V99", "V98")[0] == 404
    assert tried("H49.elsewhere")[0] == 403
    assert tried("H49.new")[0] == 201
    assert tried("H49.new")[0] == 200
    assert archive.permits.sights.path("H49.elsewhere") == ("V01", "H49.elsewhere")
    whole = asking(archive, Role.ADMINISTRATOR, EVERYWHERE)
    assert client.post("/api/v1/agencies", json={"code": "G05"}, headers=whole).status_code == 201
    there = client.post("/api/v1/agencies", json={"code": "Sở⁄1 ?#%"}, headers=whole).headers["location"]
    assert client.patch(there, json={"name": "Sở một"}, headers=whole).json()["code"] == "Sở⁄1 ?#%"
