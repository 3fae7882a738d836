"""Real documents of the Vietnamese state, where they are at hand: every one ends as PDF/A that veraPDF accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.engines import libreoffice
from ingest.engines.ocr_layer import assemble
from ingest.engines.pdfa_checks import look_at
from ingest.engines.verapdf import VeraPdfJudge
from ingest.pdfa_conversion import Converter, Request
from metadata.digests import digests_of_file
from tests.fakes.workers import InlineWorkers

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
AT = "2026-01-02T03:04:05.000Z"
LONG = (
    "pdf/circular-2021-born-digital.pdf",
    "pdf/gazette-extract-signature-remnant.pdf",
    "pdf/qd-20-2019-signed-born-digital.pdf",
    "pdf/signed-scan-4-pages.pdf",
)
PDFS = (
    "pdf/circular-2020-scan.pdf",
    "legacy/tcvn3-decision-2004.pdf",
    *(pytest.param(name, marks=pytest.mark.soak) for name in LONG),
)
OFFICE = ("legacy/tcvn3-2003.rtf", "legacy/tcvn3-decision-2003.doc", "legacy/vni-2006.xls")

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the shared samples (../shared/samples) are absent: real documents are not tried"
)


@pytest.mark.parametrize("name", PDFS)
def test_every_real_pdf_stays_vector_and_becomes_pdfa(name: str, tmp_path: Path, verapdf: VeraPdfJudge) -> None:
    source = SAMPLES / name
    before = digests_of_file(source)
    made = Converter(InlineWorkers(), None).convert(Request(source, AT), tmp_path / "made")
    assert made.path is not None, made
    assert made.step in {"clean", "repair"}
    assert verapdf.check(made.path, None).status == "valid"
    assert not look_at(source).letters - look_at(made.path).letters
    assert made.path.stat().st_size < 1.5 * source.stat().st_size
    assert digests_of_file(source) == before


def test_a_signed_scan_gets_a_rendition_with_text_that_looks_like_the_original(
    tmp_path: Path, verapdf: VeraPdfJudge
) -> None:
    source, scratch = SAMPLES / "pdf/signed-scan-4-pages.pdf", tmp_path / "task"
    scratch.mkdir()
    layer = tmp_path / "layer.json"
    layer.write_text('{"lines": [[["Thông", 0.2, 0.1, 0.3, 0.12, 95.0], ["tư", 0.31, 0.1, 0.35, 0.12, 95.0]]]}')
    answer = assemble(scratch, str(source), "pdf", {"1": str(layer)})
    candidate = scratch / answer["outputs"]["ocr_pdf"]
    request = Request(candidate, AT, aim="2u", original=source)
    made = Converter(InlineWorkers(), None).convert(request, tmp_path / "made")
    assert made.path is not None, made
    verdict = verapdf.check(made.path, None)
    assert (verdict.status, verdict.flavour) == ("valid", made.flavour)
    assert made.step == "clean"
    assert not look_at(candidate).letters - look_at(made.path).letters
    assert "form-flattened:1" in made.losses


@pytest.mark.soak
@pytest.mark.parametrize("name", OFFICE)
def test_office_files_in_the_encodings_of_their_day_are_not_lost(
    name: str, tmp_path: Path, verapdf: VeraPdfJudge
) -> None:
    scratch = tmp_path / "task"
    scratch.mkdir()
    answer = libreoffice.convert(scratch, str(SAMPLES / name), name)
    made = Converter(InlineWorkers(), None).convert(Request(scratch / answer["outputs"]["pdf"], AT), tmp_path / "made")
    assert made.path is not None, made
    assert verapdf.check(made.path, None).status == "valid"
