"""Judges tokens of evidence records with the signature engine (EN 319 102-1, clause 5.4; RFC 4998, 5.3).

A token that another one covers is judged as at the time of that one, from what
it carries and what is handed in: everything in it existed then. The youngest
is judged at the present. Runs on a bare Python with asn1crypto.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from archive.preservation.evidence.der import DerUnreadableError, Element, element, encode, members
from archive.preservation.evidence.tokens import Token, TokenUnreadableError, read_token
from archive.preservation.evidence.verification import Outcome, TokenAnswer, TokenQuestion
from archive.preservation.signatures.certificates import Certificate, CertificateUnreadableError, certificate
from archive.preservation.signatures.cms_reading import read_signed_data
from archive.preservation.signatures.engine import Digest, TokenVerdict, World, judge_token
from archive.preservation.signatures.revocation import Revocations
from metadata.time import rfc3339

_HOLD = "certificateHold"
_SEQUENCE = 0x30
_INTEGER = 0x02
_NULL = b"\x05\x00"
_PSS = bytes.fromhex("2a864886f70d01010a")
"""Content octets of id-RSASSA-PSS (RFC 8017)."""


@dataclass
class EngineJudge:
    """See `verification.TokenJudge`. Answers are remembered: one token stands in many records.

    Args:
        world: Trust, policy, revocation data beside that in the tokens, and the present.
    """

    world: World
    _known: dict[tuple[bytes, datetime | None], TokenAnswer] = field(default_factory=dict, repr=False)
    _worlds: dict[tuple[tuple[bytes, ...], tuple[bytes, ...]], World] = field(default_factory=dict, repr=False)
    _asked: dict[tuple[bytes, ...], tuple[tuple[bytes, bytes], ...]] = field(default_factory=dict, repr=False)

    @property
    def now(self) -> datetime:
        """See `TokenJudge.now`."""
        return self.world.at

    def refused(self, algorithm: str, when: datetime) -> str:
        """See `TokenJudge.refused`."""
        row = self.world.policy.digest_row(algorithm)
        if row is None:
            return f"the policy does not know {algorithm}"
        if row.until is not None and when >= row.until:
            return f"{algorithm} proves nothing since {rfc3339(row.until)} ({row.source})"
        return ""

    def token(self, question: TokenQuestion) -> TokenAnswer:
        """See `TokenJudge.token`."""
        key = (question.token, question.covered_at)
        if key not in self._known:
            self._known[key] = self._judged(question)
        return self._known[key]

    def asked_about(self, token: bytes) -> tuple[tuple[bytes, bytes], ...]:
        """Certificates of a token's path whose revocation status has to be known, each with its issuer (DER)."""
        said = read_token(token)
        if said.certificates not in self._asked:
            verdict = judge_token(token, _imprint(said), self._world_of(said, ()))
            self._asked[said.certificates] = tuple(self._pairs(verdict))
        return self._asked[said.certificates]

    def _pairs(self, verdict: TokenVerdict) -> Iterator[tuple[bytes, bytes]]:
        known = [c for entries in self.world.trust.by_subject.values() for c in entries]
        above = [*_looked_at(verdict), *known]
        for member in _path(verdict):
            issuer = next((c for c in above if c.subject == member.issuer and member.issued_by(c)), None)
            if issuer is not None:
                yield member.der, issuer.der

    def _world_of(self, said: Token, answers: tuple[bytes, ...]) -> World:
        """The world with what tokens of one authority bring: their paths are looked for once."""
        key = (said.certificates, answers)
        if key not in self._worlds:
            self._worlds[key] = self.world.with_material(said.certificates, answers)
        return self._worlds[key]

    def revoked_before(self, token: bytes, when: datetime) -> str:
        """Why a token's authority was not good at `when`, by what is known now; empty: nothing is known against it."""
        said = read_token(token)
        verdict = judge_token(token, _imprint(said), self._world_of(said, ()))
        return _revoked_before(_path(verdict), self.world, when)

    def status_for(self, token: bytes, answers: Iterable[bytes]) -> tuple[tuple[bytes, ...], str]:
        """Which of `answers` tell that a token's authority is good now, and why they do not suffice.

        Returns:
            CRLs and OCSP answers that were looked at, in the order given, and the reason; empty: they suffice.
        """
        given, said = tuple(dict.fromkeys(answers)), read_token(token)
        verdict = judge_token(token, _imprint(said), self._world_of(said, given))
        used = tuple(der for der in given if hashlib.sha256(der).hexdigest() in verdict.used.sources)
        if verdict.outcome.passed:
            return used, ""
        return used, f"{verdict.outcome.subindication}: {'; '.join(verdict.outcome.reasons)}"

    def _judged(self, question: TokenQuestion) -> TokenAnswer:
        try:
            said = read_token(question.token)
        except TokenUnreadableError as error:
            return TokenAnswer(Outcome.BROKEN, str(error))
        covered_at = question.covered_at
        world = self._world_of(said, ()) if covered_at is None else self.world.judged_at(covered_at)
        verdict = judge_token(question.token, _imprint(said), world)
        if verdict.time is None:
            return TokenAnswer(*_weighed(verdict, youngest=covered_at is None))
        path = _path(verdict)
        expires = min((member.not_after for member in path), default=None)
        outcome, reason = _weighed(verdict, youngest=covered_at is None)
        if outcome is Outcome.HOLDS and covered_at is not None:
            later = _revoked_before(path, self.world, covered_at)
            if later:
                outcome, reason = Outcome.INDETERMINATE, later
        if outcome is Outcome.HOLDS and covered_at is None:
            # Nothing covers the youngest token yet: what its signature leaves out must be regular at least.
            irregular = irregularity(said, verdict, self.world)
            if irregular:
                outcome, reason = Outcome.BROKEN, irregular
        digests = {member.digest_name for member in path} | _signed_under(question.token)
        return TokenAnswer(
            outcome, reason, verdict.signer.name if verdict.signer else "", expires, tuple(sorted(digests))
        )


