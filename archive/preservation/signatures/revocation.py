"""What revocation lists and OCSP answers say of a certificate, each statement with its source.

Genuine is what the certificate's issuer signed, or somebody whom the issuer let
speak: another key of the same authority for lists, a delegated responder for
answers. Standard library only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from archive.preservation.signatures import arithmetic
from archive.preservation.signatures.algorithms import DIGESTS, SignatureAlgorithm
from archive.preservation.signatures.asn1 import Asn1Error
from archive.preservation.signatures.certificates import Certificate, readable
from archive.preservation.signatures.crl_reading import RevocationList
from archive.preservation.signatures.extensions import ListPoint
from archive.preservation.signatures.keys import public_key
from archive.preservation.signatures.names import GeneralName, name, relative_name
from archive.preservation.signatures.ocsp_reading import OcspAnswer, SingleAnswer
from archive.preservation.signatures.revocation_reading import RevocationUnreadableError, read_revocation

__all__ = ["MAX_ANSWERS", "RevocationUnreadableError", "Revocations", "Statement", "Status"]

MAX_ANSWERS = 500
"""Most lists and answers that are looked at for one file."""

CLOCK_SLACK = timedelta(minutes=5)
"""How far the clocks of authorities may be ahead of ours."""

_HOLD, _RELEASED = "certificateHold", "removeFromCRL"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one genuine answer says of one certificate."""

    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None
    reason: str
    """As RFC 5280 writes it (`keyCompromise`, `certificateHold`, `removeFromCRL`); empty: none is given."""

    speaks_of_expired: bool
    """The issuer goes on speaking of the certificate after its expiry (expiredCertsOnCRL, archiveCutoff)."""

    source: str = ""
    """SHA-256 of the list or answer."""

    issuer: Certificate | None = None
    """Who signed it: the certificate's issuer or one whom that named."""

    digest: str = ""
    """Digest algorithm of its signature."""

    kind: str = "crl"
    """`crl` or `ocsp`."""

    invalid_since: datetime | None = None
    """invalidityDate of a list: when the key is thought to have been lost."""

    number: int | None = None
    """Of a list."""

    nonce: bytes | None = None
    """Of an answer."""

    def usable_at(self, when: datetime, subject: Certificate, known_at: datetime) -> bool:
        """Whether it tells that `subject` was good at `when`, for somebody who reads it at `known_at`."""
        if not subject.not_before <= self.this_update <= known_at:
            return False
        if self.this_update > subject.not_after and not self.speaks_of_expired:
            return False
        return self.this_update >= when or (self.next_update is not None and when <= self.next_update)


@dataclass(frozen=True, slots=True)
class Status:
    """What all answers together say of a certificate at a time."""

    word: str
    """`good`, `revoked` or `unknown`."""

    revoked_at: datetime | None = None
    reason: str = ""
    answers: int = 0
    """Genuine answers about this certificate, usable or not."""

    used: tuple[Statement, ...] = ()
    """The statements behind `word`."""


