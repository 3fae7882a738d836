"""Elements of a validation report (ETSI TS 119 102-2), and the files that it speaks of."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from metadata.verdicts import SignatureVerdict
from metadata.xml.writing import legal

VR = "http://uri.etsi.org/19102/v1.4.1#"
DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
TSL = "http://uri.etsi.org/02231/v2#"
NAMESPACES = {"vr": VR, "ds": DS, "XAdES": XADES, "tsl": TSL}
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ETSI = "urn:etsi:019102"
OURS = "urn:luutru"


@dataclass(frozen=True, slots=True)
class ReportedFile:
    """One file with its verdicts."""

    name: str
    verdicts: tuple[SignatureVerdict, ...]
    facts: Mapping[str, Any]
    """What `report_facts.describe` gave."""


def facts_of_verdict(file: ReportedFile, number: int, verdict: SignatureVerdict) -> Mapping[str, Any]:
    """What was read of the signature under a verdict: verdicts stand in the order of what was read."""
    found = file.facts["signatures"]
    read: Mapping[str, Any] = found[number] if number < len(found) else {}
    return read if not read or read["name"] in ("", verdict.field) else {}


def add(parent: etree._Element, name: str, text: str = "", *, space: str = VR, **attributes: str) -> etree._Element:
    """An element inside `parent`; what XML cannot hold in `text` becomes U+FFFD."""
    child = etree.SubElement(parent, f"{{{space}}}{name}", attributes)
    if text:
        child.text = legal(text)
    return child


def add_digest(parent: etree._Element, name: str, sha256: str, *, space: str = VR) -> None:
    """A SHA-256 in the form of XAdES."""
    holder = add(parent, name, space=space)
    add(holder, "DigestMethod", space=DS, Algorithm=SHA256)
    add(holder, "DigestValue", base64.b64encode(bytes.fromhex(sha256)).decode(), space=DS)


def add_reference(parent: etree._Element, name: str, *objects: str) -> None:
    """A reference to validation objects by their SHA-256."""
    add(parent, name, VOReference=" ".join(f"O-{one}" for one in objects))


def object_id(sha256: str) -> str:
    """Identifier of a validation object in the document."""
    return f"O-{sha256}"
