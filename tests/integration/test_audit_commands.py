"""`luutru audit` as an auditor would use it: rows changed by SQL, a lost database, all rewritten under a time-stamp."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from archive.catalogue.database import Database, engine_of
from archive.clock import SystemClock
from metadata.audit_chain import NOTHING
from tests.fakes.trails import Trail
from tests.fixtures.homes import CommandLine
from tests.fixtures.pki import Corpus
from tests.fixtures.pki_servers import PkiServers

pytestmark = pytest.mark.xdist_group("audit-home")


@dataclass(frozen=True)
class Audited:
    """A home with some events, sealed."""

    command: CommandLine

    @property
    def trail(self) -> Trail:
        """Its trail, for somebody with the database and the storage."""
        return Trail(self.command.home, Database(engine_of(f"sqlite:///{_database(self.command.home)}")))


def _database(home: Path) -> Path:
    (found,) = (path for path in (home / "database").glob("*.sqlite") if path.name != "jobs.sqlite")
    return found


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, corpus: Corpus) -> Audited:
    folder = tmp_path_factory.mktemp("audited")
    command = CommandLine(folder / "home")
    command.json("init")
    for number, authority in enumerate((corpus.pki.root, corpus.pki.issuing)):
        certificate = x509.load_der_x509_certificate(authority.der)
        (folder / f"{number}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        command.json("trust", "add", folder / f"{number}.pem")
    return Audited(command)


@pytest.fixture
def audited(first: Audited, tmp_path: Path) -> Audited:
    shutil.copytree(first.command.home, tmp_path / "home")
    return Audited(CommandLine(tmp_path / "home", first.command.settings))


@pytest.fixture
def open_trail(audited: Audited) -> Iterator[Trail]:
    trail = audited.trail
    yield trail
    trail.database.close()


def test_a_whole_trail_is_ok_and_says_that_nothing_is_time_stamped(audited: Audited) -> None:
    answer = audited.command.run("audit", "verify", "--json", "--lang", "en")
    assert answer.code == 0, answer
    line = answer.line
    assert (line["ok"], line["events"], line["proven"], line["breaks"]) == (True, 5, None, [])
    assert line["unproven"] == 5
    assert "LUUTRU_EVIDENCE__TSA" in answer.err
    assert audited.command.run("audit", "verify", "--strict").code == 6


def test_one_row_changed_by_sql_is_found_and_named(audited: Audited, open_trail: Trail) -> None:
    body = open_trail.body(3)
    open_trail.set_body(3, body | {"agent": "person:nobody"})
    answer = audited.command.run("audit", "verify", "--json")
    assert answer.code == 3, answer
    (found,) = answer.line["breaks"]
    assert (found["kind"], found["where"], found["seq"], found["id"]) == ("changed", "database", 3, body["id"])
    said = audited.command.run("audit", "verify", "--lang", "vi")
    assert said.code == 3
    assert "Cơ sở dữ liệu: mục bị sửa 3" in said.out


def test_the_exported_trail_can_be_followed_with_any_tool(audited: Audited) -> None:
    answer = audited.command.run("audit", "export")
    lines = answer.out.splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
    links = [NOTHING, *(sha256(line.encode()).hexdigest() for line in lines)]
    assert [event["previous"] for event in events] == links[:-1]
    assert audited.command.json("audit", "verify")[0]["head"]["sha256"] == links[-1]
    assert len(audited.command.run("audit", "export", "--after", 4).out.splitlines()) == 1


def test_a_trail_comes_back_from_storage_to_the_letter(audited: Audited, tmp_path: Path) -> None:
    before = audited.command.run("audit", "export").out.splitlines()
    fresh = CommandLine(tmp_path / "fresh")
    fresh.home.mkdir()
    shutil.copytree(audited.command.home / "storage", fresh.home / "storage")
    fresh.json("catalogue", "rebuild")
    after = fresh.run("audit", "export").out.splitlines()
    assert after[: len(before)] == before
    assert [json.loads(line)["seq"] for line in after] == list(range(1, len(after) + 1))
    assert fresh.json("audit", "verify")[0]["ok"]


def test_whoever_rewrites_database_and_storage_is_found_by_a_time_stamped_head(
    audited: Audited, open_trail: Trail, pki_servers: PkiServers
) -> None:
    pki_servers.clock.at = SystemClock().now()
    stamped = audited.command.having(LUUTRU_EVIDENCE__TSA=json.dumps([pki_servers.address("tsa")]))
    stamped.json("evidence", "build")
    (line,) = stamped.json("audit", "verify")
    assert line["ok"], line
    assert line["proven"]["seq"] >= 4

    open_trail.rewrite_history(3)
    answer = stamped.run("audit", "verify", "--json")
    assert answer.code == 3, answer
    found = [place for place in answer.line["breaks"] if place["kind"] == "rewritten"]
    assert [(place["where"], place["seq"], place["last"]) for place in found] == [
        ("time-stamp", 1, line["proven"]["seq"])
    ]
    assert found[0]["batch"] == line["proven"]["batch"]


def test_a_rebuild_goes_on_without_a_damaged_segment_and_says_which(audited: Audited) -> None:
    command = audited.command
    (segment, *_) = sorted((command.home / "storage").rglob("audit/**/*.jsonl.zst"))
    segment.chmod(0o644)
    segment.write_bytes(segment.read_bytes()[:40])
    for path in (command.home / "database").glob("*.sqlite*"):
        path.unlink()
    name = segment.name.removesuffix(".jsonl.zst")
    (line,) = command.json("catalogue", "rebuild", code=4)
    assert list(line["damaged_segments"]) == [name]
    (line,) = command.json("audit", "verify", code=3)
    assert {place["segment"] for place in line["breaks"] if place["kind"] == "unreadable"} == {name}
    command.json("agency", "add", "H49.65", "--name", "Cơ quan sau")
