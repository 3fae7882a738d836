"""The worker task of the provisional engine: one file in, a verdict for each of its signatures out.

Runs in a limited process without network. Content never raises: what cannot be
judged is INDETERMINATE with its reason, what cannot be read as what it claims
to be is TOTAL_FAILED/FORMAT_FAILURE.
"""

from __future__ import annotations

import base64
import logging
from pathlib import Path
from typing import Any

from archive.preservation.signatures.certificates import readable
from archive.preservation.signatures.chains import Trust
from archive.preservation.signatures.containers import judge_cms, judge_package, judge_xml
from archive.preservation.signatures.judging import World
from archive.preservation.signatures.pdf_judging import judge_pdf
from archive.preservation.signatures.revocation import Revocations
from archive.preservation.signatures.verdicts import undecided, unreadable
from metadata.time import from_rfc3339

_HEAD = 1024
_PDF = (".pdf",)
_CMS = (".p7m", ".p7s", ".p7b", ".pkcs7")
_XML = (".xml",)
_PACKAGES = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".asice", ".asics", ".sce", ".scs")
_OLE = b"\xd0\xcf\x11\xe0"
_BOM = b"\xef\xbb\xbf"
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


def judge(  # noqa: PLR0913 - keywords of a task
    *,
    scratch: Path,  # noqa: ARG001 - every task has one; nothing is written here
    source: str,
    anchors: list[str],
    intermediates: list[str],
    at: str,
    content: str | None = None,
    revocation: list[str] | None = None,
) -> dict[str, Any]:
    """Judge every signature of one file.

    Args:
        scratch: Not used.
        source: The file, read only.
        anchors: Trusted certificates, DER in base64.
        intermediates: Certificates that help to build paths, DER in base64.
        at: The time of judging, RFC 3339.
        content: The file that a detached signature signs.
        revocation: CRLs and OCSP answers known beside the file's own, DER in base64.

    Returns:
        `verdicts`: `metadata.verdicts.SignatureVerdict` as JSON, without `judged_at`,
        `trust_set` and `engine`; empty for an unsigned file.
    """
    # pyHanko logs every oddity of a hostile file with a traceback.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    moment = from_rfc3339(at)
    answers = _ders(revocation or [])
    trust = Trust.of(readable(_ders(anchors)), readable(_ders(intermediates)))
    world = World(trust, Revocations(answers, moment), moment)
    try:
        verdicts = _by_kind(Path(source), Path(content) if content else None, world, answers)
    except RecursionError:
        verdicts = [undecided("nesting: the file is nested too deeply to be judged")]
    return {"verdicts": verdicts}


def _ders(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(text) for text in texts]


def _by_kind(path: Path, content: Path | None, world: World, answers: list[bytes]) -> list[dict[str, Any]]:
    with path.open("rb") as stream:
        kind = _kind(stream.read(_HEAD), path.suffix.lower())
    if kind == "pdf":
        return judge_pdf(path, world, answers)
    if kind == "cms":
        return judge_cms(path, content, world, answers)
    if kind == "package":
        return judge_package(path)
    if kind == "xml":
        return judge_xml(path)
    return [unreadable(kind)] if kind else []


def _kind(head: bytes, suffix: str) -> str:
    """`pdf`, `cms`, `package`, `xml`, empty for what carries no signatures, else why the name lies."""
    if b"%PDF-" in head:
        return "pdf"
    if suffix in _PDF:
        return "no PDF header in the first kilobyte"
    if suffix in _CMS or _SIGNED_DATA in head[:24] or head.startswith((b"-----BEGIN PKCS7", b"-----BEGIN CMS")):
        return "cms"
    if head.startswith(b"PK\x03\x04"):
        return "package"
    if head.removeprefix(_BOM).lstrip().startswith(b"<?xml") or suffix in _XML:
        return "xml"
    return "no ZIP package" if suffix in _PACKAGES and not head.startswith(_OLE) else ""
