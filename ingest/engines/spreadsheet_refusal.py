"""Why a file is not read as a spreadsheet, found out before anything of it is parsed as one."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO
from xml.parsers import expat

MAX_CELL_CHARS = 32_767
"""What a cell of an office program can hold; the rest is cut."""

MAX_UNPACKED_BYTES = 1 << 30
_MAX_PROLOG_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 14
_MANIFEST = "META-INF/manifest.xml"
_MAX_MANIFEST_BYTES = 4 << 20
_ENDS_WITH = b"PK\x05\x06"
_END_BYTES = 22 + 65_535
"""The record at the end of a ZIP is 22 bytes with a comment of at most 65,535 behind it."""


class UnreadableSheetError(Exception):
    """The content is no spreadsheet that we read; `problem` is one of the words of `spreadsheet.read`."""

    def __init__(self, problem: str, detail: str = "") -> None:
        self.problem = problem
        super().__init__(detail)


def refuse_container(source: Path) -> None:
    """Refuse a packed workbook (.xlsx, .xlsb, .ods) that is cut off, too large, encrypted, or declares entities.

    Raises:
        UnreadableSheetError: `truncated`, `format`, `too-large`, `password` or `entities`.
        OSError: the file cannot be read.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > MAX_UNPACKED_BYTES:
                raise UnreadableSheetError("too-large", f"{unpacked} bytes unpacked")
            if any(entry.flag_bits & 1 for entry in entries) or _is_encrypted(archive):
                raise UnreadableSheetError("password")
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    with archive.open(entry) as stream:
                        _refuse_doctype(stream, entry.filename)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, RuntimeError) as error:
        problem = "format" if _has_end(source) else "truncated"
        raise UnreadableSheetError(problem, str(error)) from error


def _has_end(source: Path) -> bool:
    """Whether the directory that every ZIP ends with is there: a download that stopped has none."""
    size = source.stat().st_size
    with source.open("rb") as stream:
        stream.seek(max(0, size - _END_BYTES))
        return _ENDS_WITH in stream.read()


def _is_encrypted(archive: zipfile.ZipFile) -> bool:
    """Whether an OpenDocument says that its parts are encrypted."""
    if _MANIFEST not in archive.namelist():
        return False
    with archive.open(_MANIFEST) as stream:
        return b"encryption-data" in stream.read(_MAX_MANIFEST_BYTES)


def _refuse_doctype(stream: IO[bytes], name: str) -> None:
    """Read to the first element: no office program declares a document type, and only there could entities be made."""
    found: list[str] = []

    def doctype(*_: object) -> None:
        found.append("doctype")

    def element(*_: object) -> None:
        found.append("element")

    parser = _parser(doctype, element)
    read = 0
    while not found and read < _MAX_PROLOG_BYTES:
        chunk = stream.read(_CHUNK_BYTES)
        read += len(chunk)
        try:
            parser.Parse(chunk, not chunk)
        except expat.ExpatError:
            # What is no XML is told by the library that reads the cells.
            break
        if not chunk:
            break
    if "doctype" in found:
        raise UnreadableSheetError("entities", name)


def _parser(doctype: Callable[..., None], element: Callable[..., None]) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    return parser
