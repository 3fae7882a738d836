"""Judges XML signatures on their facts (EN 319 102-1, clauses 5.3 to 5.6; EN 319 132-1, clause 6).

References first, then the signature as any other. Archive time-stamps are
judged youngest first: each that holds proves the existence of what stands
before it, which helps to judge the next older one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from archive.preservation.signatures.algorithms import SignatureAlgorithm, digest_is, digest_name
from archive.preservation.signatures.blocks import Digest, Judged, SignerBlock, Stamp, Used, used_together
from archive.preservation.signatures.existence import ARCHIVE_STAMP, SIGNATURE_STAMP, Existence
from archive.preservation.signatures.judging import judge_signer
from archive.preservation.signatures.outcomes import PASSED, Outcome, failed, open_
from archive.preservation.signatures.policy import IN_TURN, LOCAL_TIME, Policy
from archive.preservation.signatures.tokens_judging import judge_prepared, material_of
from archive.preservation.signatures.verdicts import FileJudgement, undecided, unreadable, verdict
from archive.preservation.signatures.world import World
from archive.preservation.signatures.xml_algorithms import PSS_WITH_PARAMETERS, SIGNATURES
from archive.preservation.signatures.xml_facts import XmlFacts, XmlReference, XmlSignature, XmlStamp
from metadata.time import VIETNAM, from_rfc3339, rfc3339

MAX_NAMED = 5
"""Most places that one reason names."""

_SCHEMES = {"rsassa_pkcs1v15": "rsa-pkcs1", "rsassa_pss": "rsa-pss", "ed25519": "eddsa", "ed448": "eddsa"}
_PLAIN = "XMLDSig"
_CLOCKS_DIFFER_SECONDS = 600


def judge_xml(facts: XmlFacts, world: World, sha256: str = "") -> tuple[FileJudgement, World]:
    """Verdicts on every XML signature of a file or package.

    Args:
        facts: Of `xml_reading.read_xml`, `packages.read_package`, or kept ones.
        world: What is known beside the file.
        sha256: Digest of the file, under which its existence may be proven; empty: nobody asked.

    Returns:
        The verdicts, one for each signature found, and the world with what the file brings.
    """
    if facts.problem.startswith("format"):
        return FileJudgement((unreadable(facts.problem.removeprefix("format: ")),)), world
    if facts.problem:
        return FileJudgement((undecided(facts.problem),)), world
    full = _full_world(facts, world, sha256)
    told: list[dict[str, Any]] = []
    used: list[Used] = []
    for signature in facts.signatures:
        try:
            found, leant = _judged(facts, signature, full)
        except Exception as error:  # noqa: BLE001 - a defect here must not hide the other signatures of the file
            found = undecided(f"not-judged: {type(error).__name__}: {error}", field=signature.name, level=_PLAIN)
            leant = Used()
        told.append(found)
        used.append(leant)
    told += [undecided(one.what, field=one.name, level=one.level or None) for one in facts.unsupported]
    return FileJudgement(tuple(told), used_together(used)), full


# ------------------------------------------------------------ what the file brings


def _full_world(facts: XmlFacts, world: World, sha256: str) -> World:
    certificates: list[bytes] = []
    answers: list[bytes] = []
    identities: list[bytes] = []
    for signature in facts.signatures:
        certificates += signature.certificates
        answers += signature.revocation
        identities.append(_value(signature))
        for stamp in signature.stamps:
            more = material_of(stamp.token)
            certificates += more[0]
            answers += more[1]
            identities.append(stamp.token)
    full = world.with_material(certificates, answers)
    whole = full.existence.of(sha256) if sha256 and full.existence.proofs else None
    # What proves the whole file proves everything in it.
    return full.proving((*identities, *certificates, *answers), whole.time, whole.source) if whole else full


def _value(signature: XmlSignature) -> bytes:
    """The signature value as the arithmetic wants it: XML puts the two numbers of ECDSA side by side (RFC 4050)."""
    value = signature.value
    if SIGNATURES.get(signature.method, ("", ""))[0] != "ecdsa" or not value or len(value) % 2:
        return value
    half = len(value) // 2
    body = _integer(value[:half]) + _integer(value[half:])
    return b"\x30" + _length(len(body)) + body


def _integer(octets: bytes) -> bytes:
    plain = octets.lstrip(b"\0")
    if not plain or plain[0] & 0x80:
        plain = b"\0" + plain
    return b"\x02" + _length(len(plain)) + plain


def _length(size: int) -> bytes:
    if size < 0x80:  # noqa: PLR2004 - X.690, 8.1.3.4
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets), *octets))


# ------------------------------------------------------------ one signature


@dataclass(frozen=True, slots=True)
class _Archived:
    """A signature's world after its archive time-stamps were judged."""

    world: World
    used: Used
    notes: tuple[str, ...]
    practices: tuple[str, ...]
    intact: bool


