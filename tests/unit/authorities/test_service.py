"""Versions of authority tables: in a real database, kept in a real store, made again from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import alembic.autogenerate
import alembic.migration
import pytest

from archive.catalogue.authorities import AuthorityRows
from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.tables import metadata
from archive.catalogue.trail import AuditTrail
from archive.services.authorities import Authorities
from metadata.authorities.entries import AuthorityKind
from metadata.dates import CivilDate
from metadata.errors import UsageError
from storage.backends.filesystem import FilesystemStore
from storage.evidence import EvidenceObjects
from storage.segments import AuditSegments
from tests.fakes.clock import StandingClock

AGENCIES = AuthorityKind.AGENCIES


@dataclass
class Home:
    """A database and a store, as an installation has them."""

    folder: Path

    def __post_init__(self) -> None:
        self.store = FilesystemStore(self.folder / "storage")
        self.objects = EvidenceObjects(self.store)
        self.segments = AuditSegments(self.store)
        self.open("one")

    def open(self, name: str) -> None:
        """A database called `name`, new where there is none."""
        url = f"sqlite:///{self.folder / name}.db"
        upgrade(url)
        self.database = Database(engine_of(url))
        self.trail = AuditTrail(self.database, StandingClock())
        self.trail.begin(self.segments)
        self.tables = Authorities(AuthorityRows(self.database), self.objects, self.trail, StandingClock())

    def csv(self, text: str) -> Path:
        path = self.folder / "co-quan.csv"
        path.write_text(text, "utf-8")
        return path

    def names(self, **options: bool) -> list[tuple[str, str]]:
        rows = self.tables.listed(AGENCIES, **options)  # type: ignore[arg-type]  # only `every` is handed in
        return [(entry.code, entry.name) for entry in rows if not entry.note]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_rows_that_an_import_lacks_are_closed_and_kept(home: Home) -> None:
    first = home.tables.import_table(AGENCIES, home.csv("code,name\nH1,Sở A\nH2,Sở B\nH3,Sở C\n"), operator="a")
    assert (first.status, first.version, first.added) == ("imported", 1, 3)
    second = home.tables.import_table(AGENCIES, home.csv("code,name\nH1,Sở A\nH2,Sở B mới\n"), operator="a")
    assert (second.version, second.same, second.changed, second.closed) == (2, 1, 1, 1)
    assert home.names() == [("H1", "Sở A"), ("H2", "Sở B mới")]
    assert set(home.names(every=True)) == {("H1", "Sở A"), ("H2", "Sở B mới"), ("H2", "Sở B"), ("H3", "Sở C")}


def test_the_same_import_again_makes_no_version(home: Home) -> None:
    path = home.csv("code,name\nH1,Sở A\n")
    first = home.tables.import_table(AGENCIES, path, operator="a")
    again = home.tables.import_table(AGENCIES, path, operator="a")
    assert (again.status, again.version, again.sha256) == ("already", 1, first.sha256)


def test_a_broken_file_changes_nothing(home: Home) -> None:
    home.tables.import_table(AGENCIES, home.csv("code,name\nH1,Sở A\n"), operator="a")
    refused = home.tables.import_table(AGENCIES, home.csv("code,name\nH2,Sở B\n,Sở C\nH3,\n"), operator="a")
    assert (refused.status, refused.version) == ("rejected", 1)
    assert [finding.row for finding in refused.findings] == [3, 4]
    assert home.names() == [("H1", "Sở A")]


def test_a_file_that_is_not_there_is_a_wrong_call(home: Home) -> None:
    with pytest.raises(UsageError):
        home.tables.import_table(AGENCIES, home.folder / "nothing.csv", operator="a")


def test_rows_are_listed_as_of_a_day(home: Home) -> None:
    text = "code,name,valid_from,valid_to\nH1,Cũ,,30/06/2025\nH1,Mới,01/07/2025,\n"
    home.tables.import_table(AGENCIES, home.csv(text), operator="a")
    for day, name in ((CivilDate(2025, 6, 30), "Cũ"), (CivilDate(2025, 7, 1), "Mới")):
        assert [entry.name for entry in home.tables.listed(AGENCIES, at=day) if not entry.note] == [name]


def test_a_lookup_follows_what_another_process_imports(home: Home) -> None:
    other = Authorities(AuthorityRows(home.database), home.objects, home.trail, StandingClock())
    assert other.lookup(AGENCIES) is None
    home.tables.import_table(AGENCIES, home.csv("code,name\nH1,Sở A\n"), operator="a")
    known = other.lookup(AGENCIES)
    assert known is not None
    assert known.by_code("H1")
    assert known is other.lookup(AGENCIES)
    home.tables.import_table(AGENCIES, home.csv("code,name\nH2,Sở B\n"), operator="a")
    later = other.lookup(AGENCIES)
    assert later is not None
    assert later.by_code("H2")


def test_a_lost_database_gets_its_tables_back_from_storage_alone(home: Home) -> None:
    for text in ("code,name\nH1,Sở A\nH2,Sở B\n", "code,name\nH1,Sở A\n"):
        home.tables.import_table(AGENCIES, home.csv(text), operator="a")
    fonds = home.folder / "phong.csv"
    fonds.write_text("code,name,state\nP1,Phông,mở\n", "utf-8")
    home.tables.import_table(AuthorityKind.FONDS, fonds, operator="a")
    home.trail.seal(home.segments)
    before = (home.names(every=True), home.tables.rows.version(AGENCIES))
    home.open("two")
    home.trail.restore(home.segments)
    assert home.tables.restore() == {}
    assert (home.names(every=True), home.tables.rows.version(AGENCIES)) == before
    assert [entry.name for entry in home.tables.rows.entries(AuthorityKind.FONDS)] == ["Phông"]
    again = home.tables.import_table(AGENCIES, home.csv("code,name\nH3,Sở C\n"), operator="a")
    assert (again.version, again.closed) == (3, 1)


def test_a_version_that_is_lost_is_named_and_the_one_before_it_serves(home: Home) -> None:
    for text in ("code,name\nH1,Sở A\n", "code,name\nH2,Sở B\n"):
        answer = home.tables.import_table(AGENCIES, home.csv(text), operator="a")
    (place,) = (home.folder / "storage").rglob(answer.sha256)
    place.unlink()
    (named,) = home.tables.restore()
    assert answer.sha256[:12] in named
    assert home.names() == [("H1", "Sở A")]


def test_each_version_is_in_the_trail_by_its_digest(home: Home) -> None:
    answer = home.tables.import_table(AGENCIES, home.csv("code,name\nH1,Sở A\n"), operator="lan")
    (event,) = home.trail.of(["authorities/agencies"])
    assert (event["type"], event["agent"]) == ("authority change", "person:lan")
    assert event["detail"] == {
        "kind": "agencies",
        "version": "1",
        "sha256": answer.sha256,
        "added": "1",
        "changed": "0",
        "closed": "0",
        "same": "0",
    }


def test_the_migrations_make_the_tables_that_the_program_knows(home: Home) -> None:
    with home.database.engine.connect() as connection:
        context = alembic.migration.MigrationContext.configure(connection)
        differences = alembic.autogenerate.compare_metadata(context, metadata)
    assert [found for found in differences if "authorit" in repr(found)] == []
