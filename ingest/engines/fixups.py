"""Second repair of a PDF that cleaning did not make PDF/A-2: each found by a rule that veraPDF named in real files.

Only for parts 2 and 3 (part 1 requires what some of these remove), only on open
copies, everything recorded. Fonts and annotations have modules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, Stream

from ingest.engines.fixups_annotations import draw_appearances
from ingest.engines.fixups_content import calm_cmyk, free_pictures, merge_layers
from ingest.engines.fixups_fonts import drop_unused_fonts, embed_fonts, give_fonts_numbers, name_cid_maps
from ingest.engines.pdfa_clean import configurations, is_forbidden
from ingest.engines.pdfa_losses import Losses

MAX_TREE_DEPTH = 50
INTENTS = frozenset({"/RelativeColorimetric", "/AbsoluteColorimetric", "/Perceptual", "/Saturation"})
SHORT_FILTERS = {
    "/Fl": "/FlateDecode",
    "/LZW": "/LZWDecode",
    "/A85": "/ASCII85Decode",
    "/AHx": "/ASCIIHexDecode",
    "/RL": "/RunLengthDecode",
    "/CCF": "/CCITTFaxDecode",
    "/DCT": "/DCTDecode",
}
"""Names that ISO 32000 allows in inline images only; files of 2002 to 2007 have them everywhere."""

_KEEP_KEYS = frozenset({"/Root", "/Info", "/ID", "/Size", "/Length", "/Subtype"})
_TYPED = frozenset({"/Catalog", "/Page", "/Pages", "/Font"})
_UNKNOWN_KEYS = re.compile(r"unrecognized key\(s\) ((?:/\S+[, ]*)+) are not checked")
_OBJECT = re.compile(r"obj (\d+) (\d+)")


def repair(pdf: Pdf, losses: Losses, *, keep_layers: bool, keep_cmyk: bool) -> None:
    """Apply every repair; one that a broken file stops is recorded and the next goes on.

    Args:
        pdf: The open copy.
        losses: What was done goes here.
        keep_layers: A judge that knows layers follows: they are put in order, not merged.
        keep_cmyk: The document's own CMYK output intent is kept, so its colours are right.
    """
    steps: tuple[Callable[[Pdf, Losses], None], ...] = (
        make_resources_explicit,
        repair_objects,
        give_fonts_numbers,
        drop_unused_fonts,
        name_cid_maps,
        settle_labels,
        list_layers if keep_layers else merge_layers,
        embed_fonts,
        draw_appearances,
        free_pictures,
        *(() if keep_cmyk else (calm_cmyk,)),
    )
    for step in steps:
        try:
            step(pdf, losses)
        except Exception as error:  # noqa: BLE001 - hostile structure fails in many ways; the checks after the step judge what came out
            losses.add("repair-stopped", f"{step.__name__} {type(error).__name__}")


def make_resources_explicit(pdf: Pdf, losses: Losses) -> None:
    """6.2.2-2: inherited resources are written into each page, and into each form that has none."""
    count = 0
    for page in pdf.pages:
        if "/Resources" not in page.obj:
            page.obj["/Resources"] = _inherited(page) or Dictionary()
            count += 1
        resources = page.obj["/Resources"]
        forms = resources.get("/XObject") if isinstance(resources, Dictionary) else None
        for form in forms.as_dict().values() if isinstance(forms, Dictionary) else ():
            if isinstance(form, Stream) and form.get("/Subtype") == "/Form" and "/Resources" not in form:
                form[Name.Resources] = resources
                count += 1
    if count:
        losses.add("resources-made-explicit", count)


def _inherited(page: Page) -> Object | None:
    node = page.obj.get("/Parent")
    for _ in range(MAX_TREE_DEPTH):
        if not isinstance(node, Dictionary):
            return None
        if "/Resources" in node:
            return node["/Resources"]
        node = node.get("/Parent")
    return None


def repair_objects(pdf: Pdf, losses: Losses) -> None:
    """The small things that are wrong in one object alone."""
    for thing in pdf.objects:
        if isinstance(thing, Stream):
            _repair_filters(thing, losses)
            _drop(thing, ("/Ref", "/Subtype2", "/PS", "/OPI"), losses)
            if "/Intent" in thing and str(thing[Name.Intent]) not in INTENTS:
                _drop(thing, ("/Intent",), losses)
        elif isinstance(thing, Dictionary):
            _repair_graphics_state(thing, losses)
            if "/EF" in thing:
                _drop(thing, ("/EF",), losses)
            if "/S" in thing and "/Next" in thing:
                _drop(thing, ("/Next",), losses)
        else:
            continue
        # Wrong in many files and optional in parts 2 and 3 (6.2.11.4.2-1, -2).
        _drop(thing, ("/CIDSet", "/CharSet", "/AA"), losses)
        for key in ("/A", "/PA"):
            if is_forbidden(thing.get(key)):
                _drop(thing, (key,), losses)


def _drop(thing: Object, keys: tuple[str, ...], losses: Losses) -> None:
    for key in keys:
        if key in thing:
            del thing[Name(key)]
            losses.add("removed", key)


def _repair_graphics_state(thing: Dictionary, losses: Losses) -> None:
    kind = thing.get("/Type")
    if kind in ("/Page", "/Font") or not (
        kind == "/ExtGState" or any(key in thing for key in ("/OPM", "/TR", "/TR2", "/HT", "/HTP"))
    ):
        return
    _drop(thing, ("/TR", "/TR2", "/HTP", "/HT"), losses)
    if thing.get("/OPM") == 1:
        thing["/OPM"] = 0
        losses.add("overprint-mode-reset")
    if "/RI" in thing and str(thing["/RI"]) not in INTENTS:
        _drop(thing, ("/RI",), losses)


def _repair_filters(stream: Stream, losses: Losses) -> None:
    named = stream.get("/Filter")
    names = (
        [str(named)]
        if isinstance(named, Name)
        else [str(n) for n in named.as_list()]
        if isinstance(named, Array)
        else []
    )
    if any(name in SHORT_FILTERS for name in names):
        names = [SHORT_FILTERS.get(name, name) for name in names]
        stream[Name.Filter] = Name(names[0]) if isinstance(named, Name) else Array([Name(name) for name in names])
        losses.add("filter-names-written-out")
    if "/LZWDecode" in names:
        try:
            stream.write(stream.read_bytes())
            losses.add("lzw-recoded")
        except pikepdf.PdfError:
            losses.add("lzw-unreadable")
    parameters = stream.get("/DecodeParms")
    if isinstance(parameters, Dictionary) and parameters.is_indirect:
        # Valid, but pikepdf's checker denies it.
        stream[Name.DecodeParms] = Dictionary(dict(parameters.items()))


def settle_labels(pdf: Pdf, losses: Losses) -> None:
    """Page labels stand in their list themselves (pikepdf's checker denies references); what is no label goes."""
    labels = pdf.Root.get("/PageLabels")
    numbers = labels.get("/Nums") if isinstance(labels, Dictionary) else None
    if labels is None or (isinstance(labels, Dictionary) and "/Kids" in labels):
        return
    entries: list[Object] = list(numbers.as_list()) if isinstance(numbers, Array) else []
    if not entries or len(entries) % 2 or not all(isinstance(entry, Dictionary) for entry in entries[1::2]):
        del pdf.Root["/PageLabels"]
        losses.add("page-labels-removed")
        return
    direct = [Dictionary(dict(e.items())) if isinstance(e, Dictionary) else e for e in entries]
    pdf.Root["/PageLabels"] = Dictionary(Nums=Array(direct))


def list_layers(pdf: Pdf, losses: Losses) -> None:
    """6.9-3: the order of layers, where there is one, lists every layer."""
    layers = pdf.Root.get("/OCProperties")
    if not isinstance(layers, Dictionary):
        return
    groups = layers.get("/OCGs")
    known = [g for g in groups.as_list() if isinstance(g, Dictionary)] if isinstance(groups, Array) else []
    for configuration in configurations(layers):
        order = configuration.get("/Order")
        if not isinstance(order, Array):
            continue
        listed = set(_listed(order))
        missing = [group for group in known if group.objgen not in listed]
        for group in missing:
            order.append(group)
        if missing:
            losses.add("layers-listed", len(missing))


def _listed(order: Array, depth: int = 0) -> Iterator[tuple[int, int]]:
    for entry in order.as_list():
        if isinstance(entry, Array) and depth < MAX_TREE_DEPTH:
            yield from _listed(entry, depth + 1)
        elif isinstance(entry, Dictionary):
            yield entry.objgen


def drop_unknown_keys(pdf: Pdf, findings: list[tuple[str, str]], losses: Losses) -> bool:
    """Drop the private keys that pikepdf's checker names as not checked.

    The key is looked up along the path that the finding gives: `/Type` is unknown
    in ViewerPreferences and essential in the catalog.

    Args:
        pdf: The open copy.
        findings: (where, message) of each finding.
        losses: What was dropped goes here.

    Returns:
        Whether anything was dropped, so that it pays to ask again.
    """
    dropped = False
    for where, message in findings:
        named = _UNKNOWN_KEYS.search(message)
        if named is None:
            continue
        holder = _at(pdf, where)
        for key in (word.strip(", ") for word in named.group(1).split()):
            if isinstance(holder, Dictionary | Stream) and key in holder and _is_private(holder, key):
                del holder[Name(key)]
                losses.add("private-key", key)
                dropped = True
    return dropped


def _is_private(holder: Object, key: str) -> bool:
    return key not in _KEEP_KEYS and not (key == "/Type" and str(holder.get("/Type")) in _TYPED)


def _at(pdf: Pdf, where: str) -> Object:
    """The object at a place such as `obj 85 0 (Catalog) /ViewerPreferences (ViewerPreferences)`."""
    found = _OBJECT.search(where)
    if found is None:
        return pdf.trailer
    holder: Object = pdf.get_object(int(found.group(1)), int(found.group(2)))
    for step in re.findall(r"/([A-Za-z0-9]+)", where[found.end() :]):
        if isinstance(holder, Dictionary | Stream) and f"/{step}" in holder:
            holder = holder[Name(f"/{step}")]
    return holder
