"""The authentication file of a DIP for programs: what the archive says of its copies, digest by digest.

The circular asks for a PDF/A with eleven items and gives no form for programs, so
this one is the archive's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from metadata.profiles.copies import ItemOf, copy_rules
from metadata.xml.writing import XmlWriter, quoted, write_signed_file

AUTHENTICATION = "urn:luutru:authentication:1.0"


@dataclass(frozen=True, slots=True)
class AuthenticatedFile:
    """An original or a copy."""

    role: str
    """`original` or `copy`."""

    path: str
    """In the package."""

    name: str
    """As received."""

    sha256: str
    sha512: str
    size_bytes: int
    copy_of: str = ""
    """Path of the original."""

    flavour: str = ""
    """Of a copy, as measured."""

    signatures: Sequence[Mapping[str, str]] = ()
    """What was judged of the signatures of an original."""


@dataclass(frozen=True, slots=True)
class AuthenticatedDocument:
    """A document of the package."""

    ordinal: int
    items: Mapping[str, str]
    """By key of `metadata.profiles.copies`; empty: not known."""

    files: Sequence[AuthenticatedFile]


@dataclass(frozen=True, slots=True)
class Authentication:
    """What the archive says of one package."""

    package: str
    """OBJID."""

    made_of: str
    """URN of the stored package."""

    made_at: str
    """RFC 3339, +07:00."""

    items: Mapping[str, str]
    """By key, as of a document."""

    note: Sequence[str]
    """Lines of the note on the copies."""

    documents: Sequence[AuthenticatedDocument]
    evidence: Sequence[tuple[str, str, str]]
    """Name, kind and time of the time-stamped batches and renewals that cover the stored package."""


def write_authentication(stream: BinaryIO, said: Authentication) -> None:
    """Write `said` to `stream`; what is not known has an element without text."""
    xml = XmlWriter(stream, AUTHENTICATION)
    attributes = {
        "version": "1",
        "package": said.package,
        "madeOf": said.made_of,
        "madeAt": said.made_at,
        "signed": "false",
    }
    with xml.document("authentication", attributes, {None: AUTHENTICATION}):
        _items(xml, said.items, ItemOf.PACKAGE)
        for line in said.note:
            xml.leaf("note", quoted(line))
        for document in said.documents:
            with xml.element("document", {"ordinal": str(document.ordinal)}):
                _items(xml, document.items, ItemOf.DOCUMENT)
                for file in document.files:
                    _file(xml, file)
        for name, kind, at in said.evidence:
            xml.leaf("evidence", "", {"batch": name, "event": kind, "at": at})


def _items(xml: XmlWriter, items: Mapping[str, str], by: ItemOf) -> None:
    for item in copy_rules().items:
        if item.by is by:
            xml.leaf("item", quoted(items.get(item.key, "")), {"key": item.key, "label": item.vi})


def _file(xml: XmlWriter, file: AuthenticatedFile) -> None:
    attributes = {
        "role": file.role,
        "path": quoted(file.path),
        "name": quoted(file.name),
        "sha256": file.sha256,
        "sha512": file.sha512,
        "bytes": str(file.size_bytes),
        **({"copyOf": quoted(file.copy_of)} if file.copy_of else {}),
        **({"flavour": file.flavour} if file.flavour else {}),
    }
    write_signed_file(xml, attributes, file.signatures)
