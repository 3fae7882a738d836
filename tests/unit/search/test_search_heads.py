"""The number of a paper is read where papers tell it, and nowhere else."""

from __future__ import annotations

import pytest

from search.documents import HEAD, analyse
from search.heads import NOTHING, head_of
from tests.contract.search_index import document

PAPER = """THỦ TƯỚNG CHÍNH PHỦ
{number}
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
Hà Nội, ngày 23 tháng 01 năm 2025
QUYẾT ĐỊNH
Sửa đổi Quyết định số 17/2019/QĐ-TTg
Căn cứ Nghị định
Số 123/2016/NĐ-CP ngày 01 tháng 9 năm 2016
"""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Số: 222/QĐ-TTg", "222/QĐ-TTg"),
        ("Số: 222/QĐ-TTg Hà Nội, ngày 23 tháng 01 năm 2025", "222/QĐ-TTg"),
        ("— Số 222 / QĐ - TTg", "222/QĐ-TTg"),
        ("SÓ: 22l/QÐ~TTg", "221/QÐ~TTg"),
        ("S6: 51/2025/TT-BCA", "51/2025/TT-BCA"),
        ("Số 112/HC", "112/HC"),
        ("Số: 4# /2020/TT-BCA", ""),
        ("Số: /QĐ-TTg", ""),
        ("Số liệu 3/4", ""),
        ("Theo Quyết định số 17/2019/QĐ-TTg", ""),
        ("", ""),
    ],
)
def test_a_number_is_read_from_the_line_that_tells_it(written: str, read: str) -> None:
    assert head_of(["", PAPER.format(number=written)]).number == read


def test_what_a_paper_rests_on_and_its_subject_do_not_call_it() -> None:
    assert head_of([PAPER.format(number="")]) == NOTHING
    head = head_of([PAPER.format(number="Số: 222/QĐ-TTg")])
    assert (head.year, head.called) == ("2025", "THỦ TƯỚNG CHÍNH PHỦ 222/QĐ-TTg QUYẾT ĐỊNH 2025")
    assert head_of([]) == head_of(["x" * 5000, "Số: 1/QĐ-TTg"]) == NOTHING


def test_what_a_clerk_has_told_counts_instead() -> None:
    pages = [PAPER.format(number="Số: 222/QĐ-TTg")]
    read = {key for key in analyse(document("a", pages=pages)).keys if key.startswith(HEAD)}
    assert {f"{HEAD}222-qd-ttg", f"{HEAD}222-2025-qd-ttg", f"{HEAD}222qdttg"} <= read
    told = analyse(document("a", pages=pages, number="7/TB-TTg"))
    assert not any(key.startswith(HEAD) for key in told.keys)
    assert "222" not in told.designation
