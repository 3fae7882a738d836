"""Verdicts on signatures, in the words of ETSI EN 319 102-1."""

from __future__ import annotations

from enum import StrEnum, unique

from pydantic import BaseModel, ConfigDict


@unique
class Indication(StrEnum):
    """Main status indication of EN 319 102-1, clause 5.1.3."""

    TOTAL_PASSED = "TOTAL_PASSED"
    TOTAL_FAILED = "TOTAL_FAILED"
    INDETERMINATE = "INDETERMINATE"


@unique
class PlainWord(StrEnum):
    """The archive's plain word, derived from the ETSI verdict and from what was changed after signing."""

    VALID = "valid"
    """Hợp lệ."""

    INSUFFICIENT = "insufficient"
    """Chưa đủ căn cứ."""

    INVALID = "invalid"
    """Không hợp lệ."""


class SignatureVerdict(BaseModel):
    """What is known of one signature of one file, judged on the original bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str | None
    """Name of the signature field; None where there is none (CMS file, remnant)."""

    kind: str
    """`signature`, `document-timestamp` or `remnant`, with the SubFilter in `sub_filter`."""

    sub_filter: str | None = None

    signer: str | None
    """Common name of the signer's certificate."""

    signer_subject: str | None = None
    """Subject of the signer's certificate, RFC 4514."""

    signing_time: str | None
    """Time that the signer claims, RFC 3339."""

    best_time: str | None
    """Best proven signature time, RFC 3339; None when nothing proves one."""

    indication: Indication
    subindication: str | None
    """Sub-indication of EN 319 102-1, such as `NO_CERTIFICATE_CHAIN_FOUND`."""

    best_time_proof: str | None = None
    """What proves `best_time`, such as `signature-time-stamp`, `document-time-stamp Dau1`, `evidence-record`."""

    claimed_times: dict[str, str] = {}
    """Times that the signer's side claims and nothing proves: `signingTime` (CMS), `/M` (PDF), verbatim in RFC 3339."""

    level: str | None
    """`B-B`, `B-T`, `B-LT`, `B-LTA`, or the plain name of another kind."""

    coverage: str | None
    """`whole-file`, `whole-revision`, `partial`, `unclear`."""

    changed_after: tuple[str, ...] = ()
    """What later revisions changed; empty: nothing."""

    reasons: tuple[str, ...] = ()
    """Why, one short sentence each, in English; keys of the message catalogue may follow `:`."""

    plain: PlainWord | None = None
    """The archive's plain word; None in verdicts of the provisional engine."""

    practices: tuple[str, ...] = ()
    """Identifiers of the policy's practice rows that mattered."""

    would_help: tuple[str, ...] = ()
    """What would let an INDETERMINATE be decided, such as `intermediate-certificate: CN=…`."""

    second_reader: dict[str, str] = {}
    """What the second reader said of what both claim to know: `integrity`, `signer`, `coverage`; empty: not asked."""

    provisional: bool = False
    """Judged by the provisional engine of the first release."""

    judged_at: str = ""
    """When, RFC 3339."""

    trust_set: str = ""
    """SHA-256 of the trust snapshot that was used."""

    policy: str = ""
    """SHA-256 of the validation policy."""

    engine: str = ""
    """Engine and version."""
