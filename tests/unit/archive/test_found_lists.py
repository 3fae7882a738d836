"""Lists of what a search finds: page by page while documents come in, by the catalogue's word on who may see what."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import docx
import openpyxl
import pytest

from archive.auth.access import document_tokens
from archive.auth.people import Label
from archive.auth.policy import Area, Scope
from archive.catalogue.found_documents import FoundDocuments
from archive.catalogue.holdings import Catalogue
from archive.catalogue.tables import agencies, documents, dossiers
from archive.errors import CancelledJobError
from archive.reports.papers import Papers
from archive.services import found_lists as services
from archive.services.accesses import Accesses
from archive.services.asked_searches import AskedSearch
from archive.services.found_lists import FoundForm, FoundLists, ListMaker, ListTarget
from archive.services.indexing import Indexing
from archive.services.stored_packages import StoredPackages
from metadata.errors import UsageError
from search.backends.tantivy import TantivyIndex
from search.ports import IndexedDocument
from tests.fakes.trails import Trail, make_trail
from tests.fakes.workers import InlineWorkers

READER = Scope((Area("H49", Label.INTERNAL),))
LAN = ListMaker("lan", "Nguyễn Thị Lan", READER)
PAGE = 10
ISSUED, DOSSIER, SNIPPET = 2, 6, 9
"""Columns."""


def _document(number: int, **more: Any) -> IndexedDocument:  # noqa: ANN401 - fields
    said: dict[str, Any] = {
        "document_id": f"d{number}/1",
        "package_id": f"d{number}",
        "ordinal": 1,
        "agency": "H49",
        "title": "Công văn về đất đai",
        "dossier_title": "",
        "doc_code": "",
        "file_code": f"HS.{number}",
        "number": f"{number}/UBND",
        "type_name": "Công văn",
        "organ_name": "UBND",
        "issued": f"2020-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "pages": ["Kính gửi các huyện: báo cáo về đất đai"],
        "access": document_tokens("H49", Label.INTERNAL),
    }
    blank = ("signer", "fonds", "retention", "language", "rights", "keywords")
    return IndexedDocument(**{**dict.fromkeys(blank, ""), "fields": {}, **said, **more})


@dataclass
class Holding:
    trail: Trail
    index: TantivyIndex
    lists: FoundLists
    folder: Path

    def add(self, *found: IndexedDocument) -> None:
        """Into index and catalogue."""
        self.index.add(found)
        with self.trail.database.transaction() as connection:
            for one in found:
                whole = {"package_id": one.package_id, "agency": one.agency, "file_code": one.file_code, "title": "t"}
                more = {"submission_id": "", "stored_at": "", "documents": 1, "fingerprint": "", "fonds": "Phông A"}
                rank = Label.INTERNAL.rank
                connection.execute(dossiers.insert().values(**whole, **more, label=rank))
                row = {"dossier_id": one.package_id, "ordinal": 1, "part_id": "", "agency": one.agency, "doc_code": ""}
                told = {"title": "t", "number": "", "organ": "", "issued": "", "verdict": "", "label": rank}
                connection.execute(documents.insert().values(**row, **told))

    def label(self, dossier_id: str, label: Label) -> None:
        """Say how open a document is, in the catalogue alone: the index has not heard of it yet."""
        with self.trail.database.transaction() as connection:
            own = documents.c.dossier_id == dossier_id
            connection.execute(documents.update().where(own).values(label=label.rank))

    def made(
        self,
        form: FoundForm = FoundForm.XLSX,
        asked: AskedSearch | None = None,
        told: Callable[[int], bool] = lambda _: True,
    ) -> tuple[bytes, services.MadeFound]:
        target = ListTarget(self.folder / f"list.{form.value}", told, self.folder / "places.txt", "job")
        made = self.lists.make(asked or AskedSearch(query="đất đai"), form, LAN, target)
        return target.file.read_bytes(), made


@pytest.fixture
def holding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holding]:
    monkeypatch.setattr(services, "AT_ONCE", PAGE)
    (tmp_path / "scratch").mkdir()
    trail = make_trail(tmp_path)
    with trail.database.transaction() as connection:
        connection.execute(agencies.insert(), [{"code": code, "name": code} for code in ("H49", "H50")])
    index = TantivyIndex(tmp_path / "index")
    catalogue = Catalogue(trail.database, trail.clock)
    lists = FoundLists(
        indexing=Indexing(index, catalogue, cast("StoredPackages", None), trail.trail),
        catalogue=catalogue,
        documents=FoundDocuments(trail.database),
        accesses=Accesses(trail.trail, trail.clock),
        trail=trail.trail,
        clock=trail.clock,
        papers=lambda: Papers(InlineWorkers(), tmp_path / "scratch"),
        archive="Lưu trữ tỉnh",
        scratch=tmp_path / "scratch",
    )
    yield Holding(trail, index, lists, tmp_path)
    trail.database.close()


def rows_of(content: bytes) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    lines = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = next(number for number, line in enumerate(lines) if line[0] == "STT")
    return lines[head + 1 :]


def lines_of(content: bytes) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]


def test_while_documents_come_in_none_is_listed_twice_and_none_left_out(holding: Holding) -> None:
    first = [_document(number) for number in range(1, 36)]
    holding.add(*first)
    later = iter(range(101, 200))

    def told(_rows: int) -> bool:
        # Newer than all others, and older than all others.
        holding.add(_document(next(later), issued="2025-01-01"), _document(next(later), issued="1990-01-01"))
        return True

    content, made = holding.made(told=told)
    listed = [row[DOSSIER] for row in rows_of(content)]
    assert len(set(listed)) == len(listed) == made.rows
    assert {one.file_code for one in first} <= set(listed)
    days = [date(*map(int, reversed(row[ISSUED].split("/")))) for row in rows_of(content)]
    assert days == sorted(days, reverse=True), "by day, the newest first, where relevance was asked for"
    assert "Thứ tự: Mới trước" in lines_of(holding.made(FoundForm.DOCX)[0])


def test_the_catalogue_has_the_last_word_on_who_may_see_what(holding: Holding) -> None:
    holding.add(*(_document(number) for number in range(1, 4)), _document(4, agency="H50"))
    holding.index.add([_document(5)])
    holding.label("d2", Label.RESTRICTED)
    content, made = holding.made()
    assert sorted(row[DOSSIER] for row in rows_of(content)) == ["HS.1", "HS.3"]
    assert [row[0] for row in rows_of(content)] == [1, 2]
    assert made.rows == 2
    places = holding.folder / "places.txt"
    assert sorted(places.read_text(encoding="ascii").split()) == ["d1/1", "d3/1"]
    assert holding.lists.may_still(places, within=READER)
    assert not holding.lists.may_still(places, within=Scope((Area("H50", Label.CONFIDENTIAL),)))
    holding.label("d3", Label.RESTRICTED)
    assert not holding.lists.may_still(places, within=READER)
    holding.label("d3", Label.INTERNAL)
    with holding.trail.database.transaction() as connection:
        connection.execute(documents.delete().where(documents.c.dossier_id == "d1"))
    assert not holding.lists.may_still(places, within=READER), "what is there no more cannot be asked about"


HOSTILE = ('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "</w:t><b>đất đai</b> & <em>", "a\x00b\x0bc\n\td")


def test_no_text_becomes_a_formula_or_markup_in_any_form(holding: Holding) -> None:
    for number, text in enumerate(HOSTILE, start=1):
        holding.add(_document(number, title=text, organ_name=text, pages=[f"{text} đất đai {text}"]))
    content, _ = holding.made(asked=AskedSearch(query="đất đai", sort="number"))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    rows = rows_of(content)
    assert [row[4] for row in rows][:5] == list(HOSTILE[:5])
    assert "đất đai" in rows[4][SNIPPET]
    assert "<b>" in rows[4][SNIPPET], "as the document has it"
    table = docx.Document(io.BytesIO(holding.made(FoundForm.DOCX)[0])).tables[0]
    assert {HOSTILE[0], HOSTILE[4]} <= {row.cells[4].text for row in table.rows}
    pdf, made = holding.made(FoundForm.PDF)
    assert pdf.startswith(b"%PDF-")
    assert made.more["flavour"] == "2u"
    assert b"/URI" not in pdf


def test_the_same_list_at_the_same_time_is_the_same_bytes(holding: Holding) -> None:
    holding.add(*(_document(number) for number in range(1, 15)))
    for form in FoundForm:
        assert holding.made(form)[0] == holding.made(form)[0], form


def test_what_is_asked_by_whom_and_when_stands_over_the_list(holding: Holding) -> None:
    holding.add(_document(1))
    said = "q=%C4%91%E1%BA%A5t&type=C%C3%B4ng+v%C4%83n&agency=H49&chosen=organ%3DUBND&from=2019-12-31&to=2021-01-01"
    lines = lines_of(holding.made(FoundForm.DOCX, AskedSearch.of_address(said + "&sort=date"))[0])
    assert lines[:2] == ["DANH SÁCH VĂN BẢN, TÀI LIỆU TÌM ĐƯỢC", "Lưu trữ tỉnh"]
    assert "Câu tìm: đất" in lines
    assert any(line.endswith(": Công văn") for line in lines)
    assert "agency: H49" in lines or any(line.endswith(": H49") for line in lines)
    assert {"Ngày văn bản từ: 31/12/2019", "Ngày văn bản đến: 01/01/2021", "Số văn bản: 1"} <= set(lines)
    (who,) = [line for line in lines if line.startswith("Người lập: ")]
    assert who.startswith("Người lập: Nguyễn Thị Lan (tài khoản lan); chỉ gồm văn bản mà người này được xem")


def test_a_list_that_would_be_too_long_is_refused_before_and_cut_with_words_later(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding.add(*(_document(number) for number in range(1, 15)))
    asked = AskedSearch(query="đất đai")
    assert holding.lists.count(asked, within=READER) == 14
    for most in (13, 12):
        monkeypatch.setattr(services, "MOST", most)
        with pytest.raises(UsageError, match=f"1 đến {most} dòng"):
            holding.lists.count(asked, within=READER)
        content, made = holding.made(FoundForm.DOCX)
        assert (made.rows, made.total) == (most, 14)
        expected = f"Số văn bản: {most} trong 14 tìm thấy; một danh sách có tối đa {most} dòng"
        assert expected in lines_of(content)
    with pytest.raises(UsageError, match="0 văn bản"):
        holding.lists.count(AskedSearch(query="không có gì"), within=READER)


@pytest.mark.parametrize("form", FoundForm)
@pytest.mark.parametrize("last", [0, 1, 2])
def test_a_list_that_nobody_wants_any_more_ends_and_leaves_nothing(
    holding: Holding, form: FoundForm, last: int
) -> None:
    holding.add(*(_document(number) for number in range(1, 15)))
    heard: list[int] = []

    def told(rows: int) -> bool:
        heard.append(rows)
        return len(heard) <= last

    with pytest.raises(CancelledJobError):
        holding.made(form, told=told)
    assert heard == [PAGE, 14, 14][: last + 1]
    assert not list((holding.folder / "scratch").iterdir())
    assert not [*holding.folder.glob("*list*"), *holding.folder.glob("rows-*")]


def test_the_command_lines_list_is_told_by_the_ending_of_its_name(holding: Holding) -> None:
    holding.add(_document(1))
    asked = AskedSearch(query="đất đai")
    for name in ("a.xlsx", "a.DOCX", "a.pdf"):
        target = holding.folder / name
        made = holding.lists.write(asked, target, operator="root", told=lambda _: True)
        assert made.as_json()["bytes"] == target.stat().st_size
        assert (made.more["documents"], made.more["format"]) == (1, name[2:].lower())
    with pytest.raises(UsageError, match=r"[.]xlsx, [.]docx"):
        holding.lists.write(asked, holding.folder / "a.csv", operator="root", told=lambda _: True)
    with pytest.raises(UsageError):
        holding.lists.write(asked, holding.folder / "a.pdf", operator="root", told=lambda _: True)
