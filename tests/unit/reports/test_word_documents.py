"""Word documents that the archive writes: what office programs read in them, whatever the texts look like."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest
from docx.enum.section import WD_ORIENT
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import WorkFolderFaultError
from archive.reports.word_documents import WordColumn, WordList, write_word
from ingest.engines import libreoffice

AT = datetime(2026, 11, 29, 15, 0, tzinfo=UTC)
COLUMNS = (WordColumn("STT", 1, centred=True), WordColumn("Trích yếu", 5))


def _list(*rows: tuple[str | int | None, str | int | None]) -> WordList:
    return WordList("DANH SÁCH", ("Câu tìm: a < b & c",), COLUMNS, iter(rows))


def _read(path: Path) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in docx.Document(str(path)).tables[0].rows]


def test_title_lines_and_rows_are_read_by_another_library(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    write_word(path, _list((1, "Quyết định <b>222</b> & phụ lục"), (2, None), (3, "=HYPERLINK(1)")), created=AT)
    read = docx.Document(str(path))
    assert [paragraph.text for paragraph in read.paragraphs][:2] == ["DANH SÁCH", "Câu tìm: a < b & c"]
    assert read.core_properties.title == "DANH SÁCH"
    assert read.sections[0].orientation == WD_ORIENT.LANDSCAPE
    assert _read(path) == [
        ["STT", "Trích yếu"],
        ["1", "Quyết định <b>222</b> & phụ lục"],
        ["2", ""],
        ["3", "=HYPERLINK(1)"],
    ]


@given(st.text(max_size=40) | st.text("<>&\"'\x00\x0b\ud800\ufffe]]>\n\t ", max_size=20))
def test_whatever_a_text_looks_like_it_is_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.docx"
    write_word(path, _list((1, text)), created=AT)
    (cell,) = _read(path)[1:]
    assert len(cell) == 2
    assert not set(cell[1]) & set("\x00\x0b\n\ud800")


def test_the_same_list_and_time_are_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "1.docx", tmp_path / "2.docx"
    for path in (one, other):
        write_word(path, _list((1, "a")), created=AT)
    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as package:
        assert {info.date_time for info in package.infolist()} == {(2026, 11, 29, 15, 0, 0)}


def test_rows_that_end_in_a_fault_leave_the_file_of_before(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(b"before")

    def rows() -> Iterator[tuple[int, str]]:
        yield 1, "a"
        raise OSError(28, "No space left on device")

    with pytest.raises(WorkFolderFaultError, match="No space"):
        write_word(path, WordList("", (), COLUMNS, rows()), created=AT)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_libreoffice_opens_it(tmp_path: Path) -> None:
    path, scratch = tmp_path / "a.docx", tmp_path / "scratch"
    scratch.mkdir()
    write_word(path, _list(*((number, f"Văn bản thứ {number}") for number in range(1, 200))), created=AT)
    answer = libreoffice.convert(scratch, str(path), "a.docx")
    assert {*answer["outputs"]} >= {"pdf"}, answer
