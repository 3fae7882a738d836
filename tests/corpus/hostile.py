"""Hostile files of our own making, one or more of every class; made when a test asks, never committed.

Each entry says which rule has to find it. Sizes are chosen so that the file is
small on disk and would be ruinous when it is believed.
"""

from __future__ import annotations

import io
import os
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.corpus import hostile_images, hostile_office, hostile_pdf

Maker = Callable[[], bytes]


@dataclass(frozen=True)
class Hostile:
    """One hostile file."""

    name: str
    make: Maker
    rules: frozenset[str]
    """Rules of which at least one must find it; empty: it is harmless for us and must be taken in."""


# ---------------------------------------------------------------- what is no document at all


def program() -> bytes:
    return Path("/bin/true").read_bytes()


def shell_script() -> bytes:
    return b"#!/bin/sh\nrm -rf ~\n"


def zip_in_zip() -> bytes:
    inner = b"x" * 1000
    for _ in range(30):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as container:
            container.writestr("x.zip", inner)
        inner = stream.getvalue()
    return inner


def noise() -> bytes:
    return bytes(range(256)) * 200


def nothing() -> bytes:
    return b""


def _rules(*rules: str) -> frozenset[str]:
    return frozenset(rules)


HOSTILE: tuple[Hostile, ...] = (
    # Bombs and loops.
    Hostile("flate-bomb.pdf", hostile_pdf.flate_bomb_pdf, _rules("ING-013")),
    Hostile("form-bomb.pdf", hostile_pdf.form_bomb_pdf, _rules("ING-013")),
    Hostile("form-loop.pdf", hostile_pdf.form_loop_pdf, _rules("ING-013")),
    Hostile("page-tree-loop.pdf", hostile_pdf.page_tree_loop_pdf, _rules("ING-011", "ING-013", "ING-016")),
    Hostile("xref-bomb.pdf", hostile_pdf.object_stream_bomb_pdf, _rules("ING-011", "ING-013")),
    Hostile("deep-arrays.pdf", hostile_pdf.deep_arrays_pdf, _rules("ING-011", "ING-013", "ING-016")),
    Hostile("huge-box.pdf", hostile_pdf.huge_box_pdf, _rules("ING-013")),
    Hostile("huge-unit.pdf", hostile_pdf.huge_unit_pdf, _rules("ING-013")),
    Hostile("10000-pages.pdf", lambda: hostile_pdf.flat_pdf(10_000), _rules("ING-017")),
    Hostile("25000-pages.pdf", lambda: hostile_pdf.flat_pdf(25_000), _rules("ING-013")),
    Hostile("image-bomb.pdf", hostile_pdf.image_bomb_pdf, _rules("ING-013")),
    Hostile("60000-pixels.png", hostile_images.wide_png, _rules("ING-013")),
    Hostile("directory-loop.tif", hostile_images.tiff_loop, _rules("ING-013")),
    Hostile("bomb.docx", hostile_office.docx_bomb, _rules("ING-013")),
    Hostile("lying-bomb.docx", hostile_office.docx_lying_bomb, _rules("ING-011", "ING-013")),
    Hostile("entities.docx", hostile_office.docx_entities, _rules("ING-015")),
    Hostile("xxe.docx", hostile_office.docx_xxe, _rules("ING-015")),
    Hostile("deep.docx", hostile_office.docx_deep, _rules("ING-013")),
    Hostile("slip.docx", hostile_office.docx_zip_slip, _rules("ING-014")),
    Hostile("backslash-slip.docx", hostile_office.docx_backslash_slip, _rules("ING-014")),
    Hostile("entities.xml", hostile_office.xml_entities, _rules("ING-015")),
    Hostile("xxe.xml", hostile_office.xml_xxe, _rules("ING-015")),
    Hostile("deep.xml", hostile_office.xml_deep, _rules("ING-013")),
    Hostile("deep.rtf", hostile_office.rtf_deep, _rules("ING-013")),
    # Half files.
    Hostile("empty.pdf", nothing, _rules("ING-010")),
    Hostile("half.pdf", hostile_pdf.half_pdf, _rules("ING-011")),
    Hostile("half.jpg", hostile_images.half(hostile_images.photograph), _rules("ING-011")),
    Hostile("half.png", hostile_images.half(lambda: hostile_images.photograph("PNG")), _rules("ING-011")),
    Hostile("half.tif", hostile_images.half(lambda: hostile_images.photograph("TIFF")), _rules("ING-011")),
    Hostile("half.gif", hostile_images.half(lambda: hostile_images.photograph("GIF")), _rules("ING-011")),
    Hostile("half.docx", hostile_images.half(hostile_office.docx), _rules("ING-011")),
    Hostile("half.rtf", hostile_images.half(lambda: hostile_office.rtf(b"{\\b " * 20 + b"}" * 20)), _rules("ING-011")),
    Hostile("half.doc", lambda: hostile_office.ole_document()[:2048], _rules("ING-011")),
    Hostile("broken.edxml", hostile_office.xml_broken, _rules("ING-011")),
    Hostile("wrong-table.pdf", hostile_pdf.wrong_table_pdf, _rules("ING-016")),
    Hostile("noise.pdf", noise, _rules("ING-020")),
    # Passwords.
    Hostile("password.pdf", hostile_pdf.password_pdf, _rules("ING-012")),
    Hostile("password.doc", lambda: hostile_office.ole_document(encrypted=True), _rules("ING-012")),
    Hostile("password.docx", hostile_office.ooxml_under_password, _rules("ING-012")),
    # Names that lie.
    Hostile("program.pdf", program, _rules("ING-020")),
    Hostile("shell.pdf", shell_script, _rules("ING-020")),
    Hostile("archive.zip", zip_in_zip, _rules("ING-020")),
    Hostile("archive.docx", zip_in_zip, _rules("ING-020")),
    Hostile("word.pdf", hostile_office.docx, _rules("ING-021")),
    Hostile("photograph.tif", hostile_images.photograph, _rules("ING-021")),
    # What is active.
    Hostile("script.pdf", hostile_pdf.script_pdf, _rules("ING-030")),
    Hostile("launch.pdf", hostile_pdf.launch_pdf, _rules("ING-030")),
    Hostile("macro.docx", hostile_office.docx_macro, _rules("ING-030")),
    Hostile("macro.doc", lambda: hostile_office.ole_document(macro=True), _rules("ING-030")),
    Hostile("script.html", hostile_office.html_script, _rules("ING-030")),
    Hostile("attachment.pdf", hostile_pdf.attachment_pdf, _rules("ING-031")),
    Hostile("embedded.docx", hostile_office.docx_embedded, _rules("ING-031")),
    Hostile("object.rtf", hostile_office.rtf_object, _rules("ING-031")),
    Hostile("junk-before.pdf", hostile_pdf.junk_before_pdf, _rules("ING-016", "ING-022")),
)

