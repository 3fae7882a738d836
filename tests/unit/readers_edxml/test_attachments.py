"""Attachments that are missing, doubled, wrong, packed or called strangely."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path

import pytest

from ingest.readers.containers import Containers
from ingest.readers.edxml.laying import Laid
from ingest.readers.edxml.opening import Opener
from metadata.rules import errors_of
from tests.fakes.workers import InlineWorkers
from tests.generators.edxml import BKAV, IOFFICE, PLAIN, File, Habit, Letter, message, packed
from tests.unit.readers_edxml.conftest import Post, Read

PDF = b"%PDF-1.4 mot tep"


def letter(*files: File, **more: object) -> Letter:
    return Letter(files=files, **more)  # type: ignore[arg-type]  # fields of the letter by name


def names(read: Read) -> list[str]:
    return [path.rpartition("/")[2] for path in read.document.files]


@pytest.mark.rule("EDX-010")
@pytest.mark.parametrize(
    ("text", "detail"),
    [("QUJD*UVG", "character '*' at 5"), ("QUJDR", "cut off after 5"), ("QQ==QUJD", "padding before the end")],
)
def test_wrong_base64_is_refused_with_its_place(text: str, detail: str, post: Post) -> None:
    read = post.one(message(letter(File("a.pdf", b"", encoded=text))))
    found = read.finding("EDX-010")
    assert found.values["written"] == "a.pdf"
    assert found.values["detail"].startswith(detail)
    assert "EDX-020" not in read.rules, "that no file is left is said once"


@pytest.mark.rule("EDX-011")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (base64.b64encode(PDF).decode().rstrip("="), "padding"),
        (base64.urlsafe_b64encode(b"\xfb\xff\xfe" + PDF).decode(), "url-safe"),
        ("data:application/pdf;base64," + base64.b64encode(PDF).decode(), "data-uri"),
    ],
)
def test_base64_that_is_nearly_right_is_decoded_and_told(text: str, told: str, post: Post) -> None:
    read = post.one(message(letter(File("a.pdf", b"", encoded=text))))
    assert told in read.finding("EDX-011").values["detail"]
    assert read.bytes_of(read.document.files[0]).endswith(PDF)


@pytest.mark.rule("EDX-012")
def test_two_attachments_with_one_identifier_are_refused(post: Post) -> None:
    same = (File("a.pdf", PDF, content_id="x"), File("b.pdf", PDF, content_id="x"))
    assert post.one(message(letter(*same))).finding("EDX-012").values["written"] == "x"


@pytest.mark.rule("EDX-013")
@pytest.mark.parametrize("habit", [PLAIN, BKAV])
def test_a_reference_without_attachment_is_refused(habit: Habit, post: Post) -> None:
    read = post.one(message(letter(File("a.pdf", PDF), lacking=("mat-roi",)), habit))
    assert read.said("EDX-013") == {"written": "mat-roi.pdf", "content_id": "mat-roi"}


@pytest.mark.rule("EDX-014")
def test_an_attachment_that_no_reference_names_is_kept_and_told(post: Post) -> None:
    read = post.one(message(letter(File("a.pdf", PDF), unlisted=(File("them.pdf", PDF, content_id="them"),))))
    assert names(read) == ["a.pdf", "them.pdf"]
    assert read.said("EDX-014") == {"count": "1", "written": "them.pdf"}


@pytest.mark.rule("EDX-028")
def test_a_reference_that_fits_no_identifier_is_matched_by_the_name(post: Post) -> None:
    data = message(letter(File("a.pdf", PDF, content_id="dung")))
    read = post.one(data.replace(b"cid:dung", b"cid:sai"))
    assert read.said("EDX-028") == {"written": "a.pdf", "content_id": "sai"}
    assert names(read) == ["a.pdf"]


@pytest.mark.rule("EDX-015")
@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\cv.pdf", "cv.pdf"),
        ("/tuyet/doi.pdf", "doi.pdf"),
        ("cv\u202efdp.exe", "cv_u202efdp.exe"),
        ("", "tep-1.pdf"),
        ("..", "tep-1.pdf"),
        ("dài" * 100 + ".pdf", ("dài" * 49) + ".pdf"),
    ],
)
def test_a_name_that_cannot_be_one_is_replaced_and_told(written: str, name: str, post: Post) -> None:
    read = post.one(message(letter(File(written, PDF))))
    assert names(read) == [name]
    assert read.finding("EDX-015").values["name"] == name
    root = Path(read.delivery.root).resolve()
    assert all((root / path).resolve().is_relative_to(root) for path in read.document.files)


@pytest.mark.rule("EDX-019")
def test_two_attachments_of_one_name_are_both_kept(post: Post) -> None:
    read = post.one(message(letter(File("a.pdf", b"1"), File("a.pdf", b"2"))))
    assert names(read) == ["a.pdf", "a (2).pdf"]
    assert read.said("EDX-019") == {"written": "a.pdf", "name": "a (2).pdf"}


@pytest.mark.rule("EDX-017")
def test_an_archive_of_several_files_gives_each_of_them(post: Post) -> None:
    archive = File("phu-luc.zip", b"", zipped=(("1.pdf", b"mot"), ("bang/2.xlsx", b"hai")), type="application/zip")
    read = post.one(message(letter(archive)))
    assert read.said("EDX-017") == {"written": "phu-luc.zip", "count": "2"}
    paths = [path.split(".tep/")[1] for path in read.document.files]
    assert paths == ["phu-luc/1.pdf", "phu-luc/bang/2.xlsx"]
    assert [read.bytes_of(path) for path in read.document.files] == [b"mot", b"hai"]


def test_the_zip_of_a_zip_is_opened_too(post: Post) -> None:
    inner = packed([("cv.pdf", PDF)])
    read = post.one(message(letter(File("cv.zip", inner)), IOFFICE))
    assert names(read) == ["cv.pdf"]


def test_an_office_file_is_a_zip_and_no_coat(post: Post) -> None:
    document = packed([("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")])
    read = post.one(message(letter(File("cv.docx", document))))
    assert names(read) == ["cv.docx"]
    assert read.rules == set()
    coated = Post(post.folder / "x").one(message(letter(File("cv.docx", document)), IOFFICE))
    assert coated.bytes_of(coated.document.files[0]) == document


def test_half_an_office_file_stays_what_it_is(post: Post) -> None:
    half = packed([("[Content_Types].xml", b"<x/>" * 99)])[:60]
    read = post.one(message(letter(File("cv.docx", half))))
    assert (names(read), read.rules) == (["cv.docx"], set())


def test_a_damaged_zip_is_told_by_the_rule_of_containers(post: Post) -> None:
    read = post.one(message(letter(File("cv.pdf", packed([("cv.pdf", PDF)])[:-9]))))
    assert "CON-001" in read.rules


def test_a_member_with_a_path_out_of_the_folder_is_refused(post: Post) -> None:
    archive = File("a.zip", b"", zipped=(("../ra-ngoai.pdf", PDF),))
    assert "CON-002" in post.one(message(letter(archive))).rules


def test_a_zip_bomb_is_refused_before_it_goes_off(post: Post) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container, container.open("bom.pdf", "w") as member:
        for _ in range(80):
            member.write(bytes(1 << 20))
    read = post.one(message(letter(File("bom.pdf", out.getvalue()))))
    assert "CON-005" in read.rules
    assert read.document.files == ()


@pytest.mark.rule("EDX-018")
def test_more_bytes_than_are_taken_are_refused(tmp_path: Path) -> None:
    laid, workers = Laid(tmp_path / "goc"), InlineWorkers()
    laid.place("cv.edxml").write_bytes(message(letter(File("a.pdf", bytes(3000)), File("b.pdf", bytes(3000)))))
    opener = Opener(workers, Containers(workers), laid, tmp_path / "cho", most_bytes=5000)
    (found,) = opener.opened(["cv.edxml"])
    assert [(one.rule, one.values["written"]) for one in found.findings] == [("EDX-018", "b.pdf")]
    assert [path.rpartition("/")[2] for path in found.files] == ["a.pdf"]


@pytest.mark.rule("EDX-020")
def test_a_document_without_any_file_is_refused(post: Post) -> None:
    read = post.one(message(letter()))
    assert [finding.rule for finding in errors_of(tuple(read.findings))] == ["EDX-020"]


def test_mime_parts_come_out_to_the_byte_whatever_they_hold(post: Post) -> None:
    hostile = b"\r\n--khong phai\r\n" + bytes(range(256)) * 300 + b"\n\r\n"
    for number, habit in enumerate((BKAV, Habit(soap=True, mime=True, binary=True))):
        read = Post(post.folder / str(number)).one(message(letter(File("a.bin", hostile)), habit))
        assert read.bytes_of(read.document.files[0]) == hostile
