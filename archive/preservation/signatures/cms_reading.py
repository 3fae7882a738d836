"""Reads CMS (RFC 5652) into facts; decides nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from asn1crypto import algos, cms, core, parser, tsp

MAX_SIGNERS = 20
MAX_TOKENS = 10

_ADBE_REVOCATION = "1.2.840.113583.1.1.8"


class CmsUnreadableError(ValueError):
    """The bytes are no CMS SignedData."""


@dataclass(frozen=True, slots=True)
class SignerFacts:
    """One SignerInfo."""

    digest: str
    """Digest algorithm, in asn1crypto's names."""

    signature_algorithm: algos.SignedDigestAlgorithm
    signature: bytes = field(repr=False)
    signed_bytes: tuple[bytes, ...] = field(repr=False)
    """The signed attributes in DER and, where that differs, as sent; empty: none are signed."""

    message_digest: bytes | None
    content_type: str | None
    signing_time: datetime | None
    certificate_digest: tuple[str, bytes] | None
    """Of the signing-certificate attribute."""

    certificate: bytes | None = field(repr=False)
    """The signer's certificate where the CMS carries it."""

    tokens: tuple[bytes, ...] = field(default=(), repr=False)
    """Signature time-stamps."""

    revocation: tuple[bytes, ...] = field(default=(), repr=False)
    """CRLs and OCSP answers in Adobe's signed attribute."""


@dataclass(frozen=True, slots=True)
class SignedData:
    """One CMS SignedData."""

    content_type: str
    content: bytes | None = field(repr=False)
    """Encapsulated content; None: detached."""

    certificates: tuple[bytes, ...] = field(repr=False)
    revocation: tuple[bytes, ...] = field(repr=False)
    signers: tuple[SignerFacts, ...]
    padding_is_zero: bool = True


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """The TSTInfo of a time-stamp token."""

    time: datetime
    imprint_digest: str
    imprint: bytes = field(repr=False)
    encoded: bytes = field(repr=False)


def digest_name(name: str) -> str:
    """The plain digest behind `name`; some signers give a signature algorithm where a digest belongs."""
    plain = name.lower().replace("-", "_")
    for suffix in ("_rsa", "_ecdsa"):
        plain = plain.removesuffix(suffix)
    return {"1.2.840.113549.1.1.11": "sha256", "1.2.840.113549.1.1.5": "sha1"}.get(plain, plain)


def new_digest(name: str) -> Any:  # noqa: ANN401 - hashlib gives its objects no public type
    """A hashlib object for asn1crypto's `name`.

    Raises:
        ValueError: the algorithm is unknown here.
    """
    return hashlib.new(digest_name(name))


@lru_cache(maxsize=16)
def read_signed_data(data: bytes) -> SignedData:
    """The SignedData in `data`, BER or DER, trailing bytes allowed.

    Raises:
        CmsUnreadableError: whatever is wrong with it; asn1crypto reads lazily
            and reports hostile bytes by many kinds of exceptions.
    """
    try:
        return _read(data)
    except CmsUnreadableError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        msg = f"{type(error).__name__}: {error}"
        raise CmsUnreadableError(msg) from error


def _read(data: bytes) -> SignedData:
    outer = _load(cms.ContentInfo, data)
    if outer["content_type"].native != "signed_data":
        msg = f"content type {outer['content_type'].native}"
        raise CmsUnreadableError(msg)
    signed = outer["content"]
    inner = signed["encap_content_info"]
    content = inner["content"]
    present = content is not None and not isinstance(content, core.Void)
    certificates = tuple(c.chosen.dump() for c in _members(signed["certificates"]) if c.name == "certificate")
    infos = list(signed["signer_infos"])[:MAX_SIGNERS]
    return SignedData(
        inner["content_type"].native,
        _octets(content) if present else None,
        certificates,
        _lists(signed["crls"]),
        tuple(_signer(info, signed["certificates"]) for info in infos),
        not _after(data).strip(b"\0"),
    )


def _octets(content: Any) -> bytes:  # noqa: ANN401 - asn1crypto has no types
    # PKCS #7 of old signers wraps content of any type; its value octets are what was digested.
    return bytes(content) if hasattr(content, "__bytes__") else bytes(content.contents)


_parse: Any = parser.parse
_peek: Any = parser.peek


def _load(kind: Any, data: bytes, **options: Any) -> Any:  # noqa: ANN401 - asn1crypto has no types
    return kind.load(data, **options)


def _after(data: bytes) -> bytes:
    return data[int(_peek(data)) :]


def _members(values: Any) -> list[Any]:  # noqa: ANN401 - asn1crypto has no types
    return [] if isinstance(values, core.Void) or values is None else list(values)


def _lists(values: Any) -> tuple[bytes, ...]:  # noqa: ANN401 - asn1crypto has no types
    found = []
    for value in _members(values):
        if value.name == "certificate_list":
            found.append(value.chosen.dump())
        else:
            other = value.chosen
            if other["other_rev_info_format"].native == "ocsp_response":
                found.append(other["other_rev_info"].dump())
    return tuple(found)


