"""Papers without letterhead: the gazette's form and that of collections before 2011.

`QUYẾT ĐỊNH / của Thủ tướng Chính phủ số 115/2004/QĐ-TTg / ngày 25 tháng 6 năm 2004 về việc …`
"""

from __future__ import annotations

from collections.abc import Sequence

from metadata.extraction import suggestions as keys
from metadata.extraction.days import day_in
from metadata.extraction.names import starts_body
from metadata.extraction.numbers import number_of
from metadata.extraction.pieces import Piece, lines_of
from metadata.extraction.reading import Reading, read
from metadata.extraction.subjects import subject_of
from metadata.extraction.titles import kind_of
from metadata.extraction.zones import begins
from metadata.profiles.vocabularies import fold
from metadata.texts import PageText

_ZONE = 0.4
_MOST = 9


def gazette_of(page: PageText, last_year: int) -> dict[str, Reading | None]:
    """What the title of `page` says; empty where its first lines are no such title."""
    lines = [line for line in lines_of(page) if line.centre < _ZONE and len(line.folded) > 1][: _MOST + 1]
    start = next((at for at, line in enumerate(lines[:4]) if kind_of(line) is not None), None)
    if start is None or start + 1 >= len(lines) or lines[start + 1].folded[0] != "cua":
        return {}
    kind = kind_of(lines[start])
    block = _block(lines[start + 1 :])
    words = [(line, at) for line in block for at in range(len(line.words))]
    joined = Piece(tuple(line.words[at] for line, at in words), tuple(line.texts[at] for line, at in words))
    folded = [fold(text) for text in joined.texts]
    number = next((at for at, word in enumerate(folded[:14]) if word == "so"), None)
    day = next((at for at, word in enumerate(folded) if word == "ngay" and number is not None and at > number), None)
    if kind is None or number is None or day is None:
        return {}
    found = number_of((joined.part(number, day),))
    issued = day_in(joined.part(day, day + 6), last_year)
    organ = joined.part(1, number)
    subject = joined.part(day + 6)
    return {
        keys.NUMBER: found.number if found else None,
        keys.NOTATION: found.notation if found else None,
        keys.DAY: issued,
        keys.ORGAN: read(organ.text, (organ,)) if organ.words and starts_body(organ.folded) else None,
        keys.TYPE: kind,
        keys.SUBJECT: subject_of((subject,)) if subject.words and issued else None,
    }


def _block(lines: Sequence[Piece]) -> list[Piece]:
    """The lines of the title: as near to one another as the first two."""
    found = [lines[0]]
    for line in lines[1:]:
        step = line.centre - found[-1].centre
        usual = found[-1].height * 1.9
        if step > usual or begins(line, ("can", "cu"), ("kinh", "gui"), ("dieu",)):
            break
        found.append(line)
    return found
