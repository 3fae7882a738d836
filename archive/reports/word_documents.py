"""Lists as Word documents (.docx): one table, written row by row, so that memory holds one row whatever its length.

Every text is written as text. The same list and the same time give the same bytes.
"""

from __future__ import annotations

import os
import threading
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from archive.durable import faults_of
from archive.reports.workbooks import shown

_TWIPS = 1440 / 25.4
"""Twentieths of a point in a millimetre."""

_WIDE, _HIGH = 297, 210
_TOP, _BOTTOM, _LEFT, _RIGHT = 20, 20, 30, 15
"""Margins of Nghị định 30/2020/NĐ-CP, Phụ lục I, in millimetres."""

_FIRST_YEAR = 1980
"""The first that a ZIP can tell."""

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"


@dataclass(frozen=True, slots=True)
class WordColumn:
    """One column of the table."""

    heading: str
    width: float
    """Its share of the page, as a weight."""

    centred: bool = False


@dataclass(frozen=True, slots=True)
class WordList:
    """A list: title, lines, one table, on A4 lying on its side."""

    title: str
    lines: Sequence[str]
    """Above the table."""

    columns: Sequence[WordColumn]
    rows: Iterable[Sequence[str | int | None]]
    """Read once, in order; not even one is kept."""


def write_word(path: Path, content: WordList, *, created: datetime) -> None:
    """Write `content` to `path`; after a crash it holds the old file or the whole new one.

    Args:
        path: Replaced if it is there; its folder has to be there.
        content: What.
        created: Stands in the document's properties; aware.

    Raises:
        WorkFolderFaultError: the disk refused.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    with faults_of(path):
        try:
            with part.open("xb") as stream:
                with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
                    _write(package, content, created.astimezone(UTC))
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _write(package: zipfile.ZipFile, content: WordList, created: datetime) -> None:
    def member(name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, max(created, datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)).timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        return info

    small = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONS,
        "docProps/core.xml": _properties(content.title, created),
        "word/_rels/document.xml.rels": _DOCUMENT_RELATIONS,
        "word/styles.xml": _STYLES,
        "word/footer1.xml": _FOOTER,
    }
    for name, text in small.items():
        package.writestr(member(name), _DECLARED + text)
    # Nobody knows beforehand whether it stays below 4 GiB.
    with package.open(member("word/document.xml"), "w", force_zip64=True) as out:
        for text in _document(content):
            out.write(text.encode())


def _document(content: WordList) -> Iterator[str]:
    yield f'{_DECLARED}<w:document xmlns:w="{_MAIN}" xmlns:r="{_OFFICE}"><w:body>'
    yield _paragraph(content.title, "Title")
    for line in content.lines:
        yield _paragraph(line, "Heading")
    yield from _table(content)
    # A document that ends with a table has a paragraph behind it.
    yield '<w:p/><w:sectPr><w:footerReference w:type="default" r:id="rId2"/>'
    yield f'<w:pgSz w:w="{_mm(_WIDE)}" w:h="{_mm(_HIGH)}" w:orient="landscape"/>'
    yield f'<w:pgMar w:top="{_mm(_TOP)}" w:right="{_mm(_RIGHT)}" w:bottom="{_mm(_BOTTOM)}" w:left="{_mm(_LEFT)}"'
    yield f' w:header="{_mm(10)}" w:footer="{_mm(10)}" w:gutter="0"/></w:sectPr></w:body></w:document>'


def _table(content: WordList) -> Iterator[str]:
    whole = _mm(_WIDE - _LEFT - _RIGHT)
    weights = sum(column.width for column in content.columns)
    yield '<w:tbl><w:tblPr><w:tblStyle w:val="List"/>'
    yield f'<w:tblW w:w="{whole}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>'
    for column in content.columns:
        yield f'<w:gridCol w:w="{round(whole * column.width / weights)}"/>'
    yield "</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>"
    for column in content.columns:
        yield f"<w:tc>{_paragraph(column.heading, 'Head')}</w:tc>"
    yield "</w:tr>"
    centred = [column.centred for column in content.columns]
    for row in content.rows:
        cells = (f"<w:tc>{_cell(*told)}</w:tc>" for told in zip(row, centred, strict=True))
        yield f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>"
    yield "</w:tbl>"


def _cell(value: str | int | None, centred: bool) -> str:
    text = _plain("" if value is None else str(value))
    if not text:
        return "<w:p/>"
    return f"<w:p>{_CENTRED if centred else ''}<w:r><w:t>{text}</w:t></w:r></w:p>"


def _paragraph(text: str, style: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{_plain(text)}</w:t></w:r></w:p>'


def _plain(text: str) -> str:
    """`text` as XML can hold it, on one line."""
    return escape(" ".join(shown(text).split()))


def _mm(length: float) -> int:
    return round(length * _TWIPS)


def _properties(title: str, created: datetime) -> str:
    at = f'<dcterms:created xsi:type="dcterms:W3CDTF">{created:%Y-%m-%dT%H:%M:%SZ}</dcterms:created>'
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{_plain(title)}</dc:title>{at}</cp:coreProperties>"
    )


_CENTRED = '<w:pPr><w:jc w:val="center"/></w:pPr>'
_CONTENT_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/word/footer1.xml" ContentType="{_TYPE}.footer+xml"/>'
    '<Override PartName="/docProps/core.xml"'
    ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
_RELATIONS = (
    f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
    "</Relationships>"
)
_DOCUMENT_RELATIONS = (
    f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/footer" Target="footer1.xml"/></Relationships>'
)
_EDGES = "".join(
    f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
    for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_FONT = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>'


def _style(name: str, paragraph: str, run: str, size: int) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/>'
        f'<w:pPr>{paragraph}</w:pPr><w:rPr>{run}<w:sz w:val="{size}"/></w:rPr></w:style>'
    )


_STYLES = (
    f'<w:styles xmlns:w="{_MAIN}"><w:docDefaults><w:rPrDefault><w:rPr>{_FONT}<w:sz w:val="20"/>'
    '<w:lang w:val="vi-VN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    + _style("Title", '<w:spacing w:after="80"/><w:jc w:val="center"/>', "<w:b/>", 28)
    + _style("Heading", '<w:spacing w:after="40"/>', "", 24)
    + _style("Head", '<w:jc w:val="center"/>', "<w:b/>", 20)
    + '<w:style w:type="table" w:styleId="List"><w:name w:val="List"/><w:tblPr>'
    f"<w:tblBorders>{_EDGES}</w:tblBorders>"
    '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar>'
    "</w:tblPr></w:style></w:styles>"
)


def _counted(name: str) -> str:
    return f'<w:fldSimple w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'


_FOOTER = (
    f'<w:ftr xmlns:w="{_MAIN}"><w:p><w:pPr><w:jc w:val="right"/></w:pPr>{_counted("PAGE")}'
    f"<w:r><w:t>/</w:t></w:r>{_counted('NUMPAGES')}</w:p></w:ftr>"
)
