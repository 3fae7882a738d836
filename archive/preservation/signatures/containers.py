"""Signatures outside PDF: CMS files are judged; XML signatures and signed packages are recognised."""

from __future__ import annotations

import base64
import binascii
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from archive.preservation.signatures.certificates import (
    Certificate,
    CertificateUnreadableError,
    certificate,
)
from archive.preservation.signatures.cms_reading import CmsUnreadableError, SignedData, new_digest, read_signed_data
from archive.preservation.signatures.judging import World, judge_signer
from archive.preservation.signatures.revocation import Revocations
from archive.preservation.signatures.verdicts import undecided, unreadable, verdict

MAX_CMS_BYTES = 256 << 20
MAX_XML_BYTES = 64 << 20
MAX_PARTS = 20
CHUNK = 1 << 20

_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_PEM = re.compile(rb"-----BEGIN (?:PKCS7|CMS)-----(.+?)-----END", re.DOTALL)
_SIGNED_PARTS = re.compile(
    r"^(?:_xmlsignatures/(?!.*\.rels$).+\.xml|META-INF/(?:documentsignatures|.*signatures?).*\.(?:xml|p7s))$",
    re.IGNORECASE,
)


def judge_cms(path: Path, content: Path | None, world: World, revocation: list[bytes]) -> list[dict[str, Any]]:
    """Verdicts on every signer of a CMS file (.p7m, .p7s; DER, BER, PEM or base64).

    Args:
        path: The CMS.
        content: What it signs when it does not carry it.
        world: Trust and time.
        revocation: CRLs and OCSP answers handed in.
    """
    if path.stat().st_size > MAX_CMS_BYTES:
        return [undecided(f"too-large: a CMS file of more than {MAX_CMS_BYTES >> 20} MiB is not judged")]
    try:
        signed = read_signed_data(_binary(path.read_bytes()))
    except CmsUnreadableError as error:
        return [unreadable(f"no CMS signature: {error}")]
    answers = [*revocation, *signed.revocation, *(a for s in signed.signers for a in s.revocation)]
    full = replace(world, revocations=Revocations(answers, world.at))
    if not signed.signers:
        return [undecided("no-signer: a CMS with certificates and no signature")]
    if signed.content is None and content is None:
        why = "content-missing: the file that this detached signature signs is not beside it"
        return [_without_content(signed, why)]
    digest = _digest_of(signed, content)
    return [_signer_verdict(signed, number, digest, full) for number in range(len(signed.signers))]


def _binary(data: bytes) -> bytes:
    found = _PEM.search(data)
    text = found.group(1) if found else data
    if not found and data[:1] == b"\x30":
        return data
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        return data


def _without_content(signed: SignedData, why: str) -> dict[str, Any]:
    facts = signed.signers[0]
    outcome = undecided(why, signer=_known(facts.certificate), signing_time=facts.signing_time, level="CMS")
    return outcome | {"subindication": "SIGNED_DATA_NOT_FOUND"}


def _known(der: bytes | None) -> Certificate | None:
    try:
        return certificate(der) if der else None
    except CertificateUnreadableError:
        return None


def _digest_of(signed: SignedData, content: Path | None) -> Callable[[str], bytes]:
    def of(name: str) -> bytes:
        value = new_digest(name)
        if signed.content is not None:
            value.update(signed.content)
        elif content is not None:
            with content.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    value.update(chunk)
        return bytes(value.digest())

    return of


def _signer_verdict(signed: SignedData, number: int, digest: Callable[[str], bytes], world: World) -> dict[str, Any]:
    facts = signed.signers[number]
    judged = judge_signer(signed, facts, digest, world, None, world.at)
    level = ("B-T" if judged.stamped else "B-B") if judged.has_signing_certificate else "CMS"
    return verdict(
        judged.outcome,
        signer=judged.signer,
        signing_time=facts.signing_time,
        best_time=judged.best_time,
        level=level,
        coverage="whole-file",
        notes=judged.notes,
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
        return _known(base64.b64decode(text or ""))
    except (ValueError, binascii.Error):
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
