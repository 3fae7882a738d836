"""CPU time of the signature engine a file, by kind of signature; one JSON line.

`PYTHONPATH=. .venv/bin/python -P bench/signatures.py [--mib 100] [--kinds-only]`.

Signed PDFs of our own PKI, one process, warm, the parsed trust set shared. The
same files in the same run through pyHanko's AdES validation: basic for B-B,
with time for B-T, long-term for B-LT, B-LTA and four signatures (what it
answers is another matter: ADR 0080). Our own figure holds everything from the
file's bytes to verdict and reasons; second reader, bundle and report stand apart.
"""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto carries no types.

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import json
import logging
import os
import statistics
import subprocess
import sys
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
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.ades import ades_basic_validation, ades_lta_validation, ades_with_time_validation
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy, DisallowWeakAlgorithmsPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from archive.demo.pki import Pki, new_pki
from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.reporting import Reporter
from archive.preservation.signatures.second_reader import read_again
from archive.preservation.signatures.signing import Signing, add_evidence, sign_pdf, time_stamp_pdf, time_stamper
from archive.preservation.signatures.task import judge
from archive.preservation.trust.sets import TrustSnapshot
from metadata.time import rfc3339
from tests.fakes.clocks import SteppingClock
from tests.fakes.workers import InlineWorkers

SIGNED = datetime(2026, 6, 15, 9, tzinfo=UTC)
TODAY = datetime(2026, 11, 28, tzinfo=UTC)
ROUNDS = 15
SECONDS_OF_RATE = 6.0


# ------------------------------------------------------------ files


def document(pages: int = 3) -> bytes:
    made = fpdf.FPDF()
    for _ in range(pages):
        made.add_page()
        made.set_font("helvetica", size=12)
        made.multi_cell(0, text="Dieu 1. Noi dung thu nghiem. " * 60)
    return bytes(made.output())


def samples(pki: Pki) -> dict[str, bytes]:
    base, leader, stamper = document(), pki.people["leader"], time_stamper(pki.stamper, SIGNED)
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
    }


def common_negatives() -> dict[str, tuple[bytes, str]]:
    """The common INDETERMINATE ones: no chain, nothing known of the revocation."""
    strangers = new_pki(SIGNED - timedelta(days=700), SIGNED + timedelta(days=3650))
    stamper = time_stamper(strangers.stamper, SIGNED)
    return {
        "no-chain": (
            sign_pdf(document(), strangers.people["leader"], Signing(SIGNED, stamper=stamper)),
            "NO_CERTIFICATE_CHAIN_FOUND",
        ),
    }


def twenty(pki: Pki) -> bytes:
    data, stamper = document(), time_stamper(pki.stamper, SIGNED)
    for number in range(20):
        how = Signing(SIGNED, field_name=f"Ky{number}", stamper=stamper)
        data = sign_pdf(data, pki.people["leader"], how)
    return data


def fifty_revisions(pki: Pki) -> bytes:
    data = sign_pdf(document(), pki.people["leader"], Signing(SIGNED))
    for number in range(50):
        writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
        writer.root["/Seed"] = generic.NumberObject(number)
        writer.update_root()
        output = io.BytesIO()
        writer.write(output)
        data = output.getvalue()
    return data


def large(pki: Pki, mib: int) -> bytes:
    """A file of so many MiB: one incompressible stream that no page shows."""
    writer = IncrementalPdfFileWriter(io.BytesIO(document(1)), strict=False)
    writer.root["/Ballast"] = writer.add_object(generic.StreamObject(stream_data=os.urandom(mib << 20)))
    writer.update_root()
    output = io.BytesIO()
    writer.write(output)
    return sign_pdf(output.getvalue(), pki.people["leader"], Signing(SIGNED))


# ------------------------------------------------------------ measuring


def b64(der: bytes) -> str:
    return base64.b64encode(der).decode()


def cpu_ms(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median CPU milliseconds of `call`, warm."""
    call()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return round(statistics.median(times) * 1000, 3)


def trust_of(pki: Pki, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - keywords of the task
    return {
        "anchors": [b64(pki.root.der)],
        "intermediates": [],
        "revocation": [b64(der) for der in pki.lists(SIGNED)],
        "at": rfc3339(TODAY),
        **more,
    }


class Library:
    """pyHanko's AdES validation with the trust set parsed once."""

    def __init__(self, pki: Pki) -> None:
        policy = CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=[asn1_x509.Certificate.load(pki.root.der)]),
            revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
            algorithm_usage_policy=DisallowWeakAlgorithmsPolicy(),
        )
        local = LocalKnowledge(
            known_certs=[asn1_x509.Certificate.load(der) for der in pki.certificates()],
            known_crls=[CRLContainer(asn1_crl.CertificateList.load(der)) for der in pki.lists(SIGNED)],
        )
        gathering = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
        self._spec = PdfSignatureValidationSpec(
            SignatureValidationSpec(policy, gathering, policy, local_knowledge=local)
        )

    def judged(self, kind: str, data: bytes) -> list[str]:
        return asyncio.run(self._judged(kind, data))

    async def _judged(self, kind: str, data: bytes) -> list[str]:
        reader = PdfFileReader(io.BytesIO(data))
        found = []
        inner = self._spec.signature_validation_spec
        for signature in reader.embedded_regular_signatures:
            if kind == "B-B":
                digest = signature.compute_digest()
                result: Any = await ades_basic_validation(signature.signed_data, inner, raw_digest=digest)
            elif kind in ("B-T", "no-chain"):
                digest = signature.compute_digest()
                result = await ades_with_time_validation(signature.signed_data, inner, raw_digest=digest)
            else:
                result = await ades_lta_validation(signature, self._spec)
            found.append(str(result.ades_subindic))
        return found


