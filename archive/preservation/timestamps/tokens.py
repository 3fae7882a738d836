"""Requests and answers of RFC 3161: written, read, and held against what was asked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import cms, core
from asn1crypto import tsp as _tsp

from archive.preservation.signatures.certificates import Certificate, CertificateUnreadableError, certificate
from archive.preservation.signatures.cms_facts import CmsUnreadableError, SignerFacts
from archive.preservation.signatures.cms_reading import read_signed_data
from archive.preservation.signatures.cms_reading import read_token as read_token_facts

DIGESTS = ("sha256", "sha384", "sha512")
"""What may be stamped: the digests that are safe for decades."""

# asn1crypto has no types, and says so at each call.
tsp: Any = _tsp

_GRANTED = {"granted", "granted_with_mods"}


class Reply(core.Sequence):
    """TimeStampResp of RFC 3161, section 2.4.2: without a token when the authority declines."""

    _fields = [  # noqa: RUF012 - so asn1crypto wants it
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


class Refused(Exception):  # noqa: N818 - what happened to an answer, not what went wrong with us
    """An answer that cannot be used.

    Args:
        word: `status`, `unreadable`, `imprint`, `nonce`, `policy`, `certificate`, `usage`, `signature`, `time`,
            or `not-believed`.
        detail: What exactly.
    """

    def __init__(self, word: str, detail: str) -> None:
        self.word = word
        self.detail = detail
        super().__init__(f"{word}: {detail}")


@dataclass(frozen=True, slots=True)
class Token:
    """A time-stamp token and what it says."""

    der: bytes = field(repr=False)
    """The ContentInfo, byte for byte as received."""

    time: datetime
    algorithm: str
    imprint: bytes
    nonce: int | None
    policy: str
    serial: int
    signer: Certificate
    certificates: tuple[bytes, ...] = field(repr=False)
    """Every certificate in it."""

    def check(self, digest: bytes, algorithm: str, nonce: int, policies: tuple[str, ...]) -> None:
        """Hold it against what was asked (RFC 3161, section 2.2).

        Raises:
            Refused: it is no answer to that.
        """
        if self.algorithm != algorithm or self.imprint != digest:
            raise Refused("imprint", "the token is for other bytes")
        if self.nonce != nonce:
            raise Refused("nonce", "the token does not answer this question")
        if policies and self.policy not in policies:
            raise Refused("policy", f"issued under {self.policy}")
        if not self.signer.is_time_stamper:
            raise Refused("usage", f"{self.signer.name} is not for time-stamping only")
        if not self.signer.valid_at(self.time):
            raise Refused("time", f"outside the validity of {self.signer.name}")


def request_of(digest: bytes, algorithm: str, nonce: int, policy: str | None) -> bytes:
    """A TimeStampReq (DER) that asks for the authority's certificate as well.

    Raises:
        ValueError: `digest` is none of `algorithm`, or that may not be stamped.
    """
    if algorithm not in DIGESTS or len(digest) != hashlib.new(algorithm).digest_size:
        msg = f"{len(digest)} bytes are no digest of {algorithm}; {', '.join(DIGESTS)} may be stamped"
        raise ValueError(msg)
    asked: dict[str, Any] = {
        "version": "v1",
        "message_imprint": tsp.MessageImprint({"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}),
        "nonce": nonce,
        "cert_req": True,
    }
    if policy is not None:
        asked["req_policy"] = policy
    return bytes(tsp.TimeStampReq(asked).dump())


def token_of(answer: bytes) -> Token:
    """The token in a TimeStampResp.

    Raises:
        Refused: the authority declined, or the answer is none.
    """
    try:
        response = _loaded(Reply, answer)
        _granted(response["status"])
        return _token(bytes(response["time_stamp_token"].dump()))
    except Refused:
        raise
    except _UNREADABLE as error:
        raise Refused("unreadable", f"{type(error).__name__}: {error}"[:300]) from error


def _granted(status: Any) -> None:  # noqa: ANN401 - asn1crypto has no types
    word = status["status"].native
    if word not in _GRANTED:
        texts = status["status_string"].native or ()
        failure = status["fail_info"].native or ()
        raise Refused("status", " ".join([str(word), *map(str, texts), *sorted(map(str, failure))])[:300])


def read_token(der: bytes) -> Token:
    """What a token says; its signature is not verified.

    Raises:
        Refused: it is none.
    """
    try:
        return _token(der)
    except Refused:
        raise
    except (CmsUnreadableError, ValueError) as error:
        raise Refused("unreadable", f"{type(error).__name__}: {error}"[:300]) from error


def _loaded(kind: Any, data: bytes) -> Any:  # noqa: ANN401 - asn1crypto has no types
    return kind.load(data, strict=True)


def _token(der: bytes) -> Token:
    signed = read_signed_data(der)
    said = read_token_facts(signed)
    if len(signed.signers) != 1:
        raise Refused("unreadable", f"{len(signed.signers)} signers")
    return Token(
        der,
        said.time,
        said.imprint_digest,
        said.imprint,
        said.nonce,
        said.policy,
        said.serial,
        _signer(signed.signers[0]),
        signed.certificates,
    )


def _signer(facts: SignerFacts) -> Certificate:
    """The certificate that the token names by its signed attribute (RFC 3161, section 2.4.2; RFC 5816)."""
    if facts.certificate is None or facts.certificate_digest is None:
        raise Refused("certificate", "the token does not carry the certificate that it names")
    algorithm, digest = facts.certificate_digest
    if hashlib.new(algorithm, facts.certificate, usedforsecurity=False).digest() != digest:
        raise Refused("certificate", "the token names another certificate than its signer's")
    try:
        return certificate(facts.certificate)
    except CertificateUnreadableError as error:
        raise Refused("certificate", f"unreadable: {error}") from error
