"""Text of office documents: the pages of the PDF that LibreOffice made, with letters that it lost put back.

A text in TCVN3 has the soft hyphen as its letter ư, and every converter leaves
soft hyphens out. The words as typed stand in the document itself; each word of
a page is looked up among them, by itself and by its neighbours.
"""

from __future__ import annotations

import html
import re
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from ingest.engines import pdfium
from ingest.engines.legacy_ole import UnreadableError, ole_text
from ingest.engines.legacy_rtf import rtf_text
from metadata.legacy import Encoding, decoded, encoding_of

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_MOST_BYTES = 64 << 20
_PARTS = ("word/document.xml", "xl/sharedStrings.xml", "content.xml")
_SOFT_HYPHEN = re.compile(r"<w:softHyphen\s*/>")
_BREAK = re.compile(r"</(?:\w+:)?(?:p|h|si|tc|table-cell)>|<(?:w:br|w:tab|text:tab|text:s|text:line-break)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_LOST = str.maketrans("", "", "ưƯ-")


def page_texts(scratch: Path, pdf: str, source: str, first: int, count: int) -> dict[str, Any]:
    """See `pdfium.page_texts`: the pages of `pdf`, which was made from the office document `source`."""
    answer = pdfium.page_texts(scratch, pdf, first, count)
    if any(page.get("encoding") == Encoding.TCVN3.value for page in answer["pages"]):
        typed = typed_text(source)
        if encoding_of(typed) is Encoding.TCVN3:
            vocabulary = Vocabulary([decoded(word, Encoding.TCVN3) for word in typed.split()])
            for page in answer["pages"]:
                _restore(page, vocabulary)
    return answer


def legacy_plain(scratch: Path, source: str) -> dict[str, Any]:
    """A plain text or CSV file in a legacy encoding, as UTF-8 in `outputs.text`; only `encoding` when it is none."""
    data = Path(source).read_bytes()[:_MOST_BYTES]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raw = data.decode("latin-1")
        encoding = encoding_of(raw)
        if encoding is not Encoding.UNICODE:
            (scratch / "decoded").write_text(decoded(raw, encoding), encoding="utf-8", newline="")
            return {"encoding": encoding.value, "outputs": {"text": "decoded"}}
    return {"encoding": Encoding.UNICODE.value}


def typed_text(source: str) -> str:
    """The text of the office document at `source` as it was typed; empty when its format keeps no lost letters.

    At most 64 MiB of each part are read.
    """
    with Path(source).open("rb") as stream:
        head = stream.read(8)
        if head.startswith(b"{\\rtf"):
            stream.seek(0)
            return rtf_text(stream.read(_MOST_BYTES))
    try:
        if head == _OLE:
            return ole_text(source)
        return _zipped(source) if head.startswith(b"PK\x03\x04") else ""
    except (UnreadableError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        # LibreOffice could read it; what it lost stays lost, and the page says so.
        return ""


def _zipped(source: str) -> str:
    with zipfile.ZipFile(source) as archive:
        names = set(archive.namelist())
        for part in _PARTS:
            if part in names:
                with archive.open(part) as stream:
                    markup = stream.read(_MOST_BYTES).decode("utf-8", "replace")
                text = _TAG.sub("", _BREAK.sub(" ", _SOFT_HYPHEN.sub("\xad", markup)))
                return html.unescape(text)
    return ""


class Vocabulary:
    """The words of a document as typed, found again by what a converter left of them."""

    def __init__(self, words: list[str]) -> None:
        keys = [self.key(word) for word in words]
        self._alone: dict[str, Counter[str]] = {}
        self._between: dict[tuple[str, str, str], Counter[str]] = {}
        for number, (word, key) in enumerate(zip(words, keys, strict=True)):
            before = keys[number - 1] if number else ""
            after = keys[number + 1] if number + 1 < len(keys) else ""
            self._alone.setdefault(key, Counter())[word] += 1
            self._between.setdefault((before, key, after), Counter())[word] += 1

    @staticmethod
    def key(word: str) -> str:
        """What is left of `word` without the letter that gets lost."""
        return unicodedata.normalize("NFC", word).translate(_LOST).casefold()

    def knows(self, key: str) -> bool:
        """Whether a word of the document has this key."""
        return key in self._alone

    def word(self, before: str, key: str, after: str) -> str | None:
        """The likeliest word for `key` between its neighbours' keys."""
        found = self._between.get((before, key, after)) or self._alone.get(key)
        return found.most_common(1)[0][0] if found else None


def _restore(page: dict[str, Any], vocabulary: Vocabulary) -> None:
    text: str = page["text"]
    spans = [(text[int(word[0]) : int(word[1])], text[int(word[0]) - 1 : int(word[0])], word) for word in page["words"]]
    joined = _joined(spans, vocabulary)
    keys = ["", *(vocabulary.key(word) for word, _, _ in joined), ""]
    letters: list[str] = []
    words: list[list[float]] = []
    size = 0
    for number, (word, gap, place) in enumerate(joined, start=1):
        typed = vocabulary.word(*keys[number - 1 : number + 2]) or word
        # A capitals font was seen in the PDF only, so its capitals win; and a
        # word that lost nothing stays as it is seen.
        same = typed.casefold() == word.casefold()
        shown = word if same else typed.upper() if word.isupper() else typed
        gap_here = gap if letters else ""
        letters += [gap_here, shown]
        size += len(gap_here)
        words.append([size, size + len(shown), *place[2:]])
        size += len(shown)
    page["text"], page["words"] = "".join(letters), words


def _joined(spans: list[tuple[str, str, list[float]]], vocabulary: Vocabulary) -> list[tuple[str, str, list[float]]]:
    """`spans` with words made whole that the converter broke at a soft hyphen."""
    found: list[tuple[str, str, list[float]]] = []
    for word, gap, place in spans:
        if found and gap == "\n" and found[-1][0].endswith("-"):
            whole = found[-1][0] + word
            if vocabulary.knows(vocabulary.key(whole)) and not vocabulary.knows(vocabulary.key(word)):
                found[-1] = (whole, found[-1][1], found[-1][2])
                continue
        found.append((word, gap, place))
    return found
