"""Worker tasks of the revocation broker: what certificates ask for, and whether fetched bytes are what they should be.

Certificates of delivered files and answers of servers are parsed here, in a
process without network, and nowhere else. A list or an answer is taken only
when the engine that will judge with it takes it for a genuine statement about
the certificate in question.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from asn1crypto import ocsp as _ocsp

from archive.preservation.signatures import arithmetic
from archive.preservation.signatures.asn1 import Asn1Error
from archive.preservation.signatures.certificates import Certificate, CertificateUnreadableError, certificate
from archive.preservation.signatures.crl_reading import RevocationList, Scope, read_list
from archive.preservation.signatures.ocsp_reading import OcspRefusedError, read_response
from archive.preservation.signatures.revocation import Revocations, Statement
from metadata.time import from_rfc3339, rfc3339

MAX_ADDRESSES = 4
"""Of one kind in one certificate; a certificate with hundreds wants something else than to be checked."""

# asn1crypto has no types, and says so at each call.
ocsp: Any = _ocsp

_SHA1, _SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"


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
    except CertificateUnreadableError:
        return None
    if leaf.is_self_issued or leaf.is_ocsp_responder or not leaf.issued_by(issuer):
        return None
    return {
        "leaf": leaf.name,
        "leaf_sha256": leaf.sha256,
        "issuer": issuer.name,
        "issuer_key": issuer_key(issuer),
        "serial": f"{leaf.serial:x}",
        "not_before": rfc3339(leaf.not_before),
        "not_after": rfc3339(leaf.not_after),
        "lists": _list_addresses(leaf),
        "responders": list(dict.fromkeys(leaf.says.ocsp_urls))[:MAX_ADDRESSES],
        "request": base64.b64encode(_request(leaf, issuer, nonce)).decode(),
    }


def issuer_key(issuer: Certificate) -> str:
    """Names an issuer by what its lists are bound to: its name and its key, whatever certificate they stand in."""
    key = issuer.key_hash(_SHA256) or hashlib.sha256(issuer.der).digest()
    return hashlib.sha256(issuer.subject + key).hexdigest()[:32]


def _certificate(text: str) -> Certificate:
    return certificate(base64.b64decode(text))


def _list_addresses(leaf: Certificate) -> list[str]:
    # A point of another issuer, or for some reasons only, gives no whole answer.
    whole = [point for point in leaf.says.list_points if not point.issuers and point.reasons is None]
    found = [name.text for point in whole for name in point.names if name.kind == "uri"]
    return list(dict.fromkeys(found))[:MAX_ADDRESSES]


def _request(leaf: Certificate, issuer: Certificate, nonce: bytes) -> bytes:
    # SHA-1 names the issuer and proves nothing; it is the only digest that every responder knows (RFC 5019).
    named = {
        "hash_algorithm": {"algorithm": "sha1"},
        "issuer_name_hash": hashlib.sha1(leaf.issuer, usedforsecurity=False).digest(),
        "issuer_key_hash": issuer.key_hash(_SHA1),
        "serial_number": leaf.serial,
    }
    asked = {
        "request_list": [{"req_cert": named}],
        "request_extensions": [{"extn_id": "nonce", "extn_value": nonce}],
    }
    return bytes(ocsp.OCSPRequest({"tbs_request": asked}).dump())


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
        said = read_response(data).nonce
    except OcspRefusedError as error:
        return _refused(f"status: {error.status}", facts)
    except Asn1Error as error:
        return _refused(f"unreadable: {error}", facts)
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
    found = _read(data)
    if found is None:
        return "unreadable: no list", facts
    facts["this_update"] = rfc3339(found.this_update)
    facts["next_update"] = rfc3339(found.next_update) if found.next_update else ""
    if found.number is not None and 0 <= found.number < 1 << 160:
        # At most 20 octets by RFC 5280, 5.2.3; as text, because JSON has no such numbers.
        facts["number"] = f"{found.number:040x}"
    if found.scope is not None:
        facts["scope"] = _scope_name(found.scope)
    if found.base is not None:
        return "delta: tells only what changed since another list", facts
    return _dates(found.this_update, found.next_update, at, slack), facts


def _scope_name(scope: Scope) -> str:
    """Names which certificates a list speaks of; the same in every process."""
    said = [
        sorted([name.kind, name.value.hex()] for name in scope.names),
        (scope.relative or b"").hex(),
        [scope.only_users, scope.only_authorities, scope.only_attributes, scope.is_indirect],
        sorted(scope.reasons or ()),
    ]
    return _sha256(json.dumps(said).encode())[:16]


@lru_cache(maxsize=2)
def _read(data: bytes) -> RevocationList | None:
    try:
        return read_list(data)
    except Asn1Error:
        return None


def _dates(this_update: datetime, next_update: datetime | None, at: datetime, slack: float) -> str:
    if this_update > at + timedelta(seconds=slack):
        return f"future: issued {rfc3339(this_update)}"
    if next_update is not None and next_update < at:
        return f"stale: held until {rfc3339(next_update)}"
    return ""


def _issuer_of(data: bytes, candidates: Sequence[Certificate]) -> Certificate | None:
    found = _read(data)
    if found is None or not found.is_well_formed:
        return None
    for candidate in candidates:
        if candidate.subject == found.issuer and candidate.may_sign_lists and _signed(found, candidate):
            return candidate
    return None


def _signed(found: RevocationList, by: Certificate) -> bool:
    try:
        return arithmetic.verify(found.signature, found.tbs, found.signature_algorithm, "", by.public_key)
    except (arithmetic.AlgorithmUnknownError, arithmetic.KeyUnusableError):
        return False


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


def _statements(data: bytes, leaf: Certificate, issuer: Certificate, known_at: datetime) -> Sequence[Statement]:
    return Revocations([data], known_at).statements(leaf, issuer)


def _moment(text: str) -> datetime:
    return from_rfc3339(text)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