def _judged(facts: XmlFacts, signature: XmlSignature, world: World) -> tuple[dict[str, Any], Used]:
    claimed, notes = _claims(signature)
    common: dict[str, Any] = {
        "field": signature.name,
        "signing_time": claimed.get("signingTime") or claimed.get("office"),
        "claimed_times": claimed,
        "coverage": signature.coverage,
    }
    integrity = _integrity(signature)
    archived = _with_archive_stamps(signature, world)
    block = _block(signature, integrity, archived.world.policy)
    judged = judge_signer(block, archived.world)
    outcome = judged.told()
    practices = (*archived.practices, *_practices(facts, claimed, judged))
    more = Outcome(None, (*notes, *archived.notes, *_notes(facts, signature)), practices=practices)
    told = verdict(
        outcome.beside(more),
        **common,
        signer=judged.signer,
        best=judged.best,
        level=_level(signature, judged, archived=archived.intact),
        changed_after=tuple(f"signature {name} was put into what is signed" for name in _added(signature)),
    )
    return told, judged.used.joined(archived.used)


def _integrity(signature: XmlSignature) -> Outcome:
    """Format and digests (5.2.2, 5.2.7.4): what proves the signature false comes before what is only not at hand."""
    if signature.problem:
        broken = signature.problem.startswith("format: ")
        why = f"xml-signature: {signature.problem.removeprefix('format: ')}"
        return failed("FORMAT_FAILURE", why) if broken else open_("GENERIC", why)
    if not any(not r.within for r in signature.references):
        return failed("FORMAT_FAILURE", "xml-signature: SignedInfo has no reference")
    found = [_reference(r) for r in signature.references]
    word = min((o.subindication or "" for o in found), key=_GRAVITY.index)
    gravest = [o for o in found if (o.subindication or "") == word]
    return gravest[0].beside(*gravest[1:MAX_NAMED])


_GRAVITY = ("FORMAT_FAILURE", "HASH_FAILURE", "SIGNED_DATA_NOT_FOUND", "GENERIC", "")


def _reference(reference: XmlReference) -> Outcome:
    word, _, what = reference.problem.partition(": ")
    if word in ("ambiguous", "format", "damaged"):
        return failed("FORMAT_FAILURE", f"reference-{word}: {what}")
    if word == "missing":
        why = f"content-missing: {what} is not there"
        return open_("SIGNED_DATA_NOT_FOUND", why, f"content: {what}")
    if word:
        return open_("GENERIC", f"reference-{word}: {what}")
    if not reference.expected or reference.found != reference.expected:
        return failed("HASH_FAILURE", f"hash: what is signed has been changed: {reference.covers}")
    return PASSED


def _block(signature: XmlSignature, integrity: Outcome, policy: Policy) -> SignerBlock:
    digests = [r.digest for r in signature.references if r.digest]
    named = signature.certificate_digests[0] if signature.certificate_digests else None
    stamps = tuple(
        Stamp(s.token, _readings(s), SIGNATURE_STAMP)
        for s in signature.stamps
        if s.kind == "signature" and not s.problem
    )
    return SignerBlock(
        _value(signature),
        _algorithm(signature),
        min(digests, key=lambda name: _end(name, policy), default="sha256"),
        integrity,
        (signature.signed_info,),
        candidates=_candidates(signature.certificates, named),
        named=named,
        references=signature.certificate_digests,
        stamps=stamps,
        constraints=_constraints(signature),
    )


def _end(name: str, policy: Policy) -> datetime:
    """Until when the policy believes a digest: of several the weakest counts."""
    row = policy.digest_row(name)
    if row is None:
        return datetime.min.replace(tzinfo=UTC)
    return row.until or datetime.max.replace(tzinfo=UTC)


def _candidates(certificates: Iterable[bytes], named: tuple[str, bytes] | None) -> tuple[bytes, ...]:
    """The named one first: a file may bring any number of others."""
    found = list(certificates)
    if named is not None:
        found.sort(key=lambda der: not digest_is(*named, der))
    return tuple(found)


def _algorithm(signature: XmlSignature) -> SignatureAlgorithm:
    scheme, digest = SIGNATURES.get(signature.method, ("", ""))
    if not scheme:
        return SignatureAlgorithm("", "unknown", name=signature.method[:120])
    mask, salt = digest, hashlib.new(digest).digest_size if scheme == "rsassa_pss" and digest else 0
    if signature.method == PSS_WITH_PARAMETERS:
        digest, mask, salt = signature.mask
    if scheme == "rsassa_pss":
        return SignatureAlgorithm("", "rsa-pss", digest, mask, salt, "rsassa_pss")
    if scheme.startswith("ed"):
        return SignatureAlgorithm("", "eddsa", name=scheme)
    return SignatureAlgorithm("", _SCHEMES.get(scheme, scheme), digest, name=f"{digest}_{scheme}")


def _constraints(signature: XmlSignature) -> tuple[str, ...]:
    """What keeps a genuine signature from passing: it does not sign what a reader of the file reads."""
    if signature.coverage == "whole-file" or signature.known_part or signature.counters:
        return ()
    signed = ", ".join(dict.fromkeys(r.covers for r in signature.references if r.role != "properties" and r.covers))
    left = ", ".join(signature.unsigned[:MAX_NAMED]) or "what it is a part of"
    return (f"coverage: signed is {signed[:150] or 'nothing but properties'}, not signed: {left}",)


