"""Turns a PDF into facts: strictly read revisions, their signature fields, what changed, what no field names."""

from __future__ import annotations

from pathlib import Path

import pikepdf

from archive.preservation.signatures.changes import changes_of
from archive.preservation.signatures.pdf_bytes import FileBytes, opened
from archive.preservation.signatures.pdf_facts import PdfFacts, SignedField
from archive.preservation.signatures.pdf_structure import (
    DamagedError,
    LockedError,
    Revisions,
    bounded_decoding,
    open_beginning,
    revisions_of,
)
from archive.preservation.signatures.pdf_structure_fields import MAX_FIELDS, TreeError, broken, fields_of, signed_fields
from archive.preservation.signatures.pdf_structure_store import security_store

MAX_REMNANTS = 50
MAX_REPAIRED = 64 << 20
"""Largest damaged file that is repaired to see what it was, in bytes."""


def read_pdf(path: Path) -> PdfFacts:
    """The facts of the PDF at `path`; whatever the file holds, it ends with facts.

    Runs in a worker: qpdf reads what was delivered.

    Raises:
        OSError: the file itself cannot be read.
    """
    with opened(path) as data:
        return read_bytes(data)


def read_bytes(data: FileBytes) -> PdfFacts:
    """See `read_pdf`."""
    with bounded_decoding():
        try:
            return _read(data, revisions_of(data))
        except LockedError:
            return PdfFacts(data.size, remnants=_remnants(data, ()), locked=True)
        except DamagedError:
            return _damaged(data)
        except MemoryError:
            return PdfFacts(data.size, problem="damaged: more memory is needed than a file may take")


def _read(data: FileBytes, revisions: Revisions) -> PdfFacts:
    fields, problem = _fields(revisions)
    problems = [problem] if problem else []
    if not revisions.complete and any(f.range and f.revision is None for f in fields):
        problems.append("revisions: the chain of cross-references cannot be followed to its beginning")
    return PdfFacts(
        data.size,
        fields,
        security_store(revisions) if fields else PdfFacts(0).store,
        len(revisions.sections),
        changes_of(revisions, fields),
        data.not_white(revisions.last.end),
        _remnants(data, fields),
        problem="; ".join(problems),
    )


def _fields(revisions: Revisions) -> tuple[tuple[SignedField, ...], str]:
    found: list[SignedField] = []
    problem = ""
    try:
        found.extend(signed_fields(revisions))
    except TreeError as error:
        problem = f"fields: {error}"
    except Exception as error:  # noqa: BLE001 - whatever hostile objects provoke
        problem = f"fields: {type(error).__name__}"
    return tuple(sorted(found, key=lambda f: f.range.end if f.range else 0)), problem


def _remnants(data: FileBytes, fields: tuple[SignedField, ...]) -> tuple[tuple[int, ...], ...]:
    """Arrays in the bytes beyond those of the fields: a field with a broken one accounts for one of them."""
    known = [(0, f.range.first, f.range.gap_end, f.range.second) for f in fields if f.range]
    unknown = sum(1 for f in fields if f.range is None)
    found: list[tuple[int, ...]] = []
    for numbers in data.byte_ranges():
        if numbers in known:
            known.remove(numbers)
        elif unknown:
            unknown -= 1
        elif len(found) < MAX_REMNANTS:
            found.append(numbers)
    return tuple(found)


def _damaged(data: FileBytes) -> PdfFacts:
    """What a file is that cannot be read strictly: qpdf's repair serves to explain, never to judge.

    A damaged file without any trace of a signature is no matter of signatures: its facts name no problem.
    """
    remnants = _remnants(data, ())
    if data.size > MAX_REPAIRED:
        return PdfFacts(data.size, remnants=remnants, problem="damaged: it cannot be read strictly" if remnants else "")
    try:
        pdf = open_beginning(data, data.size, repaired=True)
        has_pages = pdf.Root.get("/Pages") is not None
    except LockedError:
        return PdfFacts(data.size, remnants=remnants, locked=True)
    except Exception:  # noqa: BLE001 - whatever hostile objects provoke
        return PdfFacts(data.size, problem="format: there is no PDF that can be read")
    fields = _repaired(pdf)
    if not has_pages and not fields:
        return PdfFacts(data.size, problem="format: there is no PDF that can be read")
    problem = "damaged: it can only be read after repair" if fields or remnants else ""
    return PdfFacts(data.size, fields, remnants=_remnants(data, fields), problem=problem)


def _repaired(pdf: pikepdf.Pdf) -> tuple[SignedField, ...]:
    fields: list[SignedField] = []
    try:
        for node in fields_of(pdf):
            if node.kind == "/Sig" and node.object.get("/V") is not None and len(fields) < MAX_FIELDS:
                fields.append(broken(node.name, "damaged: the file can only be read after repair"))
    except Exception:  # noqa: BLE001 - what can be told of a damaged file has been told
        return tuple(fields)
    return tuple(fields)
