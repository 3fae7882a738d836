"""What a signature in an Office package (ECMA-376-2) leaves unsigned.

Office signs parts one by one and relationships one by one, so whoever adds a
part or a relationship breaks no digest. Hence everything in the package must be
signed but what the format never signs; whatever else stands there is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from archive.preservation.signatures.xml_relationships import RELATIONSHIPS
from archive.preservation.signatures.xml_signatures import Led
from archive.preservation.signatures.xml_tree import Document, XmlUnreadableError

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_CONTENT_TYPES = "[Content_Types].xml"
_OFFICE_DOCUMENT = "/officeDocument"
_NEVER_SIGNED = (
    "/metadata/core-properties",
    "/extended-properties",
    "/custom-properties",
    "/metadata/thumbnail",
    "/digital-signature/origin",
    "/digital-signature/signature",
    "/digital-signature/certificate",
)
"""Ends of relationship types that no Office program signs ([MS-OFFCRYPTO], clause 2.5.2)."""

_BESIDE = ("docProps/", "_xmlsignatures/")


def office_types(document: Callable[[str], Document]) -> Callable[[str], str]:
    """Tells the content type of a part, as `[Content_Types].xml` gives it; empty: none.

    Args:
        document: Reads an XML part.
    """
    try:
        root = document(_CONTENT_TYPES).root
    except XmlUnreadableError:
        return lambda _: ""
    defaults = {(e.get("Extension") or "").casefold(): e.get("ContentType") or "" for e in root.all(_TYPES, "Default")}
    given = {(e.get("PartName") or "").lstrip("/"): e.get("ContentType") or "" for e in root.all(_TYPES, "Override")}
    return lambda name: given.get(name) or defaults.get(name.rpartition(".")[2].casefold(), "")


def office_coverage(
    entries: list[str], signed: Mapping[str, Led], document: Callable[[str], Document]
) -> Iterator[str]:
    """Places that are not signed and could say something.

    Args:
        entries: All parts of the package.
        signed: References of the signature by the part that they lead to.
        document: Reads an XML part.
    """
    for name in entries:
        if name == _CONTENT_TYPES or name.startswith(_BESIDE):
            continue
        if not name.endswith(".rels"):
            if name not in signed:
                yield f"part {name}"
            continue
        yield from _relationships(name, signed.get(name), document)
    if not _main_is_signed(signed, document):
        yield "the relationship of the package to its main part"


def _relationships(name: str, led: Led | None, document: Callable[[str], Document]) -> Iterator[str]:
    through = led.found.relations if led is not None and led.found is not None else None
    if led is not None and through is None:
        # Signed as bytes, so with every relationship in it.
        return
    ids, kinds = through or (frozenset(), frozenset())
    try:
        members = document(name).root.all(RELATIONSHIPS, "Relationship")
    except XmlUnreadableError:
        yield f"part {name}"
        return
    for member in members:
        kind = member.get("Type") or ""
        if member.get("Id") in ids or kind in kinds or kind.endswith(_NEVER_SIGNED):
            continue
        yield f"relationship {member.get('Id')} in {name}"


def _main_is_signed(signed: Mapping[str, Led], document: Callable[[str], Document]) -> bool:
    """Whether exactly one main part is named, by a signed relationship, and is signed itself."""
    try:
        members = document("_rels/.rels").root.all(RELATIONSHIPS, "Relationship")
    except (XmlUnreadableError, KeyError):
        return False
    main = [m for m in members if (m.get("Type") or "").endswith(_OFFICE_DOCUMENT)]
    return len(main) == 1 and (main[0].get("Target") or "").lstrip("/") in signed and "_rels/.rels" in signed
