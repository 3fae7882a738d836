"""Number and notation, `Số: 15/QĐ-UBND`, under the issuing body.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, mục 3 and Phụ lục III; legal norms carry the year (`02/2021/TT-BTC`); the
Party writes `Số 12-QĐ/TU` (Hướng dẫn 36-HD/VPTW, from memory).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from metadata.extraction.letters import distance, numeral
from metadata.extraction.pieces import Piece, confidence_of
from metadata.extraction.reading import Reading, read
from metadata.profiles.vocabularies import fold, vocabularies

_KINDS = frozenset({"luat", "lenh", "phap", "nghi", "quyet"})
_BLANK = re.compile(r"^[.…·_\s]*$")
_MARKS = "/-–—"
_NUMBER = re.compile(r"^(?P<digits>[\dlI|\]\[!Oo]{1,6}?)(?P<letter>[a-eA-EđĐ]?)$")
_SEGMENT = re.compile(r"^[A-Za-zÀ-ỹĐđ\d.&()]{1,14}$")
_HIDDEN_YEAR = re.compile(r"((?:19|20)\d\d)$")
_YEAR = re.compile(r"^(?:19|20)\d\d$")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_POINTS = re.compile(r"^[\s.,:;·…'’`\"_-]+|[\s.,:;·…'’`\"_-]+$")
"""Specks around digits; another sign there is a digit that OCR could not read."""

_IN_ENGLISH = re.compile(r"^(?:[Ss5]\w)?\W{0,2}[NÑ]\w{0,2}[.:]+\)?:?$")
"""`Số/No.:`, and `(No.):` after `Số`."""

_BESIDE = re.compile(r"^(?:[|!¦:;.,]|\W{0,2}[NÑ]\w{0,2}[.:]+\)?:?)$")
"""Between label and number: the edge of a stamp, the label in English."""

_LONGEST = 30
"""Longest notation: the field's length (TT 02/2019)."""

_BY_HAND = 80.0
"""Digits that stand apart from the notation are mostly written by hand: less sure ones are not believed."""

_KNOWN, _POSSIBLE = 90.0, 60.0
"""How sure a notation is by its form alone. OCR says little of a word of digits, marks and capitals: it is unsure of
the rightest of them, so the form counts as much as its confidence."""
_LONG = 5
_SHORTEST = 4
"""Initials of a body with which letters of a notation are compared, at least."""

_STATE = {"thu tuong": "TTg", "chu tich nuoc": "CTN", "uy ban nhan dan": "UBND", "hoi dong nhan dan": "HĐND"}
"""How those abbreviate who have no initials of their own."""

_SURE = 48.0
_SURE_LOST = 70.0
"""Confidence of digits beside which OCR lost the mark, by itself."""

_SURE_NOTATION = 54.0
_SURE_ALONE = 75.0
"""The same where neither a known abbreviation nor the body says that its letters are right."""

FIRST_YEAR, LAST_YEAR = 1945, 2100
_LABEL = re.compile(r"^[Ss5][\wốôỗồổộóòỏõọỐÔ]?\s?[:;.](?=.*[/-])(.+)$")
_LABEL_OF_PARTY = re.compile(r"^[Ss][ốôỗổồộóòỏõọðo](\d{1,5}-.+/.+)$")
"""`Số12-QĐ/TU`: the Party writes no colon."""

_LEGAL = ("NĐ", "TT", "TTLT", "NQLT", "PL", "QĐLT", "SL", "L")
_BODIES = (
    *("UBND", "HĐND", "TTg", "CP", "CTN", "VPCP", "HĐBT", "HĐQT", "HĐTV", "HĐTĐ", "BGDĐT", "BGD&ĐT", "BGTVT", "QH"),
    *("BLĐTBXH", "LĐTBXH", "SLĐTBXH", "SGDĐT", "SGD&ĐT", "SKHĐT", "SKH&ĐT", "BKHĐT", "KHĐT", "GDĐT", "UBTVQH", "TLĐ"),
    *(
        "SGTVT",
        "SNV",
        "BNV",
        "STP",
        "BTP",
        "STC",
        "BTC",
        "VP",
        "TTCP",
        "UBDT",
        "NHNN",
        "TANDTC",
        "VKSNDTC",
        "BQP",
        "BCA",
    ),
    *("BVHTTDL", "SVHTTDL", "BTNMT", "STNMT", "BNNPTNT", "SNNPTNT", "BYT", "SYT", "BXD", "SXD", "BCT", "SCT", "BKHCN"),
    *("SKHCN", "BTTTT", "STTTT", "BNG", "TCT", "TCHQ", "KBNN", "BHXH", "VTLTNN", "TU", "TW", "BTGDVTW"),
)


@dataclass(frozen=True, slots=True)
class NumberReading:
    """Number and notation, each where it could be read; the year that stands between them."""

    number: Reading | None
    notation: Reading | None
    piece: Piece
    """The line in which they stand."""

    year: int | None = None
    doubtful: tuple[Reading | None, Reading | None] = (None, None)
    """Number and notation as they were read, where that was not sure enough."""


