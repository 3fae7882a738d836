"""The stage `text` in the real worker pool, with real programs and real documents."""

from __future__ import annotations

import re
import subprocess
import unicodedata
import zlib
from collections import Counter
from pathlib import Path

import docx
import openpyxl
import pikepdf
import pytest

from ingest.engines.libreoffice import program
from ingest.facts import Texts
from ingest.ports import PdfaJudge
from ingest.stages.text import Text
from ingest.work import WorkItem
from ingest.workers.pool import WorkerPool
from search.backends.tantivy import TantivyIndex
from search.ports import SearchRequest
from tests.contract.search_index import document
from tests.fakes.text_items import pages_of, text_item
from tests.generators.pages import CONDITIONS, content, error_rate, jpeg, scanned, write_scan
from tests.generators.text_pdfs import born_digital, small_scan, with_signature_stamp

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the real documents of {SAMPLES} are not there")

_FLATE = pikepdf.Name.FlateDecode
_MEANT = """
Bộ trưởng Bộ Tài chính ban hành quy định về thuế xuất khẩu, thuế nhập khẩu ưu đãi đối với hàng hóa
được sản xuất trong nước và hàng hóa nhập khẩu từ nước ngoài theo các hiệp định thương mại
đã được ký kết giữa các bên liên quan.
"""
MEANT = " ".join(_MEANT.split())


def texts_of(worker_pool: WorkerPool, item: WorkItem) -> Texts:
    """The fact of the stage."""
    fact = Text(worker_pool).run(item)
    assert isinstance(fact, Texts)
    return fact


@pytest.mark.parametrize(("name", "most"), [("stamped", 0.02), ("yellowed", 0.05)])
def test_scans_as_they_are_met_are_read(worker_pool: WorkerPool, tmp_path: Path, name: str, most: float) -> None:
    condition, written = CONDITIONS[name], content(3, 4)
    write_scan(tmp_path / "scan.pdf", [jpeg(scanned(written, condition), condition)], condition.dpi)
    item = text_item(tmp_path / "work", {"scan.pdf": tmp_path / "scan.pdf"})
    (page,) = pages_of(item, texts_of(worker_pool, item).texts["scan.pdf"])
    assert error_rate(written.truths(), page.text) < most


def test_the_candidate_of_a_signed_scan_becomes_pdfa_that_the_reference_accepts(
    worker_pool: WorkerPool, tmp_path: Path, verapdf: PdfaJudge
) -> None:
    small_scan(tmp_path / "scan.pdf", 2)
    with_signature_stamp(tmp_path / "scan.pdf", tmp_path / "signed.pdf")
    item = text_item(tmp_path / "work", {"signed.pdf": tmp_path / "signed.pdf"})
    made = texts_of(worker_pool, item).texts["signed.pdf"].ocr_pdf
    assert made is not None
    with pikepdf.open(item.folder / made) as pdf:
        # What the stage `pdfa` takes away; here only the layer itself is judged.
        del pdf.Root.AcroForm
        for page in pdf.pages:
            if "/Annots" in page.obj:
                del page.obj["/Annots"]
        pikepdf.pdfa.save(pdf, tmp_path / "archive.pdf", "2b")
    assert verapdf.check(tmp_path / "archive.pdf", "2b").status == "valid"
    # Whether every letter has its Unicode value is asked of 2u alone: the file
    # does not claim it here, and that is all that may be wrong with it.
    rules = verapdf.check(tmp_path / "archive.pdf", "2u").rules
    assert not [rule for rule in rules if "6.2.11" in rule], rules


