"""Reads CMS (RFC 5652) into facts; decides nothing. Standard library only."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from archive.preservation.signatures.algorithms import (
    SignatureAlgorithm,
    algorithm_oid,
    digest,
    digest_name,
    digest_of,
    named_signature,
    new_digest,
    signature_algorithm,
)
from archive.preservation.signatures.asn1 import (
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    SET,
    Asn1Error,
    BerError,
    Element,
    at,
    encoded,
    expect,
    first,
    header,
    inside,
    integer,
    members,
    normalised,
    octets,
    oid,
    value_of,
    whole,
)
from archive.preservation.signatures.cms_attributes import (
    CONTENT_TYPE,
    COUNTERSIGNATURE,
    MAX_TOKENS,
    MESSAGE_DIGEST,
    Attributes,
    read_attributes,
)
from archive.preservation.signatures.cms_facts import CmsUnreadableError, SignedData, SignerFacts, SignerName
from archive.preservation.signatures.names import name
from archive.preservation.signatures.tokens import TokenFacts, read_info

__all__ = [
    "MAX_SIGNERS",
    "MAX_TOKENS",
    "CmsUnreadableError",
    "SignedData",
    "SignerFacts",
    "SignerName",
    "TokenFacts",
    "digest_name",
    "is_signed_attributes",
    "new_digest",
    "read_pkcs1",
    "read_signed_data",
    "read_token",
]

MAX_SIGNERS = 20
MAX_CERTIFICATES = 400
MAX_LISTS = 500
MAX_KEPT_BYTES = 256 << 10
"""Largest CMS that is kept read."""

SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPES = {
    "1.2.840.113549.1.7.1": "data",
    SIGNED_DATA: "signed_data",
    "1.2.840.113549.1.7.3": "enveloped_data",
    "1.2.840.113549.1.7.5": "digested_data",
    "1.2.840.113549.1.7.6": "encrypted_data",
    "1.2.840.113549.1.9.16.1.2": "authenticated_data",
    "1.2.840.113549.1.9.16.1.4": "tst_info",
}
_OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"
_OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1"


def read_signed_data(data: bytes) -> SignedData:
    """The SignedData in `data`, BER or DER, trailing bytes allowed; what was read last is kept.

    Raises:
        CmsUnreadableError: whatever is wrong with it.
    """
    return _kept(data) if len(data) <= MAX_KEPT_BYTES else _named(data)


@lru_cache(maxsize=64)
def _kept(data: bytes) -> SignedData:
    return _named(data)


def forget() -> None:
    """Empties the cache: for measurements."""
    _kept.cache_clear()


def _named(data: bytes) -> SignedData:
    try:
        try:
            return _read(data)
        except BerError:
            definite, end = normalised(data)
            return replace(_read(definite), is_ber=True, padding_is_zero=not data[end:].strip(b"\0"))
    except Asn1Error as error:
        raise CmsUnreadableError(str(error)) from error


def _read(data: bytes) -> SignedData:
    outer = expect(first(data), SEQUENCE)
    parts = members(data, outer, 2)
    kind = oid(data, at(parts, 0, OID))
    if kind != SIGNED_DATA:
        msg = f"content type {CONTENT_TYPES.get(kind, kind)}"
        raise CmsUnreadableError(msg)
    found = members(data, expect(inside(data, at(parts, 1, 0xA0)), SEQUENCE), 8)
    content_type, content = _content(data, at(found, 2, SEQUENCE))
    certificates: list[bytes] = []
    lists: tuple[bytes, ...] = ()
    others = 0
    optional = found[3:-1]
    if [e[0] for e in optional] not in ([], [0xA0], [0xA1], [0xA0, 0xA1]):
        raise Asn1Error("unknown members of SignedData")
    for element in optional:
        if element[0] == 0xA0:  # noqa: PLR2004 - certificates
            choices = members(data, element)
            certificates = [encoded(data, e) for e in choices if e[0] == SEQUENCE][:MAX_CERTIFICATES]
            others = sum(1 for e in choices if e[0] != SEQUENCE)
        else:
            lists = tuple(_lists(data, element))[:MAX_LISTS]
    infos = members(data, at(found, len(found) - 1, SET))
    return SignedData(
        content_type,
        content,
        tuple(certificates),
        lists,
        tuple(_aware(_signer(data, info, certificates), content) for info in infos[:MAX_SIGNERS]),
        padding_is_zero=not data[outer[3] :].strip(b"\0"),
        signers_left_out=max(0, len(infos) - MAX_SIGNERS),
        digests=tuple(digest_of(algorithm_oid(encoded(data, e))) for e in members(data, at(found, 1, SET), 100)),
        attribute_certificates=others,
    )


def _content(data: bytes, element: Element) -> tuple[str, bytes | None]:
    parts = members(data, element, 2)
    kind = oid(data, at(parts, 0, OID))
    if len(parts) == 1:
        return CONTENT_TYPES.get(kind, kind), None
    held = inside(data, at(parts, 1, 0xA0))
    if held[0] == OCTETS | 0x20:
        raise BerError("content in pieces")
    # PKCS #7 of old signers wraps content of any type; its value octets are what was digested.
    return CONTENT_TYPES.get(kind, kind), value_of(data, held)


def _lists(data: bytes, element: Element) -> list[bytes]:
    """CRLs, and OCSP answers in OtherRevocationInfoFormat (RFC 5652, 10.2.1; RFC 5940)."""
    found = []
    for choice in members(data, element):
        if choice[0] == SEQUENCE:
            found.append(encoded(data, choice))
        elif choice[0] == 0xA1:  # noqa: PLR2004 - other
            parts = members(data, choice, 2)
            if oid(data, at(parts, 0, OID)) in (_OCSP_RESPONSE, _OCSP_BASIC):
                found.append(encoded(data, at(parts, 1, SEQUENCE)))
    return found


def _signer(data: bytes, element: Element, certificates: list[bytes]) -> SignerFacts:
    parts = members(data, expect(element, SEQUENCE), 8)
    named = _signer_name(data, parts)
    stated = algorithm_oid(encoded(data, at(parts, 2, SEQUENCE)))
    rest = parts[3:]
    signed = rest.pop(0) if rest and rest[0][0] == 0xA0 else None  # noqa: PLR2004 - signedAttrs
    algorithm = signature_algorithm(encoded(data, at(rest, 0, SEQUENCE)))
    value = octets(data, at(rest, 1, OCTETS))
    unsigned = rest[2] if len(rest) > 2 else None  # noqa: PLR2004 - unsignedAttrs
    if len(rest) > 3:  # noqa: PLR2004 - algorithm, value, unsignedAttrs
        raise Asn1Error("unknown members of a SignerInfo")
    says = read_attributes(data, signed)
    beside = read_attributes(data, unsigned and expect(unsigned, 0xA1))
    own = says.signing_certificates[0] if says.signing_certificates else None
    digest_said = (own.digest, own.value) if own else None
    candidates = tuple(c for c in dict.fromkeys(certificates) if named.means(c))
    content_type = CONTENT_TYPES.get(says.content_type or "", says.content_type)
    return SignerFacts(
        digest=digest_of(stated),
        signature_algorithm=algorithm,
        signature=value,
        signed_bytes=_signed_bytes(data, signed, says),
        message_digest=says.message_digest,
        content_type=content_type,
        signing_time=says.signing_time,
        certificate_digest=digest_said,
        certificate=_own(candidates, digest_said),
        tokens=beside.signature_tokens,
        revocation=(*says.revocation, *beside.revocation),
        name=named,
        candidates=candidates,
        signing_certificates=says.signing_certificates,
        content_tokens=says.content_tokens,
        archive_tokens=beside.archive_tokens,
        certificates=beside.certificates,
        policy=says.policy,
        commitments=says.commitments,
        roles=says.roles,
        protected=says.protected,
        signed_attributes=says.kinds,
        unsigned_attributes=beside.kinds,
        notes=(*_notes(stated, algorithm), *_not_judged(says, beside)),
        problems=(*says.problems, *_missing(says), *_protection(says, stated, algorithm)),
    )


def is_signed_attributes(content: bytes) -> bool:
    """Whether `content` is what a signer with signed attributes signs: their DER.

    A value that was made over signed attributes also fits a CMS without them
    whose content they are (RFC 5652, section 5.4 leaves it open): whoever
    takes them out of one signature makes a signed "document" of them.
    """
    if content[:1] != b"\x31":
        return False
    try:
        kinds = read_attributes(content, whole(content, SET)).kinds
    except Asn1Error:
        return False
    return {CONTENT_TYPE, MESSAGE_DIGEST} <= set(kinds)


def _aware(facts: SignerFacts, content: bytes | None) -> SignerFacts:
    if facts.signed_bytes or content is None or not is_signed_attributes(content):
        return facts
    return replace(facts, problems=(*facts.problems, "content-is-attributes: of another signature, not a document"))


def _signer_name(data: bytes, parts: list[Element]) -> SignerName:
    integer(data, at(parts, 0, INTEGER))
    if len(parts) > 1 and parts[1][0] == 0x80:  # noqa: PLR2004 - subjectKeyIdentifier
        return SignerName(key_identifier=value_of(data, parts[1]))
    names = members(data, at(parts, 1, SEQUENCE), 2)
    issuer = encoded(data, at(names, 0, SEQUENCE))
    name(issuer)
    return SignerName(issuer, integer(data, at(names, 1, INTEGER)))


def _signed_bytes(data: bytes, element: Element | None, says: Attributes) -> tuple[bytes, ...]:
    if element is None or not says.encodings:
        return ()
    sent = b"\x31" + data[element[1] + 1 : element[3]]
    ordered = b"".join(sorted(says.encodings))
    return tuple(dict.fromkeys((header(SET, len(ordered)) + ordered, sent)))


def _own(candidates: tuple[bytes, ...], said: tuple[str, bytes] | None) -> bytes | None:
    """Anybody may add a certificate of the same name: of several it is that which the signer named by digest."""
    if len(candidates) > 1 and said is not None:
        try:
            return next((c for c in candidates if digest(said[0], c) == said[1]), candidates[0])
        except ValueError:
            pass
    return candidates[0] if candidates else None


def _notes(stated: str, algorithm: SignatureAlgorithm) -> tuple[str, ...]:
    found = []
    if digest_of(stated) != stated and named_signature(stated).scheme != "unknown":
        found.append(f"digest-algorithm: given as the signature algorithm {named_signature(stated).name}")
    if algorithm.digest is not None and algorithm.digest != digest_of(stated):
        found.append(f"digest-mixed: the value is over {algorithm.digest}, the content over {digest_of(stated)}")
    return tuple(found)


def _not_judged(says: Attributes, beside: Attributes) -> tuple[str, ...]:
    """What is there and weighs nothing here: named, so that nobody takes it for judged."""
    found = []
    if says.policy is not None and says.policy.identifier:
        found.append(f"signature-policy: the signer names {says.policy.identifier}; judged by the archive's own")
    if (count := beside.kinds.count(COUNTERSIGNATURE)) > 0:
        found.append(f"countersignature: {count} recognised, not judged")
    if beside.archive_tokens:
        found.append(f"archive-time-stamp: {len(beside.archive_tokens)} recognised, not judged")
    return tuple(found)


def _missing(says: Attributes) -> tuple[str, ...]:
    """RFC 5652, 11.1: where attributes are signed the type of the content is one of them."""
    return ("attribute-missing: content-type",) if says.kinds and says.content_type is None else ()


def _protection(says: Attributes, stated: str, algorithm: SignatureAlgorithm) -> tuple[str, ...]:
    if says.protected is None:
        return ()
    named, signs = says.protected
    if named == stated and signs in (None, algorithm.oid):
        return ()
    return (f"algorithm-protection: signed for {digest_of(named)} and {signs}, not for what is used",)


def read_pkcs1(contents: bytes, certificates: tuple[bytes, ...]) -> SignedData:
    """A signature of kind `adbe.x509.rsa_sha1`: the bare RSA value in an OCTET STRING, its certificates beside it.

    The digest algorithm stands inside the value (`values.stated_digest`); `sha1`
    is what the kind promises. Nothing is signed but the content itself.

    Args:
        contents: `/Contents`, padding included.
        certificates: `/Cert`, the signer's first.

    Raises:
        CmsUnreadableError: it is no OCTET STRING.
    """
    try:
        element = first(contents)
        value = octets(contents, element)
    except Asn1Error as error:
        raise CmsUnreadableError(str(error)) from error
    own = certificates[0] if certificates else None
    signer = SignerFacts(
        digest="sha1",
        signature_algorithm=named_signature("1.2.840.113549.1.1.1"),
        signature=value,
        signed_bytes=(),
        message_digest=None,
        content_type=None,
        signing_time=None,
        certificate_digest=None,
        certificate=own,
        candidates=certificates[:1],
    )
    padding = not contents[element[3] :].strip(b"\0")
    return SignedData("data", None, certificates[:MAX_CERTIFICATES], (), (signer,), padding)


def read_token(signed: SignedData) -> TokenFacts:
    """The time-stamp that `signed` holds.

    Raises:
        CmsUnreadableError: it holds none.
    """
    if signed.content_type != "tst_info" or signed.content is None:
        msg = f"a time-stamp with content type {signed.content_type}"
        raise CmsUnreadableError(msg)
    try:
        return read_info(signed.content)
    except Asn1Error as error:
        raise CmsUnreadableError(str(error)) from error
