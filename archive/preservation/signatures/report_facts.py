"""What a validation report says of a file beside the verdicts: signature values, signers, time-stamps, objects.

Read from the kept facts, from the bundle and, for CMS files, from the file
itself: all of it is delivered content, so this is a worker task and its answer
is plain JSON.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.preservation.signatures.algorithms import SignatureAlgorithm, digest_is
from archive.preservation.signatures.certificates import Certificate, CertificateUnreadableError, certificate
from archive.preservation.signatures.cms_facts import CmsUnreadableError, SignedData, SignerFacts
from archive.preservation.signatures.cms_judging import MAX_CMS_BYTES, binary, digest_of_file
from archive.preservation.signatures.cms_reading import read_pkcs1, read_signed_data, read_token
from archive.preservation.signatures.crl_reading import RevocationList
from archive.preservation.signatures.file_kinds import HEAD, kind_of
from archive.preservation.signatures.mail_signatures import signed_parts
from archive.preservation.signatures.pdf_facts import SignedField
from archive.preservation.signatures.pdf_facts_json import facts_of
from archive.preservation.signatures.pdf_judging import PKCS1, trimmed
from archive.preservation.signatures.revocation import Revocations
from archive.preservation.signatures.revocation_reading import RevocationUnreadableError, read_revocation
from archive.preservation.signatures.xml_facts import XmlSignature
from archive.preservation.signatures.xml_facts_json import is_xml_facts, xml_facts_of
from metadata.mime_entities import MOST_JUDGED_BYTES
from metadata.time import from_rfc3339, rfc3339

MAX_CHAIN = 10
MAX_SHOWN_BYTES = 64 << 10
"""Largest object whose bytes a report holds; of larger ones it holds the digest."""


@dataclass(slots=True)
class _Objects:
    """Validation objects by digest, in the order in which they were met."""

    known: dict[str, bytes] = field(default_factory=dict)

    def add(self, ders: Iterable[bytes]) -> list[str]:
        """The digests of `ders`, which are kept."""
        names = []
        for der in ders:
            name = hashlib.sha256(der).hexdigest()
            self.known.setdefault(name, der)
            names.append(name)
        return names


def describe(*, scratch: Path, source: str, facts: str, objects: Sequence[str], at: str) -> dict[str, Any]:
    """Worker task: what there is to say of the signatures of one file.

    Args:
        scratch: Not used.
        source: The file.
        facts: Its kept facts, base64; empty: none are kept for its kind.
        objects: The bundle, base64 of DER.
        at: The time of judging, RFC 3339.

    Returns:
        `sha256`, `size`; `signatures` in the order of the verdicts; `objects` by SHA-256 with `kind`, `about`,
        `time`, `der` (base64; empty: too large).
    """
    del scratch
    path = Path(source)
    bundle = _Objects()
    bundle.add(base64.b64decode(text) for text in objects)
    known = base64.b64decode(facts)
    signatures = list(_signatures(path, known, bundle))
    moment = from_rfc3339(at)
    for one in signatures:
        one.update(_path(one["signer"], bundle, moment))
    return {
        "sha256": digest_of_file(path)("sha256").hex(),
        "size": path.stat().st_size,
        "signatures": signatures,
        "objects": {name: _object(der) for name, der in bundle.known.items()},
    }


def _signatures(path: Path, facts: bytes, bundle: _Objects) -> Iterator[dict[str, Any]]:
    if facts and is_xml_facts(facts):
        for signature in xml_facts_of(facts).signatures:
            yield _of_xml(signature, bundle)
    elif facts:
        for one in facts_of(facts).fields:
            yield _of_field(one, bundle)
    else:
        yield from _of_cms(path, bundle)


def _of_cms(path: Path, bundle: _Objects) -> Iterator[dict[str, Any]]:
    with path.open("rb") as stream:
        kind = kind_of(stream.read(HEAD), path.suffix.lower())
    if kind == "mime" and path.stat().st_size <= MOST_JUDGED_BYTES:
        for part in signed_parts(path.read_bytes()):
            yield from _signers(part.cms, bundle) if not part.unread else (_nothing(),)
        return
    if kind != "cms" or path.stat().st_size > MAX_CMS_BYTES:
        return
    yield from _signers(binary(path.read_bytes()), bundle)


def _signers(cms: bytes, bundle: _Objects) -> Iterator[dict[str, Any]]:
    try:
        signed = read_signed_data(cms)
    except CmsUnreadableError:
        return
    for signer in signed.signers:
        yield _of_signer(signed, signer, bundle)


def _of_field(one: SignedField, bundle: _Objects) -> dict[str, Any]:
    token = trimmed(one.contents)
    span = one.range
    beside = {
        "name": one.name,
        "sub_filter": one.sub_filter or "",
        "byte_range": [0, span.first, span.gap_end, span.second] if span else [],
    }
    try:
        signed = read_pkcs1(one.contents, one.certificates) if one.sub_filter == PKCS1 else read_signed_data(token)
    except CmsUnreadableError:
        return _nothing() | beside
    if not signed.signers:
        return _nothing() | beside
    found = _of_signer(signed, signed.signers[0], bundle)
    if one.is_time_stamp:
        found["stamps"] = _stamps([("document", token)], bundle)
    return found | beside


def _nothing() -> dict[str, Any]:
    return {
        "name": "",
        "value": "",
        "signed_digest": "",
        "algorithm": "",
        "message_digest": "",
        "signer": "",
        "stamps": [],
        "roles": [],
        "commitments": [],
        "policy": "",
        "place": "",
        "sub_filter": "",
        "byte_range": [],
    }


def _of_signer(signed: SignedData, facts: SignerFacts, bundle: _Objects) -> dict[str, Any]:
    bundle.add(signed.certificates)
    likely = facts.certificate or (facts.candidates[0] if facts.candidates else None)
    stamps = [("signature", t) for t in facts.tokens] + [("content", t) for t in facts.content_tokens]
    return _nothing() | {
        "value": _text(facts.signature),
        "signed_digest": _text(hashlib.sha256(facts.signed_bytes[0]).digest()) if facts.signed_bytes else "",
        "algorithm": _address(facts.signature_algorithm, facts.digest),
        "message_digest": _text(facts.message_digest or b""),
        "signer": bundle.add([likely])[0] if likely else "",
        "stamps": _stamps([*stamps, *(("archive", t) for t in facts.archive_tokens)], bundle),
        "commitments": [f"urn:oid:{oid}" for oid in facts.commitments],
        "policy": f"urn:oid:{facts.policy.identifier}" if facts.policy and facts.policy.identifier else "",
    }


def _of_xml(signature: XmlSignature, bundle: _Objects) -> dict[str, Any]:
    names = bundle.add(signature.certificates)
    named = signature.certificate_digests[0] if signature.certificate_digests else None
    signer = next((n for n in names if named and digest_is(*named, bundle.known[n])), names[0] if names else "")
    claims = list(signature.claims)
    return _nothing() | {
        "name": signature.name,
        "value": _text(signature.value),
        "signed_digest": _text(hashlib.sha256(signature.signed_info).digest()),
        "algorithm": signature.method,
        "signer": signer,
        "stamps": _stamps([(s.kind, s.token) for s in signature.stamps], bundle),
        "roles": [text for name, text in claims if name == "role"],
        "commitments": [text for name, text in claims if name == "commitment"],
        "policy": next((text for name, text in claims if name == "policy"), ""),
        "place": next((text for name, text in claims if name == "place"), ""),
    }


_ADDRESSES = {
    ("rsa-pkcs1", "sha1"): "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    **{("rsa-pkcs1", f"sha{n}"): f"http://www.w3.org/2001/04/xmldsig-more#rsa-sha{n}" for n in (224, 256, 384, 512)},
    ("ecdsa", "sha1"): "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
    **{("ecdsa", f"sha{n}"): f"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha{n}" for n in (224, 256, 384, 512)},
    **{
        ("rsa-pss", f"sha{n}"): f"http://www.w3.org/2007/05/xmldsig-more#sha{n}-rsa-MGF1"
        for n in (1, 224, 256, 384, 512)
    },
}


def _address(algorithm: SignatureAlgorithm, beside: str) -> str:
    """The address of a signature algorithm as RFC 9231 writes it; others by their object identifier."""
    return _ADDRESSES.get((algorithm.scheme, algorithm.digest or beside)) or f"urn:oid:{algorithm.oid}"


def _stamps(stamps: Sequence[tuple[str, bytes]], bundle: _Objects) -> list[dict[str, str]]:
    found = []
    for kind, token in stamps:
        if token:
            name = bundle.add([token])[0]
            found.append({"object": name, "kind": kind, "time": _object(token)["time"]})
    return found


# ------------------------------------------------------------ the path and what was said of the signer


def _path(signer: str, bundle: _Objects, at: datetime) -> dict[str, Any]:
    """Certificates from the signer upwards, as far as the bundle goes, and what was said of the signer's revocation."""
    certificates: dict[str, Certificate] = {}
    answers: list[bytes] = []
    for name, der in bundle.known.items():
        found = _certificate(der)
        if found is not None:
            certificates[name] = found
        else:
            answers.append(der)
    if signer not in certificates:
        return {"chain": [], "revocation": None}
    chain = [signer]
    while len(chain) < MAX_CHAIN:
        last = certificates[chain[-1]]
        above = next((n for n, c in certificates.items() if c.subject == last.issuer and last.issued_by(c)), "")
        if not above or above in chain:
            break
        chain.append(above)
    issuer = certificates[chain[1]] if len(chain) > 1 else None
    return {"chain": chain, "revocation": _revoked(certificates[signer], issuer, answers, at)}


