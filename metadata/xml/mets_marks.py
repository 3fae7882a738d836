"""Identifiers and times of a METS document, which its schema takes in any form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from lxml import etree

from metadata.xml.mets import METS
from metadata.xml.reading import elements

_TIMES = ("CREATEDATE", "LASTMODDATE", "CREATED")
_MARKED = ("metsHdr", "dmdSec", "digiprovMD", "file")


@dataclass(frozen=True, slots=True)
class Mark:
    """An attribute with its value."""

    element: str
    attribute: str
    value: str


def marks(stream: BinaryIO) -> Iterator[Mark]:
    """The identifiers and times of header, metadata sections and files, and what their references say.

    Raises:
        XmlRefusedError: not well-formed, or a DOCTYPE.
    """
    walk = elements(stream, {f"{{{METS}}}{name}" for name in _MARKED})
    next(walk)
    for found in walk:
        yield from _of(found)
        for inner in found.iterfind(f"{{{METS}}}mdRef"):
            yield from _of(inner)


def _of(element: etree._Element) -> Iterator[Mark]:
    name = etree.QName(element).localname
    for attribute in ("ID", *_TIMES):
        value = element.get(attribute)
        if value is not None:
            yield Mark(name, attribute, value)
