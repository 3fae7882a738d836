"""Registers, empty dossiers and hostile words leave as packages that hold to every rule, or are told not to."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.dissemination.outgoing import ExportKind, Options, Shape
from metadata.errors import UsageError
from metadata.xml.mets import read_mets
from tests.fakes.dossiers import Paper
from tests.fakes.exports import shelved

KINDS = [ExportKind.SIP, ExportKind.AIP, ExportKind.DIP]
SHAPES = [Shape.TT05, Shape.EARK]
ROWS = [Paper(()), Paper(("có tệp.pdf",))]
HOSTILE = '\x00\x1f\ufffe<&>"\' ]]> json:"x" {subject} %s \u202e ' + "é" * 3000
WORDS = Paper(
    ("a\x01 ../b.pdf",),
    fields={
        "subject": HOSTILE,
        "code_number": "٣",
        "issued_date": "2025-02-31",
        "page_amount": "٣",
        "language": "Tiếng Klingon",
        "mode": "ai xem cũng được",
        "organ_name": HOSTILE,
        "confidence_level": "Số hóa",
    },
    extra={"Cột \x02 lạ": HOSTILE},
    rendition=True,
)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_documents_without_files_are_described_in_every_package(tmp_path: Path, kind: ExportKind, shape: Shape) -> None:
    folder = shelved(tmp_path / "shelf", ROWS).leave_one(tmp_path / "out", kind, Options(shape))
    every = b"".join(path.read_bytes() for path in folder.rglob("*.xml"))
    assert "lưu trữ số 1<".encode() in every
    assert len(list((folder / "representations/rep1/data").iterdir())) == 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_words_break_no_rule(tmp_path: Path, kind: ExportKind, shape: Shape) -> None:
    """The check before a package is given raises for whatever breaks a schema, a date or a digest."""
    assert shelved(tmp_path / "shelf", [WORDS]).leave(tmp_path / "out", kind, Options(shape))


@pytest.mark.parametrize("kind", [ExportKind.SIP, ExportKind.AIP])
def test_a_dossier_without_documents_leaves_with_its_description(tmp_path: Path, kind: ExportKind) -> None:
    folder = shelved(tmp_path / "shelf", []).leave_one(tmp_path / "out", kind)
    assert "Hồ sơ số 12" in (folder / "metadata/descriptive/EAD.xml").read_text()


def test_there_is_nothing_to_use_in_a_dossier_without_documents(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        shelved(tmp_path / "shelf", []).leave(tmp_path / "out", ExportKind.DIP)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_loose_documents_leave_in_the_circulars_packages_for_them(
    tmp_path: Path, kind: ExportKind, shape: Shape
) -> None:
    """SIP_tailieu and AIP_tailieu: a Collection, whose EAD.xml says whether the documents came in or went out."""
    told = {"origin": "Văn bản đến"}
    shelf = shelved(tmp_path / "shelf", [Paper(("đến 5.pdf",))], profile="05-2025", told=told)
    folder = shelf.leave_one(tmp_path / "out", kind, Options(shape))
    lot = kind is not ExportKind.DIP
    with (folder / "METS.xml").open("rb") as stream:
        circular = "MIXED" if shape is Shape.TT05 else "Mixed"
        assert read_mets(stream).type == ("Collection" if lot else circular)
    if lot and shape is Shape.TT05:
        assert "<source>1</source>" in (folder / "metadata/descriptive/EAD.xml").read_text()
        assert 'name="source"' in (folder / "schemas/EAD.xsd").read_text()
