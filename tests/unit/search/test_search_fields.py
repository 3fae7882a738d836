"""Names of fields."""

from __future__ import annotations

import pytest

from search.fields import KINDS, canonical


@pytest.mark.parametrize(
    ("typed", "name"),
    [("số", "number"), ("SO", "number"), ("năm", "year"), ("Cơ_Quan", "organ"), ("loai", "type"), ("mã", "code"),
     ("mã_hồ_sơ", "file_code"), ("phông", "fonds"), ("người_kí", "signer"), ("trích_yếu", "title"),
     ("lang", "language"), ("kho", "storehouse"), ("hộp_số", "box"), ("vị_trí", "place")],
)  # fmt: skip
def test_a_field_has_vietnamese_and_english_names_with_or_without_marks(typed: str, name: str) -> None:
    assert canonical(typed) == name


def test_every_canonical_name_names_itself_and_others_nothing() -> None:
    assert all(canonical(name) == name for name in KINDS)
    assert canonical("colour") is None
    assert canonical("") is None


@pytest.mark.parametrize("word", ["họp", "giá", "bảng_kê", "phòng"])
def test_words_of_ordinary_titles_are_no_places_of_the_store(word: str) -> None:
    assert canonical(word) not in {"storehouse", "store_room", "shelf", "box", "place"}


def test_the_fields_that_the_port_promises_exist() -> None:
    promised = "number doc_code file_code type agency organ fonds year signer rights retention language title keyword"
    promised += " storehouse store_room shelf box place"
    assert set(promised.split()) <= set(KINDS)
