"""OCSP answers octet by octet; the library's builder would write the time of the wall clock into them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.preservation.signatures.asn1 import encoded_oid
from archive.preservation.signatures.certificates import certificate
from tests.generators.signed_data import ECDSA_SHA256, Holder, algorithm, der, number, octets, seq, signing

GOOD, UNKNOWN = b"\x80\0", b"\x82\0"
SHA1, SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
_HASHED = {SHA1: "sha1", SHA256: "sha256"}


def time_of(moment: datetime) -> bytes:
    return der(0x18, f"{moment:%Y%m%d%H%M%SZ}".encode())


def revoked(since: datetime) -> bytes:
    """Revoked for keyCompromise."""
    return der(0xA1, time_of(since), der(0xA0, der(0x0A, b"\x01")))


@dataclass(frozen=True)
class Answer:
    """A response in the making: `by` answers about number `serial` of `issuer`."""

    by: Holder
    issuer: Holder
    serial: int
    at: datetime
    status: bytes = GOOD
    carried: tuple[Holder, ...] = ()
    by_name: bool = False
    digest: str = SHA1
    single: tuple[bytes, ...] = ()
    extensions: tuple[bytes, ...] = ()
    signature_algorithm: str = ECDSA_SHA256

    def basic(self) -> bytes:
        issuer, own = certificate(self.issuer.der), certificate(self.by.der)
        hashed = hashlib.new(_HASHED[self.digest], issuer.subject, usedforsecurity=False).digest()
        key = issuer.key_hash(self.digest) or b""
        about = seq(algorithm(self.digest, b"\x05\0"), octets(hashed), octets(key), number(self.serial))
        following = der(0xA0, time_of(self.at + timedelta(days=1)))
        more = der(0xA1, seq(*self.single)) if self.single else b""
        named = der(0xA1, own.subject) if self.by_name else der(0xA2, octets(own.key_hash(SHA1) or b""))
        tbs = seq(
            named,
            time_of(self.at),
            seq(seq(about, self.status, time_of(self.at), following, more)),
            der(0xA1, seq(*self.extensions)) if self.extensions else b"",
        )
        carried = der(0xA0, seq(*(c.der for c in self.carried))) if self.carried else b""
        return seq(tbs, algorithm(self.signature_algorithm), der(0x03, b"\0", signing(self.by.key)(tbs)), carried)

    def whole(self) -> bytes:
        wrapped = seq(encoded_oid("1.3.6.1.5.5.7.48.1.1"), octets(self.basic()))
        return seq(der(0x0A, b"\0"), der(0xA0, wrapped))
