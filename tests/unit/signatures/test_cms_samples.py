"""Signatures of the Government's own documents, 2019 to 2025: every value in them is read and fits."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from archive.preservation.signatures.certificates import Certificate, certificate
from archive.preservation.signatures.cms_reading import SignerFacts, read_signed_data, read_token
from archive.preservation.signatures.values import is_genuine

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples" / "pdf"
TRUST = SAMPLES.parents[1] / "trust"
_CONTENTS = re.compile(rb"/Contents\s*<([0-9A-Fa-f]{400,})>")


def signer_of(facts: SignerFacts) -> Certificate:
    assert facts.certificate is not None
    found = certificate(facts.certificate)
    assert facts.signed_bytes
    assert facts.attributes_in_order
    assert is_genuine(facts.signature, facts.signed_bytes[0], facts.signature_algorithm, facts.digest, found)
    return found


def test_signatures_and_time_stamps_of_the_government_are_read_and_their_values_fit() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the Government's signed documents are not on this machine (../shared/samples)")
    read = 0
    for path in sorted(SAMPLES.glob("*.pdf")):
        for found in _CONTENTS.finditer(path.read_bytes()):
            signed = read_signed_data(bytes.fromhex(found[1].decode("ascii")))
            (facts,) = signed.signers
            assert (facts.problems, signed.padding_is_zero) == ((), True)
            signer_of(facts)
            for token in facts.tokens:
                inside = read_signed_data(token)
                stamp = read_token(inside)
                assert signer_of(inside.signers[0]).is_time_stamper
                assert stamp.imprint == hashlib.new(stamp.imprint_digest, facts.signature).digest()
            read += 1
    assert read >= 4


def test_the_governments_authorities_issued_each_other() -> None:
    files = sorted(TRUST.glob("*.der")) if TRUST.is_dir() else []
    if not files:
        pytest.skip("the certificates of the Government's authorities are not on this machine (../shared/trust)")
    found = [certificate(path.read_bytes()) for path in files]
    for one in found:
        issuers = [other for other in found if one.issued_by(other)]
        assert issuers, one.name
        assert all(other.subject == one.issuer for other in issuers)
