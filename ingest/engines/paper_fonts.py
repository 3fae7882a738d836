"""Letters of papers that the archive itself writes: Liberation Serif, embedded as a subset, each letter with its value.

Liberation has the widths of Times New Roman, which Vietnamese offices write in
(Nghị định 30/2020/NĐ-CP, Phụ lục I), and comes with the package fonts-liberation2.
"""

from __future__ import annotations

import io
import unicodedata
from enum import StrEnum, unique
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

from ingest.engines.embedded_fonts import keep_letters, to_unicode
from ingest.engines.fixups_fonts import liberation_files
from metadata.errors import ToolMissingError

MISSING = "□"
"""Shown for a letter that the font does not have: PDF/A allows no glyph that means nothing."""

_EM = 1000
_SERIF, _SYMBOLIC, _ITALIC = 2, 4, 64


@unique
class Style(StrEnum):
    """The faces that papers use."""

    REGULAR = "Regular"
    BOLD = "Bold"
    ITALIC = "Italic"
    BOLD_ITALIC = "BoldItalic"


@cache
def _file(style: Style) -> Path:
    try:
        return liberation_files()[f"LiberationSerif-{style.value}.ttf"]
    except KeyError:
        raise ToolMissingError("Liberation Serif", "apt-get install fonts-liberation2") from None


class _Advances(dict[str, int]):
    """Advance of each letter of a font in thousandths of an em; every other letter's is that of `MISSING`."""

    def __missing__(self, letter: str) -> int:
        return self[MISSING]


@cache
def _metrics(style: Style) -> _Advances:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - untyped, and slow to load for the few tasks that need it

    with TTFont(_file(style), lazy=True) as font:
        cmap, widths, units = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
        return _Advances((chr(code), round(widths[glyph][0] * _EM / units)) for code, glyph in cmap.items())


class _Codes(dict[str, str]):
    """The code of each letter that was used, in hexadecimal digits, in the order of their first use."""

    def __init__(self, advances: _Advances) -> None:
        self._advances = advances
        self.replaced = 0

    def __missing__(self, letter: str) -> str:
        if letter not in self._advances:
            # It gets no code of its own: each time that it is set it is counted.
            self.replaced += 1
            return self[MISSING]
        code = self[letter] = f"{len(self) + 1:04X}"
        return code


class Face:
    """One face in one PDF. `font` may be named in resources at once; `finish` embeds what was used."""

    def __init__(self, pdf: Pdf, style: Style) -> None:
        self._pdf = pdf
        self._style = style
        self._advances = _metrics(style)
        self._codes = _Codes(self._advances)
        self.font = pdf.make_indirect(Dictionary(Type=Name.Font))

    @property
    def started(self) -> bool:
        """Whether any letter was set in it."""
        return bool(self._codes)

    @property
    def replaced(self) -> int:
        """Letters that the font does not have."""
        return self._codes.replaced

    def width(self, text: str, size: float) -> float:
        """How wide `text` is in points at `size`."""
        return sum(map(self._advances.__getitem__, text)) * size / _EM

    def encoded(self, text: str) -> str:
        """`text` as a hexadecimal string of the font's codes."""
        return "".join(map(self._codes.__getitem__, text))

    def finish(self) -> None:
        """Embed the letters that were used."""
        from fontTools.ttLib import TTFont  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - as above

        # The file must not tell when it was made: the same text gives the same bytes.
        font = TTFont(_file(self._style), recalcTimestamp=False)
        keep_letters(font, self._codes)
        cmap = font.getBestCmap() or {}
        glyphs = [font.getGlyphID(cmap[ord(letter)]) for letter in self._codes]
        out = io.BytesIO()
        descriptor = self._descriptor(font)
        font.save(out)
        font.close()
        program = self._pdf.make_stream(out.getvalue())
        program.Length1 = len(out.getvalue())
        descriptor.FontFile2 = program
        self._describe(descriptor, glyphs)

    def _descriptor(self, font: Any) -> Dictionary:  # noqa: ANN401 - the library has no types
        units, head, lines, face = font["head"].unitsPerEm, font["head"], font["hhea"], font["OS/2"]
        scaled = _EM / units
        italic = self._style in {Style.ITALIC, Style.BOLD_ITALIC}
        return Dictionary(
            Type=Name.FontDescriptor,
            FontName=self._name(),
            Flags=_SERIF | _SYMBOLIC | (_ITALIC if italic else 0),
            FontBBox=Array([round(edge * scaled) for edge in (head.xMin, head.yMin, head.xMax, head.yMax)]),
            ItalicAngle=round(font["post"].italicAngle),
            Ascent=round(lines.ascent * scaled),
            Descent=round(lines.descent * scaled),
            CapHeight=round(getattr(face, "sCapHeight", 0) * scaled),
            StemV=80,
        )

    def _name(self) -> Name:
        return Name(f"/LUUTRU+LiberationSerif-{self._style.value}")

    def _describe(self, descriptor: Dictionary, glyphs: list[int]) -> None:
        pdf, widths = self._pdf, [self._advances[letter] for letter in self._codes]
        system = Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0)
        below = pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.CIDFontType2,
                BaseFont=self._name(),
                CIDSystemInfo=system,
                FontDescriptor=pdf.make_indirect(descriptor),
                DW=_EM,
                W=Array([1, Array(widths)]),
                # Code 0 stays .notdef, which is never shown.
                CIDToGIDMap=pdf.make_stream(b"\0\0" + b"".join(glyph.to_bytes(2, "big") for glyph in glyphs)),
            )
        )
        self.font.Subtype = Name.Type0
        self.font.BaseFont = self._name()
        self.font.Encoding = Name("/Identity-H")
        self.font.DescendantFonts = Array([below])
        self.font.ToUnicode = pdf.make_stream(
            to_unicode({letter: int(code, 16) for letter, code in self._codes.items()})
        )


def plain(text: str) -> str:
    """`text` as it is set: composed, control characters as blanks; line breaks stay."""
    composed = unicodedata.normalize("NFC", text)
    if composed.isprintable():
        return composed
    return "".join(
        letter if letter == "\n" or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} else " "
        for letter in composed.replace("\r\n", "\n").replace("\r", "\n")
    )
