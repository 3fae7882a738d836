"""Base64 of any length into a file, piece by piece: what is wrong with it is told with its place."""

from __future__ import annotations

import binascii
import re
from typing import BinaryIO

_BLANKS = str.maketrans("", "", " \t\r\n\v\f")
_URL_SAFE = str.maketrans("-_", "+/")
_DATA_URI = re.compile(r"data:[^,;]{0,100}(?:;[^,;]{1,100})*;base64,", re.IGNORECASE)
_WRONG = re.compile(r"[^A-Za-z0-9+/=]")
_PIECE = 1 << 16
_QUAD = 4


class Base64Broken(ValueError):  # noqa: N818 - says what the text is
    """The text is no base64; the message says where."""


class Base64Writer:
    """Takes text as it comes and writes the bytes that it stands for.

    Args:
        out: Where the bytes go.
        most: Bytes that may come out.
    """

    def __init__(self, out: BinaryIO, most: int) -> None:
        self._out = out
        self._most = most
        self._waiting: list[str] = []
        self._held = 0
        self._seen = 0
        self._padding = 0
        self.bytes = 0
        self.head = b""
        """The first bytes."""

        self.forgiven: set[str] = set()
        """`data-uri`, `url-safe`, `padding`: what was overlooked."""

        self.too_large = False

    def feed(self, text: str) -> None:
        """The next piece of the text.

        Raises:
            Base64Broken: see there.
        """
        self._waiting.append(text)
        self._held += len(text)
        if self._held >= _PIECE:
            self._take(last=False)

    def finish(self) -> None:
        """The text is at its end.

        Raises:
            Base64Broken: see there.
        """
        self._take(last=True)

    def _take(self, *, last: bool) -> None:
        text = "".join(self._waiting).translate(_BLANKS)
        if self._seen == 0 and (begin := _DATA_URI.match(text)):
            self.forgiven.add("data-uri")
            text = text[begin.end() :]
        if "-" in text or "_" in text:
            self.forgiven.add("url-safe")
            text = text.translate(_URL_SAFE)
        whole = len(text) if last else len(text) - len(text) % _QUAD
        rest = text[whole:]
        self._waiting, self._held = [rest], len(rest)
        self._decode(text[:whole], last=last)

    def _decode(self, text: str, *, last: bool) -> None:
        body = text.rstrip("=")
        if (text and self._padding) or "=" in body:
            msg = f"padding before the end, at {self._seen + 1}"
            raise Base64Broken(msg)
        before = self._seen
        self._padding += len(text) - len(body)
        self._seen += len(text)
        if len(body) % _QUAD == 1:
            msg = f"cut off after {self._seen} characters"
            raise Base64Broken(msg)
        lacking = -len(body) % _QUAD
        if last and lacking and len(text) - len(body) != lacking:
            self.forgiven.add("padding")
        try:
            octets = binascii.a2b_base64(body + "=" * lacking, strict_mode=True)
        except ValueError as error:
            wrong = _WRONG.search(text)
            where = f"character {wrong.group()!r} at {before + wrong.start() + 1}" if wrong else str(error)
            raise Base64Broken(where) from error
        self._write(octets)

    def _write(self, octets: bytes) -> None:
        self.bytes += len(octets)
        self.head = (self.head + octets[:16])[:16] if len(self.head) < 16 else self.head  # noqa: PLR2004 - a magic number's length
        if self.bytes > self._most:
            self.too_large = True
            return
        self._out.write(octets)
