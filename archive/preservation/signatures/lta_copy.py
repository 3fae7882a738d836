"""Prepares a copy of a signed PDF with what proves its signatures inside: one more revision, nothing else changed.

The revision holds the validation bundle (DSS) and an empty place for a document
time-stamp; the time-stamp is asked for by the caller, for a worker has no
network. Description (Info, XMP) is left as it is: who writes it anew breaks
PDF/A and the wish of the signer.
"""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto and parts of pyHanko carry no types.

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pikepdf
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore

TASK = f"{__name__}:prepare"
RESERVED = 32_768
"""Hexadecimal digits kept free for the token: twice what an authority with a long chain needs."""

DIGEST = "sha256"
FIELD = "DauThoiGianBanSao"
OUTPUT = "copy"

_Load = Callable[[bytes], Any]


class _Writer(IncrementalPdfFileWriter):
    """Leaves the document's own description as it is."""

    def _update_meta(self) -> None:
        return


def prepare(*, scratch: Path, source: str, objects: list[str]) -> dict[str, Any]:
    """Write the copy with an empty place for its time-stamp.

    Args:
        scratch: The copy is written here.
        source: The original, read only.
        objects: The validation bundle, DER in base64: certificates, CRLs, OCSP answers; what is none is left out.

    Returns:
        `digest` of what the time-stamp is over (hexadecimal), `start` and `end` of the empty place with its
        brackets, `outputs` with the copy; or `refused`: `pdfa-1`, `encrypted` or `unreadable`, with `detail`.
    """
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    path = Path(source)
    try:
        refused = _refusal(path)
        return {"refused": refused, "detail": ""} if refused else _prepared(path, scratch / "copy.pdf", objects)
    except Exception as error:  # noqa: BLE001 - the file is hostile, and both libraries raise what they like
        return {"refused": "unreadable", "detail": f"{type(error).__name__}: {error}"[:300]}


def _refusal(path: Path) -> str:
    with pikepdf.open(path) as pdf:
        if pdf.is_encrypted:
            return "encrypted"
        # PDF/A-1 knows neither DSS nor such a time-stamp: every field needs an appearance there (6.9).
        return "pdfa-1" if pdf.open_metadata().pdfa_status.startswith("1") else ""


def _prepared(path: Path, target: Path, objects: Iterable[str]) -> dict[str, Any]:
    with path.open("rb") as stream, target.open("w+b") as output:
        writer = _Writer(stream, strict=False)
        names = {name for name, *_ in enumerate_sig_fields(writer.prev)}
        certificates, lists, answers = _sorted_out(objects)
        DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=certificates, crls=lists, ocsps=answers)
        embedding = PdfCMSEmbedder().write_cms(field_name=_free_name(names), writer=writer)
        next(embedding)
        embedding.send(SigObjSetup(sig_placeholder=DocumentTimestamp(bytes_reserved=RESERVED)))
        prepared, _ = embedding.send(SigIOSetup(md_algorithm=DIGEST, in_place=False, output=output))
    return {
        "digest": prepared.document_digest.hex(),
        "start": prepared.reserved_region_start,
        "end": prepared.reserved_region_end,
        "outputs": {OUTPUT: target.name},
    }


def _free_name(taken: set[str]) -> str:
    number = next(number for number in range(1, len(taken) + 2) if f"{FIELD}{number}" not in taken)
    return f"{FIELD}{number}"


def _sorted_out(objects: Iterable[str]) -> tuple[list[Any], list[Any], list[Any]]:
    """Certificates, lists and answers among `objects`; time-stamps, which the signatures hold, are left out."""
    loads: Sequence[_Load] = (_certificate, _list, _answer)
    found: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    for text in objects:
        der = base64.b64decode(text)
        for load, into in zip(loads, found, strict=True):
            try:
                into.append(load(der))
            except (ValueError, TypeError, KeyError):
                continue
            break
    return found


def _certificate(der: bytes) -> Any:  # noqa: ANN401 - asn1crypto has no types
    found = asn1_x509.Certificate.load(der, strict=True)
    found["tbs_certificate"]["subject_public_key_info"]["algorithm"].native  # noqa: B018 - parsed when asked for
    found.serial_number  # noqa: B018 - as above
    return found


def _list(der: bytes) -> Any:  # noqa: ANN401 - as above
    found = asn1_crl.CertificateList.load(der, strict=True)
    found["tbs_cert_list"]["this_update"].native  # noqa: B018 - parsed when asked for
    return found


def _answer(der: bytes) -> Any:  # noqa: ANN401 - as above
    found = asn1_ocsp.OCSPResponse.load(der, strict=True)
    found["response_status"].native  # noqa: B018 - parsed when asked for
    found["response_bytes"]["response_type"].native  # noqa: B018 - as above
    return found
