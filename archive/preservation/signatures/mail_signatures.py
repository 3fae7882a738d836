"""Signatures of e-mail (S/MIME, RFC 8551; RFC 1847): which bytes of the message each of them is over.

A signature of a mail is over a part of it with its own header lines, as they
went over the wire. The headers of the mail itself (who, to whom, when, about
what) are not signed; that is told, and the plain word says so.
"""

from __future__ import annotations

import hashlib
import mmap
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.preservation.signatures.blocks import Digest, used_together
from archive.preservation.signatures.cms_facts import CmsUnreadableError
from archive.preservation.signatures.cms_judging import Holder, binary, digest_of_bytes, judge_cms
from archive.preservation.signatures.cms_reading import read_signed_data
from archive.preservation.signatures.file_kinds import is_signed_data
from archive.preservation.signatures.verdicts import FileJudgement, undecided
from archive.preservation.signatures.world import World
from metadata.mime_entities import (
    MOST_JUDGED_BYTES,
    Entity,
    MimeUnreadableError,
    decoded_body,
    entity_of,
    with_crlf,
)

MAX_SIGNED = 20
DEEPEST = 3
"""Signatures around signatures."""

_SIGNATURES = re.compile(rb"application/(?:x-)?(?:pkcs7-(?:signature|mime)|pgp-signature)", re.IGNORECASE)
_DETACHED = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_OPAQUE = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_PGP = "application/pgp-signature"
_OPENPGP = "openpgp: a signature with a key that no authority vouches for"
_HEADERS = "known-part: S/MIME: the body with its attachments is signed, the headers of the message are not (RFC 8551)"
_LINES = "line-ends: the message was kept with other line ends than it was sent with; it is judged as it was sent"


@dataclass(frozen=True, slots=True)
class SignedPart:
    """A signature in a mail."""

    name: str
    """Of the part that holds it."""

    place: str
    """Number of what it signs, such as `1.2`; empty: the message as a whole."""

    cms: bytes = field(repr=False)
    contents: tuple[bytes, ...] = field(default=(), repr=False)
    """What it signs: as it stands, and as it was sent where that differs; empty: the CMS carries it."""

    unread: str = ""
    """Why it is only recognised."""


def judge_mail(data: bytes, world: World) -> tuple[FileJudgement, World]:
    """Verdicts on the signatures of a mail, one a signer.

    Args:
        data: The message.
        world: What is known beside it.

    Returns:
        The verdicts, and the world with what the message brings.
    """
    if not _SIGNATURES.search(data):
        return FileJudgement(()), world
    sha256, senders = hashlib.sha256(data).hexdigest(), _senders(data)
    told, used, full = [], [], world
    found = list(signed_parts(data))
    for part in found[:MAX_SIGNED]:
        if part.unread:
            told.append(undecided(part.unread, field=part.name))
            continue
        judgement, full = judge_cms(part.cms, _digest(part), full, _holder(part, sha256, senders))
        told += judgement.verdicts
        used.append(judgement.used)
    if len(found) > MAX_SIGNED:
        told.append(undecided(f"too-many: {len(found) - MAX_SIGNED} further signatures are not judged"))
    return FileJudgement(tuple(told), used_together(used)), full


def mail_too_large() -> dict[str, Any]:
    """The verdict on a signed message that is not read."""
    return undecided(f"too-large: a message of more than {MOST_JUDGED_BYTES >> 20} MiB is not judged")


def openpgp(field: str | None = None) -> dict[str, Any]:
    """The verdict on an OpenPGP signature."""
    return undecided(_OPENPGP, field=field)


