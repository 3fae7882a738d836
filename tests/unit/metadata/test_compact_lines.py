"""Models with many values are written and read as lines, and come back as they were or not at all."""

from __future__ import annotations

import json

import pytest

from ingest.facts import FileRole, Formats, Indexed, Received, ReceivedFile
from metadata.compact import BLOCK, MANY, PackedMapping, PackedSequence
from metadata.compact_lines import LinesBrokenError, lines_of, model_of
from metadata.descriptions import Cell, Claim, Delivery, DocumentDescription, DossierDescription

COUNT = MANY + BLOCK // 2


def delivery(documents: int) -> Delivery:
    described = (
        DocumentDescription(ordinal=n, fields={"subject": Cell(f"Số {n}\t\n")}, files=(f"data/{n}.pdf",))
        for n in range(1, documents + 1)
    )
    return Delivery(
        reader="package",
        profile="05-2025",
        root="/r",
        dossiers=(DossierDescription(file_code="H49", documents=tuple(described)),),
        claims={f"data/{n}.pdf": (Claim(by="METS.xml", size_bytes=n),) for n in range(1, documents + 1)},
        sources=("METS.xml",),
    )


def test_a_delivery_of_many_documents_comes_back_packed_and_equal() -> None:
    whole = delivery(COUNT)
    lines = list(lines_of(whole))
    assert len(lines) == 2 + 2 * (COUNT // BLOCK + 1)
    assert max(map(len, lines)) * 5 < sum(map(len, lines))
    again = model_of(Delivery, lines)
    assert again == whole
    assert isinstance(again.dossiers[0].documents, PackedSequence)
    assert isinstance(again.claims, PackedMapping)


def test_a_model_without_many_is_one_line_of_json() -> None:
    few = delivery(3)
    (line,) = lines_of(few)
    assert json.loads(line) == few.model_dump(mode="json")
    assert model_of(Delivery, [line]) == few
    assert model_of(Indexed, lines_of(Indexed(documents=3, pending=False))) == Indexed(documents=3, pending=False)


def test_facts_of_many_files_come_back() -> None:
    files = tuple(
        ReceivedFile(
            path=f"p{n}", stored=f"{n}", sha256="a", sha512="b", size_bytes=n, role=FileRole.DOCUMENT, ordinal=n
        )
        for n in range(COUNT)
    )
    received = Received(files=files, received_at="2025-01-01T00:00:00Z", fingerprint="f")
    assert model_of(Received, lines_of(received)) == received
    assert tuple(received.documents()) == files


@pytest.mark.parametrize("cut", [1, 2, 5, -1])
def test_lines_that_are_cut_off_are_no_smaller_delivery(cut: int) -> None:
    lines = list(lines_of(delivery(COUNT)))
    with pytest.raises(LinesBrokenError):
        model_of(Delivery, lines[:cut])


@pytest.mark.parametrize("line", [b"no tab\n", b"nothing\t[]\n", b"dossiers.0.nothing\t[]\n"])
def test_lines_of_another_form_are_refused(line: bytes) -> None:
    first, *_, last = lines_of(delivery(COUNT))
    with pytest.raises(LinesBrokenError):
        model_of(Delivery, [first, line, last])
    with pytest.raises(ValueError, match="validation error"):
        model_of(Formats, [first, line, last])
