"""Judges CMS (.p7m, .p7s, in mail): CAdES and older kinds, the content inside or beside (EN 319 122-1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from archive.preservation.signatures.algorithms import new_digest
from archive.preservation.signatures.blocks import Digest, Judged, SignerBlock, Used, used_together
from archive.preservation.signatures.certificates import Certificate, CertificateUnreadableError, certificate
from archive.preservation.signatures.cms_facts import CmsUnreadableError, SignedData, SignerFacts
from archive.preservation.signatures.cms_reading import read_signed_data
from archive.preservation.signatures.existence import Proof
from archive.preservation.signatures.judging import judge_signer
from archive.preservation.signatures.outcomes import Outcome, open_
from archive.preservation.signatures.signers import cms_block
from archive.preservation.signatures.tokens_judging import material_of
from archive.preservation.signatures.verdicts import FileJudgement, undecided, unreadable, verdict
from archive.preservation.signatures.world import World
from metadata.time import rfc3339

MAX_CMS_BYTES = 256 << 20
CHUNK = 1 << 20

_PEM = re.compile(rb"-----BEGIN (?:PKCS7|CMS)-----(.+?)-----END", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Holder:
    """The file in which a CMS stands that is no file of its own."""

    name: str
    """What the verdict calls the signature."""

    sha256: str
    """Of the file, under which its existence may be proven."""

    constraints: tuple[str, ...] = ()
    """What keeps a genuine signature from passing for the file."""

    notes: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    """Addresses that a mail says it is from, lower case: compared with those of the certificate (RFC 8550, 3)."""


def judge_cms(
    data: bytes, content: Digest | None, world: World, holder: Holder | None = None
) -> tuple[FileJudgement, World]:
    """Verdicts on every signer of a CMS (DER, BER, PEM or base64).

    Args:
        data: The CMS.
        content: Digest of what it signs when it does not carry it; None: that is not at hand.
        world: What is known beside the file.
        holder: The file in which it stands; None: it is the file.

    Returns:
        The verdicts and the world with what the file brings.
    """
    if len(data) > MAX_CMS_BYTES:
        return FileJudgement((too_large(),)), world
    try:
        signed = read_signed_data(binary(data))
    except CmsUnreadableError as error:
        return FileJudgement((unreadable(f"no CMS signature: {error}"),)), world
    if not signed.signers:
        return FileJudgement((undecided("no-signer: a CMS with certificates and no signature"),)), world
    full = _full_world(holder.sha256 if holder else hashlib.sha256(data).hexdigest(), signed, world)
    digest = digest_of_bytes(signed.content) if signed.content is not None else content
    if digest is None:
        return FileJudgement(tuple(_without_content(facts) for facts in signed.signers)), full
    told: list[dict[str, Any]] = []
    used: list[Used] = []
    for facts in signed.signers:
        try:
            judged = judge_signer(_block(signed, facts, digest, holder), full)
            told.append(_told(signed, facts, judged, holder))
            used.append(judged.used)
        except Exception as error:  # noqa: BLE001 - a defect here must not hide the other signers of the file
            told.append(undecided(f"not-judged: {type(error).__name__}: {error}", level="CMS"))
    if signed.signers_left_out:
        told.append(undecided(f"too-many: {signed.signers_left_out} further signers are not judged"))
    return FileJudgement(tuple(told), used_together(used)), full


def too_large() -> dict[str, Any]:
    """The verdict on a CMS file that is not read."""
    return undecided(f"too-large: a CMS file of more than {MAX_CMS_BYTES >> 20} MiB is not judged")


def binary(data: bytes) -> bytes:
    """The CMS itself, out of PEM or base64 where it is in such."""
    found = _PEM.search(data) if data[:1] != b"\x30" else None
    if not found and data[:1] == b"\x30":
        return data
    try:
        return base64.b64decode(b"".join((found.group(1) if found else data).split()), validate=True)
    except binascii.Error:
        return data


def digest_of_file(path: Path) -> Digest:
    """Digests of the file at `path`, each computed once, read in pieces."""
    known: dict[str, bytes] = {}

    def of(name: str) -> bytes:
        if name not in known:
            value = new_digest(name)
            with path.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    value.update(chunk)
            known[name] = bytes(value.digest())
        return known[name]

    return of


def digest_of_bytes(content: bytes) -> Digest:
    """Digests of bytes that are at hand."""

    def of(name: str) -> bytes:
        value = new_digest(name)
        value.update(content)
        return bytes(value.digest())

    return of


def _block(signed: SignedData, facts: SignerFacts, digest: Digest, holder: Holder | None) -> SignerBlock:
    block = cms_block(signed, facts, digest)
    if holder is None:
        return block
    constraints, notes = (*block.constraints, *holder.constraints), (*block.notes, *holder.notes)
    return replace(block, constraints=constraints, notes=notes)


def _full_world(sha256: str, signed: SignedData, world: World) -> World:
    certificates, answers = list(signed.certificates), list(signed.revocation)
    identities: list[bytes] = []
    for signer in signed.signers:
        certificates += signer.certificates
        answers += signer.revocation
        tokens = (*signer.tokens, *signer.content_tokens)
        identities += [signer.signature, *tokens]
        for token in tokens:
            more = material_of(token)
            certificates += more[0]
            answers += more[1]
    full = world.with_material(certificates, answers)
    whole = full.existence.of(sha256) if full.existence.proofs else None
    return full.proving((*identities, *certificates, *answers), whole.time, whole.source) if whole else full


def _without_content(facts: SignerFacts) -> dict[str, Any]:
    signer = None
    if facts.certificate is not None:
        try:
            signer = certificate(facts.certificate)
        except CertificateUnreadableError:
            signer = None
    why = "content-missing: the file that this detached signature signs is not beside it"
    outcome = open_("SIGNED_DATA_NOT_FOUND", why, "content: the file that is signed")
    return verdict(outcome, signer=signer, signing_time=facts.signing_time, claimed_times=_claims(facts), level="CMS")


def _claims(facts: SignerFacts) -> dict[str, str]:
    return {"signingTime": rfc3339(facts.signing_time)} if facts.signing_time else {}


def _told(signed: SignedData, facts: SignerFacts, judged: Judged, holder: Holder | None) -> dict[str, Any]:
    best: Proof | None = judged.best
    outcome = judged.told()
    if holder and judged.signer and (other := _other_sender(judged.signer, holder.senders)):
        outcome = outcome.beside(Outcome(None, (other,)))
    return verdict(
        outcome,
        field=holder.name if holder else None,
        signer=judged.signer,
        signing_time=facts.signing_time,
        claimed_times=_claims(facts),
        best=best,
        level=_level(signed, facts, judged),
        coverage="partial" if holder else "whole-file",
    )


def _other_sender(signer: Certificate, senders: tuple[str, ...]) -> str:
    """That the certificate is for other addresses than the mail is from; empty: it is not, or names none."""
    told = [name.text.lower() for name in signer.says.alternative_names if name.kind == "email"]
    told = told or [address.lower() for address in signer.subject_name.emails]
    if not told or not senders or set(told) & set(senders):
        return ""
    return f"sender-differs: the certificate is for {', '.join(told[:3])}, the message says it is from {senders[0]}"


def _level(signed: SignedData, facts: SignerFacts, judged: Judged) -> str:
    """By what is there (EN 319 122-1, clause 6), whether it proves anything or not."""
    if not judged.names_signer:
        return "CMS"
    if not judged.stamped:
        return "B-B"
    if not facts.revocation and not signed.revocation:
        return "B-T"
    return "B-LTA" if facts.archive_tokens else "B-LT"
