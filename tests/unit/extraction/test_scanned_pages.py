"""Pages that are drawn, scanned and read by the archive's own OCR."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.engines import tesseract
from ingest.pages import head_again, looked_closer, recognised_text
from metadata.extraction.document import DocumentReader
from metadata.profiles.vocabularies import fold
from tests.generators.letterheads import Paper
from tests.generators.office_scans import Scan, scanned
from tests.generators.papers import page_of, paper_of
from tests.generators.tuning_papers import TUNING, TUNING_LAYOUTS, TUNING_TEMPLATES

STAMPED = Scan(skew=1.2, paper=(250, 246, 234), ink=25, noise=6, blur=0.6, sealed=True, arrival="blank")
BILEVEL = Scan(skew=-1.0, mode="bilevel", specks=40, arrival="blank")

SKEWED = Scan(skew=2.7, mode="grey", ink=25, noise=4, sealed=True)


def paper(seed: int) -> Paper:
    return paper_of(TUNING, random.Random(f"scanned/{seed}"))  # noqa: S311 - test data


def suggested(folder: Path, written: Paper, scan: Scan, seed: int) -> dict[str, str]:
    picture = folder / "page.png"
    scanned(written, TUNING_LAYOUTS[seed % len(TUNING_LAYOUTS)], scan, seed).save(picture, dpi=(scan.dpi, scan.dpi))
    return read(tesseract.recognise(folder, str(picture), 1, "image"))


def read(result: dict[str, Any]) -> dict[str, str]:
    reader = DocumentReader(last_year=2026)
    reader.add(recognised_text(result, None), head_again(result), looked_closer(result))
    return {one.key: one.value for one in reader.suggestions()}


@pytest.mark.parametrize(("seed", "scan"), [(5, Scan()), (4, STAMPED), (7, BILEVEL), (11, SKEWED)])
def test_a_scan_says_number_day_body_and_type(tmp_path: Path, seed: int, scan: Scan) -> None:
    written = paper(seed)
    found = suggested(tmp_path, written, scan, seed)
    assert (found["code_number"], found["code_notation"]) == (written.number, written.notation)
    assert found["issued_date"] == written.iso
    assert fold(found["organ_name"]) == fold(written.organ)
    assert found["type_name"] == written.type


def test_what_is_written_by_hand_is_left_out(tmp_path: Path) -> None:
    written = replace(paper(3), number="", by_hand=True, day_by_hand=True)
    found = suggested(tmp_path, written, Scan(), 3)
    assert "code_number" not in found
    assert "issued_date" not in found
    assert found["type_name"] == written.type


def test_a_second_look_reads_the_subject_beside_the_stamp_of_a_grey_scan(tmp_path: Path) -> None:
    drawn = page_of(TUNING_TEMPLATES, "develop/b", "stamped", 29)
    picture = tmp_path / "page.png"
    drawn.picture().save(picture, dpi=(drawn.scan.dpi, drawn.scan.dpi))
    result = tesseract.recognise(tmp_path, str(picture), 1, "image")
    assert read(result)["subject"] == drawn.paper.subject
    assert "subject" not in read({**result, "head_lines": []})


@pytest.mark.parametrize("number", [53, 44])
def test_closer_looks_read_a_day_of_which_the_page_was_unsure(tmp_path: Path, number: int) -> None:
    drawn = page_of(TUNING_TEMPLATES, "develop/tune8a", "clean", number)
    picture = tmp_path / "page.png"
    drawn.picture().save(picture, dpi=(drawn.scan.dpi, drawn.scan.dpi))
    result = tesseract.recognise(tmp_path, str(picture), 1, "image")
    assert read(result)["issued_date"] == drawn.paper.iso
    assert read({**result, "closer": []}).get("issued_date") != drawn.paper.iso
