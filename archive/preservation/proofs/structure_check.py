"""Compares kept facts of a PDF's structure with the bytes of the file: what can be seen without a reader of PDF.

The signed stretches, the gap between them and the signature in it are where the
arithmetic of a signature leans on the structure; they are checked here to the
byte. What a reader of PDF alone can tell (which changes a revision made) stays
the word of the archive, time-stamped with the verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from archive.preservation.signatures.pdf_bytes import span_of
from archive.preservation.signatures.pdf_facts import PdfFacts, SignedField

_SPACE = b"\0\t\n\f\r "
_TAIL = 4096


class Bytes(Protocol):
    """A file that can be read anywhere."""

    @property
    def size(self) -> int:
        """Its length."""
        ...

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, fewer where the file ends before."""
        ...


def contradictions(facts: PdfFacts, data: Bytes) -> Iterator[str]:
    """What the kept facts say and the bytes do not bear out."""
    if facts.size != data.size:
        yield f"the facts are about a file of {facts.size} bytes, this one has {data.size}"
        return
    for field in facts.fields:
        why = _contradiction(field, data)
        if why:
            yield f"{field.name}: {why}"


def _contradiction(field: SignedField, data: Bytes) -> str:
    span = field.range
    if span is None or field.problem:
        return ""
    checked, problem = span_of((0, span.first, span.gap_end, span.second), data.size)
    if checked is None:
        return problem
    if field.coverage == "whole-file" and data.read(span.end, span.end + _TAIL).strip(_SPACE):
        return "bytes follow what is said to cover the whole file"
    gap = data.read(span.first, span.gap_end)
    try:
        same = bytes.fromhex(gap[1:-1].decode("ascii")) == field.contents
    except ValueError:
        same = False
    return "" if same and gap[:1] == b"<" and gap[-1:] == b">" else "the gap holds something else than the signature"
