"""XML parts of a packed workbook as streams: elements one by one, no entities, and where each worksheet lies."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO
from xml.parsers import expat

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]

_CHUNK_BYTES = 1 << 18
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class DoctypeError(Exception):
    """A document type is declared; those parts are refused before, this is the second lock."""


def parse(stream: IO[bytes], start: Start, end: End | None = None, text: End | None = None) -> None:
    """Call `start` and `end` for every element (`namespace local`), `text` for letters between them.

    Raises:
        DoctypeError: see there.
        ExpatError: no XML.
    """

    def refuse(*_: object) -> None:
        raise DoctypeError

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    while chunk := stream.read(_CHUNK_BYTES):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def elements(archive: zipfile.ZipFile, path: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Elements of a small part, by local name."""
    found: list[tuple[str, Mapping[str, str]]] = []
    with archive.open(path) as stream:
        parse(stream, lambda name, attributes: found.append((name.rpartition(" ")[2], attributes)))
    yield from found


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Where each worksheet of an Office Open XML workbook lies, by its name; only those that are there."""
    names = frozenset(archive.namelist())
    if not {_WORKBOOK, _RELATIONS} <= names:
        return {}
    sheets = {
        attributes.get("name", ""): next((value for key, value in attributes.items() if key.endswith(" id")), "")
        for name, attributes in elements(archive, _WORKBOOK)
        if name == "sheet"
    }
    targets = {
        attributes.get("Id", ""): _path(attributes.get("Target", ""))
        for name, attributes in elements(archive, _RELATIONS)
        if name == "Relationship"
    }
    return {name: targets[relation] for name, relation in sheets.items() if targets.get(relation) in names}


def _path(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def cell_place(reference: str) -> tuple[int, int]:
    """Row and column, from 1, of a cell that is called `F3`.

    Raises:
        ValueError: no cell is called so.
    """
    found = _CELL.fullmatch(reference)
    if found is None:
        raise ValueError(reference)
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column