class Revocations:
    """The CRLs and OCSP answers of a file and of the operator.

    Args:
        answers: DER of either kind, unsorted; what is neither is left out. At most 500 are read.
        known_at: The time of judging; answers from the future are not believed.
        certificates: Where signers of lists and of answers are looked for, beside the issuer itself and
            what an answer carries. None of them is trusted for being here.
        responders: OCSP responders that the operator trusts by themselves, for whatever issuer.
    """

    def __init__(
        self,
        answers: Iterable[bytes],
        known_at: datetime,
        *,
        certificates: Iterable[Certificate] = (),
        responders: Iterable[Certificate] = (),
    ) -> None:
        self._known_at = known_at + CLOCK_SLACK
        self._certificates = tuple(certificates)
        self._responders = tuple(responders)
        # Made when first asked for: a trust set may bring thousands.
        self._named: dict[object, list[Certificate]] | None = None
        self._answering: tuple[Certificate, ...] | None = None
        self._lists: dict[object, list[RevocationList]] = {}
        self._answers: dict[int, list[tuple[OcspAnswer, SingleAnswer]]] = {}
        self._passed_over: list[str] = []
        self._add(answers)

    def extended(self, answers: Iterable[bytes], certificates: Iterable[Certificate]) -> Revocations:
        """The same with more answers (at most 500 more) and other certificates to look among for who signed them."""
        wider = Revocations((), self._known_at - CLOCK_SLACK, certificates=certificates, responders=self._responders)
        wider._lists = {key: list(found) for key, found in self._lists.items()}
        wider._answers = {key: list(found) for key, found in self._answers.items()}
        wider._passed_over = list(self._passed_over)
        wider._add(answers)
        return wider

    def _add(self, answers: Iterable[bytes]) -> None:
        for der in list(dict.fromkeys(answers))[:MAX_ANSWERS]:
            try:
                found = read_revocation(der)
            except RevocationUnreadableError as error:
                self._passed_over.append(f"revocation-unreadable: {hashlib.sha256(der).hexdigest()}: {error}")
                continue
            if isinstance(found, RevocationList):
                self._add_list(found)
            else:
                self._add_answer(found)

    @property
    def passed_over(self) -> tuple[str, ...]:
        """What was handed in and says nothing, each with its reason: unreadable, of a kind that is not applied."""
        return tuple(self._passed_over)

    def _add_list(self, found: RevocationList) -> None:
        indirect = found.scope is not None and found.scope.is_indirect
        if indirect or found.unknown_critical:
            why = "indirect" if indirect else f"critical extension {', '.join(found.unknown_critical)}"
            self._passed_over.append(f"crl-not-applied: {found.sha256}: {why}")
            return
        if not found.is_complete:
            kind = "delta list" if found.base is not None else "list of some reasons"
            self._passed_over.append(f"crl-partial: {found.sha256}: a {kind} counts only for whom it names")
        self._lists.setdefault(name(found.issuer).canonical, []).append(found)

    def _add_answer(self, found: OcspAnswer) -> None:
        if found.unknown_critical:
            critical = ", ".join(found.unknown_critical)
            self._passed_over.append(f"ocsp-not-applied: {found.sha256}: critical extension {critical}")
            return
        for single in found.answers:
            self._answers.setdefault(single.serial, []).append((found, single))

    def status(self, subject: Certificate, issuer: Certificate, when: datetime) -> Status:
        """Status of `subject` at `when` by what `issuer` said of it.

        A revocation that any genuine answer reports counts, however old the
        answer; a hold counts until a later answer no longer names it.
        """
        statements = self.statements(subject, issuer)
        revoked = [s for s in statements if s.revoked_at is not None and not _released(s, statements, when)]
        if revoked:
            earliest = min(revoked, key=lambda s: s.revoked_at or s.this_update)
            return Status("revoked", earliest.revoked_at, earliest.reason, len(statements), (earliest,))
        good = tuple(s for s in statements if s.revoked_at is None and s.usable_at(when, subject, self._known_at))
        return Status("good" if good else "unknown", answers=len(statements), used=good)

    def statements(self, subject: Certificate, issuer: Certificate) -> tuple[Statement, ...]:
        """Every genuine statement of `issuer` about `subject` that is not from the future."""
        found = (*self._by_lists(subject, issuer), *self._by_answers(subject, issuer))
        return tuple(s for s in found if s.this_update <= self._known_at)

    def _by_lists(self, subject: Certificate, issuer: Certificate) -> Iterator[Statement]:
        for listed in self._lists.get(subject.issuer_name.canonical, ()):
            entry = listed.entry(subject.serial)
            if not _in_scope(listed, subject) or (entry is None and not listed.is_complete):
                continue
            signer = self._signer_of(listed, issuer)
            if signer is None:
                continue
            released = entry is not None and entry.reason == _RELEASED
            kept_since = listed.keeps_expired_since
            yield Statement(
                listed.this_update,
                listed.next_update,
                entry.revoked_at if entry is not None and not released else None,
                entry.reason if entry is not None else "",
                kept_since is not None and kept_since <= subject.not_after,
                listed.sha256,
                signer,
                listed.signature_algorithm.hashes,
                invalid_since=entry.invalid_since if entry is not None else None,
                number=listed.number,
            )

    def _signer_of(self, listed: RevocationList, issuer: Certificate) -> Certificate | None:
        """Who signed the list: `issuer`, or another key of the same authority (RFC 5280, 6.3.3 (f))."""
        if issuer.may_sign_lists and _signed_list(listed, issuer):
            return issuer
        for other in self._bearing(issuer.subject):
            if (
                other != issuer
                and other.may_sign_lists
                and _signed_list(listed, other)
                and self._is_same_authority(other, issuer)
            ):
                return other
        return None

    def _is_same_authority(self, other: Certificate, issuer: Certificate) -> bool:
        """The names are equal; the same authority it is if one certified the other, or somebody certified both.

        One that certified `issuer` stands above it in the path: certificates
        that an authority makes for its own new or old key look so.
        """
        if other.issued_by(issuer) or issuer.issued_by(other):
            return True
        return any(issuer.issued_by(above) and other.issued_by(above) for above in self._bearing(issuer.issuer))

    def _bearing(self, subject: bytes) -> list[Certificate]:
        """The certificates at hand of that name."""
        if self._named is None:
            self._named = {}
            for found in self._certificates:
                self._named.setdefault(found.subject_name.canonical, []).append(found)
        return self._named.get(name(subject).canonical, [])

    def _by_answers(self, subject: Certificate, issuer: Certificate) -> Iterator[Statement]:
        for answer, single in self._answers.get(subject.serial, ()):
            if single.status == "unknown" or single.unknown_critical or not _names(single, issuer):
                continue
            signer = self._responder_of(answer, issuer)
            if signer is None:
                continue
            cutoff = single.archive_cutoff
            yield Statement(
                single.this_update,
                single.next_update,
                single.revoked_at,
                single.reason,
                cutoff is not None and cutoff <= subject.not_after,
                answer.sha256,
                signer,
                answer.signature_algorithm.hashes,
                kind="ocsp",
                nonce=answer.nonce,
            )

    def _responder_of(self, answer: OcspAnswer, issuer: Certificate) -> Certificate | None:
        """Who signed the answer, if it is one who may answer for `issuer` (RFC 6960, 4.2.2.2)."""
        if _is_responder(answer, issuer) and _signed_answer(answer, issuer):
            return issuer
        for candidate in self._responders:
            if _is_responder(answer, candidate) and _signed_answer(answer, candidate):
                return candidate
        if self._answering is None:
            self._answering = tuple(c for c in self._certificates if c.may_answer_ocsp)
        for candidate in dict.fromkeys((*readable(answer.certificates), *self._answering)):
            if (
                candidate.may_answer_ocsp
                and candidate.valid_at(answer.produced_at)
                and _is_responder(answer, candidate)
                and candidate.issued_by(issuer)
                and _signed_answer(answer, candidate)
                and self._is_in_office(candidate, issuer, answer.produced_at)
            ):
                return candidate
        return None

    def _is_in_office(self, responder: Certificate, issuer: Certificate, when: datetime) -> bool:
        """A delegate whose certificate does not say `no-check` must not be revoked itself, by a list of the issuer."""
        if responder.is_ocsp_responder:
            return True
        said = [s for s in self._by_lists(responder, issuer) if s.this_update <= self._known_at]
        if any(s.revoked_at is not None and s.revoked_at <= when for s in said):
            return False
        return any(s.revoked_at is None and s.usable_at(when, responder, self._known_at) for s in said)


