"""Judges all signatures of one PDF: document time-stamps youngest first, then the signatures under them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pikepdf
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader

from archive.preservation.signatures.certificates import readable
from archive.preservation.signatures.chains import Moment, Outcome
from archive.preservation.signatures.changes import Revisions
from archive.preservation.signatures.cms_reading import CmsUnreadableError, SignedData, SignerFacts, read_signed_data
from archive.preservation.signatures.judging import Digest, Judged, TokenVerdict, World, judge_signer, judge_token
from archive.preservation.signatures.pdf_reading import (
    MAX_REMNANTS,
    FileBytes,
    SecurityStore,
    SignedField,
    security_store,
    signed_fields,
)
from archive.preservation.signatures.revocation import Revocations
from archive.preservation.signatures.verdicts import undecided, unreadable, verdict
from metadata.time import rfc3339

_DETACHED = ("adbe.pkcs7.detached", "ETSI.CAdES.detached")
_WRAPPED_SHA1 = "adbe.pkcs7.sha1"
_SECURE = ("whole-file", "whole-revision")
_CLOCK_SLACK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Stamped:
    """A document time-stamp with what it covers."""

    field: SignedField
    token: TokenVerdict


@dataclass(frozen=True, slots=True)
class Pdf:
    """One opened PDF with everything that its signatures share."""

    data: FileBytes
    revisions: Revisions | None
    store: SecurityStore
    world: World
    stamps: tuple[Stamped, ...] = ()
    evidence: datetime | None = None
    """Time of a proving document time-stamp that covers the whole file."""


def judge_pdf(path: Path, world: World, revocation: list[bytes]) -> list[dict[str, Any]]:
    """Verdicts on every signature, document time-stamp and remnant of the PDF at `path`.

    Args:
        path: The file; never changed.
        world: Trust and time; its revocation data is replaced by `revocation` and what the file carries.
        revocation: CRLs and OCSP answers handed in.
    """
    with path.open("rb") as stream:
        data = FileBytes(stream)
        try:
            reader = PdfFileReader(stream, strict=False)
            locked = _locked(reader)
        except Exception as error:  # noqa: BLE001 - pyHanko raises whatever hostile objects provoke
            return _unopened(path, data, error)
        if locked:
            why = "encrypted: a password is needed to judge the signatures"
            return [undecided(why) for _ in list(data.byte_ranges())[:1]]
        return _judge_opened(reader, data, world, revocation)


def _locked(reader: PdfFileReader) -> bool:
    return bool(reader.encrypted) and reader.decrypt("").status == AuthStatus.FAILED


def _unopened(path: Path, data: FileBytes, error: Exception) -> list[dict[str, Any]]:
    """A file that pyHanko refuses: qpdf's repair tells whether there is a PDF in it at all."""
    why = f"{type(error).__name__}: {error}"
    try:
        with pikepdf.open(path) as repaired:
            form = repaired.Root.get("/AcroForm")
            has_form = form is not None and len(form.get("/Fields", [])) > 0
    except pikepdf.PasswordError:
        return [undecided("encrypted: a password is needed to judge the signatures") for _ in _some(data)]
    except Exception as second:  # noqa: BLE001 - qpdf's own errors and what hostile objects provoke
        return [unreadable(f"{why}; {type(second).__name__}")]
    if not has_form and not _some(data):
        return []
    return [undecided(f"damaged: the file is only readable after repair, its signatures are not ({why})")]


def _some(data: FileBytes) -> list[tuple[int, ...]]:
    return list(data.byte_ranges())[:1]


def _judge_opened(
    reader: PdfFileReader, data: FileBytes, world: World, revocation: list[bytes]
) -> list[dict[str, Any]]:
    fields: list[SignedField] = []
    problem = ""
    try:
        fields.extend(signed_fields(reader, data))
    except Exception as error:  # noqa: BLE001 - loops and broken trees of fields
        problem = f"fields: {type(error).__name__}: {error}"
    fields.sort(key=lambda f: f.range.end if f.range else 0)
    read = [_read(field) for field in fields]
    pdf = _opened(reader, data, world, revocation, [c for c in read if c is not None])
    pdf = _with_stamps(pdf, fields)
    verdicts = [_guarded(pdf, field, signed) for field, signed in zip(fields, read, strict=True)]
    if problem:
        verdicts.append(undecided(problem))
    return verdicts + _remnants(data, fields)


