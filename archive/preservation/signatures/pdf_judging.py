"""Judges all signatures of one PDF on its facts (EN 319 102-1, clauses 5.3 to 5.6; EN 319 142-1, clause 6.3).

Document time-stamps youngest first: each that holds proves the existence of
what its revision holds, which helps to judge the next older one. Then the
signatures, oldest first: a good time-stamp on an earlier one is a time before
which a later one cannot have been made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from archive.preservation.signatures.asn1 import Asn1Error, BerError, first, normalised
from archive.preservation.signatures.blocks import Digest, Judged, TokenVerdict, Used, used_together
from archive.preservation.signatures.cms_facts import CmsUnreadableError, SignedData
from archive.preservation.signatures.cms_reading import read_pkcs1, read_signed_data
from archive.preservation.signatures.existence import DOCUMENT_STAMP, Proof
from archive.preservation.signatures.judging import judge_signer
from archive.preservation.signatures.outcomes import PASSED, Outcome, failed, open_
from archive.preservation.signatures.pdf_bytes import PdfBytes, span_problem
from archive.preservation.signatures.pdf_facts import PdfFacts, SignedField
from archive.preservation.signatures.pdf_telling import PdfTelling
from archive.preservation.signatures.signers import cms_block
from archive.preservation.signatures.tokens_judging import judge_prepared, material_of
from archive.preservation.signatures.verdicts import FileJudgement, undecided, unreadable
from archive.preservation.signatures.world import World

PKCS1 = "adbe.x509.rsa_sha1"
WRAPPED_SHA1 = "adbe.pkcs7.sha1"
DETACHED = ("adbe.pkcs7.detached", "ETSI.CAdES.detached")
SECURE = ("whole-file", "whole-revision")


@dataclass(frozen=True, slots=True)
class Signed:
    """One field with what its `/Contents` say."""

    field: SignedField
    cms: SignedData | None = None
    token: bytes = b""
    """`/Contents` without what fills the gap."""

    broken: str = ""
    """Why there is no CMS."""


@dataclass(frozen=True, slots=True)
class PdfCase:
    """One PDF with everything that its signatures share."""

    facts: PdfFacts
    data: PdfBytes
    world: World
    signed: tuple[Signed, ...]
    stamps: dict[int, TokenVerdict] = field(default_factory=dict)
    """Verdicts on document time-stamps by their place among the fields."""

    def digest(self, of: SignedField) -> Digest:
        """Digest of what a field signs."""
        span = of.range
        if span is None:
            msg = "a field without a range has no digest"
            raise ValueError(msg)
        return lambda name: self.data.digest(name, span)


def judge_pdf(facts: PdfFacts, data: PdfBytes, world: World) -> tuple[FileJudgement, World]:
    """Verdicts on every signature, document time-stamp and remnant of a PDF.

    Args:
        facts: Its structure, read now or kept; ranges and gaps are checked against `data` here.
        data: Its bytes.
        world: What is known beside the file.

    Returns:
        The verdicts, in the order of the fields, and the world with what the file brings: it holds the
        answers that the verdicts name.
    """
    early = _unjudgeable(facts)
    if early is not None:
        return FileJudgement(tuple(early)), world
    signed = tuple(_read(f) for f in facts.fields)
    case = PdfCase(facts, data, _full_world(facts, data, signed, world), signed)
    case = _with_stamps(case)
    telling, used = _judged(case)
    verdicts = telling.verdicts()
    verdicts += [_remnant(numbers) for numbers in facts.remnants]
    if facts.problem:
        verdicts.append(undecided(f"fields: {facts.problem}"))
    return FileJudgement(tuple(verdicts), used, telling.readings()), case.world


def _unjudgeable(facts: PdfFacts) -> list[dict[str, Any]] | None:
    may_be_signed = bool(facts.fields or facts.remnants)
    if facts.locked:
        why = "encrypted: a password is needed to judge the signatures"
        return [undecided(why)] if may_be_signed else []
    if facts.problem.startswith("format"):
        return [unreadable(facts.problem)]
    if facts.problem and not facts.fields:
        return [undecided(f"damaged: {facts.problem}")]
    return None


def _remnant(numbers: tuple[int, ...]) -> dict[str, Any]:
    why = f"remnant: a signature dictionary with /ByteRange {list(numbers)[:6]} that no form field names"
    return undecided(why, kind="remnant", coverage="unclear")


# ------------------------------------------------------------ what the file brings


def _read(of: SignedField) -> Signed:
    if of.problem:
        return Signed(of)
    token = trimmed(of.contents)
    try:
        if of.sub_filter == PKCS1:
            return Signed(of, read_pkcs1(of.contents, of.certificates), token)
        return Signed(of, read_signed_data(of.contents), token)
    except CmsUnreadableError as error:
        return Signed(of, None, token, str(error))


def trimmed(contents: bytes) -> bytes:
    """The CMS in `/Contents` without what fills the gap behind it."""
    try:
        element = first(contents)
        return contents[: element[3]]
    except BerError:
        pass
    except Asn1Error:
        return contents
    try:
        return contents[: normalised(contents)[1]]
    except Asn1Error:
        return contents


def _full_world(facts: PdfFacts, data: PdfBytes, signed: tuple[Signed, ...], world: World) -> World:
    """The world with every certificate and answer of the file, each looked at once for all signatures."""
    certificates: list[bytes] = list(facts.store.certificates)
    answers: list[bytes] = list(facts.store.revocation)
    for one in signed:
        more = _material(one)
        certificates += more[0]
        answers += more[1]
    full = world.with_material(certificates, answers)
    whole = full.existence.of(data.sha256()) if full.existence.proofs else None
    if whole is None:
        return full
    # What proves the whole file proves everything in it.
    rows = [(name, whole) for one in signed for name in _identities(one)]
    rows += [(_sha256(der), whole) for der in (*certificates, *answers)]
    return full.with_existence(full.existence.proving(rows))


def _material(one: Signed) -> tuple[list[bytes], list[bytes]]:
    """Certificates and answers in one signature and in its time-stamps."""
    certificates: list[bytes] = []
    answers: list[bytes] = []
    if one.cms is None:
        return certificates, answers
    certificates += one.cms.certificates
    answers += one.cms.revocation
    for signer in one.cms.signers:
        certificates += signer.certificates
        answers += signer.revocation
        for token in (*signer.tokens, *signer.content_tokens):
            more = material_of(token)
            certificates += more[0]
            answers += more[1]
    return certificates, answers


def _identities(one: Signed) -> Iterator[str]:
    """Under which digests a signature and its time-stamps are proven to exist."""
    yield _sha256(one.token)
    if one.cms is not None:
        for signer in one.cms.signers:
            yield _sha256(signer.signature)
            for token in (*signer.tokens, *signer.content_tokens):
                yield _sha256(token)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------ document time-stamps (5.6.3, 5.6.2.3)


def _with_stamps(case: PdfCase) -> PdfCase:
    stamps: dict[int, TokenVerdict] = {}
    for place in range(len(case.signed) - 1, -1, -1):
        one = case.signed[place]
        if not one.field.is_time_stamp or one.field.problem or one.field.range is None:
            continue
        if _misplaced(case, one.field):
            continue
        token = _stamp(case, one)
        stamps[place] = token
        if token.proves is not None and one.field.coverage in SECURE:
            proof = Proof(token.proves, f"{DOCUMENT_STAMP} {one.field.name}")
            rows = _covered(case, place, proof)
            case = replace(case, world=case.world.with_existence(case.world.existence.proving(rows)))
    return replace(case, stamps=stamps)


def _stamp(case: PdfCase, one: Signed) -> TokenVerdict:
    try:
        return judge_prepared(one.token, (case.digest(one.field),), case.world)
    except Exception as error:  # noqa: BLE001 - a defect here must not hide the signatures of the file
        return TokenVerdict(open_("GENERIC", f"not-judged: {type(error).__name__}: {error}"))


def _covered(case: PdfCase, place: int, proof: Proof) -> Iterator[tuple[str, Proof]]:
    """POE extraction (5.6.2.3): what stood in the file when it was stamped."""
    stamp = case.signed[place].field
    if stamp.range is None:
        return
    for one in case.signed:
        if one.field.range is not None and one.field.range.end <= stamp.range.first:
            for name in _identities(one):
                yield name, proof
            for group in _material(one):
                for der in group:
                    yield _sha256(der), proof
    store, last = case.facts.store, case.facts.revisions
    revision = stamp.revision if stamp.revision is not None else 0
    pairs = (
        (store.certificates, store.certificate_revisions),
        (store.revocation, store.revocation_revisions),
    )
    for ders, revisions in pairs:
        for number, der in enumerate(ders):
            since = revisions[number] if number < len(revisions) else last
            if since <= revision:
                yield _sha256(der), proof


# ------------------------------------------------------------ signatures


def _judged(case: PdfCase) -> tuple[PdfTelling, Used]:
    telling = PdfTelling(case.facts, case.world.policy, {p: t.intact for p, t in case.stamps.items()})
    floors: list[tuple[int, datetime]] = []
    used: list[Used] = [t.used for t in case.stamps.values()]
    for place, one in enumerate(case.signed):
        try:
            found, stamps = _judge_field(case, telling, place, floors)
        except Exception as error:  # noqa: BLE001 - a defect here must not hide the other signatures of the file
            telling.told(place, open_("GENERIC", f"not-judged: {type(error).__name__}: {error}"))
            continue
        if found is not None:
            used.append(found.used)
        if one.field.range is not None:
            floors += [(one.field.range.end, when) for when in stamps]
    return telling, used_together(used)


def _judge_field(
    case: PdfCase, telling: PdfTelling, place: int, floors: list[tuple[int, datetime]]
) -> tuple[Judged | None, list[datetime]]:
    """Tell the verdict on one field; what was judged, and which times it proves."""
    one = case.signed[place]
    outcome = _structure(case, one)
    if outcome.passed and one.field.is_time_stamp:
        token = case.stamps[place]
        telling.told_stamp(place, token)
        return None, [token.proves] if token.proves is not None else []
    if not outcome.passed or one.cms is None:
        telling.told(place, outcome)
        return None, []
    digest = case.digest(one.field)
    if one.field.sub_filter == WRAPPED_SHA1:
        if one.cms.content != digest("sha1"):
            telling.told(place, failed("HASH_FAILURE", "hash: the signed bytes have been changed"))
            return None, []
        digest = _of_bytes(one.cms.content or b"")
    facts = one.cms.signers[0]
    start = one.field.range.first if one.field.range else 0
    floor = max((when for end, when in floors if end <= start), default=None)
    block = cms_block(one.cms, facts, digest)
    if one.field.sub_filter == WRAPPED_SHA1:
        block = replace(block, further_digests=("sha1",))
    judged = judge_signer(block, case.world, earliest=floor)
    telling.told_signature(place, judged, one.cms)
    return judged, [t.proves for t in judged.stamps if t.proves is not None]


def _structure(case: PdfCase, one: Signed) -> Outcome:
    """Format checking (5.2.2): what can be said before anything is computed."""
    of = one.field
    if of.problem:
        broken = of.problem.startswith("byte-range")
        return failed("FORMAT_FAILURE", of.problem) if broken else open_("GENERIC", of.problem)
    misplaced = _misplaced(case, of)
    if misplaced:
        return failed("FORMAT_FAILURE", misplaced)
    return PASSED if of.is_time_stamp else _kind(one)


def _kind(one: Signed) -> Outcome:
    kind = one.field.sub_filter
    if kind not in (*DETACHED, WRAPPED_SHA1, PKCS1):
        return open_("GENERIC", f"sub-filter: signatures of the kind {kind} are recognised, not judged")
    if one.cms is None:
        return failed("FORMAT_FAILURE", f"cms: /Contents holds no CMS: {one.broken}")
    if len(one.cms.signers) != 1:
        return open_("GENERIC", f"signers: {len(one.cms.signers)} where a PDF signature has one")
    if kind in DETACHED and one.cms.content is not None:
        return open_("GENERIC", "enveloping: the CMS carries content of its own")
    return PASSED


def _misplaced(case: PdfCase, of: SignedField) -> str:
    """Why range and `/Contents` are not those of the bytes at hand: kept facts and bytes cannot part."""
    return span_problem(case.data, of.range, of.contents) if of.range is not None else "byte-range: there is none"


def _of_bytes(content: bytes) -> Digest:
    def of(name: str) -> bytes:
        return hashlib.new(name, content, usedforsecurity=False).digest()

    return of
