"""The first look inside: what it reads out of honest files, and that no mutation of a file makes it fail itself."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name

from ingest.engines.inspection import inspect
from metadata.formats import by_extension
from metadata.rules import rules
from tests.corpus import hostile_images, hostile_office, hostile_pdf


def mime_of(extension: str) -> str:
    found = by_extension(extension)
    assert found
    return found.mime


def looked(folder: Path, content: bytes, extension: str) -> dict[str, Any]:
    path = folder / f"x.{extension}"
    path.write_bytes(content)
    return inspect(folder, str(path), mime_of(extension))


XMP = (
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    b"<rdf:Description xmlns:pdfaid='http://www.aiim.org/pdfa/ns/id/' %b</rdf:RDF></x:xmpmeta>"
)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("said", "flavour"),
    [
        (b"pdfaid:part='2' pdfaid:conformance='B'/>", "2b"),
        (
            b"><pdfaid:part>3</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance></rdf:Description>",
            "3u",
        ),
        (b"><pdfaid:part>4</pdfaid:part></rdf:Description>", "4"),
        (b"dc:title='pdf/a 2b'/>", None),
    ],
)
def test_the_flavour_that_a_file_claims_is_read_from_its_xmp(
    tmp_path: Path, said: bytes, flavour: str | None, packed: bool
) -> None:
    pdf = hostile_pdf.plain_pdf()
    stream = pikepdf.Stream(pdf, zlib.compress(XMP % said) if packed else XMP % said)
    stream.stream_dict.Type, stream.stream_dict.Subtype = Name.Metadata, Name.XML
    if packed:
        stream.stream_dict.Filter = Name.FlateDecode
    pdf.Root.Metadata = pdf.make_indirect(stream)
    content = hostile_pdf.saved(
        pdf, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none, fix_metadata_version=False
    )
    assert looked(tmp_path, content, "pdf")["inspection"]["claimed_pdfa"] == flavour


def test_signatures_and_what_is_left_of_them_are_counted_with_or_without_a_form(tmp_path: Path) -> None:
    pdf = hostile_pdf.plain_pdf()
    for _ in range(3):
        pdf.make_indirect(Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), ByteRange=Array([0, 1, 2, 3])))
    signature = pdf.make_indirect(Dictionary(Type=Name.Sig, ByteRange=Array([0, 1, 2, 3]), Contents=b"x"))
    pdf.Root.Remnant = signature
    found = looked(tmp_path, hostile_pdf.saved(pdf), "pdf")["inspection"]
    assert found["signatures"] == 1  # Objects that nothing names are not written.
    assert found["pages"] == 1
    assert found["pdf_version"] == "1.3"


def test_dimensions_and_pages_of_images_are_told(tmp_path: Path) -> None:
    found = looked(tmp_path, hostile_images.photograph("TIFF"), "tiff")["inspection"]
    assert (found["width_px"], found["height_px"], found["pages"]) == (320, 240, 1)


def test_every_rule_that_a_look_names_is_in_the_registry(tmp_path: Path) -> None:
    import ingest.engines.inspection as module  # noqa: PLC0415 - its constants are looked at, not used

    named = {value for name, value in vars(module).items() if name.isupper() and str(value).startswith("ING-")}
    assert len(named) == 10
    assert named <= set(rules())


SEEDS: dict[str, Callable[[], bytes]] = {
    "pdf": hostile_pdf.script_pdf,
    "docx": hostile_office.docx_macro,
    "doc": lambda: hostile_office.ole_document(macro=True),
    "rtf": hostile_office.rtf_object,
    "xml": hostile_office.xml_deep,
    "tiff": lambda: hostile_images.photograph("TIFF")[:4000],
    "jpg": hostile_images.photograph,
    "png": lambda: hostile_images.photograph("PNG"),
    "gif": lambda: hostile_images.photograph("GIF"),
    "html": hostile_office.html_script,
}
WHOLE = {extension: make() for extension, make in SEEDS.items()}
SPLICES = st.sampled_from(
    [b"\0", b"\xff" * 4, b"<<", b">>", b"[" * 50, b"/Kids", b" 0 R", b"endobj", b"PK\x05\x06", b"-1", b"9" * 30]
)


@pytest.mark.parametrize("extension", SEEDS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mutation_of_a_file_makes_the_look_itself_fail(tmp_path: Path, extension: str, data: st.DataObject) -> None:
    """A library's error about content has to become a finding: anything else would be a fault for ever."""
    content = bytearray(WHOLE[extension])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 40))
        content[place : place + cut] = data.draw(SPLICES | st.binary(max_size=8))
    answer = looked(tmp_path, bytes(content), extension)
    assert {rule for rule, _ in answer["findings"]} <= set(rules())
