"""LibreOffice, the real program: every office format becomes text and PDF/A-2u; nothing runs, nothing is fetched."""

from __future__ import annotations

import importlib
import re
import socket
import threading
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from ingest.engines import libreoffice
from ingest.engines.pdfa_checks import opened
from ingest.engines.verapdf import VeraPdfJudge
from ingest.pdfa_conversion import Converter, Request
from metadata.errors import ToolMissingError
from tests.fakes.workers import InlineWorkers
from tests.generators.slides import pptx

TEXT = "Độc lập - Tự do - Hạnh phúc: Quyết định số 222/QĐ-TTg của Ủy ban nhân dân"
AT = "2026-01-02T03:04:05.000Z"
# odfpy has no types.
_odf: Any = importlib.import_module("odf.text")
_draw: Any = importlib.import_module("odf.draw")
_style: Any = importlib.import_module("odf.style")
_document: Any = importlib.import_module("odf.opendocument")
TONES = "\u0300\u0301\u0303\u0309\u0323"


def windows_1258(text: str) -> bytes:
    """As old programs write it: letters composed, tones behind them."""
    parts = []
    for letter in unicodedata.normalize("NFC", text):
        apart = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(c for c in apart if c not in TONES))
        parts.append(base + "".join(c for c in apart if c in TONES))
    return "".join(parts).encode("cp1258")


def _docx(path: Path) -> None:
    made = docx.Document()
    made.add_heading(TEXT, 1)
    made.add_paragraph("Điều 1. Ban hành quy chế.")
    made.save(str(path))


def _xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Mục lục", 0)
    sheet.append(["STT", TEXT])
    book.save(path)


def _odt(path: Path) -> None:
    made = _document.OpenDocumentText()
    made.text.addElement(_odf.P(text=TEXT))
    made.save(str(path))


def _rtf(path: Path) -> None:
    escaped = "".join(c if ord(c) < 128 else f"\\u{ord(c)}?" for c in TEXT)
    path.write_text(r"{\rtf1\ansi " + escaped + "}", encoding="ascii")


def _odp(path: Path) -> None:
    made = _document.OpenDocumentPresentation()
    layout = _style.PageLayout(name="A")
    layout.addElement(_style.PageLayoutProperties(pagewidth="28cm", pageheight="21cm"))
    made.automaticstyles.addElement(layout)
    master = _style.MasterPage(name="A", pagelayoutname=layout)
    made.masterstyles.addElement(master)
    page = _draw.Page(masterpagename=master)
    frame = _draw.Frame(width="24cm", height="5cm", x="2cm", y="2cm")
    box = _draw.TextBox()
    box.addElement(_odf.P(text=TEXT))
    frame.addElement(box)
    page.addElement(frame)
    made.presentation.addElement(page)
    made.save(str(path))


MAKERS: dict[str, Callable[[Path], object]] = {
    "docx": _docx,
    "xlsx": _xlsx,
    "odt": _odt,
    "rtf": _rtf,
    "pptx": lambda p: pptx(p, TEXT),
    "odp": _odp,
    "txt": lambda p: p.write_text(TEXT, encoding="utf-8"),
    "csv": lambda p: p.write_text(f"1;{TEXT}\n", encoding="utf-8-sig"),
    "html": lambda p: p.write_text(
        f"<!DOCTYPE html><html><meta charset='utf-8'><p>{TEXT}</p></html>", encoding="utf-8"
    ),
    "1258.txt": lambda p: p.write_bytes(windows_1258(TEXT)),
    "1258.csv": lambda p: p.write_bytes(b"1," + windows_1258(TEXT)),
}


def _text_of(pdf: Path) -> str:
    with opened(pdf) as document:
        return unicodedata.normalize("NFC", " ".join(page.get_textpage().get_text_range() for page in document))


