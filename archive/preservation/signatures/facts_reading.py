"""Reads the facts of a signed file's structure, whatever its kind, as the document that is kept."""

from __future__ import annotations

from pathlib import Path

from archive.preservation.signatures.file_kinds import HEAD, kind_of
from archive.preservation.signatures.packages import read_package
from archive.preservation.signatures.pdf_facts_json import facts_document
from archive.preservation.signatures.pdf_reading import read_pdf
from archive.preservation.signatures.xml_facts_json import xml_facts_document
from archive.preservation.signatures.xml_reading import read_mime, read_xml


def facts_of_file(path: Path) -> bytes | None:
    """Facts of the file at `path`; None: its kind has none (CMS, unsigned formats)."""
    with path.open("rb") as stream:
        kind = kind_of(stream.read(HEAD), path.suffix.lower())
    if kind == "pdf":
        return facts_document(read_pdf(path))
    if kind == "xml":
        return xml_facts_document(read_xml(path))
    if kind == "mime":
        facts = read_mime(path)
        return None if facts is None else xml_facts_document(facts)
    if kind == "package":
        return xml_facts_document(read_package(path))
    return None
