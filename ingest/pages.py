"""What a page is, and which text it gets: its own, an older OCR's, or one that has to be recognised."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum, unique
from typing import Any

from ingest.facts import TextSource
from metadata.legacy import syllable_share
from metadata.secrecy import Placed, marks_in_head
from metadata.texts import PageText, Word

DOUBTFUL_BELOW = 85.0
"""Mean confidence of OCR below which a person should look at the page."""

_SCAN_COVERAGE = 0.5
_STAMP_LETTERS = 600
_STAMP_AREA = 0.12
_GRID = 25
_GARBAGE = 0.1
_MIXED_WORDS = 0.2
_GOOD_SYLLABLES = 0.6
_MARKED_WORDS = 0.3
_LEAST_WORDS = 20
_BELIEVABLE = 60.0
_NOISE = 50.0
_NOISE_WORDS = 5

_WORD = re.compile(r"[^\W\d_]+")


@unique
class Reading(StrEnum):
    """How a page's text is had."""

    TEXT = "text"
    LAYER = "layer"
    """A scan with the invisible text of another OCR program, good enough to be kept."""

    SCAN = "scan"
    BLANK = "blank"
    UNREADABLE = "unreadable"


def reading_of(page: Mapping[str, Any]) -> Reading:
    """Decide from what `pdfium:page_texts` saw on `page`."""
    text: str = page["text"]
    if page.get("problem"):
        return Reading.UNREADABLE
    if not text:
        shows = page["image_coverage"] > 0 or page["drawings"] > 0
        return Reading.SCAN if shows else Reading.BLANK
    if is_garbage(text):
        return Reading.SCAN
    if page["invisible_share"] > 1 / 2:
        return Reading.LAYER if is_good_layer(text) else Reading.SCAN
    if page["image_coverage"] >= _SCAN_COVERAGE and _is_stamp(page):
        return Reading.SCAN
    return Reading.TEXT


def _is_stamp(page: Mapping[str, Any]) -> bool:
    """Whether the text is as little as what a signing program prints over a scan."""
    cells = set()
    for _, _, left, top, right, bottom in page["words"]:
        columns = range(int(left * _GRID), int(right * _GRID) + 1)
        rows = range(int(top * _GRID), int(bottom * _GRID) + 1)
        cells |= {(row, column) for row in rows for column in columns}
    return len(page["text"]) <= _STAMP_LETTERS and len(cells) <= _STAMP_AREA * _GRID * _GRID


def is_garbage(text: str) -> bool:
    """Whether a broken font made `text`: codes of no letter, or alphabets mixed within words."""
    letters = [c for c in text if not c.isspace()]
    odd = sum(c == "\ufffd" or unicodedata.category(c) in {"Co", "Cn", "Cc"} for c in letters)
    if letters and odd > _GARBAGE * len(letters):
        return True
    words = _WORD.findall(text)
    mixed = sum(len({unicodedata.name(c, "?").partition(" ")[0] for c in word}) > 1 for word in words)
    return len(words) >= _LEAST_WORDS and mixed > _MIXED_WORDS * len(words)


def is_good_layer(text: str) -> bool:
    """Whether an older OCR read Vietnamese with its marks; one set to English gives syllables without them."""
    words = _WORD.findall(text)
    if len(words) < _LEAST_WORDS:
        return False
    marked = sum(not word.isascii() for word in words) / len(words)
    return marked >= _MARKED_WORDS and syllable_share(text) >= _GOOD_SYLLABLES


# ---------------------------------------------------------------- texts


def _box(edges: Sequence[float]) -> tuple[float, float, float, float]:
    """A thousandth of a page, 0.3 mm, is enough to show a word, and a fifth smaller on disk."""
    left, top, right, bottom = (round(edge, 3) for edge in edges)
    return left, top, right, bottom


def own_text(page: Mapping[str, Any], reading: Reading) -> PageText:
    """The text that stands in the file."""
    if reading is Reading.LAYER:
        source = TextSource.OCR
    elif not page["text"]:
        source = TextSource.NONE
    else:
        source = TextSource.BORN_DIGITAL if page["encoding"] == "unicode" else TextSource.DECODED
    words = tuple(Word(start=int(w[0]), end=int(w[1]), box=_box(w[2:])) for w in page["words"])
    doubtful = "unreadable" if reading is Reading.UNREADABLE else ""
    return PageText(page=page["page"], text=page["text"], source=source.value, words=words, doubtful=doubtful)


