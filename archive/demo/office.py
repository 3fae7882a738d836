"""Office files of the sample delivery, written byte by byte the same each time: DOCX, XLSX and an old TCVN3 .doc."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from importlib.resources import files
from xml.sax.saxutils import escape

from archive.demo.papers import Paper

_DATE = (2021, 11, 5, 8, 0, 0)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument"

Value = str | int | None


def _zip(parts: Iterable[tuple[str, str]]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts:
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, _XML + text)
    return output.getvalue()


def _types(*overrides: tuple[str, str]) -> tuple[str, str]:
    listed = "".join(f'<Override PartName="{name}" ContentType="{_TYPE}.{kind}+xml"/>' for name, kind in overrides)
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    return "[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types">{defaults}{listed}</Types>'


def _relations(name: str, *targets: tuple[str, str]) -> tuple[str, str]:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{_R}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return name, f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


# ------------------------------------------------------------ DOCX


def _paragraph(text: str, *, centred: bool = False, bold: bool = False, new_page: bool = False) -> str:
    place = "center" if centred else "both"
    weight = "<w:b/>" if bold else ""
    fonts = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>'
    break_before = "<w:pageBreakBefore/>" if new_page else ""
    runs = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n"))
    return (
        f'<w:p><w:pPr>{break_before}<w:spacing w:after="120"/><w:jc w:val="{place}"/></w:pPr>'
        f'<w:r><w:rPr>{fonts}{weight}<w:sz w:val="27"/></w:rPr>{runs}</w:r></w:p>'
    )


def docx(paper: Paper) -> bytes:
    """The paper as a Word file of as many pages as it has."""
    day, month, year = paper.day
    body = [
        _paragraph(paper.issuer, centred=True, bold=True),
        _paragraph(f"Số: {paper.number}/{paper.notation}", centred=True),
        _paragraph("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc", centred=True, bold=True),
        _paragraph(f"{paper.place}, ngày {day} tháng {month} năm {year}", centred=True),
        _paragraph(f"{paper.kind.upper()}\n{paper.subject}", centred=True, bold=True),
    ]
    for number, page in enumerate(paper.pages):
        body += [_paragraph(text, new_page=number > 0 and place == 0) for place, text in enumerate(page)]
    body.append(_paragraph("\n".join(paper.signer), centred=True, bold=True))
    section = (
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1134" w:right="851" w:bottom="1134" w:left="1701" w:header="567" w:footer="567" w:gutter="0"/>'
        "</w:sectPr>"
    )
    document = f'<w:document xmlns:w="{_W}"><w:body>{"".join(body)}{section}</w:body></w:document>'
    return _zip(
        [
            _types(("/word/document.xml", "wordprocessingml.document.main")),
            _relations("_rels/.rels", ("officeDocument", "word/document.xml")),
            ("word/document.xml", document),
        ]
    )


# ------------------------------------------------------------ XLSX


def _column(number: int) -> str:
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def _cell(row: int, column: int, value: Value) -> str:
    place = f"{_column(column)}{row}"
    if value is None or value == "":
        return ""
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def xlsx(name: str, rows: Sequence[Sequence[Value]], merged: Sequence[str] = (), widths: Sequence[int] = ()) -> bytes:
    """A workbook with one worksheet.

    Args:
        name: Of the worksheet.
        rows: Values from A1 on; None leaves a cell out.
        merged: Ranges such as `A1:F1`.
        widths: Of the first columns, in characters.
    """
    lines = "".join(
        f'<row r="{r}">{"".join(_cell(r, c, value) for c, value in enumerate(row, start=1))}</row>'
        for r, row in enumerate(rows, start=1)
    )
    spans = "".join(f'<mergeCell ref="{span}"/>' for span in merged)
    merges = f'<mergeCells count="{len(merged)}">{spans}</mergeCells>' if merged else ""
    columns = "".join(f'<col min="{c}" max="{c}" width="{w}" customWidth="1"/>' for c, w in enumerate(widths, start=1))
    columns = f"<cols>{columns}</cols>" if columns else ""
    sheet = f'<worksheet xmlns="{_S}">{columns}<sheetData>{lines}</sheetData>{merges}</worksheet>'
    book = (
        f'<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>'
        f'<sheet name="{escape(name)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    return _zip(
        [
            _types(
                ("/xl/workbook.xml", "spreadsheetml.sheet.main"),
                ("/xl/worksheets/sheet1.xml", "spreadsheetml.worksheet"),
            ),
            _relations("_rels/.rels", ("officeDocument", "xl/workbook.xml")),
            _relations("xl/_rels/workbook.xml.rels", ("worksheet", "worksheets/sheet1.xml")),
            ("xl/workbook.xml", book),
            ("xl/worksheets/sheet1.xml", sheet),
        ]
    )


def equipment_list(paper: Paper) -> bytes:
    """The paper as a spreadsheet: a list of things with number and price."""
    rows: list[list[Value]] = [[paper.subject.upper()], ["STT", "Tên thiết bị", "Số lượng", "Đơn giá (đồng)"]]
    for number, name in enumerate(paper.pages[0], start=1):
        rows.append([number, name, 3 * number + 2, 1_250_000 * (7 - number)])
    return xlsx("Danh mục", rows, ["A1:D1"], [6, 34, 12, 20])


# ------------------------------------------------------------ TCVN3


def tcvn3_decision() -> bytes:
    """A decision of 2003 as a Word 97 file in TCVN3 (fonts .VnTime and .VnTimeH).

    Written once by LibreOffice from RTF in that encoding, so that the sample
    needs no office program: `tcvn3-decision.txt` is the file, deflated, in base64.
    """
    text = files("archive.demo").joinpath("tcvn3-decision.txt").read_text(encoding="ascii")
    return zlib.decompress(base64.b64decode(text))
