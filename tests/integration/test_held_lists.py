"""A delivery of several dossiers in one list: the list is stored once, and comes out whole wherever it is asked for."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from metadata.package_check import check_package
from tests.fakes.dossiers import Paper, dossier, lay_out, package_stage
from tests.fixtures.commons_ip import CommonsIp
from tests.fixtures.homes import CommandLine, made_home
from tests.generators.deliveries import SHEET, Made, PaperMill, make_delivery

pytestmark = pytest.mark.xdist_group("held-lists")


@dataclass(frozen=True)
class Many:
    """A home with two dossiers of one list."""

    command: CommandLine
    made: Made

    @property
    def sheet(self) -> bytes:
        return (self.made.path / SHEET).read_bytes()

    @property
    def kept(self) -> Path:
        """The list in storage."""
        objects = self.command.home / "storage" / "evidence" / "objects"
        (found,) = (path for path in objects.iterdir() if path.read_bytes() == self.sheet)
        return found


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Many:
    folder = tmp_path_factory.mktemp("many")
    command = made_home(folder / "home", mill)
    made = make_delivery(folder / "delivery", mill, dossiers=2, documents=1, first=700)
    lines = command.json("ingest", made.path)
    assert [line["status"] for line in lines] == ["archived", "archived"]
    return Many(command, made)


def test_the_list_lies_in_storage_once(many: Many) -> None:
    storage = many.command.home / "storage"
    copies = [path for path in storage.rglob("*") if path.is_file() and path.read_bytes() == many.sheet]
    assert copies == [many.kept]


def test_the_originals_of_a_dossier_come_with_the_whole_list(many: Many, tmp_path: Path) -> None:
    lines = many.command.json("export", many.made.codes[0], "--as", "original", "-o", tmp_path / "out")
    assert len(lines) == 2
    assert (tmp_path / "out" / SHEET).read_bytes() == many.sheet


def test_the_package_that_leaves_holds_the_list_itself(many: Many, tmp_path: Path) -> None:
    many.command.json("export", many.made.codes[1], "--as", "aip", "-o", tmp_path / "out")
    (package,) = (tmp_path / "out").iterdir()
    (kept,) = package.glob("metadata/descriptive/source/*.xlsx")
    assert kept.read_bytes() == many.sheet
    assert "contentLocation" not in (package / "metadata/preservation/PREMIS.xml").read_text()
    paths = [path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()]
    assert check_package(lambda path: (package / path).open("rb"), paths) == ()


def test_as_stored_it_comes_with_the_list_beside_it_where_premis_says_it_lies(many: Many, tmp_path: Path) -> None:
    many.command.json("export", many.made.codes[1], "--as", "aip", "--profile", "stored", "-o", tmp_path / "out")
    (package,) = (tmp_path / "out").glob("urn_uuid_*")
    (rows,) = package.glob("metadata/descriptive/source/*.rows.json")
    said = json.loads(rows.read_bytes())
    assert (tmp_path / "out" / said["list"]["kept"]).read_bytes() == many.sheet
    assert said["list"]["kept"] in (package / "metadata/preservation/PREMIS.xml").read_text()
    own = json.dumps(said["sheets"], ensure_ascii=False)
    assert many.made.codes[1] in own
    assert many.made.codes[0] not in own


def test_a_catalogue_rebuilt_from_storage_gives_the_whole_list(many: Many, tmp_path: Path) -> None:
    fresh = CommandLine(tmp_path / "fresh")
    fresh.home.mkdir()
    shutil.copytree(many.command.home / "storage", fresh.home / "storage")
    fresh.json("catalogue", "rebuild")
    code = many.made.codes[0]
    assert fresh.json("show", code)[0]["sources"] == many.command.json("show", code)[0]["sources"]
    fresh.json("export", code, "--as", "original", "-o", tmp_path / "out")
    assert (tmp_path / "out" / SHEET).read_bytes() == many.sheet


@pytest.mark.parametrize(("spoil", "rule"), [("change", "STO-010"), ("lose", "STO-011")])
def test_fixity_reads_the_list_too(many: Many, tmp_path: Path, spoil: str, rule: str) -> None:
    broken = CommandLine(tmp_path / "home")
    shutil.copytree(many.command.home, broken.home)
    kept = broken.home / many.kept.relative_to(many.command.home)
    whole = many.command.json("fixity", "check", many.made.codes[0])[0]
    assert whole["ok"]
    kept.parent.chmod(0o755)
    kept.chmod(0o644)
    if spoil == "lose":
        kept.unlink()
    else:
        kept.write_bytes(many.sheet + b"x")
    (line,) = broken.json("fixity", "check", many.made.codes[0], code=3)
    assert [finding["rule"] for finding in line["findings"]] == [rule]
    assert line["findings"][0]["subject"] == SHEET


@pytest.mark.server
@pytest.mark.xdist_group("commons_ip")
def test_an_independent_judge_accepts_a_package_whose_list_is_kept_beside_it(
    tmp_path: Path, commons_ip: CommonsIp
) -> None:
    item = dossier(tmp_path / "work", [Paper(("Quyết định.pdf",), text="Quyết định", rendition=True)])
    item = replace(item, delivery=item.delivery.model_copy(update={"other_dossiers": 7}))
    packaged = package_stage().run(item)
    assert packaged.keepsakes
    part = packaged.parts[0]
    answer = commons_ip.judge(lay_out(item, part.files, tmp_path / f"urn:uuid:{part.package_id}"))
    assert (answer["result"], answer["warnings"], answer["findings"]) == ("VALID", 0, [])
