"""Repairs inside content streams: pictures drawn within text objects, device CMYK, layers that are all visible.

Each works on the operators of one stream and gives None when it has nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, ContentStreamInstruction, Dictionary, Name, Object, Operator, Pdf, Stream

from ingest.engines.pdfa_clean import configurations
from ingest.engines.pdfa_losses import Losses

Instructions = list[Any]
Rewriter = Callable[[Instructions], Instructions | None]

_GRAPHICS = frozenset({"q", "Q", "cm", "Do", "gs", "re", "m", "l", "c", "h", "f", "F", "f*", "S", "s", "B", "n", "W"})
_SHOWING = frozenset({"Tj", "TJ", "'", '"'})
_FILL, _STROKE = "k", "K"
_CMYK = 4


def contents(pdf: Pdf) -> Iterator[Object]:
    """Every page, form and tiling pattern."""
    for page in pdf.pages:
        yield page.obj
    for thing in pdf.objects:
        if isinstance(thing, Stream) and (thing.get("/Subtype") == "/Form" or thing.get("/PatternType") == 1):
            yield thing


def rewrite(pdf: Pdf, change: Rewriter) -> int:
    """Apply `change` to every content; the number of contents that it changed."""
    count = 0
    for thing in contents(pdf):
        try:
            changed = change(list(pikepdf.parse_content_stream(thing)))
        except (pikepdf.PdfError, TypeError, ValueError):
            continue
        if changed is None:
            continue
        data = pikepdf.unparse_content_stream(changed)
        if isinstance(thing, Stream):
            thing.write(data)
        else:
            thing[Name.Contents] = pdf.make_indirect(Stream(pdf, data))
        count += 1
    return count


# ---------------------------------------------------------------- pictures inside text objects


def free_pictures(pdf: Pdf, losses: Losses) -> None:
    """Signing programs of Vietnamese offices draw the stamp between BT and ET, where only text may stand."""
    count = rewrite(pdf, freed)
    if count:
        losses.add("pictures-freed-from-text", count)


def freed(instructions: Instructions) -> Instructions | None:
    """The same with graphics taken out of text objects; None when none is inside, or when text depends on the order."""
    out: Instructions = []
    block: Instructions | None = None
    changed = False
    for instruction in instructions:
        operator = str(instruction.operator)
        if operator == "BT":
            block = []
        elif block is None:
            out.append(instruction)
        elif operator == "ET":
            if any(str(i.operator) in _GRAPHICS for i in block):
                if any(str(i.operator) in _SHOWING for i in block):
                    return None
                out += [i for i in block if str(i.operator) in _GRAPHICS]
                changed = True
            else:
                out += [_made("BT"), *block, instruction]
            block = None
        else:
            block.append(instruction)
    return out if changed and block is None else None


def _made(operator: str, *operands: object) -> ContentStreamInstruction:
    return ContentStreamInstruction(list(operands), Operator(operator))  # type: ignore[arg-type] # numbers become objects


# ---------------------------------------------------------------- device CMYK


def calm_cmyk(pdf: Pdf, losses: Losses) -> None:
    """6.2.4.3-3: colours that are set as device CMYK become grey or RGB; pictures in CMYK are left to the next step."""
    count = rewrite(pdf, recoloured)
    if count:
        losses.add("cmyk-colours-converted", count)


def recoloured(instructions: Instructions) -> Instructions | None:
    """The same with `k`, `K` and `/DeviceCMYK cs` replaced; None when there is none."""
    out: Instructions = []
    spaces = {"sc": "", "SC": ""}
    changed = False
    for instruction in instructions:
        operator = str(instruction.operator)
        operands = instruction.operands
        if operator in ("cs", "CS") and len(operands) == 1:
            target = "sc" if operator == "cs" else "SC"
            spaces[target] = str(operands[0])
            if spaces[target] == "/DeviceCMYK":
                # Its first colour is black (ISO 32000-1, 8.6.4.4).
                out.append(_made("g" if operator == "cs" else "G", 0))
                changed = True
                continue
        named = {"scn": "sc", "SCN": "SC"}.get(operator, operator)
        if operator in (_FILL, _STROKE) or (named in spaces and spaces[named] == "/DeviceCMYK"):
            if len(operands) != _CMYK:
                return None
            out.append(_colour([float(value) for value in operands], fills=operator == _FILL or named == "sc"))
            changed = True
            continue
        out.append(instruction)
    return out if changed else None


def _colour(cmyk: Sequence[float], *, fills: bool) -> ContentStreamInstruction:
    if not any(cmyk[:3]):
        # Black ink alone is how text is set: it stays neutral.
        return _made("g" if fills else "G", round(1 - min(max(cmyk[3], 0.0), 1.0), 4))
    return _made("rg" if fills else "RG", *(round(part / 255, 4) for part in to_rgb(cmyk)))


_PRINTED = (
    *((255, 255, 255), (35, 31, 32), (255, 241, 1), (25, 26, 0), (237, 2, 140), (21, 0, 0), (238, 29, 35), (23, 0, 0)),
    *((0, 174, 239), (0, 4, 36), (0, 165, 79), (0, 4, 0), (46, 48, 146), (0, 0, 1), (54, 53, 57), (0, 0, 0)),
)
"""The sixteen full inks as a press shows them (as pdfium does), counted in binary by cyan, magenta, yellow, black."""


def to_rgb(cmyk: Sequence[float]) -> tuple[float, float, float]:
    """CMYK (0 to 1) as a press would show it, in RGB (0 to 255): Neugebauer's mixture of the sixteen full inks."""
    inks = [min(max(part, 0.0), 1.0) for part in cmyk]
    mixed = [0.0, 0.0, 0.0]
    for number, printed in enumerate(_PRINTED):
        share = 1.0
        for place, ink in enumerate(inks):
            share *= ink if number >> (_CMYK - 1 - place) & 1 else 1 - ink
        mixed = [total + share * part for total, part in zip(mixed, printed, strict=True)]
    return mixed[0], mixed[1], mixed[2]