def _signed_under(token: bytes) -> set[str]:
    """Digest algorithms of the token's own signature."""
    return {signer.digest for signer in read_signed_data(token).signers}


def _imprint(said: Token) -> Digest:
    """The imprint is compared with the hash tree by the caller; here it is what it says."""

    def digest(algorithm: str) -> bytes:
        if algorithm != said.algorithm:
            raise ValueError(algorithm)
        return said.imprint

    return digest


def _weighed(verdict: TokenVerdict, *, youngest: bool) -> tuple[Outcome, str]:
    outcome = verdict.outcome
    told = "; ".join(outcome.reasons)
    if outcome.passed:
        return Outcome.HOLDS, told
    said = f"{outcome.subindication}: {told}"
    if outcome.failed:
        return Outcome.BROKEN, said
    on_hold = any(reason.startswith("on-hold:") for reason in outcome.reasons)
    if youngest and outcome.subindication == "TRY_LATER" and not on_hold:
        # Revocation data of its authority is demanded when the next token covers it, and is fetched then.
        return Outcome.HOLDS, "revocation-open: nothing was asked about its authority yet"
    return Outcome.INDETERMINATE, said


def _path(verdict: TokenVerdict) -> tuple[Certificate, ...]:
    """The signer's certificate and those above it, as far as the judgement looked at them; no anchor."""
    if verdict.signer is None:
        return ()
    looked_at = _looked_at(verdict)
    path = [verdict.signer]
    while True:
        last = path[-1]
        above = [c for c in looked_at if c.subject == last.issuer and c not in path and last.issued_by(c)]
        if not above or above[0].is_self_issued:
            return tuple(path)
        path.append(above[0])


def _looked_at(verdict: TokenVerdict) -> list[Certificate]:
    found = []
    for der in sorted(verdict.used.certificates):
        try:
            found.append(certificate(der))
        except CertificateUnreadableError:
            continue
    return found


def _revoked_before(path: tuple[Certificate, ...], world: World, covered_at: datetime) -> str:
    """Why a path was not good at `covered_at`, by what became known later; empty: nothing is known against it."""
    issuers = [*path[1:], *(c for known in world.trust.by_subject.values() for c in known)]
    revocations: Revocations = world.revocations
    for subject in path:
        for issuer in issuers:
            if issuer.subject != subject.issuer or not subject.issued_by(issuer):
                continue
            for said in revocations.statements(subject, issuer):
                if said.revoked_at is not None and said.revoked_at <= covered_at and said.reason != _HOLD:
                    since = f"{rfc3339(said.revoked_at)} ({said.reason or 'no reason given'})"
                    return f"REVOKED_NO_POE: revoked: {subject.name} since {since}, known since then"
    return ""


def irregularity(said: Token, verdict: TokenVerdict, world: World) -> str:
    """What is irregular in the parts of a token that its signature does not cover; empty: nothing.

    The signature covers TSTInfo and the signed attributes. The rest could be
    changed until the next archive time-stamp covers it, so only the one form
    that RFC 5652 gives it is taken.
    """
    try:
        return next(_irregularities(said, verdict, world), "")
    except DerUnreadableError as error:
        return f"token-irregular: {error}"


def _irregularities(said: Token, verdict: TokenVerdict, world: World) -> Iterator[str]:
    parts = members(element(said.signer_infos[0]), ber=True)
    signer = verdict.signer
    if said.version != said.regular_version:
        yield f"token-irregular: SignedData of version {said.version.hex()}"
    if said.digest_algorithms != (parts[2].encoded,):
        yield "token-irregular: digestAlgorithms is not the signer's"
    if signer is not None and parts[1].tag == _SEQUENCE:
        name = encode(_SEQUENCE, signer.issuer + _integer(signer.serial))
        if parts[1].encoded != name or parts[0].content != b"\x01":
            yield "token-irregular: the signer is named by another certificate's name or number"
    if len(parts) > 6:  # noqa: PLR2004 - version, sid, digest, signed attributes, algorithm, value
        yield "token-irregular: unsigned attributes"
    elif not _is_plain(parts[-2]):
        yield "token-irregular: parameters of the signature algorithm that it does not have"
    yield from _strangers(said, world)


def _is_plain(algorithm: Element) -> bool:
    """Whether an AlgorithmIdentifier has no parameters but NULL; those of PSS are part of the arithmetic."""
    parts = members(algorithm, ber=True)
    return parts[0].content == _PSS or [part.encoded for part in parts[1:]] in ([], [_NULL])


def _strangers(said: Token, world: World) -> Iterator[str]:
    """Embedded certificates that nobody known has issued: altered, or put there for nothing."""
    known = {c for entries in world.trust.by_subject.values() for c in entries}
    inside: set[Certificate] = set()
    for der in said.certificates:
        try:
            inside.add(certificate(der))
        except CertificateUnreadableError as error:
            yield f"token-irregular: certificate: {error}"
    for member in inside:
        if member in known:
            continue
        if not any(member.issuer == above.subject and member.issued_by(above) for above in known | inside):
            yield f"token-irregular: the certificate of {member.name} is not genuine or not needed"


def _integer(value: int) -> bytes:
    return encode(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
