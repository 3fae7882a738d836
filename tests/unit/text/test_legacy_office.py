"""Letters of old office files as they were typed, and how they come back into converted pages."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from ingest.engines.legacy_ole import UnreadableError, _shared_strings, ole_text
from ingest.engines.legacy_rtf import rtf_text
from ingest.engines.office_text import Vocabulary, _restore, legacy_plain, typed_text
from metadata.legacy import Encoding, decoded

TYPED = "Bé tr\xadëng Bé Tµi chÝnh, ­u ®·i"
MEANT = "Bộ trưởng Bộ Tài chính, ưu đãi"


def rtf_of(text: str) -> bytes:
    """`text` as Word writes it."""
    body = "".join(letter if letter.isascii() else f"\\'{ord(letter):02x}" for letter in text)
    head = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 .VnTime;}}{\*\generator Word;}{\stylesheet{\s0 Normal;}}\f0 "
    return (head + body + r"\par}").encode("ascii")


def test_rtf_gives_its_letters_without_tables() -> None:
    assert decoded(rtf_text(rtf_of(TYPED)), Encoding.TCVN3).strip() == MEANT


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (rb"{\rtf1 tr\-\'ebng}", "tr\xadëng"),
        (rb"{\rtf1 \u7913?ng \uc2\u272??\'41}", "ứng ĐA"),
        (rb"{\rtf1 a\tab b\par c\line d}", "a\tb\nc\nd"),
        (rb"{\rtf1 a{\field{\*\fldinst HYPERLINK x}{\fldrslt b}}c}", "abc"),
        (rb"{\rtf1 {\pict 0102ff}x\{y\}\\}", "x{y}\\"),
        (rb"{\rtf1 a" + b"}" * 50 + b"b", "ab"),
        (rb"{\rtf1 \u-10179?x}", "x"),
    ],
)
def test_rtf_controls_mean_what_the_format_says(markup: bytes, text: str) -> None:
    assert rtf_text(markup) == text


@given(st.binary(max_size=300) | st.text(r"{}\'*u0f-9 abpar", max_size=200).map(str.encode))
def test_no_bytes_break_the_rtf_reader(data: bytes) -> None:
    assert isinstance(rtf_text(b"{\\rtf1 " + data), str)


def test_excel_gives_the_strings_of_its_cells(tmp_path: Path) -> None:
    library: Any = xlwt
    book = library.Workbook()
    sheet = book.add_sheet("A")
    for row in range(700):
        # Enough that the table of strings goes over several records.
        sheet.write(row, 0, f"{TYPED} {row}")
    book.save(str(tmp_path / "a.xls"))
    text = ole_text(str(tmp_path / "a.xls"))
    assert [line for line in text.splitlines() if line.startswith("Bé tr")] == [f"{TYPED} {row}" for row in range(700)]


def test_a_string_cut_by_a_record_changes_its_width_there() -> None:
    head = struct.pack("<II", 1, 1)
    first = head + struct.pack("<HB", 6, 0) + b"abc"
    second = b"\x01" + "đếf".encode("utf-16-le")
    assert list(_shared_strings([first, second])) == ["abcđếf"]


def test_a_damaged_container_is_told_apart_from_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)
    with pytest.raises(UnreadableError):
        ole_text(str(tmp_path / "a.doc"))
    assert typed_text(str(tmp_path / "a.doc")) == ""


def test_docx_keeps_soft_hyphens_within_words(tmp_path: Path) -> None:
    markup = "<w:p><w:r><w:t>tr</w:t><w:softHyphen/><w:t>ëng &amp; l­u</w:t></w:r></w:p><w:p><w:t>hÕt</w:t></w:p>"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document>{markup}</w:document>")
    (tmp_path / "a.docx").write_bytes(data.getvalue())
    assert typed_text(str(tmp_path / "a.docx")).split() == ["tr\xadëng", "&", "l\xadu", "hÕt"]


def test_a_file_of_another_kind_has_no_typed_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "b").write_bytes(b"")
    assert typed_text(str(tmp_path / "a")) == ""
    assert typed_text(str(tmp_path / "b")) == ""


@pytest.mark.parametrize(
    ("seen", "whole"),
    [
        ("Bộ trởng Bộ Tài chính, u đãi", MEANT),
        ("Bộ tr-\nởng Bộ Tài chính, u đãi", MEANT),
        ("BỘ TRỞNG BỘ TÀI CHÍNH, U ĐÃI", MEANT.upper()),
        ("bộ Trởng", "bộ trưởng"),
        ("Trang 5 của 9", "Trang 5 của 9"),
    ],
)
def test_lost_letters_come_back_and_the_rest_stays(seen: str, whole: str) -> None:
    words: list[list[float]] = []
    at = 0
    for word in seen.split():
        at = seen.index(word, at)
        words.append([at, at + len(word), 0.1, 0.1, 0.2, 0.2])
        at += len(word)
    page: dict[str, Any] = {"text": seen, "words": words}
    _restore(page, Vocabulary(MEANT.split()))
    assert page["text"] == whole
    assert [page["text"][int(w[0]) : int(w[1])] for w in page["words"]] == page["text"].split()


def test_neighbours_decide_between_words_that_look_alike() -> None:
    vocabulary = Vocabulary(["tư", "pháp", "và", "tự", "do", "tu", "sửa"])
    assert vocabulary.word("", "t", "pháp") == "tư"
    assert vocabulary.word("do", "tu", "sửa") == "tu"


def test_plain_text_of_old_days_becomes_unicode(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes((TYPED + "\r\n").encode("latin-1"))
    answer = legacy_plain(tmp_path, str(tmp_path / "a.txt"))
    assert answer == {"encoding": "tcvn3", "outputs": {"text": "decoded"}}
    assert (tmp_path / "decoded").read_bytes() == (MEANT + "\r\n").encode()


@pytest.mark.parametrize(
    "data", ["Bộ trưởng".encode(), b"plain ascii", "déjà vu".encode("latin-1"), b"", b"\xff\xfeB\x00"]
)
def test_other_plain_text_is_left_to_the_converter(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert legacy_plain(tmp_path, str(tmp_path / "a.txt")) == {"encoding": "unicode"}
