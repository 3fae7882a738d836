"""CPU time of the byte readers beside the libraries that could do it: `python bench/byte_readers.py`, one JSON line.

Each figure is for bytes that are met for the first time; only the vocabulary
(identifiers, names of algorithms) is warm.
"""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto carries no types.

from __future__ import annotations

import base64
import json
import re
import statistics
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import certifi
from asn1crypto import cms as asn1_cms
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from archive.demo.pki import Pki, new_pki
from archive.preservation.signatures import arithmetic, certificates, cms_reading, names
from archive.preservation.signatures.algorithms import SignatureAlgorithm, named_signature
from archive.preservation.signatures.asn1 import time_of
from archive.preservation.signatures.crl_reading import read_list
from archive.preservation.signatures.keys import public_key
from archive.preservation.signatures.signing import Signing, sign_bytes, time_stamper

SIGNED = datetime(2026, 6, 15, 9, tzinfo=UTC)
ENTRIES = 200_000
DATA = b"x" * 100


def cpu_us(call: Callable[[], object], rounds: int = 200) -> float:
    call()
    times = []
    for _ in range(rounds):
        start = time.process_time_ns()
        call()
        times.append(time.process_time_ns() - start)
    return round(statistics.median(times) / 1000, 1)


def roots_of_the_world() -> list[bytes]:
    text = Path(certifi.where()).read_text("ascii")
    return [base64.b64decode(p) for p in re.findall("-----BEGIN CERTIFICATE-----(.+?)-----END", text, re.DOTALL)]


def by_rust(der: bytes) -> object:
    """What a path needs to know, by `cryptography`."""
    found = x509.load_der_x509_certificate(der)
    return (
        {e.oid.dotted_string: e.value for e in found.extensions},
        found.public_key(),
        found.subject.public_bytes(),
        found.issuer.public_bytes(),
        found.subject.rfc4514_string(),
        found.issuer.rfc4514_string(),
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        found.serial_number,
        found.signature_hash_algorithm,
        found.tbs_certificate_bytes,
    )


def by_asn1crypto(der: bytes) -> object:
    """The same by asn1crypto."""
    found = asn1_x509.Certificate.load(der)
    return (
        {e["extn_id"].native: e["extn_value"].parsed.native for e in found["tbs_certificate"]["extensions"]},
        found.public_key.native,
        found.subject.dump(),
        found.issuer.dump(),
        found.subject.human_friendly,
        found.issuer.human_friendly,
        found.not_valid_before,
        found.not_valid_after,
        found.serial_number,
        found.signature_algo,
        found["tbs_certificate"].dump(),
    )


def cms_by_asn1crypto(data: bytes) -> object:
    """Signer, attributes and tokens of a CMS by asn1crypto."""
    signed = asn1_cms.ContentInfo.load(data)["content"]
    info = signed["signer_infos"][0]
    return (
        [c.chosen.dump() for c in signed["certificates"]],
        info["signed_attrs"].dump(),
        {a["type"].native: a["values"].native for a in info["signed_attrs"]},
        info["signature"].native,
        info["digest_algorithm"].native,
        info["signature_algorithm"].native,
        info["sid"].native,
        [v.dump() for a in info["unsigned_attrs"] for v in a["values"]],
    )


def all_of(read: Callable[[bytes], object], ders: list[bytes]) -> None:
    for kept in (names._kept, public_key, time_of):  # noqa: SLF001 - without its cache
        kept.cache_clear()
    for der in ders:
        read(der)


def readers(pki: Pki) -> dict[str, Any]:
    roots = roots_of_the_world()
    stamper = time_stamper(pki.stamper, SIGNED)
    data = sign_bytes(DATA, pki.people["leader"], Signing(SIGNED, stamper=stamper), detached=True)
    revoked = {10**9 + n: (SIGNED, x509.ReasonFlags.superseded) for n in range(ENTRIES)}
    listed = pki.issuing.list_of(SIGNED, revoked)

    def serials_by_rust() -> set[int]:
        return {entry.serial_number for entry in x509.load_der_x509_crl(listed)}

    def serials_by_asn1crypto() -> set[int]:
        entries = asn1_crl.CertificateList.load(listed)["tbs_cert_list"]["revoked_certificates"]
        return {entry["user_certificate"].native for entry in entries}

    def each(read: Callable[[bytes], object]) -> float:
        return round(cpu_us(partial(all_of, read, roots), 15) / len(roots), 1)

    return {
        "certificate_us": {
            "ours": each(certificates._read),  # noqa: SLF001 - without its cache
            "rust": each(by_rust),
            "asn1crypto": each(by_asn1crypto),
        },
        "cms_us": {
            "ours": cpu_us(partial(cms_reading._read, data)),  # noqa: SLF001 - without its cache
            "asn1crypto": cpu_us(partial(cms_by_asn1crypto, data), 50),
        },
        f"list_of_{ENTRIES}_ms": {
            "ours": round(cpu_us(partial(read_list, listed), 3) / 1000),
            "rust": round(cpu_us(serials_by_rust, 3) / 1000),
            "asn1crypto": round(cpu_us(serials_by_asn1crypto, 1) / 1000),
        },
    }


def values() -> dict[str, dict[str, float]]:
    """One verification, pure and compiled."""
    found: dict[str, dict[str, float]] = {}

    def add(name: str, key: Any, value: bytes, stated: SignatureAlgorithm) -> None:  # noqa: ANN401 - key classes
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        facts = public_key(spki)
        both = {}
        for kind, compiled in (("pure", False), ("compiled", True)):
            assert arithmetic.verify(value, DATA, stated, "", facts, compiled=compiled)
            check = partial(arithmetic.verify, value, DATA, stated, "", facts, compiled=compiled)
            both[kind] = cpu_us(check, 20)
        found[name] = both

    for bits in (2048, 4096):
        rsa_key = rsa.generate_private_key(65537, bits)
        value = rsa_key.sign(DATA, padding.PKCS1v15(), hashes.SHA256())
        add(f"rsa-{bits}", rsa_key, value, named_signature("1.2.840.113549.1.1.11"))
    for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()):
        ec_key = ec.generate_private_key(curve)
        value = ec_key.sign(DATA, ec.ECDSA(hashes.SHA256()))
        add(curve.name, ec_key, value, named_signature("1.2.840.10045.4.3.2"))
    for name, key, identifier in (
        ("ed25519", ed25519.Ed25519PrivateKey.generate(), "1.3.101.112"),
        ("ed448", ed448.Ed448PrivateKey.generate(), "1.3.101.113"),
    ):
        add(name, key, key.sign(DATA), named_signature(identifier))
    return found


def main() -> None:
    # The library warns of what some authorities of the world get wrong.
    warnings.simplefilter("ignore")
    pki = new_pki(SIGNED - timedelta(days=700), SIGNED + timedelta(days=3650))
    print(json.dumps({"bench": "byte-readers", **readers(pki), "value_us": values()}))


if __name__ == "__main__":
    main()
