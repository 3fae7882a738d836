"""Worker tasks of the revocation broker: what certificates ask for, and whether fetched bytes are what they should be.

Certificates of delivered files and answers of servers are parsed here, in a
process without network, and nowhere else. A list or an answer is taken only
when the engine that will judge with it takes it for a genuine statement about
the certificate in question.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from archive.preservation.signatures.certificates import Certificate, CertificateUnreadableError, certificate
from archive.preservation.signatures.revocation import Revocations
from metadata.time import from_rfc3339, rfc3339

MAX_ADDRESSES = 4
"""Of one kind in one certificate; a certificate with hundreds wants something else than to be checked."""

_SCOPE = "2.5.29.28"
_REFUSED_EXTENSIONS = frozenset({"2.5.29.27"})
"""A delta list tells only what changed since another one."""

_UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


def wanted(scratch: Path, *, pairs: Sequence[Sequence[str]], nonces: Sequence[str]) -> dict[str, Any]:
    """What can be asked about certificates.

    Args:
        scratch: Not used.
        pairs: Leaf and issuer, base64 of DER.
        nonces: For the OCSP request of each, hexadecimal.

    Returns:
        `found`: one entry a pair, None where there is nothing to ask: unreadable, self-issued, not issued by
        that issuer, or a responder that vouches for itself.
    """
    del scratch
    found = [_wanted(leaf, issuer, bytes.fromhex(nonce)) for (leaf, issuer), nonce in zip(pairs, nonces, strict=True)]
    return {"found": found}


def _wanted(leaf_text: str, issuer_text: str, nonce: bytes) -> dict[str, Any] | None:
    try:
        leaf, issuer = _certificate(leaf_text), _certificate(issuer_text)
        if leaf.subject == leaf.issuer or leaf.is_ocsp_responder or not leaf.issued_by(issuer):
            return None
        parsed = x509.load_der_x509_certificate(leaf.der)
        return {
            "leaf": leaf.name,
            "leaf_sha256": leaf.sha256,
            "issuer": issuer.name,
            "issuer_key": issuer_key(issuer),
            "serial": f"{leaf.serial:x}",
            "not_before": rfc3339(leaf.not_before),
            "not_after": rfc3339(leaf.not_after),
            "lists": _list_addresses(parsed),
            "responders": _responders(parsed),
            "request": base64.b64encode(_request(parsed, issuer, nonce)).decode(),
        }
    except (CertificateUnreadableError, *_UNREADABLE):
        return None


def issuer_key(issuer: Certificate) -> str:
    """Names an issuer by what its lists are bound to: its name and its key, whatever certificate they stand in."""
    spki = issuer.key_hash("2.16.840.1.101.3.4.2.1") or hashlib.sha256(issuer.der).digest()
    return hashlib.sha256(issuer.subject + spki).hexdigest()[:32]


def _certificate(text: str) -> Certificate:
    return certificate(base64.b64decode(text))


def _list_addresses(parsed: x509.Certificate) -> list[str]:
    try:
        points = parsed.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    # A point of another issuer, or for some reasons only, gives no whole answer.
    whole = [point for point in points if point.crl_issuer is None and point.reasons is None]
    return _uris(name for point in whole for name in point.full_name or ())


def _responders(parsed: x509.Certificate) -> list[str]:
    try:
        access = parsed.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return []
    return _uris(a.access_location for a in access if a.access_method == AuthorityInformationAccessOID.OCSP)


def _uris(names: Any) -> list[str]:  # noqa: ANN401 - an iterable of x509.GeneralName
    found = [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    return list(dict.fromkeys(found))[:MAX_ADDRESSES]


def _request(leaf: x509.Certificate, issuer: Certificate, nonce: bytes) -> bytes:
    # SHA-1 names the issuer and proves nothing; it is the only digest that every responder knows (RFC 5019).
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, x509.load_der_x509_certificate(issuer.der), SHA1())  # noqa: S303
    return builder.add_extension(x509.OCSPNonce(nonce), critical=False).build().public_bytes(Encoding.DER)


# ------------------------------------------------------------ what came


def check_list(scratch: Path, *, source: str, leaf: str, issuer: str, at: str, slack: float) -> dict[str, Any]:
    """Whether the file `source` is a CRL of `issuer` that holds at `at`, and whether it tells something of `leaf`.

    Returns:
        `why` it is no such list (empty: it is), `silent` (why it is no evidence about the leaf; empty: it is),
        `number`, `scope`, `this_update`, `next_update`, `sha256`.
    """
    del scratch
    data = Path(source).read_bytes()
    by, subject, moment = _certificate(issuer), _certificate(leaf), _moment(at)
    why, facts = _list_facts(data, moment, slack)
    if not why and _issuer_of(data, [by]) is None:
        why = "other-issuer: not signed by this issuer"
    silent = "" if why else _silence(data, subject, by, moment, slack)
    return {"why": why, "silent": silent, **facts}


def check_answer(  # noqa: PLR0913 - keywords of a task
    scratch: Path, *, source: str, leaf: str, issuer: str, nonce: str, at: str, slack: float
) -> dict[str, Any]:
    """Whether the file `source` is an OCSP answer to our question about `leaf` that holds at `at`.

    Returns:
        As `check_list`; `nonce` tells whether ours came back.
    """
    del scratch
    data = Path(source).read_bytes()
    facts: dict[str, Any] = {**_NOTHING, "sha256": _sha256(data)}
    try:
        answer = ocsp.load_der_ocsp_response(data)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return _refused(f"status: {answer.response_status.name.lower()}", facts)
        said = _nonce(answer)
    except _UNREADABLE as error:
        return _refused(f"unreadable: {type(error).__name__}", facts)
    if said is not None and said.hex() != nonce:
        return _refused("nonce: the answer is for another question", facts)
    subject, by, moment = _certificate(leaf), _certificate(issuer), _moment(at)
    found = _statements(data, subject, by, moment + timedelta(seconds=slack))
    if not found:
        why = "other-issuer: not signed by this issuer or its responder, not about this certificate, or not yet valid"
        return _refused(why, facts)
    newest = max(found, key=lambda statement: statement.this_update)
    facts["this_update"] = rfc3339(newest.this_update)
    facts["next_update"] = rfc3339(newest.next_update) if newest.next_update else ""
    why = _dates(newest.this_update, newest.next_update, moment, slack)
    if not why and said is None and newest.next_update is None:
        # Without our nonce it may be an old answer played back; only its own dates tell that it is not (RFC 5019).
        why = "nonce: neither ours nor a date until which the answer holds"
    silent = "" if why else _silence(data, subject, by, moment, slack)
    return {"why": why, "silent": silent, "nonce": said is not None, **facts}


def _refused(why: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"why": why, "silent": "", "nonce": False, **facts}


def import_list(scratch: Path, *, source: str, issuers: Sequence[str], at: str, slack: float) -> dict[str, Any]:
    """Whether the file `source` is a CRL (DER) of one of `issuers`, and what it says of itself.

    Returns:
        As `check_list`, with `issuer` and `issuer_key`.
    """
    del scratch
    data = Path(source).read_bytes()
    why, facts = _list_facts(data, _moment(at), slack)
    by = None if why.startswith("unreadable") else _issuer_of(data, [_certificate(text) for text in issuers])
    if not why and by is None:
        why = "unknown-issuer: no authority of the trust store signed it"
    return {"why": why, "issuer": by.name if by else "", "issuer_key": issuer_key(by) if by else "", **facts}


_NOTHING: Mapping[str, Any] = {"number": "", "scope": "", "this_update": "", "next_update": "", "sha256": ""}


def _list_facts(data: bytes, at: datetime, slack: float) -> tuple[str, dict[str, Any]]:
    facts = {**_NOTHING, "sha256": _sha256(data)}
    try:
        found = x509.load_der_x509_crl(data)
        facts["this_update"] = rfc3339(found.last_update_utc)
        facts["next_update"] = rfc3339(found.next_update_utc) if found.next_update_utc else ""
        extensions = {extension.oid.dotted_string: extension for extension in found.extensions}
        if extensions.keys() & _REFUSED_EXTENSIONS:
            return "delta: tells only what changed since another list", facts
        facts["number"] = _number(found)
        if _SCOPE in extensions:
            facts["scope"] = _sha256(extensions[_SCOPE].value.public_bytes())[:16]
    except _UNREADABLE as error:
        return f"unreadable: {type(error).__name__}", facts
    return _dates(found.last_update_utc, found.next_update_utc, at, slack), facts


def _number(found: x509.CertificateRevocationList) -> str:
    try:
        number = found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return ""
    # At most 20 octets by RFC 5280, 5.2.3; as text, because JSON has no such numbers.
    return f"{number:040x}" if 0 <= number < 1 << 160 else ""


def _dates(this_update: datetime, next_update: datetime | None, at: datetime, slack: float) -> str:
    if this_update > at + timedelta(seconds=slack):
        return f"future: issued {rfc3339(this_update)}"
    if next_update is not None and next_update < at:
        return f"stale: held until {rfc3339(next_update)}"
    return ""


def _issuer_of(data: bytes, candidates: Sequence[Certificate]) -> Certificate | None:
    try:
        found = x509.load_der_x509_crl(data)
        name = found.issuer.public_bytes()
        for candidate in candidates:
            if candidate.subject != name or not candidate.may_sign_lists:
                continue
            key: Any = x509.load_der_x509_certificate(candidate.der).public_key()
            if found.is_signature_valid(key):
                return candidate
    except _UNREADABLE:
        return None
    return None


def _silence(data: bytes, leaf: Certificate, issuer: Certificate, at: datetime, slack: float) -> str:
    """Why genuine data is no evidence about a certificate now; empty: it is."""
    known_at = at + timedelta(seconds=slack)
    found = _statements(data, leaf, issuer, known_at)
    if not found:
        return "scope: the list is for other certificates of its issuer"
    if any(statement.revoked_at is not None or statement.usable_at(at, leaf, known_at) for statement in found):
        return ""
    if at > leaf.not_after:
        return "expired: the certificate has run out, and its issuer no longer speaks of it"
    return "older: from before the certificate was issued"


def _statements(data: bytes, leaf: Certificate, issuer: Certificate, known_at: datetime) -> Sequence[Any]:
    return Revocations([data], known_at).statements(leaf, issuer)


def _nonce(answer: ocsp.OCSPResponse) -> bytes | None:
    try:
        return answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _moment(text: str) -> datetime:
    return from_rfc3339(text)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
