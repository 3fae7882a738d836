"""Papers of many pages: written from front to back and judged in parts, in memory that does not grow with them."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pikepdf
import pytest

from ingest.engines import paper_file, paper_judge
from ingest.engines.paper import typeset
from ingest.engines.paper_file import PaperFile
from ingest.engines.paper_judge import judged
from ingest.engines.pdfa_write import Written, read_back
from tests.fakes.pdf_texts import page_texts

AT = "2026-11-30T00:00:00.000Z"
ROWS_A_PAGE = 7
KIDS = 8
"""Pages below a node in these tests, so that few of them are many."""

LONG = 3 * KIDS


def _blocks(pages: int) -> Iterator[dict[str, Any]]:
    yield {"table": [{"heading": "STT", "width": 1}, {"heading": "Tên", "width": 2}], "size": 45}
    for number in range(1, pages * ROWS_A_PAGE + 1):
        yield {"row": [number, f"Phường {number}"]}
    yield {"end": True}


def _set(folder: Path, pages: int, name: str = "a") -> tuple[dict[str, Any], Path]:
    room = folder / name
    room.mkdir()
    source = folder / f"{name}.jsonl"
    source.write_text("".join(json.dumps(block) + "\n" for block in _blocks(pages)), encoding="utf-8")
    said = typeset(room, str(source), AT, "Danh sách", "Trang {page}/{pages}", landscape=True)
    return said, room / said["outputs"]["pdf"]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper_file, "KIDS", KIDS)
        said, path = _set(tmp_path_factory.mktemp("long"), LONG)
    assert (said["pages"], said["flavour"], said["rules"]) == (LONG, "2u", [])
    return path


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    said, path = _set(tmp_path_factory.mktemp("short"), 1)
    assert said["flavour"] == "2u"
    return path


def test_each_page_of_a_long_paper_has_its_rows_its_head_and_its_number(long: Path) -> None:
    texts = page_texts(long)
    for number, text in enumerate(texts, start=1):
        assert "STT" in text
        assert f"Trang {number}/{LONG}" in text
    rows = [int(found) for text in texts for found in re.findall(r"Phường (\d+)", text)]
    assert rows == list(range(1, LONG * ROWS_A_PAGE + 1))


def test_qpdf_reads_a_long_paper_without_a_word(long: Path) -> None:
    with pikepdf.open(long) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert len(pdf.pages) == LONG
        assert [len(node.Kids) for node in pdf.Root.Pages.Kids] == [KIDS] * 3


@pytest.mark.parametrize("pages", [1, 2, 3, 4, 9, 10, 27, 28, 80])
def test_the_tree_of_pages_counts_right_however_deep_it_is(pages: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_file, "KIDS", 3)
    out = io.BytesIO()
    file = PaperFile(out)
    root = file.pages((b"/MediaBox [ 0 0 10 %d ] /Resources << >>" % (n + 1) for n in range(pages)), pages)
    file.finish(file.write(b"<< /Type /Catalog /Pages %b >>" % paper_file.reference(root)))
    out.seek(0)
    with pikepdf.open(out) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert [int(page.mediabox[3]) for page in pdf.pages] == [n + 1 for n in range(pages)]
        _counted(pdf.Root.Pages)


def _counted(node: pikepdf.Object) -> int:
    if node.Type == "/Page":
        return 1
    assert 1 <= len(node.Kids) <= 3
    assert all(kid.Parent.objgen == node.objgen for kid in node.Kids)
    pages = sum(_counted(kid) for kid in node.Kids)
    assert node.Count == pages
    return pages


_PEAK = """
import sys
from pathlib import Path
from ingest.engines.paper import typeset
room = Path(sys.argv[1])
said = typeset(room, sys.argv[2], "2026-11-30T00:00:00.000Z", "a", "{page}/{pages}", landscape=True)
assert said["flavour"] == "2u"
status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
print(said["pages"], int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) >> 10)
"""


def test_four_times_as_many_pages_take_no_more_memory(tmp_path: Path) -> None:
    """What kept the pages that were set, or what was read back of them, took 11 MiB more (measured)."""
    peaks = []
    for pages in (300, 1200):
        room = tmp_path / str(pages)
        room.mkdir()
        source = tmp_path / f"{pages}.jsonl"
        blocks = [f'{{"text": "Trang {number}"}}\n{{"break": true}}\n' for number in range(1, pages)]
        source.write_text("".join(blocks), encoding="utf-8")
        # A process of its own: what this one has used before would hide it.
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, str(room), str(source)], capture_output=True, check=False, text=True
        )
        assert done.returncode == 0, done.stderr
        set_pages, peak = map(int, done.stdout.split())
        assert set_pages == pages
        peaks.append(peak)
    assert peaks[1] - peaks[0] <= 5, peaks
    assert max(peaks) <= 120, peaks


# ---------------------------------------------------------------- the judge


def _rewritten(path: Path, target: Path, change: Callable[[list[bytes]], None]) -> Path:
    """The file with its objects changed and a table that fits them."""
    data = path.read_bytes()
    begins = data.rindex(b"xref\n0 ")
    places = [int(row[:10]) for row in data[begins:].split(b"\n")[3:] if row.endswith(b" n ")]
    ends = [*sorted(places)[1:], begins]
    order = sorted(range(len(places)), key=places.__getitem__)
    objects = [data[places[number] : end] for number, end in zip(order, ends, strict=True)]
    change(objects)
    out = bytearray(data[: min(places)])
    found = {}
    for thing in objects:
        found[int(thing.split()[0])] = len(out)
        out += thing
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(found) + 1)
    out += b"".join(b"%010d 00000 n \n" % found[number] for number in sorted(found))
    trailer = data[data.rindex(b"trailer\n") :]
    trailer = re.sub(rb"/Size \d+", b"/Size %d" % (len(found) + 1), trailer)
    out += re.sub(rb"startxref\n\d+", b"startxref\n%d" % table, trailer)
    target.write_bytes(out)
    return target


def _last(objects: list[bytes], having: bytes) -> int:
    return max(number for number, thing in enumerate(objects) if having in thing)


def _packed(number: bytes, content: bytes) -> bytes:
    data = zlib.compress(content)
    words = b"<< /Filter /FlateDecode /Length %d >>" % len(data)
    return b"%b 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (number, words, data)


def _colour_on_the_last_page(objects: list[bytes]) -> None:
    page = objects[_last(objects, b"/Type /Page ")]
    content = re.findall(rb"/Contents \[ (\d+) 0 R", page)[0]
    at = next(n for n, thing in enumerate(objects) if thing.startswith(content + b" 0 obj"))
    objects[at] = _packed(content, b"0 0 0 1 k 0 0 9 9 re f")


def _unknown_letter_on_the_last_page(objects: list[bytes]) -> None:
    page = objects[_last(objects, b"/Type /Page ")]
    content = re.findall(rb"/Contents \[ (\d+) 0 R", page)[0]
    at = next(n for n, thing in enumerate(objects) if thing.startswith(content + b" 0 obj"))
    objects[at] = _packed(content, b"BT /R 9 Tf <0FFF> Tj ET")


def _script_on_the_last_page(objects: list[bytes]) -> None:
    at = _last(objects, b"/Type /Page ")
    objects[at] = objects[at].replace(b"/Resources", b"/AA << /O << /S /JavaScript /JS (1) >> >> /Resources")


def _script_in_the_catalog(objects: list[bytes]) -> None:
    at = _last(objects, b"/Type /Catalog")
    objects[at] = objects[at].replace(b"<< ", b"<< /OpenAction << /S /JavaScript /JS (1) >> ", 1)


def _script_above_the_leaves(objects: list[bytes]) -> None:
    at = _last(objects, b"/Type /Pages /Count")
    objects[at] = objects[at].replace(b"<< ", b"<< /AA << /O << /S /JavaScript /JS (1) >> >> ", 1)


def _wrong_count(objects: list[bytes]) -> None:
    at = _last(objects, b"/Type /Pages /Count")
    objects[at] = objects[at].replace(b"/Count %d" % LONG, b"/Count %d" % (LONG + 1))


def _page_twice(objects: list[bytes]) -> None:
    at = _last(objects, b"/Type /Pages /Parent")
    first, second = re.findall(rb"\d+ 0 R", objects[at].split(b"/Kids")[1])[:2]
    objects[at] = objects[at].replace(second, first)


def _named_by_nothing(objects: list[bytes]) -> None:
    number = max(int(thing.split()[0]) for thing in objects) + 1
    objects.append(b"%d 0 obj\n<< /EF << >> >>\nendobj\n" % number)


def _names_what_is_not_there(objects: list[bytes]) -> None:
    at = _last(objects, b"/Type /Page ")
    objects[at] = re.sub(rb"/Contents \[ \d+", b"/Contents [ 999999", objects[at])


def _no_font_program(objects: list[bytes]) -> None:
    for at, thing in enumerate(objects):
        objects[at] = re.sub(rb"/FontFile2 \d+ 0 R", b"", thing)


def _other_length(objects: list[bytes]) -> None:
    at = next(n for n, thing in enumerate(objects) if b"stream\n" in thing)
    objects[at] = re.sub(rb"/Length (\d+)", lambda found: b"/Length %d" % (int(found[1]) - 1), objects[at], count=1)


def _blank_before_an_object(objects: list[bytes]) -> None:
    objects[5] = objects[5] + b" "


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_colour_on_the_last_page, "6.2.4.3-3"),
        (_unknown_letter_on_the_last_page, ""),
        (_script_on_the_last_page, ""),
        (_script_in_the_catalog, ""),
        (_no_font_program, ""),
        (_script_above_the_leaves, "frame"),
        (_wrong_count, "frame"),
        (_page_twice, "frame"),
        (_named_by_nothing, "frame"),
        (_names_what_is_not_there, "frame"),
        (_other_length, "frame"),
        (_blank_before_an_object, "frame"),
    ],
)
def test_what_is_wrong_anywhere_in_a_long_paper_is_denied(
    long: Path, tmp_path: Path, change: Callable[[list[bytes]], None], rule: str
) -> None:
    same = _rewritten(long, tmp_path / "same.pdf", lambda _: None)
    assert same.read_bytes() == long.read_bytes()
    written = judged(_rewritten(long, tmp_path / "changed.pdf", change), "2u", part_pages=KIDS)
    assert written.verdict != "pass"
    assert written.rules
    if rule:
        assert written.rules[0] == rule, written


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"%PDF-1.7\n%\xbf", b"%PDF-1.7\n%a"),
        (b"%%EOF\n", b"%%EOF\n\n"),
        (b" 00000 n \n", b" 00001 n \n"),
        (b"0000000000 65535 f \n", b"0000000000 65535 f\n\n"),
        (b"startxref\n", b"startxref\n1"),
        (b"/ID [<", b"/Prev 9 /ID [<"),
        (b"\nendstream\n", b"\n.ndstream\n"),
        (b"1 0 obj\n", b"1 0 obj "),
    ],
)
def test_a_frame_that_is_not_as_it_should_be_is_denied(short: Path, tmp_path: Path, old: bytes, new: bytes) -> None:
    data = short.read_bytes()
    assert data.count(old)
    path = tmp_path / "changed.pdf"
    path.write_bytes(data.replace(old, new, 1))
    written = judged(path, "2u")
    assert (written.verdict, written.rules) == ("fail", ("frame",))


def test_the_parts_hold_every_page_as_it_lies_in_the_file(long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[list[bytes]] = []
    checked = read_back

    def kept(part: Path | BinaryIO, flavour: str) -> Written:
        assert isinstance(part, io.BytesIO)
        assert part.getvalue().startswith(paper_file.HEADER)
        with pikepdf.open(part) as pdf:
            assert pdf.check_pdf_syntax() == []
            parts.append([page.Contents[0].read_raw_bytes() for page in pdf.pages])
        part.seek(0)
        return checked(part, flavour)

    monkeypatch.setattr(paper_judge, "read_back", kept)
    assert judged(long, "2u", part_pages=KIDS).verdict == "pass"
    with pikepdf.open(long) as pdf:
        assert [content for part in parts for content in part] == [p.Contents[0].read_raw_bytes() for p in pdf.pages]
    assert [len(part) for part in parts] == [KIDS] * 3


def test_a_part_that_is_much_smaller_than_its_file_can_be_read(tmp_path: Path) -> None:
    """Its objects have the numbers that they have among 9,000 others."""
    path = tmp_path / "a.pdf"
    with path.open("wb") as out:
        file = PaperFile(out)
        contents = [file.stream(b"") for _ in range(4500)]
        entries = (
            b"/MediaBox [ 0 0 9 9 ] /Resources << >> /Contents %b" % paper_file.reference(number) for number in contents
        )
        root = paper_file.reference(file.pages(entries, len(contents)))
        file.finish(file.write(b"<< /Type /Catalog /Pages %b >>" % root))
    with path.open("rb") as stream:
        frame = paper_judge._Frame(stream)
        *_, last = frame.parts(paper_file.KIDS)
        part = frame.cut(last)
        with pikepdf.open(part) as pdf:
            assert pdf.check_pdf_syntax() == []
            assert len(pdf.pages) == last.pages == 4500 % paper_file.KIDS