def _read(field: SignedField) -> SignedData | None:
    if field.problem:
        return None
    try:
        return read_signed_data(field.contents)
    except CmsUnreadableError:
        return None


def _opened(
    reader: PdfFileReader, data: FileBytes, world: World, revocation: list[bytes], read: list[SignedData]
) -> Pdf:
    store = security_store(reader)
    answers = [*revocation, *store.revocation]
    for signed in read:
        answers += signed.revocation
        for signer in signed.signers:
            answers += signer.revocation
            for token in signer.tokens:
                answers += _token_answers(token)
    full = replace(
        world,
        trust=world.trust.extended(readable(list(store.certificates))),
        revocations=Revocations(answers, world.at),
    )
    try:
        revisions = Revisions(reader)
    except Exception:  # noqa: BLE001 - a trailer without /Size and worse
        revisions = None
    return Pdf(data, revisions, store, full)


def _token_answers(token: bytes) -> tuple[bytes, ...]:
    try:
        return read_signed_data(token).revocation
    except CmsUnreadableError:
        return ()


def _with_stamps(pdf: Pdf, fields: list[SignedField]) -> Pdf:
    stamps: list[Stamped] = []
    when, proven = pdf.world.at, False
    evidence: datetime | None = None
    for field in reversed([f for f in fields if f.is_time_stamp]):
        if field.problem or field.range is None:
            continue
        token = judge_token(field.contents, _digest(pdf, field), pdf.world, Moment(when, proven, evidence or when))
        stamps.append(Stamped(field, token))
        if token.proves is not None and field.coverage in _SECURE:
            when, proven = token.proves, True
            if evidence is None and field.coverage == "whole-file":
                evidence = token.proves
    return replace(pdf, stamps=tuple(stamps), evidence=evidence)


def _digest(pdf: Pdf, field: SignedField) -> Digest:
    span = field.range
    if span is None:
        msg = "a field without a range has no digest"
        raise ValueError(msg)
    known: dict[str, bytes] = {}

    def of(name: str) -> bytes:
        if name not in known:
            known[name] = pdf.data.digest(name, span)
        return known[name]

    return of


def _guarded(pdf: Pdf, field: SignedField, signed: SignedData | None) -> dict[str, Any]:
    kind = "document-timestamp" if field.is_time_stamp else "signature"
    try:
        return _judge_field(pdf, field, signed, kind)
    except Exception as error:  # noqa: BLE001 - a defect here must not hide the other signatures of the file
        why = f"not-judged: {type(error).__name__}: {error}"
        return undecided(why, field=field.name, kind=kind, sub_filter=field.sub_filter)


def _judge_field(pdf: Pdf, field: SignedField, signed: SignedData | None, kind: str) -> dict[str, Any]:
    common: dict[str, Any] = {"field": field.name, "kind": kind, "sub_filter": field.sub_filter}
    if field.problem:
        failed = field.problem.startswith("byte-range")
        outcome = Outcome("FORMAT_FAILURE" if failed else "GENERIC", (field.problem,), failed=failed)
        return verdict(outcome, **common, coverage="unclear")
    common |= {"coverage": field.coverage, "changed_after": _changes(pdf, field)}
    if field.is_time_stamp:
        return _stamp_verdict(pdf, field, common)
    if field.sub_filter not in (*_DETACHED, _WRAPPED_SHA1):
        why = f"sub-filter: signatures of the kind {field.sub_filter} are recognised, not judged"
        return undecided(why, **common, signing_time=field.claimed)
    if signed is None:
        outcome = Outcome("FORMAT_FAILURE", ("cms: /Contents holds no CMS",), failed=True)
        return verdict(outcome, **common, signing_time=field.claimed)
    return _signature_verdict(pdf, field, signed, common)


def _changes(pdf: Pdf, field: SignedField) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    if field.coverage != "whole-file" and pdf.revisions is not None and field.revision is not None:
        found = pdf.revisions.changed_after(field.revision, certified=field.certified)
    stray = pdf.data.stray() if field.coverage != "whole-file" else 0
    return (*found, f"{stray} bytes after the last complete revision") if stray else found


def _stamp_verdict(pdf: Pdf, field: SignedField, common: dict[str, Any]) -> dict[str, Any]:
    token = next(s.token for s in pdf.stamps if s.field is field)
    outcome = _covering(token.outcome, field)
    best = token.time if outcome.passed else None
    return verdict(outcome, **common, signer=token.signer, signing_time=token.time, best_time=best, level="RFC 3161")


