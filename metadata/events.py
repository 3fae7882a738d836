"""Audit events: typed, kept records of what was done and decided, with PREMIS words where PREMIS has one."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

_NAMESPACE = UUID("6f1c3c5e-6c1f-5d0e-9a43-6d1f7a2f0b11")


@unique
class EventType(StrEnum):
    """What happened. Never reworded, never reused. PREMIS words first, then the archive's own."""

    INGESTION = "ingestion"
    MESSAGE_DIGEST_CALCULATION = "message digest calculation"
    FORMAT_IDENTIFICATION = "format identification"
    VALIDATION = "validation"
    SIGNATURE_VALIDATION = "digital signature validation"
    TRANSCRIPTION = "transcription"
    NORMALIZATION = "normalization"
    PACKAGE_CREATION = "information package creation"
    STORAGE = "storage"
    INDEXING = "indexing"
    FIXITY_CHECK = "fixity check"
    DISSEMINATION = "dissemination"
    SUBMISSION = "submission"
    """A delivery was handed in."""

    REFUSAL = "refusal"
    """A delivery or dossier was refused; nothing but this is kept."""

    APPROVAL = "approval"
    RETURN = "return"
    HOLD = "hold"
    """A person has to decide before the dossier goes on."""

    RETRY = "retry"
    TRUST_CHANGE = "trust change"
    AUTHORITY_CHANGE = "authority change"
    """A new version of a table of agencies, fonds or places came into force."""

    HOME_CHANGE = "home change"
    """The installation was made or upgraded."""

    CATALOGUE_REBUILD = "catalogue rebuild"
    INDEX_REBUILD = "index rebuild"
    UPLOAD = "upload"
    METADATA_MODIFICATION = "metadata modification"
    """A person corrected what the lists of a rejected or returned delivery say; the lists stay as they were."""

    PROFILE_CONVERSION = "profile conversion"
    """Descriptions were converted from one circular to another; what is stored stayed as it was."""

    EVIDENCE_BATCH = "evidence batch"
    """Everything new was put under one time-stamp, or waits for it."""

    EVIDENCE_RENEWAL = "evidence renewal"
    EVIDENCE_ALARM = "evidence alarm"
    """A proof ended or is about to: a renewal was missed, or an authority was revoked."""

    ACCESS = "access"
    """A dossier, a document or a file of one was shown."""

    SIGN_IN = "sign-in"
    """Somebody signed in, or tried to."""

    SIGN_OUT = "sign-out"
    """A session was ended."""

    ACCOUNT_LOCK = "account lock"
    ACCOUNT_UNLOCK = "account unlock"
    ACCOUNT_CHANGE = "account change"
    """An account was made; its password or second factor was set, or was taken away."""

    TOKEN_CHANGE = "token change"  # noqa: S105 - a word, no secret
    """An API token was made or revoked."""

    TOKEN_MISUSE = "token misuse"  # noqa: S105 - a word, no secret
    """An API token was used after it had been revoked or had expired."""

    ACCESS_REFUSAL = "access refusal"
    """Somebody asked for what their rights do not reach, or for what is not there."""

    RIGHTS_CHANGE = "rights change"
    """A role was given or taken away."""

    AGENCY_CHANGE = "agency change"
    """An agency was made known, renamed or moved in the tree."""

    LABEL_CHANGE = "label change"
    """A fonds, dossier or document was labelled by a person."""

    RIGHTS_CONFIRMATION = "rights confirmation"
    """A second person confirmed a change of rights."""

    CHAIN_START = "audit chain start"
    """The first event of the chain; names what was recorded before there was one."""


@unique
class EventOutcome(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    REJECTED = "rejected"
    SYSTEM_FAULT = "system fault"
    HELD = "held"


class AuditEvent(BaseModel):
    """One thing done or decided. Durable before the action counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """UUID. Derived from job and stage for a stage's decision, so that a repeated stage does not double it."""

    type: EventType
    at: str
    """When, UTC, RFC 3339."""

    clock: str
    """Source of the time."""

    agent: str
    """Who or what: `software:luutru/0.1.0`, `person:NAME`."""

    subject: str
    """Identifier of what it is about: job, submission, package, file digest."""

    agency: str = ""
    outcome: EventOutcome = EventOutcome.SUCCESS
    rules: tuple[str, ...] = ()
    """Rules that decided."""

    detail: dict[str, str] = {}
    """Identifiers, counts, tools with version and command; no personal data, no content."""

    seq: int | None = None
    """Number in the chain, from 1 without gaps; None: not recorded yet, or recorded before there was a chain."""

    previous: str = ""
    """SHA-256 of the event before (`metadata.audit_chain`)."""

    def body(self) -> dict[str, Any]:
        """What is recorded of it, without its place in the chain."""
        return self.model_dump(mode="json", exclude={"seq", "previous"})


def derived_id(*parts: str) -> str:
    """A UUID that is the same for the same `parts`."""
    return str(uuid5(_NAMESPACE, "\x1f".join(parts)))
