"""A register without files, a supplement that brings scans, a replacement: by the real command, one home."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.fixtures.homes import CommandLine, made_home
from tests.generators.deliveries import AGENCY, HEADINGS, PaperMill

pytestmark = pytest.mark.xdist_group("cli-additions")

CODE = f"{AGENCY}.1979.00007"
SUBJECTS = {1: "Về việc giao đất nông nghiệp", 2: "Về việc bổ nhiệm cán bộ", 3: "Về việc nghỉ lễ", 9: "Về việc khác"}


def sheet(folder: Path, rows: list[tuple[int, str]], name: str = "Sheet1") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = name
    page.append(list(HEADINGS))
    for number, path in rows:
        page.append(
            [
                *(AGENCY, CODE, "Văn bản đi năm 1979", "01/01/1979", "31/12/1979", "Vĩnh viễn", "Công khai", None),
                *(number, f"{CODE}.{number:03d}", "Quyết định", "Ủy ban nhân dân tỉnh", str(100 + number), "QĐ-UB"),
                *(f"{number:02d}/03/1979", SUBJECTS[number], 1, path),
            ]
        )
    book.save(folder / "so.xlsx")
    return folder


@dataclass(frozen=True)
class Grown:
    """A home in which one dossier was registered, supplemented and had a document replaced."""

    command: CommandLine
    folder: Path
    registered: dict[str, Any]
    supplement: dict[str, Any]
    replacement: dict[str, Any]

    @property
    def package_id(self) -> str:
        return str(self.registered["package_id"])


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Grown:
    folder = tmp_path_factory.mktemp("additions")
    command = made_home(folder / "home", mill)
    register = sheet(folder / "register", [(1, ""), (2, ""), (3, "")])
    scans = sheet(folder / "scans", [(2, "q2.pdf"), (3, ""), (9, "q9.pdf")])
    (scans / "q2.pdf").write_bytes(mill.paper(2, 1))
    (scans / "q9.pdf").write_bytes(mill.paper(9, 1))
    better = sheet(folder / "better", [(2, "q2.pdf")])
    (better / "q2.pdf").write_bytes(mill.paper(77, 2))
    (registered,) = command.json("ingest", register, "--register")
    (supplement,) = command.json("ingest", scans, "--supplement", "--register")
    (replacement,) = command.json("ingest", better, "--replacement")
    return Grown(command, folder, registered, supplement, replacement)


def rules(line: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["rule"]: finding for finding in line["findings"]}


def test_a_register_is_archived_without_files_and_found(grown: Grown) -> None:
    assert (grown.registered["status"], grown.registered["documents"]) == ("archived", 3)
    hits = grown.command.json("search", '"giao đất nông nghiệp"')
    assert [(hit["file_code"], hit["ordinal"], hit["no_file"]) for hit in hits] == [(CODE, 1, True)]
    assert grown.command.json("export", f"{grown.package_id}/1", "--as", "original", "-o", grown.folder / "none") == []


@pytest.mark.rule("ADD-005")
def test_a_supplement_brings_the_file_of_a_registered_document_and_a_new_one(grown: Grown) -> None:
    line = grown.supplement
    assert (line["status"], line["already"], line["package_id"]) == ("archived", False, grown.package_id)
    assert line["part"] != grown.package_id
    assert rules(line)["ADD-005"]["row"] == 3
    assert "ING-051" not in rules(line)
    second = grown.command.json("show", f"{grown.package_id}/2")[-1]
    assert (second["no_file"], second["part"]) == (False, line["part"])
    assert [earlier["part"] for earlier in second["earlier"]] == [grown.package_id]


@pytest.mark.rule("ADD-007")
def test_of_a_replaced_document_both_are_kept_and_the_later_one_comes_first(grown: Grown) -> None:
    told = rules(grown.replacement)["ADD-007"]
    assert told["row"] == 2
    later, earlier = grown.command.json("show", f"{grown.package_id}/2")
    assert (later["replaces"], earlier["replaced_by"]) == ([2], [later["ordinal"]])
    assert (earlier["ordinal"], later["part"]) == (2, grown.replacement["part"])
    (dossier,) = grown.command.json("show", CODE)
    assert dossier["parts"] == [grown.package_id, grown.supplement["part"], grown.replacement["part"]]
    assert [part["record_status"] for part in dossier["additions"]] == ["supplement", "replacement"]
    ordinals = [document["ordinal"] for document in dossier["documents"]]
    assert ordinals == [1, later["ordinal"], 2, 3, 9]
    assert len(grown.command.json("show", f"{CODE}.002")) == 2


def test_an_export_gives_all_parts_and_files_of_one_name_stay_apart(grown: Grown, tmp_path: Path) -> None:
    lines = grown.command.json("export", grown.package_id, "--as", "original", "-o", tmp_path / "out")
    assert {str(Path(line["path"]).relative_to(tmp_path / "out")) for line in lines} == {
        *("q2.pdf", "q9.pdf", "so.xlsx"),
        *("part-2/so.xlsx", "part-3/so.xlsx", "part-3/q2.pdf"),
    }
    (one,) = grown.command.json("export", f"{CODE}.002", "--as", "original", "-o", tmp_path / "q2.pdf")
    assert Path(one["path"]).read_bytes() == (grown.folder / "better" / "q2.pdf").read_bytes()


def test_a_replacement_delivered_again_answers_as_the_first_time(grown: Grown) -> None:
    folder = grown.folder / "better"
    (again,) = grown.command.json("ingest", folder, "--replacement")
    assert again == grown.replacement | {"already": True, "path": str(folder)}


def test_a_rebuilt_catalogue_and_index_know_the_same(grown: Grown) -> None:
    before = grown.command.json("show", CODE)
    receipts = sorted((grown.command.home / "receipts").glob("*.json"))
    kept = {path: json.loads(path.read_bytes())["counted_in"] for path in receipts}
    (rebuilt,) = grown.command.json("catalogue", "rebuild")
    assert (rebuilt["dossiers"], rebuilt["packages"], rebuilt["unreadable"]) == (1, 3, {})
    assert grown.command.json("index", "rebuild") == [{"documents": 5}]
    assert grown.command.json("show", CODE)[0]["documents"] == before[0]["documents"]
    assert {path: json.loads(path.read_bytes())["counted_in"] for path in kept} == kept
    hits = grown.command.json("search", '"bổ nhiệm cán bộ"')
    assert len(hits) == 2
    assert not any(hit["no_file"] for hit in hits)
