"""First repair of a born-digital PDF: takes out what PDF/A-2 forbids and what no reader of the archive needs.

Works on an open copy only; pages, text and pictures stay as they are. Everything
taken out is recorded. Runs in a worker process (hostile input).
"""

from __future__ import annotations

from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from ingest.engines.pdfa_losses import Losses

FORBIDDEN_ACTIONS = frozenset(
    f"/{name}"
    for name in (
        *("Launch", "Sound", "Movie", "ResetForm", "ImportData", "Hide", "SetOCGState", "Rendition"),
        *("Trans", "GoTo3DView", "JavaScript", "SubmitForm", "GoToE", "Thread"),
    )
)
"""ISO 19005-2, 6.5.1, and two (SubmitForm, GoToE) that lead out of the archive."""

FORBIDDEN_ANNOTATIONS = frozenset({"/Movie", "/Sound", "/Screen", "/3D", "/RichMedia", "/FileAttachment"})
PAGE_KEYS = ("/Trans", "/Dur", "/AA", "/PieceInfo", "/Thumb", "/PresSteps", "/PZ", "/Hid", "/VP", "/ID", "/B")
ROOT_KEYS = (
    *("/AA", "/PieceInfo", "/SpiderInfo", "/Requirements", "/NeedsRendering", "/Collection"),
    *("/Threads", "/URI", "/Legal", "/Perms", "/DSS"),
)
TRAILER_KEYS = ("/DocChecksum", "/AdditionalStreams")
"""Private keys of LibreOffice and OpenOffice, harmless but unknown to judges."""

SILENT = frozenset({"/Trans", "/Thumb", "/ID", "/B", "/PZ"})
"""Page keys whose loss no reader could notice."""


def is_forbidden(action: Object | None) -> bool:
    """Whether `action` is one that PDF/A-2 does not allow."""
    return isinstance(action, Dictionary) and str(action.get("/S", "")) in FORBIDDEN_ACTIONS


def clean(pdf: Pdf, losses: Losses) -> None:
    """Take out of `pdf` what PDF/A-2 forbids.

    Forms and signature fields are drawn into their pages as they look, then
    removed: the copy is for reading, the signed original stays the evidence.
    """
    for key in TRAILER_KEYS:
        if key in pdf.trailer:
            del pdf.trailer[key]
    for part in (_clean_root, _clean_names, _clean_layers, _flatten_form, _clean_pages, _clean_streams):
        part(pdf, losses)
    if pdf.is_encrypted:
        losses.add("encryption-removed")


def _clean_root(pdf: Pdf, losses: Losses) -> None:
    root = pdf.Root
    for key in ROOT_KEYS:
        if key in root:
            del root[key]
            losses.add("catalog", key)
    action = root.get("/OpenAction")
    if action is not None:
        # PDF/A allows a first page and its zoom, pikepdf's checker does not; what else starts by itself is told.
        kind = str(action.get("/S", "")).lstrip("/") if isinstance(action, Dictionary) else ""
        harmless = isinstance(action, Array) or _only_shows(action)
        losses.add("first-view" if harmless else "open-action", "" if harmless else kind)
        del root["/OpenAction"]


def _only_shows(action: Object) -> bool:
    return isinstance(action, Dictionary) and action.get("/S") == "/GoTo" and "/Next" not in action


def _clean_names(pdf: Pdf, losses: Losses) -> None:
    names = pdf.Root.get("/Names")
    if not isinstance(names, Dictionary):
        return
    for key in ("/JavaScript", "/Renditions", "/AlternatePresentations"):
        if key in names:
            del names[key]
            losses.add("names", key)
    if "/EmbeddedFiles" in names:
        for name in list(pdf.attachments):
            losses.add("attachment", name)
        del names["/EmbeddedFiles"]
        if "/AF" in pdf.Root:
            del pdf.Root["/AF"]


def _clean_layers(pdf: Pdf, losses: Losses) -> None:
    layers = pdf.Root.get("/OCProperties")
    if not isinstance(layers, Dictionary):
        return
    for number, configuration in enumerate(configurations(layers)):
        if "/AS" in configuration:
            del configuration["/AS"]
            losses.add("layer-automatic-state")
        if "/Name" not in configuration:
            configuration["/Name"] = pikepdf.String(f"Default {number}" if number else "Default")


def configurations(layers: Dictionary) -> list[Dictionary]:
    """All configurations of optional content, the default one first."""
    others = layers.get("/Configs")
    found = [layers.get("/D"), *(list(others.as_list()) if isinstance(others, Array) else [])]
    return [configuration for configuration in found if isinstance(configuration, Dictionary)]


def _flatten_form(pdf: Pdf, losses: Losses) -> None:
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, Dictionary):
        return
    if "/XFA" in form:
        del form["/XFA"]
        losses.add("xfa")
    fields = form.get("/Fields")
    if isinstance(fields, Array) and len(fields):
        losses.add("form-flattened", len(fields))
        if "/NeedAppearances" in form:
            _try(losses, pdf.generate_appearance_streams)
        _try(losses, lambda: pdf.flatten_annotations("all"))
    # Flattening the last field takes the form away by itself.
    if "/AcroForm" in pdf.Root:
        del pdf.Root["/AcroForm"]


def _try(losses: Losses, action: Callable[[], object]) -> None:
    # A broken form must not stop the conversion: the checks after the step
    # see whether anything is missing on the page.
    try:
        action()
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, KeyError, AttributeError) as error:
        losses.add("form-problem", type(error).__name__)


def _clean_pages(pdf: Pdf, losses: Losses) -> None:
    for number, page in enumerate(pdf.pages, start=1):
        for key in PAGE_KEYS:
            if key in page.obj:
                del page.obj[key]
                if key not in SILENT:
                    losses.add("page", f"p{number} {key}")
        annotations = page.obj.get("/Annots")
        if isinstance(annotations, Array):
            kept = [a for a in annotations.as_list() if isinstance(a, Dictionary) and _keeps(a, number, losses)]
            if kept:
                page.obj["/Annots"] = Array(kept)
            else:
                del page.obj["/Annots"]


def _keeps(annotation: Dictionary, page: int, losses: Losses) -> bool:
    kind = str(annotation.get("/Subtype", ""))
    if kind == "/Widget":
        # Flattening drew every widget that has an appearance; this one has none.
        losses.add("field-without-appearance", f"p{page} {annotation.get('/T', '')}")
        return False
    if kind in FORBIDDEN_ANNOTATIONS:
        losses.add("annotation", f"p{page} {kind[1:]}")
        return False
    for key in ("/A", "/PA", "/AA"):
        if key in annotation and (key == "/AA" or is_forbidden(annotation[key])):
            del annotation[key]
            losses.add("action", f"p{page} {key}")
    if kind == "/Link" and "/A" not in annotation and "/Dest" not in annotation:
        losses.add("dead-link", f"p{page}")
        return False
    return True


def _clean_streams(pdf: Pdf, losses: Losses) -> None:
    for thing in pdf.objects:
        if not isinstance(thing, Stream):
            continue
        resources = thing.get("/Resources")
        if isinstance(resources, Dictionary) and "/Encoding" in resources:
            del resources["/Encoding"]
        for key in ("/Alternates", "/OPI", "/PS"):
            if key in thing:
                del thing[Name(key)]
                losses.add("image", key)