def recognised_text(result: Mapping[str, Any], own: Mapping[str, Any] | None) -> PageText:
    """The text that OCR read, or the page's `own` broken one when OCR is even less believable."""
    number, confidence = result["page"], result["confidence"]
    text, words = joined(result["lines"])
    if own and own["text"] and (confidence is None or confidence < _BELIEVABLE):
        return own_text(own, Reading.TEXT).model_copy(update={"doubtful": "broken-text"})
    if result.get("problem"):
        return PageText(page=number, text="", source=TextSource.NONE.value, doubtful="unreadable")
    if confidence is None or (confidence < _NOISE and len(words) < _NOISE_WORDS):
        doubtful = "" if result["method"] == "blank" else "no-words"
        return PageText(page=number, text="", source=TextSource.NONE.value, doubtful=doubtful)
    doubtful = "low-confidence" if confidence < DOUBTFUL_BELOW else ""
    return PageText(
        page=number, text=text, source=TextSource.OCR.value, confidence=confidence, words=words, doubtful=doubtful
    )


def head_again(result: Mapping[str, Any]) -> PageText | None:
    """What OCR read in the head of page 1 when it looked a second time; None when once was enough."""
    lines = result.get("head_lines")
    if not lines:
        return None
    sure = [word[5] for line in lines for word in line]
    confidence = round(sum(sure) / len(sure), 1) if sure else None
    return recognised_text({**result, "lines": lines, "confidence": confidence}, None)


def looked_closer(result: Mapping[str, Any]) -> tuple[PageText, ...]:
    """The head of page 1 with the digits of which OCR was unsure as each closer look read them; none where it was sure.

    A piece that was not looked at again is left out, for it is no second witness of itself.
    """
    closer: Sequence[Sequence[Any]] = result.get("closer") or ()
    if not closer:
        return ()
    pieces: defaultdict[int, list[Sequence[Any]]] = defaultdict(list)
    for piece in closer:
        pieces[piece[0]].append(piece)
    lines = result.get("head_lines") or result["lines"]
    heads = []
    for look in range(len(closer[0][3:])):
        again = [_replaced(line, pieces.get(at, ()), look) for at, line in enumerate(lines)]
        heads.append(head_again({**result, "head_lines": again}))
    return tuple(head for head in heads if head is not None)


def _replaced(line: Sequence[Any], pieces: Sequence[Sequence[Any]], look: int) -> list[Any]:
    """`line` with the words of `pieces` as `look` read them."""
    words: list[Any] = []
    start = 0
    for _, first, end, *looks in pieces:
        words += [*line[start:first], *looks[look]]
        start = end
    return [*words, *line[start:]]


def failed_page(number: int, breach: str) -> PageText:
    """A page on which the limit `breach` ended the work."""
    return PageText(page=number, text="", source=TextSource.NONE.value, doubtful=f"limit-{breach}")


def with_cells(page: PageText, added: str, *, legacy: bool) -> PageText:
    """`page` with the text of a spreadsheet's cells that it does not show: words without places."""
    text = f"{page.text}\n{added}" if page.text else added
    if page.source != TextSource.NONE.value:
        return page.model_copy(update={"text": text})
    source = TextSource.DECODED if legacy else TextSource.BORN_DIGITAL
    return page.model_copy(update={"text": text, "source": source.value})


def joined(lines: Sequence[Sequence[Sequence[Any]]]) -> tuple[str, tuple[Word, ...]]:
    """Text and words of OCR's lines; an empty line stays as one between paragraphs."""
    parts: list[str] = []
    words: list[Word] = []
    size = 0
    for number, line in enumerate(lines):
        gap = "\n" if number else ""
        for text, left, top, right, bottom, confidence in line:
            parts += [gap, text]
            size += len(gap)
            words.append(
                Word(start=size, end=size + len(text), box=_box((left, top, right, bottom)), confidence=confidence)
            )
            size += len(text)
            gap = " "
        if not line:
            parts.append(gap)
            size += len(gap)
    return "".join(parts), tuple(words)


# ---------------------------------------------------------------- marks of secrecy


def marks_of(page: PageText, red_lines: Sequence[Sequence[Sequence[Any]]] = ()) -> tuple[str, ...]:
    """Marks of secrecy in the head of `page`, from its text and from what is printed in red."""
    black = marks_in_head(_lines_of(page))
    red = marks_in_head([[Placed(*word[:5]) for word in line] for line in red_lines])
    return tuple(dict.fromkeys((*black, *red)))


def _lines_of(page: PageText) -> Iterable[list[Placed]]:
    line: list[Placed] = []
    end = 0
    for word in page.words:
        if line and "\n" in page.text[end : word.start]:
            yield line
            line = []
        line.append(Placed(page.text[word.start : word.end], *word.box))
        end = word.end
    if line:
        yield line
