"""The lines of a subject, one below the other around one middle; and whether something covers a part of them.

A line that stands off the middle, has a hole, or lies under a stamp has lost letters: then nothing is suggested.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from metadata.extraction.pieces import ASPECT, BLURRED, GAP, Piece, around
from metadata.extraction.reading import MOST_LETTERS, Reading, read
from metadata.extraction.stamps import bare, beside, covered, inside
from metadata.extraction.suggestions import Box
from metadata.extraction.zones import begins
from metadata.legacy import is_syllable

V_V = re.compile(r"^\W*(?:V\s*[/.,\\|]\s*v|Về việc)\b\W*", re.IGNORECASE)
V_SOMETHING = re.compile(r"^\W*(?:[Vv]\W?\w?\W?\w?|\w\W?v)$")
"""What OCR makes of `V/v`: `V/`, `V#w`, `Vịv`, `V⁄%v`."""

WRITTEN_V = "V/v"
_LETTERS = re.compile(r"\d|[^\W_]{2}")
RULE = re.compile(r"^[\W_oO]*$")
_EDGES = re.compile(r"^[\W_]+|[\W_.,:;]+$")
_ODD = re.compile(r"[&;|{}<>#~^=*\\]")
_WORD = re.compile(r"^[^\W\d_]+$")
_STOPS = tuple(
    tuple(words.split())
    for words in ("can cu", "kinh gui", "theo de nghi", "xet de nghi", "xet to trinh", "hom nay", "thi hanh", "sau khi")
)
"""How the text of a paper begins."""

_NUMBERED = frozenset({"dieu", "chuong", "phan", "muc", "khoan"})
"""These begin the text where a numeral follows."""

_NUMERAL = re.compile(r"^(?:\d{1,3}|[ivxl]{1,5})$")
_MOST_LINES = 10
_GAP = 1.42
"""Lines that stand so much farther apart than the first two are no longer the subject."""

_PITCH = 1.75
_FIRST = 6.0
"""Heights of a letter between the type and its subject, at most."""

_NOISE = 50.0
_SURE = 72.0
_DOUBT = 75.0
_MOST_BLURRED = 0.05
_MISREAD = 4
"""Of so many letters of a word of the language that OCR hardly read, one is mostly wrong: a mark."""

_ROMAN = re.compile(r"^[IVXLC]+$")
_LEAST_LETTERS = 6
_OFF = 0.022
"""A centred line that stands so far off the middle lost a word at one end."""

_COVERED = 0.009
"""The same beside a stamp: it covers words of one or two letters."""

_BESIDE = 0.12
_FAR = 0.2
_ROW = 0.5
_LEVEL = 0.25
"""Heights of a letter by which the parts of one line differ at most; a stamp's line beside it stands elsewhere."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a subject."""

    lines: tuple[Piece, ...]
    damaged: bool
    """Letters of it are covered or lost."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Where a subject is looked for."""

    middle: float
    """Around which its lines stand."""

    stamps: Sequence[Box]
    stops: Sequence[Sequence[str]] = ()
    """First words, folded, of what is no longer the subject."""

    centred: bool = True


def block_of(first: Piece, pieces: Sequence[Piece], zone: Zone, *, begun: bool) -> Block:
    """The lines among `pieces` that belong to the subject.

    Args:
        first: The line before: the type, or the subject's own first line.
        pieces: What stands below it, from the top down.
        zone: Where to look.
        begun: `first` is the subject's own.
    """
    found: list[Piece] = [first] if begun else []
    damaged = named = False
    previous, pitch = first, 0.0
    rows = list(_rows(pieces))
    lines = [_line(row, zone) for row in rows]
    for at, (line, hole) in enumerate(lines):
        if line is None:
            near = [piece for piece in rows[at] if abs(piece.middle - zone.middle) < _BESIDE]
            damaged = damaged or bool(
                found
                and near
                and (not zone.centred or beside(previous, zone.stamps))
                and _is_lost(near, previous, pitch, centred=zone.centred)
            )
            continue
        if line.centre <= previous.centre + previous.height * _ROW:
            continue
        step = line.centre - previous.centre
        if abs(line.middle - zone.middle) > _FAR:
            if found and step > (pitch or previous.height * _PITCH) * _GAP:
                break
            damaged = damaged or bool(found)
            continue
        if _ends(line, (step, pitch, previous.height), found, zone):
            break
        if not found and line.capitals and (line.folded[:1] == ["cua"] or (named and _goes_on(lines[at + 1 :], line))):
            previous, named = line, True
            continue
        if found:
            pitch = pitch or step
        damaged = damaged or hole
        found.append(line)
        previous = line
        if len(found) == _MOST_LINES:
            break
    hidden = sum(covered(_without_v_v(line) if at == 0 else line, zone.stamps) for at, line in enumerate(found))
    letters = sum(len(line.text) for line in found)
    return Block(tuple(found), damaged or hidden > _MOST_BLURRED * letters or _is_off(found, zone))


def _without_v_v(line: Piece) -> Piece:
    """`line` without a first word that is `V/v` however OCR read it."""
    return line.part(1) if len(line.words) > 1 and V_SOMETHING.match(line.texts[0]) else line


def _is_lost(row: Sequence[Piece], above: Piece, pitch: float, *, centred: bool) -> bool:
    """Whether what OCR could not read stands where the next line would.

    Under the subject in the middle a rule may stand, of which OCR makes one word; none stands under a letter's.
    """
    step = max(piece.centre for piece in row) - above.centre
    words = [text for piece in row for text in piece.texts if _LETTERS.search(text)]
    return len(words) > centred and above.height * _ROW < step < (pitch or above.height * _PITCH) * _GAP


