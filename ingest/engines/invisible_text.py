"""Invisible text over a page's picture: one font without outlines, each letter with its ToUnicode.

The font (`blank.ttf`, our own, 2 glyphs) is embedded once a file; every character
gets a code of its own, so that search, copy and PDF/A-2u have the letter itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pikepdf
from pikepdf import Array, Dictionary, Name

from ingest.engines.embedded_fonts import to_unicode

_GLYPH = 1
_ADVANCE = 500
_LARGEST_CODE = 0xFFFF
_LEAST_SCALE, _MOST_SCALE = 1.0, 1_000.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A word on its base line, in the coordinates of the page's content."""

    text: str
    x: float
    y: float
    size: float
    """Height of a line in points."""

    width: float
    angle: float = 0.0
    """Direction of reading in radians, counter-clockwise."""


@cache
def _font_file() -> bytes:
    return files("ingest.engines").joinpath("blank.ttf").read_bytes()


class InvisibleFont:
    """The font of one PDF's invisible text. Call `finish` once, after the last word."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._codes: dict[str, int] = {}
        self.font = pdf.make_indirect(Dictionary(Type=Name.Font))

    def content(self, words: Iterable[Placed]) -> bytes:
        """Content stream that shows `words` invisibly, with the font called `/LuutruText`."""
        shown = ["BT 3 Tr"]
        for word in words:
            natural = _ADVANCE / 1000 * word.size * len(word.text)
            scale = min(max(100 * word.width / natural, _LEAST_SCALE), _MOST_SCALE) if natural > 0 else 100.0
            cos, sin = math.cos(word.angle), math.sin(word.angle)
            shown.append(
                f"/LuutruText {word.size:.2f} Tf {scale:.2f} Tz {cos:.4f} {sin:.4f} {-sin:.4f} {cos:.4f} "
                f"{word.x:.2f} {word.y:.2f} Tm <{self._encoded(word.text + ' ')}> Tj"
            )
        shown.append("ET")
        return "\n".join(shown).encode("ascii")

    def _encoded(self, text: str) -> str:
        codes = []
        for character in text:
            if character not in self._codes and len(self._codes) < _LARGEST_CODE:
                self._codes[character] = len(self._codes) + 1
            if character in self._codes:
                codes.append(f"{self._codes[character]:04X}")
        return "".join(codes)

    def finish(self) -> None:
        """Write the font for the characters that were used."""
        pdf, name = self._pdf, Name("/LUUTRU+LuutruBlank")
        program = pdf.make_stream(_font_file())
        program.Length1 = len(_font_file())
        descriptor = pdf.make_indirect(
            Dictionary(
                Type=Name.FontDescriptor,
                FontName=name,
                Flags=4,
                FontBBox=Array([0, 0, 500, 800]),
                ItalicAngle=0,
                Ascent=800,
                Descent=-200,
                CapHeight=800,
                StemV=80,
                FontFile2=program,
            )
        )
        # Code 0 stays .notdef, every used code is the one blank glyph.
        glyphs = b"\0\0" + _GLYPH.to_bytes(2, "big") * len(self._codes)
        descendant = pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.CIDFontType2,
                BaseFont=name,
                CIDSystemInfo=Dictionary(
                    Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0
                ),
                FontDescriptor=descriptor,
                DW=_ADVANCE,
                CIDToGIDMap=pdf.make_stream(glyphs),
            )
        )
        self.font.Subtype = Name.Type0
        self.font.BaseFont = name
        self.font.Encoding = Name("/Identity-H")
        self.font.DescendantFonts = Array([descendant])
        self.font.ToUnicode = pdf.make_stream(to_unicode(self._codes))