def reported(pki: Pki, folder: Path, path: Path) -> Callable[[], object]:
    """The ETSI report on a file that has been judged."""
    (folder / "trust").mkdir(exist_ok=True)
    (folder / "trust" / "root.der").write_bytes(pki.root.der)
    workers = InlineWorkers()
    trust = TrustSnapshot.from_folder(folder / "trust")
    judgement = Judge(workers, trust, SteppingClock(TODAY, timedelta(0)), second_reader=False).judgements([path])[0]
    reporter = Reporter(workers)
    return lambda: reporter.report([reporter.examined(path.name, path, judgement)])


def by_kind(pki: Pki, folder: Path, figures: dict[str, Any]) -> None:
    library, trust = Library(pki), trust_of(pki)
    wanted = {kind: (data, None) for kind, data in samples(pki).items()} | common_negatives()
    for kind, (data, word) in wanted.items():
        path = folder / f"{kind}.pdf"
        path.write_bytes(data)
        work = partial(judge, scratch=folder, source=str(path), **trust)
        assert {v["subindication"] for v in work()["verdicts"]} == {word}, (kind, work())
        # Interleaved, so that a busy machine disturbs both alike.
        pairs = [(cpu_ms(work, 7), cpu_ms(partial(library.judged, kind, data), 3)) for _ in range(3)]
        ours, theirs = (round(statistics.median(p[n] for p in pairs), 2) for n in (0, 1))
        figures[kind] = {
            "cpu_ms": ours,
            "pyhanko_cpu_ms": theirs,
            "ratio": round(theirs / ours, 1),
            "bundle_cpu_ms": round(cpu_ms(partial(work, bundle=True)) - ours, 2),
        }
        figures[kind]["second_reader_cpu_ms"] = round(cpu_ms(partial(read_again, path), 5), 2)
        figures[kind]["etsi_report_cpu_ms"] = round(cpu_ms(reported(pki, folder, path), 5), 2)


def extremes(pki: Pki, folder: Path, mib: int) -> dict[str, Any]:
    trust = trust_of(pki)
    found: dict[str, Any] = {}
    many = {"twenty_signatures": twenty(pki), "fifty_revisions": fifty_revisions(pki)}
    for name, data in many.items():
        path = folder / f"{name}.pdf"
        path.write_bytes(data)
        found[f"{name}_cpu_ms"] = cpu_ms(partial(judge, scratch=folder, source=str(path), **trust), 5)
    path = folder / "large.pdf"
    path.write_bytes(large(pki, mib))
    seconds = cpu_ms(partial(judge, scratch=folder, source=str(path), **trust), 3) / 1000
    plain = cpu_ms(partial(_hashed, path), 3) / 1000
    found["large"] = {"mib": mib, "cpu_s": round(seconds, 3), "sha256_alone_cpu_s": round(plain, 3)}
    return found


def _hashed(path: Path) -> str:
    import hashlib  # noqa: PLC0415 - only what is measured

    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def rate(folder: Path, pki: Pki) -> float:
    """Files a second of kind B-LT on two processes, wall-clock."""
    task = json.dumps({"source": str(folder / "B-LT.pdf"), **trust_of(pki)})
    code = (
        "import json,sys,time\nfrom pathlib import Path\n"
        "from archive.preservation.signatures.task import judge\n"
        "task=json.loads(sys.stdin.read())\njudge(scratch=Path('.'),**task)\nprint('ready',flush=True)\n"
        f"end=time.monotonic()+{SECONDS_OF_RATE}\ncount=0\n"
        "while time.monotonic()<end:\n    judge(scratch=Path('.'),**task)\n    count+=1\nprint(count)\n"
    )
    started = []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        process.stdin.write(task)
        process.stdin.close()
        started.append(process)
    counts = []
    for process in started:
        assert process.stdout is not None
        counts.append(int(process.stdout.read().split()[-1]))
        process.wait(60)
    return round(sum(counts) / SECONDS_OF_RATE, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=100, help="size of the large file")
    parser.add_argument("--kinds-only", action="store_true")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    pki = new_pki(SIGNED - timedelta(days=700), SIGNED + timedelta(days=3650))
    figures: dict[str, Any] = {}
    more: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        by_kind(pki, folder, figures)
        if not options.kinds_only:
            more = extremes(pki, folder, options.mib) | {"files_per_second_on_two_processes": rate(folder, pki)}
    print(json.dumps({"bench": "signatures", "engine": "luutru-signatures 2", "figures": figures, **more}))


if __name__ == "__main__":
    main()
