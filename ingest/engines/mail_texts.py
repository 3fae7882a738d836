"""Words of e-mail out of bytes: charsets that are missing, wrong or half, encoded words, HTML and RTF as plain text."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
import unicodedata
from html.parser import HTMLParser

from ingest.engines.legacy_rtf import rtf_text
from ingest.engines.unpacking_names import guessed

_ENCODED = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(?==\?)")
_NARROW = frozenset(
    {"", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1", "windows-1252", "cp1252", "unknown-8bit"}
)
"""What programs declare that know nothing of charsets."""

_ALIASES = {"tcvn": "tcvn3", "tcvn-3": "tcvn3", "tcvn5712-1": "tcvn3", "viscii1.1-1": "viscii", "x-viscii": "viscii"}
_ANSI_PAGE = re.compile(rb"\\ansicpg(\d{3,5})")
_BLOCKS = frozenset(
    {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "pre", "hr", "ul", "ol"}
)
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg"})
_BLANKS = re.compile(r"[ \t\xa0]+")
_MANY_LINES = re.compile(r"\n{3,}")


class Doubts:
    """Counts texts that were read otherwise than declared."""

    def __init__(self) -> None:
        self.read_as: dict[str, int] = {}

    def note(self, encoding: str) -> None:
        """One more text was read as `encoding` against its declaration."""
        self.read_as[encoding] = self.read_as.get(encoding, 0) + 1


def text_of(data: bytes, charset: str, doubts: Doubts) -> str:
    """`data` as text, by its charset where that is true, else by what it looks like."""
    name = charset.strip().strip("\"'").casefold()
    name = _ALIASES.get(name, name)
    if data.isascii() and not name.startswith(("utf-16", "utf-32", "utf-7", "iso-2022", "hz")):
        return data.decode("ascii")
    if name in _NARROW:
        text, encoding = _read(data)
        if encoding not in {"cp1252", name}:
            doubts.note(encoding)
        return text
    try:
        return data.decode(codecs.lookup(name).name)
    except (LookupError, ValueError):
        text, encoding = _read(data)
        doubts.note(encoding)
        return text


def _read(data: bytes) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        # A text that was cut in the middle of a letter is UTF-8 all the same.
        if error.start > len(data) - 4 and error.start > 0:
            return data.decode("utf-8", "replace"), "utf-8"
    return guessed(data)


def header_text(raw: str, doubts: Doubts) -> str:
    """A header as people read it: encoded words put together before they are decoded, raw bytes read.

    Args:
        raw: As the parser gives it, bytes beyond ASCII as surrogates.
        doubts: Takes what was read otherwise than declared.
    """
    text = _BETWEEN.sub(r"\1", raw)
    parts: list[str] = []
    place = 0
    for start, end, charset, data in _joined(text):
        parts += [_plain(text[place:start], doubts), text_of(data, charset, doubts)]
        place = end
    parts.append(_plain(text[place:], doubts))
    return unicodedata.normalize("NFC", " ".join("".join(parts).split()))


def _joined(text: str) -> list[tuple[int, int, str, bytes]]:
    """Runs of encoded words of one charset: programs split letters between two words."""
    runs: list[tuple[int, int, str, bytes]] = []
    for match in _ENCODED.finditer(text):
        charset, data = match[1].casefold(), _word(match[2], match[3])
        if runs and runs[-1][1] == match.start() and runs[-1][2] == charset:
            start, _, _, before = runs.pop()
            runs.append((start, match.end(), charset, before + data))
        else:
            runs.append((match.start(), match.end(), charset, data))
    return runs


def _word(way: str, text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    if way in "qQ":
        return quopri.decodestring(data.replace(b"_", b" "))
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return data


def _plain(text: str, doubts: Doubts) -> str:
    data = text.encode("utf-8", "surrogateescape")
    return text if data.isascii() else text_of(data, "", doubts)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")
        elif tag in {"td", "th"}:
            self.parts.append("\t")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data if self.parts and "\n" not in data else data.replace("\n", " "))


def html_text(html: str) -> str:
    """The words of an HTML body, line by line; nothing in it is run or fetched."""
    reader = _Words()
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError):
        # The standard library gives up on some broken markup; what it had read so far is kept.
        pass
    return tidy("".join(reader.parts))


def tidy(text: str) -> str:
    """`text` in NFC, without blanks at the ends of lines and without more than one empty line."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))
    lines = (_BLANKS.sub(" ", line).strip() for line in plain.split("\n"))
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()


def rich_text(data: bytes) -> str:
    """The words of an RTF body, HTML that Outlook hid in it left out."""
    page = _ANSI_PAGE.search(data[:4096])
    codec = f"cp{page[1].decode('ascii')}" if page else "cp1252"
    try:
        codecs.lookup(codec)
    except LookupError:
        codec = "cp1252"
    letters = rtf_text(data)
    # Letters below 256 are bytes of the code page; those that were written by number stand above.
    raw = re.sub(r"[\x80-\xff]+", lambda found: found[0].encode("latin-1").decode(codec, "replace"), letters)
    return tidy(raw)
