"""The readers and the arithmetic need nothing but Python: the verifier in one file is made of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.generators.signed_data import AUTHORITY, START, Info, crl_of, holder, signed_data

ROOT = Path(__file__).resolve().parents[3]

BLOCKED = ("cryptography", "asn1crypto", "pikepdf", "pyhanko", "pyhanko_certvalidator", "lxml", "pydantic", "click")

PROGRAM = """
import json, sys
for name in json.loads(sys.argv[1]):
    sys.modules[name] = None
sys.path.insert(0, sys.argv[2])
from datetime import datetime
from archive.preservation.signatures import arithmetic
from archive.preservation.signatures.certificates import certificate
from archive.preservation.signatures.cms_reading import read_signed_data
from archive.preservation.signatures.revocation import Revocations
from archive.preservation.signatures.values import is_genuine
given = {k: bytes.fromhex(v) for k, v in json.load(sys.stdin).items()}
facts = read_signed_data(given["cms"]).signers[0]
leaf, ca = certificate(facts.certificate), certificate(given["ca"])
at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
status = Revocations([given["list"]], at).status(leaf, ca, datetime.fromisoformat("2024-01-02T00:00:00+00:00"))
print(json.dumps({
    "compiled": arithmetic.COMPILED,
    "genuine": is_genuine(facts.signature, facts.signed_bytes[0], facts.signature_algorithm, facts.digest, leaf),
    "altered": is_genuine(facts.signature, facts.signed_bytes[0] + b"x", facts.signature_algorithm, facts.digest, leaf),
    "issued": leaf.issued_by(ca),
    "status": status.word,
    "name": leaf.name,
    "loaded": sorted(n for n in json.loads(sys.argv[1]) if sys.modules.get(n) is not None),
}))
"""


def test_a_signature_its_path_and_its_status_are_judged_without_any_library() -> None:
    ca = holder("CA", extensions=AUTHORITY)
    person = holder("Nguyễn Văn Minh", ca)
    given = {"cms": signed_data((Info(person),)), "ca": ca.der, "list": crl_of(ca, START)}
    done = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM, json.dumps(BLOCKED), str(ROOT)],
        input=json.dumps({k: v.hex() for k, v in given.items()}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "compiled": False,
        "genuine": True,
        "altered": False,
        "issued": True,
        "status": "good",
        "name": "CN=Nguyễn Văn Minh,C=VN",
        "loaded": [],
    }
