"""Who signed, by the place right of the recipients."""

from __future__ import annotations

import pytest

from metadata.extraction.document import DocumentReader
from metadata.texts import PageText
from tests.generators.page_texts import Cell, letterhead, page_text

FIRST = page_text([*letterhead(), (0.19, [(0.5, "QUYẾT ĐỊNH")])])


def last(*rows: tuple[float, list[Cell]], page: int = 2, ocr: bool = False) -> PageText:
    return page_text([(0.3, [(0.3, "chịu trách nhiệm thi hành Quyết định này./.")]), *rows], page=page, ocr=ocr)


def signer(*pages: PageText) -> dict[str, tuple[str, int]]:
    reader = DocumentReader(last_year=2026)
    for page in (FIRST, *pages):
        reader.add(page)
    return {one.key: (one.value, one.page) for one in reader.suggestions() if one.key.startswith("signer")}


BLOCK: list[tuple[float, list[Cell]]] = [
    (0.4, [(0.2, "Nơi nhận:"), (0.7, "TM. ỦY BAN NHÂN DÂN")]),
    (0.42, [(0.2, "- Như Điều 3;"), (0.7, "KT. CHỦ TỊCH")]),
    (0.44, [(0.2, "- Lưu: VT."), (0.7, "PHÓ CHỦ TỊCH")]),
    (0.52, [(0.7, "Nguyễn Văn Bình")]),
]


def test_the_last_position_of_the_block_and_the_name_below_it_are_the_signers() -> None:
    assert signer(last(*BLOCK)) == {"signer_position": ("Phó chủ tịch", 2), "signer": ("Nguyễn Văn Bình", 2)}


def test_ranks_and_degrees_are_no_part_of_a_name() -> None:
    rows = [*BLOCK[:3], (0.52, [(0.7, "PGS.TS. Trần Thị Hạnh")])]
    assert signer(last(*rows))["signer"] == ("Trần Thị Hạnh", 2)


def test_annexes_that_are_signed_by_others_do_not_count() -> None:
    annex = last(*BLOCK[:3], (0.52, [(0.7, "Lê Quang Huy")]), page=3)
    assert signer(last(*BLOCK), annex)["signer"] == ("Nguyễn Văn Bình", 2)


@pytest.mark.parametrize("name", ["Văn Bình", "Ngu#ễn V@n Bnh", "NGUYỄN VĂN BÌNH", "Nguyễn~40 Văn Bình", "Như trên"])
def test_half_a_name_is_none(name: str) -> None:
    assert signer(last(*BLOCK[:3], (0.52, [(0.7, name)]), ocr=True)) == {}


def test_a_position_that_stands_for_another_is_not_the_signers() -> None:
    rows = [(0.4, [(0.2, "Nơi nhận:"), (0.7, "KT. CHỦ TỊCH")]), (0.52, [(0.7, "Nguyễn Văn Bình")])]
    assert signer(last(*rows)) == {}


def test_a_deputy_whose_word_is_covered_is_not_the_one_whom_he_stands_for() -> None:
    rows = [
        (0.4, [(0.2, "Nơi nhận:"), (0.7, "KT. CHỦ TỊCH")]),
        (0.42, [(0.72, "CHỦ TỊCH")]),
        (0.5, [(0.7, "Nguyễn Văn Bình")]),
    ]
    assert signer(last(*rows)) == {}


def test_marks_that_a_position_lost_are_those_of_the_word() -> None:
    rows = [(0.4, [(0.2, "Nơi nhận:"), (0.7, "CHỦ TICH")]), (0.48, [(0.7, "Nguyễn Văn Bình")])]
    assert signer(last(*rows, ocr=True))["signer_position"] == ("Chủ tịch", 2)


@pytest.mark.parametrize(
    ("position", "name", "expected"),
    [
        ("GHÁNH VĂN PHÒNG", "`Phạm~44 Đức Thắng", {"signer_position": "Chánh văn phòng", "signer": "Phạm Đức Thắng"}),
        (
            "-zTHỨ~65 TRƯỞNG",
            '"Trần~23 Thị Hồng Hạnh',
            {"signer_position": "Thứ trưởng", "signer": "Trần Thị Hồng Hạnh"},
        ),
        ("„-THỨ.TRƯỞNG~29", "Nguyễn~51 Văn Bình", {"signer": "Nguyễn Văn Bình"}),
        ("GIÁM ĐỐC", "Phạm~44 Đức Thắng", {}),
    ],
)
def test_what_a_seal_leaves_at_the_edge_of_a_word_does_not_hide_it(
    position: str, name: str, expected: dict[str, str]
) -> None:
    rows = [(0.4, [(0.2, "Nơi nhận:"), (0.7, position)]), (0.48, [(0.7, name)])]
    assert {key: value for key, (value, _) in signer(last(*rows, ocr=True)).items()} == expected


def test_without_recipients_a_block_of_positions_alone_is_believed() -> None:
    rows = [(0.4, [(0.7, "KT. CHỦ TỊCH")]), (0.42, [(0.7, "PHÓ CHỦ TỊCH")]), (0.5, [(0.7, "Nguyễn Văn Bình")])]
    assert signer(last(*rows))["signer"] == ("Nguyễn Văn Bình", 2)


def test_two_who_sign_beside_each_other_are_nobody() -> None:
    rows: list[tuple[float, list[Cell]]] = [
        (0.4, [(0.25, "GIÁM ĐỐC"), (0.7, "CHỦ TỊCH")]),
        (0.5, [(0.25, "Lê Quang Huy"), (0.7, "Nguyễn Văn Bình")]),
    ]
    assert signer(last(*rows)) == {}