def _convert(tmp_path: Path, source: Path, name: str) -> Path:
    scratch = tmp_path / "task"
    scratch.mkdir()
    answer = libreoffice.convert(scratch, str(source), name)
    assert "outputs" in answer, answer
    assert not (scratch / "profile").exists()
    tool = answer["tool"]
    assert tool["name"] == "LibreOffice"
    assert re.match(r"\d+\.\d+\.\d+", tool["version"])
    assert "--convert-to pdf:" in tool["command"]
    assert str(scratch) not in tool["command"]
    return scratch / str(answer["outputs"]["pdf"])


@pytest.mark.parametrize("suffix", MAKERS)
def test_each_format_keeps_its_letters_and_becomes_2u(suffix: str, tmp_path: Path, verapdf: VeraPdfJudge) -> None:
    source = tmp_path / f"quyết định.{suffix}"
    MAKERS[suffix](source)
    pdf = _convert(tmp_path, source, source.name)
    assert "".join(TEXT.split()) in "".join(_text_of(pdf).split())
    made = Converter(InlineWorkers(), None).convert(Request(pdf, AT, aim="2u"), tmp_path / "made")
    assert made.path is not None, made
    verdict = verapdf.check(made.path, None)
    assert (made.flavour, verdict.status, verdict.flavour) == ("2u", "valid", "2u"), verdict


def test_the_bytes_decide_not_the_name(tmp_path: Path) -> None:
    source = tmp_path / "x"
    _docx(source)
    assert "222/QĐ-TTg" in _text_of(_convert(tmp_path, source, "bảng kê.csv"))


def test_a_linked_file_of_this_machine_is_not_taken_into_the_document(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("BI MAT CUA MAY CHU")
    made = _document.OpenDocumentText()
    section = _odf.Section(name="linked")
    section.addElement(_odf.SectionSource(href=secret.as_uri(), filtername="Text"))
    section.addElement(_odf.P(text="placeholder"))
    made.text.addElement(_odf.P(text="before"))
    made.text.addElement(section)
    source = tmp_path / "linked.odt"
    made.save(str(source))
    assert "BI MAT" not in _text_of(_convert(tmp_path, source, "linked.odt"))


def test_nothing_is_fetched_from_a_network(tmp_path: Path) -> None:
    """A server of our own on loopback: whoever asks it for the picture is seen."""
    asked: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        stopped = threading.Event()

        def listen() -> None:
            while not stopped.is_set():
                try:
                    connection, peer = server.accept()
                except TimeoutError:
                    continue
                asked.append(peer)
                connection.close()

        listener = threading.Thread(target=listen)
        listener.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        source = tmp_path / "a.html"
        source.write_text(f"<html><body>before<img src='{address}'><iframe src='{address}'></iframe></body></html>")
        _convert(tmp_path, source, "a.html")
        stopped.set()
        listener.join()
    assert asked == []


@pytest.mark.parametrize(("name", "data"), [("a.zip", b"PK\x05\x06" + b"\0" * 18), ("a.bin", b"\0\1\2"), ("a", b"")])
def test_what_is_no_office_document_is_not_asked_of_the_program(name: str, data: bytes, tmp_path: Path) -> None:
    source = tmp_path / name
    source.write_bytes(data)
    answer = libreoffice.convert(tmp_path, str(source), name)
    assert answer["problem"] == "kind"


def test_a_broken_document_is_refused_and_not_a_fault(tmp_path: Path) -> None:
    source, scratch = tmp_path / "a.docx", tmp_path / "task"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("word/document.xml", "<not xml")
    scratch.mkdir()
    answer = libreoffice.convert(scratch, str(source), "a.docx")
    assert "outputs" not in answer
    assert answer["problem"] == "refused"


def test_a_document_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    source, scratch = tmp_path / "a.docx", tmp_path / "task"
    _docx(source)
    scratch.mkdir()
    answer = libreoffice.convert(scratch, str(source), "a.docx", wall_seconds=0.05)
    assert answer["problem"] == "timeout"


def test_a_missing_program_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    libreoffice.program.cache_clear()
    try:
        with pytest.raises(ToolMissingError) as missing:
            libreoffice.convert(tmp_path, "x", "x.docx")
        assert "apt install" in missing.value.cure
    finally:
        libreoffice.program.cache_clear()
