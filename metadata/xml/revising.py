"""A METS document whose files changed: digests, sizes and times of these are written anew, all else stays."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from lxml import etree

from metadata.digests import Digests
from metadata.xml.mets import METS, XLINK
from metadata.xml.reading import XmlRefusedError, parsed
from metadata.xml.schemas import mets_schema


def revised_mets(data: bytes, changed: Mapping[str, Digests], modified: str) -> bytes:
    """The METS document `data` as it lists the files `changed`.

    Args:
        data: As stored.
        changed: By path, as the document writes it (relative to it).
        modified: RFC 3339: since when it is so.

    Raises:
        XmlRefusedError: not well-formed, against the schema, or it does not list a file of `changed`.
    """
    root = parsed(BytesIO(data), mets_schema())
    left = set(changed)
    for header in root.iterfind(f"{{{METS}}}metsHdr"):
        header.set("LASTMODDATE", modified)
    for place in root.iter(f"{{{METS}}}mdRef", f"{{{METS}}}FLocat"):
        path = place.get(f"{{{XLINK}}}href") or ""
        holder = place if place.tag == f"{{{METS}}}mdRef" else place.getparent()
        if path in changed and holder is not None:
            digests = changed[path]
            holder.set("SIZE", str(digests.size_bytes))
            holder.set("CHECKSUM", digests.sha256)
            holder.set("CHECKSUMTYPE", "SHA-256")
            holder.set("CREATED", modified)
            left.discard(path)
    if left:
        msg = f"METS does not list {', '.join(sorted(left))}"
        raise XmlRefusedError(msg)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"
