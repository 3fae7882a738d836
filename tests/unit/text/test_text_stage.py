"""The stage `text`, with the real engines in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from ingest.engines import ocr_layer
from ingest.facts import Inspection, Texts
from ingest.ports import Answer
from ingest.stages.text import Text
from ingest.work import Held, WorkItem
from metadata.rules import message
from tests.fakes.text_items import RememberingWorkers, WatchedWorkers, pages_of, text_item
from tests.generators.page_texts import Cell, letterhead, page_text
from tests.generators.pages import content, drawn, error_rate, plain
from tests.generators.text_pdfs import (
    born_digital,
    small_scan,
    with_broken_font,
    with_signature_stamp,
    with_stamp_text,
)

LINES = [
    "Căn cứ Luật Lưu trữ ngày 21 tháng 6 năm 2024;",
    "Theo đề nghị của Giám đốc Sở Nội vụ tại Tờ trình số 12/TTr-SNV,",
    "Ủy ban nhân dân tỉnh quyết định ban hành Quy chế công tác văn thư.",
]


def run(item: WorkItem) -> Texts:
    """The fact of the stage, which must not have held the dossier."""
    fact = Text(RememberingWorkers()).run(item)
    assert isinstance(fact, Texts)
    return fact


def rules_of(fact: Texts) -> list[str]:
    """Rules of the findings, each of which has words in both languages."""
    for finding in fact.findings:
        assert finding.subject in message(finding, "vi")
        assert finding.subject in message(finding, "en")
    return [finding.rule for finding in fact.findings]


def answering(
    task: str, answer: Answer | BaseException, page: int | None = None
) -> Callable[[str, Mapping[str, Any]], Any]:
    """Answers instead of `task`, for one page or for all."""

    def own(name: str, arguments: Mapping[str, Any]) -> Answer | BaseException | None:
        return answer if name == task and page in {None, arguments.get("page")} else None

    return own


# ---------------------------------------------------------------- where the text comes from


def test_a_born_digital_page_keeps_its_own_text_and_is_not_recognised(tmp_path: Path) -> None:
    born_digital(tmp_path / "a.pdf", [LINES, LINES[:1]])
    item = text_item(tmp_path / "work", {"a.pdf": tmp_path / "a.pdf"})
    workers = WatchedWorkers(RememberingWorkers())
    fact = Text(workers).run(item)
    assert isinstance(fact, Texts)
    text = fact.texts["a.pdf"]
    first, second = pages_of(item, text)
    assert (first.text, second.text) == ("\n".join(LINES), LINES[0])
    assert text.sources == {"born-digital": 2}
    assert text.mean_confidence is None
    assert text.ocr_pdf is None
    assert workers.count("recognise") == 0
    assert [tool.name for tool in fact.tools] == ["pdfium"]


def test_words_have_boxes_where_they_stand(tmp_path: Path) -> None:
    born_digital(tmp_path / "a.pdf", [LINES])
    item = text_item(tmp_path / "work", {"a.pdf": tmp_path / "a.pdf"})
    page = pages_of(item, run(item).texts["a.pdf"])[0]
    assert [page.text[word.start : word.end] for word in page.words] == " ".join(LINES).split()
    left, top, right, bottom = page.words[0].box
    assert left == pytest.approx(70 / 595, abs=0.005)
    assert bottom == pytest.approx(1 - 780 / 842, abs=0.01)
    assert 0 < top < bottom
    assert left < right < page.words[1].box[0]


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_boxes_are_those_of_the_page_as_it_is_shown(tmp_path: Path, turned: int) -> None:
    born_digital(tmp_path / "a.pdf", [LINES])
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        pdf.pages[0].rotate(turned, relative=True)
        pdf.save(tmp_path / "turned.pdf")
    item = text_item(tmp_path / "work", {"turned.pdf": tmp_path / "turned.pdf"})
    page = pages_of(item, run(item).texts["turned.pdf"])[0]
    x, y = 70 / 595, 1 - 780 / 842
    expected = {90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}[turned]
    left, top, right, bottom = page.words[0].box
    assert left - 0.03 <= expected[0] <= right + 0.03
    assert top - 0.03 <= expected[1] <= bottom + 0.03


def test_a_scan_is_recognised_and_gives_a_candidate_with_its_picture_untouched(tmp_path: Path) -> None:
    (truth,) = small_scan(tmp_path / "scan.pdf")
    item = text_item(tmp_path / "work", {"scan.pdf": tmp_path / "scan.pdf"})
    fact = run(item)
    text = fact.texts["scan.pdf"]
    (page,) = pages_of(item, text)
    assert error_rate([truth, *content(0, 2).truths()], page.text) < 0.03
    assert page.source == "ocr"
    assert page.confidence is not None
    assert page.confidence > 85
    assert all(word.confidence is not None for word in page.words)
    assert [tool.name for tool in fact.tools] == ["pdfium", "tesseract"]
    assert text.ocr_pdf is not None
    with pikepdf.open(item.folder / text.ocr_pdf) as made, pikepdf.open(tmp_path / "scan.pdf") as scan:
        pictures = [bytes(next(iter(pdf.pages[0].get_images().values())).read_raw_bytes()) for pdf in (made, scan)]
        assert pictures[0] == pictures[1]


def test_the_stamp_of_a_signature_does_not_make_a_scan_a_text_page(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf")
    with_signature_stamp(tmp_path / "scan.pdf", tmp_path / "field.pdf")
    with_stamp_text(tmp_path / "scan.pdf", tmp_path / "printed.pdf", tmp_path)
    item = text_item(tmp_path / "work", {name: tmp_path / name for name in ("field.pdf", "printed.pdf")})
    texts = run(item).texts
    for name in ("field.pdf", "printed.pdf"):
        (page,) = pages_of(item, texts[name])
        assert page.source == "ocr"
        assert "QUYẾT ĐỊNH" in page.text


def test_a_document_of_both_kinds_is_decided_page_by_page(tmp_path: Path) -> None:
    born_digital(tmp_path / "text.pdf", [LINES, []])
    small_scan(tmp_path / "scan.pdf")
    with pikepdf.open(tmp_path / "text.pdf") as pdf, pikepdf.open(tmp_path / "scan.pdf") as scan:
        pdf.pages.insert(1, scan.pages[0])
        pdf.save(tmp_path / "mixed.pdf")
    item = text_item(tmp_path / "work", {"mixed.pdf": tmp_path / "mixed.pdf"})
    text = run(item).texts["mixed.pdf"]
    assert [page.source for page in pages_of(item, text)] == ["born-digital", "ocr", "none"]
    assert text.doubtful_pages == ()
    assert text.pages == 3


@pytest.mark.rule("TXT-002")
def test_a_good_layer_of_another_program_is_kept_and_said(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf")
    words = [
        [
            [word, 0.1 + 0.08 * n, 0.1 + 0.03 * y, 0.17 + 0.08 * n, 0.12 + 0.03 * y, 90]
            for n, word in enumerate(line.split())
        ]
        for y, line in enumerate(LINES)
    ]
    (tmp_path / "layer.json").write_text(json.dumps({"lines": words}), encoding="utf-8")
    answer = ocr_layer.assemble(tmp_path, str(tmp_path / "scan.pdf"), "pdf", {"1": str(tmp_path / "layer.json")})
    assert answer["layered"] == 1
    item = text_item(tmp_path / "work", {"layered.pdf": tmp_path / "ocr.pdf"})
    fact = run(item)
    (page,) = pages_of(item, fact.texts["layered.pdf"])
    assert plain(page.text) == plain(" ".join(LINES))
    assert page.source == "ocr"
    assert page.confidence is None
    assert rules_of(fact) == ["TXT-002"]


def test_a_layer_without_vietnamese_marks_is_read_again(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf")
    poor = "CONG HOA XA HOI CHU NGHIA VIET NAM Doc lap Tu do Hanh phuc QUYET DINH Ve viec ban hanh Quy che cong tac"
    words = [[[word, 0.1 + 0.03 * n, 0.1, 0.12 + 0.03 * n, 0.12, 90] for n, word in enumerate(poor.split())]]
    (tmp_path / "layer.json").write_text(json.dumps({"lines": words}), encoding="utf-8")
    ocr_layer.assemble(tmp_path, str(tmp_path / "scan.pdf"), "pdf", {"1": str(tmp_path / "layer.json")})
    item = text_item(tmp_path / "work", {"ocr.pdf": tmp_path / "ocr.pdf"})
    (page,) = pages_of(item, run(item).texts["ocr.pdf"])
    assert "QUYẾT ĐỊNH" in page.text
    assert page.confidence is not None


def test_a_text_of_broken_codes_is_read_from_the_page_as_seen(tmp_path: Path) -> None:
    born_digital(tmp_path / "a.pdf", [LINES * 8])
    with_broken_font(tmp_path / "a.pdf", tmp_path / "broken.pdf")
    item = text_item(tmp_path / "work", {"broken.pdf": tmp_path / "broken.pdf"})
    (page,) = pages_of(item, run(item).texts["broken.pdf"])
    assert page.source == "ocr"
    assert error_rate(["\n".join(LINES * 8)], page.text) < 0.03


@pytest.mark.rule("TXT-005")
def test_broken_codes_that_ocr_cannot_better_are_doubtful(tmp_path: Path) -> None:
    born_digital(tmp_path / "a.pdf", [LINES * 3])
    with_broken_font(tmp_path / "a.pdf", tmp_path / "broken.pdf")
    item = text_item(tmp_path / "work", {"broken.pdf": tmp_path / "broken.pdf"})
    nothing = Answer(value={"page": 1, "lines": [], "red_lines": [], "confidence": None, "method": "otsu"})
    fact = Text(WatchedWorkers(RememberingWorkers(), answering("recognise", nothing))).run(item)
    assert isinstance(fact, Texts)
    assert rules_of(fact) == ["TXT-005"]
    assert fact.texts["broken.pdf"].doubtful_pages == (1,)


def test_text_of_vni_fonts_comes_out_as_unicode(tmp_path: Path) -> None:
    born_digital(
        tmp_path / "vni.pdf",
        [["Quyeát ñònh cuûa Uûy ban nhaân daân huyeän veà vieäc ban haønh quy cheá"]],
        "Times-Roman",
    )
    item = text_item(tmp_path / "work", {"vni.pdf": tmp_path / "vni.pdf"})
    text = run(item).texts["vni.pdf"]
    (page,) = pages_of(item, text)
    assert page.text == "Quyết định của Ủy ban nhân dân huyện về việc ban hành quy chế"
    assert text.sources == {"decoded": 1}
    assert [page.text[word.start : word.end] for word in page.words] == page.text.split()


def test_a_picture_becomes_a_page_with_its_text(tmp_path: Path) -> None:
    drawn(content(1, 2), 150).save(tmp_path / "page.png", dpi=(150, 150))
    with Image.new("L", (400, 300), 255) as blank:
        drawn(content(2, 1), 150).save(
            tmp_path / "pages.tif", save_all=True, append_images=[blank], compression="tiff_lzw", dpi=(150, 150)
        )
    item = text_item(tmp_path / "work", {name: tmp_path / name for name in ("page.png", "pages.tif")})
    texts = run(item).texts
    assert "QUYẾT ĐỊNH" in pages_of(item, texts["page.png"])[0].text
    assert [page.source for page in pages_of(item, texts["pages.tif"])] == ["ocr", "none"]
    assert texts["pages.tif"].doubtful_pages == ()
    for name, pages in (("page.png", 1), ("pages.tif", 2)):
        made = texts[name].ocr_pdf
        assert made is not None
        with pikepdf.open(item.folder / made) as pdf:
            assert len(pdf.pages) == pages


def test_a_photograph_is_not_recognised(tmp_path: Path) -> None:
    drawn(content(1, 2), 100).save(tmp_path / "photo.jpg")
    item = text_item(tmp_path / "work", {"photo.jpg": tmp_path / "photo.jpg"}, photos=frozenset({"photo.jpg"}))
    workers = WatchedWorkers(RememberingWorkers())
    fact = Text(workers).run(item)
    assert isinstance(fact, Texts)
    assert workers.count("recognise") == 0
    assert fact.texts["photo.jpg"].sources == {"none": 1}
    assert fact.texts["photo.jpg"].ocr_pdf is not None
    assert rules_of(fact) == []


def test_a_film_has_no_text_and_is_not_named(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    item = text_item(tmp_path / "work", {"film.mp4": tmp_path / "film.mp4"})
    assert run(item) == Texts(texts={})


# ---------------------------------------------------------------- what a person should see


@pytest.mark.rule("TXT-001")
def test_a_page_that_ocr_is_unsure_of_is_named(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf", 3)
    item = text_item(tmp_path / "work", {"scan.pdf": tmp_path / "scan.pdf"})
    unsure = Answer(
        value={
            "page": 2,
            "lines": [[["mờ", 0.1, 0.1, 0.2, 0.2, 61.0]] * 9],
            "red_lines": [],
            "confidence": 61.0,
            "method": "otsu",
        }
    )
    fact = Text(WatchedWorkers(RememberingWorkers(), answering("recognise", unsure, page=2))).run(item)
    assert isinstance(fact, Texts)
    # The list says nothing of the document, and page 1 does.
    assert rules_of(fact) == ["TXT-001", "SUG-002"]
    assert fact.findings[0].values == {"pages": "2"}
    assert fact.texts["scan.pdf"].doubtful_pages == (2,)


def second_look(rows: list[tuple[float, list[Cell]]]) -> Answer:
    """OCR that read nothing of a letterhead at first, and `rows` when it looked again."""
    words = [["chữ", 0.1 + 0.05 * at, 0.5, 0.14 + 0.05 * at, 0.51, 95.0] for at in range(9)]
    page = page_text(rows)
    again = [[page.text[word.start : word.end], *word.box, 96.0] for word in page.words]
    lines = [[word for word in again if word[2] == top] for top in dict.fromkeys(word[2] for word in again)]
    value = {"page": 1, "lines": [words], "red_lines": [], "head_lines": lines, "confidence": 95.0, "method": "otsu"}
    return Answer(value=value)


@pytest.mark.rule("SUG-002")
def test_what_a_second_look_at_the_head_reads_is_suggested_and_is_no_text_of_the_page(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf", 1)
    item = text_item(tmp_path / "work", {"scan.pdf": tmp_path / "scan.pdf"})
    rows = [*letterhead(), (0.19, [(0.5, "QUYẾT ĐỊNH")]), (0.212, [(0.5, "Về việc ban hành Quy chế lưu trữ")])]
    fact = Text(WatchedWorkers(RememberingWorkers(), answering("recognise", second_look(rows)))).run(item)
    assert isinstance(fact, Texts)
    text = fact.texts["scan.pdf"]
    found = {one.key: one.value for one in text.suggestions}
    assert (found["code_number"], found["issued_date"]) == ("15", "2020-03-05")
    assert found["subject"] == "Về việc ban hành Quy chế lưu trữ"
    assert pages_of(item, text)[0].text == " ".join(["chữ"] * 9)


def test_a_mark_of_secrecy_that_only_the_second_look_reads_holds_the_dossier(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf", 1)
    item = text_item(tmp_path / "work", {"scan.pdf": tmp_path / "scan.pdf"})
    answer = second_look([*letterhead(), (0.19, [(0.5, "TỐI MẬT")])])
    held = Text(WatchedWorkers(RememberingWorkers(), answering("recognise", answer))).run(item)
    assert isinstance(held, Held)
    assert isinstance(held.fact, Texts)
    assert held.fact.texts["scan.pdf"].head_marks == ("TỐI MẬT",)
    assert held.fact.texts["scan.pdf"].suggestions == ()


@pytest.mark.rule("TXT-004")
def test_a_drawing_without_words_is_named(tmp_path: Path) -> None:
    picture = Image.new("L", (600, 800), 255)
    picture.paste(40, (100, 100, 500, 700))
    picture.save(tmp_path / "square.png", dpi=(72, 72))
    item = text_item(tmp_path / "work", {"square.png": tmp_path / "square.png"})
    fact = run(item)
    assert rules_of(fact) == ["TXT-004"]
    assert fact.texts["square.png"].doubtful_pages == (1,)


@pytest.mark.rule("TXT-006")
def test_a_page_that_breaks_a_limit_takes_only_itself_along(tmp_path: Path) -> None:
    born_digital(tmp_path / "a.pdf", [LINES, LINES, LINES])
    small_scan(tmp_path / "b.pdf", 2)
    item = text_item(
        tmp_path / "work",
        {name: tmp_path / name for name in ("a.pdf", "b.pdf")},
        inspections={"a.pdf": Inspection(pages=3)},
    )
    breach = Answer(breach="memory", detail="3 GiB")

    def own(task: str, arguments: Mapping[str, Any]) -> Answer | None:
        first, count = int(arguments.get("first", 0)), int(arguments.get("count", 0))
        bomb = task == "page_texts" and arguments["source"].endswith("a.pdf") and first <= 2 < first + count
        return breach if bomb or (task == "recognise" and arguments["page"] == 1) else None

    fact = Text(WatchedWorkers(RememberingWorkers(), own)).run(item)
    assert isinstance(fact, Texts)
    assert [page.source for page in pages_of(item, fact.texts["a.pdf"])] == ["born-digital", "none", "born-digital"]
    assert [page.source for page in pages_of(item, fact.texts["b.pdf"])] == ["none", "ocr"]
    assert rules_of(fact) == ["TXT-006", "TXT-006"]
    assert [finding.values["pages"] for finding in fact.findings] == ["2", "1"]


@pytest.mark.rule("TXT-003")
@pytest.mark.parametrize("name", ["password.pdf", "damaged.pdf", "damaged.png"])
def test_a_file_that_cannot_be_opened_is_told_and_stops_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"%PDF-1.7 and then nothing")
    born_digital(tmp_path / "good.pdf", [LINES])
    seen = {"password.pdf": Inspection(encrypted=True)}
    item = text_item(tmp_path / "work", {name: tmp_path / name, "good.pdf": tmp_path / "good.pdf"}, inspections=seen)
    fact = run(item)
    assert list(fact.texts) == ["good.pdf"]
    assert rules_of(fact) == ["TXT-003"]


@pytest.mark.rule("TXT-007")
def test_a_page_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf", 2)
    item = text_item(tmp_path / "work", {"scan.pdf": tmp_path / "scan.pdf"})
    broken = Answer(
        value={"page": 1, "lines": [], "red_lines": [], "confidence": None, "method": "none", "problem": "no page"}
    )
    fact = Text(WatchedWorkers(RememberingWorkers(), answering("recognise", broken, page=1))).run(item)
    assert isinstance(fact, Texts)
    assert rules_of(fact) == ["TXT-007"]


# ---------------------------------------------------------------- marks of secrecy


@pytest.mark.rule("TXT-010")
def test_a_red_stamp_of_secrecy_holds_the_dossier_with_its_text(tmp_path: Path) -> None:
    small_scan(tmp_path / "scan.pdf", mark="MẬT")
    born_digital(tmp_path / "good.pdf", [LINES])
    item = text_item(tmp_path / "work", {name: tmp_path / name for name in ("scan.pdf", "good.pdf")})
    held = Text(RememberingWorkers()).run(item)
    assert isinstance(held, Held)
    assert isinstance(held.fact, Texts)
    assert held.fact.texts["scan.pdf"].head_marks == ("MẬT",)
    (finding,) = held.findings
    assert (finding.rule, finding.subject) == ("TXT-010", "scan.pdf")
    assert set(finding.values) == {"mark", "page"}
    assert "MẬT" in message(finding, "vi")


@pytest.mark.parametrize(
    ("lines", "marks"),
    [
        (["ỦY BAN NHÂN DÂN", "TUYỆT MẬT", *LINES], ("TUYỆT MẬT",)),
        (["ỦY BAN NHÂN DÂN", "giữ bí mật", "QUY CHẾ BẢO VỆ BÍ MẬT NHÀ NƯỚC", *LINES], ()),
        ([*LINES * 8, "TỐI MẬT"], ()),
    ],
)
def test_a_printed_mark_counts_only_as_a_line_in_the_head(
    tmp_path: Path, lines: list[str], marks: tuple[str, ...]
) -> None:
    born_digital(tmp_path / "a.pdf", [lines, ["MẬT"]])
    item = text_item(tmp_path / "work", {"a.pdf": tmp_path / "a.pdf"})
    answer = Text(RememberingWorkers()).run(item)
    fact = answer.fact if isinstance(answer, Held) else answer
    assert isinstance(fact, Texts)
    assert fact.texts["a.pdf"].head_marks == marks
    assert isinstance(answer, Held) == bool(marks)