HARMLESS: tuple[Hostile, ...] = (
    Hostile("ordinary.pdf", hostile_pdf.ordinary_pdf, frozenset()),
    Hostile("owner-password.pdf", hostile_pdf.owner_password_pdf, frozenset()),
    Hostile("ordinary.docx", hostile_office.docx, frozenset()),
    Hostile("ordinary.rtf", hostile_office.rtf, frozenset()),
    Hostile("ordinary.doc", hostile_office.ole_document, frozenset()),
    Hostile("photograph.jpg", hostile_images.photograph, frozenset()),
    Hostile("photograph.png", lambda: hostile_images.photograph("PNG"), frozenset()),
    Hostile("photograph.tiff", lambda: hostile_images.photograph("TIFF"), frozenset()),
    Hostile("photograph.gif", lambda: hostile_images.photograph("GIF"), frozenset()),
    Hostile("ordinary.txt", "Cộng hòa xã hội chủ nghĩa Việt Nam\n".encode, frozenset()),
    Hostile("tcvn3.txt", lambda: b"C\xe9ng h\xdfa x\xb7 h\xe9i ch\xf1 ngh\xdca Vi\xd6t Nam\n" * 20, frozenset()),
    Hostile("ordinary.csv", "Số,Ngày\n1,02/03/2024\n".encode, frozenset()),
    Hostile("ordinary.edxml", lambda: b'<?xml version="1.0"?><edXML><edXMLEnvelope/></edXML>', frozenset()),
)

HOSTILE_NAMES: tuple[str, ...] = (
    "Quyết định số 12.pdf",
    unicodedata.normalize("NFD", "Quyết định NFD.pdf"),
    "dấu cách cuối .pdf",
    "\u202efdp.exe.pdf",
    "dòng\nmới.pdf",
    "chuông\x07.pdf",
    "-rf.pdf",
    "$(touch x).pdf",
    "a;b|c&d.pdf",
    "con.pdf",
    "..pdf",
    "...pdf",
    "không đuôi",
    "a" * 251 + ".pdf",
    "ế" * 83 + ".pdf",
    "tệp.QĐ",
)
"""Names that a file system allows and that programs trip over; the bytes of each are an ordinary PDF."""


def lay_out(folder: Path, files: tuple[Hostile, ...]) -> None:
    """Write `files` into `folder`, streamed to disk one after the other."""
    for file in files:
        (folder / file.name).write_bytes(file.make())


def lay_out_kinds(folder: Path) -> dict[str, str]:
    """Put what is no regular file into `folder`; gives the rule by path."""
    outside = folder.parent / "outside.pdf"
    outside.write_bytes(b"%PDF-1.4 outside")
    (folder / "link.pdf").symlink_to(outside)
    (folder / "inner-link.pdf").symlink_to("ordinary.pdf")
    (folder / "ordinary.pdf").write_bytes(hostile_pdf.ordinary_pdf())
    (folder / "folder.pdf").mkdir()
    os.mkfifo(folder / "pipe.pdf")
    linked = folder.parent / "outside-folder"
    linked.mkdir()
    (linked / "x.pdf").write_bytes(b"%PDF-1.4 outside")
    (folder / "linked-folder").symlink_to(linked)
    return {
        "link.pdf": "ING-002",
        "inner-link.pdf": "ING-002",
        "folder.pdf": "ING-002",
        "pipe.pdf": "ING-002",
        "linked-folder/x.pdf": "ING-002",
        "../outside.pdf": "ING-001",
        "/etc/passwd": "ING-001",
        "a/../../outside.pdf": "ING-001",
        "./ordinary.pdf": "ING-001",
        "absent.pdf": "ING-004",
        "absent/x.pdf": "ING-004",
    }
