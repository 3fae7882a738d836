"""Fonts that a revision adds to the form's resources: a field without a look of its own is drawn with them."""

from __future__ import annotations

import re

import pikepdf

from archive.preservation.signatures.changes_step import Step

_MAX_FONTS = 1000
_STANDARD = frozenset(
    f"/{family}{style}"
    for family, styles in (
        ("Helvetica", ("", "-Bold", "-Oblique", "-BoldOblique")),
        ("Courier", ("", "-Bold", "-Oblique", "-BoldOblique")),
        ("Times", ("-Roman", "-Bold", "-Italic", "-BoldItalic")),
        ("Symbol", ("",)),
        ("ZapfDingbats", ("",)),
    )
    for style in styles
)
"""Fonts that every reader has (ISO 32000-2, 9.6.2.2)."""

_STANDARD_KEYS = frozenset({"/Type", "/Subtype", "/BaseFont", "/Encoding", "/Name"})
_NAMED = re.compile(rb"/([^\s/\[\]<>(){}%]+)")


def check_fonts(step: Step) -> None:
    """Tell fonts that fields of the signed document named without having them, and now got."""
    before, after = (_fonts(pdf) for pdf in (step.old, step.new))
    added = [name for name in sorted(after.keys() - before.keys()) if not _is_standard(after[name])]
    named = _named(step) if added else set()
    for name in added:
        if name.lstrip("/").encode() in named:
            step.tell("form", f"resources of the form: font {name}, with which fields are shown")


def _fonts(pdf: pikepdf.Pdf) -> dict[str, object]:
    node: object = pdf.Root
    for key in ("/AcroForm", "/DR", "/Font"):
        node = node.get(key) if isinstance(node, pikepdf.Dictionary) else None
    if not isinstance(node, pikepdf.Dictionary):
        return {}
    return {name: node.get(name) for name in list(node.keys())[:_MAX_FONTS]}


def _is_standard(font: object) -> bool:
    """A font that every reader has, with its own letters."""
    return (
        isinstance(font, pikepdf.Dictionary)
        and set(font.keys()) <= _STANDARD_KEYS
        and font.get("/Subtype") == pikepdf.Name.Type1
        and str(font.get("/BaseFont", "")) in _STANDARD
        and not isinstance(font.get("/Encoding"), pikepdf.Dictionary)
    )


def _named(step: Step) -> set[bytes]:
    """Names in the default appearances of the form and its fields."""
    holders: list[object] = [step.old.Root.get("/AcroForm"), *(node.object for node in step.fields().values())]
    looks = [holder.get("/DA") for holder in holders if isinstance(holder, pikepdf.Dictionary)]
    return {name for look in looks if isinstance(look, pikepdf.String) for name in _NAMED.findall(bytes(look))}
