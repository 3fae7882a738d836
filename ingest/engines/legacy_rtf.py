"""The letters of an RTF file as they were typed, one character a byte.

Only for texts in the encodings before Unicode: a converter drops the soft
hyphen, which in TCVN3 is the letter ư.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    rb"\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\(?P<symbol>[^a-zA-Z'])"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet info pict object themedata datastore listtable listoverridetable rsidtbl generator "
    b"filetbl xmlnstbl fldinst".split()
)
_BREAKS = {b"par": "\n", b"line": "\n", b"row": "\n", b"page": "\n", b"sect": "\n", b"tab": "\t", b"cell": "\t"}
_SYMBOLS = {b"~": " ", b"-": "\xad", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}"}
_SURROGATES = range(0xD800, 0xE000)


def rtf_text(data: bytes) -> str:
    """The text of the RTF file `data`, without its tables of fonts and styles, pictures and field codes."""
    reader = _Reader()
    for token in _TOKEN.finditer(data):
        reader.take(token)
    return "".join(reader.letters)


class _Reader:
    def __init__(self) -> None:
        self.letters: list[str] = []
        self._skipped: list[bool] = [False]
        self._to_skip = 0
        self._fallback = 1

    def take(self, token: re.Match[bytes]) -> None:
        if token["brace"] == b"{":
            self._skipped.append(self._skipped[-1])
        elif token["brace"] == b"}":
            if len(self._skipped) > 1:
                self._skipped.pop()
            self._to_skip = 0
        elif token["word"]:
            self._word(token["word"], token["number"])
        elif token["symbol"]:
            self._symbol(token["symbol"])
        elif token["byte"]:
            self._letters(bytes([int(token["byte"], 16)]))
        elif token["text"]:
            self._letters(token["text"])

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            # What a reader does not know it may pass over: none of it is text.
            self._skipped[-1] = True
        elif not self._skipped[-1]:
            self.letters.append(_SYMBOLS.get(symbol, ""))

    def _word(self, word: bytes, number: bytes | None) -> None:
        if word in _SKIPPED:
            self._skipped[-1] = True
        elif word == b"uc" and number:
            self._fallback = max(0, min(int(number), 16))
        elif word == b"u" and number:
            code = int(number) % 0x10000
            if not self._skipped[-1] and code not in _SURROGATES:
                self.letters.append(chr(code))
            self._to_skip = self._fallback
        elif word in _BREAKS and not self._skipped[-1]:
            self.letters.append(_BREAKS[word])

    def _letters(self, data: bytes) -> None:
        passed = min(self._to_skip, len(data))
        self._to_skip -= passed
        if not self._skipped[-1]:
            self.letters.append(data[passed:].decode("latin-1"))
