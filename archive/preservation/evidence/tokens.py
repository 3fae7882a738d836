"""RFC 3161 tokens as evidence records need them: what they say, and revocation data put into them.

Nothing is judged here (`verification.TokenJudge` does). Before a token is
covered by the next one, the revocation data of its authority goes into
`SignedData.crls`: not covered by its own signature, covered by the digest of
the next archive time-stamp. Without it nobody else can conclude that the old
authority was not revoked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from archive.preservation.evidence.algorithms import AlgorithmUnknownError, name_of
from archive.preservation.evidence.der import DerUnreadableError, Element, element, encode, members

MAX_TOKEN_BYTES = 32 << 20

_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_OCTETS: Final = 0x04
_CONSTRUCTED_OCTETS: Final = 0x24
_IDENTIFIER: Final = 0x06
_TIME: Final = 0x18
_EXPLICIT: Final = 0xA0
_CERTIFICATES: Final = 0xA0
_LISTS: Final = 0xA1
_OTHER: Final = 0xA1
_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
_TST_INFO: Final = bytes.fromhex("2a864886f70d0109100104")
_OCSP: Final = encode(_IDENTIFIER, bytes.fromhex("2b06010505071002"))
"""id-ri-ocsp-response, 1.3.6.1.5.5.7.16.2 (RFC 5940)."""

_VERSION_5: Final = b"\x02\x01\x05"


class TokenUnreadableError(ValueError):
    """The bytes are no time-stamp token."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says."""

    time: datetime
    algorithm: str
    """Of the message imprint."""

    imprint: bytes
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    """Embedded certificates (DER), in order."""

    revocation: tuple[bytes, ...] = field(default=(), repr=False)
    """CRLs and OCSP answers in `SignedData.crls`."""

    signer_infos: tuple[bytes, ...] = field(default=(), repr=False)
    digest_algorithms: tuple[bytes, ...] = field(default=(), repr=False)
    """As SignedData announces them, encoded."""

    version: bytes = b""
    """Content of SignedData's version."""

    regular_version: bytes = b"\x03"
    """What RFC 5652, 5.1 asks for: 5 with OCSP answers in it, else 3."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """The places inside a token where something is read or put."""

    outer: Element
    explicit: Element
    signed: Element
    fields: tuple[Element, ...]

    def optional(self, tag: int) -> Element | None:
        """The field `[0]` or `[1]` of SignedData."""
        return next((part for part in self.fields[3:] if part.tag == tag), None)


def _parts(data: bytes) -> _Parts:
    outer = element(data, ber=True)
    if outer.end != len(data) or outer.tag != _SEQUENCE:
        raise DerUnreadableError("no ContentInfo")
    kind, explicit = _exactly(outer, _IDENTIFIER, _EXPLICIT)
    if kind.content != _SIGNED_DATA:
        raise DerUnreadableError("no SignedData")
    (signed,) = _exactly(explicit, _SEQUENCE)
    fields = tuple(members(signed, ber=True))
    tags = [part.tag for part in fields]
    if tags[:3] != [0x02, _SET, _SEQUENCE] or tags[3:] not in (
        [_SET],
        [_CERTIFICATES, _SET],
        [_LISTS, _SET],
        [_CERTIFICATES, _LISTS, _SET],
    ):
        raise DerUnreadableError("SignedData has other parts")
    return _Parts(outer, explicit, signed, fields)


def _exactly(parent: Element, *tags: int) -> list[Element]:
    found = members(parent, ber=True)
    if [part.tag for part in found] != list(tags):
        msg = f"parts {[hex(part.tag) for part in found]}"
        raise DerUnreadableError(msg)
    return found


@lru_cache(maxsize=4096)
def read_token(data: bytes) -> Token:
    """What the token `data` (ContentInfo) says; remembered, for one token serves many records.

    Raises:
        TokenUnreadableError: it is none.
    """
    if len(data) > MAX_TOKEN_BYTES:
        msg = f"{len(data)} bytes"
        raise TokenUnreadableError(msg)
    try:
        return _token(_parts(data))
    except (DerUnreadableError, AlgorithmUnknownError, ValueError) as error:
        msg = f"{type(error).__name__}: {error}"
        raise TokenUnreadableError(msg) from error


def _token(parts: _Parts) -> Token:
    kind, explicit = _exactly(parts.fields[2], _IDENTIFIER, _EXPLICIT)
    if kind.content != _TST_INFO:
        raise DerUnreadableError("no TSTInfo")
    (holder,) = members(explicit, ber=True)
    info = element(_octets(holder))
    if info.tag != _SEQUENCE or info.end != len(info.data):
        raise DerUnreadableError("no TSTInfo")
    fields = members(info)
    imprint = members(fields[2]) if len(fields) > 4 else []  # noqa: PLR2004 - version, policy, imprint, serial, time
    if [part.tag for part in imprint] != [_SEQUENCE, _OCTETS] or fields[4].tag != _TIME:
        raise DerUnreadableError("no TSTInfo")
    certificates, lists = parts.optional(_CERTIFICATES), parts.optional(_LISTS)
    return Token(
        time=_instant(fields[4].content),
        algorithm=name_of(imprint[0]),
        imprint=imprint[1].content,
        certificates=tuple(part.encoded for part in members(certificates, ber=True)) if certificates else (),
        revocation=tuple(_status(part) for part in members(lists, ber=True)) if lists else (),
        signer_infos=tuple(part.encoded for part in members(parts.fields[-1], ber=True)),
        digest_algorithms=tuple(part.encoded for part in members(parts.fields[1], ber=True)),
        version=parts.fields[0].content,
        regular_version=b"\x05" if lists and any(p.tag == _OTHER for p in members(lists, ber=True)) else b"\x03",
    )


def _octets(holder: Element) -> bytes:
    if holder.tag == _OCTETS:
        return holder.content
    if holder.tag != _CONSTRUCTED_OCTETS:
        raise DerUnreadableError("no octets")
    return b"".join(_octets(part) for part in members(holder, ber=True))


def _instant(text: bytes) -> datetime:
    """A GeneralizedTime of RFC 3161: UTC, a fraction of any length."""
    said = text.decode("ascii")
    whole, _, fraction = said.removesuffix("Z").partition(".")
    if not said.endswith("Z") or not (whole + (fraction or "0")).isdecimal():
        msg = f"no time: {said!r}"
        raise ValueError(msg)
    instant = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return instant.replace(microsecond=int((fraction + "000000")[:6]))


def _status(entry: Element) -> bytes:
    """A CRL as it is; an OCSP answer without what RFC 5940 puts around it."""
    if entry.tag != _OTHER:
        return entry.encoded
    kind, *answer = members(entry, ber=True)
    if kind.encoded != _OCSP or len(answer) != 1:
        raise DerUnreadableError("revocation data of another kind")
    return answer[0].encoded


def is_list(data: bytes) -> bool:
    """Whether `data` is shaped like a CRL, otherwise it is taken for an OCSP answer.

    A CRL is a SEQUENCE of SEQUENCE, SEQUENCE, BIT STRING; an OCSP answer begins with an ENUMERATED.

    Raises:
        TokenUnreadableError: it is neither.
    """
    try:
        tags = [part.tag for part in members(element(data), ber=True)]
    except DerUnreadableError as error:
        raise TokenUnreadableError(str(error)) from error
    if tags == [_SEQUENCE, _SEQUENCE, 0x03]:
        return True
    if tags and tags[0] == 0x0A:  # noqa: PLR2004 - ENUMERATED, responseStatus
        return False
    raise TokenUnreadableError("neither CRL nor OCSP answer")


def with_revocation(token: bytes, status: Sequence[bytes]) -> bytes:
    """`token` with CRLs and OCSP answers in its `SignedData.crls`, nothing that is signed touched.

    What is there already stays; new entries follow in the order of a DER SET.
    OCSP answers go in as RFC 5940 says, which makes the SignedData version 5.
    Nothing new gives the token back byte for byte. The same arguments give the
    same bytes for ever: storage keeps token and answers, and the digest of
    this result.

    Raises:
        TokenUnreadableError: the token is none, or an answer is neither CRL nor OCSP answer.
    """
    known = set(read_token(token).revocation)
    fresh = [data for data in dict.fromkeys(status) if data not in known]
    if not fresh:
        return token
    parts = _parts(token)
    entries = [data if is_list(data) else encode(_OTHER, _OCSP + data) for data in fresh]
    there = parts.optional(_LISTS)
    content = b"".join(sorted([*(part.encoded for part in members(there, ber=True)), *entries] if there else entries))
    has_other = any(entry[0] == _OTHER for entry in entries)
    version = _VERSION_5 if has_other else parts.fields[0].encoded
    before = b"".join(part.encoded for part in parts.fields[1:-1] if part.tag != _LISTS)
    signed = encode(_SEQUENCE, version + before + encode(_LISTS, content) + parts.fields[-1].encoded)
    return encode(_SEQUENCE, encode(_IDENTIFIER, _SIGNED_DATA) + encode(_EXPLICIT, signed))
