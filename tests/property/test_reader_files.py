"""Paths and names under hostile input: no row ever leaves its delivery, and no file is given that is not there."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.readers.headings import find_table
from ingest.readers.listing import shown
from ingest.readers.resolution import Files, Miss
from ingest.readers.rows import profile_of, records_of
from ingest.readers.sheets import Sheet
from metadata.profiles import Section, profile

segments = st.sampled_from(
    ["a", "b", "A", "..", ".", "", "hoso01", "a.pdf", "A.PDF", "ế.pdf", "e\u0302\u0301.pdf", "C:"]
)
paths = st.lists(segments, min_size=1, max_size=5).map("/".join)
ordinary = st.lists(st.sampled_from(["a", "b", "hoso01", "ế"]), max_size=3).map(
    lambda parts: "/".join([*parts, "a.pdf"])
)
hostile = st.text("./\\:;|\n\"' aAbế\u0301\u202e\u0000~$*?", max_size=30)


@given(st.lists(ordinary, max_size=6), paths | hostile | st.text(max_size=30), st.sampled_from(["", "hoso01"]))
@example(["a.pdf"], "hoso01/../../a.pdf", "hoso01")
@example(["a.pdf"], "..\\a.pdf", "")
@example(["a.pdf"], "/a.pdf", "")
def test_a_written_path_gives_only_files_of_the_delivery(files: list[str], written: str, base: str) -> None:
    known = Files(files)
    for resolved in known.by_path(written, base):
        assert set(resolved.files) <= set(files)
        assert bool(resolved.files) != (resolved.miss is not None)
        if ".." in resolved.written.replace("\\", "/").strip("\"'").split("/"):
            assert resolved.miss is Miss.OUTSIDE


@given(st.lists(ordinary, min_size=1, max_size=6, unique=True), st.data())
def test_every_file_is_found_by_its_own_path(files: list[str], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(files))
    assert Files(files).by_path(path.replace("/", "\\"), "")[0].files == (path,)


@given(hostile | st.text(max_size=10), st.integers(1, 99), st.lists(ordinary, max_size=4))
def test_names_of_code_and_ordinal_give_only_files_of_the_delivery(code: str, ordinal: int, files: list[str]) -> None:
    assert set(Files(files).by_name((code,), ordinal, (code,), "")) <= set(files)


@given(st.binary(max_size=20))
def test_what_is_shown_of_a_name_is_plain_and_can_be_written(name: bytes) -> None:
    text = shown(name.decode("utf-8", "surrogateescape"))
    text.encode("utf-8")
    assert text.isprintable() or all(char.isprintable() or not char.isspace() for char in text)
    assert "\u202e" not in text
    assert "\n" not in text


cells = st.sampled_from(
    ["", "Mã hồ sơ", "Tiêu đề hồ sơ", "Ngày", "Tháng", "Năm", "Trích yếu", "STT", "1", "31/02/2019", "Hồ sơ", "Mật"]
) | st.text(max_size=8)
grids = st.lists(st.lists(cells, max_size=7), max_size=9)


@given(grids, grids)
def test_no_grid_of_cells_breaks_the_reading_of_rows(first: list[list[str]], second: list[list[str]]) -> None:
    tables = [table for rows in (first, second) if (table := find_table(_sheet(rows)))]
    used = profile(profile_of(tables))
    for table in tables:
        numbers = [number for number, _ in table.sheet.rows]
        for record in records_of(table, "s.xlsx", used):
            assert record.row in numbers
            assert record.row not in table.heading_rows
            assert all(key for key in (*record.dossier, *record.record))
            assert all(cell.row == record.row for cell in record.record.values())
            # Rows of documents that say the same of their dossier share what the first of them said.
            alone = record.section is Section.DOSSIER
            for cell in record.dossier.values():
                assert cell.row == record.row if alone else cell.row in range(table.first_row, record.row + 1)


def _sheet(rows: Sequence[Sequence[str]]) -> Sheet:
    return Sheet("S", tuple((i, tuple(row)) for i, row in enumerate(rows, start=1) if any(row)))