def speaks_of_signatures(path: Path) -> bool:
    """Whether the file at `path` names a media type of signatures."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _SIGNATURES.search(data) is not None


def signed_parts(data: bytes) -> Iterator[SignedPart]:
    """The signatures of the message `data`; none where it cannot be taken apart."""
    yield from _parts(data, "", 0)


def _parts(data: bytes, prefix: str, depth: int) -> Iterator[SignedPart]:
    try:
        whole = entity_of(data)
    except MimeUnreadableError:
        return
    waiting = [(whole, prefix)]
    while waiting:
        one, place = waiting.pop()
        if one.kind == "multipart/signed" and len(one.children) > 1:
            yield from _detached(data, one, place)
        elif one.kind in _OPAQUE:
            yield from _opaque(data, one, place, depth)
        # What is signed may be signed inside once more; the signature itself holds nothing.
        inner = one.children[:1] if one.kind == "multipart/signed" else one.children
        numbered = [(child, f"{place}.{n}".lstrip(".")) for n, child in enumerate(inner, start=1)]
        waiting += reversed(numbered)


def _detached(data: bytes, one: Entity, place: str) -> Iterator[SignedPart]:
    content, signature = one.children[0], one.children[1]
    name = _name(signature) or signature.kind
    if signature.kind == _PGP:
        yield SignedPart(name, place, b"", unread=_OPENPGP)
    elif signature.kind in _DETACHED:
        octets = data[content.start : content.end]
        yield SignedPart(name, place, _cms(data, signature), tuple(dict.fromkeys((octets, with_crlf(octets)))))


def _opaque(data: bytes, one: Entity, place: str, depth: int) -> Iterator[SignedPart]:
    cms = _cms(data, one)
    if not is_signed_data(cms):
        # Encrypted: whether it is signed inside only its receiver can say.
        return
    yield SignedPart(_name(one) or "smime.p7m", place, cms)
    try:
        content = read_signed_data(cms).content
    except CmsUnreadableError:
        return
    if content and depth < DEEPEST:
        yield from _parts(content, f"{place}.0".lstrip("."), depth + 1)


def _cms(data: bytes, part: Entity) -> bytes:
    try:
        return binary(decoded_body(data, part))
    except ValueError:
        return data[part.body : part.end]


def _name(part: Entity) -> str:
    return part.header.get_filename("") or part.parameter("name")


def _digest(part: SignedPart) -> Digest | None:
    """Digest of what is signed: of several readings the one that a signer digested, else as it stands."""
    if not part.contents:
        return None
    return digest_of_bytes(part.contents[_reading(part)])


def _reading(part: SignedPart) -> int:
    try:
        signers = read_signed_data(part.cms).signers
    except CmsUnreadableError:
        return 0
    told = [(signer.digest, signer.message_digest) for signer in signers if signer.message_digest]
    if not told:
        # Without attributes nothing tells; what is sent has the line ends of mail (RFC 8551, 3.1.1).
        return len(part.contents) - 1
    for number, content in enumerate(part.contents):
        if any(_fits(content, name, value) for name, value in told):
            return number
    return 0


def _fits(content: bytes, name: str, value: bytes) -> bool:
    try:
        return digest_of_bytes(content)(name) == value
    except ValueError:
        return False


def _holder(part: SignedPart, sha256: str, senders: tuple[str, ...]) -> Holder:
    notes: Sequence[str] = (_HEADERS,)
    if part.contents and _reading(part):
        notes = (*notes, _LINES)
    if not part.place or part.place.strip(".0") == "":
        return Holder(part.name, sha256, notes=tuple(notes), senders=senders)
    why = f"coverage: signed is part {part.place}, not signed: what else the message holds"
    return Holder(part.name, sha256, constraints=(why,), notes=tuple(notes[1:]), senders=senders)


def _senders(data: bytes) -> tuple[str, ...]:
    """Addresses of From and Sender."""
    from email.utils import getaddresses  # noqa: PLC0415 - it brings `socket`, and a proof needs neither

    try:
        header = entity_of(data).header
        found = getaddresses([str(header.get(name) or "") for name in ("From", "Sender")])
    except (MimeUnreadableError, ValueError, IndexError):
        return ()
    return tuple(address.lower() for _, address in found if "@" in address)
