"""The fields that a person can name in a query (`số:222`) or a program in `SearchRequest.fields`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, unique
from types import MappingProxyType

from search.vietnamese import forms


@unique
class Kind(Enum):
    """How a field's value is compared."""

    KEY = "key"
    """The whole value, folded."""

    WORDS = "words"
    """The value's words, folded, side by side in the field."""

    NUMBER = "number"
    """All words of the value in the document's number."""

    PLACE = "place"
    """A place of the physical store and all that lies within it."""

    PERIOD = "period"
    """A day, month, year or span of years that overlaps the day of issue, as far as that is known."""


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "number": Kind.NUMBER,
        "year": Kind.PERIOD,
        "date": Kind.PERIOD,
        "doc_code": Kind.KEY,
        "file_code": Kind.KEY,
        "code": Kind.KEY,
        "type": Kind.KEY,
        "agency": Kind.KEY,
        "rights": Kind.KEY,
        "retention": Kind.KEY,
        "language": Kind.KEY,
        "organ": Kind.WORDS,
        "fonds": Kind.WORDS,
        "signer": Kind.WORDS,
        "title": Kind.WORDS,
        "keyword": Kind.WORDS,
        "storehouse": Kind.KEY,
        "store_room": Kind.KEY,
        "shelf": Kind.KEY,
        "box": Kind.KEY,
        "place": Kind.PLACE,
    }
)
"""By canonical name. `code` is `doc_code` or `file_code`."""

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "number": ("so", "so_hieu", "so_ky_hieu", "so_van_ban", "no"),
    "year": ("nam",),
    "date": ("ngay", "ngay_ban_hanh", "issued"),
    "code": ("ma",),
    "doc_code": ("ma_van_ban", "ma_tai_lieu"),
    "file_code": ("ma_ho_so", "ho_so"),
    "type": ("loai", "loai_van_ban", "the_loai"),
    "agency": ("ma_co_quan", "don_vi", "don_vi_nop"),
    "organ": ("co_quan", "co_quan_ban_hanh", "tac_gia", "organization"),
    "fonds": ("phong", "ma_phong"),
    "signer": ("nguoi_ky", "ky", "signed_by"),
    "rights": ("che_do_su_dung", "quyen", "access"),
    "retention": ("thoi_han", "thoi_han_bao_quan"),
    "language": ("ngon_ngu", "lang"),
    "title": ("tieu_de", "trich_yeu", "ten", "subject"),
    "keyword": ("tu_khoa", "keywords"),
    # Without marks a room (phòng) is a fonds (phông), a box (hộp) a meeting (họp), a shelf (giá, kệ) a price or a list.
    "storehouse": ("kho", "kho_so"),
    "store_room": ("phong_kho", "phong_so"),
    "shelf": ("gia_so", "gia_ke"),
    "box": ("hop_so",),
    "place": ("vi_tri", "noi_de"),
}


def _folded(name: str) -> str:
    return "_".join(word.fold for word in forms(name))


_BY_NAME: Mapping[str, str] = MappingProxyType(
    {_folded(name): name for name in KINDS}
    | {_folded(alias): name for name, aliases in _ALIASES.items() for alias in aliases}
)


def canonical(name: str) -> str | None:
    """The canonical name of a field as typed (`cơ_quan`, `Co_Quan`, `organ`), or None."""
    return _BY_NAME.get(_folded(name))
