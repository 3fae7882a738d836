"""`luutru export --as sip|aip|dip`, as an archivist calls it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from tests.fakes.pdf_texts import page_texts
from tests.fixtures.homes import GOOD, CommandLine, Filled

pytestmark = pytest.mark.xdist_group("cli-home")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def only(folder: Path) -> Path:
    (found,) = (path for path in folder.iterdir() if path.name != "evidence")
    return found


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("--as", "sip"), "uuid-"),
        (("--as", "aip"), "urn_uuid_"),
        (("--as", "dip", "--profile", "eark", "--eark-version", "2.2.0"), "uuid-"),
    ],
)
def test_a_package_leaves_as_a_folder_one_line_a_file(
    filled: Filled, tmp_path: Path, arguments: tuple[str, ...], name: str
) -> None:
    lines = filled.command.json("export", GOOD, *arguments, "-o", tmp_path / "out")
    assert only(tmp_path / "out").name.startswith(name)
    told = {line["path"]: (line["sha256"], line["bytes"]) for line in lines}
    there = {
        str(path): (sha256(path.read_bytes()), path.stat().st_size)
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert told == there


def test_a_package_leaves_as_one_zip_with_one_folder(filled: Filled, tmp_path: Path) -> None:
    lines = filled.command.json("export", filled.package_id, "--as", "sip", "-o", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert [line["path"] for line in lines] == archive.namelist()
        assert all(sha256(archive.read(line["path"])) == line["sha256"] for line in lines)
        assert len({name.split("/")[0] for name in archive.namelist()}) == 1


def test_a_fixity_check_of_today_stands_in_the_package_of_tomorrow(filled: Filled, tmp_path: Path) -> None:
    filled.command.json("fixity", "check", filled.package_id)
    filled.command.json("export", GOOD, "--as", "aip", "-o", tmp_path / "out")
    premis = (only(tmp_path / "out") / "metadata/preservation/PREMIS.xml").read_text()
    assert "<eventType>fixity check</eventType>" in premis
    assert "<eventType>storage</eventType>" in premis
    assert "<eventType>dissemination</eventType>" not in premis


def test_a_request_comes_from_a_file_and_the_command_line(filled: Filled, tmp_path: Path) -> None:
    request = tmp_path / "yeu-cau.json"
    request.write_text(json.dumps({"requestID": "YC-9", "purpose": "Cá nhân"}), encoding="utf-8")
    options = ("--request", request, "--request-field", "researchTopic=Lịch sử địa phương")
    filled.command.json("export", f"{GOOD}.002", "--as", "dip", "-o", tmp_path / "out", *options)
    package = only(tmp_path / "out")
    ead = (package / "metadata/descriptive/EAD.xml").read_text()
    (record,) = filled.command.json("show", GOOD)
    left = [event["detail"] for event in record["events"] if event["type"] == "dissemination"]
    assert {"kind": "dip", "ordinal": "2", "profile": "tt05", "request": "YC-9"} in left
    for said in ("YC-9", "<purpose>01</purpose>", "Lịch sử địa phương"):
        assert said in ead
    (data,) = (package / "representations/rep1/data").iterdir()
    assert sha256(data.read_bytes()) == sha256((filled.delivery / GOOD / f"{GOOD}.002.pdf").read_bytes())


def test_a_dip_is_marked_copies_and_an_authentication_file_that_the_trail_knows(filled: Filled, tmp_path: Path) -> None:
    told = ("--authentication-field", "recipient=Lê Văn Bình", "--authentication-field", "valid_until=31/12/2099")
    lines = filled.command.json("export", f"{GOOD}.001", "--as", "dip", "-o", tmp_path / "out", *told)
    package = only(tmp_path / "out")
    (copy,) = (package / "representations/rep2/data").iterdir()
    (original,) = (package / "representations/rep1/data").iterdir()
    first = page_texts(copy)[0]
    assert "BẢN SAO" in first
    assert "+07:00" in first
    assert "BẢN SAO" not in page_texts(original)[0]
    assert sha256(original.read_bytes()) == sha256((filled.delivery / GOOD / f"{GOOD}.001.pdf").read_bytes())
    (line,) = (line for line in lines if line["path"] == str(copy))
    assert line["flavour"] in {"2b", "2u"}
    paper = package / "documentation/xac-thuc.pdf"
    words = "".join(page_texts(paper))
    assert "Lê Văn Bình" in words
    assert line["sha256"][:20] in words
    (record,) = filled.command.json("show", GOOD)
    noted = [event for event in record["events"] if event["detail"].__class__ is dict]
    (event,) = (e for e in noted if e["detail"].get("authentication") == package.name)
    assert event["detail"]["authentication_sha256"] == sha256(paper.read_bytes())
    assert "Bình" not in json.dumps(record["events"], ensure_ascii=False), "the recipient stands in the file alone"


def test_a_dip_may_leave_without_marks(filled: Filled, tmp_path: Path) -> None:
    filled.command.json("export", f"{GOOD}.001", "--as", "dip", "--copies", "plain", "-o", tmp_path / "out")
    package = only(tmp_path / "out")
    assert not (package / "documentation/xac-thuc.pdf").exists()
    (copy,) = (package / "representations/rep2/data").iterdir()
    assert "BẢN SAO" not in page_texts(copy)[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--as", "dip", "--request-field", "purpose=giải trí"),
        ("--as", "dip", "--authentication-field", "copies=hai"),
        ("--as", "aip", "--copies", "marked"),
        ("--as", "sip", "--profile", "stored"),
        ("--as", "dip", "--request", "/there/is/none.toml"),
    ],
)
def test_a_call_that_cannot_be_met_is_told_and_leaves_nothing(
    filled: Filled, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    answer = filled.command.run("export", GOOD, *arguments, "-o", tmp_path / "out", "--json")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err
    assert list(tmp_path.iterdir()) == []


def test_what_was_exported_is_acceptable_elsewhere_with_its_codes(filled: Filled, tmp_path: Path) -> None:
    filled.command.json("export", GOOD, "--as", "sip", "-o", tmp_path / "nop.zip")
    elsewhere = CommandLine(tmp_path / "elsewhere")
    elsewhere.json("init")
    (line,) = elsewhere.json("check", tmp_path / "nop.zip")
    assert (line["status"], line["file_code"], line["documents"]) == ("acceptable", GOOD, 3)


def test_whoever_reads_one_line_and_goes_away_has_the_whole_export(filled: Filled, tmp_path: Path) -> None:
    with filled.command.start("export", GOOD, "--as", "original", "-o", tmp_path / "out", "--json") as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(240) == 0
    assert len([path for path in (tmp_path / "out").rglob("*") if path.is_file()]) == 4
