"""Names of bodies: from the capitals of a letterhead to the capitals of a sentence, and where a name begins."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from metadata.profiles.vocabularies import fold

_WRITTEN = (
    "Chính phủ",
    "Thủ tướng",
    "Quốc hội",
    "Chủ tịch",
    "Ủy ban",
    "UBND",
    "HĐND",
    "Hội đồng",
    "Bộ",
    "Sở",
    "Tổng cục",
    "Cục",
    "Chi cục",
    "Vụ",
    "Văn phòng",
    "Thanh tra",
    "Kiểm toán",
    "Viện",
    "Tòa án",
    "Ban",
    "Phòng",
    "Trung tâm",
    "Trường",
    "Đại học",
    "Học viện",
    "Bệnh viện",
    "Công an",
    "Bộ chỉ huy",
    "Bộ tư lệnh",
    "Công ty",
    "Tổng công ty",
    "Tập đoàn",
    "Ngân hàng",
    "Kho bạc",
    "Bảo hiểm",
    "Chi nhánh",
    "Đoàn",
    "Liên đoàn",
    "Mặt trận",
    "Hội",
    "Đài",
    "Đảng bộ",
    "Đảng ủy",
    "Tỉnh ủy",
    "Thành ủy",
    "Huyện ủy",
    "Thị ủy",
    "Quận ủy",
    "Đảng đoàn",
    "Chi bộ",
    "Đội",
    "Trạm",
    "Hạt",
    "Xí nghiệp",
    "Nhà máy",
    "Lâm trường",
    "Nông trường",
    "Hợp tác xã",
    "Báo",
    "Tạp chí",
    "Thư viện",
    "Bảo tàng",
    "Trung ương",
    "Ủy ban nhân dân",
    "Hội đồng nhân dân",
    "Thủ tướng Chính phủ",
    "Ban Quản lý",
    "Ban Tổ chức",
    "Ban Tuyên giáo",
)
HEADS: tuple[tuple[str, ...], ...] = tuple(tuple(fold(words).split()) for words in _WRITTEN)
"""How names of bodies begin, folded."""

_PLACES = frozenset({"tỉnh", "huyện", "quận", "xã", "phường", "trấn", "phố", "tp", "tp.", "đảo"})
"""Words after which a place's own name follows (`thành phố` and `thị trấn` by their second word); with their marks,
for `quản` and `quân` are no districts."""

_OWN = frozenset({"bo", "so", "cuc", "vu", "phong", "ban", "vien", "truong", "phuc"})
_COUNTRY = ("viet", "nam")
_STATE = ("Chính phủ", "Quốc hội", "Nhà nước", "Trung ương", "Tổ quốc", "Đoàn Thanh niên", "Công đoàn", "Lao động")
"""Words that keep their capital within a name."""

_KEPT = frozenset({"ubnd", "hdnd", "ttg", "tnhh", "mtv", "vpcp", "cp", "thpt", "thcs"})


def sentence_case(capitals: str) -> str:
    """`SỞ NỘI VỤ TỈNH LÀO CAI` as `Sở Nội vụ tỉnh Lào Cai`; what is not all capitals stays.

    The first word, the one after it where the body's field begins, and the names of places are capital; which
    other words are names nobody can see in capitals, so comparison is without case.
    """
    letters = [letter for letter in capitals if letter.isalpha()]
    if sum(letter.isupper() for letter in letters) < 0.8 * len(letters):
        return capitals
    words = capitals.split()
    folded = [fold(word) for word in words]
    out: list[str] = []
    place = False
    field = False
    for at, word in enumerate(words):
        own = folded[at]
        if own in _KEPT or any(letter.isdigit() for letter in word):
            out.append(word)
            place = False
            continue
        follows = folded[at + 1] if at + 1 < len(folded) else ""
        if follows == "uy" or (own == "uy" and at == 1):
            # `TỈNH ỦY SÔNG LAM`: the Party's committee, and then the name of its place.
            out.append(word.capitalize() if at == 0 else word.lower())
            place, field = own == "uy", False
            continue
        marked = unicodedata.normalize("NFC", word.lower())
        is_place = marked in _PLACES and (own, follows) != ("xa", "hoi")
        starts_place = is_place or (own in {"thanh", "thi"} and follows in {"pho", "tran", "xa"})
        country = (own, follows) == _COUNTRY or (at > 0 and (folded[at - 1], own) == _COUNTRY)
        if starts_place and not (place and _is_own_name(folded, at)):
            out.append(word.capitalize() if at == 0 else word.lower())
            place = is_place
        elif at == 0 or field or place or country:
            out.append(word.capitalize())
        else:
            out.append(word.lower())
        above = folded[at - 1] if at else ""
        field = own in _OWN and not place and at < 2 and not field and above != "uy"  # noqa: PLR2004 - `Chi cục`, `Tổng cục`
    named = " ".join(out)
    for word in _STATE:
        named = named.replace(f" {word.lower()}", f" {word}")
    return named


def _is_own_name(folded: Sequence[str], at: int) -> bool:
    """Whether the word at `at` is part of a place's name although it is also a word of places (`Quận Phú`)."""
    return at == len(folded) - 1


def with_marks(capitals: str) -> str:
    """A name in capitals whose first words have the marks that such names begin with, whichever OCR saw."""
    folded = fold(capitals).split()
    words = capitals.split()
    if len(folded) != len(words):
        return capitals
    starts = [written for written, head in zip(_WRITTEN, HEADS, strict=True) if tuple(folded[: len(head)]) == head]
    start = max(starts, key=len, default="").upper().split()
    return " ".join((*start, *words[len(start) :]))


def starts_body(folded: Sequence[str]) -> bool:
    """Whether the folded words of a line begin the name of a body."""
    return any(tuple(folded[: len(head)]) == head for head in HEADS)