def _goes_on(following: Sequence[tuple[Piece | None, bool]], line: Piece) -> bool:
    """Whether the subject follows, in small letters: then capitals above it are the rest of a body's name."""
    for piece, _ in following:
        if piece is None:
            continue
        if piece.centre - line.centre > max(line.height, piece.height) * _PITCH * _GAP or begins(piece, *_STOPS):
            return False
        if not piece.capitals:
            return True
        line = piece
    return False


def _rows(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Pieces of one height together, from left to right."""
    row: list[Piece] = []
    for piece in pieces:
        if row and abs(piece.centre - row[0].centre) > _ROW * max(piece.height, row[0].height):
            yield sorted(row, key=lambda part: part.box[0])
            row = []
        row.append(piece)
    if row:
        yield sorted(row, key=lambda part: part.box[0])


def _line(row: Sequence[Piece], zone: Zone) -> tuple[Piece | None, bool]:
    """The words of a row that can be the subject's, and whether there is a hole between them."""
    parts = []
    for piece in row:
        own = bare(piece)
        kept = own.trimmed() if own is not None else None
        if (
            kept is None
            or RULE.match(kept.text)
            or kept.confidence < _NOISE
            or inside(kept, zone.stamps)
            or _is_speck(kept)
        ):
            continue
        parts.append(kept)
    parts = _joined(parts)
    near = [part for part in parts if abs(part.middle - zone.middle) < _FAR] or parts[:1]
    if not near:
        return None, False
    words = tuple(word for part in near for word in part.words)
    texts = tuple(text for part in near for text in part.texts)
    return Piece(words, texts), len(near) > 1


def _is_speck(piece: Piece) -> bool:
    return sum(letter.isalnum() for letter in piece.text) == 1 and piece.confidence < _DOUBT


def _joined(parts: Sequence[Piece]) -> list[Piece]:
    """`parts` from left to right, those that stand no farther apart than words made one: OCR broke the line there."""
    found: list[Piece] = []
    for part in parts:
        level = bool(found) and abs(part.centre - found[-1].centre) < _LEVEL * part.height
        if level and part.box[0] - found[-1].box[2] < GAP * part.height * ASPECT:
            before = found.pop()
            found.append(Piece(before.words + part.words, before.texts + part.texts))
        else:
            found.append(part)
    return found


def _ends(line: Piece, steps: tuple[float, float, float], found: Sequence[Piece], zone: Zone) -> bool:
    """Whether `line` is no longer the subject.

    Args:
        line: The next line.
        steps: How far below the line before it stands, how far lines of the subject stand apart, a letter's height.
        found: Lines of the subject so far.
        zone: Where to look.
    """
    step, pitch, height = steps
    wide = pitch or max(line.height, height) * _PITCH
    if step > (wide * _GAP if found else max(line.height, height) * _FIRST):
        return True
    if begins(line, *_STOPS):
        return True
    if len(line.folded) > 1 and line.folded[0] in _NUMBERED and _NUMERAL.match(line.folded[1]):
        return True
    return bool(found) and line.capitals and not found[-1].capitals and begins(line, *zone.stops)


def _is_off(lines: Sequence[Piece], zone: Zone) -> bool:
    """Whether a line stands off the middle; lines that begin below one another are no centred ones."""
    if not lines:
        return False
    edges = [line.box[0] for line in lines]
    if len(lines) > 1 and max(edges) - min(edges) < _OFF:
        return False
    if zone.centred:
        return any(abs(line.middle - zone.middle) > (_COVERED if beside(line, zone.stamps) else _OFF) for line in lines)
    middles = [line.middle for line in lines]
    return max(middles) - min(middles) > 2 * _OFF


def subject_in(block: Block) -> Reading | None:
    """The subject that a block says; None where it is too short, damaged, or not sure."""
    if block.damaged or not block.lines:
        return None
    return subject_of(block.lines)


def subject_of(lines: Sequence[Piece]) -> Reading | None:
    """The subject that stands in `lines`; None where it is too short or not sure."""
    texts = [text for line in lines for text in line.texts]
    words = [word for line in lines for word in line.words]
    if V_SOMETHING.match(texts[0]) and not is_syllable(_EDGES.sub("", texts[0])):
        texts[0] = WRITTEN_V
    value = " ".join(_EDGES.sub("", " ".join(texts).replace("_", " ")).split())[:MOST_LETTERS]
    found = read(value, lines)
    total = sum(map(len, texts))
    bad = sum(
        _harm(text, word.confidence)
        for number, (word, text) in enumerate(zip(words, texts, strict=True))
        if word.confidence is not None and (number or not V_SOMETHING.match(text))
    )
    letters = sum(letter.isalpha() for letter in value)
    if letters < _LEAST_LETTERS or found.sure < _SURE or bad > _MOST_BLURRED * total:
        return None
    return replace(found, box=around(word.box for word in words))


def _harm(text: str, sure: float) -> float:
    """Letters of a word that are probably wrong: a word of the language is mostly right, however unsure OCR was."""
    plain = _EDGES.sub("", text)
    if _ROMAN.match(plain):
        return 0.0
    odd = bool(_ODD.search(plain)) or (bool(_WORD.match(plain)) and len(plain) > 1 and not is_syllable(plain))
    if odd:
        return float(len(text)) if sure < _DOUBT else 0.0
    return len(text) / _MISREAD if sure < BLURRED else 0.0