def number_of(
    pieces: Iterable[Piece], abbreviation: str = "", *, party: bool = False, body: str = ""
) -> NumberReading | None:
    """The first line among `pieces` that is a number with its notation.

    Args:
        pieces: The left column, from the top down.
        abbreviation: Of the type that the title says; decides between `DA` and `ĐA`.
        party: Numbers may be parted from the notation by a dash.
        body: Who issues the paper: what the last letters of the notation stand for.
    """
    for piece in pieces:
        found = _number_in(piece, abbreviation, body, party=party)
        if found is not None:
            return found
    return None


def _number_in(piece: Piece, abbreviation: str, body: str, *, party: bool) -> NumberReading | None:
    labelled = _after_label(piece)
    if labelled is None:
        return None
    piece, first = labelled
    texts, used = _joined(piece.texts, first)
    marks = _MARKS if party else "/"
    at = min((position for mark in marks if (position := texts.find(mark)) >= 0), default=-1)
    lost = re.match(rf"^(\d{{1,5}})(?={re.escape(abbreviation)}-)", texts) if at < 0 and abbreviation else None
    if lost:
        # `66DA-BNV`: the title says where the mark was that OCR lost.
        texts, at = f"{lost[1]}/{texts[lost.end() :]}", lost.end()
    if at < 0:
        return None
    notation, year = _notation(texts[at + 1 :], abbreviation)
    notation = _of_body(notation, body)
    if not notation:
        return None
    hidden = _HIDDEN_YEAR.search(texts[:at])
    if hidden and not _digits(texts[:at]) and year is None:
        # The number was written by hand before `/2007/TT-…`, and its stroke took the first mark along.
        notation, year = f"{hidden[1]}{texts[at]}{notation}", int(hidden[1])
    part = Piece(piece.words[first : first + used], piece.texts[first : first + used])
    digits = _digits(texts[:at])
    if year and not FIRST_YEAR <= year <= LAST_YEAR:
        digits = ""
    if used > 1 and not any(mark in part.texts[0] for mark in marks) and _least(part.part(0, 1)) < _BY_HAND:
        digits = ""
    form = _KNOWN if _is_known(notation) else _POSSIBLE
    witnessed = _is_witnessed(notation, abbreviation, body)
    sure = (_least(part) + form) / 2
    both = read(digits, (part,), sure) if digits else None, read(notation, (part,), sure)
    least = _SURE_NOTATION if witnessed else _SURE_ALONE
    # Where the mark was lost a digit may be lost with it.
    told = sure >= _SURE and (not lost or _least(part) >= _SURE_LOST), sure >= least
    return NumberReading(
        number=both[0] if told[0] else None,
        notation=both[1] if told[1] else None,
        piece=piece,
        year=year,
        doubtful=(None if told[0] else both[0], None if told[1] else both[1]),
    )


def _is_witnessed(notation: str, kind: str, body: str) -> bool:
    """Whether the letters for the body are known ones, or initials of `body` in their order."""
    segments = [part for part in re.split("[/-]", notation) if not part.isdigit() and part != kind]
    return not segments or any(
        segment in _known().get(fold(segment), ()) or abbreviates(segment, body) for segment in segments
    )


def abbreviates(letters: str, body: str) -> bool:
    """Whether the capitals of `letters` are initials of `body` in their order."""
    initials = iter([word[:1] for word in fold(body).split()])
    wanted = fold("".join(letter for letter in letters if letter.isupper()))
    return bool(wanted) and all(letter in initials for letter in wanted)


def _is_known(notation: str) -> bool:
    """Whether one of its parts is an abbreviation of the decree or of a body that is widely known."""
    return any(segment in _known().get(fold(segment), ()) for segment in re.split("[/-]", notation))


def _after_label(piece: Piece) -> tuple[Piece, int] | None:
    """The line with the number as a word of its own, and the index of that word: the one after `Số:`."""
    for at, text in enumerate(piece.texts[:4]):
        word = fold(text)
        joined = _LABEL.match(text) or _LABEL_OF_PARTY.match(text)
        if joined is None and _IN_ENGLISH.match(text) and (at or word.startswith("s")):
            return (piece, at + 1) if at + 1 < len(piece.texts) else None
        if joined:
            texts = (*piece.texts[:at], joined[1], *piece.texts[at + 1 :])
            return Piece(piece.words, texts), at
        if word in {"so", "s0"} or (len(word) in {1, 2} and word.startswith(("s", "5")) and text.rstrip()[-1:] in ":;"):
            following = at + 1
            while following < len(piece.texts) and _BESIDE.match(piece.texts[following]):
                following += 1
            return (piece, following) if following < len(piece.texts) else None
        if word and word not in _KINDS and not _BLANK.match(text) and len(word) > 1:
            return None
    return None