def _released(statement: Statement, statements: tuple[Statement, ...], when: datetime) -> bool:
    """Whether a hold was lifted before `when`: a later answer of the same issuer no longer names it."""
    if statement.reason != _HOLD:
        return False
    later = [s.this_update for s in statements if s.revoked_at is None and s.this_update > statement.this_update]
    return bool(later) and when >= min(later)


def _in_scope(listed: RevocationList, subject: Certificate) -> bool:
    scope = listed.scope
    if scope is None:
        return True
    others = scope.only_users if subject.says.is_ca else scope.only_authorities
    if others or scope.only_attributes:
        return False
    here = _places(scope.names, scope.relative, listed.issuer)
    return not here or any(not here.isdisjoint(_places(p.names, p.relative, subject.issuer)) for p in _points(subject))


def _points(subject: Certificate) -> Iterator[ListPoint]:
    """Where the issuer itself lists it: places of other issuers are for indirect lists."""
    own = subject.issuer_name.canonical
    for point in subject.says.list_points:
        issuers = [name(n.value).canonical for n in point.issuers if n.kind == "directory"]
        if not point.issuers or own in issuers:
            yield point


def _places(names: tuple[GeneralName, ...], relative: bytes | None, issuer: bytes) -> set[object]:
    """Names of a distribution point in a form that can be compared; a relative one stands below the issuer's."""
    found: set[object] = {name(n.value).canonical if n.kind == "directory" else (n.kind, n.value) for n in names}
    if relative is not None:
        try:
            found.add(name(relative_name(issuer, relative)).canonical)
        except Asn1Error:
            found.add(("relative", relative))
    return found


