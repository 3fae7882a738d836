"""Type and subject: in the middle under the head, or `V/v …` under the number of a letter.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, mục 5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from metadata.extraction.letters import distance
from metadata.extraction.pieces import Piece
from metadata.extraction.reading import Reading, read
from metadata.extraction.stamps import bare, inside, stamps_in
from metadata.extraction.subjects import V_SOMETHING, V_V, WRITTEN_V, Block, Zone, block_of, subject_in
from metadata.extraction.suggestions import Box
from metadata.extraction.zones import Head
from metadata.legacy import is_syllable
from metadata.profiles.vocabularies import fold, vocabularies

LETTER = "Công văn"
_LEGAL = {
    "Hiến pháp": "",
    "Bộ luật": "",
    "Luật": "",
    "Pháp lệnh": "PL",
    "Lệnh": "L",
    "Sắc lệnh": "SL",
    "Nghị định": "NĐ",
    "Thông tư": "TT",
    "Thông tư liên tịch": "TTLT",
    "Nghị quyết liên tịch": "NQLT",
}
_NO_TITLES = frozenset({"Công văn", "Bản đồ", "Bản vẽ kỹ thuật", "Khác", "Thư công", "Hiến pháp"})
_SIGNERS = tuple(
    tuple(words.split())
    for words in (
        "bo truong",
        "thu tuong",
        "chu tich",
        "uy ban nhan dan",
        "hoi dong nhan dan",
        "giam doc",
        "tong giam doc",
        "chanh",
        "cuc truong",
        "tong cuc truong",
        "quoc hoi",
        "chinh phu",
        "thong doc",
        "hieu truong",
        "vien truong",
        "truong phong",
        "tong kiem toan",
        "ban chap hanh",
        "ban thuong vu",
        "hoi dong",
        "uy ban thuong vu",
        "vien truong",
        "tham phan",
        "bi thu",
        "truong ban",
        "truong doan",
    )
)
_SURE = 72.0
_SPECKS = "'’`.,-"
_UNDER = 0.004
_BEYOND = 0.03
_CENTRE, _NEAR_CENTRE = 0.52, 0.05
"""Around it stand the lines of a title, as fractions of the page's width."""

_MIDDLE = 0.3
"""A title stands right of this part of the page's width."""


@dataclass(frozen=True, slots=True)
class Title:
    """Type and subject as read."""

    type: Reading | None
    subject: Reading | None
    abbreviation: str = ""
    top: float | None = None
    """Where the type stands, as a fraction of the page's height; None where there is none."""


@cache
def _types() -> dict[str, tuple[str, str]]:
    """Type and abbreviation by folding, longest first."""
    known = {entry.vi: entry.abbr for entry in vocabularies()["type_name"].entries if entry.vi not in _NO_TITLES}
    found = {fold(name): (name, abbr) for name, abbr in {**known, **_LEGAL}.items()}
    return dict(sorted(found.items(), key=lambda row: -len(row[0])))


def title_of(head: Head, number: Piece | None, day: Piece | None, notation: str = "") -> Title:
    """Type and subject of a paper with `head`; what is not found is None.

    Args:
        head: The zones of the page.
        number: The line of the number, above which no type stands.
        day: The same of the day.
        notation: As read: a second witness of the type.
    """
    short = next((part for part in re.split("[/-]", notation) if not part.isdigit()), "")
    floor = max((piece.centre for piece in (number, day) if piece is not None), default=head.top + 0.02)
    pieces = [piece for piece in head.below if piece.centre > floor - 0.01]
    stamps = stamps_in(pieces)
    pieces = [own for piece in pieces if (own := bare(piece)) is not None and not (head.bilingual and own.foreign)]
    for at, piece in enumerate(pieces):
        named = _type_in(piece, shouted=head.shouted)
        if named is not None and piece.middle > _MIDDLE:
            return _titled(pieces[at:], named, stamps, short)
    if vocabularies()["type_name"].abbreviated(short) is not None:
        return _untitled(pieces, stamps)
    return _letter(head, number, stamps)


