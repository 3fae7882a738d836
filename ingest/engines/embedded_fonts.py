"""What every font that the archive embeds needs: a subset with the letters used, and the map from codes to letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_ENTRIES_A_BLOCK = 100
"""ISO 32000-1, 9.7.5.4: a bfchar block has at most 100 entries."""


def keep_letters(font: Any, letters: Iterable[str]) -> None:  # noqa: ANN401 - the library has no types
    """Take everything out of `font`, a `TTFont`, that setting `letters` does not need."""
    from fontTools import subset  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - untyped, and slow to load for the few tasks that need it

    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.notdef_outline = True
    options.glyph_names = False
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "kern", "meta", "FFTM"]
    tool = subset.Subsetter(options)
    tool.populate(unicodes={ord(letter) for letter in letters})
    tool.subset(font)


def to_unicode(codes: Mapping[str, int]) -> bytes:
    """The map from codes back to letters."""
    entries = [f"<{code:04X}> <{letter.encode('utf-16-be').hex().upper()}>" for letter, code in codes.items()]
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<0000> <FFFF>",
        "endcodespacerange",
    ]
    for start in range(0, len(entries), _ENTRIES_A_BLOCK):
        block = entries[start : start + _ENTRIES_A_BLOCK]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode("ascii")