def _signer(info: Any, certificates: Any) -> SignerFacts:  # noqa: ANN401 - asn1crypto has no types
    attributes = info["signed_attrs"]
    has_attributes = not isinstance(attributes, core.Void) and len(attributes) > 0
    # Before anything is looked at: asn1crypto encodes anew what was looked into.
    sent = b"\x31" + attributes.dump()[1:] if has_attributes else b""
    ordered = _in_der_order(attributes) if has_attributes else b""
    signed: dict[str, Any] = {}
    for attribute in _members(attributes):
        signed.setdefault(attribute["type"].native, attribute["values"])
    moment = _first(signed, "signing_time")
    named = _certificate_digest(signed)
    return SignerFacts(
        digest_name(info["digest_algorithm"]["algorithm"].native),
        info["signature_algorithm"],
        info["signature"].native,
        tuple(dict.fromkeys(x for x in (ordered, sent) if x)),
        _native(_first(signed, "message_digest")),
        _native(_first(signed, "content_type")),
        _instant(_native(moment)),
        named,
        _certificate_of(info["sid"], certificates, named),
        _tokens(info["unsigned_attrs"]),
        _adobe(signed),
    )


def _first(attributes: dict[str, Any], name: str) -> Any:  # noqa: ANN401 - asn1crypto has no types
    values = attributes.get(name)
    return values[0] if values is not None and len(values) else None


def _native(value: Any) -> Any:  # noqa: ANN401 - asn1crypto has no types
    return None if value is None else value.native


def _instant(value: object) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _in_der_order(attributes: Any) -> bytes:  # noqa: ANN401 - asn1crypto has no types
    body = b"".join(sorted(attribute.dump() for attribute in attributes))
    return _header(len(body)) + body


def _header(length: int) -> bytes:
    if length < 0x80:  # noqa: PLR2004 - X.690, 8.1.3.4
        return bytes((0x31, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x31, 0x80 | len(octets))) + octets


def _certificate_digest(attributes: dict[str, Any]) -> tuple[str, bytes] | None:
    second = _first(attributes, "signing_certificate_v2")
    if second is not None:
        entry = second["certs"][0]
        return digest_name(entry["hash_algorithm"]["algorithm"].native), entry["cert_hash"].native
    first = _first(attributes, "signing_certificate")
    return ("sha1", first["certs"][0]["cert_hash"].native) if first is not None else None


def _certificate_of(sid: Any, certificates: Any, named: tuple[str, bytes] | None) -> bytes | None:  # noqa: ANN401
    """The certificate that the SignerInfo means; of several (anybody may add one) that which the signer named."""
    found = [bytes(c.chosen.dump()) for c in _members(certificates) if c.name == "certificate" and _is_meant(sid, c)]
    if named is not None:
        found.sort(key=lambda der: _digest_or_none(named[0], der) != named[1])
    return found[0] if found else None


def _is_meant(sid: Any, choice: Any) -> bool:  # noqa: ANN401 - asn1crypto has no types
    candidate = choice.chosen
    if sid.name != "issuer_and_serial_number":
        return bool(candidate.key_identifier == sid.chosen.native)
    wanted = sid.chosen
    return bool(candidate.serial_number == wanted["serial_number"].native and candidate.issuer == wanted["issuer"])


def _digest_or_none(name: str, data: bytes) -> bytes | None:
    try:
        value = new_digest(name)
    except ValueError:
        return None
    value.update(data)
    return bytes(value.digest())


def _tokens(attributes: Any) -> tuple[bytes, ...]:  # noqa: ANN401 - asn1crypto has no types
    found: list[bytes] = []
    for attribute in _members(attributes):
        if attribute["type"].native == "signature_time_stamp_token":
            found += [value.dump() for value in attribute["values"]]
    return tuple(found[:MAX_TOKENS])


def _adobe(attributes: dict[str, Any]) -> tuple[bytes, ...]:
    values = attributes.get(_ADBE_REVOCATION)
    if values is None:
        values = attributes.get("adobe_revocation_info_archival")
    if values is None or not len(values):
        return ()
    # RevocationInfoArchival: [0] lists, [1] OCSP answers, each an explicitly tagged SEQUENCE OF.
    found: list[bytes] = []
    for part in _elements(_parse(values[0].dump())[4]):
        found += _elements(_parse(_parse(part)[4])[4])
    return tuple(found)


def _elements(body: bytes) -> list[bytes]:
    found = []
    while body:
        length = int(_peek(body))
        found.append(body[:length])
        body = body[length:]
    return found


def read_token(signed: SignedData) -> TokenFacts:
    """The time-stamp that `signed` holds.

    Raises:
        CmsUnreadableError: it holds none.
    """
    if signed.content_type != "tst_info" or signed.content is None:
        msg = f"a time-stamp with content type {signed.content_type}"
        raise CmsUnreadableError(msg)
    try:
        info = _load(tsp.TSTInfo, signed.content)
        imprint = info["message_imprint"]
        moment = _instant(info["gen_time"].native)
        if moment is None:
            raise CmsUnreadableError("a time-stamp without time")
        name = digest_name(imprint["hash_algorithm"]["algorithm"].native)
        return TokenFacts(moment, name, imprint["hashed_message"].native, signed.content)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        msg = f"{type(error).__name__}: {error}"
        raise CmsUnreadableError(msg) from error