def as_tcvn3(folder: Path, kind: str) -> Path:
    """`MEANT` in TCVN3: DOCX as Word of today saves it, RTF as of old, DOC as LibreOffice writes it."""
    from tests.unit.text.test_legacy import as_tcvn3 as encoded  # noqa: PLC0415 - one table of codes for all tests

    if kind == "docx":
        made = docx.Document()
        made.add_paragraph().add_run(encoded(MEANT)).font.name = ".VnTime"
        made.save(str(folder / "a.docx"))
        return folder / "a.docx"
    rtf = "".join(letter if letter.isascii() else f"\\'{ord(letter):02x}" for letter in encoded(MEANT))
    source = folder / "a.rtf"
    source.write_text(r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 .VnTime;}}\f0 " + rtf + r"\par}", encoding="ascii")
    if kind == "doc":
        binary, _ = program()
        line = [str(binary), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
        for _ in range(3):
            asked = [*line, "--convert-to", kind, "--outdir", str(folder), str(source)]
            subprocess.run(asked, check=False, capture_output=True, timeout=120)
            if (folder / "a.doc").exists():
                break
    return folder / f"a.{kind}"


@pytest.mark.parametrize("kind", ["rtf", "doc", "docx"])
def test_the_letter_that_converters_lose_is_put_back(worker_pool: WorkerPool, tmp_path: Path, kind: str) -> None:
    item = text_item(tmp_path / "work", {f"a.{kind}": as_tcvn3(tmp_path, kind)})
    fact = texts_of(worker_pool, item)
    text = fact.texts[f"a.{kind}"]
    assert " ".join(page.text.replace("\n", " ") for page in pages_of(item, text)).strip() == MEANT
    assert text.sources == {"decoded": 1}
    assert text.ocr_pdf is not None
    assert "LibreOffice" in {tool.name for tool in fact.tools}


def test_plain_text_of_old_days_is_read_and_shown_in_unicode(worker_pool: WorkerPool, tmp_path: Path) -> None:
    from tests.unit.text.test_legacy import as_tcvn3 as encoded  # noqa: PLC0415 - one table of codes for all tests

    (tmp_path / "a.txt").write_bytes(encoded(MEANT).encode("latin-1"))
    item = text_item(tmp_path / "work", {"a.txt": tmp_path / "a.txt"})
    text = texts_of(worker_pool, item).texts["a.txt"]
    assert text.sources == {"decoded": 1}
    assert " ".join(page.text.replace("\n", " ") for page in pages_of(item, text)) == MEANT


def test_a_word_of_a_cell_that_is_not_printed_is_found(worker_pool: WorkerPool, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book["Sheet"]
    for row in (["STT", "Tên thiết bị", "Số lượng"], [1, "Bình chữa cháy khí FM200", 12345678901], [2, "Bơm", 3]):
        sheet.append(row)
    sheet["Z9"] = "ngoàivùng"
    sheet.print_area = "A1:C9"
    codes = book.create_sheet("Mã")
    codes.append(["mãẩn"])
    codes.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    item = text_item(tmp_path / "work", {"a.xlsx": tmp_path / "a.xlsx"})
    (page,) = pages_of(item, texts_of(worker_pool, item).texts["a.xlsx"])
    shown = page.text[: page.words[-1].end]
    # The column is too narrow for it: the page as people see it does not say it.
    assert "FM200" not in shown
    assert page.text[len(shown) :].strip().split("\n") == [
        "Tên thiết bị Số lượng",
        "Bình chữa cháy khí FM200 12345678901",
        "ngoàivùng",
        "[Trang tính ẩn] Mã",
        "mãẩn",
    ]
    index = TantivyIndex(tmp_path / "index")
    index.add([document("d1", pages=[page.text])])
    for words in ("FM200", '"Bình chữa cháy khí FM200"', "ngoaivung", "mãẩn"):
        assert [hit.package_id for hit in index.search(SearchRequest(query=words)).hits] == ["d1"], words


def test_a_bomb_takes_only_its_own_pages_along(worker_pool: WorkerPool, tmp_path: Path) -> None:
    born_digital(tmp_path / "good.pdf", [["Ủy ban nhân dân tỉnh"]])
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        pdf.add_blank_page(page_size=(595, 842))
        # A black picture of 400 million pixels in 400 kilobytes.
        side, packer = 20_000, zlib.compressobj(1)
        packed = b"".join([*(packer.compress(bytes(side * 100)) for _ in range(side // 100)), packer.flush()])
        huge = pdf.make_stream(packed, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Filter=_FLATE)
        huge.Width, huge.Height, huge.ColorSpace, huge.BitsPerComponent = side, side, pikepdf.Name.DeviceGray, 8
        pdf.pages[1].add_resource(huge, pikepdf.Name.XObject, pikepdf.Name("/Im"))
        pdf.pages[1].contents_add(b"q 595 0 0 842 0 0 cm /Im Do Q")
        pdf.save(tmp_path / "bomb.pdf")
    item = text_item(tmp_path / "work", {name: tmp_path / name for name in ("bomb.pdf", "good.pdf")})
    fact = texts_of(worker_pool, item)
    assert [finding.rule for finding in fact.findings] == ["TXT-004"]
    assert [page.text for page in pages_of(item, fact.texts["good.pdf"])] == ["Ủy ban nhân dân tỉnh"]
    assert [page.source for page in pages_of(item, fact.texts["bomb.pdf"])] == ["none", "none"]


# ---------------------------------------------------------------- real documents


def found(read: str, transcript: str) -> tuple[float, float]:
    """Shares of the transcript's letters and words that were read, without regard to order and case.

    Numbers are the same with and without signs between their thousands.
    """
    transcript, read = (re.sub(r"(?<=\d)[.,](?=\d{3}(?!\d))", "", text) for text in (transcript, read))

    def shares(pattern: str) -> float:
        wanted, had = (
            Counter(re.findall(pattern, unicodedata.normalize("NFC", text).casefold())) for text in (transcript, read)
        )
        return sum((wanted & had).values()) / sum(wanted.values())

    return shares(r"[^\W\d_]"), shares(r"\w+")


@needs_samples
@pytest.mark.parametrize(
    ("name", "letters", "words"),
    [
        ("tcvn3-decision-2004.pdf", 1.0, 1.0),
        ("vni-2006.xls", 1.0, 1.0),
        pytest.param("tcvn3-2003.rtf", 0.999, 0.99, marks=pytest.mark.soak),
        pytest.param("tcvn3-decision-2003.doc", 0.99, 0.99, marks=pytest.mark.soak),
    ],
)
def test_government_files_of_the_years_before_unicode_are_read(
    worker_pool: WorkerPool, tmp_path: Path, name: str, letters: float, words: float
) -> None:
    source = SAMPLES / "legacy" / name
    item = text_item(tmp_path / "work", {name: source})
    text = texts_of(worker_pool, item).texts[name]
    read = "\n".join(page.text for page in pages_of(item, text))
    got = found(read, source.with_suffix(".txt").read_text(encoding="utf-8"))
    assert got[0] >= letters, got
    assert got[1] >= words, got
    assert set(text.sources) == {"decoded"}


@needs_samples
@pytest.mark.soak
def test_a_signed_scan_of_the_state_is_searchable_though_only_its_stamp_is_text(
    worker_pool: WorkerPool, tmp_path: Path
) -> None:
    source = SAMPLES / "pdf" / "signed-scan-4-pages.pdf"
    before = source.read_bytes()
    item = text_item(tmp_path / "work", {source.name: source})
    text = texts_of(worker_pool, item).texts[source.name]
    first = pages_of(item, text)[0]
    assert "51/2025/TT-BCA" in first.text
    assert text.sources == {"ocr": 4}
    assert source.read_bytes() == before


@needs_samples
def test_a_born_digital_decision_keeps_its_own_words(worker_pool: WorkerPool, tmp_path: Path) -> None:
    source = SAMPLES / "pdf" / "qd-20-2019-signed-born-digital.pdf"
    item = text_item(tmp_path / "work", {source.name: source})
    text = texts_of(worker_pool, item).texts[source.name]
    assert text.sources == {"born-digital": 8}
    assert "20/2019/QĐ-TTg" in pages_of(item, text)[0].text
