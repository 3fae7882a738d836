"""What revocation lists and OCSP answers say about a certificate at a given time.

Rules of EN 319 102-1, clause 5.2.5, in the form that research found safe: an
answer older than the certificate is no answer; one whose `nextUpdate` lies
before the time in question is stale; one that was issued after that time is
fresh for it, as long as the issuer still spoke of the certificate; and a
revocation that any genuine answer reports counts, however old the answer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from archive.preservation.signatures import policy
from archive.preservation.signatures.certificates import Certificate, readable

MAX_ANSWERS = 500
_EXPIRED_ON_CRL = "2.5.29.60"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one genuine answer says of one certificate."""

    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None
    reason: str
    speaks_of_expired: bool
    """The issuer keeps expired certificates on its list."""

    source: str = ""
    """SHA-256 of the list or answer."""

    issuer: Certificate | None = None
    """Who signed it: the certificate's issuer or one whom that named."""

    digest: str = ""
    """Digest algorithm of its signature."""

    def usable_at(self, when: datetime, subject: Certificate, known_at: datetime) -> bool:
        """Whether it tells that `subject` was good at `when`, for somebody who reads it at `known_at`."""
        if not subject.not_before <= self.this_update <= known_at:
            return False
        if self.this_update > subject.not_after and not self.speaks_of_expired:
            return False
        return self.this_update >= when or (self.next_update is not None and when <= self.next_update)


@dataclass(frozen=True, slots=True)
class Status:
    """What all answers together say of a certificate at a time."""

    word: str
    """`good`, `revoked` or `unknown`."""

    revoked_at: datetime | None = None
    reason: str = ""
    answers: int = 0
    """Genuine answers about this certificate, usable or not."""


class Revocations:
    """The CRLs and OCSP answers of a file and of the operator.

    Args:
        answers: DER of either kind, unsorted; what is neither is left out. At most 500 are read.
        known_at: The time of judging; answers from the future are not believed.
    """

    def __init__(self, answers: list[bytes], known_at: datetime) -> None:
        self._known_at = known_at + policy.CLOCK_SLACK
        self._lists: dict[bytes, list[x509.CertificateRevocationList]] = {}
        self._responses: list[ocsp.OCSPResponse] = []
        for der in list(dict.fromkeys(answers))[:MAX_ANSWERS]:
            crl = _crl(der)
            if crl is not None:
                self._lists.setdefault(crl.issuer.public_bytes(), []).append(crl)
                continue
            response = _response(der)
            if response is not None:
                self._responses.append(response)

    def status(self, subject: Certificate, issuer: Certificate, when: datetime) -> Status:
        """Status of `subject` at `when` by what `issuer` said of it."""
        statements = self.statements(subject, issuer)
        revoked = [s for s in statements if s.revoked_at is not None and not _released(s, statements, when)]
        if revoked:
            first = min(revoked, key=lambda s: s.revoked_at or s.this_update)
            return Status("revoked", first.revoked_at, first.reason, len(statements))
        if any(s.usable_at(when, subject, self._known_at) for s in statements):
            return Status("good", answers=len(statements))
        return Status("unknown", answers=len(statements))

    def statements(self, subject: Certificate, issuer: Certificate) -> tuple[Statement, ...]:
        """Every genuine statement of `issuer` about `subject` that is not from the future."""
        found = [*self._by_lists(subject, issuer), *self._by_responses(subject, issuer)]
        return tuple(s for s in found if s.this_update <= self._known_at)

    def _by_lists(self, subject: Certificate, issuer: Certificate) -> list[Statement]:
        if not issuer.may_sign_lists:
            return []
        found = []
        for crl in self._lists.get(subject.issuer, []):
            if not _in_scope(crl, subject) or not _genuine(crl, issuer):
                continue
            entry = crl.get_revoked_certificate_by_serial_number(subject.serial)
            revoked_at, reason = (entry.revocation_date_utc, _reason(entry)) if entry is not None else (None, "")
            keeps = any(e.oid.dotted_string == _EXPIRED_ON_CRL for e in crl.extensions)
            if reason != "removeFromCRL":
                found.append(
                    Statement(
                        crl.last_update_utc,
                        crl.next_update_utc,
                        revoked_at,
                        reason,
                        keeps,
                        crl.fingerprint(SHA256()).hex(),
                        issuer,
                        crl.signature_hash_algorithm.name if crl.signature_hash_algorithm else "",
                    )
                )
        return found

    def _by_responses(self, subject: Certificate, issuer: Certificate) -> list[Statement]:
        found = []
        for response in self._responses:
            for single in response.responses:
                if single.serial_number != subject.serial or not _names(single, issuer):
                    continue
                by = _answered_by(response, issuer)
                if by is None or single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
                    continue
                algorithm = response.signature_hash_algorithm
                reason = single.revocation_reason
                found.append(
                    Statement(
                        single.this_update_utc,
                        single.next_update_utc,
                        _revoked_at(single),
                        reason.value if reason else "",
                        speaks_of_expired=False,
                        source=hashlib.sha256(response.public_bytes(Encoding.DER)).hexdigest(),
                        issuer=by,
                        digest=algorithm.name if algorithm else "",
                    )
                )
        return found