def _untitled(pieces: Sequence[Piece], stamps: Sequence[Box]) -> Title:
    """The subject of a paper whose notation names a type that could not be read: `Về việc …` in the middle."""
    for at, piece in enumerate(pieces):
        if _is_v_v(piece) and abs(piece.middle - _CENTRE) < _NEAR_CENTRE and piece.box[2] > _CENTRE:
            zone = Zone(piece.middle, stamps, _SIGNERS)
            return Title(None, subject_in(block_of(piece, pieces[at + 1 :], zone, begun=True)), top=piece.centre)
    return Title(None, None)


def _type_in(piece: Piece, *, shouted: bool) -> tuple[str, str, int] | None:
    """Type, abbreviation and number of its words, where `piece` begins with one in capitals.

    Args:
        piece: A line.
        shouted: Capitals were lost with the font, so small letters may be capitals.
    """
    words = [word for word in piece.texts if any(letter.isalpha() for letter in word)]
    if not piece.capitals and not shouted and not (words and words[0].isupper()):
        return None
    best: tuple[int, int, tuple[str, str, int]] | None = None
    for folded, (name, abbr) in _types().items():
        wanted = folded.split()
        own = piece.folded[: len(wanted)]
        rest = piece.folded[len(wanted) :]
        if len(own) != len(wanted) or (rest and rest[0] not in {"cua", "so"} and len(wanted) == 1):
            continue
        away = distance(" ".join(own), folded, 1)
        if away <= (len(folded) > 5) and (best is None or (away, -len(folded)) < best[:2]):  # noqa: PLR2004
            best = (away, -len(folded), (name, abbr, len(wanted)))
    return best[2] if best else None


def _titled(pieces: Sequence[Piece], named: tuple[str, str, int], stamps: Sequence[Box], short: str) -> Title:
    first = pieces[0]
    name, abbreviation, words = named
    kind = read(name, (first.part(0, words),)) if len(first.folded) == len(first.texts) else read(name, (first,))
    if kind.sure < _SURE and short != abbreviation:
        return Title(None, None, top=first.centre)
    rest = first.folded[words:]
    zone = Zone(first.middle, stamps, _SIGNERS)
    own = first.part(words) if rest and rest[0] not in {"cua", "so"} and len(first.folded) == len(first.texts) else None
    if own is not None:
        block = block_of(first, pieces[1:], zone, begun=True)
        return Title(kind, subject_in(Block((own, *block.lines[1:]), block.damaged)), abbreviation, first.centre)
    return Title(kind, subject_in(block_of(first, pieces[1:], zone, begun=False)), abbreviation, first.centre)


def _letter(head: Head, number: Piece | None, stamps: Sequence[Box]) -> Title:
    """The subject of a letter: `V/v …` in the left column under the number."""
    if number is None:
        return Title(None, None)
    under = [
        own
        for piece in head.left
        if piece.centre > number.centre + _UNDER and not inside(piece, stamps) and (own := bare(piece)) is not None
    ]
    start = next((at for at, piece in enumerate(under[:3]) if _is_v_v(piece) and not _goes_on(piece, head)), None)
    if start is None:
        return Title(None, None)
    zone = Zone(under[start].middle, stamps, _SIGNERS, centred=False)
    subject = subject_in(block_of(under[start], under[start + 1 :], zone, begun=True))
    if subject is not None and not V_V.match(subject.value):
        subject = replace(subject, value=f"{WRITTEN_V} {subject.value}")
    # Without a type in the middle, `V/v` under the number is what makes a letter, readable to its end or not.
    return Title(read(LETTER, (number,), under[start].confidence), subject)


def _goes_on(piece: Piece, head: Head) -> bool:
    """Whether the line goes on beyond the left column: the subject in the middle of a paper whose title was lost."""
    return any(whole.words[0] == piece.words[0] and whole.box[2] > head.border + _BEYOND for whole in head.below)


def _is_v_v(piece: Piece) -> bool:
    first = piece.texts[0]
    return bool(V_V.match(piece.text) or (V_SOMETHING.match(first) and not is_syllable(first.strip(_SPECKS))))


def kind_of(piece: Piece) -> Reading | None:
    """The type that a line names alone, in capitals or not."""
    wanted = _types().get(" ".join(piece.folded))
    return read(wanted[0], (piece,)) if wanted else None
