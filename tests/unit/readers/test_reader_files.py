"""Which files a delivery has, and which row means which."""

from __future__ import annotations

import os
import socket
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ingest.readers.folder import FolderReader, NotAFolderError
from ingest.readers.listing import DeliveryUnreadableError, list_delivery
from tests.fakes.workers import InlineWorkers
from tests.fixtures.deliveries import CODE, DeliveryFolder


def documents(delivery: DeliveryFolder) -> list[tuple[str, ...]]:
    return [document.files for document in delivery.dossier().documents]


@pytest.mark.parametrize(
    ("written", "on_disk"),
    [
        ("hoso01\\a.pdf", "hoso01/a.pdf"),
        (".\\hoso01/a.pdf", "hoso01/a.pdf"),
        ("HOSO01/A.PDF", "hoso01/a.pdf"),
        ("hoso01/a.pdf", "hoso01/a.PDF"),
        ("a.pdf", "hop 1/hoso01/a.pdf"),
        ("tinh/hop01/hoso01/a.pdf", "hoso01/a.pdf"),
        ("hoso01/a", "hoso01/a.pdf"),
        ("Quyết định.pdf", unicodedata.normalize("NFD", "Quyết định.pdf")),
        (unicodedata.normalize("NFD", "Quyết định.pdf"), "Quyết định.pdf"),
        ("a  b.pdf", "a  b.pdf"),
        ("bản (1); cuối.pdf", "bản (1); cuối.pdf"),
        ('"a.pdf"', "a.pdf"),
    ],
)
def test_a_path_finds_its_file_as_people_write_it(delivery: DeliveryFolder, written: str, on_disk: str) -> None:
    delivery.one((), (1, "S", "1/2/2019", written))
    delivery.file(on_disk)
    assert documents(delivery) == [(on_disk,)]
    assert not [finding for finding in delivery.findings() if finding.rule.startswith("READ")]


