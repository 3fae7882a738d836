"""Signatures outside PDF: CMS files are judged; XML signatures and signed packages are recognised."""

from __future__ import annotations

import base64
import binascii
import re
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from archive.preservation.signatures.certificates import (
    Certificate,
    CertificateUnreadableError,
    certificate,
)
from archive.preservation.signatures.verdicts import undecided, unreadable

MAX_XML_BYTES = 64 << 20
MAX_PARTS = 20

_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_SIGNED_PARTS = re.compile(
    r"^(?:_xmlsignatures/(?!.*\.rels$).+\.xml|META-INF/(?:documentsignatures|.*signatures?).*\.(?:xml|p7s))$",
    re.IGNORECASE,
)


def judge_xml(path: Path) -> list[dict[str, Any]]:
    """One INDETERMINATE a `ds:Signature`: XML signatures are recognised and named, not judged."""
    if path.stat().st_size > MAX_XML_BYTES:
        return [undecided(f"too-large: an XML file of more than {MAX_XML_BYTES >> 20} MiB is not searched")]
    with path.open("rb") as stream:
        return _xml_signatures(stream, None)


def _xml_signatures(stream: BinaryIO, part: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    signer: Certificate | None = None
    try:
        events = etree.iterparse(
            stream, events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        for _, element in events:
            if element.tag == f"{_DS}X509Certificate" and signer is None:
                signer = _in_base64(element.text)
            elif element.tag == f"{_DS}Signature" and len(found) < MAX_PARTS:
                why = "xml-signature: recognised, not judged by this engine"
                found.append(undecided(why, field=part or element.get("Id"), signer=signer, level="XMLDSig"))
                signer = None
            if element.getparent() is None or not element.tag.startswith(_DS):
                element.clear()
    except (etree.XMLSyntaxError, ValueError, AttributeError) as error:
        return [*found, unreadable(f"no well-formed XML: {error}")]
    return found


def _in_base64(text: str | None) -> Certificate | None:
    try:
        return certificate(base64.b64decode(text or ""))
    except (ValueError, binascii.Error, CertificateUnreadableError):
        return None


def judge_package(path: Path) -> list[dict[str, Any]]:
    """One INDETERMINATE a signature part of a ZIP package (OOXML, ODF, ASiC)."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = [i for i in package.infolist() if _SIGNED_PARTS.match(i.filename)][:MAX_PARTS]
            return [v for part in parts for v in _part(package, part)]
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        return [unreadable(f"no readable package: {error}")]


def _part(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> list[dict[str, Any]]:
    if part.filename.lower().endswith(".p7s"):
        return [undecided("asic: recognised, not judged by this engine", field=part.filename, level="ASiC")]
    if part.file_size > MAX_XML_BYTES:
        return [undecided("too-large: the signature part is not searched", field=part.filename)]
    with package.open(part) as stream:
        return _xml_signatures(stream, part.filename)  # type: ignore[arg-type] # IO[bytes] reads alike