def _joined(texts: Sequence[str], first: int) -> tuple[str, int]:
    """The words from `first` that belong to one number, without blanks, and how many they are."""
    # A fraction's stroke is what OCR makes of the mark.
    texts = [text.replace("⁄", "/").replace("∕", "/") for text in texts]
    joined = texts[first].lstrip(":.;, ")
    used = 1
    for text in texts[first + 1 :]:
        parted = not any(mark in joined for mark in _MARKS)
        if not (parted or joined[-1:] in _MARKS or text[:1] in _MARKS):
            break
        joined += text
        used += 1
    return joined, used


def _digits(text: str) -> str:
    plain = _POINTS.sub("", text)
    match = _NUMBER.match(plain)
    digits = numeral(match["digits"]) if match else None
    return digits + match["letter"] if match and digits is not None else ""


def _notation(text: str, abbreviation: str) -> tuple[str, int | None]:
    # OCR often sees the letter twice, once as the Icelandic one.
    letters_mended = re.sub("[ĐD]*Ð+[ĐÐ]*", "Đ", _toneless(text)).replace("–", "-").replace("—", "-")
    plain = _EDGES.sub("", letters_mended)
    segments = re.split(r"([/-])", plain)
    if len(plain) > _LONGEST or not all(_SEGMENT.match(segment) for segment in segments[::2]):
        return "", None
    year = int(segments[0]) if _YEAR.match(segments[0]) else None
    mended, kind = [], True
    for segment in segments:
        if segment in _MARKS or _YEAR.match(segment):
            mended.append(segment)
            continue
        mended.append(_mended(segment, abbreviation if kind else ""))
        kind = False
    if any(segment.isdigit() and not _YEAR.match(segment) for segment in mended):
        return "", None
    first = next((segment for segment in mended if segment not in _MARKS and not _YEAR.match(segment)), "")
    if abbreviation and first != abbreviation and first not in _known().get(fold(first), ()):
        # A paper with a type begins its notation with it; what is neither that nor any known word was misread.
        return "", None
    letters = sum(letter.isalpha() for segment in mended for letter in segment)
    capital = any(segment[:1].isupper() for segment in mended[::2] if not _YEAR.match(segment))
    return ("".join(mended), year) if letters > 1 and capital else ("", None)


def _of_body(notation: str, body: str) -> str:
    """`notation` with its last letters as those of `body`, where one letter of them is another."""
    head, mark, last = notation.rpartition("-")
    if not mark or not body or last in _known().get(fold(last), ()):
        return notation
    for start, abbreviation in _STATE.items():
        if fold(body).startswith(start):
            near = len(last) == len(abbreviation) and distance(fold(last), fold(abbreviation), 1) == 1
            return f"{head}{mark}{abbreviation}" if near else notation
    initials = _toneless("".join(word[0] for word in body.upper().split() if word[0].isalpha()))
    if len(last) < _SHORTEST or last.upper() in initials:
        return notation
    parts = {initials[at : at + len(last)] for at in range(len(initials) - len(last) + 1)}
    near_parts = [part for part in parts if distance(last.upper(), part, 1) == 1]
    return f"{head}{mark}{near_parts[0]}" if len(near_parts) == 1 else notation


def _toneless(initials: str) -> str:
    """Initials carry no tone: `BQLDÁ` is `BQLDA`."""
    return unicodedata.normalize("NFC", _TONES.sub("", unicodedata.normalize("NFD", initials)))


@cache
def _known() -> dict[str, tuple[str, ...]]:
    """Abbreviations by their folding: one alone is what OCR meant."""
    found: dict[str, tuple[str, ...]] = {}
    types = tuple(entry.abbr for entry in vocabularies()["type_name"].entries if entry.abbr)
    for word in (*types, *_LEGAL, *_BODIES):
        key = fold(word)
        found[key] = tuple(dict.fromkeys((*found.get(key, ()), word)))
    return found


def _mended(segment: str, abbreviation: str) -> str:
    """`segment` with the marks of the one abbreviation that it can be."""
    near = distance(fold(segment), fold(abbreviation), 1) <= (len(abbreviation) > 1) if abbreviation else False
    if near and len(abbreviation) > 1 and segment not in _known().get(fold(segment), ()):
        return abbreviation
    if abbreviation and fold(segment) == fold(abbreviation):
        return abbreviation
    known = _known().get(fold(segment), ())
    if not known and len(segment) >= _LONG:
        # One letter of a long abbreviation is not by chance that of another.
        alike = [word for word in _BODIES if len(word) == len(segment) and distance(fold(segment), fold(word), 1) == 1]
        known = tuple(alike)
    return known[0] if len(known) == 1 else segment


def _least(part: Piece) -> float:
    """The words' least confidence: one damaged word damages the number."""
    sure = [word.confidence for word in part.words if word.confidence is not None]
    return min(sure) if sure else confidence_of(part.words, part.texts)
