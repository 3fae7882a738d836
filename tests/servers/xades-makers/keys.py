"""Keys, certificates and lists for `Makers`: a fresh infrastructure, written into a folder and thrown away afterwards.

    PYTHONPATH=. .venv/bin/python tests/servers/xades-makers/keys.py DIR
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_der_private_key, pkcs12

from archive.demo.pki import new_pki

SINCE = datetime(2024, 6, 15, 9, tzinfo=UTC)
UNTIL = datetime(2036, 6, 15, 9, tzinfo=UTC)
LISTED = datetime(2026, 11, 27, tzinfo=UTC)
PASSWORD = b"x"


def main(folder: Path) -> None:
    """Write what `Makers` reads."""
    pki = new_pki(SINCE, UNTIL)
    certificates = {"root": pki.root.der, "issuing": pki.issuing.der, "stamping": pki.stamping.der}
    for name, der in certificates.items():
        (folder / f"{name}.der").write_bytes(der)
    for number, der in enumerate(pki.lists(LISTED)):
        (folder / f"crl{number}.crl").write_bytes(der)
    for name, credential in (("leader", pki.people["leader"]), ("stamper", pki.stamper)):
        key = load_der_private_key(credential.key, None)
        chain = [x509.load_der_x509_certificate(der) for der in credential.chain]
        certificate = x509.load_der_x509_certificate(credential.certificate)
        store = pkcs12.serialize_key_and_certificates(
            name.encode(),
            key,  # type: ignore[arg-type] # RSA or EC
            certificate,
            chain,
            BestAvailableEncryption(PASSWORD),
        )
        (folder / f"{name}.p12").write_bytes(store)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
