"""Fonts that are not embedded (ISO 19005-2, 6.2.11.4.1-1): the unused go, the Latin ones get a Liberation subset.

Liberation has the widths of Arial, Times New Roman and Courier New; other widths
are taken over from the PDF, so that no line moves. A name that points to a legacy
Vietnamese encoding or to symbols is never replaced: guessing there destroys text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from ingest.engines.embedded_fonts import keep_letters
from ingest.engines.pdfa_losses import Losses

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
VIETNAMESE_PROBE = 0x1EA0
"""Ạ: Liberation 1 (Debian's `fonts-liberation`) lacks it, Liberation 2 has it."""

_NEVER = re.compile(r"symbol|dingbat|wing|webd|barcode|^\.?vn|^vni")
_FAMILIES = (
    (re.compile(r"cour|mono|consol|typewriter|lucidacons"), "LiberationMono"),
    (re.compile(r"arial|helv|sans|verdana|tahoma|calibri|segoe|roboto|univers"), "LiberationSans"),
    (re.compile(r"times|serif|roman|cambria|garamond|georgia|book|minion"), "LiberationSerif"),
)
_FIXED, _SERIF, _SYMBOLIC, _NONSYMBOLIC, _ITALIC, _FORCE_BOLD = 1, 2, 4, 32, 64, 1 << 18
_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
_SHOWING = frozenset({"Tj", "TJ", "'", '"'})
_FIRST_CODE, _CODES = 32, 256


def is_embedded(font: Dictionary) -> bool:
    """Whether the font program is in the file."""
    holder: Object | None = font
    if font.get("/Subtype") == "/Type0":
        below = font.get("/DescendantFonts")
        holder = below[0] if isinstance(below, Array) and len(below) else None
    descriptor = holder.get("/FontDescriptor") if isinstance(holder, Dictionary) else None
    return isinstance(descriptor, Dictionary) and any(key in descriptor for key in _FILES)


# ---------------------------------------------------------------- unused fonts


@dataclass(slots=True)
class _Use:
    """A font dictionary of resources, and which of its names show text."""

    fonts: Dictionary
    used: set[str] = field(default_factory=set)
    blind: bool = False
    """True: some content could not be parsed, so nothing is known to be unused."""

    holders: list[Object] = field(default_factory=list)


def _with_fonts(pdf: Pdf) -> Iterator[tuple[Object, Dictionary, tuple[int, ...]]]:
    """Every page, form and pattern with its font dictionary and that dictionary's identity."""
    things: list[Object] = [page.obj for page in pdf.pages]
    things += [
        t for t in pdf.objects if isinstance(t, Stream) and (t.get("/Subtype") == "/Form" or "/PatternType" in t)
    ]
    for thing in things:
        resources = thing.get("/Resources")
        fonts = resources.get("/Font") if isinstance(resources, Dictionary) else None
        if isinstance(resources, Dictionary) and isinstance(fonts, Dictionary):
            owner = next((o for o in (fonts, resources, thing) if o.is_indirect), thing)
            yield thing, fonts, owner.objgen


def _instructions(thing: Object) -> list[Any] | None:
    try:
        return list(pikepdf.parse_content_stream(thing))
    except (pikepdf.PdfError, TypeError, ValueError):
        return None


def _shown(instructions: list[Any]) -> set[str]:
    used: set[str] = set()
    current: str | None = None
    stack: list[str | None] = []
    for instruction in instructions:
        operator = str(instruction.operator)
        if operator == "q":
            stack.append(current)
        elif operator == "Q":
            current = stack.pop() if stack else None
        elif operator == "Tf" and len(instruction.operands):
            current = str(instruction.operands[0])
        elif operator in _SHOWING and current:
            used.add(current)
    return used


def give_fonts_numbers(pdf: Pdf, losses: Losses) -> None:  # noqa: ARG001 - the signature of a repair; nothing is lost
    """Fonts written into the resources themselves become objects of their own, so that the next repairs see them."""
    for _, fonts, _ in _with_fonts(pdf):
        for name, font in list(fonts.items()):
            if isinstance(font, Dictionary) and not font.is_indirect:
                fonts[Name(name)] = pdf.make_indirect(font)


def drop_unused_fonts(pdf: Pdf, losses: Losses) -> None:
    """Drop fonts that stand in resources or are selected, but show no letter (reportlab's Helvetica)."""
    if all(is_embedded(font) or font.get("/Subtype") == "/Type3" for font in _fonts(pdf)):
        return
    uses: dict[tuple[int, ...], _Use] = {}
    for thing, fonts, key in _with_fonts(pdf):
        use = uses.setdefault(key, _Use(fonts))
        use.holders.append(thing)
        instructions = _instructions(thing)
        if instructions is None:
            use.blind = True
        else:
            use.used |= _shown(instructions)
    count = 0
    for use in uses.values():
        if not use.blind:
            count += _drop_from(pdf, use)
    if count:
        losses.add("unused-fonts-removed", count)


def _drop_from(pdf: Pdf, use: _Use) -> int:
    unused = {
        name
        for name, font in use.fonts.items()
        if name not in use.used
        and isinstance(font, Dictionary)
        and font.get("/Subtype") != "/Type3"
        and not is_embedded(font)
    }
    for name in unused:
        del use.fonts[Name(name)]
    for thing in use.holders if unused else ():
        _forget_selection(pdf, thing, unused)
    return len(unused)


def _forget_selection(pdf: Pdf, thing: Object, names: set[str]) -> None:
    """A `Tf` to a font that is gone must go as well."""
    instructions = _instructions(thing) or []
    kept = [
        i for i in instructions if not (str(i.operator) == "Tf" and len(i.operands) and str(i.operands[0]) in names)
    ]
    if len(kept) == len(instructions):
        return
    data = pikepdf.unparse_content_stream(kept)
    if isinstance(thing, Stream):
        thing.write(data)
    else:
        thing[Name.Contents] = pdf.make_indirect(Stream(pdf, data))


def name_cid_maps(pdf: Pdf, losses: Losses) -> None:
    """6.2.11.3.2-1: an embedded CID font without CIDToGIDMap means Identity (ISO 32000-1, table 117): say so."""
    count = 0
    for thing in pdf.objects:
        if not isinstance(thing, Dictionary) or thing.get("/Subtype") != "/CIDFontType2":
            continue
        descriptor, given = thing.get("/FontDescriptor"), thing.get("/CIDToGIDMap")
        if isinstance(descriptor, Dictionary) and "/FontFile2" in descriptor:
            if given == "/Identity" or isinstance(given, Stream):
                continue
            thing["/CIDToGIDMap"] = Name.Identity
            count += 1
    if count:
        losses.add("cid-map-written", count)


# ---------------------------------------------------------------- substitutes


def _fonts(pdf: Pdf) -> list[Dictionary]:
    return [
        thing
        for thing in pdf.objects
        if isinstance(thing, Dictionary)
        and str(thing.get("/Type", "/Font")) == "/Font"
        and str(thing.get("/Subtype", "")) in ("/TrueType", "/Type1", "/MMType1", "/Type0", "/Type3")
        and ("/BaseFont" in thing or thing.get("/Subtype") == "/Type3")
    ]


@cache
def liberation_files() -> dict[str, Path]:
    """Liberation 2 fonts of this machine by file name; empty when there are none."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - untyped, and slow to load for the few files that need it

    found: dict[str, Path] = {}
    for folder in FONT_FOLDERS:
        for path in sorted(Path(folder).rglob("Liberation*.ttf")) if Path(folder).is_dir() else ():
            with TTFont(path, lazy=True) as font:
                if path.name not in found and VIETNAMESE_PROBE in (font.getBestCmap() or {}):
                    found[path.name] = path
    return found


def substitute(name: str, flags: int) -> Path | None:
    """The Liberation file that stands in for the font called `name`; None where guessing would destroy text."""
    low = name.lower().lstrip("/").rpartition("+")[2]
    if _NEVER.search(low):
        return None
    fallback = "LiberationMono" if flags & _FIXED else "LiberationSerif" if flags & _SERIF else "LiberationSans"
    family = next((font for pattern, font in _FAMILIES if pattern.search(low)), fallback)
    bold = bool(re.search(r"bold|black|heavy|demi", low)) or bool(flags & _FORCE_BOLD)
    italic = bool(re.search(r"ital|obliq", low)) or bool(flags & _ITALIC)
    style = "BoldItalic" if bold and italic else "Bold" if bold else "Italic" if italic else "Regular"
    return liberation_files().get(f"{family}-{style}.ttf")


def embed_fonts(pdf: Pdf, losses: Losses) -> None:
    """Give each simple Latin font that is not embedded a Liberation subset with the PDF's own advance widths."""
    for font in _fonts(pdf):
        if font.get("/Subtype") in ("/Type0", "/Type3") or is_embedded(font):
            continue
        descriptor = font.get("/FontDescriptor")
        flags = int(descriptor.get("/Flags", _NONSYMBOLIC)) if isinstance(descriptor, Dictionary) else _NONSYMBOLIC
        encoding = font.get("/Encoding")
        if flags & _SYMBOLIC and encoding is None and isinstance(descriptor, Dictionary):
            continue
        path = substitute(str(font["/BaseFont"]), flags)
        if path is None:
            continue
        asked = str(font["/BaseFont"])[1:]
        _Substitution(pdf, font, path, flags).apply()
        losses.add("font-substituted", f"{asked} {path.stem}")


def letters_of(font: Dictionary) -> dict[int, str]:
    """What each code of a simple font means, as far as its encoding says so with certainty."""
    from fontTools import agl  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - untyped, and slow to load for the few files that need it

    encoding = font.get("/Encoding")
    base = encoding.get("/BaseEncoding") if isinstance(encoding, Dictionary) else encoding
    codec = "mac_roman" if base == "/MacRomanEncoding" else "cp1252"
    letters = {code: bytes([code]).decode(codec, "ignore") for code in range(_FIRST_CODE, _CODES)}
    if codec == "cp1252":
        letters |= {160: " ", 173: "-"}
    if base is None and font.get("/Subtype") != "/TrueType":
        # StandardEncoding differs in two of the codes below 128.
        letters |= {39: "\u2019", 96: "\u2018"}
    differences = encoding.get("/Differences") if isinstance(encoding, Dictionary) else None
    code = 0
    for entry in differences.as_list() if isinstance(differences, Array) else ():
        if isinstance(entry, Name):
            letters[code] = agl.toUnicode(str(entry)[1:]) or letters.get(code, "")
            code += 1
        else:
            code = int(entry)
    return letters


def _named_differences(given: Array) -> Array:
    """The same list without `.notdef`, each name with its code in front."""
    kept: list[Object | int] = []
    code = 0
    for entry in given.as_list():
        if not isinstance(entry, Name):
            code = int(entry)
            continue
        if entry != "/.notdef":
            kept += [code, entry]
        code += 1
    return Array(kept)


class _Substitution:
    """One font being replaced by a subset of a Liberation file."""

    def __init__(self, pdf: Pdf, font: Dictionary, path: Path, flags: int) -> None:
        from fontTools.ttLib import TTFont  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - untyped, and slow to load for the few files that need it

        self.pdf, self.font, self.path, self.flags = pdf, font, path, flags
        # The file must not tell when it was made: the same input gives the same bytes.
        self.type = TTFont(path, recalcTimestamp=False)
        cmap = self.type.getBestCmap()
        self.letters = {c: u for c, u in letters_of(font).items() if len(u) == 1 and ord(u) in cmap}

    def apply(self) -> None:
        keep_letters(self.type, self.letters.values())
        widths = self._widths()
        out = io.BytesIO()
        self.type.save(out)
        self.type.close()
        program = Stream(self.pdf, out.getvalue())
        program[Name.Length1] = len(out.getvalue())
        name = Name(f"/AAAAAA+{self.path.stem}")
        encoding = self.font.get("/Encoding")
        self.font["/Subtype"], self.font["/BaseFont"] = Name.TrueType, name
        self.font["/FirstChar"], self.font["/LastChar"], self.font["/Widths"] = 0, _CODES - 1, Array(widths)
        self.font["/FontDescriptor"] = self.pdf.make_indirect(self._descriptor(name, self.pdf.make_indirect(program)))
        base = encoding.get("/BaseEncoding") if isinstance(encoding, Dictionary) else encoding
        named = Name.MacRomanEncoding if base == "/MacRomanEncoding" else Name.WinAnsiEncoding
        if isinstance(encoding, Dictionary):
            # 6.2.11.6-2: Differences only over one of the two bases, and without `.notdef`.
            encoding["/BaseEncoding"] = named
            differences = encoding.get("/Differences")
            if isinstance(differences, Array):
                encoding["/Differences"] = _named_differences(differences)
        else:
            self.font["/Encoding"] = named

    def _widths(self) -> list[float]:
        """Widths by code, in thousandths; where the PDF gives one, the glyph's advance is set to it."""
        cmap, metrics, units = self.type.getBestCmap(), self.type["hmtx"], self.type["head"].unitsPerEm
        asked = self._asked_widths()
        widths: list[float] = []
        settled: set[str] = set()
        for code in range(_CODES):
            glyph = cmap.get(ord(self.letters[code])) if code in self.letters else None
            wanted = asked.get(code, 0.0)
            if glyph and wanted > 0 and glyph not in settled:
                if abs(wanted - metrics[glyph][0] * 1000 / units) > 1:
                    metrics[glyph] = (round(wanted * units / 1000), metrics[glyph][1])
                settled.add(glyph)
            widths.append(round(metrics[glyph or ".notdef"][0] * 1000 / units, 3))
        return widths

    def _asked_widths(self) -> dict[int, float]:
        given = self.font.get("/Widths")
        if not isinstance(given, Array):
            return {}
        first = int(self.font.get("/FirstChar", _FIRST_CODE))
        return {first + i: float(width) for i, width in enumerate(given.as_list())}

    def _descriptor(self, name: Name, program: Object) -> Dictionary:
        head, line, scale = self.type["head"], self.type["hhea"], 1000 / self.type["head"].unitsPerEm
        box = [round(v * scale) for v in (head.xMin, head.yMin, head.xMax, head.yMax)]
        return Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            Flags=(self.flags & ~_SYMBOLIC) | _NONSYMBOLIC,
            FontBBox=Array(box),
            ItalicAngle=0,
            Ascent=round(line.ascent * scale),
            Descent=round(line.descent * scale),
            CapHeight=700,
            StemV=80,
            FontFile2=program,
        )