def test_a_path_column_may_name_several_files_or_their_folder(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf; b.pdf"), (2, "T", "1/2/2019", "vb2"))
    for name in ("a.pdf", "b.pdf", "vb2/1.jpg", "vb2/2.jpg"):
        delivery.file(name)
    assert documents(delivery) == [("a.pdf", "b.pdf"), ("vb2/1.jpg", "vb2/2.jpg")]


@pytest.mark.parametrize(
    "names",
    [
        [f"{CODE}.1.pdf"],
        [f"{CODE}.001.PDF"],
        [f"hop/{CODE.lower()}.0000001.pdf"],
        [f"{CODE}.1.1.pdf", f"{CODE}.1.2.pdf", f"{CODE}.1.10.pdf"],
        [f"{CODE}.1.docx", f"{CODE}.1.pdf"],
        [f"{CODE}.pdf"],
    ],
)
def test_without_a_path_the_name_is_code_and_ordinal(delivery: DeliveryFolder, names: list[str]) -> None:
    delivery.one((), (1, "S", "1/2/2019", None))
    for name in reversed(names):
        delivery.file(name)
    assert documents(delivery) == [tuple(names)]


def test_the_code_comes_from_file_names_where_the_sheet_has_none(delivery: DeliveryFolder) -> None:
    heading = ["Tiêu đề hồ sơ", "Thời gian kết thúc", "STT trong hồ sơ", "Trích yếu"]
    delivery.sheets(Sheet1=[heading, ["T", 2019, 1, "A"], ["T", 2019, 2, "B"]])
    delivery.file("H49.2019.07.001.pdf")
    delivery.file("H49.2019.07.002.pdf")
    dossier = delivery.dossier()
    assert dossier.file_code == "H49.2019.07"
    assert [document.files[0] for document in dossier.documents] == ["H49.2019.07.001.pdf", "H49.2019.07.002.pdf"]


@pytest.mark.rule("READ-030")
def test_a_code_composed_of_its_parts_is_told(delivery: DeliveryFolder) -> None:
    heading = ["Mã phông", "Mục lục số", "Số và ký hiệu hồ sơ", "Tiêu đề hồ sơ", "Trích yếu", "Tên tệp"]
    delivery.sheets(Sheet1=[heading, ["000.06.16.G09", 2010, "01.TH", "T", "A", "a.pdf"]])
    delivery.file("a.pdf")
    assert delivery.dossier().file_code == "000.06.16.G09.2010.01.TH"
    assert delivery.finding("READ-030").values["code"] == "000.06.16.G09.2010.01.TH"


@pytest.mark.rule("READ-032")
def test_a_dossier_without_any_code_is_an_error(delivery: DeliveryFolder) -> None:
    delivery.sheets(Sheet1=[["Tiêu đề hồ sơ", "Trích yếu", "Tên tệp"], ["T", "A", "a.pdf"]])
    delivery.file("a.pdf")
    assert delivery.finding("READ-032").row == 2


@pytest.mark.rule("READ-002")
def test_a_folder_without_a_spreadsheet_says_so(delivery: DeliveryFolder) -> None:
    delivery.file("a.pdf")
    assert delivery.rules() == {"READ-002"}


@pytest.mark.rule("READ-010")
def test_a_file_that_is_named_but_missing_is_told_with_row_and_path(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf"), (2, "S", "1/2/2019", "mất\\b.pdf"))
    delivery.file("a.pdf")
    found = delivery.finding("READ-010")
    assert (found.row, found.column, found.values["written"]) == (3, "Đường dẫn file", "mất\\b.pdf")
    assert delivery.dossier().documents[1].missing_files == ("mất\\b.pdf",)


@pytest.mark.rule("READ-011")
def test_a_file_that_no_row_names_counts_against_the_dossier_it_points_to(delivery: DeliveryFolder) -> None:
    other = "H49.64.33.2019.02"
    own = ["T", "1/1/2019", "31/12/2019"]
    heading = ["Mã hồ sơ", "Tiêu đề hồ sơ", "Ngày bắt đầu", "Ngày kết thúc", "STT trong hồ sơ", "Tên tệp"]
    rows = [[CODE, *own, 1, "h1/a.pdf"], [other, *own, 1, "h2/b.pdf"]]
    delivery.sheets(Sheet1=[heading, *rows])
    for name in ("h1/a.pdf", "h2/b.pdf", "h1/thừa.pdf", f"x/{other}.9.pdf", "lạ.pdf"):
        delivery.file(name)
    found = delivery.read()
    assert [finding.subject for finding in found.findings] == ["lạ.pdf"]
    assert [d.stray_files for d in found.dossiers] == [("h1/thừa.pdf",), (f"x/{other}.9.pdf",)]
    strays = {code: [f.subject for f in own if f.rule == "READ-011"] for code, own in found.dossier_findings.items()}
    assert strays == {CODE: ["h1/thừa.pdf"], other: [f"x/{other}.9.pdf"]}


@pytest.mark.rule("READ-012")
def test_two_rows_for_one_file_are_told_with_both_rows(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf"), (2, "S", "1/2/2019", "A.PDF"))
    delivery.file("a.pdf")
    assert delivery.finding("READ-012").values["rows"] == "2, 3"


@pytest.mark.rule("READ-013")
def test_a_document_without_path_and_without_a_file_of_its_name_is_told(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", None), (2, "S", "1/2/2019", None))
    delivery.file(f"{CODE}.1.pdf")
    found = delivery.finding("READ-013")
    assert (found.row, found.subject) == (3, f"{CODE}.2")


@pytest.mark.rule("READ-014")
def test_a_path_that_fits_several_files_is_told(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf"))
    delivery.file("h1/a.pdf")
    delivery.file("h2/a.pdf")
    assert delivery.finding("READ-014").values["written"] == "a.pdf"


@pytest.mark.rule("READ-022")
@pytest.mark.parametrize(
    "written",
    ["../a.pdf", "..\\a.pdf", "h/../../a.pdf", "/etc/passwd", "\\\\server\\share\\a.pdf", "C:\\a.pdf", "file:///a.pdf"],
)
def test_a_path_out_of_the_delivery_is_never_looked_at(delivery: DeliveryFolder, written: str) -> None:
    delivery.one((), (1, "S", "1/2/2019", written))
    (delivery.root.parent / "a.pdf").write_bytes(b"outside")
    assert delivery.finding("READ-022").values["written"] == written
    assert documents(delivery) == [()]


@pytest.mark.rule("READ-020")
def test_symbolic_links_are_told_and_never_followed(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "a.pdf"))
    secret = delivery.root.parent / "secret"
    secret.mkdir()
    (secret / "b.pdf").write_bytes(b"outside")
    (delivery.root / "a.pdf").symlink_to(secret / "b.pdf")
    (delivery.root / "thu-muc").symlink_to(secret)
    (delivery.root / "vong").symlink_to(delivery.root)
    (delivery.root / "gay").symlink_to("nowhere")
    told = [finding.subject for finding in delivery.findings() if finding.rule == "READ-020"]
    assert sorted(told) == ["a.pdf", "gay", "thu-muc", "vong"]
    assert documents(delivery) == [()]
    assert "READ-010" not in delivery.rules()


@pytest.mark.rule("READ-021")
def test_a_pipe_a_socket_and_a_device_are_told_and_never_opened(
    delivery: DeliveryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery.one()
    delivery.file("a.pdf")
    os.mkfifo(delivery.root / "ống.pdf")
    # A socket's path may have 108 bytes at most: it is made from inside the folder.
    monkeypatch.chdir(delivery.root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.pdf")
        told = {f.subject: f.values["detail"] for f in delivery.findings() if f.rule == "READ-021"}
    assert told == {"ống.pdf": "FIFO", "s.pdf": "socket"}


@pytest.mark.rule("READ-023")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\x07.pdf", "a\\x07.pdf"),
        (b"a\n.pdf", "a\\n.pdf"),
        ("a\u202efdp.exe".encode(), "a\\u202efdp.exe"),
        (b"a\xff.pdf", "a\\xff.pdf"),
    ],
)
def test_names_that_hide_what_they_are_show_themselves(delivery: DeliveryFolder, name: bytes, shown: str) -> None:
    delivery.one()
    delivery.file("a.pdf")
    Path(os.fsdecode(os.fsencode(delivery.root) + b"/" + name)).write_bytes(b"x")
    assert delivery.finding("READ-023").subject == shown


@pytest.mark.rule("READ-024")
def test_a_backslash_in_a_name_is_no_folder(delivery: DeliveryFolder) -> None:
    delivery.one((), (1, "S", "1/2/2019", "h\\a.pdf"))
    delivery.file("h\\a.pdf")
    assert delivery.finding("READ-024").subject == "h\\a.pdf"
    assert documents(delivery) == [()]


@pytest.mark.rule("READ-025")
def test_folders_nested_beyond_reason_are_told_and_not_entered(delivery: DeliveryFolder) -> None:
    delivery.one()
    delivery.file("a.pdf")
    (delivery.root / "/".join("d" * 70)).mkdir(parents=True)
    assert delivery.finding("READ-025").subject.count("/") == 64


@pytest.mark.rule("READ-026")
def test_a_name_of_255_bytes_is_taken_with_a_warning(delivery: DeliveryFolder) -> None:
    name = "ế" * 83 + "ab.pdf"
    assert len(name.encode()) == 255
    delivery.one((), (1, "S", "1/2/2019", name))
    delivery.file(name)
    assert delivery.finding("READ-026").values["detail"] == "255"
    assert documents(delivery) == [(name,)]


@pytest.mark.rule("READ-027")
def test_more_files_than_the_limit_are_told(delivery: DeliveryFolder) -> None:
    for n in range(4):
        delivery.file(f"{n}.pdf")
    listing = list_delivery(delivery.root, most=3)
    assert len(listing.files) == 3
    assert [oddity.rule for oddity in listing.oddities] == ["READ-027"]


def test_what_systems_leave_behind_is_ignored(delivery: DeliveryFolder) -> None:
    delivery.one()
    delivery.file("a.pdf")
    names = ["Thumbs.db", "h/.DS_Store", "desktop.ini", "~$danh-muc.xlsx", "._a.pdf", ".~lock.danh-muc.xlsx#"]
    for name in [*names, "__MACOSX/h/x"]:
        delivery.file(name)
    found = delivery.read()
    assert sorted(found.ignored) == sorted([*names, "__MACOSX/h/x"])
    assert not found.findings
    assert not found.dossier_findings


def test_the_spreadsheet_itself_is_no_delivery(delivery: DeliveryFolder) -> None:
    delivery.one()
    with pytest.raises(NotAFolderError, match="folder"):
        FolderReader(InlineWorkers()).read(delivery.root / "danh-muc.xlsx", delivery.root / "room")
    assert not FolderReader(InlineWorkers()).recognises(delivery.root / "danh-muc.xlsx")
    assert FolderReader(InlineWorkers()).recognises(delivery.root)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Permissions do not bind root: whoever runs the tests as root is somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("closed", ["h", "danh-muc.xlsx"])
def test_what_may_not_be_read_is_a_fault_and_no_rejection(closed: str) -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        delivery = DeliveryFolder(Path(folder) / "giao-nop")
        delivery.one()
        delivery.file("h/a.pdf")
        (delivery.root / closed).chmod(0)
        try:
            with ordinary_user(), pytest.raises(DeliveryUnreadableError) as fault:
                delivery.read()
        finally:
            (delivery.root / closed).chmod(0o700)
        assert closed in fault.value.path
