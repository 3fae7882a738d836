"""pyHanko reads the same file independently: form, digests, signature values, signers, coverage. It decides nothing.

Bounded: few fields, few revisions, files of ordinary size; whatever it raises
is "could not say" with the name of what was raised. Runs in a worker, as a
task of its own where a breach of its limits must not cost our own verdict.
"""

# mypy: disable-error-code="no-untyped-call"
# Parts of pyHanko carry no types.

from __future__ import annotations

import hashlib
import io
import logging
from pathlib import Path
from typing import Any

from asn1crypto import cms, tsp
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from archive.preservation.signatures.second_reader_answers import Reading, Readings

MAX_FIELDS = 50
MAX_REVISIONS = 200
MAX_OBJECTS = 500_000
MAX_BYTES = 256 << 20
"""Largest file that is read again, in bytes."""

_COVERAGE = {
    SignatureCoverageLevel.ENTIRE_FILE: "whole-file",
    SignatureCoverageLevel.ENTIRE_REVISION: "whole-revision",
    SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START: "partial",
    SignatureCoverageLevel.UNCLEAR: "unclear",
}
_DETACHED = frozenset({"/adbe.pkcs7.detached", "/ETSI.CAdES.detached", "/ETSI.RFC3161"})


def read(*, scratch: Path, source: str) -> dict[str, Any]:  # noqa: ARG001 - every task has a scratch folder
    """Worker task: `Readings.document` of the PDF at `source`."""
    return read_again(Path(source)).document()


def read_again(path: Path) -> Readings:
    """What pyHanko says of the signatures of the PDF at `path`; never raises on content."""
    # pyHanko logs every oddity of a hostile file with a traceback.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    if path.stat().st_size > MAX_BYTES:
        return Readings(why="too-large")
    with path.open("rb") as stream:
        small = io.BytesIO(stream.read()) if path.stat().st_size <= MAX_BYTES >> 4 else stream
        try:
            return _read(PdfFileReader(small, strict=False))
        except Exception as error:  # noqa: BLE001 - pyHanko raises whatever hostile objects provoke
            return Readings(why=type(error).__name__)


def _read(reader: PdfFileReader) -> Readings:
    if reader.encrypted and reader.decrypt("").status == AuthStatus.FAILED:
        return Readings(why="locked")
    if reader.xrefs.total_revisions > MAX_REVISIONS or int(reader.trailer["/Size"]) > MAX_OBJECTS:
        return Readings(why="too-many-objects")
    found: list[Reading] = []
    count = 0
    for name, value, field in enumerate_sig_fields(reader, filled_status=True):
        count += 1
        if count > MAX_FIELDS:
            return Readings(tuple(found), None, "too-many-fields")
        found.append(_reading(reader, str(name), value, field))
    return Readings(tuple(found), count)


def _reading(reader: PdfFileReader, name: str, value: Any, field: Any) -> Reading:  # noqa: ANN401 - pyHanko's objects
    try:
        dictionary = value.get_object() if isinstance(value, generic.IndirectObject) else value
        kind = str(dictionary.get("/SubFilter", ""))
        if kind not in _DETACHED:
            return Reading(name, why="sub-filter")
        signature = EmbeddedPdfSignature(reader, field, name)
        coverage = _COVERAGE.get(signature.evaluate_signature_coverage())
    except Exception as error:  # noqa: BLE001 - as above
        return Reading(name, why=type(error).__name__)
    try:
        certificate = signature.signer_cert
        signer = hashlib.sha256(certificate.dump()).hexdigest()
        return Reading(name, _integrity(signature), signer, coverage)
    except Exception as error:  # noqa: BLE001 - as above
        return Reading(name, coverage=coverage, why=type(error).__name__)


def _integrity(signature: EmbeddedPdfSignature) -> bool:
    digest = signature.compute_digest()
    content = signature.signed_data["encap_content_info"]
    kind = content["content_type"].native
    holds = True
    if kind == "tst_info":
        imprint = content["content"].parsed
        holds = isinstance(imprint, tsp.TSTInfo) and imprint["message_imprint"]["hashed_message"].native == digest
        digest = hashlib.new(signature.md_algorithm, bytes(content["content"])).digest()
    intact, valid = validate_sig_integrity(_signer(signature), signature.signer_cert, kind, digest)
    return bool(holds and intact and valid)


def _signer(signature: EmbeddedPdfSignature) -> cms.SignerInfo:
    return signature.signer_info
