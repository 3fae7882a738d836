"""An invisible text layer: words at their places, in an embedded font without outlines, letters with Unicode values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from metadata.errors import ToolMissingError

MAX_WORD_LETTERS = 400
"""Longer words are split: a string of 65,536 letters breaks ISO 19005-2, 6.1.13-3."""

CMAP_BLOCK = 100
"""Entries in one block of a ToUnicode map (PDF 1.7, 9.10.3)."""

_HALF_EM = 0.5
_SCALE_RANGE = (1.0, 1000.0)


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word and where it stands, in the page's own coordinates (points)."""

    text: str
    x: float
    y: float
    angle: float
    """Direction of writing in radians."""

    width: float
    size: float


@cache
def glyphless_font() -> tuple[bytes, int, int]:
    """Font file (OCRmyPDF's Occulta, Apache-2.0), the glyph that shows nothing, its advance in thousandths.

    Raises:
        ToolMissingError: OCRmyPDF's data is not installed.
    """
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - slow to load, only for pictures

    # Found without importing the package, which costs 0.6 s.
    package = find_spec("ocrmypdf")
    path = Path(package.origin).parent / "data" / "Occulta.ttf" if package and package.origin else None
    if path is None or not path.exists():
        raise ToolMissingError("OCRmyPDF's font Occulta.ttf", "pip install 'ocrmypdf>=17.13'")
    with TTFont(path) as font:
        glyph = 1 if font["maxp"].numGlyphs > 1 else 0
        advance = 1000 * font["hmtx"][font.getGlyphName(glyph)][0] / font["head"].unitsPerEm
    return path.read_bytes(), glyph, round(advance)


class TextLayer:
    """The layers of one document: they share one font that grows with the letters met."""

    def __init__(self, pdf: Pdf) -> None:
        self._pdf = pdf
        self._codes: dict[str, int] = {}
        self.font: Object = pdf.make_indirect(Dictionary())

    def content(self, words: Sequence[PlacedWord]) -> bytes:
        """Operators that write `words` invisibly with the font resource `/GL`."""
        lines = ["BT 3 Tr"]
        for word in words:
            natural = _HALF_EM * word.size * len(word.text)
            stretch = 100 * word.width / natural if natural and word.width else 100
            stretch = max(_SCALE_RANGE[0], min(_SCALE_RANGE[1], stretch))
            cos, sin = math.cos(word.angle), math.sin(word.angle)
            place = f"{cos:.4f} {sin:.4f} {-sin:.4f} {cos:.4f} {word.x:.2f} {word.y:.2f} Tm"
            lines.append(f"/GL {word.size:.2f} Tf {stretch:.2f} Tz {place} <{self._coded(word.text + ' ')}> Tj")
        return "\n".join([*lines, "ET"]).encode("ascii")

    def _coded(self, text: str) -> str:
        return "".join(f"{self._codes.setdefault(letter, len(self._codes) + 1):04X}" for letter in text)

    def finish(self) -> None:
        """Write the font, when all pages are made."""
        data, glyph, advance = glyphless_font()
        pdf = self._pdf
        program = Stream(pdf, data)
        program[Name.Length1] = len(data)
        name = Name("/GLYPHL+Occulta")
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            Flags=4,
            FontBBox=Array([0, 0, 1000, 1000]),
            ItalicAngle=0,
            Ascent=1000,
            Descent=0,
            CapHeight=1000,
            StemV=80,
            FontFile2=pdf.make_indirect(program),
        )
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=name,
            CIDSystemInfo=Dictionary(
                Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0
            ),
            FontDescriptor=pdf.make_indirect(descriptor),
            DW=advance,
            CIDToGIDMap=pdf.make_indirect(Stream(pdf, b"\0\0" + glyph.to_bytes(2, "big") * len(self._codes))),
        )
        entries = {
            "/Type": Name.Font,
            "/Subtype": Name.Type0,
            "/BaseFont": name,
            "/Encoding": Name("/Identity-H"),
            "/DescendantFonts": Array([pdf.make_indirect(descendant)]),
            "/ToUnicode": pdf.make_indirect(Stream(pdf, self._to_unicode())),
        }
        for key, value in entries.items():
            self.font[Name(key)] = value

    def _to_unicode(self) -> bytes:
        items = [f"<{code:04X}> <{letter.encode('utf-16-be').hex().upper()}>" for letter, code in self._codes.items()]
        blocks = [items[i : i + CMAP_BLOCK] for i in range(0, len(items), CMAP_BLOCK)]
        head = (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        )
        body = "".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks)
        tail = "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        return (head + body + tail).encode("ascii")