def _names(single: SingleAnswer, issuer: Certificate) -> bool:
    """Whether an answer means certificates of `issuer`, by the hashes of its name and key."""
    if DIGESTS.get(single.algorithm) is None or issuer.key_hash(single.algorithm) != single.key_hash:
        return False
    return _name_hash(issuer.subject, DIGESTS[single.algorithm]) == single.name_hash


@lru_cache(maxsize=4096)
def _name_hash(subject: bytes, digest: str) -> bytes:
    return hashlib.new(digest, subject, usedforsecurity=False).digest()


def _is_responder(answer: OcspAnswer, candidate: Certificate) -> bool:
    if answer.responder_key is not None:
        return candidate.key_hash("1.3.14.3.2.26") == answer.responder_key
    named = answer.responder_name
    return named is not None and (
        candidate.subject == named or candidate.subject_name.canonical == name(named).canonical
    )


@dataclass(frozen=True, slots=True)
class _Signed:
    """A signature over a list or an answer, remembered by the digest of its source."""

    source: str
    spki: bytes


_GENUINE: dict[_Signed, bool] = {}
_MAX_GENUINE = 20_000


def _signed_list(listed: RevocationList, by: Certificate) -> bool:
    if not listed.is_well_formed:
        return False
    key = _Signed(listed.sha256, by.public_key.spki)
    if key not in _GENUINE:
        _remember(key, listed.tbs, listed.signature_algorithm, listed.signature)
    return _GENUINE[key]


def _signed_answer(answer: OcspAnswer, by: Certificate) -> bool:
    key = _Signed(answer.sha256, by.public_key.spki)
    if key not in _GENUINE:
        _remember(key, answer.tbs, answer.signature_algorithm, answer.signature)
    return _GENUINE[key]


def _remember(key: _Signed, tbs: bytes, algorithm: SignatureAlgorithm, signature: bytes) -> None:
    if len(_GENUINE) >= _MAX_GENUINE:
        _GENUINE.clear()
    try:
        _GENUINE[key] = arithmetic.verify(signature, tbs, algorithm, "", public_key(key.spki))
    except (arithmetic.AlgorithmUnknownError, arithmetic.KeyUnusableError):
        _GENUINE[key] = False