def _certificate(der: bytes) -> Certificate | None:
    try:
        return certificate(der)
    except CertificateUnreadableError:
        return None


def _revoked(
    subject: Certificate, issuer: Certificate | None, answers: list[bytes], at: datetime
) -> dict[str, str] | None:
    if issuer is None:
        return None
    said = [s for s in Revocations(answers, at).statements(subject, issuer) if s.revoked_at is not None]
    if not said:
        return None
    first = min(said, key=lambda s: s.revoked_at or s.this_update)
    return {"time": rfc3339(first.revoked_at or first.this_update), "reason": first.reason, "object": first.source}


# ------------------------------------------------------------ objects


def _object(der: bytes) -> dict[str, str]:
    return {**_kind(der), "der": _text(der) if len(der) <= MAX_SHOWN_BYTES else ""}


def _kind(der: bytes) -> Mapping[str, str]:
    found = _certificate(der)
    if found is not None:
        return {"kind": "certificate", "about": found.name, "time": rfc3339(found.not_before)}
    try:
        token = read_token(read_signed_data(der))
    except CmsUnreadableError:
        pass
    else:
        return {"kind": "timestamp", "about": token.policy, "time": rfc3339(token.time)}
    try:
        said = read_revocation(der)
    except RevocationUnreadableError:
        return {"kind": "other", "about": "", "time": ""}
    if isinstance(said, RevocationList):
        return {"kind": "CRL", "about": "", "time": rfc3339(said.this_update)}
    return {"kind": "OCSPResponse", "about": "", "time": rfc3339(said.produced_at)}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