def _covering(outcome: Outcome, field: SignedField) -> Outcome:
    """A signature that does not cover its revision from the first byte to its end never passes."""
    if not outcome.passed or field.coverage in _SECURE:
        return outcome
    why = f"coverage: the signed bytes do not cover their revision ({field.coverage})"
    return Outcome("SIG_CONSTRAINTS_FAILURE", (why,))


def _signature_verdict(pdf: Pdf, field: SignedField, signed: SignedData, common: dict[str, Any]) -> dict[str, Any]:
    if len(signed.signers) != 1:
        why = f"signers: {len(signed.signers)} where a PDF signature has one"
        return undecided(why, **common, signing_time=field.claimed)
    facts = signed.signers[0]
    digest = _digest(pdf, field)
    if field.sub_filter == _WRAPPED_SHA1:
        if signed.content != digest("sha1"):
            outcome = Outcome("HASH_FAILURE", ("hash: the signed bytes have been changed",), failed=True)
            return verdict(outcome, **common, signing_time=facts.signing_time or field.claimed)
        digest = _of_bytes(signed.content)
    elif signed.content is not None:
        return undecided("enveloping: the CMS carries content of its own", **common, signing_time=field.claimed)
    judged = judge_signer(signed, facts, digest, pdf.world, _covered(pdf, field), pdf.evidence or pdf.world.at)
    return verdict(
        _covering(judged.outcome, field),
        **common,
        signer=judged.signer,
        signing_time=facts.signing_time or field.claimed,
        best_time=judged.best_time,
        level=_level(pdf, field, judged),
        notes=(*judged.notes, *_claims(field, facts), *_padding(signed)),
    )


def _of_bytes(content: bytes) -> Digest:
    def of(name: str) -> bytes:
        return hashlib.new(name, content).digest()

    return of


def _covered(pdf: Pdf, field: SignedField) -> datetime | None:
    """The earliest time that a document time-stamp proves for the whole signature."""
    if field.range is None:
        return None
    end = field.range.end
    proven = [
        s.token.proves
        for s in pdf.stamps
        if s.token.proves is not None
        and s.field.range is not None
        and s.field.range.first >= end
        and s.field.coverage in _SECURE
    ]
    return min(proven) if proven else None


def _level(pdf: Pdf, field: SignedField, judged: Judged) -> str | None:
    """The level by what is there (EN 319 142-1, clause 6), whether it proves anything or not."""
    if field.sub_filter != "ETSI.CAdES.detached" or not judged.has_signing_certificate:
        return field.sub_filter
    end = field.range.end if field.range else 0
    later = [s for s in pdf.stamps if s.token.intact and s.field.range is not None and s.field.range.first >= end]
    if not judged.stamped and not later:
        return "B-B"
    if not pdf.store.revocation:
        return "B-T"
    return "B-LTA" if later else "B-LT"


def _claims(field: SignedField, facts: SignerFacts) -> tuple[str, ...]:
    if facts.signing_time is None or field.claimed is None:
        return ()
    if abs((facts.signing_time - field.claimed).total_seconds()) <= _CLOCK_SLACK_SECONDS:
        return ()
    return (f"claimed-times: signingTime {rfc3339(facts.signing_time)}, /M {rfc3339(field.claimed)}",)


def _padding(signed: SignedData) -> tuple[str, ...]:
    return () if signed.padding_is_zero else ("padding: other bytes than zero follow the CMS in /Contents",)


def _remnants(data: FileBytes, fields: list[SignedField]) -> list[dict[str, Any]]:
    """Signature dictionaries in the bytes that no field of the form names."""
    known = [(0, f.range.first, f.range.gap_end, f.range.second) for f in fields if f.range]
    unknown = sum(1 for f in fields if f.range is None)
    found: list[dict[str, Any]] = []
    for numbers in data.byte_ranges():
        if numbers in known:
            known.remove(numbers)
        elif unknown:
            unknown -= 1
        elif len(found) < MAX_REMNANTS:
            why = f"remnant: a signature dictionary with /ByteRange {list(numbers)[:6]} that no form field names"
            found.append(undecided(why, kind="remnant", coverage="unclear"))
    return found
