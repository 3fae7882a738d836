"""Roles, agencies and labels by command; what comes back from storage alone; the second person."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from archive.auth.people import LOCAL_OPERATOR, Grant, Label, Person, Role
from archive.auth.policy import ALL, Action, decide, scope_of
from archive.catalogue.labels import Labelled
from archive.catalogue.places import Place
from archive.services.permits import RefusedError
from search.ports import SearchRequest
from tests.fixtures.homes import CommandLine, made_home
from tests.generators.deliveries import AGENCY, PaperMill, make_delivery
from tests.generators.people import of_home

pytestmark = pytest.mark.xdist_group("rights-commands")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Path:
    folder = tmp_path_factory.mktemp("rights")
    command = made_home(folder / "home", mill)
    command.json("ingest", make_delivery(folder / "giao-nop", mill, documents=1).path)
    return command.home


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> CommandLine:
    """A home with one archived dossier of one document."""
    return CommandLine(shutil.copytree(filled, tmp_path / "home", symlinks=True))


def _package(command: CommandLine) -> str:
    with of_home(command.home) as archive:
        (row,) = archive.catalogue.dossiers(10, within=ALL)
        return str(row["package_id"])


def _label(command: CommandLine, identifier: str) -> str:
    (line,) = command.json("label", "show", identifier)
    return str(line["label"])


def test_labels_and_the_tree_come_back_from_storage_alone(home: CommandLine) -> None:
    package = _package(home)
    assert _label(home, package) == "public", "its description says so"
    home.json("agency", "add", "H49", "--name", "Tỉnh")
    home.json("agency", "move", AGENCY, "--parent", "H49")
    home.json("label", "set", package, "restricted", "--reason", "holds names")
    (set_,) = home.json("label", "set", f"{package}/1", "confidential", "--reason", "holds more names")
    assert (set_["effective"], set_.get("change")) == ("confidential", None), "a closed label alarms nobody"
    (opened,) = home.json("label", "set", package, "public", "--reason", "the term is over")
    assert opened["effective"] == "public"
    pending = home.json("rights", "pending")
    assert {line["kind"] for line in pending} == {"agency", "label"}
    tree = home.json("agency", "list")

    shutil.rmtree(home.home / "database")
    home.json("init")
    assert home.json("catalogue", "rebuild")
    assert _label(home, package) == "public"
    assert _label(home, f"{package}/1") == "confidential"
    assert home.json("agency", "list") == tree
    again = home.json("rights", "pending")
    assert [line["id"] for line in again] == [line["id"] for line in pending], "nobody has confirmed it meanwhile"


def test_a_label_bears_upon_all_below_it_and_upon_searches_at_once(home: CommandLine) -> None:
    package = _package(home)
    reader = Person("1", "lan", "Lan", (Grant(Role.READER, AGENCY, Label.INTERNAL),))
    with of_home(home.home) as archive:
        scope = scope_of(reader, Action.SEARCH)
        request = SearchRequest("", fields={"agency": AGENCY})
        assert archive.indexing.search(request, within=scope).total == 1
        fonds = archive.catalogue.dossier(package)["fonds"]
        on = Labelled.of_fonds(AGENCY, fonds)
        done = archive.rights.label(on, Label.RESTRICTED, "under review", by="quan")
        assert (done["dossiers"], done["effective"]) == (1, "restricted")
        assert archive.indexing.search(request, within=scope).total == 0, "the index does not know it yet"
        archive.indexing.catch_up()
        assert archive.indexing.search(request, within=scope).total == 0
        document = archive.permits.sights.place(Place(package, 1))
        assert document is not None
        assert document.label is Label.RESTRICTED
        (job,) = archive.journal.recent(5)
        assert job.label == Label.RESTRICTED.rank, "its delivery tells of it"
        archive.rights.label(on, Label.INTERNAL, "reviewed", by="quan")
        archive.indexing.catch_up()
        assert archive.indexing.search(request, within=scope).total == 1


def test_a_second_person_confirms_and_never_who_made_the_change_or_gains_by_it(home: CommandLine) -> None:
    package = _package(home)
    with of_home(home.home) as archive:
        rights = archive.rights
        on = Labelled.of_place(Place(package))
        rights.label(on, Label.RESTRICTED, "holds names", by="quan")
        change = rights.label(on, Label.INTERNAL, "no longer", by="quan")["change"]

        def head(login: str, up_to: Label) -> Person:
            return Person(login, login, login, (Grant(Role.HEAD, AGENCY, up_to),))

        for refused in (head("quan", Label.CONFIDENTIAL), head("minh", Label.INTERNAL)):
            with pytest.raises(RefusedError):
                rights.confirm(change, refused)
        assert rights.rows.count_pending() == 1
        confirmed = rights.confirm(change, head("lan", Label.CONFIDENTIAL))
        assert confirmed.confirmed_by == "lan"
        assert rights.rows.count_pending() == 0
        assert rights.confirm(change, head("hoa", Label.CONFIDENTIAL)).confirmed_by == "lan", "once is enough"
        kinds = [event["type"] for event in archive.trail.of([on.subject])]
        assert kinds == ["label change", "label change", "rights confirmation"]


def test_two_who_were_just_given_a_role_do_not_confirm_each_other(home: CommandLine) -> None:
    for login in ("mot", "hai", "ba"):
        home.json("user", "add", login)
    with of_home(home.home) as archive:
        rights = archive.rights
        one, two, three = (rights.grant(login, Role.HEAD, "*", by="quan")["change"] for login in ("mot", "hai", "ba"))

        def known(login: str) -> Person:
            return archive.desk.accounts.person(archive.desk.people.account(login), "session")

        for login, change in (("mot", two), ("hai", one)):
            with pytest.raises(RefusedError, match="waits for confirmation"):
                rights.confirm(change, known(login))
        assert rights.confirm(one, LOCAL_OPERATOR("root")).confirmed_by == "root"
        assert rights.confirm(two, known("mot")).confirmed_by == "mot"
        assert rights.confirm(three, known("hai")).confirmed_by == "hai"


def test_whoever_got_a_new_password_from_somebody_else_confirms_nothing_until_a_second_person_knows(
    home: CommandLine,
) -> None:
    for login in ("truong", "moi"):
        home.json("user", "add", login)
    with of_home(home.home) as archive:
        rights = archive.rights
        head = rights.grant("truong", Role.HEAD, "*", by="quan")["change"]
        rights.confirm(head, LOCAL_OPERATOR("root"))
        given = rights.grant("moi", Role.READER, "*", by="quan")["change"]
        before = len(rights.pending())
        archive.desk.people.reset("truong", by="quan", factor=True)
        reset = rights.pending()[-1]
        assert len(rights.pending()) == before + 1
        assert (reset.kind, reset.subject, reset.by) == ("reset", "person/truong", "quan")
        known = archive.desk.accounts.person(archive.desk.people.account("truong"), "session")
        for change in (given, reset.id):
            with pytest.raises(RefusedError):
                rights.confirm(change, known)
        rights.confirm(reset.id, LOCAL_OPERATOR("root"))
        assert rights.confirm(given, known).confirmed_by == "truong"


def test_a_role_is_given_and_taken_by_command_and_each_time_an_event(home: CommandLine) -> None:
    home.json("user", "add", "lan")
    (given,) = home.json("user", "grant", "lan", "archivist", "--agency", AGENCY)
    assert (given["status"], given["up_to"]) == ("granted", "restricted")
    assert home.json("user", "grant", "lan", "archivist", "--agency", AGENCY)[0]["status"] == "already"
    assert home.run("user", "grant", "lan", "reader", "--agency", "NOWHERE").code == 5
    assert home.run("user", "grant", "lan", "administrator", "--up-to", "confidential").code == 2
    with of_home(home.home) as archive:
        account = archive.desk.people.account("lan")
        person = archive.desk.accounts.person(account, "session")
        assert decide(person, Action.SUBMIT, archive.permits.sights.agency(AGENCY))
        changes = [event["detail"]["kind"] for event in archive.trail.of(["person/lan"])]
    assert changes == ["grant"]
    assert [line["role"] for line in home.json("user", "grants", "lan")] == ["archivist"]
    home.json("user", "revoke", "lan", "archivist", "--agency", AGENCY)
    assert home.json("user", "grants", "lan") == []
    assert home.run("user", "revoke", "lan", "archivist", "--agency", AGENCY).code == 5


def test_an_agency_never_stands_below_itself(home: CommandLine) -> None:
    home.json("agency", "add", "A")
    home.json("agency", "add", "A.1", "--parent", "A")
    for parent in ("A", "A.1"):
        assert home.run("agency", "move", "A", "--parent", parent).code == 2
    assert home.run("agency", "move", "A.1", "--parent", "NOWHERE").code == 5
    rows: dict[str, Any] = {row["code"]: row["parent"] for row in home.json("agency", "list")}
    assert (rows["A"], rows["A.1"]) == (None, "A")


def test_the_holding_of_an_older_version_is_labelled_by_init(home: CommandLine) -> None:
    package = _package(home)
    with of_home(home.home) as archive, archive.database.transaction() as connection:
        for table in ("dossiers", "documents"):
            connection.exec_driver_sql(f"UPDATE {table} SET label = NULL, declared = NULL")  # noqa: S608 - two names
    reader = Person("1", "lan", "Lan", (Grant(Role.READER, AGENCY, Label.RESTRICTED),))
    with of_home(home.home) as archive:
        assert not archive.catalogue.dossiers(5, within=scope_of(reader, Action.HOLDING_READ)), "closed until labelled"
    home.json("init")
    with of_home(home.home) as archive:
        assert archive.catalogue.dossiers(5, within=scope_of(reader, Action.HOLDING_READ))
    assert _label(home, package) == "public", "its description says so"
