"""The contract of the command line, the way out: search, show, export, signatures, fixity, rebuilds, doctor."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.fixtures.homes import GOOD, CommandLine, Filled
from tests.fixtures.pki import with_page_content
from tests.generators.deliveries import PaperMill

pytestmark = pytest.mark.xdist_group("cli-home")

SEARCH_KEYS = {"package_id", "ordinal", "doc_code", "file_code", "title", "score", "page", "snippet"}
SIGNATURE_KEYS = {
    "file",
    "signature",
    "signer",
    "signing_time",
    "best_time",
    "indication",
    "subindication",
    "level",
    "coverage",
    "changed_after",
    "reasons",
}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def original(filled: Filled, number: int) -> Path:
    (path,) = (filled.delivery / GOOD).glob(f"{GOOD}.{number:03d}.*")
    return path


# ------------------------------------------------------------ search and show


def test_hits_have_the_keys_of_the_contract_best_first(filled: Filled) -> None:
    lines = filled.command.json("search", "chỉnh lý tài liệu tồn đọng")
    assert lines
    assert all(line.keys() >= SEARCH_KEYS for line in lines)
    assert [line["score"] for line in lines] == sorted((line["score"] for line in lines), reverse=True)
    assert "<em>" in lines[0]["snippet"]
    assert lines[0]["package_id"] == filled.package_id


def test_a_number_typed_without_marks_finds_its_document_first(filled: Filled) -> None:
    line = filled.command.json("search", "1002/qd-ubnd")[0]
    assert (line["ordinal"], line["doc_code"]) == (2, f"{GOOD}.002")


def test_a_number_that_stands_only_on_the_paper_is_found(filled: Filled) -> None:
    assert [line["ordinal"] for line in filled.command.json("search", "0000001001")] == [1]


@pytest.mark.parametrize(
    ("arguments", "ordinals"),
    [
        (("ke hoach", "--from", "2026-06-15", "--to", "2026-06-15"), {1, 2, 3}),
        (("ke hoach", "--from", "16/06/2026"), set()),
        (("ke hoach", "--field", f"file_code={GOOD}", "--field", f"doc_code={GOOD}.003"), {3}),
        (("khongcotunaonhuvay",), set()),
    ],
)
def test_searches_are_narrowed(filled: Filled, arguments: tuple[str, ...], ordinals: set[int]) -> None:
    assert {line["ordinal"] for line in filled.command.json("search", *arguments)} == ordinals


def test_pages_of_hits_follow_each_other(filled: Filled) -> None:
    whole = filled.command.json("search", "ke hoach")
    parts = [filled.command.json("search", "ke hoach", "--limit", 1, "--offset", number) for number in range(4)]
    assert [line for part in parts for line in part] == whole


def test_a_document_is_found_by_each_of_its_names(filled: Filled) -> None:
    by_place = filled.command.json("show", f"{filled.package_id}/2")
    assert by_place == filled.command.json("show", f"{GOOD}.002")
    (record,) = by_place
    assert record["ordinal"] == 2
    assert {file["sha256"] for file in record["files"]} >= {sha256(original(filled, 2))}
    assert record["verdicts"][0]["indication"] in {"TOTAL_PASSED", "INDETERMINATE"}
    assert record["events"]


def test_a_dossier_is_found_by_package_and_code(filled: Filled) -> None:
    by_package = filled.command.json("show", filled.package_id)
    assert by_package == filled.command.json("show", GOOD)
    assert len(by_package[0]["documents"]) == 3


# ------------------------------------------------------------ export


def test_the_original_of_a_document_leaves_byte_for_byte(filled: Filled, tmp_path: Path) -> None:
    (line,) = filled.command.run(
        "export", f"{GOOD}.001", "--as", "original", "-o", "out.pdf", "--json", cwd=tmp_path
    ).lines
    written = tmp_path / line["path"]
    assert sha256(written) == line["sha256"] == sha256(original(filled, 1))
    assert line["bytes"] == written.stat().st_size


def test_a_dossier_leaves_as_a_folder_with_the_names_as_received(filled: Filled, tmp_path: Path) -> None:
    lines = filled.command.json("export", filled.package_id, "--as", "original", "-o", tmp_path / "out")
    for line in lines:
        path = Path(line["path"])
        assert sha256(path) == line["sha256"] == sha256(filled.delivery / path.relative_to(tmp_path / "out"))
    assert len(lines) == 4, "three documents and the list"


def test_a_dossier_leaves_as_one_zip(filled: Filled, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    lines = filled.command.json("export", GOOD, "--as", "original", "-o", target)
    with zipfile.ZipFile(target) as archive:
        assert {line["path"] for line in lines} == set(archive.namelist())
        for line in lines:
            assert hashlib.sha256(archive.read(line["path"])).hexdigest() == line["sha256"]


def test_pdfa_tells_flavour_and_route_and_is_null_where_there_is_none(filled: Filled, tmp_path: Path) -> None:
    lines = filled.command.json("export", GOOD, "--as", "pdfa", "-o", tmp_path / "out")
    assert all(line.keys() >= {"path", "sha256", "bytes", "flavour", "route"} for line in lines)
    made = [line for line in lines if line["path"] is not None]
    assert len(made) == 2
    assert all(line["flavour"] and line["route"] for line in made)
    (none,) = (line for line in lines if line["path"] is None)
    assert none["flavour"] is None


def test_a_document_without_pdfa_is_one_line_and_no_error(filled: Filled, tmp_path: Path) -> None:
    (line,) = filled.command.json("export", f"{filled.package_id}/3", "--as", "pdfa", "-o", tmp_path / "none.pdf")
    assert (line["path"], line["flavour"]) == (None, None)
    assert not (tmp_path / "none.pdf").exists()


def test_text_leaves_in_unicode(filled: Filled, tmp_path: Path) -> None:
    (line,) = filled.command.json("export", f"{GOOD}.002", "--as", "text", "-o", tmp_path / "out.txt")
    text = Path(line["path"]).read_text(encoding="utf-8")
    assert "Sở Nội vụ chủ trì" in text
    assert text.count("\f") == 2


def test_a_package_leaves_whole(filled: Filled, tmp_path: Path) -> None:
    lines = filled.command.json("export", filled.package_id, "--as", "aip", "-o", tmp_path / "aip")
    names = {Path(line["path"]).name for line in lines}
    assert "METS.xml" in names
    assert all(sha256(Path(line["path"])) == line["sha256"] for line in lines)


def test_an_export_never_overwrites(filled: Filled, tmp_path: Path) -> None:
    (tmp_path / "mine.pdf").write_bytes(b"mine")
    answer = filled.command.run("export", f"{GOOD}.001", "--as", "original", "-o", tmp_path / "mine.pdf", "--json")
    assert (answer.code, answer.out) == (2, "")
    assert (tmp_path / "mine.pdf").read_bytes() == b"mine"


# ------------------------------------------------------------ signatures


def test_verdicts_have_the_keys_of_the_contract(filled: Filled) -> None:
    lines = filled.command.json("signatures", "validate", original(filled, 1), f"{GOOD}.002", original(filled, 3))
    assert all(line.keys() >= SIGNATURE_KEYS for line in lines if line["signature"])
    assert lines[-1]["signature"] is None, "what is not signed is one line"


def test_a_changed_byte_is_total_failed_and_exit_3(filled: Filled, tmp_path: Path) -> None:
    data = bytearray(original(filled, 1).read_bytes())
    place = data.index(b"stream") + 40
    data[place] ^= 1
    (tmp_path / "changed.pdf").write_bytes(data)
    (line,) = filled.command.json("signatures", "validate", tmp_path / "changed.pdf", code=3)
    assert (line["indication"], line["subindication"]) == ("TOTAL_FAILED", "HASH_FAILURE")


def test_people_read_what_was_changed_after_signing(filled: Filled, tmp_path: Path) -> None:
    (tmp_path / "later.pdf").write_bytes(with_page_content(original(filled, 1).read_bytes()))
    answer = filled.command.run("signatures", "validate", tmp_path / "later.pdf")
    assert "Thay đổi sau khi ký: revision " in answer.out
    assert "page 1: content added" in answer.out


def test_strangers_are_indeterminate_and_exit_6_only_when_strict(filled: Filled, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pdf"
    stranger.write_bytes(PaperMill().paper(1, 1))
    (line,) = filled.command.json("signatures", "validate", stranger)
    assert line["indication"] == "INDETERMINATE"
    filled.command.json("signatures", "validate", stranger, "--strict", code=6)
    filled.command.json("signatures", "validate", stranger, GOOD + ".999", "--strict", code=6)


def test_own_anchors_need_no_home(filled: Filled, tmp_path: Path, mill: PaperMill) -> None:
    trust = mill.trust(tmp_path / "trust").parent
    (trust / "read-me.txt").write_text("no certificate")
    answer = CommandLine(tmp_path / "no-home").run(
        "signatures", "validate", original(filled, 1), "--trust", trust, "--json"
    )
    assert answer.code == 0
    assert answer.line["signer"]
    assert "read-me.txt" in answer.err


# ------------------------------------------------------------ fixity and rebuilds


def _copied(filled: Filled, tmp_path: Path) -> CommandLine:
    home = shutil.copytree(filled.command.home, tmp_path / "home", ignore=shutil.ignore_patterns("scratch", "run"))
    (home / "run").mkdir()
    (home / "work" / "scratch").mkdir(parents=True, exist_ok=True)
    return CommandLine(home)


def test_a_flipped_byte_is_named_and_exits_3(filled: Filled, tmp_path: Path) -> None:
    command = _copied(filled, tmp_path)
    (line,) = command.json("fixity", "check", "--all")
    assert line.keys() >= {"package_id", "location", "files", "bytes", "ok", "repaired"}
    assert line["ok"] is True
    (stored,) = (
        path for path in (command.home / "storage").rglob("*.wav") if path.is_file() and path.stat().st_size > 1000
    )
    stored.chmod(0o644)
    data = bytearray(stored.read_bytes())
    data[500] ^= 4
    stored.write_bytes(data)
    (line,) = command.json("fixity", "check", filled.package_id, code=3)
    assert line["ok"] is False
    assert any(stored.name in finding["message"] for finding in line["findings"]), line
    answer = command.run("fixity", "check", "no-such-package", filled.package_id, "--json")
    assert answer.code == 3, "a byte that differs is graver than an unknown name"


def test_catalogue_and_index_come_back_from_storage_alone(filled: Filled, tmp_path: Path) -> None:
    fresh = CommandLine(tmp_path / "fresh")
    fresh.home.mkdir()
    shutil.copytree(filled.command.home / "storage", fresh.home / "storage")
    (rebuilt,) = fresh.json("catalogue", "rebuild")
    assert (rebuilt["dossiers"], rebuilt["documents"], rebuilt["lost"], rebuilt["unreadable"]) == (1, 3, [], {})
    (indexed,) = fresh.json("index", "rebuild")
    assert indexed["documents"] == 3
    for query in ("1002/qd-ubnd", "chinh ly tai lieu", "0000001001"):
        assert fresh.json("search", query) == filled.command.json("search", query)
    for name in (filled.package_id, f"{GOOD}.001"):
        before, after = filled.command.json("show", name)[0], fresh.json("show", name)[0]
        known = {event["id"] for event in before["events"]}
        assert {event["id"] for event in after["events"]} >= known
        del before["events"], after["events"]
        assert before == after
    good = fresh.json("ingest", filled.delivery, code=3)[0]
    assert (good["already"], good["package_id"]) == (True, filled.package_id)


def test_doctor_tells_each_check_and_exits_4_when_something_needed_is_broken(filled: Filled, tmp_path: Path) -> None:
    lines = filled.command.json("doctor")
    assert all(line.keys() >= {"check", "status", "detail"} for line in lines)
    assert {line["status"] for line in lines} <= {"ok", "warn"}
    broken = CommandLine(tmp_path / "no-home").json("doctor", code=4)
    assert {line["check"] for line in broken if line["status"] == "fail"} == {"home"}
    assert "luutru init" in next(line["detail"] for line in broken if line["check"] == "home")
