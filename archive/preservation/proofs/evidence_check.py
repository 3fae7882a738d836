"""Checks that the evidence record of a proof covers exactly the files of its document, and that its tokens hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from archive.preservation.evidence.algorithms import AlgorithmUnknownError
from archive.preservation.evidence.records import RecordUnreadableError, read_record
from archive.preservation.evidence.verification import Outcome, RecordVerdict, StepKind, TokenJudge, verify, worst
from archive.preservation.evidence.verification import Step as RecordStep
from archive.preservation.proofs import steps
from archive.preservation.proofs.contents import MAX_JSON_BYTES, RECORD
from archive.preservation.proofs.opening import Proof
from archive.preservation.proofs.steps import Said, Step, said
from metadata.time import rfc3339

_WORDS = {Outcome.HOLDS: True, Outcome.BROKEN: False, Outcome.INDETERMINATE: None}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the evidence record gave."""

    steps: tuple[Step, ...]
    since: datetime | None = None
    """Since when the document has existed; None: nothing was concluded."""

    authorities: tuple[str, ...] = ()
    """Names of the time-stamp authorities that hold."""

    tokens: tuple[bytes, ...] = field(default=(), repr=False)
    """The time-stamps, oldest first."""


def check_record(proof: Proof, judge: TokenJudge) -> Evidence:
    """Check the evidence record.

    Args:
        proof: Every byte of it is what the manifest says.
        judge: Knows the auditor's anchors, and none beside them.
    """
    try:
        record = read_record(proof.read(RECORD, max_bytes=MAX_JSON_BYTES))
    except RecordUnreadableError as error:
        return Evidence((Step(steps.RECORD, False, said("record_unreadable", why=str(error))),))
    group = proof.statement.group
    if len({proof.digests[name] for name in group}) == 1:
        # The digest of one file stands in the list of its neighbours, so that of a group
        # that was cut down to one, or to copies of it, nothing would be missed. The archive makes none.
        return Evidence((Step(steps.RECORD, False, said("record_cut_down")),))
    known: dict[str, Sequence[bytes]] = {}

    def digests(algorithm: str) -> Sequence[bytes]:
        if algorithm not in known:
            known[algorithm] = [_digest(proof, name, algorithm) for name in group]
        return known[algorithm]

    verdict = verify(record, digests, judge)
    tokens = [step for step in verdict.steps if step.kind is StepKind.TOKEN]
    return Evidence(
        steps=(_structure(verdict, len(group)), *(_token(step) for step in tokens)),
        since=verdict.since,
        authorities=tuple(dict.fromkeys(step.signer for step in tokens if step.outcome is Outcome.HOLDS)),
        tokens=tuple(stamp.token for _, _, stamp in record.stamps()),
    )


def _digest(proof: Proof, name: str, algorithm: str) -> bytes:
    if algorithm == "sha256":
        return bytes.fromhex(proof.digests[name])
    try:
        return proof.digest_of(name, algorithm)
    except ValueError:
        raise AlgorithmUnknownError(algorithm) from None


def _structure(verdict: RecordVerdict, members: int) -> Step:
    others = [step for step in verdict.steps if step.kind is not StepKind.TOKEN]
    outcome = worst(step.outcome for step in others)
    why = [f"{_place(step)}: {step.reason}" for step in others if step.outcome is not Outcome.HOLDS]
    algorithms = ", ".join(dict.fromkeys(step.algorithm for step in others if step.algorithm))
    if why:
        key = "record_broken" if outcome is Outcome.BROKEN else "record_open"
        return Step(steps.RECORD, _WORDS[outcome], said(key, why="; ".join(why)))
    return Step(steps.RECORD, True, said("record_holds", files=members, algorithms=algorithms))


def _token(step: RecordStep) -> Step:
    when = rfc3339(step.time) if step.time else None
    key = {Outcome.HOLDS: "token_holds", Outcome.BROKEN: "token_broken", Outcome.INDETERMINATE: "token_open"}[
        step.outcome
    ]
    told = {"place": _place(step), "time": when or "-", "authority": step.signer or "-"}
    values = {**told, "why": step.reason} if step.outcome is not Outcome.HOLDS else told
    more = {"time": when, "authority": step.signer, "reason": step.reason}
    return Step(steps.TIME_STAMP, _WORDS[step.outcome], Said(key, values), more=more)


def _place(step: RecordStep) -> str:
    return "0" if step.chain < 0 else f"{step.chain + 1}.{step.place + 1}"
