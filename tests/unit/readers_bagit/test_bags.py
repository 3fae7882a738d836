"""Bags: every manifest compared, nothing fetched, the payload read as what it is."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from ingest.readers.bagit import BagReader
from ingest.readers.eark.reader import PackageReader
from ingest.readers.folder import FolderReader
from ingest.stages.receive import Receive
from ingest.work import WorkItem
from metadata.descriptions import Delivery
from metadata.rules import errors_of, message
from tests.fakes.clock import StandingClock
from tests.fakes.deliveries import no_checks
from tests.fakes.workers import InlineWorkers
from tests.fixtures.deliveries import CODE, workbook
from tests.generators.bags import edit, make_bag
from tests.generators.eark_packages import package

WORKERS = InlineWorkers()
READER = BagReader(WORKERS, (FolderReader(WORKERS),))
FILES = {"a.txt": b"first", "Hồ sơ/b.txt": b"second"}
IDENTIFIER = "H49.64.2026.00001"
INFO: dict[str, str | list[str]] = {
    "External-Identifier": IDENTIFIER,
    "External-Description": "Hồ sơ về việc số hóa tài liệu",
    "Source-Organization": "Sở Nội vụ",
    "Contact-Name": ["Nguyễn Văn A", "Trần Thị B"],
}


def read(bag: Path) -> Delivery:
    assert READER.recognises(bag)
    return READER.read(bag, bag.with_name("room"))


def told(bag: Path) -> set[str]:
    """Rules of the reader and of the bytes, as the stages would tell them."""
    delivery = read(bag)
    item = WorkItem(
        job_id="j",
        submission_id="s",
        package_id="p",
        agency="A",
        folder=bag.with_name("work"),
        delivery=delivery,
        dossier=delivery.dossiers[0],
        in_place=True,
    )
    received = Receive(no_checks, StandingClock()).run(item)
    return {finding.rule for finding in (*delivery.findings, *received.findings)}


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    return make_bag(tmp_path / "túi", FILES, info=INFO)


def test_a_bag_of_files_becomes_a_dossier_described_by_its_tags(bag: Path) -> None:
    (dossier,) = read(bag).dossiers
    assert (dossier.file_code, dossier.value("title")) == (IDENTIFIER, INFO["External-Description"])
    assert dossier.extra["BagIt Source-Organization"] == "Sở Nội vụ"
    assert dossier.extra["BagIt Contact-Name"] == "Nguyễn Văn A; Trần Thị B"
    assert not any("Date" in label or "Oxum" in label for label in dossier.extra)
    assert [document.files for document in dossier.documents] == [("data/a.txt",), ("data/Hồ sơ/b.txt",)]
    assert [document.value("subject") for document in dossier.documents] == ["a", "b"]


@pytest.mark.rule("BAG-030")
def test_a_whole_bag_is_told_nothing_but_that_it_lacks_a_list(bag: Path) -> None:
    assert told(bag) == {"BAG-030"}


def test_all_tag_files_are_kept_as_received(bag: Path) -> None:
    delivery = read(bag)
    assert set(delivery.sources) == {*("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt")}
    assert {claim.by for claim in delivery.claims["bag-info.txt"]} == {"tagmanifest-sha256.txt"}


def test_a_payload_with_a_list_is_read_as_a_folder_is(tmp_path: Path) -> None:
    headings = ["Mã hồ sơ", "Tiêu đề hồ sơ", "Số thứ tự văn bản trong hồ sơ", "Trích yếu nội dung", "Đường dẫn file"]
    sheet = workbook({"S": [headings, [CODE, "Hồ sơ", 1, "Văn bản", "a.pdf"]]})
    bag = make_bag(tmp_path / "bag", {"giao nộp/a.pdf": b"%PDF", "giao nộp/muc-luc.xlsx": sheet}, info=INFO)
    delivery = read(bag)
    (dossier,) = delivery.dossiers
    assert (delivery.reader, dossier.file_code, dossier.value("title")) == ("bagit+folder", CODE, "Hồ sơ")
    assert dossier.documents[0].files == ("data/giao nộp/a.pdf",)
    assert dossier.documents[0].source == dossier.rows[0].source == "data/giao nộp/muc-luc.xlsx"
    assert "data/giao nộp/muc-luc.xlsx" in delivery.sources
    assert dossier.extra["BagIt External-Identifier"] == IDENTIFIER
    assert Path(delivery.root) == bag


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("place", ["data/a.txt", "bag-info.txt"])
def test_every_algorithm_finds_a_changed_byte(tmp_path: Path, algorithm: str, place: str) -> None:
    bag = make_bag(tmp_path / "bag", FILES, info=INFO, checksums=[algorithm])
    (bag / place).write_bytes((bag / place).read_bytes().replace(b"fi", b"FI").replace(b"Source", b"Sourcf"))
    assert {"ING-005"} <= told(bag) <= {"ING-005", "BAG-030", "BAG-023"}


def test_a_file_that_no_stage_reads_is_compared_at_once(tmp_path: Path) -> None:
    bag = make_bag(tmp_path / "bag", {**FILES, "Thumbs.db": b"thumbs"})
    assert read(bag).findings[0].rule == "BAG-030"
    (bag / "data" / "Thumbs.db").write_bytes(b"THUMBS")
    (finding,) = errors_of(read(bag).findings)
    assert (finding.rule, finding.subject, finding.file) == ("ING-005", "data/Thumbs.db", "manifest-sha256.txt")


@pytest.mark.rule("BAG-010")
def test_a_listed_file_that_is_missing_is_named_with_its_line(bag: Path) -> None:
    (bag / "data" / "a.txt").unlink()
    (finding,) = (found for found in read(bag).findings if found.rule == "BAG-010")
    assert (finding.file, finding.values["written"]) == ("manifest-sha256.txt", "data/a.txt")
    assert "Bổ sung tệp" in message(finding, "vi")


@pytest.mark.rule("BAG-011")
def test_a_file_that_no_manifest_lists_is_refused(bag: Path) -> None:
    (bag / "data" / "extra.txt").write_bytes(b"x")
    assert {"BAG-011", "BAG-012"} <= told(bag)


@pytest.mark.rule("BAG-012")
def test_an_oxum_that_does_not_fit_is_told_with_what_is_there(bag: Path) -> None:
    edit(bag / "bag-info.txt", lambda text: text.replace("Payload-Oxum: 11.2", "Payload-Oxum: 12.3"))
    (finding,) = (found for found in read(bag).findings if found.rule == "BAG-012")
    assert finding.values == {"written": "12.3", "found": "11.2"}


@pytest.mark.rule("BAG-004")
@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("manifest-sha256.txt", "../../etc/passwd"),
        ("manifest-sha256.txt", "/etc/passwd"),
        ("manifest-sha256.txt", "bagit.txt"),
        ("tagmanifest-sha256.txt", "data/a.txt"),
    ],
)
def test_a_manifest_that_leads_out_is_refused(bag: Path, file: str, path: str) -> None:
    with (bag / file).open("a", encoding="utf-8") as manifest:
        manifest.write(f"{'0' * 64}  {path}\n")
    (finding,) = (found for found in read(bag).findings if found.rule == "BAG-004")
    assert (finding.file, finding.values["written"]) == (file, path)


@pytest.mark.rule("BAG-020")
@pytest.mark.parametrize("address", ["https://example.org/c.txt", "ftp://example.org/c", "file:///etc/passwd"])
def test_nothing_is_fetched(bag: Path, address: str) -> None:
    (bag / "fetch.txt").write_text(f"{address} 5 data/c.txt\n", encoding="utf-8")
    edit(bag / "manifest-sha256.txt", lambda text: text + f"{'0' * 64}  data/c.txt\n")
    rules = [finding.rule for finding in errors_of(read(bag).findings)]
    assert rules == ["BAG-020"], "told by one rule, not as missing besides"


@pytest.mark.rule("BAG-021")
@pytest.mark.rule("BAG-022")
def test_a_fetch_of_what_is_there_is_told_and_one_from_elsewhere_in_the_bag_refused(bag: Path) -> None:
    lines = "https://example.org/a 5 data/a.txt\ndata/a.txt - data/c.txt\nhttp://example.org/x 1 ../x\n"
    (bag / "fetch.txt").write_text(lines, encoding="utf-8")
    found = {(finding.rule, finding.values["line"]) for finding in read(bag).findings if finding.file == "fetch.txt"}
    assert found == {("BAG-021", "1"), ("BAG-022", "2"), ("BAG-004", "3")}


@pytest.mark.rule("BAG-001")
@pytest.mark.parametrize("text", ["", "BagIt-Version: one\n", "Hello\n"])
def test_a_bag_without_version_is_refused(bag: Path, text: str) -> None:
    edit(bag / "bagit.txt", lambda _: text)
    assert "BAG-001" in told(bag)


@pytest.mark.rule("BAG-002")
@pytest.mark.rule("BAG-013")
def test_a_bag_whose_digests_nobody_can_compare_is_refused(bag: Path) -> None:
    (bag / "manifest-sha256.txt").rename(bag / "manifest-blake3.txt")
    (bag / "tagmanifest-sha256.txt").unlink()
    assert told(bag) == {"BAG-002", "BAG-013", "BAG-030"}


@pytest.mark.rule("BAG-003")
def test_a_line_that_is_no_entry_is_named(bag: Path) -> None:
    edit(bag / "manifest-sha256.txt", lambda text: f"no digest here\n{text}")
    (finding,) = errors_of(read(bag).findings)
    assert (finding.rule, finding.values["line"], finding.values["written"]) == ("BAG-003", "1", "no digest here")


@pytest.mark.rule("BAG-005")
def test_an_unknown_version_and_encoding_are_read_as_today_s(bag: Path) -> None:
    edit(bag / "bagit.txt", lambda _: "BagIt-Version: 7.0\nTag-File-Character-Encoding: klingon\n")
    written = {finding.values["written"] for finding in read(bag).findings if finding.rule == "BAG-005"}
    assert written == {"7.0", "klingon"}


@pytest.mark.rule("BAG-006")
def test_tags_in_another_encoding_than_declared_are_told(bag: Path) -> None:
    (bag / "bag-info.txt").write_bytes("Contact-Name: Trần".encode("utf-16"))
    assert "BAG-006" in {finding.rule for finding in read(bag).findings}


def test_the_declared_encoding_is_used(bag: Path) -> None:
    for name in ("bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"):
        text = (bag / name).read_text(encoding="utf-8")
        (bag / name).write_text(text, encoding="utf-16")
    declared = "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-16\n"
    (bag / "bagit.txt").write_text(declared, encoding="ascii")
    delivery = read(bag)
    assert delivery.dossiers[0].extra["BagIt Source-Organization"] == "Sở Nội vụ"
    assert "BAG-010" not in {finding.rule for finding in delivery.findings}


@pytest.mark.rule("BAG-014")
def test_bags_of_1_0_want_complete_manifests_and_are_only_told(tmp_path: Path) -> None:
    bag = make_bag(tmp_path / "bag", FILES, checksums=["sha256", "sha512"])
    edit(bag / "bagit.txt", lambda text: text.replace("0.97", "1.0"))
    edit(bag / "manifest-sha512.txt", lambda text: text.splitlines()[0] + "\n")
    assert told(bag) == {"BAG-014", "BAG-030"}


@pytest.mark.rule("BAG-015")
def test_a_file_with_two_digests_is_refused(bag: Path) -> None:
    edit(bag / "manifest-sha256.txt", lambda text: text + f"{'0' * 64}  data/a.txt\n")
    assert [finding.rule for finding in errors_of(read(bag).findings)] == ["BAG-015"]


@pytest.mark.rule("BAG-016")
@pytest.mark.parametrize("other", [unicodedata.normalize("NFD", "Hồ sơ"), "HỒ SƠ", "H%E1%BB%93%20s%C6%A1"])
def test_names_written_otherwise_are_found_and_told_where_they_are_doubtful(bag: Path, other: str) -> None:
    edit(bag / "manifest-sha256.txt", lambda text: text.replace("Hồ sơ", other))
    assert told(bag) <= {"BAG-016", "BAG-030"}


@pytest.mark.rule("BAG-018")
def test_a_digest_of_the_wrong_length_is_none(bag: Path) -> None:
    edit(bag / "manifest-sha256.txt", lambda text: "abcdef  data/a.txt\n" + text)
    assert [finding.rule for finding in errors_of(read(bag).findings)] == ["BAG-018"]


@pytest.mark.rule("BAG-023")
def test_weak_digests_alone_are_told(tmp_path: Path) -> None:
    assert told(make_bag(tmp_path / "bag", FILES, checksums=["md5", "sha1"])) == {"BAG-023", "BAG-030"}


@pytest.mark.rule("BAG-031")
def test_a_tag_that_is_none_is_told_and_long_ones_are_joined(bag: Path) -> None:
    edit(bag / "bag-info.txt", lambda text: "no label\nNote: first\n  second\n\tthird\n" + text)
    delivery = read(bag)
    assert "BAG-031" in {finding.rule for finding in delivery.findings}
    assert delivery.dossiers[0].extra["BagIt Note"] == "first second third"


def test_a_package_in_a_bag_is_read_as_the_package_that_it_is(tmp_path: Path) -> None:
    made = package(tmp_path / "made")
    files = {f"gói/{path.relative_to(made.root).as_posix()}": path for path in made.root.rglob("*") if path.is_file()}
    bag = make_bag(tmp_path / "bag", {name: path.read_bytes() for name, path in files.items()}, info=INFO)
    plain = PackageReader(WORKERS).read(made.root, tmp_path / "room-of-the-package")
    delivery = BagReader(WORKERS, (PackageReader(WORKERS), FolderReader(WORKERS))).read(bag, tmp_path / "room")
    assert delivery.reader == "bagit+package"
    assert errors_of(delivery.findings) == errors_of(plain.findings) == ()
    (inside,), (alone,) = delivery.dossiers, plain.dossiers
    assert inside.fields.keys() == alone.fields.keys()
    assert [document.files for document in inside.documents] == [
        tuple(f"data/gói/{path}" for path in document.files) for document in alone.documents
    ]
    assert {claim.by for claim in delivery.claims["data/gói/METS.xml"]} == {"manifest-sha256.txt"}


class _ElsewhereReader:
    """Lays what it reads down in its room, as the reader of messages does."""

    name = "elsewhere"

    def recognises(self, path: Path) -> bool:
        return (path / "a.txt").is_file()

    def read(self, path: Path, room: Path) -> Delivery:
        assert path.name == "data"
        room.mkdir(parents=True)
        return Delivery(reader=self.name, profile="05-2025", root=str(room))


def test_a_payload_that_is_laid_down_elsewhere_is_taken_as_files_where_its_digests_are_known(bag: Path) -> None:
    delivery = BagReader(WORKERS, (_ElsewhereReader(),)).read(bag, bag.with_name("room"))
    assert (delivery.reader, len(delivery.dossiers[0].documents)) == ("bagit", 2)
    assert Path(delivery.root) == bag


def test_a_spreadsheet_without_headings_is_a_document(tmp_path: Path) -> None:
    bag = make_bag(tmp_path / "bag", {"so-lieu.xlsx": workbook({"S": [["một", "hai"], [1, 2]]})})
    (dossier,) = read(bag).dossiers
    assert [document.files for document in dossier.documents] == [("data/so-lieu.xlsx",)]


def test_a_secret_bag_tells_nothing_but_the_refusal(tmp_path: Path) -> None:
    bag = make_bag(tmp_path / "bag", FILES, info={**INFO, "Do-Mat": "Tuyệt mật"})
    delivery = read(bag)
    (finding,) = delivery.dossier_findings[IDENTIFIER]
    assert finding.rule == "SEC-001"


def test_a_bag_in_one_folder_is_found(tmp_path: Path) -> None:
    make_bag(tmp_path / "outer" / "bag", FILES)
    assert read(tmp_path / "outer").root.endswith("outer/bag")
    assert not READER.recognises(tmp_path / "outer" / "bag" / "data")
