"""The fields of TT 02/2019/TT-BNV as XML: the circular keeps metadata as XML files and gives no schema for them.

Elements are called by the circular's short names (`FileCode`, `IssuedDate`) in the order of its tables, so that the
systems that were built on these find their own words; each has its Vietnamese name beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from metadata.profiles import Field
from metadata.xml.writing import XmlWriter, quoted

TT02 = "urn:luutru:tt02:1.0"

Filled = Sequence[tuple[Field, str]]
"""Fields of a table with their values, in the order of the table."""


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file that goes along."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DeliveredRecord:
    """A document, picture or recording."""

    element: str
    """`Document`, `Photo`, `Media`."""

    fields: Filled
    files: Sequence[DeliveredFile] = ()
    extra: Mapping[str, str] | None = None
    """Columns that no table knows, by heading."""


def write_tt02(
    stream: BinaryIO, *, fonds: Filled, dossier: DeliveredRecord, records: Iterable[DeliveredRecord], made_at: str
) -> None:
    """Write the record of one dossier to `stream`, document by document."""
    xml = XmlWriter(stream, TT02)
    attributes = {"version": "1", "circular": "02/2019/TT-BNV", "madeAt": made_at}
    with xml.document("ArchivalRecords", attributes, {None: TT02}):
        with xml.element("Fonds"):
            _fields(xml, fonds)
        with xml.element("File"):
            _record(xml, dossier)
            with xml.element("Records"):
                for record in records:
                    with xml.element(record.element):
                        _record(xml, record)


def _record(xml: XmlWriter, record: DeliveredRecord) -> None:
    _fields(xml, record.fields)
    for heading, value in (record.extra or {}).items():
        xml.leaf("Extra", quoted(value), {"heading": quoted(heading)})
    for file in record.files:
        xml.leaf("FileName", quoted(file.name), {"sha256": file.sha256, "bytes": str(file.size_bytes)})


def _fields(xml: XmlWriter, fields: Filled) -> None:
    for field, value in fields:
        xml.leaf(field.short, quoted(value), {"label": field.vi})