# ------------------------------------------------------------ time-stamps


def _readings(stamp: XmlStamp) -> tuple[Digest, ...]:
    by_name: dict[str, list[bytes]] = {}
    for name, value in stamp.imprints:
        by_name.setdefault(name, []).append(value)
    count = max((len(values) for values in by_name.values()), default=0)
    return tuple(_reading(by_name, place) for place in range(count))


def _reading(by_name: dict[str, list[bytes]], place: int) -> Digest:
    def of(name: str) -> bytes:
        values = by_name.get(digest_name(name), [])
        if not values:
            msg = f"digest algorithm {name}"
            raise ValueError(msg)
        return values[min(place, len(values) - 1)]

    return of


def _with_archive_stamps(signature: XmlSignature, world: World) -> _Archived:
    notes: list[str] = []
    practices: list[str] = []
    used: list[Used] = []
    intact = False
    stamps = [s for s in signature.stamps if s.kind == "archive" and not s.problem]
    for stamp in sorted(stamps, key=lambda s: s.position, reverse=True):
        token = judge_prepared(stamp.token, _readings(stamp), world)
        used.append(token.used)
        intact = intact or token.intact
        if token.proves is None:
            time = rfc3339(token.time) if token.time else "unknown time"
            why = "; ".join(token.outcome.reasons)
            notes.append(f"time-stamp-unused: {time}, {token.outcome.subindication}: {why}")
            continue
        notes += token.outcome.reasons
        practices += token.outcome.practices
        world = world.with_existence(_proven(signature, stamp, token.proves, world.existence))
    return _Archived(world, used_together(used), tuple(notes), tuple(practices), intact)


def _proven(signature: XmlSignature, stamp: XmlStamp, when: datetime, existence: Existence) -> Existence:
    """POE extraction (5.6.2.3): the signature and the unsigned properties before the time-stamp."""
    objects = [_value(signature)]
    objects += [
        der
        for der, place in zip(signature.certificates, signature.certificate_positions, strict=True)
        if place < stamp.position
    ]
    objects += [
        der
        for der, place in zip(signature.revocation, signature.revocation_positions, strict=True)
        if place < stamp.position
    ]
    for earlier in signature.stamps:
        if earlier.position < stamp.position or earlier.kind == "content":
            certificates, answers = material_of(earlier.token)
            objects += [earlier.token, *certificates, *answers]
    return existence.proving_bytes(objects, when, ARCHIVE_STAMP)


# ------------------------------------------------------------ telling


def _level(signature: XmlSignature, judged: Judged, *, archived: bool) -> str:
    """The level by what is there (EN 319 132-1, clause 6), whether it proves anything or not."""
    if not signature.properties_signed:
        return _PLAIN
    if not judged.names_signer:
        return "XAdES"
    if not judged.stamped:
        return "B-B"
    if not signature.revocation:
        return "B-T"
    return "B-LTA" if archived else "B-LT"


def _claims(signature: XmlSignature) -> tuple[dict[str, str], tuple[str, ...]]:
    """Claimed times in RFC 3339; one that names no offset is read as Vietnamese time, and that is told."""
    found: dict[str, str] = {}
    notes: list[str] = []
    for name, text in (("signingTime", signature.signing_time), ("office", signature.office_time)):
        if not text:
            continue
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            notes.append(f"claimed-time-unreadable: {text}")
            continue
        if moment.tzinfo is None:
            notes.append(f"claimed-time-without-offset: {text} is read as Vietnamese time")
            moment = moment.replace(tzinfo=VIETNAM)
        found[name] = rfc3339(moment)
    return found, tuple(notes)


def _practices(facts: XmlFacts, claimed: dict[str, str], judged: Judged) -> Iterator[str]:
    """Practices of agencies that a signature shows."""
    if len([s for s in facts.signatures if not s.counters]) > 1:
        yield IN_TURN
    offset = VIETNAM.utcoffset(None)
    others = [from_rfc3339(claimed["office"])] if "office" in claimed else []
    others += [judged.best_time] if judged.best_time is not None else []
    ahead = [from_rfc3339(claimed["signingTime"]) - other - offset for other in others if "signingTime" in claimed]
    if any(abs(difference.total_seconds()) <= _CLOCKS_DIFFER_SECONDS for difference in ahead):
        yield LOCAL_TIME


def _added(signature: XmlSignature) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for r in signature.references for name in r.holds_without))


def _notes(facts: XmlFacts, signature: XmlSignature) -> Iterator[str]:
    yield from facts.notes
    if signature.properties and not signature.properties_signed:
        yield "properties-unsigned: the XAdES properties are not signed and not believed"
    if added := _added(signature):
        yield f"added-signatures: what was signed holds without {', '.join(added[:MAX_NAMED])}"
    if signature.known_part:
        yield f"known-part: {signature.known_part}"
    if signature.counters:
        yield f"counter-signature: it signs the signature value {signature.counters}"
    for stamp in signature.stamps:
        if stamp.problem:
            yield f"time-stamp-unsupported: {stamp.kind}: {stamp.problem}"
    for name, text in signature.claims:
        yield f"claimed-{name}: {text}"
