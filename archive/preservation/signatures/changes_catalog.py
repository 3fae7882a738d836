"""What a revision may do beside pages and forms: evidence (DSS), extensions, metadata; everything else is named."""

from __future__ import annotations

import re

import pikepdf

from archive.preservation.signatures.changes_forms import compare_form
from archive.preservation.signatures.changes_step import Step, differing, key_of, members, written
from archive.preservation.signatures.pdf_structure import Key, items

_SILENT = frozenset({"/Extensions", "/Version"})
_HARMLESS_INFO = frozenset({"/ModDate", "/Producer", "/Creator"})
_STORE_LISTS = ("/Certs", "/CRLs", "/OCSPs")
_RELATED_KEYS = frozenset({"/Type", "/Cert", "/CRL", "/OCSP", "/TU", "/TS"})
_RELATED_NAME = re.compile(r"/[0-9A-Fa-f]{40}")
_MAX_LISTED = 20_000


def compare_trailer(step: Step) -> bool:
    """Entries that point into the file; False: another catalog or another encryption, nothing else can be said."""
    if step.old.Root.objgen != step.new.Root.objgen:
        step.tell("content", "catalog: replaced by another")
        return False
    if written(step.old.trailer.get("/Encrypt")) != written(step.new.trailer.get("/Encrypt")):
        step.tell("content", "encryption of the file")
        return False
    old, new = step.old.trailer.get("/Info"), step.new.trailer.get("/Info")
    if key_of(old) != key_of(new) or (key_of(new) is None and written(old) != written(new)):
        compare_info(step, old, new)
    return True


def compare_catalog(step: Step, old: pikepdf.Dictionary, new: pikepdf.Dictionary) -> None:
    """The catalog that was written anew."""
    for key in differing(old, new):
        if key == "/AcroForm":
            compare_form(step, old.get(key), new.get(key))
        elif key == "/DSS":
            compare_store(step, old.get(key), new.get(key))
        elif key == "/Metadata":
            step.tell("metadata", "metadata of the document (XMP)", 1)
        elif key not in _SILENT:
            step.tell("content", f"catalog: {key}")


def compare_info(step: Step, old: object, new: object) -> None:
    """The document information: dates and programs are harmless, the rest is told as what no signer allowed."""
    keys = differing(old, new)
    quiet = [key for key in keys if key in _HARMLESS_INFO]
    loud = [key for key in keys if key not in _HARMLESS_INFO]
    if quiet:
        step.tell("metadata", f"document information: {', '.join(quiet)}", 1)
    if loud:
        step.tell("metadata", f"document information: {', '.join(loud[:10])}")


def holds_words_only(value: object) -> bool:
    """Whether a dictionary has neither lists nor dictionaries in it: such a one shows nothing on a page."""
    return isinstance(value, pikepdf.Dictionary) and not any(
        isinstance(value.get(key), pikepdf.Dictionary | pikepdf.Array | pikepdf.Stream)
        for key in value.keys()  # noqa: SIM118
    )


def compare_store(step: Step, old: object, new: object) -> None:
    """The document security store: it may grow, shrink and be replaced, as long as it holds evidence only."""
    if new is None:
        return
    if not isinstance(new, pikepdf.Dictionary):
        step.tell("unknown", "the security store is no dictionary")
        return
    for key in differing(old, new):
        value = new.get(key)
        if key in _STORE_LISTS:
            check_evidence(step, value)
        elif key == "/VRI":
            check_related(step, value)
        elif key != "/Type":
            step.tell("unknown", f"security store: {key}")


def check_evidence(step: Step, value: object) -> None:
    """A list of the store."""
    if value is None:
        return
    if not isinstance(value, pikepdf.Array):
        step.tell("unknown", "security store: a list that is none")
    elif not all(isinstance(entry, pikepdf.Stream) for entry in items(value, _MAX_LISTED)):
        step.tell("unknown", "security store: an entry that is no stream")


def check_related(step: Step, value: object) -> None:
    """The store's table of what belongs to which signature."""
    if value is None:
        return
    if not isinstance(value, pikepdf.Dictionary) or isinstance(value, pikepdf.Stream):
        step.tell("unknown", "security store: a table that is none")
        return
    for name in list(value.keys())[:_MAX_LISTED]:
        entry = value.get(name)
        if name != "/Type" and (_RELATED_NAME.fullmatch(name) is None or not is_related(entry)):
            step.tell("unknown", f"security store: {name[:80]}")


def is_related(entry: object) -> bool:
    """Whether this is an entry of that table."""
    return (
        isinstance(entry, pikepdf.Dictionary)
        and not isinstance(entry, pikepdf.Stream)
        and members(entry).keys() <= _RELATED_KEYS
    )


def store_roles(pdf: pikepdf.Pdf) -> dict[Key, str]:
    """Indirect dictionaries and lists of the store, by what they are."""
    store = pdf.Root.get("/DSS")
    found: dict[Key, str] = {}

    def note(value: object, role: str) -> None:
        key = key_of(value)
        if key is not None:
            found[key] = role

    if not isinstance(store, pikepdf.Dictionary):
        return found
    note(store, "store")
    for name in _STORE_LISTS:
        note(store.get(name), "list")
    table = store.get("/VRI")
    note(table, "table")
    if isinstance(table, pikepdf.Dictionary):
        for name in list(table.keys())[:_MAX_LISTED]:
            entry = table.get(name)
            note(entry, "entry")
            if isinstance(entry, pikepdf.Dictionary):
                for kind in ("/Cert", "/CRL", "/OCSP"):
                    note(entry.get(kind), "list")
    return found
