"""CPU time of the provisional judge a file, by kind of signature: `python bench/signatures.py`, one JSON line.

Signed PDFs of our own PKI, one process, warm, the parsed trust set shared; the
same files through pyHanko's own validation beside it (which looks at no later
revocation of an expired certificate, see ADR 0080).
"""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto carries no types.

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import fpdf
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from archive.demo.pki import Pki, new_pki
from archive.preservation.signatures.provisional import judge
from archive.preservation.signatures.signing import Signing, add_evidence, sign_pdf, time_stamp_pdf, time_stamper
from metadata.time import rfc3339

SIGNED = datetime(2026, 6, 15, 9, tzinfo=UTC)
TODAY = datetime(2026, 11, 28, tzinfo=UTC)
ROUNDS = 15


def samples(pki: Pki) -> dict[str, bytes]:
    document = fpdf.FPDF()
    for _ in range(3):
        document.add_page()
        document.set_font("helvetica", size=12)
        document.multi_cell(0, text="Dieu 1. Noi dung thu nghiem. " * 60)
    base, leader, stamper = bytes(document.output()), pki.people["leader"], time_stamper(pki.stamper, SIGNED)
    basic = sign_pdf(base, leader, Signing(SIGNED))
    stamped = sign_pdf(base, leader, Signing(SIGNED, stamper=stamper))
    long_term = add_evidence(stamped, pki.certificates(), pki.lists(SIGNED))
    four = base
    for number in range(4):
        four = sign_pdf(four, leader, Signing(SIGNED, field_name=f"Ky{number}", stamper=stamper))
    return {
        "B-B": basic,
        "B-T": stamped,
        "B-LT": long_term,
        "B-LTA": time_stamp_pdf(long_term, stamper, field_name="Dau"),
        "four": add_evidence(four, pki.certificates(), pki.lists(SIGNED)),
        "unsigned": base,
    }


def b64(der: bytes) -> str:
    return base64.b64encode(der).decode()


def cpu_ms(call: Callable[[], object]) -> float:
    call()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return round(sorted(times)[ROUNDS // 2] * 1000, 1)


def by_library(pki: Pki, data: bytes) -> Callable[[], object]:
    root = asn1_x509.Certificate.load(pki.root.der)
    others = [asn1_x509.Certificate.load(der) for der in pki.certificates()]
    lists = [asn1_crl.CertificateList.load(der) for der in pki.lists(SIGNED)]

    def judged() -> list[bool]:
        context = ValidationContext(
            trust_roots=[root], other_certs=others, crls=lists, allow_fetching=False, revocation_mode="require"
        )
        signatures = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures
        return [asyncio.run(async_validate_pdf_signature(s, context)).bottom_line for s in signatures]

    return judged


def main() -> None:
    logging.disable(logging.CRITICAL)
    pki = new_pki(SIGNED - timedelta(days=700), SIGNED + timedelta(days=3650))
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        trust: dict[str, Any] = {
            "anchors": [b64(pki.root.der)],
            "intermediates": [],
            "revocation": [b64(der) for der in pki.lists(SIGNED)],
            "at": rfc3339(TODAY),
        }
        for kind, data in samples(pki).items():
            path = Path(folder) / f"{kind}.pdf"
            path.write_bytes(data)
            work = partial(judge, scratch=Path(folder), source=str(path), **trust)
            assert all(v["indication"] == "TOTAL_PASSED" for v in work()["verdicts"]), kind
            ours = cpu_ms(work)
            library = cpu_ms(by_library(pki, data))
            figures[kind] = {"cpu_ms": ours, "pyhanko_cpu_ms": library, "ratio": round(library / ours, 2)}
    print(json.dumps({"bench": "signatures", "engine": "luutru-provisional 1", "figures": figures}))


if __name__ == "__main__":
    main()