def _released(statement: Statement, statements: list[Statement], when: datetime) -> bool:
    """Whether a hold was lifted before `when`: a later answer of the same issuer no longer names it."""
    if statement.reason != x509.ReasonFlags.certificate_hold.value:
        return False
    later = [s.this_update for s in statements if s.revoked_at is None and s.this_update > statement.this_update]
    return bool(later) and when >= min(later)


@lru_cache(maxsize=512)
def _crl(der: bytes) -> x509.CertificateRevocationList | None:
    try:
        crl = x509.load_der_x509_crl(der)
        known = {ExtensionOID.ISSUING_DISTRIBUTION_POINT}
        # A delta list, or one with conditions that are not applied here, speaks of something else.
        unknown = any(e.critical and e.oid not in known for e in crl.extensions)
    except (ValueError, TypeError, x509.DuplicateExtension, UnsupportedAlgorithm):
        return None
    return None if unknown else crl


def _response(der: bytes) -> ocsp.OCSPResponse | None:
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return response


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        value = entry.extensions.get_extension_for_oid(CRLEntryExtensionOID.CRL_REASON).value
    except (x509.ExtensionNotFound, ValueError):
        return ""
    return value.reason.value if isinstance(value, x509.CRLReason) else ""


def _in_scope(crl: x509.CertificateRevocationList, subject: Certificate) -> bool:
    try:
        scope = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return True
    partial = scope.indirect_crl or scope.only_some_reasons or scope.only_contains_attribute_certs
    others = scope.only_contains_user_certs if subject.is_authority else scope.only_contains_ca_certs
    if partial or others or scope.relative_name is not None:
        return False
    if not scope.full_name:
        return True
    points = subject.extension(ExtensionOID.CRL_DISTRIBUTION_POINTS)
    if not isinstance(points, x509.CRLDistributionPoints):
        return False
    return any(name in scope.full_name for point in points for name in point.full_name or ())


_GENUINE: dict[tuple[bytes, bytes], bool] = {}


def _genuine(crl: x509.CertificateRevocationList, issuer: Certificate) -> bool:
    key = (crl.fingerprint(SHA256()), issuer.der)
    found = _GENUINE.get(key)
    if found is None:
        try:
            found = crl.is_signature_valid(issuer.parsed.public_key())  # type: ignore[arg-type]
        except (ValueError, TypeError, UnsupportedAlgorithm):
            found = False
        if len(_GENUINE) > MAX_ANSWERS:
            _GENUINE.clear()
        _GENUINE[key] = found
    return found


def _revoked_at(single: ocsp.OCSPSingleResponse) -> datetime | None:
    if single.certificate_status is not ocsp.OCSPCertStatus.REVOKED:
        return None
    return single.revocation_time_utc or single.this_update_utc


def _names(single: ocsp.OCSPSingleResponse, issuer: Certificate) -> bool:
    algorithm = single.hash_algorithm
    oid = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1"}.get(algorithm.name, "")
    expected = issuer.key_hash(oid)
    if expected is None or single.issuer_key_hash != expected:
        return False
    return single.issuer_name_hash == hashlib.new(algorithm.name, issuer.subject).digest()


def _answered_by(response: ocsp.OCSPResponse, issuer: Certificate) -> Certificate | None:
    candidates = [issuer]
    ders = [c.public_bytes(Encoding.DER) for c in response.certificates]
    for delegate in readable(ders):
        inside = delegate.valid_at(response.produced_at_utc)
        if delegate.is_ocsp_responder and inside and delegate.issued_by(issuer):
            candidates.append(delegate)
    return next((candidate for candidate in candidates if _signed(response, candidate)), None)


def _signed(response: ocsp.OCSPResponse, by: Certificate) -> bool:
    key = by.parsed.public_key()
    algorithm = response.signature_hash_algorithm
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
        elif isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
            key.verify(response.signature, response.tbs_response_bytes)
        else:
            return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True