# ---------------------------------------------------------------- layers


def merge_layers(pdf: Pdf, losses: Losses) -> None:
    """Layers that are all visible become part of the page: pikepdf's checker does not judge layers.

    Nothing happens when any layer is off, or is switched by others.
    """
    layers = pdf.Root.get("/OCProperties")
    if not isinstance(layers, Dictionary) or not _all_visible(pdf, layers):
        return
    rewrite(pdf, _unlayered)
    for thing in pdf.objects:
        if isinstance(thing, Dictionary | Stream):
            if "/OC" in thing:
                del thing[Name.OC]
            resources = thing.get("/Resources")
            _forget_layers(resources)
            if thing.get("/Type") != "/Page" and "/Properties" in thing:
                _forget_layers(thing)
    del pdf.Root["/OCProperties"]
    losses.add("layers-merged")


def _all_visible(pdf: Pdf, layers: Dictionary) -> bool:
    default = configurations(layers)[:1]
    for configuration in default:
        hidden = configuration.get("/OFF")
        if configuration.get("/BaseState", Name.ON) != "/ON" or (isinstance(hidden, Array) and len(hidden)):
            return False
    return not any(
        isinstance(thing, Dictionary)
        and thing.get("/Type") == "/OCMD"
        and ("/VE" in thing or str(thing.get("/P", "/AnyOn")) not in ("/AnyOn", "/AllOn"))
        for thing in pdf.objects
    )


def _forget_layers(resources: Object | None) -> None:
    properties = resources.get("/Properties") if isinstance(resources, Dictionary) else None
    if not isinstance(properties, Dictionary):
        return
    for key, value in list(properties.items()):
        if isinstance(value, Dictionary) and str(value.get("/Type")) in ("/OCG", "/OCMD"):
            del properties[Name(key)]


def _unlayered(instructions: Instructions) -> Instructions | None:
    out = [
        _made("BMC", Name.Layer) if str(i.operator) == "BDC" and len(i.operands) and str(i.operands[0]) == "/OC" else i
        for i in instructions
    ]
    return out if any(new is not old for new, old in zip(out, instructions, strict=True)) else None
