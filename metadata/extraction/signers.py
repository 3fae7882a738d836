"""Who signed: position and name, right of `Nơi nhận` at the end of the text.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, mục 7: authority (TM., Q., KT., TL., TUQ.), position, name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from metadata.extraction.letters import alike, distance
from metadata.extraction.names import sentence_case
from metadata.extraction.pieces import Piece, lines_of, parted
from metadata.extraction.reading import Reading, read
from metadata.legacy import is_syllable
from metadata.profiles.vocabularies import fold
from metadata.texts import PageText, Word

_POSITION_NAMES = (
    *("Chủ tịch", "Giám đốc", "Tổng giám đốc", "Bộ trưởng", "Thứ trưởng", "Thủ tướng", "Chánh văn phòng"),
    *("Chánh thanh tra", "Cục trưởng", "Tổng cục trưởng", "Vụ trưởng", "Chi cục trưởng", "Trưởng phòng", "Hiệu trưởng"),
    *("Viện trưởng", "Trưởng ban", "Bí thư", "Thống đốc", "Chủ nhiệm", "Tổng biên tập", "Chánh án", "Đội trưởng"),
    *("Trạm trưởng", "Tổng thanh tra", "Tổng kiểm toán", "Kế toán trưởng", "Trưởng đoàn", "Tổng thư ký"),
)
_POSITIONS = {
    tuple(fold(name).split()): name
    for first in _POSITION_NAMES
    for name in (first, f"Phó {first[:1].lower()}{first[1:]}")
}
"""Positions by their folded words: the word itself has the marks that OCR lost."""

_LONG_POSITIONS = {" ".join(words): name for words, name in _POSITIONS.items() if len(words) > 2}  # noqa: PLR2004
"""Those of three words and more: one misread letter makes none of them another."""

_BETWEEN = re.compile(r"[.,](?=\w)")
_AUTHORITY = re.compile(r"^\W*(?:TM|T\.M|KT|K/T|TL|TUQ|TUN|Q|PP)\b\s*[./,:]*\s*", re.IGNORECASE)
_STANDS_FOR = re.compile(r"^\W*(?:KT|K/T|TL|TUQ|TUN)\b\s*[./,:]", re.IGNORECASE)
_TITLES = re.compile(
    r"^(?:(?:PGS|GS|TS|ThS|BS|KS|CN|LS|Đại tướng|Thượng tướng|Trung tướng|Thiếu tướng|Đại tá|Thượng tá|Trung tá"
    r"|Thiếu tá)\b[.,/\s]*)+",
)
_EDGES = re.compile(r"^[\W_\d]+|[\W_\d]+$")
_FAMILY_NAMES = (
    *("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô"),
    *("Dương", "Lý", "Đào", "Đoàn", "Vương", "Trịnh", "Trương", "Đinh", "Lâm", "Phùng", "Mai", "Tô", "Lương", "Hà"),
    *("Cao", "Thái", "Tăng", "Châu", "Lưu", "Tạ", "Quách", "Tống", "Thạch", "Kiều", "La", "Nghiêm", "Khúc", "Tôn"),
    *("Từ", "Phí", "Lại", "Khổng", "An", "Giàng", "Lò", "Lỗ", "Lô", "Vàng", "Sùng", "Thào", "Cầm"),
    *("Quàng", "Lường", "Mùa", "Vừ", "Hầu", "Bàn", "Triệu", "Nông", "Ma", "Mã", "Hứa", "Bế", "Đèo", "Chẩu", "Mạc"),
    *("Âu", "Bạch", "Chương", "Chu", "Cổ", "Cù", "Cung", "Doãn", "Đàm", "Đới", "Diệp", "Điêu", "Đồng", "Gia", "Giáp"),
    *("Hàn", "Hình", "Kha", "Khuất", "Khương", "Kim", "Liêu", "Lộc", "Lục", "Lữ", "Lăng", "Nhữ", "Nhâm", "Ninh"),
    *("Phó", "Quan", "Sầm", "Sa", "Sơn", "Tiêu", "Thân", "Thẩm", "Thi", "Thiều", "Tiết", "Tòng", "Trang", "Tưởng"),
    *("Văn", "Vi", "Viên", "Viêm", "Y", "Ksor", "Siu", "Rah", "Niê", "Mlô", "Ayun", "Kpă", "Nay", "Điểu", "Tráng"),
    *("Tẩn", "Chảo", "Phàn", "Lù", "Lèng", "Thèn", "Ly", "Cư"),
)
_FAMILIES: dict[str, tuple[str, ...]] = {}
for _name_of_family in _FAMILY_NAMES:
    _FAMILIES[fold(_name_of_family)] = (*_FAMILIES.get(fold(_name_of_family), ()), _name_of_family)
"""Family names by folding: without one before it, what stands there is half a name or none; marks that no family name
has are those of OCR."""

_MIDDLES = frozenset({"van", "thi", "dinh", "cong", "duc", "huu", "quang"})
"""Middle names that are family names too: before one more word the family name was lost."""

_SURE = 75.0
_SURE_NAME = 68.0
_LEAST = 70.0
_LONG, _UNSURE, _SPECKED = 5, 45.0, 20.0
"""Letters of a family name that is no other for a misread one, and what is asked of it and of one with a speck."""

_KNOWN = 90.0
"""How sure a position is by its letters and marks alone, all of which are those of the word."""

_LEAST_WORDS, _MOST_WORDS = 2, 5
_RIGHT = 0.5
_LEFT = 0.4
_UNDER_HEAD = 0.2
"""What stands higher is the head of a first page, or the end of a sentence."""

_NEAR = 0.09
_BELOW = 0.17
_SPREAD = 0.14


@dataclass(frozen=True, slots=True)
class Signer:
    """Position and name as read, and the page."""

    position: Reading | None
    name: Reading | None
    page: int


def signer_on(page: PageText) -> Signer | None:
    """The block of signing on `page`; None where there is none, or no name in it."""
    pieces = [piece for line in lines_of(page) for piece in parted(line)]
    recipients = next((piece for piece in pieces if _is_recipients(piece)), None)
    top = recipients.centre - _NEAR if recipients else _UNDER_HEAD
    right = sorted(
        (piece for piece in pieces if piece.middle > _RIGHT and piece.box[0] > _LEFT and piece.centre > top),
        key=lambda piece: piece.centre,
    )
    positions = [(at, piece) for at, piece in enumerate(right) if _is_position(piece)]
    if not positions or (recipients is None and not _is_alone(positions, pieces)):
        return None
    at, position = _last_of_block(positions)
    standing = any(
        _STANDS_FOR.match(piece.text) and _known_position(piece) == _known_position(position)
        for number, piece in positions
        if number < at
    )
    if standing or _STANDS_FOR.match(position.text):
        # `KT. CHỦ TỊCH` names another: the signer's own position was to follow and could not be read, or not whole.
        return None
    name = next(
        (
            piece
            for piece in right[at + 1 :]
            if piece.centre < position.centre + _BELOW
            and abs(piece.middle - position.middle) < _SPREAD
            and _name(piece)
        ),
        None,
    )
    if name is None:
        return None
    told = read(_name(name), (name,))
    if told.sure < _SURE_NAME or not all(
        _is_sure(word, text) for word, text in zip(name.words, name.texts, strict=True)
    ):
        return None
    return Signer(_position(position), told, page.page)


def _is_sure(word: Word, text: str) -> bool:
    """Whether OCR read a word of a name; a speck before a family name makes it unsure of what it read rightly."""
    if word.confidence is None:
        return True
    plain = _EDGES.sub("", text)
    if plain in _FAMILY_NAMES and (plain != text or len(plain) >= _LONG):
        return word.confidence >= (_SPECKED if plain != text else _UNSURE)
    return word.confidence >= _LEAST


def _is_alone(positions: Sequence[tuple[int, Piece]], pieces: Sequence[Piece]) -> bool:
    """Whether a block without recipients beside it is the only one of its page, and nothing but positions."""
    first, last = positions[0][1], positions[-1][1]
    whole = all(tuple(_folded(piece)) in _POSITIONS for _, piece in positions)
    others = [
        piece for piece in pieces if piece.middle <= _RIGHT and piece.centre > _UNDER_HEAD and _is_position(piece)
    ]
    return whole and not others and last.centre - first.centre < len(positions) * first.height * 3


def _is_recipients(piece: Piece) -> bool:
    words = piece.folded[:2]
    return piece.box[0] < _RIGHT and len(words) == 2 and alike(words[0], "noi", 0.34) and alike(words[1], "nhan")  # noqa: PLR2004


def _is_position(piece: Piece) -> bool:
    return piece.capitals and _known_position(piece) is not None


def _known_position(piece: Piece) -> tuple[str, int] | None:
    """The position with which `piece` begins, and how many words it has; the longest one."""
    folded = tuple(_folded(piece))
    for count in range(min(len(folded), 5), 1, -1):
        if folded[:count] in _POSITIONS:
            return _POSITIONS[folded[:count]], count
    joined = " ".join(folded)
    near = [name for name, known in _LONG_POSITIONS.items() if distance(joined, name, 1) == 1]
    return (_LONG_POSITIONS[near[0]], len(folded)) if len(near) == 1 else None


def _folded(piece: Piece) -> list[str]:
    plain = _plain(piece)
    return Piece(piece.words[:1], (plain,)).folded


def _plain(piece: Piece) -> str:
    """The words of a position without the authority, and without what a seal left before them and between."""
    plain = _AUTHORITY.sub("", piece.text)
    first = next((at for at, letter in enumerate(plain) if letter.isupper()), 0)
    return _BETWEEN.sub(" ", _EDGES.sub("", plain[first:]))


def _last_of_block(positions: Sequence[tuple[int, Piece]]) -> tuple[int, Piece]:
    """`KT. CHỦ TỊCH` and `PHÓ CHỦ TỊCH` stand on neighbouring lines: the last one is the signer's."""
    at, last = positions[0]
    for following, piece in positions[1:]:
        if piece.centre - last.centre > last.height * 3:
            break
        at, last = following, piece
    return at, last


def _position(piece: Piece) -> Reading | None:
    plain = _plain(piece)
    known = _known_position(piece)
    rest = plain.split()[known[1] :] if known else []
    value = " ".join((known[0], sentence_case(" ".join(rest)))).strip() if known else sentence_case(plain)
    found = read(value, (piece,))
    if known and plain.casefold() == known[0].casefold():
        found = replace(found, sure=max(found.sure, (found.sure + _KNOWN) / 2))
    return found if found.sure >= _SURE else None


def _name(piece: Piece) -> str:
    """A person's name, without ranks and degrees; empty for anything else."""
    plain = _TITLES.sub("", _EDGES.sub("", piece.text))
    words = plain.split()
    if not _LEAST_WORDS <= len(words) <= _MOST_WORDS or piece.capitals:
        return ""
    families = _FAMILIES.get(fold(words[0]), ())
    if words[0] not in families:
        if len(families) != 1:
            return ""
        words[0] = families[0]
    if fold(words[0]) in _MIDDLES and len(words) == _LEAST_WORDS:
        return ""
    for word in words:
        if not (word[:1].isupper() and word[1:].islower() and is_syllable(word)):
            return ""
    return " ".join(words)
